"""Polygons, pieces, neighbours and areas of labels: known from the drawing, and as shapely has them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.fabric.faces import n_faces_of
from geo.compute.fabric.rings import faces_area_e7, is_one_piece, neighbours_of, pieces_of, shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.units import NONE
from tests.fabrics import box, chequers, drawn, is_coverage, patchwork, polygon, ring_in_ring, same_shapes, shapes

SEEDS = st.integers(0, 10**6)
STEPS = st.sampled_from([9, 40, 1000, 10**6])


def told(fabric, label, n):  # type: ignore[no-untyped-def]
    return [drawn(shape) for shape in shapes_of(fabric, np.array(label), n)]


def test_black_and_white_squares_touch_at_corners_only() -> None:
    """Each of the 32 black squares is a polygon by itself."""
    fabric = chequers(8, 8)
    label = np.array([(i + k) % 2 for k in range(8) for i in range(8)])
    for shape in told(fabric, label, 2):
        assert shape.is_valid
        assert (len(shape.geoms), shape.area) == (32, 32 * 1000**2)
    assert is_one_piece(fabric, label, 2).tolist() == [False, False]
    assert pieces_of(fabric, label).tolist() == list(range(64))
    pairs, length = neighbours_of(fabric, label, np.ones(len(fabric.left)))
    assert (pairs.tolist(), length.tolist()) == ([[0, 1]], [2 * 7 * 8.0])


def test_a_ring_in_a_ring() -> None:
    fabric = ring_in_ring()
    outer, middle, inner = told(fabric, [0, 1, 2], 3)
    assert (outer.area, middle.area, inner.area) == (140**2 - 100**2, 100**2 - 60**2, 60**2)
    both, between = told(fabric, [0, 1, 0], 2)
    assert [part.area for part in both.geoms] == [140**2 - 100**2, 60**2]
    assert between.equals(middle)
    assert is_one_piece(fabric, np.array([0, 1, 0]), 4).tolist() == [False, True, False, False]
    assert pieces_of(fabric, np.array([0, 1, 0])).tolist() == [0, 1, 2]
    (whole,) = told(fabric, [0, 0, 0], 1)
    assert whole.equals(shapely.box(0, 0, 140, 140))


def test_rings_nine_deep() -> None:
    """Every second one has the label 0: each hole belongs to the ring that is next around it."""
    rings = [box(10 * k, 10 * k, 200 - 10 * k, 200 - 10 * k) for k in range(9)]
    faces = [polygon(*pair) for pair in pairwise(rings)]
    fabric = fabric_of(shapes(*faces, polygon(rings[-1])))
    even, odd = told(fabric, [k % 2 for k in range(9)], 2)
    width = [200 - 20 * k for k in range(9)] + [0]
    for shape, first in ((even, 0), (odd, 1)):
        assert shape.is_valid
        assert [part.area for part in shape.geoms] == [width[k] ** 2 - width[k + 1] ** 2 for k in range(first, 9, 2)]


def test_a_hole_that_touches_its_shell_is_a_hole() -> None:
    """A square with a triangle cut in from one corner: the ring goes round both, the polygon may not."""
    notch = [(0, 0), (6, 3), (3, 6)]
    fabric = fabric_of(shapes(polygon(box(0, 0, 10, 10), notch), polygon(notch)))
    (square, triangle) = told(fabric, [0, 1], 2)
    assert square.is_valid
    assert (len(square.geoms), len(square.geoms[0].interiors)) == (1, 1)
    assert (square.area, triangle.area) == (100 - 13.5, 13.5)


def test_holes_that_touch_each_other_are_two() -> None:
    low, high = [(2, 2), (5, 5), (2, 5)], [(5, 5), (8, 5), (8, 8)]
    fabric = fabric_of(shapes(polygon(box(0, 0, 10, 10), low, high), polygon(low), polygon(high)))
    square, both = told(fabric, [0, 1, 1], 2)
    assert square.is_valid
    assert both.is_valid
    assert sorted(ring.length for ring in square.geoms[0].interiors) == pytest.approx([6 + 18**0.5] * 2)
    assert len(both.geoms) == 2


def test_ground_parted_by_a_hole_that_touches_twice_is_two() -> None:
    band = [(0, 5), (5, 4), (10, 5), (5, 6)]
    fabric = fabric_of(
        shapes(
            polygon([(0, 0), (10, 0), (10, 5), (5, 4), (0, 5)]),
            polygon(band),
            polygon([(0, 5), (5, 6), (10, 5), (10, 10), (0, 10)]),
        )
    )
    around, _ = told(fabric, [0, 1, 0], 2)
    assert around.is_valid
    assert [part.area for part in around.geoms] == [45, 45]
    assert is_one_piece(fabric, np.array([0, 1, 0]), 2).tolist() == [False, True]


def test_an_island_whose_corners_all_touch_the_hole_it_lies_in() -> None:
    """Which shell a hole lies in cannot be told by its corners where these lie on the shell."""
    hole, island = [(0, 0), (12, 0), (6, 12)], [(0, 0), (6, 2), (12, 0), (7, 5), (6, 12), (5, 5)]
    low, east, west = [(0, 0), (12, 0), (6, 2)], [(12, 0), (6, 12), (7, 5)], [(0, 0), (5, 5), (6, 12)]
    rim = polygon(box(-10, -10, 30, 30), hole)
    fabric = fabric_of(shapes(rim, polygon(island), *map(polygon, (low, east, west))))
    ground, between = told(fabric, [0, 0, 1, 1, 1], 2)
    assert ground.is_valid
    assert between.is_valid
    assert ground.area + between.area == 1600
    assert [len(part.interiors) for part in ground.geoms] == [1, 0]


def test_faces_without_a_label_belong_to_nothing() -> None:
    fabric = chequers(3, 1)
    label = np.array([1, NONE, 1])
    nothing, ends = told(fabric, label, 2)
    assert nothing.is_empty
    assert nothing.geom_type == "MultiPolygon"
    assert [part.bounds for part in ends.geoms] == [(0, 0, 1000, 1000), (2000, 0, 3000, 1000)]
    assert pieces_of(fabric, label).tolist() == [0, 1, 2]
    pairs, length_m = neighbours_of(fabric, label, np.ones(len(fabric.left)))
    assert (pairs.shape, length_m.tolist()) == ((0, 2), [])


def test_walls_part_what_has_one_label() -> None:
    """Three squares in a row; the border between the first two is a wall."""
    fabric = chequers(3, 1)
    is_wall = np.array([{left, right} == {0, 1} for left, right in zip(fabric.left, fabric.right, strict=True)])
    assert pieces_of(fabric, np.zeros(3, np.int64)).tolist() == [0, 0, 0]
    assert pieces_of(fabric, np.zeros(3, np.int64), is_wall).tolist() == [0, 1, 1]


def test_no_fabric_has_no_shapes() -> None:
    fabric = fabric_of(shapes())
    assert shapes_of(fabric, np.empty(0, np.int64), 0).tolist() == []
    assert faces_area_e7(fabric, 0).tolist() == []


@given(SEEDS, STEPS, st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_polygons_are_shapelys(seed: int, step: int, n_labels: int) -> None:
    fabric, faces = patchwork(seed, 6, step)
    rng = np.random.default_rng(seed)
    label = rng.integers(NONE, n_labels, len(faces))
    ours = shapes_of(fabric, label, n_labels)
    theirs = [shapely.coverage_union_all(faces[label == k]) for k in range(n_labels)]
    assert shapely.is_valid(ours).all()
    assert is_coverage(ours)
    assert same_shapes(ours, theirs)
    for shape in ours:
        assert all(part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors) for part in shape.geoms)
    assert is_one_piece(fabric, label, n_labels).tolist() == [len(shape.geoms) == 1 for shape in ours]
    area = np.array([drawn(face).area for face in faces])
    assert faces_area_e7(fabric, len(faces)).tolist() == area.tolist()


@given(SEEDS, st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_pieces_and_neighbours_are_what_shapely_sees(seed: int, n_labels: int) -> None:
    """Of faces in one part each: pieces are the parts of the union, neighbours share more than points."""
    fabric, faces = patchwork(seed, 6, 1000)
    parts = shapely.get_parts(faces)
    fabric = fabric_of(parts)
    assert n_faces_of(fabric) == len(parts)
    label = np.random.default_rng(seed).integers(0, n_labels, len(parts))
    shape = np.array([shapely.coverage_union_all(parts[label == k]) for k in range(n_labels)], dtype=object)
    grounds, label_of_ground = shapely.get_parts(shape, return_index=True)
    inside = shapely.contains(grounds[:, None], shapely.point_on_surface(parts)[None, :])
    assert (inside.sum(axis=0) == 1).all()
    ground = inside.argmax(axis=0)
    assert (label_of_ground[ground] == label).all()
    lowest = [int(np.flatnonzero(ground == ground[face])[0]) for face in range(len(parts))]
    assert pieces_of(fabric, label).tolist() == lowest
    n_edges = np.diff(fabric.start_of_inner) + 1.0
    pairs, length = neighbours_of(fabric, label, n_edges)
    expected = {}
    for a in range(n_labels):
        for b in range(a + 1, n_labels):
            shared = shapely.intersection(shapely.boundary(shape[a]), shapely.boundary(shape[b]))
            lines = [part for part in shapely.get_parts(shared) if part.geom_type == "LineString" and part.coords]
            if lines:
                expected[a, b] = sum(len(line.coords) - 1 for line in lines)
    assert dict(zip(map(tuple, pairs.tolist()), length.tolist(), strict=True)) == expected
