"""What is derived from a fabric and a label for every face: polygons, neighbours, pieces, areas.

Labels are whole numbers from 0; faces of the label NONE belong to nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.chains import component_of_node
from geo.compute.fabric.exact import turn
from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.walk import Rings, Sides, rings_of, sides_of, spokes_of
from geo.compute.groups import grouped
from geo.compute.kernels import kernel
from geo.units import E7, NONE, BoolArray, FloatArray, Int32Array, IntArray, Whole


class Nested(NamedTuple):
    """Rings with their places, and which hole lies in which shell."""

    rings: Rings
    e7: Int32Array
    """(n, 2) places of the rings, ring after ring, the first not told again."""
    start_of_ring: IntArray
    """(n_rings + 1,) offsets into the places."""
    area2: IntArray
    """(n_rings,) twice the area in square ten-millionths of a degree: shells above 0, holes below. 63 bits hold it for
    anything smaller than a continent."""
    label: Int32Array
    """(n_rings,)"""
    shell: Int32Array
    """(n_rings,) the shell that each ring is, or lies in."""


def shapes_of(fabric: Fabric, label_of_face: IntArray, n_labels: int) -> NDArray[np.object_]:
    """The ground of every label as a valid multipolygon in degrees; shells counter-clockwise, holes clockwise.

    Parts that touch at corners only are polygons of their own. Every place of a border is kept, so shapes that touch
    have the same places there, to the last digit.

    Parameters
    ----------
    fabric
        Without a fault.
    label_of_face
        (n_faces,) below ``n_labels``.
    n_labels
        How many there are.

    Returns
    -------
    shapes
        (n_labels,) multipolygons; an empty one where no face has the label.
    """
    nested = nested_rings(fabric, label_of_face, n_labels)
    order, start_of_polygon, start_of_label = _order(nested, n_labels)
    lonlat, start = _closed(nested.e7, nested.start_of_ring, order)
    offsets = (start, start_of_polygon, start_of_label)
    shapes: NDArray[np.object_] = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, lonlat, offsets)
    return shapes


def is_one_piece(fabric: Fabric, label_of_face: IntArray, n_labels: int) -> BoolArray:
    """(n_labels,) whether the ground of a label is one polygon. Ground without a face is none."""
    nested = nested_rings(fabric, label_of_face, n_labels)
    return np.asarray(np.bincount(nested.label[nested.area2 > 0], minlength=n_labels) == 1)


def pieces_of(fabric: Fabric, label_of_face: IntArray, is_wall: BoolArray | None = None) -> IntArray:
    """Which faces of a label hang together by the borders between them; corners do not count.

    Parameters
    ----------
    fabric
        A face that is in several parts itself joins them.
    label_of_face
        (n_faces,)
    is_wall
        (n_arcs,) borders that part faces although they have one label; None: none do.

    Returns
    -------
    piece_of_face
        (n_faces,) the lowest face of the piece; a face without a label is a piece by itself.
    """
    label = np.append(label_of_face, NONE)
    is_link = (label[fabric.left] == label[fabric.right]) & (label[fabric.left] != NONE)
    if is_wall is not None:
        is_link &= ~is_wall
    left, right = fabric.left[is_link].astype(np.int64), fabric.right[is_link].astype(np.int64)
    return component_of_node(left, right, len(label_of_face))


def neighbours_of(fabric: Fabric, label_of_face: IntArray, length_m_of_arc: FloatArray) -> tuple[IntArray, FloatArray]:
    """Labels whose grounds share a border, and how long it is; corners do not count.

    Parameters
    ----------
    fabric
        The fabric.
    label_of_face
        (n_faces,)
    length_m_of_arc
        (n_arcs,) see :func:`geo.compute.fabric.faces.lengths_m_of_arcs`.

    Returns
    -------
    pairs
        (n, 2) labels, the lower first, ascending.
    length_m
        (n,)
    """
    label = np.append(label_of_face, NONE)
    ends = np.sort(np.stack([label[fabric.left], label[fabric.right]], axis=1), axis=1)
    is_shared = (ends[:, 0] != NONE) & (ends[:, 0] != ends[:, 1])
    pairs, pair = np.unique(ends[is_shared], axis=0, return_inverse=True)
    length_m = np.bincount(pair, length_m_of_arc[is_shared], len(pairs))
    return pairs.astype(np.int64), length_m.astype(np.float64)


def faces_area_e7(fabric: Fabric, n_faces: int) -> FloatArray:
    """(n_faces,) area in square ten-millionths of a degree, exactly; 0 of a face without borders."""
    sides = sides_of(fabric, np.arange(n_faces))
    area2 = _area2_of_arcs(sides)
    found = np.zeros(n_faces + 1, np.int64)
    np.add.at(found, fabric.left, area2)
    np.add.at(found, fabric.right, -area2)
    return np.asarray(found[:-1] / 2)


def nested_rings(fabric: Fabric, label_of_face: IntArray, n_labels: int) -> Nested:
    """The rings around all labels of a fabric."""
    return nested(sides_of(fabric, label_of_face), n_labels)


def nested(sides: Sides, n_labels: int) -> Nested:
    """The rings around all labels, each hole with the smallest shell that it lies in."""
    rings = rings_of(sides, spokes_of(sides))
    label = sides.label[rings.side[rings.start_of_ring[:-1]]]
    e7, start, area2 = _laid_out(sides, rings)
    return Nested(rings, e7, start, area2, label, _shells(e7, start, area2, label, n_labels))


def polygon_of_sides(nested: Nested) -> Int32Array:
    """(n_sides,) the shell of the polygon that lies to the left of each side; NONE where there is no label."""
    ring = np.repeat(np.arange(len(nested.label)), np.diff(nested.rings.start_of_ring))
    found = np.full(len(nested.rings.walk_of_side), NONE, np.int32)
    found[nested.rings.side] = nested.shell[ring]
    return found


@kernel
def _place(sides: Sides, side: Whole, k: Whole) -> int:
    """The k-th place of a side's way: its node, then the inner places in its direction."""
    if k == 0:
        return int(sides.node[side])
    first, last = sides.start_of_inner[side >> 1], sides.start_of_inner[(side >> 1) + 1]
    return sides.n_nodes + int(last - k if side & 1 else first + k - 1)


