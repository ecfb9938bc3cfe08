"""Straight segments of lines in a uniform grid of square cells: what is near a place is found without a search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.abreast import ABREAST
from geo.compute.kernels import bare_kernel, kernel
from geo.units import Float32Array, FloatArray, Int32Array, IntArray

CELLS_AT_MOST = 8_000_000
CELL_M = 100.0
BEYOND_M = 1e18
"""Farther than any place; its square still fits single precision."""

Place = tuple[float, float]
"""x and y in metres: kernels pass numbers, because a view of an array is counted, at a price, by every thread."""


class SegmentIndex(NamedTuple):
    """Straight segments of lines in a uniform grid of square cells."""

    a_xy_m: FloatArray
    """(n_segments, 2) where a segment starts."""
    b_xy_m: FloatArray
    line_of_segment: Int32Array
    along_m_of_segment: FloatArray
    """(n_segments,) metres from the line's beginning to ``a``."""
    corner_xy_m: FloatArray
    """(2,) lower left corner of cell (0, 0)."""
    cell_m: float
    n_columns: int
    n_rows: int
    start_of_cell: Int32Array
    """(n_columns * n_rows + 1,) offsets into ``segment_of_entry``; cells row by row."""
    segment_of_entry: Int32Array
    ends_of_entry: FloatArray
    """(n_entries, 4) ax, ay, bx, by once more, in the order of the cells: what is read together lies together."""
    rough_of_entry: Float32Array
    """(n_entries / ABREAST, 4, ABREAST) ax, ay from the corner, and from there to b, of some entries side by side: to
    choose by, several at once, before measuring. What fills the last of them is farther than anything."""


def segments_of_lines(
    xy_m: FloatArray, start_of_line: IntArray
) -> tuple[FloatArray, FloatArray, Int32Array, FloatArray]:
    """Cut lines into straight segments.

    Parameters
    ----------
    xy_m
        (n_points, 2) the lines' points, one line after the other.
    start_of_line
        (n_lines + 1,) offsets into the points.

    Returns
    -------
    Both ends (n_segments, 2), the line of each segment, and the metres along the line up to its first end.
    """
    line_of_point = np.repeat(np.arange(len(start_of_line) - 1, dtype=np.int32), np.diff(start_of_line))
    first = np.flatnonzero(line_of_point[:-1] == line_of_point[1:])
    a_xy_m, b_xy_m = xy_m[first], xy_m[first + 1]
    line = line_of_point[first]
    length_m = np.hypot(*(b_xy_m - a_xy_m).T)
    # Summed line by line, not as differences of one long sum: lengths must not depend on what lies before.
    return a_xy_m, b_xy_m, line, _along(length_m, line)


@kernel
def _along(length_m: FloatArray, line: Int32Array) -> FloatArray:
    along_m = np.zeros(len(length_m))
    for i in range(1, len(length_m)):
        if line[i] == line[i - 1]:
            along_m[i] = along_m[i - 1] + length_m[i - 1]
    return along_m


