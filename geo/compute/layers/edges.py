"""Polygons as their edges, sorted into bands, and which of many polygons holds a place."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.kernels import bare_kernel, kernel
from geo.units import NONE, FloatArray, IntArray

Shapes = NDArray[np.object_]
"""Polygons and multipolygons of shapely, in metres."""

EDGES_IN_BAND = 4
"""About so many edges of one polygon begin in a band."""

SHAPES_IN_CELL = 2.0
"""About so many polygons to a cell of the grid that finds them."""


class Edges(NamedTuple):
    """Polygons as their edges. A polygon lies to the left of each of its edges."""

    start_of_shape: IntArray
    """(n_shapes + 1,) offsets into ``ends``."""
    ends: FloatArray
    """(n_edges, 4) ax, ay, bx, by in metres."""
    box: FloatArray
    """(n_shapes, 4) west, south, east, north; NaN for an empty shape, which nothing compares with."""
    start_of_shapes_bands: IntArray
    """(n_shapes + 1,) offsets into the bands, which lie from south to north within a shape, all of one height."""
    start_of_band: IntArray
    """(n_bands + 1,) offsets into ``edge_of_entry``."""
    edge_of_entry: IntArray
    """The edges that reach into each band; one that reaches into several is named in each of them."""
    first_band: IntArray
    """(n_edges,) the lowest band that each edge reaches into."""

    def __len__(self) -> int:
        """Number of shapes."""
        return len(self.start_of_shape) - 1


class Cells(NamedTuple):
    """A grid of square cells over the boxes of some shapes."""

    west: float
    south: float
    cell_m: float
    n_columns: int
    n_rows: int
    start_of_cell: IntArray
    """(n_columns * n_rows + 1,) offsets into ``shape_of_entry``; cells row by row."""
    shape_of_entry: IntArray
    """Ascending within a cell."""


def edges_of(shapes: Shapes) -> Edges:
    """The edges of polygons or multipolygons, which may be empty.

    Parameters
    ----------
    shapes
        (n_shapes,) valid polygons, in metres.
    """
    parts, shape_of_part = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start, ends = _ends(xy, ring, shape_of_part[part_of_ring], len(shapes))
    box = np.ascontiguousarray(shapely.bounds(shapes).reshape(-1, 4))
    start_of_bands = np.concatenate([[0], np.cumsum(np.maximum(np.diff(start) // EDGES_IN_BAND, 1))]).astype(np.int64)
    return Edges(start, ends, box, start_of_bands, *_bands(start, ends, box, start_of_bands))


@kernel
def _ends(xy: FloatArray, ring: IntArray, shape_of_ring: IntArray, n_shapes: int) -> tuple[IntArray, FloatArray]:
    """Offsets of shapes, and the edges between corners that follow each other in a ring."""
    start = np.zeros(n_shapes + 1, np.int64)
    ends = np.empty((len(xy), 4))
    n = 0
    for i in range(len(xy) - 1):
        if ring[i] == ring[i + 1]:
            ends[n, 0], ends[n, 1], ends[n, 2], ends[n, 3] = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
            start[shape_of_ring[ring[i]] + 1] += 1
            n += 1
    return np.cumsum(start), ends[:n].copy()


@kernel
def _bands(
    start: IntArray, ends: FloatArray, box: FloatArray, start_of_bands: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Offsets of bands, the edges of each in their order, and the band that each edge begins in."""
    lowest, highest = np.empty(len(ends), np.int64), np.empty(len(ends), np.int64)
    start_of_band = np.zeros(start_of_bands[-1] + 1, np.int64)
    for shape in range(len(start) - 1):
        first, n_bands = start_of_bands[shape], start_of_bands[shape + 1] - start_of_bands[shape]
        south, north = box[shape, 1], box[shape, 3]
        for edge in range(start[shape], start[shape + 1]):
            ay, by = ends[edge, 1], ends[edge, 3]
            lowest[edge] = first + band_of(min(ay, by), south, north, n_bands)
            highest[edge] = first + band_of(max(ay, by), south, north, n_bands)
            for band in range(lowest[edge], highest[edge] + 1):
                start_of_band[band + 1] += 1
    start_of_band = np.cumsum(start_of_band)
    edge_of_entry = np.empty(start_of_band[-1], np.int64)
    place = start_of_band[:-1].copy()
    for edge in range(len(ends)):
        for band in range(lowest[edge], highest[edge] + 1):
            edge_of_entry[place[band]] = edge
            place[band] += 1
    return start_of_band, edge_of_entry, lowest


def _spread(count: IntArray) -> tuple[IntArray, IntArray]:
    """Every number as often as it counts, and which of its own times that is.

    >>> _spread(np.array([2, 0, 1]))
    (array([0, 0, 2]), array([0, 1, 0]))
    """
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(len(which)) - (np.cumsum(count) - count)[which]


