"""Where a point joins the streets: the exact nearest position on every piece within reach, past no barrier.

A connector is the straight line from a point to that position. It is closed when it meets a barrier, touching
included: a connector that starts on a wall, or grazes the wall's end, is closed. One exception: a barrier that meets
the connector at the joint itself (within ``AT_JOINT_M``) does not close it, for there the street passes the barrier, as
at a gate or a level crossing, or runs along it. Where two positions of a piece are equally near, the one nearer to the
piece's beginning counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import in_parts, kernel
from geo.compute.segments import Place, SegmentIndex, cells_around, nearest_on
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

AT_JOINT_M = 1e-6
"""A barrier this near to the joint passes through it: well above rounding, far below any wall."""

POINTS_PER_PART = 2_000

FEW = 16
"""For fewer points than that, only the pieces around each are made ready, not all of a city."""


class Joints(NamedTuple):
    """Open joints of points with street pieces."""

    start_of_point: IntArray
    """(n_points + 1,) offsets: ``start_of_point[i]`` up to ``start_of_point[i + 1]`` are the joints of point ``i``."""
    piece_of_joint: Int32Array
    along_m_of_joint: FloatArray
    """(n_joints,) metres from the piece's beginning, along its shape."""
    distance_m_of_joint: FloatArray
    """(n_joints,) length of the connector."""
    xy_m_of_joint: FloatArray
    gate_of_joint: Int32Array
    """(n_joints,) the gate that the connector goes through, or NONE where it is straight."""


@kernel
def _side(p: Place, q: Place, r: Place) -> float:
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


@kernel
def _is_closed_by(p: Place, joint: Place, a: Place, b: Place) -> bool:
    """Whether the barrier a-b meets the connector p-joint before its joint."""
    if _side(p, joint, a) * _side(p, joint, b) > 0.0:
        return False
    side_p, side_joint = _side(a, b, p), _side(a, b, joint)
    if side_p * side_joint > 0.0:
        return False
    length_m = np.hypot(joint[0] - p[0], joint[1] - p[1])
    if length_m <= AT_JOINT_M:
        return False
    if side_p != side_joint:
        return bool((1.0 - side_p / (side_p - side_joint)) * length_m > AT_JOINT_M)
    # Both on one straight line: closed where the barrier covers any part before the joint.
    ux, uy = (joint[0] - p[0]) / length_m, (joint[1] - p[1]) / length_m
    at_a = (a[0] - p[0]) * ux + (a[1] - p[1]) * uy
    at_b = (b[0] - p[0]) * ux + (b[1] - p[1]) * uy
    return bool(max(at_a, at_b) >= 0.0 and min(at_a, at_b) < length_m - AT_JOINT_M)


@kernel
def _is_closed(barriers: SegmentIndex, p: Place, joint: Place) -> bool:
    """Whether the connector p-joint meets a barrier before its joint."""
    start, ends, n_columns = barriers.start_of_cell, barriers.ends_of_entry, barriers.n_columns
    low, high = (min(p[0], joint[0]), min(p[1], joint[1])), (max(p[0], joint[0]), max(p[1], joint[1]))
    first_column, last_column, first_row, last_row = cells_around(barriers, low, high)
    for row in range(first_row, last_row + 1):
        for e in range(start[row * n_columns + first_column], start[row * n_columns + last_column + 1]):
            if _is_closed_by(p, joint, (ends[e, 0], ends[e, 1]), (ends[e, 2], ends[e, 3])):
                return True
    return False


@kernel
def closed_of_connectors(barriers: SegmentIndex, xy_m: FloatArray, joint_xy_m: FloatArray) -> BoolArray:
    """Which of the connectors from ``xy_m`` to ``joint_xy_m``, both (n, 2), meet a barrier before their joint."""
    is_closed = np.zeros(len(xy_m), np.bool_)
    for k in range(len(xy_m)):
        is_closed[k] = _is_closed(barriers, (xy_m[k, 0], xy_m[k, 1]), (joint_xy_m[k, 0], joint_xy_m[k, 1]))
    return is_closed


@kernel
def closed_beyond(
    barriers: SegmentIndex, xy_m: FloatArray, joint_xy_m: FloatArray, open_m: float, opens_at_joint: bool
) -> BoolArray:
    """The same where the first ``open_m`` of each connector stand open, or, with ``opens_at_joint``, the last.

    Those that are no longer than that are open.
    """
    is_closed = np.zeros(len(xy_m), np.bool_)
    for k in range(len(xy_m)):
        p, joint = (xy_m[k, 0], xy_m[k, 1]), (joint_xy_m[k, 0], joint_xy_m[k, 1])
        length_m = np.hypot(joint[0] - p[0], joint[1] - p[1])
        if length_m <= open_m:
            continue
        share = open_m / length_m
        if opens_at_joint:
            joint = (joint[0] + (p[0] - joint[0]) * share, joint[1] + (p[1] - joint[1]) * share)
        else:
            p = (p[0] + (joint[0] - p[0]) * share, p[1] + (joint[1] - p[1]) * share)
        is_closed[k] = _is_closed(barriers, p, joint)
    return is_closed


