"""Ground that polygons share, and which of them holds a place, against shapely on random and on awkward shapes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.layers.edges import Shapes, edges_of, located
from geo.compute.layers.overlap import meetings, overlaps
from geo.units import NONE


def blobs(rng: np.random.Generator, n: int, size_m: float = 1000.0, far_m: float = 0.0) -> Shapes:
    """Stars with holes, in parts, or lying about; some of them far from the origin."""
    found = []
    for _ in range(n):
        points = int(rng.integers(3, 80))
        turn, reach = np.sort(rng.uniform(0, 2 * np.pi, points)), rng.uniform(0.3, 1, points) * rng.uniform(5, 200)
        middle = rng.uniform(0, size_m, 2) + far_m
        shape = shapely.Polygon(middle + np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]))
        shape = shape if shape.is_valid else shape.buffer(0)
        kind = rng.integers(0, 4)
        if kind == 1:
            shape = shape.difference(shapely.Point(middle).buffer(reach.min() * 0.5))
        if kind == 2:
            shape = shapely.union(shape, shapely.box(*(middle + 250), *(middle + 300)))
        if kind == 3:
            shape = shapely.box(*np.round(middle), *np.round(middle + rng.integers(1, 200, 2)))
        if not shape.is_empty and shape.geom_type in ("Polygon", "MultiPolygon"):
            found.append(shape)
    return np.array(found, dtype=object)


def pairs_by_shapely(a: Shapes, b: Shapes, least_m2: float) -> dict[tuple[int, int], float]:
    i, j = shapely.STRtree(b).query(a, predicate="intersects")
    m2 = shapely.area(shapely.intersection(a[i], b[j]))
    return {(p, q): m for p, q, m in zip(i.tolist(), j.tolist(), m2.tolist(), strict=True) if m >= least_m2}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_shared_ground_is_what_shapely_cuts_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = blobs(rng, 12, far_m=float(rng.choice([0, 5e4]))), blobs(rng, 12, far_m=0)
    b = shapely.transform(b, lambda xy: xy + float(np.floor(a[0].bounds[0] / 1000) * 1000) if len(a) else xy)
    found = overlaps(edges_of(a), edges_of(b), least_m2=1e-5)
    told = dict(zip(zip(found.a.tolist(), found.b.tolist(), strict=True), found.m2.tolist(), strict=True))
    wanted = pairs_by_shapely(a, b, 1e-4)
    assert wanted.keys() <= told.keys()
    assert told.keys() <= pairs_by_shapely(a, b, 1e-6).keys()
    for pair, m2 in wanted.items():
        assert told[pair] == pytest.approx(m2, rel=1e-9, abs=1e-6)
    assert sum(told.values()) == pytest.approx(sum(wanted.values()), rel=1e-9, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_place_lies_where_shapely_puts_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = blobs(rng, 15)
    # places anywhere, corners of the shapes themselves, and places as high as a corner
    corners = shapely.get_coordinates(shapes)
    level = corners + np.column_stack([rng.uniform(-300, 300, len(corners)), np.zeros(len(corners))])
    whole = np.round(rng.uniform(0, 1000, (100, 2)))
    xy_m = np.concatenate([rng.uniform(-100, 1400, (300, 2)), whole, corners, level])
    first, count = located(xy_m, edges_of(shapes))
    place, shape = shapely.STRtree(shapes).query(shapely.points(xy_m), predicate="intersects")
    wanted = np.bincount(place, minlength=len(xy_m))
    lowest = np.full(len(xy_m), NONE)
    for p, s in sorted(zip(place.tolist(), shape.tolist(), strict=True), reverse=True):
        lowest[p] = s
    assert count.tolist() == wanted.tolist()
    assert first.tolist() == lowest.tolist()


BOX = shapely.box(0, 0, 10, 10)
AWKWARD = {
    "the same": (BOX, BOX, 100.0),
    "beside it": (BOX, shapely.box(10, 0, 20, 10), 0.0),
    "at a corner": (BOX, shapely.box(10, 10, 20, 20), 0.0),
    "along half a side": (BOX, shapely.box(10, 5, 20, 15), 0.0),
    "inside": (BOX, shapely.box(2, 2, 4, 4), 4.0),
    "around": (shapely.box(2, 2, 4, 4), BOX, 4.0),
    "in its hole": (shapely.difference(BOX, shapely.box(2, 2, 8, 8)), shapely.box(3, 3, 7, 7), 0.0),
    "over its hole": (shapely.difference(BOX, shapely.box(2, 2, 8, 8)), BOX, 64.0),
    "two parts": (shapely.union(BOX, shapely.box(20, 0, 30, 10)), shapely.box(5, 5, 25, 6), 10.0),
    "a cross": (shapely.box(0, 4, 10, 6), shapely.box(4, 0, 6, 10), 4.0),
    "shared corners": (shapely.Polygon([(0, 0), (10, 0), (5, 10)]), shapely.Polygon([(0, 0), (10, 0), (5, 5)]), 25.0),
    "to the west": (BOX, shapely.box(-100, 0, -50, 10), 0.0),
    "from the west": (BOX, shapely.box(-100, 2, 3, 5), 9.0),
    "a sloping side across the line": (BOX, shapely.Polygon([(-10, 0), (10, 0), (0, 10)]), 50.0),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_awkward_pairs(case: str) -> None:
    one, other, m2 = AWKWARD[case]
    a, b = np.array([one], dtype=object), np.array([other], dtype=object)
    assert shapely.intersection(one, other).area == pytest.approx(m2)
    for first, second in ((a, b), (b, a)):
        assert overlaps(edges_of(first), edges_of(second)).m2.sum() == pytest.approx(m2, abs=1e-9)


def test_pairs_within_one_set_are_told_once() -> None:
    edges = edges_of(np.array([BOX, shapely.box(5, 0, 15, 10), shapely.box(12, 0, 20, 10)]))
    found = overlaps(edges, edges)
    assert (found.a.tolist(), found.b.tolist(), found.m2.tolist()) == ([0, 1], [1, 2], [50.0, 30.0])


def test_empty_shapes_and_none_at_all() -> None:
    empty = shapely.MultiPolygon()
    edges = edges_of(np.array([empty, BOX, empty], dtype=object))
    assert located(np.array([[5.0, 5.0], [50.0, 5.0]]), edges)[0].tolist() == [1, NONE]
    assert overlaps(edges, edges).m2.tolist() == []
    assert overlaps(edges_of(np.array([BOX])), edges).b.tolist() == [1]
    nothing = edges_of(np.array([empty], dtype=object))
    assert located(np.array([[5.0, 5.0]]), nothing)[0].tolist() == [NONE]
    assert located(np.zeros((0, 2)), edges)[0].tolist() == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_boxes_that_meet(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (
        np.column_stack([low, low + rng.integers(0, 30, low.shape)])
        for low in (rng.integers(0, 99, (k, 2)) * 1.0 for k in (n, m))
    )
    i, j = meetings(a, b)
    told = list(zip(i.tolist(), j.tolist(), strict=True))
    wanted = {
        (p, q) for p in range(n) for q in range(m) if (a[p, :2] <= b[q, 2:]).all() and (b[q, :2] <= a[p, 2:]).all()
    }
    assert set(told) == wanted
    assert len(told) == len(wanted)