@kernel
def _laid_out(sides: Sides, rings: Rings) -> tuple[Int32Array, IntArray, IntArray]:
    """Places of rings, offsets, and twice their areas."""
    n_rings = len(rings.start_of_ring) - 1
    start, area2 = np.zeros(n_rings + 1, np.int64), np.zeros(n_rings, np.int64)
    n = 0
    for side in rings.side:
        n += 1 + sides.start_of_inner[(side >> 1) + 1] - sides.start_of_inner[side >> 1]
    e7 = np.empty((n, 2), np.int32)
    n = 0
    for ring in range(n_rings):
        for i in range(rings.start_of_ring[ring], rings.start_of_ring[ring + 1]):
            side = rings.side[i]
            for k in range(1 + sides.start_of_inner[(side >> 1) + 1] - sides.start_of_inner[side >> 1]):
                place = _place(sides, side, k)
                e7[n, 0], e7[n, 1] = sides.e7[place, 0], sides.e7[place, 1]
                n += 1
        start[ring + 1] = n
        area2[ring] = _area2(e7, start[ring], n)
    return e7, start, area2


@kernel
def _area2(e7: Int32Array, first: Whole, last: Whole) -> int:
    """Twice the area of a ring."""
    area2 = np.int64(0)
    before = last - 1
    for i in range(first, last):
        area2 += np.int64(e7[before, 0]) * np.int64(e7[i, 1]) - np.int64(e7[i, 0]) * np.int64(e7[before, 1])
        before = i
    return int(area2)


@kernel
def _area2_of_arcs(sides: Sides) -> IntArray:
    """(n_arcs,) what each arc adds to twice the area of the face to its left."""
    n_arcs = len(sides.is_border)
    area2 = np.zeros(n_arcs, np.int64)
    for arc in range(n_arcs):
        n = 1 + sides.start_of_inner[arc + 1] - sides.start_of_inner[arc]
        for k in range(n):
            one = _place(sides, 2 * arc, k)
            other = _place(sides, 2 * arc, k + 1) if k + 1 < n else sides.node[2 * arc + 1]
            area2[arc] += np.int64(sides.e7[one, 0]) * np.int64(sides.e7[other, 1]) - np.int64(
                sides.e7[other, 0]
            ) * np.int64(sides.e7[one, 1])
    return area2