@kernel
def _near_pieces(
    streets: SegmentIndex, p: Place, max_m: float, best: FloatArray, segment: Int32Array, near: Int32Array
) -> int:
    """Collect the pieces within ``max_m`` of ``p``: how many, which, and the nearest segment of each.

    ``best`` (squared distance by piece) must be infinite everywhere; the caller resets what was touched.
    """
    start, ends, n_columns = streets.start_of_cell, streets.ends_of_entry, streets.n_columns
    low, high = (p[0] - max_m, p[1] - max_m), (p[0] + max_m, p[1] + max_m)
    first_column, last_column, first_row, last_row = cells_around(streets, low, high)
    n_near = 0
    for row in range(first_row, last_row + 1):
        first, last = start[row * n_columns + first_column], start[row * n_columns + last_column + 1]
        for e in range(first, last):
            square = nearest_on(p, (ends[e, 0], ends[e, 1]), (ends[e, 2], ends[e, 3]))[2]
            if square > max_m * max_m:
                continue
            i = streets.segment_of_entry[e]
            piece = streets.line_of_segment[i]
            if best[piece] == np.inf:
                near[n_near] = piece
                n_near += 1
            if square < best[piece] or (square == best[piece] and i < segment[piece]):
                best[piece] = square
                segment[piece] = i
    return n_near


@kernel
def _make_ready(streets: SegmentIndex, p: Place, max_m: float, best: FloatArray) -> None:
    """Set ``best`` to infinite wherever :func:`_near_pieces` looks."""
    start, n_columns = streets.start_of_cell, streets.n_columns
    low, high = (p[0] - max_m, p[1] - max_m), (p[0] + max_m, p[1] + max_m)
    first_column, last_column, first_row, last_row = cells_around(streets, low, high)
    for row in range(first_row, last_row + 1):
        first, last = start[row * n_columns + first_column], start[row * n_columns + last_column + 1]
        for e in range(first, last):
            best[streets.line_of_segment[streets.segment_of_entry[e]]] = np.inf


@kernel
def _joints_of(
    streets: SegmentIndex, barriers: SegmentIndex, xy_m: FloatArray, max_m: float, n_pieces: int
) -> tuple[IntArray, Int32Array, FloatArray]:
    """The open joints of some points: how many each has, pieces, and (n, 4) metres along, connector length, x, y."""
    a, b = streets.a_xy_m, streets.b_xy_m
    best = np.empty(n_pieces, np.float64)
    if len(xy_m) >= FEW:
        best[:] = np.inf
    segment = np.empty(n_pieces, np.int32)
    near = np.empty(n_pieces, np.int32)
    n_of_point = np.zeros(len(xy_m), np.int64)
    pieces = np.empty(64, np.int32)
    values = np.empty((64, 4), np.float64)
    n = 0
    for k in range(len(xy_m)):
        p = (xy_m[k, 0], xy_m[k, 1])
        is_place = np.isfinite(p[0] + p[1])
        if is_place and len(xy_m) < FEW:
            _make_ready(streets, p, max_m, best)
        n_near = _near_pieces(streets, p, max_m, best, segment, near) if is_place else 0
        if n + n_near > len(pieces):
            pieces = np.concatenate((pieces, np.empty(n + n_near, np.int32)))
            values = np.concatenate((values, np.empty((n + n_near, 4), np.float64)))
        for m in range(n_near):
            piece = near[m]
            i = segment[piece]
            best[piece] = np.inf
            x, y, square, beyond_a_m = nearest_on(p, (a[i, 0], a[i, 1]), (b[i, 0], b[i, 1]))
            if _is_closed(barriers, p, (x, y)):
                continue
            pieces[n] = piece
            values[n, 0], values[n, 1] = streets.along_m_of_segment[i] + beyond_a_m, np.sqrt(square)
            values[n, 2], values[n, 3] = x, y
            n += 1
            n_of_point[k] += 1
    return n_of_point, pieces[:n].copy(), values[:n].copy()


def find_joints(
    streets: SegmentIndex, barriers: SegmentIndex, xy_m: FloatArray, *, max_connector_m: float, n_pieces: int
) -> Joints:
    """All open joints of points: one per piece within reach whose connector is open.

    Parameters
    ----------
    streets
        Segments of the pieces that may be used; ``line_of_segment`` is the piece.
    barriers
        Segments of what stops walkers.
    xy_m
        (n_points, 2) metres in the same frame; a point that is not finite joins nothing.
    max_connector_m
        Longest connector; the bound itself still joins.
    n_pieces
        How many pieces there are.
    """

    def part(first: int, last: int) -> tuple[IntArray, Int32Array, FloatArray]:
        found: tuple[IntArray, Int32Array, FloatArray]
        found = _joints_of(streets, barriers, xy_m[first:last], float(max_connector_m), n_pieces)
        return found

    counts, pieces, values = [np.zeros(1, np.int64)], [np.empty(0, np.int32)], [np.empty((0, 4))]
    for count, piece, value in in_parts(part, len(xy_m), POINTS_PER_PART):
        counts.append(count)
        pieces.append(piece)
        values.append(value)
    columns = np.concatenate(values)
    along_m, distance_m = np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1])
    xy_m_of_joint = np.ascontiguousarray(columns[:, 2:])
    gate = np.full(len(columns), NONE, np.int32)
    return Joints(np.cumsum(np.concatenate(counts)), np.concatenate(pieces), along_m, distance_m, xy_m_of_joint, gate)