def index_lines(xy_m: FloatArray, start_of_line: IntArray, cell_m: float = CELL_M) -> SegmentIndex:
    """Index the segments of lines; a line of no length keeps a segment of no length.

    Parameters
    ----------
    xy_m, start_of_line
        As in :func:`segments_of_lines`; all finite.
    cell_m
        Side of a cell; grows where the extent is so wide that there would be too many.
    """
    a_xy_m, b_xy_m, line, along_m = segments_of_lines(xy_m, start_of_line)
    corner, size = np.zeros(2), np.zeros(2)
    if len(a_xy_m):
        corner = np.minimum(a_xy_m.min(axis=0), b_xy_m.min(axis=0))
        size = np.maximum(a_xy_m.max(axis=0), b_xy_m.max(axis=0)) - corner
    cell_m = max(cell_m, float(np.sqrt(size[0] * size[1] / CELLS_AT_MOST)), float(size.max()) / CELLS_AT_MOST)
    n_columns, n_rows = (int(n) for n in size // cell_m + 1)
    start, entry = _fill_cells(a_xy_m - corner, b_xy_m - corner, cell_m, n_columns, n_rows)
    ends = np.concatenate([a_xy_m, b_xy_m], axis=1)[entry]
    rough = _abreast(np.concatenate([ends[:, :2] - corner, ends[:, 2:] - ends[:, :2]], axis=1))
    return SegmentIndex(a_xy_m, b_xy_m, line, along_m, corner, cell_m, n_columns, n_rows, start, entry, ends, rough)


def _abreast(rows: FloatArray) -> Float32Array:
    """(n, 4) rows, in single precision, in blocks that hold the same number of all of theirs side by side."""
    n_blocks = -(-len(rows) // ABREAST)
    padded = np.zeros((n_blocks * ABREAST, 4), np.float32)
    padded[: len(rows)], padded[len(rows) :, :2] = rows, BEYOND_M
    return np.ascontiguousarray(padded.reshape(n_blocks, ABREAST, 4).swapaxes(1, 2))


@kernel
def _columns(a_m: FloatArray, b_m: FloatArray, row: int, cell_m: float, n_columns: int) -> tuple[int, int]:
    """First and last column that a segment (relative to the corner) touches in a row, with some room for rounding."""
    low, high = min(a_m[0], b_m[0]), max(a_m[0], b_m[0])
    if a_m[1] != b_m[1]:
        slope = (b_m[0] - a_m[0]) / (b_m[1] - a_m[1])
        at_bottom = a_m[0] + slope * (row * cell_m - a_m[1])
        at_top = a_m[0] + slope * ((row + 1) * cell_m - a_m[1])
        low, high = max(low, min(at_bottom, at_top)), min(high, max(at_bottom, at_top))
    slack_m = 1e-6 * cell_m
    return max(int((low - slack_m) // cell_m), 0), min(int((high + slack_m) // cell_m), n_columns - 1)


@kernel
def _fill_cells(
    a_m: FloatArray, b_m: FloatArray, cell_m: float, n_columns: int, n_rows: int
) -> tuple[Int32Array, Int32Array]:
    """Count, then fill: the segments (relative to the corner) of every cell."""
    start = np.zeros(n_columns * n_rows + 1, np.int32)
    entry = np.empty(0, np.int32)
    cursor = np.empty(0, np.int32)
    slack_m = 1e-6 * cell_m
    for is_filling in (False, True):
        if is_filling:
            start = np.cumsum(start).astype(np.int32)
            entry = np.empty(start[-1], np.int32)
            cursor = start[:-1].copy()
        for i in range(len(a_m)):
            first_row = max(int((min(a_m[i, 1], b_m[i, 1]) - slack_m) // cell_m), 0)
            last_row = min(int((max(a_m[i, 1], b_m[i, 1]) + slack_m) // cell_m), n_rows - 1)
            for row in range(first_row, last_row + 1):
                first, last = _columns(a_m[i], b_m[i], row, cell_m, n_columns)
                for cell in range(row * n_columns + first, row * n_columns + last + 1):
                    if is_filling:
                        entry[cursor[cell]] = i
                        cursor[cell] += 1
                    else:
                        start[cell + 1] += 1
    return start, entry


@kernel
def cells_around(index: SegmentIndex, low: Place, high: Place) -> tuple[int, int, int, int]:
    """First column, last column, first row, last row of the cells that a box touches; no rows where there are none."""
    first_column = int(max((low[0] - index.corner_xy_m[0]) // index.cell_m, 0.0))
    first_row = int(max((low[1] - index.corner_xy_m[1]) // index.cell_m, 0.0))
    last_column = int(min((high[0] - index.corner_xy_m[0]) // index.cell_m, index.n_columns - 1.0))
    last_row = int(min((high[1] - index.corner_xy_m[1]) // index.cell_m, index.n_rows - 1.0))
    if first_column > last_column:
        last_row = first_row - 1
    return first_column, last_column, first_row, last_row


@bare_kernel
def nearest_on(p: Place, a: Place, b: Place) -> tuple[float, float, float, float]:
    """Nearest position to ``p`` on a segment: x, y, squared distance, metres from ``a``. Ends come out bit for bit."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    share = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square if square > 0.0 else 0.0
    if share <= 0.0:
        x, y, share = a[0], a[1], 0.0
    elif share >= 1.0:
        x, y, share = b[0], b[1], 1.0
    else:
        x, y = a[0] + share * dx, a[1] + share * dy
    return x, y, (p[0] - x) ** 2 + (p[1] - y) ** 2, share * np.sqrt(square)
