"""Outlines of the ground whose distance lies below the pen's reach: marching squares, linked and told as rings.

Every outline crosses a raster edge at most once and strictly between its ends, so rings never touch themselves or each
other. In a cell whose corners are inside crosswise the inside is joined. Distances that are nowhere larger give an
outline that lies nowhere further in: outlines of one raster for growing cutoffs are nested, exactly.

Source
------
Lorensen, Cline (1987), Marching cubes, Computer Graphics 21 (4), 163-169, in the plane.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from geo.compute.kernels import kernel
from geo.compute.reach.raster import WORD, Lattice, Raster
from geo.units import NONE, BoolArray, Float32Array, Int32Array, IntArray

BOTTOM, RIGHT, TOP, LEFT = 0, 1, 2, 3

LINKS = np.full((16, 4), NONE, np.int8)
"""By corners inside (1 lower left, 2 lower right, 4 upper right, 8 upper left): one or two links, edge to edge, with
the inside on the left."""


def _fill_links() -> None:
    """A link begins at an edge that leaves the inside, counter-clockwise, and ends at the next that enters it."""
    for corners in range(1, 15):
        is_inside = [bool(corners >> corner & 1) for corner in range(4)]
        n = 0
        for edge in range(4):
            if is_inside[edge] and not is_inside[(edge + 1) % 4]:
                end = next(e % 4 for e in range(edge + 1, edge + 4) if is_inside[(e + 1) % 4])
                LINKS[corners, 2 * n : 2 * n + 2] = edge, end
                n += 1


_fill_links()


class Crossings(NamedTuple):
    """Where an outline crosses the raster's edges, in the order of the edges: row by row, those along the row first."""

    place: Int32Array
    """(n, 2) millionths of a degree from the raster's corner."""
    edge: IntArray
    """(2 * row + is_upright) * n_columns + column; ascending."""
    is_upright: BoolArray
    """Whether the edge runs between two rows."""
    follow: Int32Array
    """The next crossing along the outline, the inside on the left."""
    is_low_inside: BoolArray
    """Whether the edge's lower or left end is the inside one."""


@kernel
def no_crossings(n_most: int) -> Crossings:
    """Room for crossings."""
    return Crossings(
        np.empty((n_most, 2), np.int32),
        np.empty(n_most, np.int64),
        np.empty(n_most, np.bool_),
        np.full(n_most, NONE, np.int32),
        np.empty(n_most, np.bool_),
    )


@kernel
def _room(crossings: Crossings, n: int, n_more: int) -> Crossings:
    """The same, with room for more."""
    if n + n_more <= len(crossings.edge):
        return crossings
    larger = no_crossings(2 * (n + n_more))
    larger.place[:n] = crossings.place[:n]
    larger.edge[:n] = crossings.edge[:n]
    larger.is_upright[:n] = crossings.is_upright[:n]
    larger.follow[:n] = crossings.follow[:n]
    larger.is_low_inside[:n] = crossings.is_low_inside[:n]
    return larger


@kernel
def _pack(square: Float32Array, base: int, reach2: np.float32, words: np.ndarray) -> None:
    """One bit for every raster point of a row that lies inside."""
    for w in range(len(words)):
        word = np.uint64(0)
        for i in range(WORD):
            word |= np.uint64(square[base + w * WORD + i] < reach2) << np.uint64(i)
        words[w] = word


@kernel
def _offset(low2: float, high2: float, reach_m: float, step: int) -> int:
    """Where the outline crosses an edge, in whole parts of its step, strictly between its ends."""
    inner, outer = np.sqrt(min(low2, high2)), np.sqrt(max(low2, high2))
    from_inner = min(max(int((reach_m - inner) / (outer - inner) * step + 0.5), 1), step - 1)
    return from_inner if low2 < high2 else step - from_inner


@kernel
def _link(follow: Int32Array, corners: int, edges: Int32Array) -> None:
    """Join the crossings of one cell: those of its lower, right, upper and left edge."""
    follow[edges[LINKS[corners, 0]]] = edges[LINKS[corners, 1]]
    if corners in (0b0101, 0b1010):
        follow[edges[LINKS[corners, 2]]] = edges[LINKS[corners, 3]]


@kernel
def _cross_rows(
    crossings: Crossings,
    n: int,
    square: Float32Array,
    at: tuple[int, int, int],
    lattice: Lattice,
    words: np.ndarray,
    index: Int32Array,
) -> int:
    """Crossings along one raster row (``at``: row, its first value, columns); ``index`` tells them by column."""
    row, base, n_columns = at
    one = np.uint64(1)
    for w in range(len(words)):
        carry = words[w + 1] << np.uint64(WORD - 1) if w + 1 < len(words) else np.uint64(0)
        bits = words[w] ^ (words[w] >> one | carry)
        while bits:
            column = w * WORD + int(trailing_zeros(bits))
            bits &= bits - one
            low2, high2 = float(square[base + column]), float(square[base + column + 1])
            crossings.place[n, 0] = column * lattice.step_lon + _offset(low2, high2, lattice.reach_m, lattice.step_lon)
            crossings.place[n, 1] = row * lattice.step_lat
            crossings.edge[n] = np.int64(2 * row) * n_columns + column
            crossings.is_upright[n] = False
            crossings.is_low_inside[n] = low2 < high2
            index[column] = n
            n += 1
    return n


