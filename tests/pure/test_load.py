"""Load in hours: the arithmetic of the survey, rounds past homes, and how evenly work is spread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compute.plans.load import (
    KnownWork,
    balance_of,
    known_work,
    load_of_grids,
    visits_per_month,
    walking_m,
)
from geo.plan_figures import GridFigures
from geo.rules.load import load_rule
from geo.work import WORK_KINDS, CountedGround, WorkCounts

RULE = load_rule()
PLAIN = replace(
    RULE, minutes_of_visit=30, minutes_of_case=60, minutes_of_shop=15, shops_every_months=3, special_share=0.1,
    rounds_a_work_day=1, work_days=20, hours_a_day=8, speed_m_s=1.0, detour_factor=1.0, bin_hours=10, last_hours=30,
)  # fmt: skip
"""Numbers to count with by hand."""


def grids(**columns: list[float]) -> GridFigures:
    """Figures of which only some are told."""
    n = len(next(iter(columns.values())))
    nothing = {name: np.zeros(n) for name in GridFigures._fields}
    return GridFigures(**{**nothing, **{name: np.array(values, float) for name, values in columns.items()}})


def test_400_households_with_5_percent_special_are_147_visits_a_month() -> None:
    households = np.array([400.0])
    visits = visits_per_month(households, households * RULE.special_share, RULE)
    assert visits == pytest.approx([20 / 1 + 380 / 3])
    assert round(visits[0]) == 147
    assert round(visits[0] / RULE.work_days) == 7


def test_nobody_is_visited_more_than_monthly() -> None:
    assert visits_per_month(np.array([10.0, 0.0]), np.array([25.0, 3.0]), RULE).tolist() == [10, 0]


def test_hours_by_hand() -> None:
    """60 households, 6 of them special: 24 half-hour visits. 9 shops: 3 a month. 20 rounds of 3,600 m at 1 m/s."""
    figures = grids(households=[60.0], shops=[9.0])
    nothing = np.zeros(1)
    of = KnownWork(nothing, np.array([2.0]), figures.households, nothing, figures.households)
    hours = load_of_grids(figures, of, np.array([3600.0]), PLAIN)
    assert [part.tolist() for part in hours] == [[12.0], [2.0], [0.75], [20.0]]
    assert hours.total.tolist() == [34.75]


def known(
    *, kinds: dict[str, dict[int, float]], grid_of_unit: list[int], home_grid: list[int] | None = None
) -> KnownWork:
    """Units with a home of 60 households each; ``home_grid``: where a plan has parted homes from counts."""
    places = [(WORK_KINDS.index(kind), unit, n) for kind, units in kinds.items() for unit, n in units.items()]
    kind, unit, number = (
        (np.array(column) for column in zip(*places, strict=True)) if places else (np.zeros(0, int),) * 3
    )
    counts = WorkCounts(kind, number.astype(float), np.zeros((len(places), 2)), {})
    n = len(grid_of_unit)
    ground = CountedGround(n, np.arange(n), unit)
    grid = np.array(grid_of_unit)
    return known_work(counts, ground, np.full(n, 60.0), np.array(home_grid or grid), grid[unit], 2)


def visits(of: KnownWork) -> list[float]:
    return (load_of_grids(grids(households=[0.0, 0.0]), of, np.zeros(2), PLAIN).visits * 2).tolist()


def test_counted_units_by_their_counts_and_the_others_by_the_cycle() -> None:
    """A unit of 60 households makes 24 visits by the cycle, one with 30 special ones 40."""
    assert visits(known(kinds={}, grid_of_unit=[0, 0, 1])) == [48, 24]
    counts = {"visits_due": {0: 7.0}, "special_households": {0: 30.0, 2: 30.0}, "open_cases": {1: 9.0}}
    assert visits(known(kinds=counts, grid_of_unit=[0, 0, 1])) == [7 + 24, 40]
    assert visits(known(kinds={"visits_due": {0: 0.0, 1: 0.0}}, grid_of_unit=[0, 0, 1])) == [0, 24]
    cases = known(kinds={"cases_a_month": {0: 2.0, 1: 0.5}}, grid_of_unit=[0, 0, 1]).cases
    assert cases.tolist() == [2.5, 0.0]


def test_a_border_through_a_unit_neither_makes_nor_loses_work() -> None:
    counts = {"visits_due": {0: 7.0}, "special_households": {1: 30.0}}
    whole = known(kinds=counts, grid_of_unit=[0, 0, 1])
    parted = known(kinds=counts, grid_of_unit=[0, 0, 1], home_grid=[1, 0, 1])
    assert sum(visits(whole)) == sum(visits(parted))
    assert visits(parted) == [7 + 40, 24]


def test_the_round_past_100_homes_on_a_hectare() -> None:
    assert walking_m(np.array([100.0]), np.array([10_000.0]), PLAIN) == pytest.approx([712.4])
    assert walking_m(np.array([100.0]), np.array([10_000.0]), RULE) == pytest.approx([1.3 * 712.4])
    assert walking_m(np.array([0.0, 5.0]), np.array([10_000.0, 0.0]), RULE).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_round_is_about_the_shortest_there_is(seed: int) -> None:
    """Homes strewn over a square: nearest-next then 2-opt is some 5 % above the shortest round, and that of 400 homes
    some 6 % above what it tends to."""
    xy = np.random.default_rng(seed).uniform(0, 1000, (400, 2))
    away = np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1))
    tour = [0]
    left = set(range(1, len(xy)))
    while left:
        tour.append(min(left, key=lambda home: away[tour[-1], home]))
        left.remove(tour[-1])
    found_m = improved(np.array(tour), away)
    assert 0.98 < found_m / walking_m(np.array([400.0]), np.array([1e6]), PLAIN)[0] < 1.18


def improved(tour: np.ndarray, away: np.ndarray) -> float:
    """Length of a round after 2-opt: pieces are turned round as long as that helps."""
    is_better = True
    while is_better:
        is_better = False
        for i in range(len(tour) - 1):
            here, after = tour[i], tour[i + 1]
            ends, next_ends = tour[i + 1 :], np.append(tour[i + 2 :], tour[0])
            gain = away[here, after] + away[ends, next_ends] - away[here, ends] - away[after, next_ends]
            best = int(np.argmax(gain))
            if gain[best] > 1e-9:
                tour[i + 1 : i + 2 + best] = tour[i + 1 : i + 2 + best][::-1].copy()
                is_better = True
    return float(away[tour, np.roll(tour, -1)].sum())


def test_balance_by_hand() -> None:
    found = balance_of(np.array([10.0, 20.0, 30.0, 200.0]), PLAIN)
    assert (found.grids, found.mean, found.smallest, found.largest, found.largest_to_smallest) == (4, 65, 10, 200, 20)
    # mean difference of two grids, each with each: (10+20+190 + 10+180 + 170) * 2 / 16, over twice the mean
    assert found.gini == pytest.approx(580 * 2 / 16 / 130)
    assert found.over_full_time == 1
    assert found.bin_from == (0, 10, 20, 30)
    assert found.grids_in_bin == (0, 1, 1, 2)


def test_balance_of_nothing() -> None:
    found = balance_of(np.zeros(0), PLAIN)
    assert found[:6] == (0, None, None, None, None, None)
    idle = balance_of(np.zeros(2), PLAIN)
    assert (idle.mean, idle.largest_to_smallest, idle.gini) == (0, None, 0)


@given(st.lists(st.floats(0, 1000), max_size=30))
def test_every_grid_is_in_one_bar(hours: list[float]) -> None:
    assert sum(balance_of(np.array(hours), RULE).grids_in_bin) == len(hours)


def test_bars_of_the_rule() -> None:
    assert balance_of(np.zeros(1), RULE).bin_from == tuple(range(0, 251, 10))
    assert RULE.full_time_hours == 168
    assert RULE.speed_m_s == pytest.approx(1000 / 900)
