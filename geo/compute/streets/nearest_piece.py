"""The nearest street piece of any point, however far it is: for a click on the map and for a hundred thousand points.

Some segment nearby, of the point's own cell or that of the point before, bounds how far to look: of each row of cells,
from the point's own outwards, the entries within that distance lie one after another, so their distances are taken
eight at once, in single precision, the bound shrinking from row to row; whoever shares a block with them is measured,
too, which does no harm. They serve to choose; what may be the
nearest, the rounding allowed for, is measured exactly. Where two pieces are equally near (the point's nearest position
is where they meet), the lower piece counts; on one piece the position nearer to its beginning.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.abreast import ABREAST, squares_abreast, which_at_most
from geo.compute.kernels import bare_kernel, claim, inlined_kernel, n_workers, new_counter, on_threads, trailing_zeros
from geo.compute.segments import Place, SegmentIndex, nearest_on
from geo.units import NONE, Float32Array, FloatArray, Int32Array, IntArray

POINTS_AT_ONCE = 2_000
"""How many points a thread takes on at a time."""

FAR_M = 1e9
"""Farther than any place on Earth is from any other; squares of it still fit single precision."""

ROUGH = 2.0**-21
"""What a rough distance may be wrong by, of the extent: eight times the rounding of one number."""


ABOVE = 1.0 + 2.0**-22
"""A number this much larger does not fall below itself in single precision."""


class NearestPiece(NamedTuple):
    """The nearest position on any piece."""

    piece: Int32Array
    """(n_points,) NONE where there is no piece, or the point is not finite or as far off as ``FAR_M``."""
    along_m: FloatArray
    """(n_points,) metres from the piece's beginning, along its shape; NaN where there is no piece."""
    distance_m: FloatArray
    """(n_points,) infinite where there is no piece."""


