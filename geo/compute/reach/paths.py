"""The way itself: which sides of which pieces the shortest trip between two points takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.reach.kept_search import kept_search
from geo.compute.reach.search import new_found, scattered, spread
from geo.compute.streets.net import Net, Stops
from geo.units import NONE, Int32Array

FAR_DS = 2**30
"""Later than any limit, and far enough from the largest number that a part can be added."""


class Path(NamedTuple):
    """A trip, part by part; the parts and both connectors add up to the whole time exactly."""

    total_ds: int
    side_of_part: Int32Array
    """(n_parts,) sides in the order of the trip; each begins at the node where the one before ends."""
    span_ds_of_part: Int32Array
    """(n_parts, 2) from and to, counted along the side from where it begins; whole but for the first and the last."""
    from_joint: int
    """Which joint of the first point the trip begins with; its connector is part of the trip."""
    to_joint: int


class _End(NamedTuple):
    """The best way to end: total time, joint begun with or NONE, joint and side ended with, vertex entered from."""

    ds: int
    from_joint: int
    to_joint: int
    side: int
    vertex: int


def shortest_path(net: Net, from_point: Stops, to_point: Stops, limit_ds: int) -> Path | None:
    """The shortest trip between two points.

    Parameters
    ----------
    net
        The network in the direction of the trip, not reversed.
    from_point, to_point
        Joints of exactly one point each.
    limit_ds
        The limit itself is reached.

    Returns
    -------
    None where no trip is within the limit. Of equally short trips always the same one.
    """
    found = new_found(len(net.node_of_vertex))
    with kept_search(net, from_point, limit_ds) as search:
        n_found = spread(net, from_point, search, found, (0, 1), limit_ds)
    ds_of_vertex = scattered(found, n_found, len(net.node_of_vertex))
    end = _End(*_best_end(net, from_point, to_point, ds_of_vertex))
    if end.ds > limit_ds:
        return None
    if end.from_joint != NONE:
        way = end.side & 1
        span = [from_point.at_ds_of_joint[end.from_joint, way], to_point.at_ds_of_joint[end.to_joint, way]]
        return Path(end.ds, np.array([end.side], np.int32), np.array([span], np.int32), end.from_joint, end.to_joint)
    arc_into = _arcs_into(net, from_point, ds_of_vertex, n_found)
    arcs = []
    vertex = end.vertex
    while arc_into[vertex] != NONE:
        arcs.append(arc_into[vertex])
        vertex = int(np.searchsorted(net.start_of_vertex, arc_into[vertex], side="right")) - 1
    begun = _begun_with(net, from_point, vertex, int(ds_of_vertex[vertex]))
    sides = np.array([begun[1], *net.side_of_arc[arcs[::-1]], end.side], np.int32)
    spans = np.stack([np.zeros(len(sides), np.int32), net.ds_of_side[sides]], axis=1)
    spans[0, 0] = from_point.at_ds_of_joint[begun[0], begun[1] & 1]
    spans[-1, 1] = to_point.at_ds_of_joint[end.to_joint, end.side & 1]
    return Path(end.ds, sides, spans, begun[0], end.to_joint)


@kernel
def _best_end(net: Net, begin: Stops, end: Stops, ds_of_vertex: Int32Array) -> tuple[int, int, int, int, int]:
    """See :class:`_End`; later than the limit where there is no trip."""
    best = (FAR_DS, NONE, NONE, NONE, NONE)
    for j in range(len(end.piece_of_joint)):
        for way in range(2):
            side = 2 * np.int64(end.piece_of_joint[j]) + way
            if net.ds_of_side[side] == NONE:
                continue
            for i in range(net.start_of_enter[side], net.start_of_enter[side + 1]):
                vertex = np.int64(net.vertex_of_enter[i])
                ds = ds_of_vertex[vertex]
                total_ds = ds + end.at_ds_of_joint[j, way] + end.connector_ds_of_joint[j]
                if ds != NONE and total_ds < best[0]:
                    best = (int(total_ds), NONE, j, int(side), int(vertex))
            for b in range(len(begin.piece_of_joint)):
                along_ds = np.int64(end.at_ds_of_joint[j, way]) - begin.at_ds_of_joint[b, way]
                total_ds = begin.connector_ds_of_joint[b] + along_ds + end.connector_ds_of_joint[j]
                if begin.piece_of_joint[b] == side >> 1 and along_ds >= 0 and total_ds < best[0]:
                    best = (int(total_ds), b, j, int(side), NONE)
    return best


def _begun_with(net: Net, begin: Stops, vertex: int, ds: int) -> tuple[int, int]:
    """Joint and side by which the trip comes to its first vertex at that time."""
    for joint, piece in enumerate(begin.piece_of_joint.tolist()):
        for side in (2 * piece, 2 * piece + 1):
            leaves = net.vertex_of_leave[net.start_of_leave[side] : net.start_of_leave[side + 1]]
            rest_ds = net.ds_of_side[side] - begin.at_ds_of_joint[joint, side & 1]
            if begin.connector_ds_of_joint[joint] + rest_ds == ds and vertex in leaves:
                return joint, side
    raise AssertionError("a vertex without an arc into it is one that the trip begins with")


@kernel
def _arcs_into(net: Net, begin: Stops, ds_of_vertex: Int32Array, n_found: int) -> Int32Array:
    """(n_vertices,) an arc by which each was reached in its time; NONE for those the trip begins with.

    Breadth first along arcs that lose no time, so that arcs that take none lead in no circle.
    """
    arc_into = np.full(len(net.node_of_vertex), NONE, np.int32)
    is_in = np.zeros(len(net.node_of_vertex), np.bool_)
    queue, n = np.empty(n_found, np.int32), 0
    for j in range(len(begin.piece_of_joint)):
        for way in range(2):
            side = 2 * begin.piece_of_joint[j] + way
            ds = begin.connector_ds_of_joint[j] + net.ds_of_side[side] - begin.at_ds_of_joint[j, way]
            for i in range(net.start_of_leave[side], net.start_of_leave[side + 1]):
                vertex = net.vertex_of_leave[i]
                if ds_of_vertex[vertex] == ds and not is_in[vertex]:
                    is_in[vertex] = True
                    queue[n] = vertex
                    n += 1
    for i in range(n_found):
        vertex = queue[i]
        for arc in range(net.start_of_vertex[vertex], net.start_of_vertex[vertex + 1]):
            head = net.arcs[arc, 0]
            if not is_in[head] and ds_of_vertex[head] == ds_of_vertex[vertex] + net.arcs[arc, 1]:
                is_in[head], arc_into[head] = True, arc
                queue[n] = head
                n += 1
    return arc_into
