"""The nearest street piece of any point, however far it is: for a click on the map and for a hundred thousand points.

Cells of the index are searched in rings around the point's own, until no cell beyond can hold anything nearer. Where
two pieces are equally near (the point's nearest position is where they meet), the lower piece counts; on one piece the
position nearer to its beginning.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import in_parts, kernel
from geo.compute.segments import Place, SegmentIndex, nearest_on
from geo.units import NONE, FloatArray, Int32Array, IntArray

POINTS_PER_PART = 5_000

SLACK = 1.0 + 1e-12
"""What a comparison of rounded squares may be wrong by: a tie must never be passed over."""


Cells = tuple[IntArray, FloatArray, Int32Array, Int32Array]
"""Of a segment index: offsets by cell, both ends and the segment of every entry, the line of every segment."""

Grid = tuple[float, int, int]
"""Side of a cell, columns, rows."""


class NearestPiece(NamedTuple):
    """The nearest position on any piece."""

    piece: Int32Array
    """(n_points,) NONE where there is no piece, or the point is not finite."""
    along_m: FloatArray
    """(n_points,) metres from the piece's beginning, along its shape; NaN where there is no piece."""
    distance_m: FloatArray
    """(n_points,) infinite where there is no piece."""


def nearest_piece(streets: SegmentIndex, xy_m: FloatArray, n_threads: int | None = None) -> NearestPiece:
    """The nearest piece of each point.

    Parameters
    ----------
    streets
        Segments of the pieces; ``line_of_segment`` is the piece.
    xy_m
        (n_points, 2) metres in the same frame.
    n_threads
        All cores where None.
    """
    order = _by_cell(streets, xy_m)
    ordered_xy_m = np.ascontiguousarray(xy_m[order], dtype=np.float64)

    def part(first: int, last: int) -> NearestPiece:
        found: NearestPiece = _nearest_pieces(streets, ordered_xy_m, first, last)
        return found

    nothing = NearestPiece(np.empty(0, np.int32), np.empty(0), np.empty(0))
    found = [nothing, *in_parts(part, len(xy_m), POINTS_PER_PART, n_threads)]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    for column in columns:
        column[order] = column.copy()
    return NearestPiece(*columns)


def _by_cell(streets: SegmentIndex, xy_m: FloatArray) -> IntArray:
    """The points in the order of their cells: neighbours read the same segments, which are then at hand."""
    column, row = np.nan_to_num((xy_m - streets.corner_xy_m) / streets.cell_m, posinf=0.0, neginf=0.0).T
    order: IntArray = np.argsort(np.floor(row) * streets.n_columns + column)
    return order


@kernel
def _nearest_pieces(streets: SegmentIndex, xy_m: FloatArray, first: int, last: int) -> NearestPiece:
    piece = np.full(last - first, NONE, np.int32)
    along_m, distance_m = np.full(last - first, np.nan), np.full(last - first, np.inf)
    # Taken out once: arrays that travel inside a tuple are counted at every call.
    cells = (streets.start_of_cell, streets.ends_of_entry, streets.segment_of_entry, streets.line_of_segment)
    corner_x, corner_y = streets.corner_xy_m[0], streets.corner_xy_m[1]
    grid = (streets.cell_m, streets.n_columns, streets.n_rows)
    for k in range(last - first):
        p = (xy_m[first + k, 0], xy_m[first + k, 1])
        if not np.isfinite(p[0] + p[1]):
            continue
        i = _nearest_segment(cells, grid, p, (p[0] - corner_x, p[1] - corner_y))
        if i != NONE:
            a, b = streets.a_xy_m, streets.b_xy_m
            _, _, square, beyond_a_m = nearest_on(p, (a[i, 0], a[i, 1]), (b[i, 0], b[i, 1]))
            piece[k] = streets.line_of_segment[i]
            along_m[k], distance_m[k] = streets.along_m_of_segment[i] + beyond_a_m, np.sqrt(square)
    return NearestPiece(piece, along_m, distance_m)


@kernel
def _nearest_segment(cells: Cells, grid: Grid, p: Place, at: Place) -> int:
    """The nearest segment, or NONE where there is none at all; ``at`` is ``p`` from the index's corner."""
    cell_m, n_columns, n_rows = grid
    x, y = at
    column = int(min(max(x // cell_m, 0.0), n_columns - 1.0))
    row = int(min(max(y // cell_m, 0.0), n_rows - 1.0))
    best, segment = np.inf, NONE
    for ring in range(max(n_columns, n_rows)):
        for r in range(max(row - ring, 0), min(row + ring, n_rows - 1) + 1):
            away_y = max(r * cell_m - y, y - (r + 1) * cell_m, 0.0)
            # The ring's top and bottom rows are looked at whole, of the others both ends.
            step = 1 if abs(r - row) == ring else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                away_x = max(c * cell_m - x, x - (c + 1) * cell_m, 0.0)
                if 0 <= c < n_columns and away_x * away_x + away_y * away_y <= best * SLACK:
                    best, segment = _nearest_in_cell(cells, p, r * n_columns + c, best, segment)
        beyond_m = _beyond_m(grid, at, column, row, ring)
        if beyond_m * beyond_m > best * SLACK:
            break
    return segment


@kernel
def _beyond_m(grid: Grid, at: Place, column: int, row: int, ring: int) -> float:
    """How far what lies outside a ring of cells is at least."""
    cell_m, n_columns, n_rows = grid
    least = np.inf
    if column - ring > 0:
        least = min(least, at[0] - (column - ring) * cell_m)
    if column + ring < n_columns - 1:
        least = min(least, (column + ring + 1) * cell_m - at[0])
    if row - ring > 0:
        least = min(least, at[1] - (row - ring) * cell_m)
    if row + ring < n_rows - 1:
        least = min(least, (row + ring + 1) * cell_m - at[1])
    return max(least, 0.0)


@kernel
def _nearest_in_cell(cells: Cells, p: Place, cell: int, best: float, segment: int) -> tuple[float, int]:
    """The better of what is known and what the cell holds: squared distance and segment."""
    start, ends, segment_of_entry, line = cells
    for e in range(start[cell], start[cell + 1]):
        dx, dy = ends[e, 2] - ends[e, 0], ends[e, 3] - ends[e, 1]
        across = (p[0] - ends[e, 0]) * dy - (p[1] - ends[e, 1]) * dx
        # The straight line through the segment is already too far: most segments end here, without a division.
        if across * across > best * SLACK * (dx * dx + dy * dy):
            continue
        square = nearest_on(p, (ends[e, 0], ends[e, 1]), (ends[e, 2], ends[e, 3]))[2]
        if square <= best:
            i = segment_of_entry[e]
            if square < best or (line[i], i) < (line[segment], segment):
                best, segment = square, i
    return best, segment
