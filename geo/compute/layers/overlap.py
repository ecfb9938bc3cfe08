"""How much ground polygons share, without cutting anything.

Every edge stands for the strip between itself and a line to the west of all, counted up where the polygon lies to the
west of the edge and down where it lies to the east of it; so a polygon is the sum of its strips, and what two polygons
share is the sum, over all pairs of their edges, of what two strips share, which has a closed form. There is no case to
go wrong where borders touch, overlap or cross.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import bare_kernel, kernel
from geo.compute.layers.edges import Cells, Edges, band_of, cells_of, column_of, row_of
from geo.units import FloatArray, IntArray


class Overlaps(NamedTuple):
    """Ground that shapes of one set share with shapes of another, by both numbers in order."""

    a: IntArray
    b: IntArray
    m2: FloatArray


@bare_kernel
def _shared_strip(ends: FloatArray, e: int, slope: float, other: FloatArray, f: int, west: float) -> float:
    """What the strips of two edges share, between ``west`` and the nearer of both; the sign is that of both together.

    The first edge lies nowhere west of ``west``; of the second, what does is left out. ``slope``: of the first one.
    """
    ax, ay, bx, by = ends[e]
    cx, cy, dx, dy = other[f]
    low, high = max(min(ay, by), min(cy, dy)), min(max(ay, by), max(cy, dy))
    if high <= low or max(cx, dx) <= west:
        return 0.0
    sign = 1.0 if (by > ay) == (dy > cy) else -1.0
    height = high - low
    e0, e1 = ax - west + slope * (low - ay), ax - west + slope * (high - ay)
    if min(cx, dx) >= max(ax, bx):
        return float(sign * height * (e0 + e1) / 2)
    slope_f = (dx - cx) / (dy - cy)
    f0, f1 = cx - west + slope_f * (low - cy), cx - west + slope_f * (high - cy)
    if f0 <= 0 and f1 <= 0:
        return 0.0
    if f0 < 0 or f1 < 0:  # only where the second edge lies east of the line
        share = f0 / (f0 - f1)
        if f0 < 0:
            e0, f0, height = e0 + share * (e1 - e0), 0.0, height * (1 - share)
        else:
            e1, f1, height = e0 + share * (e1 - e0), 0.0, height * share
    before, after = e0 - f0, e1 - f1
    if before * after >= 0:
        double_m = e0 + e1 if before + after <= 0 else f0 + f1
    else:
        share = before / (before - after)
        middle = e0 + share * (e1 - e0)
        double_m = share * (min(e0, f0) + middle) + (1 - share) * (middle + min(e1, f1))
    return float(sign * height * double_m / 2)


@bare_kernel
def overlap_m2(a: Edges, i: int, b: Edges, j: int) -> float:
    """How much ground shape ``i`` of one set shares with shape ``j`` of another."""
    west = a.box[i, 0]
    south, north = b.box[j, 1], b.box[j, 3]
    first_band = b.start_of_shapes_bands[j]
    n_bands = b.start_of_shapes_bands[j + 1] - first_band
    found = 0.0
    for edge in range(a.start_of_shape[i], a.start_of_shape[i + 1]):
        ax, ay, bx, by = a.ends[edge]
        low, high = min(ay, by), max(ay, by)
        if high <= south or low >= north or low == high:
            continue
        slope = (bx - ax) / (by - ay)
        lowest = first_band + band_of(low, south, north, n_bands)
        for band in range(lowest, first_band + band_of(high, south, north, n_bands) + 1):
            for entry in range(b.start_of_band[band], b.start_of_band[band + 1]):
                other = b.edge_of_entry[entry]
                # an edge of several bands counts in the first that both reach into
                if band == max(b.first_band[other], lowest):
                    found += _shared_strip(a.ends, edge, slope, b.ends, other, west)
    return found


@bare_kernel
def _meet(a: FloatArray, b: FloatArray) -> bool:
    """Whether two boxes have a place in common."""
    return bool(a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3])


@bare_kernel
def _fill_meetings(box: FloatArray, other: FloatArray, cells: Cells, i_of: IntArray, j_of: IntArray) -> int:
    """How many pairs of boxes meet; they are noted as far as there is room."""
    n = 0
    for i in range(len(box)):
        if not box[i, 0] <= box[i, 2]:
            continue
        low, left = row_of(box[i, 1], cells), column_of(box[i, 0], cells)
        for row in range(low, row_of(box[i, 3], cells) + 1):
            for column in range(left, column_of(box[i, 2], cells) + 1):
                cell = row * cells.n_columns + column
                for entry in range(cells.start_of_cell[cell], cells.start_of_cell[cell + 1]):
                    j = cells.shape_of_entry[entry]
                    # a pair that meets in several cells is told in the first of them
                    is_first = row == max(low, row_of(other[j, 1], cells)) and column == max(
                        left, column_of(other[j, 0], cells)
                    )
                    if is_first and _meet(box[i], other[j]):
                        if n < len(i_of):
                            i_of[n], j_of[n] = i, j
                        n += 1
    return n


def meetings(box: FloatArray, other: FloatArray, cells: Cells | None = None) -> tuple[IntArray, IntArray]:
    """All pairs of boxes, one of each set, that have a place in common, by the first number.

    ``cells``: of the second set, where they are at hand.
    """
    cells = cells or cells_of(other)
    room = 4 * len(box) + 1024
    while True:
        i_of, j_of = np.empty(room, np.int64), np.empty(room, np.int64)
        n = _fill_meetings(box, other, cells, i_of, j_of)
        if n <= room:
            return i_of[:n], j_of[:n]
        room = n


@kernel
def _overlap_of_pairs(a: Edges, b: Edges, i_of: IntArray, j_of: IntArray) -> FloatArray:
    m2 = np.empty(len(i_of))
    for k in range(len(i_of)):
        m2[k] = overlap_m2(a, i_of[k], b, j_of[k])
    return m2


def overlaps(a: Edges, b: Edges, least_m2: float = 1e-6) -> Overlaps:
    """Every pair of shapes, one of each set, that share ground.

    Parameters
    ----------
    a, b
        Two sets of shapes in one frame; the same object twice tells every pair within it once, the lower number first.
    least_m2
        Less than this is rounding.

    >>> import shapely
    >>> from geo.compute.layers.edges import edges_of
    >>> overlaps(edges_of(np.array([shapely.box(0, 0, 10, 10)])), edges_of(np.array([shapely.box(8, -5, 20, 5)]))).m2
    array([10.])
    """
    i, j = meetings(a.box, b.box)
    if a is b:
        i, j = i[i < j], j[i < j]
    m2 = _overlap_of_pairs(a, b, i, j)
    kept = np.flatnonzero(m2 >= least_m2)
    order = kept[np.lexsort((j[kept], i[kept]))]
    return Overlaps(i[order], j[order], m2[order])
