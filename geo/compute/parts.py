"""The parts of streets that are reached, and the straight strokes a circle is drawn of.

Reached are pieces from each end as far as the time left goes, whole again where both budgets meet; and from a
station's own joints, both ways as far as they are open. Of connectors the shortest of every station is drawn, and those
without which something that is reached would hang together with no station; so the circle of a station is one part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.net import Net
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

ALONE, LINKED = 0, -1
"""Whether a set of nodes hangs together with a station."""

OWN = 2
"""Column of the working memory that tells a piece's own joint."""

STRAIGHT_POINTS = 16
"""Of how many points one stroke is made at most."""


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
    """(n_nodes,) sets of nodes that hang together: 1 + the next node towards the set's own, which has ``ALONE`` or
    ``LINKED``."""


class Parts(NamedTuple):
    """Parts of pieces within reach, cutoff by cutoff; what an earlier cutoff holds whole is not told again."""

    piece: Int32Array
    share: FloatArray
    """(n_parts, 2) from and to, as shares of the piece."""
    start_of_cutoff: IntArray
    street_m: FloatArray
    """(n_cutoffs,) length of all within each cutoff."""


@kernel
def _span_of_joint(net: Net, joined: Joined, j: int, left_ds: int) -> tuple[float, float]:
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
            spans[n, 0], spans[n, 1] = _span_of_joint(net, joined, j, cutoff_ds - joined.connector_ds[j])
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
def _spans(net: Net, piece: int, joined: Joined, cutoff_ds: int, spans: FloatArray, memory: Memory) -> int:
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
            n_spans = _spans(net, piece, joined, cutoffs_ds[level], spans, memory)
            for k in range(n_spans):
                piece_of_part[n], share[n, 0], share[n, 1] = piece, spans[k, 0], spans[k, 1]
                street_m[level] += (spans[k, 1] - spans[k, 0]) * shapes.length_m_of_piece[piece]
                n += 1
            is_whole[i] = n_spans == 1 and spans[0, 0] == 0.0 and spans[0, 1] == 1.0
        start[level + 1] = n
    return Parts(piece_of_part[:n], share[:n], start, street_m)


@kernel
def _root(of_node: Int32Array, node: int) -> int:
    """The node that stands for a set of nodes."""
    while of_node[node] > 0:
        parent = of_node[node] - 1
        if of_node[parent] > 0:
            of_node[node] = of_node[parent]
        node = parent
    return node


@kernel
def _unite(of_node: Int32Array, a: int, b: int) -> None:
    """Make one set of two; it is linked if one of them was."""
    a, b = _root(of_node, a), _root(of_node, b)
    if a != b:
        of_node[a] = min(of_node[a], of_node[b])
        of_node[b] = a + 1


@kernel
def _anchor(net: Net, shapes: Shapes, joined: Joined, j: int, cutoff_ds: int, spans: FloatArray, memory: Memory) -> int:
    """A node that hangs together with a joint within the cutoff; NONE if no time is left for that."""
    piece = joined.piece[j]
    at, _ = _span_of_joint(net, joined, j, 0)
    for k in range(_spans(net, piece, joined, cutoff_ds, spans, memory)):
        if spans[k, 0] <= at <= spans[k, 1]:
            if spans[k, 0] == 0.0:
                return shapes.from_node_of_piece[piece]
            if spans[k, 1] == 1.0:
                return shapes.to_node_of_piece[piece]
    return NONE


@kernel
def _metres(shapes: Shapes, i: int) -> float:
    """Length of the stroke from point ``i`` to the next, in degrees of latitude: only shares are taken of it."""
    lonlat = shapes.lonlat_of_point
    dx, dy = (lonlat[i + 1, 0] - lonlat[i, 0]) * shapes.lon_per_lat, lonlat[i + 1, 1] - lonlat[i, 1]
    return float(np.sqrt(dx * dx + dy * dy))


@kernel
def _is_straight(shapes: Shapes, first: int, last: int) -> bool:
    """Whether all points between two of a piece lie near the straight line that joins these."""
    lonlat = shapes.lonlat_of_point
    dx, dy = (lonlat[last, 0] - lonlat[first, 0]) * shapes.lon_per_lat, lonlat[last, 1] - lonlat[first, 1]
    length2 = dx * dx + dy * dy
    far2 = shapes.straight_deg * shapes.straight_deg
    for i in range(first + 1, last):
        x, y = (lonlat[i, 0] - lonlat[first, 0]) * shapes.lon_per_lat, lonlat[i, 1] - lonlat[first, 1]
        along, beside = x * dx + y * dy, x * dy - y * dx
        if along < 0.0 or along > length2 or beside * beside > far2 * length2:
            return False
    return True


@kernel
def _add_whole(shapes: Shapes, piece: int, strokes: FloatArray, n: int) -> int:
    """Write a whole piece as strokes from row ``n`` on, few where it is straight; the row after the last."""
    lonlat = shapes.lonlat_of_point
    begin, last = shapes.start_of_piece[piece], shapes.start_of_piece[piece + 1] - 1
    while begin < last:
        end = begin + 1
        while end < last and end < begin + STRAIGHT_POINTS and _is_straight(shapes, begin, end + 1):
            end += 1
        strokes[n, 0], strokes[n, 1] = lonlat[begin, 0], lonlat[begin, 1]
        strokes[n, 2], strokes[n, 3] = lonlat[end, 0], lonlat[end, 1]
        begin = end
        n += 1
    return n


