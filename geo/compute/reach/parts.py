"""The parts of streets that are reached.

These are pieces from each end as far as the time left goes, whole again where both budgets meet; and from a
station's own joints, both ways as far as they are open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.streets.net import Net
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

OWN = 2
"""Column of the working memory that tells a piece's own joint."""


class Shapes(NamedTuple):
    """Where pieces lie and how long they are."""

    lonlat_of_point: FloatArray
    start_of_piece: IntArray
    length_m_of_piece: FloatArray
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    lon_per_lat: float
    """Metres of a degree of longitude per metres of a degree of latitude, about the middle."""
    straight_deg: float
    """Points that lie this near to a straight line, in degrees of latitude, are left out of strokes."""


class Joined(NamedTuple):
    """Joints that one drawing starts from."""

    piece: Int32Array
    at_ds: Int32Array
    connector_ds: Int32Array
    lonlat: FloatArray
    """(n_joints, 2) degrees of the station whose joint it is."""
    is_shortest: BoolArray
    """Whether it is its station's shortest connector; of equal ones the first."""


class Memory(NamedTuple):
    """Working memory; all zeros before and after."""

    of_piece: Int32Array
    """(n_pieces, 4) time + 1 to the from-node to go forward, to the to-node to go backward, and 1 + the first joint."""
    of_node: Int32Array
    """(n_nodes,) sets of nodes that hang together: 1 + the next node towards the set's own, which has what is told
    in :mod:`geo.compute.reach.strokes`."""


class Parts(NamedTuple):
    """Parts of pieces within reach, cutoff by cutoff; what an earlier cutoff holds whole is not told again."""

    piece: Int32Array
    share: FloatArray
    """(n_parts, 2) from and to, as shares of the piece."""
    start_of_cutoff: IntArray
    street_m: FloatArray
    """(n_cutoffs,) length of all within each cutoff."""


@kernel
def span_of_joint(net: Net, joined: Joined, j: int, left_ds: int) -> tuple[float, float]:
    """Shares of the piece between which a joint reaches with the time left."""
    piece = joined.piece[j]
    forward_ds, backward_ds = net.ds_of_side[2 * piece], net.ds_of_side[2 * piece + 1]
    first = last = 0.0
    if forward_ds != NONE:
        first = joined.at_ds[j, 0] / max(forward_ds, 1)
        last = (joined.at_ds[j, 0] + left_ds) / forward_ds if forward_ds > 0 else 1.0
    if backward_ds != NONE:
        at_ds = backward_ds - joined.at_ds[j, 1]
        first = (at_ds - left_ds) / backward_ds if backward_ds > 0 else 0.0
        if forward_ds == NONE:
            last = at_ds / max(backward_ds, 1)
    return max(first, 0.0), min(last, 1.0)


@kernel
def _merged(spans: FloatArray, n: int) -> int:
    """Sort spans and unite those that meet, in place; how many are left."""
    for i in range(1, n):
        first, last = spans[i, 0], spans[i, 1]
        k = i
        while k > 0 and spans[k - 1, 0] > first:
            spans[k, 0], spans[k, 1] = spans[k - 1, 0], spans[k - 1, 1]
            k -= 1
        spans[k, 0], spans[k, 1] = first, last
    n_merged = min(n, 1)
    for i in range(1, n):
        if spans[i, 0] <= spans[n_merged - 1, 1]:
            spans[n_merged - 1, 1] = max(spans[n_merged - 1, 1], spans[i, 1])
        else:
            spans[n_merged, 0], spans[n_merged, 1] = spans[i, 0], spans[i, 1]
            n_merged += 1
    return n_merged


@kernel
def spans_of_piece(net: Net, at: tuple[int, int, int, int], joined: Joined, cutoff_ds: int, spans: FloatArray) -> int:
    """What is reached of a piece.

    Parameters
    ----------
    net
        The network.
    at
        The piece; times at which its from-node is reached to go forward and its to-node to go backward, NONE where
        that is not reached or not open; and the first of its joints.
    joined
        Joints, sorted by piece.
    cutoff_ds
        The cutoff itself is reached.
    spans
        (at least 2 + joints of this piece, 2) is filled: shares from and to, apart from each other, ascending.

    Returns
    -------
    How many spans there are.
    """
    piece, from_ds, to_ds, first_joint = at
    n = 0
    left_ds = cutoff_ds - from_ds
    if from_ds != NONE and left_ds >= 0:
        ds = net.ds_of_side[2 * piece]
        spans[n, 0], spans[n, 1] = 0.0, min(left_ds / ds, 1.0) if ds > 0 else 1.0
        n += 1
    for j in range(first_joint, len(joined.piece)):
        if joined.piece[j] != piece:
            break
        if joined.connector_ds[j] <= cutoff_ds:
            spans[n, 0], spans[n, 1] = span_of_joint(net, joined, j, cutoff_ds - joined.connector_ds[j])
            n += 1
    left_ds = cutoff_ds - to_ds
    if to_ds != NONE and left_ds >= 0:
        ds = net.ds_of_side[2 * piece + 1]
        spans[n, 0], spans[n, 1] = max((ds - left_ds) / ds, 0.0) if ds > 0 else 0.0, 1.0
        n += 1
    return _merged(spans, n)


