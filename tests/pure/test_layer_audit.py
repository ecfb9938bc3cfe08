"""Tables over several layers add up to all people, whatever the layers are."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.crosswalk import Crosswalk, crosswalk
from geo.compute.layers.audit import (
    amounts_of,
    covered_both,
    ground_of,
    kept_share,
    moved_homes,
    slivers,
    zones_holding,
)
from geo.compute.layers.edges import edges_of
from geo.units import NONE


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_people_are_conserved_in_every_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_layers = int(rng.integers(1, 60)), int(rng.integers(2, 5))
    zone = rng.integers(NONE, 6, (n_layers, n))
    people = np.round(rng.uniform(0, 99, n), 3)
    both = covered_both(zone, people)
    for i in range(n_layers):
        assert both[i, i] == pytest.approx(people[zone[i] != NONE].sum())
        for j in range(n_layers):
            pairs = crosswalk(zone[i], zone[j], people[:, None])
            assert pairs.amounts.sum() == pytest.approx(people.sum(), rel=1e-12)
            is_both = (pairs.before != NONE) & (pairs.after != NONE)
            assert pairs.amounts[is_both].sum() == pytest.approx(both[i, j], abs=1e-9)
            wanted = amounts_of(pairs, zone[i], zone[j])[:, 0]
            direct = [people[(zone[i] == a) & (zone[j] == b)].sum() for a, b in zip(zone[i], zone[j], strict=True)]
            assert wanted == pytest.approx(direct)
            assert kept_share(pairs) == (pytest.approx(1) if i == j and both[i, i] else kept_share(pairs))


def test_pairs_of_zones_that_nobody_lives_in() -> None:
    pairs = crosswalk(np.array([0, 2]), np.array([1, NONE]), np.array([[5.0], [7.0]]))
    asked = amounts_of(pairs, np.array([0, 0, 2, 9]), np.array([1, 2, NONE, 9]))
    assert asked[:, 0].tolist() == [5, 0, 7, 0]
    nothing = Crosswalk(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 1)))
    assert amounts_of(nothing, np.array([0]), np.array([0])).tolist() == [[0.0]]
    assert kept_share(nothing) is None


def test_who_stays_together() -> None:
    """Zone 0 goes 3 : 1, zone 1 whole, and who is in one layer only does not count."""
    a, b = np.array([0, 0, 1, 1, NONE, 0]), np.array([0, 1, 1, 1, 0, NONE])
    pairs = crosswalk(a, b, np.array([[3.0], [1.0], [2.0], [2.0], [9.0], [9.0]]))
    assert kept_share(pairs) == pytest.approx(7 / 8)


def test_homes_moved_by_cleaning() -> None:
    """One home stays, one was in both, one in a gap that was filled, one is in none before and after."""
    drawn = edges_of(np.array([shapely.box(0, 0, 10, 10), shapely.box(8, 0, 18, 10)]))
    cleaned = edges_of(np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]))
    xy_m = np.array([[5.0, 5.0], [9.0, 5.0], [19.0, 5.0], [99.0, 5.0]])
    moved = moved_homes(xy_m, drawn, cleaned)
    assert moved.home.tolist() == [1, 2]
    assert moved.n_before.tolist() == [2, 0]
    assert moved.after.tolist() == [0, 1]
    assert zones_holding(xy_m[:3], np.array([shapely.box(0, 0, 10, 10), shapely.box(8, 0, 18, 10)])) == [
        [0],
        [0, 1],
        [],
    ]


def test_ground_of_layers_and_of_what_two_share() -> None:
    halves = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    west = np.array([shapely.box(0, 0, 15, 5), shapely.box(0, 5, 15, 10)])
    ground = ground_of([halves, west])
    assert ground.m2.tolist() == [200, 150]
    assert ground.both_m2.tolist() == [[200, 150], [150, 150]]


def test_a_sliver_is_little_of_both() -> None:
    """A strip of 10 m of a kilometre is one; a small zone in a large one is none, whatever its share of the large."""
    a = np.array([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])
    b = np.array([shapely.box(0, 0, 1010, 1000), shapely.box(1010, 0, 1990, 1000), shapely.box(1990, 0, 2000, 100)])
    found = slivers(edges_of(a), edges_of(b), shapely.area(a), shapely.area(b), 0.02)
    assert (found.a.tolist(), found.b.tolist()) == ([1], [0])
    assert found.m2 == pytest.approx([10_000])
