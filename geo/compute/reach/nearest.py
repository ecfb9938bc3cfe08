"""The nearest stations: of every vertex in one sweep from all stations, of homes, and times from one point.

A label is one number, ``time << 32 | station``, so that the order of numbers is the rule of ties: the earlier time,
then the lower station. A hub of the net's skeleton keeps its ``k`` lowest labels of different stations. A label is
offered to the heads of a hub's links when its bucket comes up and it is still kept; one that a lower station pushes out
at the same time (through links that take no time) has done no harm, for it was a true walk. What lies on a chain has
the lowest of what comes from its two ends; then those of stations on the chain itself are carried along it, each as far
as it is kept: where it is not, those that pushed it out do so farther on, too.

As in :mod:`geo.compute.reach.minutes`, trips begin at the stations; for trips that end at them give the reversed
network and reversed stops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.compute.kernels import bare_kernel, kernel, prefetch, trailing_zeros
from geo.compute.reach.kept_search import kept_search
from geo.compute.reach.search import WORD, n_buckets_of, new_found, scattered, spread
from geo.compute.streets.net import Net, Stops, StopsOfPieces, stops_of_pieces
from geo.compute.streets.skeleton import NOWHERE_DS, Skeleton
from geo.units import NONE, Int32Array, IntArray, Whole

EMPTY = 1 << 62
"""No label; above all of them, and so is what adding a time to it twice gives."""

Row = tuple[IntArray, Whole, Whole]
"""A row of labels: in which array, where it begins, and what is added to each."""

Buckets = tuple[Int32Array, NDArray[np.uint64]]
"""First entry of each, the last one being nobody's, and one bit per bucket that holds any."""

ROOM = 4096
"""Entries' worth of room beyond what a sweep begins with."""

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


@kernel
def _told(labels: IntArray) -> tuple[Int32Array, Int32Array]:
    """Labels as times and stations."""
    ds, station = np.full(labels.shape, NONE, np.int32), np.full(labels.shape, NONE, np.int32)
    for row in range(labels.shape[0]):
        for rank in range(labels.shape[1]):
            label = labels[row, rank]
            if label == EMPTY:
                break
            ds[row, rank], station[row, rank] = label >> 32, label & 0xFFFFFFFF
    return ds, station


