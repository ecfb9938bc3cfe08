"""Positions on streets that face each other over a barrier."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.segments import SegmentIndex, index_lines
from geo.compute.streets.snap import Joints, closed_of_connectors, find_joints
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

GRAIN_M = 0.1
"""Positions that differ by less are one."""


class Ends(NamedTuple):
    """Positions on pieces, one an end of a crossing."""

    piece: Int32Array
    along_m: FloatArray
    xy_m: FloatArray

    def joints(self) -> Joints:
        """The positions as points that stand on the street."""
        n = len(self.piece)
        start, nothing = np.arange(n + 1, dtype=np.int64), np.zeros(n)
        return Joints(start, self.piece, self.along_m, nothing, self.xy_m, np.full(n, NONE, np.int32))


class Facing(NamedTuple):
    """Pairs of positions that face each other over a barrier."""

    one: Ends
    other: Ends
    metres: FloatArray


def facing_positions(
    streets: SegmentIndex, barriers: SegmentIndex, is_usable_of_piece: BoolArray, step_m: float, max_m: float
) -> Facing:
    """Pairs of positions with a barrier strictly between them, near some place on it.

    From a place on a barrier every ``step_m``, the nearest position of each piece within ``max_m``; of these, all pairs
    that are at most ``max_m`` apart and whose straight line meets a barrier away from both its ends.

    Parameters
    ----------
    streets, barriers
        Indexed segments in one metric frame; ``line_of_segment`` of the streets is the piece.
    is_usable_of_piece
        (n_pieces,) pieces that a crossing may join.
    step_m
        From one place on a barrier to the next.
    max_m
        Longest crossing; the bound itself is taken.
    """
    no_barriers = index_lines(np.empty((0, 2)), np.zeros(1, np.int64))
    n_pieces = len(is_usable_of_piece)
    near = find_joints(streets, no_barriers, places_along(barriers, step_m), max_connector_m=max_m, n_pieces=n_pieces)
    a, b = _pairs_of_joints(near.start_of_point, is_usable_of_piece[near.piece_of_joint], near.xy_m_of_joint, max_m)
    a_xy_m, b_xy_m = near.xy_m_of_joint[a], near.xy_m_of_joint[b]
    # a barrier that only touches an end does not part the two
    is_parted = closed_of_connectors(barriers, a_xy_m, b_xy_m) & closed_of_connectors(barriers, b_xy_m, a_xy_m)
    a, b = a[is_parted], b[is_parted]
    cell = np.rint(near.along_m_of_joint / GRAIN_M).astype(np.int64)
    swapped = near.piece_of_joint[a] > near.piece_of_joint[b]
    a, b = np.where(swapped, b, a), np.where(swapped, a, b)
    rows = np.stack([near.piece_of_joint[a], near.piece_of_joint[b], cell[a], cell[b]], axis=1)
    first = np.sort(np.unique(rows, axis=0, return_index=True)[1])
    one, other = (
        Ends(near.piece_of_joint[i], near.along_m_of_joint[i], near.xy_m_of_joint[i]) for i in (a[first], b[first])
    )
    return Facing(one, other, np.hypot(*(one.xy_m - other.xy_m).T))


def places_along(lines: SegmentIndex, step_m: float) -> FloatArray:
    """(n, 2) places every ``step_m`` along each line, from its beginning."""
    length_m = np.hypot(*(lines.b_xy_m - lines.a_xy_m).T)
    first = np.ceil(lines.along_m_of_segment / step_m)
    n_of_segment = np.maximum(np.ceil((lines.along_m_of_segment + length_m) / step_m) - first, 0).astype(np.int64)
    segment = np.repeat(np.arange(len(length_m)), n_of_segment)
    number = np.arange(len(segment)) - np.repeat(np.cumsum(n_of_segment) - n_of_segment, n_of_segment)
    beyond_a_m = (first[segment] + number) * step_m - lines.along_m_of_segment[segment]
    share = beyond_a_m / np.where(length_m[segment] > 0, length_m[segment], 1.0)
    places: FloatArray = lines.a_xy_m[segment] + share[:, None] * (lines.b_xy_m - lines.a_xy_m)[segment]
    return places


@kernel
def _pairs_of_joints(
    start_of_point: IntArray, is_usable: BoolArray, xy_m: FloatArray, max_m: float
) -> tuple[IntArray, IntArray]:
    """Pairs of usable joints of one point that are near to each other."""
    a, b = np.empty(1024, np.int64), np.empty(1024, np.int64)
    n = 0
    for point in range(len(start_of_point) - 1):
        for i in range(start_of_point[point], start_of_point[point + 1]):
            if not is_usable[i]:
                continue
            for j in range(i + 1, start_of_point[point + 1]):
                dx, dy = xy_m[i, 0] - xy_m[j, 0], xy_m[i, 1] - xy_m[j, 1]
                if is_usable[j] and dx * dx + dy * dy <= max_m * max_m:
                    if n == len(a):
                        a, b = np.concatenate((a, np.empty(n, np.int64))), np.concatenate((b, np.empty(n, np.int64)))
                    a[n], b[n] = i, j
                    n += 1
    return a[:n].copy(), b[:n].copy()