@kernel
def _add_part(shapes: Shapes, piece: int, share: tuple[float, float], strokes: FloatArray, n: int) -> int:
    """Write a part as strokes (ax, ay, bx, by in degrees) from row ``n`` on; the row after the last."""
    if share[0] == 0.0 and share[1] == 1.0:
        return _add_whole(shapes, piece, strokes, n)
    lonlat = shapes.lonlat_of_point
    first, last = shapes.start_of_piece[piece], shapes.start_of_piece[piece + 1] - 1
    total = 0.0
    for i in range(first, last):
        total += _metres(shapes, i)
    low, high, along = share[0] * total, share[1] * total, 0.0
    for i in range(first, last):
        length = _metres(shapes, i)
        begin, end = low - along, high - along
        along += length
        # the last one is never passed over: sums of lengths are not exact
        if (begin > length and i < last - 1) or end < 0.0:
            continue
        begin = min(max(begin / length, 0.0), 1.0) if length > 0.0 else 0.0
        end = min(end / length, 1.0) if length > 0.0 else 1.0
        x, y = lonlat[i, 0], lonlat[i, 1]
        dx, dy = lonlat[i + 1, 0] - x, lonlat[i + 1, 1] - y
        strokes[n, 0], strokes[n, 1] = x + begin * dx, y + begin * dy
        strokes[n, 2], strokes[n, 3] = x + end * dx, y + end * dy
        n += 1
    return n


@kernel
def _n_strokes_at_most(shapes: Shapes, pieces: Int32Array, n_joints: int) -> int:
    n = 2 * n_joints
    for piece in pieces:
        n += shapes.start_of_piece[piece + 1] - shapes.start_of_piece[piece] - 1
    return n


@kernel
def strokes_of(
    net: Net, shapes: Shapes, parts: Parts, joined: Joined, cutoffs_ds: IntArray, memory: Memory
) -> tuple[FloatArray, IntArray]:
    """Parts and connectors as straight strokes.

    Returns
    -------
    strokes
        (n, 4) degrees: lon, lat, lon, lat.
    start_of_cutoff
        (n_cutoffs + 1,) offsets; strokes of a cutoff come on top of those of the cutoffs before.
    """
    strokes = np.empty((_n_strokes_at_most(shapes, parts.piece, len(joined.piece)), 4))
    start = np.zeros(len(cutoffs_ds) + 1, np.int64)
    is_drawn = np.zeros(len(joined.piece), np.bool_)
    n = 0
    for level in range(len(cutoffs_ds)):
        for k in range(parts.start_of_cutoff[level], parts.start_of_cutoff[level + 1]):
            piece = parts.piece[k]
            n = _add_part(shapes, piece, (parts.share[k, 0], parts.share[k, 1]), strokes, n)
            if parts.share[k, 0] == 0.0 and parts.share[k, 1] == 1.0:
                _unite(memory.of_node, shapes.from_node_of_piece[piece], shapes.to_node_of_piece[piece])
        for j in _new_connectors(net, shapes, joined, cutoffs_ds[level], is_drawn, memory):
            n = _add_connector(net, shapes, joined, j, strokes, n)
        start[level + 1] = n
    return strokes[:n], start


@kernel
def _new_connectors(
    net: Net, shapes: Shapes, joined: Joined, cutoff_ds: int, is_drawn: BoolArray, memory: Memory
) -> list[int]:
    """Joints whose connectors are drawn from this cutoff on."""
    spans = np.empty((2 + len(joined.piece), 2))
    of_node = memory.of_node
    for j in np.flatnonzero(is_drawn):
        node = _anchor(net, shapes, joined, j, cutoff_ds, spans, memory)
        if node != NONE:
            of_node[_root(of_node, node)] = LINKED
    new = [np.int64(j) for j in range(0)]
    for j in np.argsort(joined.connector_ds, kind="mergesort"):
        if is_drawn[j] or joined.connector_ds[j] > cutoff_ds:
            continue
        node = _anchor(net, shapes, joined, j, cutoff_ds, spans, memory)
        is_loose = node == NONE or of_node[_root(of_node, node)] == ALONE
        if joined.is_shortest[j] or is_loose:
            new.append(j)
            is_drawn[j] = True
            if node != NONE:
                of_node[_root(of_node, node)] = LINKED
    return new


@kernel
def _add_connector(net: Net, shapes: Shapes, joined: Joined, j: int, strokes: FloatArray, n: int) -> int:
    """Write the straight line from a station to its joint."""
    at, _ = _span_of_joint(net, joined, j, 0)
    end = _add_part(shapes, joined.piece[j], (at, at), strokes, n)
    strokes[n, 0], strokes[n, 1] = joined.lonlat[j, 0], joined.lonlat[j, 1]
    strokes[n, 2], strokes[n, 3] = strokes[end - 1, 2], strokes[end - 1, 3]
    return n + 1


@kernel
def forget(shapes: Shapes, parts: Parts, joined: Joined, memory: Memory) -> None:
    """Make the working memory zeros again."""
    for piece in parts.piece:
        memory.of_piece[piece] = 0
        memory.of_node[shapes.from_node_of_piece[piece]] = memory.of_node[shapes.to_node_of_piece[piece]] = 0
    for piece in joined.piece:
        memory.of_piece[piece] = 0
