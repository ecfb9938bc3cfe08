"""The nearest stations: of every vertex in one sweep from all stations, of homes, and times from one point.

A label is one number, ``time << 32 | station``, so that the order of numbers is the rule of ties: the earlier time,
then the lower station. A vertex keeps its ``k`` lowest labels of different stations. A label is offered to the heads of
a vertex's arcs when its bucket comes up and it is still kept; one that a lower station pushes out at the same time
(through arcs that take no time) has done no harm, for it was a true walk.

As in :mod:`geo.compute.reach`, trips begin at the stations; for trips that end at them give the reversed network and
reversed stops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.compute.kernels import kernel, prefetch, trailing_zeros
from geo.compute.net import Net, Stops, StopsOfPieces, stops_of_pieces
from geo.compute.reach import WORD, n_buckets_of, new_search, spread
from geo.units import NONE, Int32Array, IntArray

EMPTY = 2**63 - 1
"""No label; above all of them."""

LONG_DS = 2**16
"""Up to this horizon the ring of buckets is not worth making shorter."""


def nearest_of_nodes(net: Net, stations: Stops, k: int, horizon_ds: int) -> tuple[Int32Array, Int32Array]:
    """Times of every vertex from its ``k`` nearest stations, and which these are.

    Parameters
    ----------
    net, stations
        The network, and joints of the stations; their order is the order of ties, lowest first.
    k
        How many; 1 or more.
    horizon_ds
        Times above this are not searched; the bound itself is reached.

    Returns
    -------
    ds, station
        (n_vertices, k) the nearest first; NONE where there are no more within the horizon.
    """
    return _told(_labels(net, stations, k, horizon_ds))


def nearest_of_homes(net: Net, stations: Stops, homes: Stops, k: int, horizon_ds: int) -> tuple[Int32Array, Int32Array]:
    """Times of every home from its ``k`` nearest stations, and which these are.

    Parameters
    ----------
    net, stations, k, horizon_ds
        As in :func:`nearest_of_nodes`.
    homes
        Joints of the homes.

    Returns
    -------
    ds, station
        (n_homes, k) the nearest first; NONE where there are no more within the horizon.
    """
    labels = _labels(net, stations, k, horizon_ds)
    on_pieces = stops_of_pieces(stations, len(net.ds_of_side) // 2)
    return _told(_labels_of_points(net, labels, on_pieces, homes, k, horizon_ds))


def _told(labels: IntArray) -> tuple[Int32Array, Int32Array]:
    """Labels as times and stations."""
    is_none = labels == EMPTY
    ds, station = (labels >> 32).astype(np.int32), (labels & (2**32 - 1)).astype(np.int32)
    ds[is_none] = NONE
    station[is_none] = NONE
    return ds, station


def _labels(net: Net, stations: Stops, k: int, horizon_ds: int) -> IntArray:
    longest_ds = horizon_ds
    if horizon_ds > LONG_DS:
        joined_ds = net.ds_of_side.reshape(-1, 2)[stations.piece_of_joint].max(axis=1, initial=0)
        offered_ds = int((joined_ds + stations.connector_ds_of_joint).max(initial=0))
        longest_ds = min(horizon_ds, max(int(net.arcs[:, 1].max(initial=0)), offered_ds))
    n_buckets = n_buckets_of(longest_ds)
    sweep = _sweep_one if k == 1 else _sweep
    labels = np.full((len(net.node_of_vertex), k), EMPTY, np.int64)
    head, waiting = np.full(n_buckets + 1, NONE, np.int32), np.zeros(n_buckets // WORD + 1, np.uint64)
    sweep(net, stations, labels, head, waiting, horizon_ds)
    return labels


@kernel
def _keep(labels: IntArray, k: int, row: int, label: int) -> bool:
    """Put a label into its place in a row of the ``k`` lowest of different stations; whether it belongs there."""
    first = np.uint64(row * k)
    at = first + np.uint64(k - 1)
    if label >= labels[at]:
        return False
    for i in range(k):
        other = labels[first + np.uint64(i)]
        if (other ^ label) & 0xFFFFFFFF == 0:
            if other <= label:
                return False
            at = first + np.uint64(i)
            break
    while at > first and labels[at - np.uint64(1)] > label:
        labels[at] = labels[at - np.uint64(1)]
        at -= np.uint64(1)
    labels[at] = label
    return True


@kernel
def _seed(net: Net, stations: Stops, labels: IntArray, k: int, horizon_ds: int) -> IntArray:
    """Label the vertices that stations lead to; all offers that were taken, as (n, 2) label, vertex."""
    offers = np.empty((4 * len(stations.piece_of_joint) + 16, 2), np.int64)
    n = 0
    for station in range(len(stations.start_of_point) - 1):
        for j in range(stations.start_of_point[station], stations.start_of_point[station + 1]):
            for way in range(2):
                side = 2 * stations.piece_of_joint[j] + way
                if net.ds_of_side[side] == NONE:
                    continue
                ds = stations.connector_ds_of_joint[j] + net.ds_of_side[side] - stations.at_ds_of_joint[j, way]
                for i in range(net.start_of_leave[side], net.start_of_leave[side + 1]):
                    label = int((np.int64(ds) << 32) | station)
                    if ds <= horizon_ds and _keep(labels, k, net.vertex_of_leave[i], label):
                        if n == len(offers):
                            offers = np.concatenate((offers, np.empty_like(offers)))
                        offers[n, 0], offers[n, 1] = label, net.vertex_of_leave[i]
                        n += 1
    return offers[:n]


@kernel
def _sweep(  # noqa: C901 - one loop nest, for speed
    net: Net, stations: Stops, table: IntArray, head: Int32Array, waiting: NDArray[np.uint64], horizon_ds: int
) -> None:
    """Fill in the labels of all vertices. Entries of the pool are vertex, station, next; free ones are used again."""
    start, arcs, labels, k = net.start_of_vertex, net.arcs.reshape(-1), table.reshape(-1), table.shape[1]
    offers = _seed(net, stations, labels, k, horizon_ds)
    pool = np.empty(4 * (len(offers) + 1024), np.int32)
    n_buckets = len(head) - 1
    n, free, n_waiting = 0, np.int64(NONE), len(offers)
    for i in range(len(offers)):
        bucket = (offers[i, 0] >> 32) & (n_buckets - 1)
        pool[4 * n], pool[4 * n + 1], pool[4 * n + 2] = offers[i, 1], offers[i, 0] & 0xFFFFFFFF, head[bucket]
        head[bucket] = n
        waiting[bucket >> 6] |= np.uint64(1) << np.uint64(bucket & 63)
        n += 1
    for turn in range(horizon_ds // 64 + 1):
        if n_waiting == 0:
            break
        word = turn & (n_buckets // 64 - 1)
        bits = waiting[word]
        while bits != np.uint64(0):
            low = trailing_zeros(bits)
            waiting[word] = bits & (bits - np.uint64(1))
            bucket, ds = 64 * word + low, 64 * turn + low
            entry, head[bucket] = np.int64(head[bucket]), NONE
            while entry != NONE:
                vertex, station, after = pool[4 * entry], np.int64(pool[4 * entry + 1]), np.int64(pool[4 * entry + 2])
                pool[4 * entry + 2], free, entry = free, entry, after
                n_waiting -= 1
                is_kept = False
                for i in range(k):
                    is_kept |= labels[np.uint64(vertex * k + i)] == (ds << 32) | station
                if not is_kept:
                    continue
                if 4 * (n + start[vertex + 1] - start[vertex]) > len(pool):
                    pool = np.concatenate((pool, np.empty_like(pool)))
                for arc in range(start[vertex], start[vertex + 1]):
                    to, then = arcs[2 * arc], ds + arcs[2 * arc + 1]
                    if then > horizon_ds or not _keep(labels, k, to, (then << 32) | station):
                        continue
                    prefetch(arcs, 2 * start[to])
                    if free != NONE:
                        new, free = free, np.int64(pool[4 * free + 2])
                    else:
                        new = np.int64(n)
                        n += 1
                    bucket = then & (n_buckets - 1)
                    pool[4 * new], pool[4 * new + 1], pool[4 * new + 2] = to, station, head[bucket]
                    head[bucket] = new
                    waiting[bucket >> 6] |= np.uint64(1) << np.uint64(bucket & 63)
                    n_waiting += 1
            bits = waiting[word]


@kernel
def _sweep_one(
    net: Net, stations: Stops, labels: IntArray, head: Int32Array, waiting: NDArray[np.uint64], horizon_ds: int
) -> None:
    """The same where every vertex keeps one label: entries need no station, and arcs no branch."""
    start, arcs, label_of_vertex = net.start_of_vertex, net.arcs.reshape(-1), labels.reshape(-1)
    offers = _seed(net, stations, label_of_vertex, 1, horizon_ds)
    pool = np.empty(2 * (len(net.arcs) + 2 * len(offers) + 1024), np.int32)
    nobody = len(head) - 1
    n = 0
    for i in range(len(offers)):
        bucket = (offers[i, 0] >> 32) & (nobody - 1)
        pool[2 * n], pool[2 * n + 1] = offers[i, 1], head[bucket]
        head[bucket] = n
        waiting[bucket >> 6] |= np.uint64(1) << np.uint64(bucket & 63)
        n += 1
    for turn in range(horizon_ds // 64 + 1):
        word = turn & (nobody // 64 - 1)
        bits = waiting[word]
        while bits != np.uint64(0):
            low = trailing_zeros(bits)
            waiting[word] = bits & (bits - np.uint64(1))
            bucket, ds = 64 * word + low, 64 * turn + low
            entry, head[bucket] = np.int64(head[bucket]), NONE
            while entry != NONE:
                vertex, entry = np.uint64(pool[np.uint64(2 * entry)]), np.int64(pool[np.uint64(2 * entry + 1)])
                label = label_of_vertex[vertex]
                if label >> 32 != ds:
                    continue
                if 2 * (n + start[vertex + np.uint64(1)] - start[vertex]) + 2 > len(pool):
                    pool = np.concatenate((pool, np.empty_like(pool)))
                for arc in range(start[vertex], start[vertex + np.uint64(1)]):
                    to, then_ds = np.uint64(arcs[np.uint64(2 * arc)]), ds + arcs[np.uint64(2 * arc + 1)]
                    then, old = label + (np.int64(arcs[np.uint64(2 * arc + 1)]) << 32), label_of_vertex[to]
                    prefetch(arcs, 2 * start[to])
                    better = ((then - old) & (then_ds - horizon_ds - 1)) >> 63
                    label_of_vertex[to] = old ^ ((old ^ then) & better)
                    at = np.uint64(nobody ^ ((nobody ^ (then_ds & (nobody - 1))) & better))
                    pool[np.uint64(2 * n)], pool[np.uint64(2 * n + 1)] = to, head[at]
                    head[at] = n
                    waiting[at >> np.uint64(6)] |= np.uint64(1) << (at & np.uint64(63))
                    n -= better
            bits = waiting[word]


@kernel
def _labels_of_points(  # noqa: C901 - one loop nest
    net: Net, labels: IntArray, stations: StopsOfPieces, points: Stops, k: int, horizon_ds: int
) -> IntArray:
    """The same labels for points: from where the trip enters their piece, and from stations on the piece itself."""
    n_points = len(points.start_of_point) - 1
    found = np.full(n_points * k, EMPTY, np.int64)
    for point in range(n_points):
        for j in range(points.start_of_point[point], points.start_of_point[point + 1]):
            piece, connector_ds = points.piece_of_joint[j], points.connector_ds_of_joint[j]
            for way in range(2):
                side, at_ds = 2 * piece + way, points.at_ds_of_joint[j, way]
                if net.ds_of_side[side] == NONE:
                    continue
                for i in range(net.start_of_enter[side], net.start_of_enter[side + 1]):
                    for rank in range(k):
                        label = labels[net.vertex_of_enter[i], rank]
                        if label == EMPTY:
                            break
                        label += np.int64(connector_ds + at_ds) << 32
                        if label >> 32 <= horizon_ds:
                            _keep(found, k, point, label)
                for s in range(stations.start_of_piece[piece], stations.start_of_piece[piece + 1]):
                    along_ds = at_ds - stations.at_ds_of_joint[s, way]
                    ds = np.int64(connector_ds + along_ds + stations.connector_ds_of_joint[s])
                    if along_ds >= 0 and ds <= horizon_ds:
                        _keep(found, k, point, (ds << 32) | stations.point_of_joint[s])
    return found.reshape(-1, k)


def times_to_stations(net: Net, point: Stops, stations: Stops, limit_ds: int) -> Int32Array:
    """Times of trips that begin at one point and end at each station.

    Parameters
    ----------
    net
        The network, here in the direction of the trips: not reversed for trips to stations.
    point
        Joints of exactly one point.
    stations
        Joints of the stations.
    limit_ds
        Times above this count as not reached; the bound itself is reached.

    Returns
    -------
    (n_stations,) NONE where not reached.
    """
    search = new_search(net, point, limit_ds)
    spread(net, point, search, limit_ds, 0, 1)
    ds = search.marks[:-2:2] - np.int64(search.base[0])
    labels = np.where(ds <= limit_ds, ds << 32, EMPTY).reshape(-1, 1)
    on_pieces = stops_of_pieces(point, len(net.ds_of_side) // 2)
    ds_of_station: Int32Array = _told(_labels_of_points(net, labels, on_pieces, stations, 1, limit_ds))[0][:, 0]
    return ds_of_station