def _labels(net: Net, stations: Stops, k: int, horizon_ds: int) -> IntArray:
    """(n_vertices, k) the labels of all vertices."""
    skeleton, longest_ds = net.skeleton, horizon_ds
    # made by numpy, which asks the system for large pages: what is read all over is found the sooner
    of_hubs = np.full((skeleton.n_hubs + 1, k), EMPTY, np.int64)
    own = _seed(net, stations, of_hubs, horizon_ds)
    if horizon_ds > LONG_DS:
        link_ds = skeleton.links[:, 1]
        longest_ds = int(link_ds.max(initial=0, where=link_ds != NOWHERE_DS))
        longest_ds = max(longest_ds, int((of_hubs >> 32).max(initial=0, where=of_hubs != EMPTY)))
    n_buckets = n_buckets_of(min(horizon_ds, longest_ds))
    head, waiting = np.full(n_buckets + 1, NONE, np.int32), np.zeros(n_buckets // WORD + 1, np.uint64)
    room = (len(skeleton.links) + of_hubs.size) * 2 if k == 1 else of_hubs.size * 4
    pool = np.empty(room + ROOM, np.int32)
    (_sweep_one if k == 1 else _sweep)(skeleton, of_hubs, pool, (head, waiting), horizon_ds)
    return _of_vertices(skeleton, len(net.node_of_vertex), of_hubs, own, horizon_ds)


@bare_kernel
def _keep(labels: IntArray, k: int, row: Whole, label: Whole) -> bool:
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
def _seed(  # noqa: C901 - one loop nest
    net: Net, stations: Stops, of_hubs: IntArray, horizon_ds: int
) -> IntArray:
    """Label the hubs that stations lead to; the labels of inner vertices, (n, 2) label and inner vertex."""
    skeleton = net.skeleton
    n_hubs, k = len(skeleton.vertex_of_hub), of_hubs.shape[1]
    own = np.empty((64, 2), np.int64)
    flat, n_own = of_hubs.reshape(-1), 0
    for station in range(len(stations.start_of_point) - 1):
        for j in range(stations.start_of_point[station], stations.start_of_point[station + 1]):
            for way in range(2):
                side = 2 * stations.piece_of_joint[j] + way
                if net.ds_of_side[side] == NONE:
                    continue
                ds = stations.connector_ds_of_joint[j] + net.ds_of_side[side] - stations.at_ds_of_joint[j, way]
                if ds > horizon_ds:
                    continue
                label = int((np.int64(ds) << 32) | station)
                for i in range(net.start_of_leave[side], net.start_of_leave[side + 1]):
                    place = np.int64(skeleton.place_of_vertex[net.vertex_of_leave[i]])
                    if place >= 0:
                        _keep(flat, k, place, label)
                        continue
                    if n_own == len(own):
                        own = np.concatenate((own, np.empty_like(own)))
                    own[n_own, 0], own[n_own, 1] = label, -1 - place
                    n_own += 1
                    chain = skeleton.chain_of_inner[-1 - place]
                    there_ds = np.int64(skeleton.ds_of_inner[-1 - place])
                    back_ds = skeleton.ds_of_chain[chain] - there_ds
                    if ds + there_ds <= horizon_ds:
                        _keep(flat, k, skeleton.ends_of_chain[chain, 0], label + (there_ds << 32))
                    if ds + back_ds <= horizon_ds and skeleton.ends_of_chain[chain, 1] != n_hubs:
                        _keep(flat, k, skeleton.ends_of_chain[chain, 1], label + (back_ds << 32))
    return own[:n_own]


@kernel
def _sweep(  # noqa: C901, PLR0912 - one loop nest, for speed
    skeleton: Skeleton, table: IntArray, pool: Int32Array, buckets: Buckets, horizon_ds: int
) -> None:
    """Fill in the labels of all hubs. Entries of the pool are hub, station, next; free ones are used again."""
    start, links, labels, k = skeleton.start_of_hub, skeleton.links.reshape(-1), table.reshape(-1), table.shape[1]
    head, waiting = buckets
    n_buckets = len(head) - 1
    n, free, n_waiting = 0, np.int64(NONE), 0
    for i in range(len(labels)):
        if labels[i] != EMPTY:
            bucket = (labels[i] >> 32) & (n_buckets - 1)
            pool[4 * n], pool[4 * n + 1], pool[4 * n + 2] = i // k, labels[i] & 0xFFFFFFFF, head[bucket]
            head[bucket] = n
            waiting[bucket >> 6] |= np.uint64(1) << np.uint64(bucket & 63)
            n += 1
    n_waiting = n
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
                hub, station, after = pool[4 * entry], np.int64(pool[4 * entry + 1]), np.int64(pool[4 * entry + 2])
                pool[4 * entry + 2], free, entry = free, entry, after
                n_waiting -= 1
                is_kept = False
                for i in range(k):
                    is_kept |= labels[np.uint64(hub * k + i)] == (ds << 32) | station
                if not is_kept:
                    continue
                while 4 * (n + start[hub + 1] - start[hub]) > len(pool):
                    pool = np.concatenate((pool, np.empty_like(pool)))
                for link in range(4 * start[hub], 4 * start[hub + 1], 4):
                    to, then = np.int64(links[link]), ds + links[link + 1]
                    if then > horizon_ds or not _keep(labels, k, to, (then << 32) | station):
                        continue
                    prefetch(links, 4 * start[to])
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
def _sweep_one(skeleton: Skeleton, table: IntArray, pool: Int32Array, buckets: Buckets, horizon_ds: int) -> None:
    """The same where every hub keeps one label: entries need no station, and links no branch."""
    start, links, label_of_hub = skeleton.start_of_hub, skeleton.links.reshape(-1), table.reshape(-1)
    head, waiting = buckets
    nobody = len(head) - 1
    n = 0
    for i in range(len(label_of_hub)):
        if label_of_hub[i] != EMPTY:
            bucket = (label_of_hub[i] >> 32) & (nobody - 1)
            pool[2 * n], pool[2 * n + 1] = i, head[bucket]
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
                hub, entry = np.uint64(pool[np.uint64(2 * entry)]), np.int64(pool[np.uint64(2 * entry + 1)])
                label = label_of_hub[hub]
                if label >> 32 != ds:
                    continue
                if 2 * (n + start[hub + np.uint64(1)] - start[hub]) + 2 > len(pool):
                    pool = np.concatenate((pool, np.empty_like(pool)))
                for link in range(4 * start[hub], 4 * start[hub + np.uint64(1)], 4):
                    to, link_ds = np.uint64(links[np.uint64(link)]), np.int64(links[np.uint64(link + 1)])
                    then_ds, then, old = ds + link_ds, label + (link_ds << 32), label_of_hub[to]
                    prefetch(links, 4 * start[to])
                    # all bits set where the label is lower and within the horizon, else none: no branch to be guessed
                    better = ((then - old) & (then_ds - horizon_ds - 1)) >> 63
                    label_of_hub[to] = old ^ ((old ^ then) & better)
                    at = np.uint64(nobody ^ ((nobody ^ (then_ds & (nobody - 1))) & better))
                    pool[np.uint64(2 * n)], pool[np.uint64(2 * n + 1)] = to, head[at]
                    head[at] = n
                    waiting[at >> np.uint64(6)] |= np.uint64(1) << (at & np.uint64(63))
                    n -= better
            bits = waiting[word]


def _of_vertices(skeleton: Skeleton, n_vertices: int, of_hubs: IntArray, own: IntArray, horizon_ds: int) -> IntArray:
    """(n_vertices, k) labels of hubs as they are, and of what lies between them."""
    labels = np.empty((n_vertices, of_hubs.shape[1]), np.int64)
    _fill(skeleton, of_hubs, own, labels, ((horizon_ds + 1) << 32) - 1)
    return labels


@bare_kernel
def _fill(skeleton: Skeleton, of_hubs: IntArray, own: IntArray, of_vertices: IntArray, last_label: int) -> None:
    k, hubs, labels = of_hubs.shape[1], of_hubs.reshape(-1), of_vertices.reshape(-1)
    vertex_of_inner, ds_of_inner = skeleton.vertex_of_inner, skeleton.ds_of_inner
    for hub in range(len(skeleton.vertex_of_hub)):
        for rank in range(k):
            labels[np.uint64(skeleton.vertex_of_hub[hub] * k + rank)] = hubs[np.uint64(hub * k + rank)]
    for chain in range(len(skeleton.ds_of_chain)):
        one, other = k * skeleton.ends_of_chain[chain, 0], k * skeleton.ends_of_chain[chain, 1]
        whole = np.int64(skeleton.ds_of_chain[chain]) << 32
        for inner in range(skeleton.start_of_chain[chain], skeleton.start_of_chain[chain + 1]):
            there, at = np.int64(ds_of_inner[inner]) << 32, np.uint64(vertex_of_inner[inner] * k)
            if k == 1:
                label = min(hubs[one] + there, hubs[other] + whole - there)
                labels[at] = label if label <= last_label else EMPTY
            else:
                _merge((labels, at), (hubs, one, there), (hubs, other, whole - there), k, last_label)
    for i in range(len(own)):
        _carry(skeleton, labels, k, (own[i, 1], own[i, 0]), last_label)


@bare_kernel
def _merge(into: tuple[IntArray, Whole], one: Row, other: Row, k: int, last: int) -> None:
    """The lowest labels of two rows of different stations, none above ``last``."""
    labels, at = into
    i, j, n = 0, 0, 0
    a, b = one[0][one[1]] + one[2], other[0][other[1]] + other[2]
    while n < k:
        label = min(a, b)
        if label > last:
            break
        if a <= b:
            i += 1
            a = one[0][one[1] + i] + one[2] if i < k else EMPTY
        else:
            j += 1
            b = other[0][other[1] + j] + other[2] if j < k else EMPTY
        is_new = True
        for rank in range(n):
            is_new &= (labels[at + np.uint64(rank)] ^ label) & 0xFFFFFFFF != 0
        labels[at + np.uint64(n)] = label
        n += is_new
    for rank in range(n, k):
        labels[at + np.uint64(rank)] = EMPTY


@bare_kernel
def _carry(skeleton: Skeleton, labels: IntArray, k: int, begun: tuple[int, int], last_label: int) -> None:
    """Offer a label that begins on a chain to all that lies on it, one way and the other, as far as it is kept.

    ``begun`` is the inner vertex and the label there.
    """
    begin, label = begun
    chain = skeleton.chain_of_inner[begin]
    for step in (-1, 1):
        here = begin
        while skeleton.start_of_chain[chain] <= here < skeleton.start_of_chain[chain + 1]:
            away_ds = abs(np.int64(skeleton.ds_of_inner[here]) - skeleton.ds_of_inner[begin])
            then = label + (away_ds << 32)
            is_kept = then <= last_label and _keep(labels, k, skeleton.vertex_of_inner[here], then)
            if not is_kept and here != begin:
                break
            here += step


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
    found = new_found(len(net.node_of_vertex))
    with kept_search(net, point, limit_ds) as search:
        n_found = spread(net, point, search, found, (0, 1), limit_ds)
    ds = scattered(found, n_found, len(net.node_of_vertex)).astype(np.int64)
    labels = np.where(ds != NONE, ds << 32, EMPTY).reshape(-1, 1)
    on_pieces = stops_of_pieces(point, len(net.ds_of_side) // 2)
    ds_of_station: Int32Array = _told(_labels_of_points(net, labels, on_pieces, stations, 1, limit_ds))[0][:, 0]
    return ds_of_station