@kernel
def _touch(
    net: Net, found: tuple[Int32Array, Int32Array], cutoff_ds: int, own: Int32Array, memory: Int32Array
) -> Int32Array:
    """Pieces that may be entered from what is reached, and the own ones; the memory is filled for them."""
    vertex, ds = found
    n_most = len(own)
    for v in vertex:
        n_most += net.start_of_vertex[v + 1] - net.start_of_vertex[v]
    touched = np.empty(n_most, np.int32)
    n = 0
    for j in range(len(own) - 1, -1, -1):
        if memory[own[j], OWN] == 0:
            touched[n] = own[j]
            n += 1
        memory[own[j], OWN] = j + 1
    for i in range(len(vertex)):
        if ds[i] > cutoff_ds:
            continue
        for arc in range(net.start_of_vertex[vertex[i]], net.start_of_vertex[vertex[i] + 1]):
            piece, side = net.side_of_arc[arc] >> 1, net.side_of_arc[arc] & 1
            told = memory[piece, side]
            if told == 0 and memory[piece, 1 - side] == 0 and memory[piece, OWN] == 0:
                touched[n] = piece
                n += 1
            if told == 0 or ds[i] + 1 < told:
                memory[piece, side] = ds[i] + 1
    return touched[:n]


@kernel
def _is_whole(net: Net, piece: int, from_ds: int, to_ds: int, cutoff_ds: int) -> bool:
    """Whether a piece is plainly reached whole: from one end, or from both where both directions take the same."""
    forward_ds, backward_ds = net.ds_of_side[2 * piece], net.ds_of_side[2 * piece + 1]
    from_left_ds = min(cutoff_ds - from_ds, forward_ds) if from_ds != NONE else NONE
    to_left_ds = min(cutoff_ds - to_ds, backward_ds) if to_ds != NONE else NONE
    if from_left_ds < 0 or to_left_ds < 0:
        return bool((from_left_ds == forward_ds >= 0) or (to_left_ds == backward_ds >= 0))
    return bool(forward_ds == backward_ds and from_left_ds + to_left_ds >= forward_ds)


@kernel
def spans_within(net: Net, piece: int, joined: Joined, cutoff_ds: int, spans: FloatArray, memory: Memory) -> int:
    """As :func:`spans_of_piece`, of a piece that has been touched."""
    told = memory.of_piece[piece]
    from_ds, to_ds, joint = told[0] - 1, told[1] - 1, told[OWN] - 1
    if _is_whole(net, piece, from_ds, to_ds, cutoff_ds):
        spans[0, 0], spans[0, 1] = 0.0, 1.0
        return 1
    first_joint = joint if joint != NONE else len(joined.piece)
    return spans_of_piece(net, (piece, from_ds, to_ds, first_joint), joined, cutoff_ds, spans)


@kernel
def parts_within(
    net: Net,
    shapes: Shapes,
    found: tuple[Int32Array, Int32Array],
    joined: Joined,
    cutoffs_ds: IntArray,
    memory: Memory,
) -> Parts:
    """What is reached of all pieces.

    Parameters
    ----------
    net, shapes
        The streets; a trip goes from the station.
    found
        Vertices within the last cutoff, and the time to each.
    joined
        The joints searched from, sorted by piece.
    cutoffs_ds
        Ascending.
    memory
        Filled, until :func:`forget`.
    """
    touched = _touch(net, found, cutoffs_ds[-1], joined.piece, memory.of_piece)
    n_cutoffs = len(cutoffs_ds)
    n_most = 2 * len(touched) + len(joined.piece)
    spans = np.empty((2 + len(joined.piece), 2))
    is_whole = np.zeros(len(touched), np.bool_)
    piece_of_part = np.empty(n_most * n_cutoffs, np.int32)
    share = np.empty((n_most * n_cutoffs, 2))
    start, street_m = np.zeros(n_cutoffs + 1, np.int64), np.zeros(n_cutoffs)
    n = 0
    for level in range(n_cutoffs):
        for i in range(len(touched)):
            piece = touched[i]
            if is_whole[i]:
                street_m[level] += shapes.length_m_of_piece[piece]
                continue
            n_spans = spans_within(net, piece, joined, cutoffs_ds[level], spans, memory)
            for k in range(n_spans):
                piece_of_part[n], share[n, 0], share[n, 1] = piece, spans[k, 0], spans[k, 1]
                street_m[level] += (spans[k, 1] - spans[k, 0]) * shapes.length_m_of_piece[piece]
                n += 1
            is_whole[i] = n_spans == 1 and spans[0, 0] == 0.0 and spans[0, 1] == 1.0
        start[level + 1] = n
    return Parts(piece_of_part[:n], share[:n], start, street_m)
