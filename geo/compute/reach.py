"""Where trips that begin at stations arrive, and when: the searches of the network, in whole deciseconds.

The rule of a minute
--------------------
A piece takes ``T = round_half_up(length_m * ds_per_m)`` along each open side. A point joins every piece in reach at its
exact nearest position (:mod:`geo.compute.snap`); its connector takes ``c = round_half_up(distance_m * ds_per_m)`` and
the joint lies ``p = round_half_up(T * along_m / shape_m)`` from the piece's from-node and ``T - p`` from its to-node.
The time between two points is the least, over all joints of both, of ``c + part of the piece + network + part of the
piece + c``; where both join one piece, ``c + |p - p| + c`` counts as well in the direction that is open. Everything
after the roundings is whole numbers, so sums, cutoffs (the cutoff itself is reached) and ties (the lowest station) are
exact.

Adding a way between existing junctions never raises a time. A new junction on a piece cuts it and rounds both parts
anew: a walk past the cut may change by 1 ds, and by 1 ds more for each of its ends that joins the piece that was cut.

Direction
---------
All searches begin at the stations. For trips that end at them, search ``reverse(net)`` with ``reversed_stops``.

How
---
Times wait in a ring of buckets, one a decisecond, each a list in a pool of entries; a bitmap tells which buckets hold
any. A vertex's label is ``base + time``, and every search takes a base below all labels of those before: nothing is
cleared between searches, and one comparison tells whether an arc improves. An arc that does not is put into a bucket
that nobody reads, because a branch that cannot be foreseen costs more than the writing.

Source
------
Dial (1969), Algorithm 360, Commun. ACM 12, 632-633.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compute.kernels import in_parts_with, kernel, prefetch, trailing_zeros
from geo.compute.net import Net, Stops
from geo.units import NONE, BoolArray, Int32Array, IntArray

STATIONS_PER_PART = 16

WORD = 64
"""Buckets per word of the bitmap."""

FIRST_ROOM = 1 << 16
"""What a thread keeps room for at first."""

LATE = 2**31 - 1
"""The label of a vertex that no search has reached."""


class Reached(NamedTuple):
    """Vertices within the cutoff of each station, in order of time."""

    start_of_station: IntArray
    vertex: Int32Array
    ds: Int32Array


class Search(NamedTuple):
    """Working memory of searches, one thread's own."""

    marks: Int32Array
    """(2 * (n_vertices + 1),) label and first arc of each: what an arc's head is asked for lies in one place."""
    base: IntArray
    """(1,) of the search before."""
    head_of_bucket: Int32Array
    """(n_buckets + 1,) first entry, or NONE; the last bucket is the one that nobody reads."""
    waiting: NDArray[np.uint64]
    """One bit per bucket."""
    pool: Int32Array
    """(2 * n,) of each entry the vertex, and the next entry or NONE."""
    found: Int32Array
    """(2 * n_vertices,) vertex and time of each vertex that one search reached, in order of time."""


def n_buckets_of(longest_ds: int) -> int:
    """Buckets in a ring, a power of two, so that what waits is never a whole turn apart."""
    return 1 << (max(longest_ds, 0) + 2 * WORD - 1).bit_length()


