"""Rounds against the exact optimum of small worlds, and against their bound on larger ones, one-way streets and all."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.visits.tour import find_round, lower_bound
from geo.rules.visits import visit_rule

MOST = visit_rule().tour.most_ratio


def optimum(ds: np.ndarray) -> int:
    """The shortest round of all, by dynamic programming over sets of places."""
    n = len(ds)
    best = {(1 << k, k): int(ds[0, k]) for k in range(1, n)}
    for _ in range(n - 2):
        longer: dict[tuple[int, int], int] = {}
        for (seen, last), total in best.items():
            for k in range(1, n):
                if not seen >> k & 1:
                    key = (seen | 1 << k, k)
                    longer[key] = min(longer.get(key, 1 << 60), total + int(ds[last, k]))
        best = longer
    return min((total + int(ds[last, 0]) for (_, last), total in best.items()), default=0)


def streets(seed: int, n: int, one_way: float) -> np.ndarray:
    """Times between places on a drawn grid of streets, some of them one-way: all pairs, by Floyd and Warshall."""
    dice = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(4 * n)))
    ds = np.full((side * side, side * side), 1 << 40, np.int64)
    for x in range(side):
        for y in range(side):
            for to in ((x + 1, y), (x, y + 1)):
                if max(to) < side:
                    one, other, took = x * side + y, to[0] * side + to[1], int(dice.integers(50, 400))
                    ds[one, other] = took
                    ds[other, one] = took * (6 if dice.random() < one_way else 1)
    np.fill_diagonal(ds, 0)
    for k in range(len(ds)):
        ds = np.minimum(ds, ds[:, k, None] + ds[k])
    chosen = dice.choice(len(ds), n, replace=False)
    return ds[np.ix_(chosen, chosen)]


def test_the_oracle_is_right() -> None:
    ds = np.random.default_rng(1).integers(1, 99, (6, 6))
    rounds = ((0, *middle, 0) for middle in permutations(range(1, 6)))
    assert optimum(ds) == min(sum(int(ds[a, b]) for a, b in pairwise(r)) for r in rounds)


@given(st.integers(0, 10**6), st.integers(1, 9), st.booleans())
@settings(max_examples=40, deadline=None)
def test_small_rounds_are_the_shortest_and_the_bound_is_none_too_high(seed: int, n: int, drawn: bool) -> None:
    ds = streets(seed, n, 0.3) if drawn else np.random.default_rng(seed).integers(0, 500, (n, n))
    np.fill_diagonal(ds, 0)
    found, best = find_round(ds), optimum(ds)
    assert sorted(found.order.tolist()) == list(range(n))
    assert found.order[0] == 0
    assert found.ds == sum(int(ds[a, b]) for a, b in zip(found.order, np.roll(found.order, -1), strict=True))
    assert found.least_ds <= best <= found.ds
    assert lower_bound(ds, found.ds) <= best
    if drawn:
        assert found.ds <= 1.05 * best


@pytest.mark.parametrize(("n", "one_way"), [(12, 0.0), (40, 0.0), (40, 0.1), (100, 0.0), (100, 0.1)])
def test_rounds_on_streets_keep_the_promise(n: int, one_way: float) -> None:
    for seed in range(2):
        found = find_round(streets(seed, n, one_way))
        assert found.least_ds <= found.ds <= MOST * found.least_ds, (n, one_way, seed, found.ds / found.least_ds)


def test_hamlets_along_a_road_and_at_one_place() -> None:
    along = np.arange(30, dtype=np.int64) * 100
    ds = np.abs(along[:, None] - along)
    found = find_round(ds)
    assert found.ds == 5800
    assert 5800 / MOST <= found.least_ds <= 5800
    nowhere = find_round(np.zeros((5, 5), np.int64))
    assert (nowhere.ds, nowhere.least_ds) == (0, 0)


def test_the_same_round_whenever_it_is_asked() -> None:
    ds = streets(7, 50, 0.1)
    assert find_round(ds).order.tolist() == find_round(ds).order.tolist()
