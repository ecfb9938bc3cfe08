"""How long people walk, in whole deciseconds.

The rule
--------
A pace is ``ds_per_m`` deciseconds a metre (planning: 1,000 m in 15 minutes, 9 ds a metre). A piece takes
``T = round_half_up(length_m * ds_per_m)``. A point joins every piece in reach at its exact nearest position
(:mod:`geo.compute.snap`); its connector takes ``c = round_half_up(distance_m * ds_per_m)`` and the joint lies
``p = round_half_up(T * along_m / shape_m)`` from the piece's from-node and ``T - p`` from its to-node. The time from a
home to a station is the least, over all joints of both, of ``c + part of the piece + network + part of the piece + c``;
where both join one piece, ``c + |p - p| + c`` counts as well. Everything after the roundings is whole numbers, so
sums, cutoffs (the cutoff itself is reached) and ties (the lowest station) are exact.

Adding a way between existing junctions never raises a time. A new junction on a piece cuts it and rounds both parts
anew: a walk past the cut may change by 1 ds, and by 1 ds more for each of its ends that joins the piece that was cut.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.ground import Ground
from geo.compute.kernels import in_parts, kernel
from geo.compute.snap import Joints
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

STATIONS_PER_PART = 8


class Walk(NamedTuple):
    """The network at one pace. Every piece can be walked both ways."""

    start_of_node: IntArray
    """(n_nodes + 1,) offsets into the arcs."""
    node_of_arc: Int32Array
    """(n_arcs,) where the arc leads."""
    ds_of_arc: Int32Array
    piece_of_arc: Int32Array
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    ds_of_piece: Int32Array


class Stops(NamedTuple):
    """Joints of points, as times: joints ``start_of_point[i]`` up to ``start_of_point[i + 1]`` are those of ``i``."""

    start_of_point: IntArray
    piece_of_joint: Int32Array
    at_ds_of_joint: Int32Array
    """(n_joints,) from the piece's from-node."""
    connector_ds_of_joint: Int32Array


class StopsOfPieces(NamedTuple):
    """The same joints, sorted by the piece they lie on; within a piece by point."""

    start_of_piece: IntArray
    point_of_joint: Int32Array
    at_ds_of_joint: Int32Array
    connector_ds_of_joint: Int32Array


class Reached(NamedTuple):
    """Nodes within the cutoff of each station."""

    start_of_station: IntArray
    node: Int32Array
    ds: Int32Array


def round_half_up(values: FloatArray) -> Int32Array:
    """The nearest whole number, halves upwards.

    >>> round_half_up(np.array([0.49, 0.5, 1.5, 2.5])).tolist()
    [0, 1, 2, 3]
    """
    rounded: Int32Array = np.floor(values + 0.5).astype(np.int32)
    return rounded


def walk_of(ground: Ground, ds_per_m: float) -> Walk:
    """The network at a pace of ``ds_per_m`` deciseconds a metre."""
    ds_of_piece = round_half_up(ground.length_m_of_piece * ds_per_m)
    leaving = np.concatenate([ground.from_node_of_piece, ground.to_node_of_piece])
    order = np.argsort(leaving, kind="stable")
    n_arcs_of_node = np.bincount(leaving, minlength=ground.n_nodes)
    return Walk(
        np.concatenate([[0], np.cumsum(n_arcs_of_node)]).astype(np.int64),
        np.concatenate([ground.to_node_of_piece, ground.from_node_of_piece])[order],
        np.concatenate([ds_of_piece, ds_of_piece])[order],
        (order % max(ground.n_pieces, 1)).astype(np.int32),
        ground.from_node_of_piece,
        ground.to_node_of_piece,
        ds_of_piece,
    )


def stops_of(ground: Ground, walk: Walk, joints: Joints, ds_per_m: float) -> Stops:
    """Joints as times."""
    piece = joints.piece_of_joint
    shape_m = ground.shape_m_of_piece[piece]
    ds = walk.ds_of_piece[piece]
    at_ds = round_half_up(ds * joints.along_m_of_joint / np.where(shape_m > 0, shape_m, np.inf))
    connector_ds = round_half_up(joints.distance_m_of_joint * ds_per_m)
    return Stops(joints.start_of_point, piece, np.minimum(at_ds, ds), connector_ds)


def stops_of_pieces(stops: Stops, n_pieces: int) -> StopsOfPieces:
    """Sort joints by piece."""
    order = np.argsort(stops.piece_of_joint, kind="stable")
    n_of_point = np.diff(stops.start_of_point)
    point = np.repeat(np.arange(len(n_of_point), dtype=np.int32), n_of_point)
    start = np.concatenate([[0], np.cumsum(np.bincount(stops.piece_of_joint, minlength=n_pieces))]).astype(np.int64)
    return StopsOfPieces(start, point[order], stops.at_ds_of_joint[order], stops.connector_ds_of_joint[order])


class Search(NamedTuple):
    """Working memory of a search: labels of nodes, and the nodes that wait, as doubly linked lists by time."""

    ds_of_node: Int32Array
    station_of_node: Int32Array
    next_of_node: Int32Array
    before_of_node: Int32Array
    is_waiting: BoolArray
    head_of_ds: Int32Array
    """(horizon_ds + 1,) first node that waits at that time, or NONE."""
    touched: Int32Array
    """(n_nodes,) nodes in the order in which they were first reached."""