def new_search(net: Net, stations: Stops, horizon_ds: int) -> Search:
    """Working memory for searches from these stations as far as the horizon."""
    n_vertices = len(net.node_of_vertex)
    n_buckets = n_buckets_of(horizon_ds)
    marks = np.empty(2 * (n_vertices + 1), np.int32)
    marks[::2], marks[1::2] = LATE, net.start_of_vertex
    return Search(
        marks,
        np.array([LATE], np.int64),
        np.full(n_buckets + 1, NONE, np.int32),
        np.zeros(n_buckets // WORD + 1, np.uint64),
        np.empty(2 * (len(net.arcs) + n_offers(net, stations) + 1), np.int32),
        np.empty(2 * n_vertices, np.int32),
    )


def n_offers(net: Net, stations: Stops) -> int:
    """How many vertices the stations' joints lead to, at most."""
    n_of_piece = np.diff(net.start_of_leave[::2])
    return int(n_of_piece[stations.piece_of_joint].sum())


@kernel
def _seed(net: Net, stations: Stops, search: Search, base: int, horizon_ds: int, first: int, last: int) -> int:
    """Let the vertices that stations ``first`` up to ``last`` lead to wait; returns the number of entries."""
    marks, head, waiting, pool = search.marks, search.head_of_bucket, search.waiting, search.pool
    n = 0
    for j in range(stations.start_of_point[first], stations.start_of_point[last]):
        for way in range(2):
            side = 2 * stations.piece_of_joint[j] + way
            if net.ds_of_side[side] == NONE:
                continue
            ds = stations.connector_ds_of_joint[j] + net.ds_of_side[side] - stations.at_ds_of_joint[j, way]
            for i in range(net.start_of_leave[side], net.start_of_leave[side + 1]):
                vertex = net.vertex_of_leave[i]
                if ds <= horizon_ds and base + ds < marks[2 * vertex]:
                    marks[2 * vertex] = base + ds
                    pool[2 * n], pool[2 * n + 1] = vertex, head[ds]
                    head[ds] = n
                    waiting[ds >> 6] |= np.uint64(1) << np.uint64(ds & 63)
                    n += 1
    return n


@kernel
def spread(net: Net, stations: Stops, search: Search, horizon_ds: int, first: int, last: int) -> int:
    """One search from stations ``first`` up to ``last`` together.

    Returns how many vertices it reached; they and their times are in ``search.found``, in order of time, and the label
    of each is ``search.base[0]`` plus its time.
    """
    marks, all_base, head, waiting, pool, found = search
    arcs = net.arcs.reshape(-1)
    if all_base[0] - horizon_ds - 1 <= -LATE:
        marks[::2] = LATE
        all_base[0] = LATE
    base = all_base[0] - horizon_ds - 1
    all_base[0] = base
    n = _seed(net, stations, search, base, horizon_ds, first, last)
    nobody = len(head) - 1
    n_found = 0
    for word in range(horizon_ds // 64 + 1):
        bits = waiting[word]
        while bits != np.uint64(0):
            ds = 64 * word + trailing_zeros(bits)
            waiting[word] = bits & (bits - np.uint64(1))
            entry, head[ds] = np.int64(head[ds]), NONE
            while entry != NONE:
                vertex, entry = np.uint64(pool[np.uint64(2 * entry)]), np.int64(pool[np.uint64(2 * entry + 1)])
                mark = vertex * np.uint64(2)
                if marks[mark] != base + ds:
                    continue
                found[np.uint64(2 * n_found)], found[np.uint64(2 * n_found + 1)] = vertex, ds
                n_found += 1
                last_arc = np.uint64(2 * marks[mark + np.uint64(3)])
                arc = np.uint64(2 * marks[mark + np.uint64(1)])
                while arc < last_arc:
                    to, then = np.uint64(arcs[arc]), ds + arcs[arc + np.uint64(1)]
                    arc += np.uint64(2)
                    mark = to * np.uint64(2)
                    old = np.int64(marks[mark])
                    prefetch(arcs, np.int64(2 * marks[mark + np.uint64(1)]))
                    # all bits set where the arc improves, else none: plain arithmetic, for a branch would be guessed
                    better = ((base + then - old) & (then - horizon_ds - 1)) >> 63
                    marks[mark] = old ^ ((old ^ (base + then)) & better)
                    bucket = np.uint64(nobody ^ ((nobody ^ then) & better))
                    pool[np.uint64(2 * n)], pool[np.uint64(2 * n + 1)] = to, head[bucket]
                    head[bucket] = n
                    waiting[bucket >> np.uint64(6)] |= np.uint64(1) << (bucket & np.uint64(63))
                    n -= better
            bits = waiting[word]
    return n_found


class _Found:
    """Working memory of a thread, and what it has found so far, part after part."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.vertex, self.ds = np.empty(FIRST_ROOM, np.int32), np.empty(FIRST_ROOM, np.int32)
        self.n = 0


@kernel
def _reached_by(
    net: Net,
    stations: Stops,
    search: Search,
    kept: tuple[Int32Array, Int32Array],
    begin: int,
    cutoff_ds: int,
    part: tuple[int, int],
) -> tuple[IntArray, Int32Array, Int32Array]:
    """Numbers of vertices reached by a part of the stations; vertex and time of each are kept in turn from ``begin``.

    ``kept`` is written to and comes back, larger where it had to grow.
    """
    n_of_station = np.empty(part[1] - part[0], np.int64)
    vertex, ds = kept
    found, n = search.found, begin
    for station in range(part[0], part[1]):
        n_found = spread(net, stations, search, cutoff_ds, station, station + 1)
        if n + n_found > len(vertex):
            vertex, ds = _larger(vertex, n, n_found), _larger(ds, n, n_found)
        for i in range(n_found):
            vertex[n + i], ds[n + i] = found[2 * i], found[2 * i + 1]
        n_of_station[station - part[0]] = n_found
        n += n_found
    return n_of_station, vertex, ds


@kernel
def _larger(values: Int32Array, n: int, n_more: int) -> Int32Array:
    larger = np.empty(2 * (n + n_more), np.int32)
    larger[:n] = values[:n]
    return larger


def reach_of_stations(net: Net, stations: Stops, cutoff_ds: int, n_threads: int | None = None) -> Reached:
    """Vertices within the cutoff of each station, and how far they are.

    Parameters
    ----------
    net, stations
        The network, and joints of the stations; see above on direction.
    cutoff_ds
        The cutoff itself is reached.
    n_threads
        All cores where None.
    """

    def part(own: _Found, first: int, last: int) -> tuple[IntArray, _Found, int]:
        begin = own.n
        n_of_station, own.vertex, own.ds = _reached_by(
            net, stations, own.search, (own.vertex, own.ds), begin, cutoff_ds, (first, last)
        )
        own.n += int(n_of_station.sum())
        return n_of_station, own, begin

    n_stations = len(stations.start_of_point) - 1
    parts = list(
        in_parts_with(
            lambda: _Found(new_search(net, stations, cutoff_ds)), part, n_stations, STATIONS_PER_PART, n_threads
        )
    )
    start = np.cumsum(np.concatenate([np.zeros(1, np.int64), *(counts for counts, _, _ in parts)]))
    vertex, ds = np.empty(start[-1], np.int32), np.empty(start[-1], np.int32)
    n = 0
    for counts, own, begin in parts:
        more = int(counts.sum())
        vertex[n : n + more], ds[n : n + more] = own.vertex[begin : begin + more], own.ds[begin : begin + more]
        n += more
    return Reached(start, vertex, ds)


def nodes_reached(net: Net, reached: Reached) -> Reached:
    """The same by node: of several vertices of a node, the first that is reached.

    ``vertex`` is then the node. Still in order of time.
    """
    if len(net.node_of_vertex) == net.node_of_vertex[-1:].sum() + 1:
        return reached._replace(vertex=net.node_of_vertex[reached.vertex])
    node = net.node_of_vertex[reached.vertex]
    is_first: BoolArray = _first_of_station(node, reached.start_of_station, int(node.max(initial=NONE)) + 1)
    start = np.concatenate([[0], np.cumsum(is_first)])[reached.start_of_station].astype(np.int64)
    return Reached(start, node[is_first], reached.ds[is_first])


@kernel
def _first_of_station(node: Int32Array, start_of_station: IntArray, n_nodes: int) -> BoolArray:
    last_station = np.full(n_nodes, NONE, np.int32)
    is_first = np.zeros(len(node), np.bool_)
    for station in range(len(start_of_station) - 1):
        for i in range(start_of_station[station], start_of_station[station + 1]):
            is_first[i] = last_station[node[i]] != station
            last_station[node[i]] = station
    return is_first


def times_of_nodes(net: Net, stations: Stops, horizon_ds: int) -> Int32Array:
    """Time of every vertex from the nearest station: (n_vertices,) NONE beyond the horizon, which itself is reached."""
    search = new_search(net, stations, horizon_ds)
    spread(net, stations, search, horizon_ds, 0, len(stations.start_of_point) - 1)
    ds: Int32Array = search.marks[:-2:2] - np.int32(search.base[0])
    return np.where(ds <= horizon_ds, ds, np.int32(NONE))
