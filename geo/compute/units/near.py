"""Which places lie near straight pieces of line."""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.units import BoolArray, FloatArray, IntArray

MOST_ENTRIES = 8
"""How many cells a piece may lie in, on average."""


def are_near(xy: FloatArray, pieces: FloatArray, reach: float) -> BoolArray:
    """(n_places,) whether one of (n_pieces, 2, 2) pieces, from place to place, is this near to (n_places, 2) places.

    All in one unit; a place that is exactly as far away is near.

    >>> are_near(np.array([[1.0, 2.0], [1.0, 2.1], [-1.0, 0.0]]), np.array([[[0.0, 0.0], [9.0, 0.0]]]), 2.0).tolist()
    [True, False, True]
    """
    if not len(pieces) or not len(xy):
        return np.zeros(len(xy), np.bool_)
    low, high = pieces.min(axis=1) - reach, pieces.max(axis=1) + reach
    corner, extent = low.min(axis=0), high.max(axis=0) - low.min(axis=0)
    size = max(float(np.sqrt(extent.prod() / len(pieces))), reach, 1e-9)
    while True:
        first = np.floor((low - corner) / size).astype(np.int64)
        last = np.floor((high - corner) / size).astype(np.int64)
        n_cells = (last - first + 1).prod(axis=1)
        if n_cells.sum() <= MOST_ENTRIES * len(pieces):
            break
        size *= 2
    start, piece_at = _in_cells(first, last, last.max(axis=0) + 1)
    cell = np.floor((xy - corner) / size).astype(np.int64)
    return np.asarray(_are_near(xy, cell, np.ascontiguousarray(pieces), (start, piece_at, last.max(axis=0) + 1), reach))


@kernel
def _in_cells(first: IntArray, last: IntArray, shape: IntArray) -> tuple[IntArray, IntArray]:
    """Offsets by cell, and the pieces whose boxes lie in each; told of their first and last columns and rows."""
    start = np.zeros(shape[0] * shape[1] + 1, np.int64)
    for piece in range(len(first)):
        for row in range(first[piece, 1], last[piece, 1] + 1):
            for column in range(first[piece, 0], last[piece, 0] + 1):
                start[row * shape[0] + column + 1] += 1
    start = np.cumsum(start)
    at, piece_at = start[:-1].copy(), np.empty(start[-1], np.int64)
    for piece in range(len(first)):
        for row in range(first[piece, 1], last[piece, 1] + 1):
            for column in range(first[piece, 0], last[piece, 0] + 1):
                cell = row * shape[0] + column
                piece_at[at[cell]] = piece
                at[cell] += 1
    return start, piece_at


@kernel
def _are_near(
    xy: FloatArray, cell: IntArray, pieces: FloatArray, cells: tuple[IntArray, IntArray, IntArray], reach: float
) -> BoolArray:
    start, piece_at, shape = cells
    near = np.zeros(len(xy), np.bool_)
    for i in range(len(xy)):
        column, row = cell[i]
        if column < 0 or row < 0 or column >= shape[0] or row >= shape[1]:
            continue
        here = row * shape[0] + column
        for k in range(start[here], start[here + 1]):
            if _distance(xy[i], pieces[piece_at[k]]) <= reach:
                near[i] = True
                break
    return near


@kernel
def _distance(place: FloatArray, piece: FloatArray) -> float:
    """From a place to a piece, step by step as GEOS counts it, so that what is just as far counts alike."""
    ax, ay, bx, by = piece[0, 0], piece[0, 1], piece[1, 0], piece[1, 1]
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    along = ((place[0] - ax) * dx + (place[1] - ay) * dy) / square if square > 0.0 else 0.0
    if along <= 0.0:
        return float(np.sqrt((place[0] - ax) ** 2 + (place[1] - ay) ** 2))
    if along >= 1.0:
        return float(np.sqrt((place[0] - bx) ** 2 + (place[1] - by) ** 2))
    return float(abs(((ay - place[1]) * dx - (ax - place[0]) * dy) / square) * np.sqrt(square))