@kernel
def _shells(e7: Int32Array, start: IntArray, area2: IntArray, label: Int32Array, n_labels: int) -> Int32Array:
    """(n_rings,) see :class:`Nested`; NONE of a hole that lies in no shell, as in no sound fabric."""
    shell = np.full(len(label), NONE, np.int32)
    start_of_label, ring_at = grouped(label, n_labels)
    for one in range(n_labels):
        own = ring_at[start_of_label[one] : start_of_label[one + 1]]
        n_shells, last_shell = 0, NONE
        for ring in own:
            if area2[ring] > 0:
                shell[ring] = last_shell = ring
                n_shells += 1
        for ring in own:
            if area2[ring] <= 0:
                shell[ring] = last_shell if n_shells == 1 else _shell_of_hole(e7, start, area2, own, ring)
    return shell


@kernel
def _shell_of_hole(e7: Int32Array, start: IntArray, area2: IntArray, rings: Int32Array, hole: Whole) -> int:
    """The smallest of the shells that hold a hole."""
    best = NONE
    for ring in rings:
        is_better = area2[ring] > 0 and (best == NONE or area2[ring] < area2[best])
        if is_better and _holds(e7, start, ring, hole):
            best = ring
    return int(best)


@kernel
def _holds(e7: Int32Array, start: IntArray, shell: Whole, hole: Whole) -> bool:
    """Whether a ring lies within another that it does not cross: its first place beside the other's border tells."""
    for p in range(int(start[hole]), int(start[hole + 1])):
        where = _where(e7, int(start[shell]), int(start[shell + 1]), p)
        if where != 0:
            return where > 0
    return False


@kernel
def _where(e7: Int32Array, first: Whole, last: Whole, p: Whole) -> int:
    """1 if a place lies within a ring, -1 outside, 0 on it: how often the ring passes it on the right."""
    is_inside = False
    a = last - 1
    for b in range(first, last):
        low, high = (a, b) if e7[a, 1] <= e7[b, 1] else (b, a)
        if e7[low, 1] <= e7[p, 1] <= e7[high, 1]:
            side = turn(e7, low, high, p)
            if side == 0 and min(e7[a, 0], e7[b, 0]) <= e7[p, 0] <= max(e7[a, 0], e7[b, 0]):
                return 0
            is_inside ^= side > 0 and e7[low, 1] <= e7[p, 1] < e7[high, 1]
        a = b
    return 1 if is_inside else -1


@kernel
def _order(nested: Nested, n_labels: int) -> tuple[IntArray, IntArray, IntArray]:
    """Rings in the order of their labels, each shell followed by its holes; offsets by polygon and by label."""
    n_rings = len(nested.label)
    start_of_shell, ring_at = grouped(
        np.where(nested.shell == NONE, n_rings, nested.shell).astype(np.int32), n_rings + 1
    )
    start_of_label, by_label = grouped(nested.label, n_labels)
    order, start_of_polygon = np.empty(n_rings, np.int64), np.zeros(n_rings + 1, np.int64)
    polygons_of_label = np.zeros(n_labels + 1, np.int64)
    n = n_polygons = 0
    for label in range(n_labels):
        for i in range(start_of_label[label], start_of_label[label + 1]):
            shell = by_label[i]
            if nested.shell[shell] != shell:
                continue
            order[n] = shell
            n += 1
            for k in range(start_of_shell[shell], start_of_shell[shell + 1]):
                if ring_at[k] != shell:
                    order[n] = ring_at[k]
                    n += 1
            n_polygons += 1
            start_of_polygon[n_polygons] = n
        polygons_of_label[label + 1] = n_polygons
    return order[:n].copy(), start_of_polygon[: n_polygons + 1].copy(), polygons_of_label


@kernel
def _closed(e7: Int32Array, start: IntArray, order: IntArray) -> tuple[FloatArray, IntArray]:
    """Rings in a given order, in degrees, the first place told again; and offsets."""
    begin = np.zeros(len(order) + 1, np.int64)
    for i in range(len(order)):
        begin[i + 1] = begin[i] + start[order[i] + 1] - start[order[i]] + 1
    lonlat = np.empty((begin[-1], 2), np.float64)
    for i in range(len(order)):
        first, n = start[order[i]], start[order[i] + 1] - start[order[i]]
        for k in range(n + 1):
            place = first + k % n
            lonlat[begin[i] + k, 0] = e7[place, 0] / E7
            lonlat[begin[i] + k, 1] = e7[place, 1] / E7
    return lonlat, begin
