"""The best move against trying every one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.move_up import Movers, best_move, covered_alone
from geo.compute.reach.pairs import Pairs, by_home


def pairs_of(rows: list[list[int]]) -> Pairs:
    """Homes within the cutoff of each helper."""
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    homes = np.array([home for row in rows for home in sorted(row)], np.int32)
    return Pairs(start, homes, np.zeros(len(homes), np.int32))


def told(
    rows: list[list[int]],
    free: list[bool],
    target: list[bool],
    people: list[float],
    area: list[int] | None = None,
    may_leave: list[bool] | None = None,
) -> tuple[int, int, float] | None:
    pairs, counts = pairs_of(rows), np.array(people, dtype=float)
    is_free = np.array(free, bool)
    everywhere, anybody = np.zeros(len(free), np.int64), np.ones(len(free), bool)
    of_area = everywhere if area is None else np.array(area)
    movers = Movers(is_free, is_free, of_area, anybody if may_leave is None else np.array(may_leave))
    move = best_move(pairs, by_home(pairs, len(people)), movers, np.array(target, bool), counts)
    return None if move is None else tuple(move)  # type: ignore[return-value]


def test_whoever_is_missed_least_goes_where_most_are_without() -> None:
    # the first two are full, the third alone covers home 3, the fourth shares home 4 with the third
    rows = [[0, 1], [2], [3, 4], [4]]
    free, full = [False, False, True, True], [True, True, False, False]
    assert told(rows, free, full, [10, 5, 30, 100, 7]) == (3, 1, 30)
    assert told(rows, free, full, [10, 5, 1, 100, 7]) == (3, 0, 15)


def test_people_near_the_new_place_are_not_lost() -> None:
    rows = [[0, 1], [1]]
    assert told(rows, [False, True], [True, False], [10, 90]) == (1, 0, 10)


def test_nobody_moves_where_it_brings_nothing() -> None:
    assert told([[0], [1]], [False, True], [True, False], [5, 5]) is None
    assert told([[0], [1]], [False, False], [True, True], [5, 5]) is None
    assert told([[0], [1]], [False, True], [False, False], [50, 5]) is None
    assert told([[0], []], [False, True], [True, False], [50]) == (1, 0, 50)


def test_whoever_is_needed_in_an_area_moves_within_it_alone() -> None:
    rows, free, full = [[0], [1], [2], [3]], [False, False, True, True], [True, True, False, False]
    people = [50.0, 40.0, 2.0, 1.0]
    assert told(rows, free, full, people, [0, 1, 1, 1], [False, False, True, False]) == (2, 0, 48)
    assert told(rows, free, full, people, [0, 1, 1, 1], [False] * 4) == (3, 1, 39)
    assert told(rows, free, full, people, [0, 0, 1, 1], [False] * 4) is None


def test_who_is_covered_by_one_alone() -> None:
    of_homes = by_home(pairs_of([[0, 1], [1, 2], [2, 3]]), 4)
    alone = covered_alone(of_homes, np.array([True, True, False]), np.array([5.0, 7, 11, 13]))
    assert alone.tolist() == [5, 11, 0]


def test_of_equals_the_lowest_station_then_the_lowest_helper() -> None:
    rows: list[list[int]] = [[], [], [0], [1]]
    assert told(rows, [True, True, False, False], [False, False, True, True], [4, 4]) == (0, 2, 4)


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_every_move_tried(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_homes = int(rng.integers(1, 8)), int(rng.integers(1, 12))
    rows = [np.flatnonzero(rng.random(n_homes) < 0.4).tolist() for _ in range(n)]
    free = rng.random(n) < 0.5
    target = ~free & (rng.random(n) < 0.7)
    people = rng.integers(0, 20, n_homes).astype(float)

    def covered(helpers: list[int]) -> float:
        return float(people[sorted({home for helper in helpers for home in rows[helper]})].sum())

    now = np.flatnonzero(free).tolist()
    moves = [
        (covered([*(one for one in now if one != helper), station]) - covered(now), station, helper)
        for station in np.flatnonzero(target).tolist()
        for helper in now
    ]
    best = max(moves, key=lambda move: (move[0], -move[1], -move[2]), default=(0.0, 0, 0))
    expected = (best[2], best[1], pytest.approx(best[0])) if best[0] > 0 else None
    assert told(rows, free.tolist(), target.tolist(), people.tolist()) == expected