@kernel
def new_search(n_nodes: int, horizon_ds: int) -> Search:
    """Working memory with no node reached."""
    return Search(
        np.full(n_nodes, NONE, np.int32),
        np.full(n_nodes, NONE, np.int32),
        np.empty(n_nodes, np.int32),
        np.empty(n_nodes, np.int32),
        np.zeros(n_nodes, np.bool_),
        np.full(horizon_ds + 1, NONE, np.int32),
        np.empty(n_nodes, np.int32),
    )


@kernel
def _offer(search: Search, n_touched: int, node: int, ds: int, station: int) -> int:
    """Label a node if (time, station) is better than its own, and let it wait. Returns how many have been touched."""
    ds_of_node, station_of_node, after, before, is_waiting, head, touched = search
    old = ds_of_node[node]
    if ds >= len(head) or (old != NONE and (old < ds or (old == ds and station_of_node[node] <= station))):
        return n_touched
    station_of_node[node] = station
    if old == NONE:
        touched[n_touched] = node
        n_touched += 1
    if is_waiting[node]:
        if old == ds:
            return n_touched
        if before[node] == NONE:
            head[old] = after[node]
        else:
            after[before[node]] = after[node]
        if after[node] != NONE:
            before[after[node]] = before[node]
    ds_of_node[node] = ds
    is_waiting[node] = True
    before[node] = NONE
    after[node] = head[ds]
    if head[ds] != NONE:
        before[head[ds]] = node
    head[ds] = node
    return n_touched


@kernel
def spread(walk: Walk, search: Search, stations: Stops, first: int, last: int) -> int:
    """Search from stations ``first`` up to ``last``; returns how many nodes were reached (``search.touched``).

    A node that is reached again at its own time by a lower station (through a piece that takes no time) waits again.
    """
    n_touched = 0
    for station in range(first, last):
        for j in range(stations.start_of_point[station], stations.start_of_point[station + 1]):
            piece, at_ds = stations.piece_of_joint[j], stations.at_ds_of_joint[j]
            ds = stations.connector_ds_of_joint[j]
            n_touched = _offer(search, n_touched, walk.from_node_of_piece[piece], ds + at_ds, station)
            rest_ds = walk.ds_of_piece[piece] - at_ds
            n_touched = _offer(search, n_touched, walk.to_node_of_piece[piece], ds + rest_ds, station)
    head, after, before = search.head_of_ds, search.next_of_node, search.before_of_node
    for ds in range(len(head)):
        while head[ds] != NONE:
            node = head[ds]
            head[ds] = after[node]
            if head[ds] != NONE:
                before[head[ds]] = NONE
            search.is_waiting[node] = False
            station = search.station_of_node[node]
            for arc in range(walk.start_of_node[node], walk.start_of_node[node + 1]):
                n_touched = _offer(search, n_touched, walk.node_of_arc[arc], ds + walk.ds_of_arc[arc], station)
    return n_touched


@kernel
def nearest_of_nodes(walk: Walk, stations: Stops, horizon_ds: int) -> tuple[Int32Array, Int32Array]:
    """Time from every node to its nearest station, and which that is.

    Parameters
    ----------
    walk
        The network.
    stations
        Joints of the stations; their order is the order of ties, lowest first.
    horizon_ds
        Times above this are not searched; the bound itself is reached.

    Returns
    -------
    ds_of_node, station_of_node
        (n_nodes,) NONE where no station is within the horizon.

    Source
    ------
    Dial (1969), Algorithm 360, Commun. ACM 12, 632-633.
    """
    search = new_search(len(walk.start_of_node) - 1, horizon_ds)
    spread(walk, search, stations, 0, len(stations.start_of_point) - 1)
    return search.ds_of_node, search.station_of_node


@kernel
def _reached_by(walk: Walk, stations: Stops, cutoff_ds: int, first: int, last: int) -> Reached:
    search = new_search(len(walk.start_of_node) - 1, cutoff_ds)
    start = np.zeros(last - first + 1, np.int64)
    node, ds = np.empty(1024, np.int32), np.empty(1024, np.int32)
    n = 0
    for station in range(first, last):
        n_touched = spread(walk, search, stations, station, station + 1)
        if n + n_touched > len(node):
            node = np.concatenate((node, np.empty(n + n_touched, np.int32)))
            ds = np.concatenate((ds, np.empty(n + n_touched, np.int32)))
        for i in range(n_touched):
            v = search.touched[i]
            node[n], ds[n] = v, search.ds_of_node[v]
            search.ds_of_node[v] = NONE
            n += 1
        start[station - first + 1] = n
    return Reached(start, node[:n].copy(), ds[:n].copy())


def reach_of_stations(walk: Walk, stations: Stops, cutoff_ds: int) -> Reached:
    """Nodes within the cutoff of each station, and how far they are; the cutoff itself is reached."""
    n_stations = len(stations.start_of_point) - 1

    def part(first: int, last: int) -> Reached:
        found: Reached = _reached_by(walk, stations, cutoff_ds, first, last)
        return found

    counts, nodes, times = [np.zeros(1, np.int64)], [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for found in in_parts(part, n_stations, STATIONS_PER_PART):
        counts.append(np.diff(found.start_of_station))
        nodes.append(found.node)
        times.append(found.ds)
    return Reached(np.cumsum(np.concatenate(counts)), np.concatenate(nodes), np.concatenate(times))