@kernel
def _cross_columns(
    crossings: Crossings,
    n: int,
    square: Float32Array,
    at: tuple[int, int, int],
    lattice: Lattice,
    words: tuple[np.ndarray, np.ndarray],
    index: Int32Array,
) -> int:
    """Crossings between one raster row and the next."""
    row, base, n_columns = at
    one = np.uint64(1)
    for w in range(len(words[0])):
        bits = words[0][w] ^ words[1][w]
        while bits:
            column = w * WORD + int(trailing_zeros(bits))
            bits &= bits - one
            low2, high2 = float(square[base + column]), float(square[base + n_columns + column])
            crossings.place[n, 0] = column * lattice.step_lon
            crossings.place[n, 1] = row * lattice.step_lat + _offset(low2, high2, lattice.reach_m, lattice.step_lat)
            crossings.edge[n] = np.int64(2 * row + 1) * n_columns + column
            crossings.is_upright[n] = True
            crossings.is_low_inside[n] = low2 < high2
            index[column] = n
            n += 1
    return n


@kernel
def _link_row(
    crossings: Crossings,
    words: tuple[np.ndarray, np.ndarray],
    below: Int32Array,
    above: Int32Array,
    upright: Int32Array,
) -> None:
    """Join the crossings of all cells between two raster rows."""
    one, last = np.uint64(1), np.uint64(WORD - 1)
    edges = np.empty(4, np.int32)
    for w in range(len(words[0])):
        low, high = words[0][w], words[1][w]
        is_end = w + 1 == len(words[0])
        low_right = low >> one | (np.uint64(0) if is_end else words[0][w + 1] << last)
        high_right = high >> one | (np.uint64(0) if is_end else words[1][w + 1] << last)
        bits = (low ^ low_right) | (high ^ high_right) | (low ^ high)
        while bits:
            i = trailing_zeros(bits)
            bits &= bits - one
            column = w * WORD + int(i)
            shift = np.uint64(i)
            corners = int(
                (low >> shift & one)
                | (low_right >> shift & one) << one
                | (high_right >> shift & one) << np.uint64(2)
                | (high >> shift & one) << np.uint64(3)
            )
            edges[0], edges[2], edges[3] = below[column], above[column], upright[column]
            edges[1] = upright[min(column + 1, len(upright) - 1)]
            _link(crossings.follow, corners, edges)


@kernel
def trace_rows(
    lattice: Lattice, raster: Raster, rows: IntArray, square: Float32Array, begun: tuple[Crossings, int, Int32Array]
) -> tuple[Crossings, int, Int32Array]:
    """Find and link the crossings of a strip of rows.

    Parameters
    ----------
    lattice, raster
        What ``square`` was burnt on.
    rows
        (2,) first row of the strip, which is the last of the strip before, and the row after its last.
    square
        Squared distances of the strip, in metres.
    begun
        Crossings of the strips before, how many, and (n_columns,) their index along the last row.
    """
    crossings, n, below = begun
    n_columns = raster.n_columns
    reach2 = np.float32(lattice.reach_m * lattice.reach_m)
    words, next_words = np.empty(n_columns // WORD, np.uint64), np.empty(n_columns // WORD, np.uint64)
    above, upright = np.empty(n_columns, np.int32), np.empty(n_columns, np.int32)
    _pack(square, 0, reach2, words)
    for row in range(rows[0], rows[1] - 1):
        base = (row - rows[0]) * n_columns
        crossings = _room(crossings, n, 2 * n_columns)
        _pack(square, base + n_columns, reach2, next_words)
        both = (words, next_words)
        n = _cross_columns(crossings, n, square, (row, base, n_columns), lattice, both, upright)
        n = _cross_rows(crossings, n, square, (row + 1, base + n_columns, n_columns), lattice, next_words, above)
        _link_row(crossings, both, below, above, upright)
        words, next_words = next_words, words
        below, above = above, below
    return crossings, n, below


class Rings(NamedTuple):
    """Rings of one outline."""

    ring_of_crossing: Int32Array
    first: Int32Array
    """(n_rings,) the first crossing of each, in the order of the edges."""
    area2: IntArray
    """Twice the area in square millionths of a degree; below 0 for holes."""
    leftmost: Int32Array
    """The crossing along a row that lies farthest to the left."""


@kernel
def rings_of(crossings: Crossings, n: int) -> Rings:
    """Follow the crossings round."""
    ring_of_crossing = np.full(n, NONE, np.int32)
    first, leftmost = np.empty(n // 4 + 1, np.int32), np.empty(n // 4 + 1, np.int32)
    area2 = np.zeros(n // 4 + 1, np.int64)
    place = crossings.place
    n_rings = 0
    for begin in range(n):
        if ring_of_crossing[begin] != NONE:
            continue
        i, west, best, area = begin, np.int32(2147483647), begin, np.int64(0)
        while ring_of_crossing[i] == NONE:
            ring_of_crossing[i] = n_rings
            j = crossings.follow[i]
            # sums may run over, and come back: what counts is what is left at the end
            area += np.int64(place[i, 0]) * place[j, 1] - np.int64(place[j, 0]) * place[i, 1]
            if place[i, 0] < west and not crossings.is_upright[i]:
                west, best = place[i, 0], i
            i = j
        first[n_rings], leftmost[n_rings], area2[n_rings] = begin, best, area
        n_rings += 1
    return Rings(ring_of_crossing, first[:n_rings], area2[:n_rings], leftmost[:n_rings])


@kernel
def outer_of_rings(rings: Rings) -> Int32Array:
    """(n_rings,) the outer ring of each: a hole's left neighbour along its row bounds the same polygon."""
    outer = np.empty(len(rings.first), np.int32)
    for ring in range(len(outer)):
        at = ring
        while rings.area2[at] < 0:
            at = rings.ring_of_crossing[rings.leftmost[at] - 1]
        outer[ring] = at
    return outer
