"""Grids that are clearly the same: never two for one, the same as counting by hand finds, whatever they are called."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compute.plans import grid_sameness
from geo.compute.plans.grid_sameness import same_grids
from geo.units import NONE

LEAST = 0.8


def test_the_examples_hold() -> None:
    outcome = doctest.testmod(grid_sameness, extraglobs={"np": np})
    assert outcome.attempted
    assert not outcome.failed


@pytest.mark.parametrize(("stayed", "came", "is_same"), [(80, 20, True), (79, 0, False), (100, 26, False)])
def test_both_shares_count(stayed: int, came: int, is_same: bool) -> None:
    """Of 100 people of the old grid some stay; the new one has those, and some who come."""
    before = np.repeat([5, 6], [100, 100])
    after = np.concatenate([np.repeat([1, 2], [stayed, 100 - stayed]), np.repeat([1, 2], [came, 100 - came])])
    ones = np.ones(200)
    assert (same_grids(before, after, ones, ones, LEAST).get(1) == 5) == is_same


def test_where_nobody_lives_ground_counts() -> None:
    before, after = np.array([5, 5, 6]), np.array([1, 2, 2])
    nobody = np.zeros(3)
    assert same_grids(before, after, nobody, np.array([9.0, 1.0, 9.0]), LEAST) == {1: 5, 2: 6}
    assert same_grids(before, after, nobody, np.array([5.0, 5.0, 9.0]), LEAST) == {}


def test_what_was_in_no_grid_has_no_partner() -> None:
    assert same_grids(np.array([NONE, NONE]), np.array([1, NONE]), np.ones(2), np.ones(2), LEAST) == {}


@given(st.integers(0, 10**6))
def test_as_counted_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    before, after = rng.integers(0, 5, n), rng.integers(0, 5, n)
    is_kept = rng.random(n) < rng.random()
    after[is_kept] = before[is_kept]
    people = rng.integers(0, 9, n).astype(np.float64)
    found = same_grids(before + 100, after, people, np.ones(n), LEAST)
    wanted = {}
    for new in set(after.tolist()):
        for old in set(before.tolist()):
            both = (before == old) & (after == new)
            shares = [
                people[both].sum() / people[side].sum() if people[side].sum() else both.sum() / side.sum()
                for side in (before == old, after == new)
            ]
            if min(shares) >= LEAST - 1e-12:
                wanted[new] = old + 100
    assert found == wanted
    assert len(set(found.values())) == len(found)
