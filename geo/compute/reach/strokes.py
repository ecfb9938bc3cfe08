"""The straight strokes a circle is drawn of: reached parts of streets, and connectors.

Of connectors the shortest of every station is drawn, and those without which something that is reached would hang
together with no station; so the circle of a station is one part.
"""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.reach.parts import Joined, Memory, Parts, Shapes, span_of_joint, spans_within
from geo.compute.streets.net import Net
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

ALONE, LINKED = 0, -1
"""Whether a set of nodes hangs together with a station."""

STRAIGHT_POINTS = 16
"""Of how many points one stroke is made at most."""


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
    at, _ = span_of_joint(net, joined, j, 0)
    for k in range(spans_within(net, piece, joined, cutoff_ds, spans, memory)):
        if spans[k, 0] <= at <= spans[k, 1]:
            if spans[k, 0] == 0.0:
                return int(shapes.from_node_of_piece[piece])
            if spans[k, 1] == 1.0:
                return int(shapes.to_node_of_piece[piece])
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
    for j in range(len(is_drawn)):
        if not is_drawn[j]:
            continue
        node = _anchor(net, shapes, joined, j, cutoff_ds, spans, memory)
        if node != NONE:
            of_node[_root(of_node, node)] = LINKED
    new = [int(j) for j in range(0)]
    order = np.argsort(joined.connector_ds, kind="mergesort")
    for k in range(len(order)):
        j = int(order[k])
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
    at, _ = span_of_joint(net, joined, j, 0)
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
