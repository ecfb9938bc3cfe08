"""Outlines of strokes for growing cutoffs: polygons in whole millionths of a degree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.reach.contour import Crossings, Rings, no_crossings, outer_of_rings, rings_of, trace_rows
from geo.compute.reach.raster import Lattice, Raster, burn, on_raster
from geo.compute.reach.thin import Gates, fix_partings, gates_of, part_outlines, thin_ring
from geo.units import NONE, Float32Array, FloatArray, Int32Array, IntArray


class Outline(NamedTuple):
    """Polygons of one cutoff, rings closed: outer rings counter-clockwise, holes clockwise."""

    micro: Int32Array
    """(n_points, 2) millionths of a degree, lon and lat."""
    start_of_ring: IntArray
    """(n_rings + 1,) offsets into the points."""
    start_of_polygon: IntArray
    """(n_polygons + 1,) offsets into the rings; the first of a polygon is its outer ring."""
    area_m2: float


@kernel
def _tolerance(lattice: Lattice, raster: Raster) -> tuple[int, int]:
    """How far outlines may be moved, in millionths of a degree of longitude and of latitude."""
    column_m = raster.column_m_of_row[raster.n_rows // 2]
    return (
        int(lattice.simplify_m / column_m * lattice.step_lon),
        int(lattice.simplify_m / raster.row_m * lattice.step_lat),
    )


@kernel
def _order(lattice: Lattice, raster: Raster, rings: Rings) -> tuple[Int32Array, Int32Array]:
    """Rings that are kept, outer rings each followed by its holes, and the outer ring of each."""
    outer = outer_of_rings(rings)
    middle = raster.n_rows // 2
    cell_m2 = raster.column_m_of_row[middle] / lattice.step_lon * raster.row_m / lattice.step_lat
    least2 = 2 * lattice.hole_m2 / cell_m2
    n_of_outer = np.zeros(len(outer) + 1, np.int64)
    for ring in range(len(outer)):
        if rings.area2[ring] > 0 or -rings.area2[ring] >= least2:
            n_of_outer[outer[ring] + 1] += 1
    at = np.cumsum(n_of_outer)
    order = np.empty(at[-1], np.int32)
    for is_hole in (False, True):
        for ring in range(len(outer)):
            if (rings.area2[ring] < 0) == is_hole and (not is_hole or -rings.area2[ring] >= least2):
                order[at[outer[ring]]] = ring
                at[outer[ring]] += 1
    return order, outer


@kernel
def _area_m2(lattice: Lattice, raster: Raster, micro: Int32Array) -> float:
    """Area of a closed ring on the ellipsoid, below 0 if it runs clockwise.

    The integral of (metres east) d(metres north): a millionth of longitude is told by its row.
    """
    total = 0.0
    for i in range(len(micro) - 1):
        row = (micro[i, 1] + micro[i + 1, 1]) / 2 / lattice.step_lat - raster.corner_lat // lattice.step_lat
        column_m = raster.column_m_of_row[min(max(int(row + 0.5), 0), raster.n_rows - 1)]
        east = (np.float64(micro[i, 0]) + micro[i + 1, 0]) / 2 - micro[0, 0]
        total += east / lattice.step_lon * column_m * (micro[i + 1, 1] - micro[i, 1]) / lattice.step_lat * raster.row_m
    return total


@kernel
def _drawn(lattice: Lattice, raster: Raster, crossings: Crossings, n: int, gates: Gates) -> Outline:
    """Thin, sort and write the rings of one cutoff."""
    rings = rings_of(crossings, n)
    order, outer = _order(lattice, raster, rings)
    micro, kept = np.empty((n + len(order), 2), np.int32), np.empty(n, np.int32)
    start_of_ring = np.zeros(len(order) + 1, np.int64)
    start_of_polygon = np.zeros(len(order) + 1, np.int64)
    n_points = n_polygons = 0
    area_m2 = 0.0
    for k in range(len(order)):
        if outer[order[k]] == order[k]:
            start_of_polygon[n_polygons] = k
            n_polygons += 1
        n_kept = thin_ring(crossings, gates, rings.first[order[k]], kept)
        for i in range(n_kept + 1):
            place = crossings.place[kept[i % n_kept]]
            micro[n_points + i, 0] = raster.corner_lon + place[0]
            micro[n_points + i, 1] = raster.corner_lat + place[1]
        n_points += n_kept + 1
        start_of_ring[k + 1] = n_points
        area_m2 += _area_m2(lattice, raster, micro[start_of_ring[k] : n_points])
    start_of_polygon[n_polygons] = len(order)
    return Outline(micro[:n_points].copy(), start_of_ring, start_of_polygon[: n_polygons + 1].copy(), area_m2)


@kernel
def _thinned(lattice: Lattice, raster: Raster, traced: list[tuple[Crossings, int, Int32Array]]) -> list[Outline]:
    """Outlines of all cutoffs, from where they cross the raster."""
    tolerance = _tolerance(lattice, raster)
    gates = [gates_of(crossings, n, lattice, tolerance) for crossings, n, _ in traced]
    for i in range(len(traced)):
        for k in range(i + 1, len(traced)):
            (a, n_a, _), (b, n_b, _) = traced[i], traced[k]
            same = (np.full(n_a, NONE, np.int32), np.full(n_b, NONE, np.int32))
            both = (gates[i], gates[k])
            part_outlines(a, b, (n_a, n_b), both, same)
            fix_partings(a, b, n_a, both, same)
            fix_partings(b, a, n_b, (both[1], both[0]), (same[1], same[0]))
    return [_drawn(lattice, raster, traced[i][0], traced[i][1], gates[i]) for i in range(len(traced))]


@kernel
def _by_strip(raster: Raster, far_m: float, placed: FloatArray, rows_per_strip: int) -> tuple[IntArray, Int32Array]:
    """Offsets by strip and indices of the strokes that may be nearer than ``far_m`` to a row of it."""
    n_strips = (raster.n_rows - 2) // rows_per_strip + 1
    far = far_m / raster.row_m + 1
    start = np.zeros(n_strips + 1, np.int64)
    index, at = np.empty(0, np.int32), np.empty(0, np.int64)
    for is_filling in (False, True):
        if is_filling:
            start = np.cumsum(start)
            index, at = np.empty(start[-1], np.int32), start[:-1].copy()
        for k in range(len(placed)):
            first = max(int(min(placed[k, 1], placed[k, 3]) - far), 0) // rows_per_strip
            last = int(max(placed[k, 1], placed[k, 3]) + far) // rows_per_strip
            for strip in range(first, min(last, n_strips - 1) + 1):
                if is_filling:
                    index[at[strip]] = k
                    at[strip] += 1
                else:
                    start[strip + 1] += 1
    return start, index


@kernel
def outlines(
    lattice: Lattice, raster: Raster, strokes: FloatArray, start_of_cutoff: IntArray, square: Float32Array
) -> list[Outline]:
    """The ground within the pen's reach of strokes, for growing cutoffs: valid, and each within the next, exactly.

    Parameters
    ----------
    lattice, raster
        What is drawn on, and how; the reach is at least two steps. See :func:`geo.compute.reach.raster.raster_around`.
    strokes
        (n, 4) degrees: lon, lat, lon, lat.
    start_of_cutoff
        (n_cutoffs + 1,) offsets; strokes of a cutoff come on top of those of the cutoffs before.
    square
        Working memory, at least two rows; where it holds fewer rows than there are, strips are drawn one by one.
    """
    placed = on_raster(lattice, raster, strokes)
    far_m = lattice.reach_m + max(raster.column_m_of_row.max(), raster.row_m)
    n_columns, n_cutoffs = raster.n_columns, len(start_of_cutoff) - 1
    rows_per_strip = min(len(square) // n_columns, raster.n_rows) - 1
    traced = [(no_crossings(4096), 0, np.empty(n_columns, np.int32)) for _ in range(n_cutoffs)]
    buckets = [
        _by_strip(raster, far_m, placed[start_of_cutoff[i] : start_of_cutoff[i + 1]], rows_per_strip)
        for i in range(n_cutoffs)
    ]
    for first_row in range(0, raster.n_rows - 1, rows_per_strip):
        rows = np.array([first_row, min(first_row + rows_per_strip + 1, raster.n_rows)])
        square[: (rows[1] - rows[0]) * n_columns] = np.float32(far_m * far_m)
        for i in range(n_cutoffs):
            start, index = buckets[i]
            strip = first_row // rows_per_strip
            here = start_of_cutoff[i] + index[start[strip] : start[strip + 1]]
            burn(raster, lattice.reach_m, placed[here], rows, square)
            traced[i] = trace_rows(lattice, raster, rows, square, traced[i])
    return _thinned(lattice, raster, traced)