class _Desk(NamedTuple):
    """Working memory of one thread."""

    square: Float32Array
    """(entries of the longest row,) squared distances; with room for what shares its first and last block."""
    candidate: Int32Array
    """(n,) entries that may be the nearest; each at most once for its row, or as one that shares a block."""


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
    n_points, n_entries = len(xy_m), len(streets.segment_of_entry)
    found = NearestPiece(np.full(n_points, NONE, np.int32), np.full(n_points, np.nan), np.full(n_points, np.inf))
    order, counter = _by_cell(streets, xy_m), new_counter()
    ordered_xy_m = np.ascontiguousarray(xy_m[order], dtype=np.float64)
    longest = int(np.diff(streets.start_of_cell[:: streets.n_columns]).max(initial=0))

    def work() -> None:
        n_candidates = n_entries + 2 * ABREAST * streets.n_rows
        desk = _Desk(np.empty(longest + 2 * ABREAST, np.float32), np.empty(n_candidates, np.int32))
        _find_some(streets, ordered_xy_m, order, found, desk, counter)

    if n_entries and n_points:
        on_threads([work] * n_workers(-(-n_points // POINTS_AT_ONCE), n_threads))
    return found


def _by_cell(streets: SegmentIndex, xy_m: FloatArray) -> IntArray:
    """The points in the order of their cells: neighbours read the same segments, which are then at hand."""
    near_m = np.clip(np.nan_to_num(xy_m), -FAR_M, FAR_M)
    column, row = ((near_m - streets.corner_xy_m) / streets.cell_m).T
    order: IntArray = np.argsort(np.floor(row) * streets.n_columns + column)
    return order


@bare_kernel
def _find_some(
    streets: SegmentIndex, xy_m: FloatArray, order: IntArray, found: NearestPiece, desk: _Desk, counter: IntArray
) -> None:
    """The nearest pieces of points that nobody has claimed, until there are none; their places are in that order."""
    while True:
        first = claim(counter, POINTS_AT_ONCE)
        if first >= len(order):
            return
        entry = 0
        for k in range(first, min(first + POINTS_AT_ONCE, len(order))):
            point, p = order[k], (xy_m[k, 0], xy_m[k, 1])
            if not (abs(p[0]) <= FAR_M and abs(p[1]) <= FAR_M):
                continue
            entry, square, beyond_a_m = _best_of(streets, p, desk, _candidates(streets, p, desk, entry))
            i = streets.segment_of_entry[entry]
            found.piece[point] = streets.line_of_segment[i]
            found.along_m[point] = streets.along_m_of_segment[i] + beyond_a_m
            found.distance_m[point] = np.sqrt(square)


@inlined_kernel
def _candidates(streets: SegmentIndex, p: Place, desk: _Desk, entry: int) -> int:
    """How many entries of the desk's candidates may be the nearest; ``entry`` is some entry, not far if possible."""
    start, ends, cell_m = streets.start_of_cell, streets.ends_of_entry, streets.cell_m
    n_columns, n_rows, cells_per_m = streets.n_columns, streets.n_rows, 1.0 / cell_m
    x, y = p[0] - streets.corner_xy_m[0], p[1] - streets.corner_xy_m[1]
    row = int(min(max(y * cells_per_m, 0.0), n_rows - 1.0))
    cell = row * n_columns + int(min(max(x * cells_per_m, 0.0), n_columns - 1.0))
    if start[cell] < start[cell + 1]:
        entry = start[cell]
    at, slack_m = (np.float32(x), np.float32(y)), ROUGH * (max(n_columns, n_rows) * cell_m + abs(x) + abs(y))
    bound = nearest_on(p, (ends[entry, 0], ends[entry, 1]), (ends[entry, 2], ends[entry, 3]))[2]
    limit, n = (np.sqrt(bound) + slack_m) ** 2, 0
    for ring in range(n_rows):
        is_beyond = True
        for side in range(2 if ring > 0 else 1):
            r = row + ring if side == 0 else row - ring
            away_m = max(r * cell_m - y, y - (r + 1) * cell_m, 0.0)
            if r < 0 or r >= n_rows or away_m * away_m > limit:
                continue
            is_beyond = False
            half_m = np.sqrt(limit - away_m * away_m)
            left = int(min(max((x - half_m) * cells_per_m, 0.0), n_columns - 1.0))
            right = int(min(max((x + half_m) * cells_per_m, 0.0), n_columns - 1.0))
            first, last = start[r * n_columns + left], start[r * n_columns + right + 1]
            if first < last:
                limit, n = _from_row(streets, desk, at, (first, last), (limit, slack_m), n)
        if is_beyond:
            break
    return n


@inlined_kernel
def _from_row(
    streets: SegmentIndex,
    desk: _Desk,
    at: tuple[np.float32, np.float32],
    span: tuple[int, int],
    bounds: tuple[float, float],
    n: int,
) -> tuple[float, int]:
    """Add what a row's entries, ``span``, may have of the nearest: squared limit and number of candidates then.

    ``bounds`` are the squared limit so far, and the metres that a rough distance may be wrong by.
    """
    limit, square, least = bounds[0], desk.square, np.float32(np.inf)
    block, n_blocks = span[0] // ABREAST, (span[1] - 1) // ABREAST + 1 - span[0] // ABREAST
    for i in range(n_blocks):
        least = min(least, squares_abreast(streets.rough_of_entry, block + i, at[0], at[1], square, i * ABREAST))
    if np.float64(least) > limit:
        return limit, n
    limit = min(limit, (np.sqrt(np.float64(least)) + bounds[1]) ** 2)
    for i in range(n_blocks):
        bits = which_at_most(square, i * ABREAST, np.float32(limit * ABOVE))
        while bits != np.uint64(0):
            desk.candidate[n] = (block + i) * ABREAST + trailing_zeros(bits)
            bits &= bits - np.uint64(1)
            n += 1
    return limit, n


@inlined_kernel
def _best_of(streets: SegmentIndex, p: Place, desk: _Desk, n: int) -> tuple[int, float, float]:
    """The nearest of ``n`` candidates, measured exactly; of equally near ones that of the lowest piece.

    Entry, squared distance, metres along the segment.
    """
    ends, segment, line = streets.ends_of_entry, streets.segment_of_entry, streets.line_of_segment
    entry, best, along_m = 0, np.inf, 0.0
    for k in range(n):
        e = desk.candidate[k]
        _, _, square, beyond_a_m = nearest_on(p, (ends[e, 0], ends[e, 1]), (ends[e, 2], ends[e, 3]))
        if square < best:
            entry, best, along_m = e, square, beyond_a_m
        elif square == best:
            i, known = segment[e], segment[entry]
            if (line[i], i) < (line[known], known):
                entry, along_m = e, beyond_a_m
    return entry, best, along_m