def cells_of(box: FloatArray) -> Cells:
    """A grid over boxes, (n, 4) west, south, east, north; boxes of NaN are left out."""
    there = np.flatnonzero(np.isfinite(box).all(axis=1))
    if not len(there):
        return Cells(0.0, 0.0, 1.0, 1, 1, np.zeros(2, np.int64), np.zeros(0, np.int64))
    corner = box[there, :2].min(axis=0)
    width, height = box[there, 2:].max(axis=0) - corner
    # a row of boxes along a line is given cells along that line, and not a square full of them
    cell_m = max(math.sqrt(width * height * SHAPES_IN_CELL / len(there)), (width + height) / (4 * len(there)), 1.0)
    size = np.array([width // cell_m, height // cell_m], np.int64) + 1
    first, last = (np.clip((box[there, k : k + 2] - corner) // cell_m, 0, size - 1).astype(np.int64) for k in (0, 2))
    columns, rows = (last - first + 1).T
    which, nth = _spread(columns * rows)
    cell = (first[which, 1] + nth // columns[which]) * size[0] + first[which, 0] + nth % columns[which]
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], np.arange(size.prod() + 1)).astype(np.int64)
    west, south = corner.tolist()
    return Cells(west, south, cell_m, int(size[0]), int(size[1]), start, there[which[order]])


@bare_kernel
def band_of(y: float, south: float, north: float, n_bands: int) -> int:
    """The band that a height lies in; what lies beyond counts to the first or the last."""
    return min(max(int((y - south) / (north - south) * n_bands), 0), n_bands - 1)


@bare_kernel
def column_of(x: float, cells: Cells) -> int:
    """The column of cells that a place lies in; what lies beyond counts to the first or the last."""
    return min(max(int((x - cells.west) / cells.cell_m), 0), cells.n_columns - 1)


@bare_kernel
def row_of(y: float, cells: Cells) -> int:
    """The row of cells that a place lies in; what lies beyond counts to the first or the last."""
    return min(max(int((y - cells.south) / cells.cell_m), 0), cells.n_rows - 1)


@bare_kernel
def holds(edges: Edges, shape: int, x: float, y: float) -> bool:
    """Whether a shape holds a place; its border belongs to it."""
    if not (edges.box[shape, 0] <= x <= edges.box[shape, 2] and edges.box[shape, 1] <= y <= edges.box[shape, 3]):
        return False
    first_band = edges.start_of_shapes_bands[shape]
    n_bands = edges.start_of_shapes_bands[shape + 1] - first_band
    band = first_band + band_of(y, edges.box[shape, 1], edges.box[shape, 3], n_bands)
    is_inside = False
    for entry in range(edges.start_of_band[band], edges.start_of_band[band + 1]):
        ax, ay, bx, by = edges.ends[edges.edge_of_entry[entry]]
        if min(ay, by) > y or max(ay, by) < y:
            continue
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if side == 0 and min(ax, bx) <= x <= max(ax, bx):
            return True
        # an edge counts its lower end and not its upper one, so that a corner is passed once or twice, as it should
        if (ay > y) != (by > y) and (side < 0) == (by > ay):
            is_inside = not is_inside
    return is_inside


@kernel
def _located(xy_m: FloatArray, edges: Edges, cells: Cells) -> tuple[IntArray, IntArray]:
    first = np.full(len(xy_m), NONE, np.int64)
    count = np.zeros(len(xy_m), np.int64)
    if not len(cells.shape_of_entry):
        return first, count
    for i in range(len(xy_m)):
        x, y = xy_m[i]
        cell = row_of(y, cells) * cells.n_columns + column_of(x, cells)
        for entry in range(cells.start_of_cell[cell], cells.start_of_cell[cell + 1]):
            shape = cells.shape_of_entry[entry]
            if holds(edges, shape, x, y):
                if count[i] == 0:
                    first[i] = shape
                count[i] += 1
    return first, count


def located(xy_m: FloatArray, edges: Edges, cells: Cells | None = None) -> tuple[IntArray, IntArray]:
    """Which shape holds each place, and how many do.

    Parameters
    ----------
    xy_m
        (n_places, 2) metres, in the frame of the shapes.
    edges
        The shapes. A border belongs to all of them that it borders.
    cells
        Of the same shapes, where they are at hand.

    Returns
    -------
    (n_places,) the lowest number of a shape, NONE where none holds the place; and (n_places,) how many hold it.

    >>> located(np.array([[5.0, 5.0], [10.0, 5.0], [50.0, 5.0]]),
    ...         edges_of(np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])))
    (array([ 0,  0, -1]), array([1, 2, 0]))
    """
    found: tuple[IntArray, IntArray] = _located(
        np.ascontiguousarray(xy_m, np.float64).reshape(-1, 2), edges, cells or cells_of(edges.box)
    )
    return found
