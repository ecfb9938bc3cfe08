"""Somebody who has all that viewers are told of a month, and reasons linearly, learns of no small number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from geo.case_figures import HIDDEN, FigureRow
from geo.compute.cases.figures import StageTally, Tally
from geo.compute.cases.parts import Division, Label
from geo.compute.cases.tables import Counted, figure_rows
from geo.rules.figures import figure_rule
from geo.units import NONE

K = 10
EDGES_US = np.array([0, 100])
RATES = tuple(rate for cohort in ("reported", "due", "closed") for rate in figure_rule().rates_of(cohort))  # type: ignore[arg-type]
"""Those that have something to do with each other; the other cohorts have one rate each."""

Kind = Mapping[str, bool]
"""What the rates say of a case: rate -> whether it came off; those that it is not in are missing."""

Told = dict[tuple[int, str, str], int]
"""(node, rate, numerator or denominator) -> number."""


@cache
def kinds() -> tuple[Kind, ...]:
    """All that a case can be, as docs/figures.md says: reported, due or closed in the period, and how it ended.

    Whatever was closed may have been closed in another month, by the moment as of which the table is told.
    """
    found = []
    for end in ("open", "deferred", "closed", "dropped"):
        reported: list[Kind] = [{}]
        for filed in (False, True):
            if filed or end in {"open", "dropped"}:
                solved = {} if end == "dropped" else {"solved": end == "closed"}
                reported.append({"filing": filed, **solved})
        due: list[Kind] = [{}]
        if end != "dropped":
            late = [False, True] if end == "closed" else [False]
            less = [{} if end == "deferred" else {"on_time_less_deferred": ok} for ok in late]
            due += [{"closing": end == "closed", "on_time": ok, **more} for ok, more in zip(late, less, strict=True)]
        closed: list[Kind] = [{}]
        for back, again in product((False, True), repeat=2):
            if end == "closed" or again:  # what was closed and is open now was opened again
                closed.append({"first_pass": not (back or again), "rework": back, "second_dispatch": again})
        found += [{**one, **two, **three} for one, two, three in product(reported, due, closed)]
    return tuple(kind for kind in found if kind)


@dataclass(frozen=True)
class World:
    """A city's tree, and how many cases of each kind lie in each leaf."""

    parent: Sequence[int]
    leaves: Sequence[int]
    n: np.ndarray
    """(n_leaves, n_kinds)"""

    def below(self, node: int) -> list[int]:
        """Places of the leaves in a node."""
        found = []
        for place, leaf in enumerate(self.leaves):
            at = leaf
            while at not in {node, NONE}:
                at = self.parent[at]
            if at == node:
                found.append(place)
        return found


def drawn(seed: int) -> World:
    """Two communities of a few grids; some kinds of cases are many, some are rare."""
    rng = np.random.default_rng(seed)
    parent = [NONE, 0, 0]
    leaves = []
    for community in range(1, len(parent)):
        for _ in range(int(rng.integers(1, 4))):
            leaves.append(len(parent))
            parent.append(community)
    usual = rng.choice(len(kinds()), 12, replace=False)
    n = np.zeros((len(leaves), len(kinds())), dtype=np.int64)
    size = rng.choice([1, 4, 30, 200], len(leaves))
    for kind in usual:
        n[:, kind] = rng.poisson(size * rng.choice([0.02, 0.3, 1.0]))
    return World(parent, leaves, n)


def counted(world: World) -> tuple[Counted, np.ndarray]:
    """The tallies of a world, case by case, and the leaf of each case."""
    leaf, kind = (np.repeat(which, world.n.ravel()) for which in np.indices(world.n.shape).reshape(2, -1))
    tallies = {}
    for rate in figure_rule().cohort_of_rate:
        is_in = np.array([rate in one for one in kinds()])
        is_met = np.array([one.get(rate, False) for one in kinds()])
        case = np.flatnonzero(is_in[kind])
        tallies[rate] = Tally(case, np.full(len(case), 50), is_met[kind[case]])
    case = tallies["first_pass"].case
    hours = case % 7
    total = StageTally("total", case, np.full(len(case), 50), hours, hours, np.zeros(len(case), dtype=np.int64))
    return Counted(tallies, {("total", "work_hours"): total}), np.array(world.leaves)[leaf]


def published(world: World) -> tuple[Told, list[FigureRow]]:
    """All tables of the city: by grid, by community, and the whole."""
    case_tallies, leaf = counted(world)
    told: Told = {}
    rows = []
    for parts in ([0], list(range(1, len(world.parent))), world.leaves):
        place = {node: part for part, node in enumerate(parts)}
        of_case = np.array([next((place[a] for a in above(world.parent, node) if a in place), NONE) for node in leaf])
        division = Division(
            [Label(str(part), None) for part in parts], of_case, np.array(world.parent), leaf, np.array(parts), 0
        )
        found, whole = figure_rows(case_tallies, division, EDGES_US, figure_rule(), K)
        rows += [*found, whole]
        for node, row in [*zip(parts, found, strict=True), (0, whole)]:
            if len(parts) == len(world.parent) - 1 and node not in world.leaves and node != 0:
                continue
            for rate in RATES:
                ratio = row.rates[rate]
                if ratio != HIDDEN:
                    told[node, rate, "numerator"] = ratio.numerator or 0
                    told[node, rate, "denominator"] = ratio.denominator or 0
    return told, rows


def above(parent: Sequence[int], node: int) -> Iterator[int]:
    while node != NONE:
        yield node
        node = parent[node]


@cache
def cells() -> dict[str, np.ndarray]:
    """(n_kinds,) of each number that tables have."""
    within = {f"in {rate}": np.array([rate in kind for kind in kinds()]) for rate in RATES}
    return within | {rate: np.array([kind.get(rate, False) for kind in kinds()]) for rate in RATES}


@cache
def sets() -> dict[str, np.ndarray]:
    """What somebody may ask of: the cases of a number, and those of one and not of another; each once."""
    asked = cells() | {f"{a} not {b}": cells()[a] & ~cells()[b] for a in cells() for b in cells() if a != b}
    return {name: of for name, of in asked.items() if next(n for n, o in asked.items() if (o == of).all()) == name}


@pytest.mark.parametrize("seed", range(6))
def test_nobody_can_bound_a_small_number(seed: int) -> None:
    world = drawn(seed)
    told, _ = published(world)
    shape = world.n.shape
    rows, values = [], []
    for (node, rate, side), number in told.items():
        row = np.zeros(shape)
        row[world.below(node)] = cells()[f"in {rate}" if side == "denominator" else rate]
        assert row.ravel() @ world.n.ravel() == number
        rows.append(row.ravel())
        values.append(number)
    for node in range(len(world.parent)):
        inside = world.below(node)
        for name, of in sets().items():
            true = int(world.n[inside][:, of].sum())
            if not 0 < true < K:
                continue
            aim = np.zeros(shape)
            aim[np.ix_(inside, np.flatnonzero(of))] = -1
            best = linprog(aim.ravel(), A_eq=np.array(rows) if rows else None, b_eq=values or None, bounds=(0, 10_000))
            assert best.status == 0
            assert -best.fun > K - 0.5, f"{name} in {node} of {world.parent}: {true}, at most {-best.fun:.1f}"


def test_something_is_told() -> None:
    told = [len(published(drawn(seed))[0]) for seed in range(6)]
    assert min(told) >= 0
    assert sum(told) > 100, told


def test_times_are_told_without_their_count() -> None:
    _, rows = published(drawn(2))
    times = [time for row in rows for time in row.times]
    assert any(time.wall_median_h is not None for time in times)
    assert all(time.n is None for time in times)
