"""Searches of a net, in whole deciseconds: how far everything is from some stations.

How
---
The search settles the hubs of the net's skeleton (:mod:`geo.compute.streets.skeleton`) in the order of their times;
what lies on the chains between them is told afterwards. Times wait in a row of buckets, one a decisecond, each a list
in a pool of entries; a bitmap tells which buckets hold any. A hub's label is ``base + 2 * time``, one less once it is
settled, and every search takes a base below all labels of those before: nothing is cleared between searches, one
comparison tells whether a link improves, and one whether the hub at its head was settled earlier. Then both ends of the
link's chain are known, and it is noted as ready. A link that leads beyond the horizon is noted as loose: if nobody else
reaches its head, its chain is told from this end alone. All this is written without branches, because a branch that
cannot be foreseen costs more than the writing; what does not apply is overwritten, or put into a bucket that nobody
reads.

Where stations stand on a chain, that chain is told by itself: from the stations both ways, and from its ends.

Source
------
Dial (1969), Algorithm 360, Commun. ACM 12, 632-633.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compute.kernels import bare_kernel, inlined_kernel, kernel, prefetch, trailing_zeros
from geo.compute.streets.net import Net, Stops
from geo.compute.streets.skeleton import LANES, NOWHERE_DS, Skeleton
from geo.units import NONE, Int32Array, IntArray, Whole

WORD = 64
"""Buckets per word of the bitmap."""

LATE = 2**31 - 1
"""The label of a hub that no search has reached."""

NEVER_DS = 2 * NOWHERE_DS
"""When an end of a chain is reached that is not."""


FARTHEST_DS = NOWHERE_DS // 4
"""The longest horizon for which labels fit."""


class Search(NamedTuple):
    """Working memory of searches, one thread's own."""

    marks: Int32Array
    """(2 * (n_hubs + 2),) label and first link of each: what a link's head is asked for lies in one place."""
    base: IntArray
    """(1,) of the search before."""
    head_of_bucket: Int32Array
    """(n_buckets + 1,) first entry, or NONE; the last bucket is the one that nobody reads."""
    waiting: NDArray[np.uint64]
    """One bit per bucket."""
    pool: Int32Array
    """(2 * n,) of each entry the hub, and the next entry or NONE."""
    hubs: Int32Array
    """(2 * n_hubs,) each hub that was settled, and when."""
    ready: Int32Array
    """(3 * n,) links settled at both ends: four times the link, times at its tail and at its head."""
    loose: Int32Array
    """(2 * n,) links that lead beyond the horizon: four times the link, time at its tail."""
    early_of_inner: Int32Array
    """(n_inner,) ``LATE`` less the time from the stations that stand on the chain, by way of it; 0 before and after: so
    that it need not be written when it is made."""
    is_own_of_chain: NDArray[np.uint8]
    """(n_chains,) whether stations stand on it; all 0 before and after."""
    own_chain: Int32Array
    """The chains of which it is 1."""


class Found(NamedTuple):
    """Where a search writes what it has found."""

    vertex: Int32Array
    ds: Int32Array


class Counts(NamedTuple):
    """How much of the working memory a search has filled."""

    base: int
    hubs: int
    ready: int
    loose: int
    own: int


Settler = Callable[[Skeleton, Search, int, int, int], tuple[int, int, int]]


def n_buckets_of(longest_ds: int) -> int:
    """Buckets in a ring, a power of two, so that what waits is never a whole turn apart."""
    return 1 << (max(longest_ds, 0) + 2 * WORD - 1).bit_length()


class Need(NamedTuple):
    """How large some of the working memory must be."""

    n_buckets: int
    n_entries: int
    """In the pool: as many as can ever wait."""
    n_own: int
    """Chains on which stations stand."""

    def is_met_by(self, search: Search) -> bool:
        """Whether working memory of the same net is large enough."""
        return (
            len(search.head_of_bucket) > self.n_buckets
            and len(search.pool) >= 2 * self.n_entries
            and len(search.own_chain) >= self.n_own
        )


def need_of(net: Net, stations: Stops, horizon_ds: int) -> Need:
    """What searches from these stations need as far as the horizon, at most ``FARTHEST_DS``."""
    assert horizon_ds <= FARTHEST_DS, "labels would not fit"
    n_seeds = n_offers(net, stations)
    n_entries = len(net.skeleton.links) + 2 * n_seeds + 1
    return Need(n_buckets_of(horizon_ds), n_entries, min(net.skeleton.n_chains, n_seeds))


def new_search(net: Net, need: Need) -> Search:
    """Working memory."""
    skeleton = net.skeleton
    n_links = len(skeleton.links)
    marks = np.empty(2 * (skeleton.n_hubs + 2), np.int32)
    marks[::2], marks[1::2] = LATE, skeleton.start_of_hub
    return Search(
        marks,
        np.array([LATE], np.int64),
        np.full(need.n_buckets + 1, NONE, np.int32),
        np.zeros(need.n_buckets // WORD + 1, np.uint64),
        np.empty(2 * need.n_entries, np.int32),
        np.empty(2 * skeleton.n_hubs, np.int32),
        np.empty(3 * (n_links + 1), np.int32),
        np.empty(2 * (n_links + 1), np.int32),
        np.zeros(len(skeleton.chain_of_inner), np.int32),
        np.zeros(skeleton.n_chains, np.uint8),
        np.empty(need.n_own, np.int32),
    )


def new_found(n: int) -> Found:
    """Room for so many vertices."""
    # one piece of memory, which is then not given back to the system between two questions
    return Found(*np.empty((2, n + LANES), np.int32))


def n_offers(net: Net, stations: Stops) -> int:
    """How many vertices the stations' joints lead to, at most."""
    side = 2 * stations.piece_of_joint.astype(np.int64)
    return int((net.start_of_leave[side + 2] - net.start_of_leave[side]).sum())


@bare_kernel
def spread(net: Net, stations: Stops, search: Search, found: Found, span: tuple[int, int], horizon_ds: int) -> int:
    """One search from some stations together.

    Parameters
    ----------
    net, stations
        On direction see :mod:`geo.compute.reach.minutes`.
    search
        Working memory.
    found
        Room for all vertices; what is found is written to its beginning, every vertex once.
    span
        First station, and the one behind the last.
    horizon_ds
        The horizon itself is reached; no longer than the one the memory was made for.

    Returns
    -------
    How many vertices were found.
    """
    counts = settle(net, stations, search, span, horizon_ds)
    return tell(net, search, found, 0, counts, horizon_ds)


@bare_kernel
def settle(net: Net, stations: Stops, search: Search, span: tuple[int, int], horizon_ds: int) -> Counts:
    """Settle all hubs within the horizon; then :func:`tell` tells all vertices, or :func:`forget_own` gives up."""
    base = _next_base(search, horizon_ds)
    n, n_own = _seed(net, stations, search, span, base, horizon_ds)
    n_hubs, n_ready, n_loose = _settle_and_note(net.skeleton, search, base, horizon_ds, n)
    return Counts(base, n_hubs, n_ready, n_loose, n_own)


@bare_kernel
def _next_base(search: Search, horizon_ds: int) -> int:
    """A base below all labels of the searches before."""
    base = search.base
    if base[0] - 2 * horizon_ds - 4 <= -LATE:
        search.marks[::2] = LATE
        base[0] = LATE
    base[0] -= 2 * horizon_ds + 4
    return base[0]  # type: ignore[no-any-return]


@bare_kernel
def _seed(
    net: Net, stations: Stops, search: Search, span: tuple[int, int], base: int, horizon_ds: int
) -> tuple[int, int]:
    """Let the hubs that stations lead to wait; numbers of entries, and of chains on which stations stand."""
    n = n_own = 0
    for j in range(stations.start_of_point[span[0]], stations.start_of_point[span[1]]):
        for way in range(2):
            side = 2 * stations.piece_of_joint[j] + way
            if net.ds_of_side[side] == NONE:
                continue
            ds = np.int64(stations.connector_ds_of_joint[j]) + net.ds_of_side[side] - stations.at_ds_of_joint[j, way]
            if ds > horizon_ds:
                continue
            for i in range(net.start_of_leave[side], net.start_of_leave[side + 1]):
                place = np.int64(net.skeleton.place_of_vertex[net.vertex_of_leave[i]])
                if place >= 0:
                    n = _offer(search, place, ds, base, horizon_ds, n)
                    continue
                inner = -1 - place
                chain = net.skeleton.chain_of_inner[inner]
                if search.is_own_of_chain[chain] == 0:
                    search.is_own_of_chain[chain] = 1
                    search.own_chain[n_own] = chain
                    n_own += 1
                search.early_of_inner[inner] = max(search.early_of_inner[inner], LATE - ds)
                along_ds = np.int64(net.skeleton.ds_of_inner[inner])
                one, other = net.skeleton.ends_of_chain[chain, 0], net.skeleton.ends_of_chain[chain, 1]
                n = _offer(search, one, ds + along_ds, base, horizon_ds, n)
                if other != len(net.skeleton.vertex_of_hub):
                    n = _offer(search, other, ds + net.skeleton.ds_of_chain[chain] - along_ds, base, horizon_ds, n)
    return n, n_own


@bare_kernel
def _offer(search: Search, hub: Whole, ds: Whole, base: int, horizon_ds: int, n: int) -> int:
    """Let a hub wait if that is earlier than what is known; the number of entries then."""
    if ds > horizon_ds or base + 2 * ds >= search.marks[2 * hub]:
        return n
    search.marks[2 * hub] = base + 2 * ds
    search.pool[2 * n], search.pool[2 * n + 1] = hub, search.head_of_bucket[ds]
    search.head_of_bucket[ds] = n
    search.waiting[ds >> 6] |= np.uint64(1) << np.uint64(ds & 63)
    return n + 1


def _settler(notes: bool) -> Settler:
    """Compile the heart of all searches, which notes what :func:`tell` needs, or settles only.

    A search that notes is of one station, whose hubs lie in the core's own cache. One that does not is of all stations
    together, all over the net: it fetches the next hub while it is busy with the one before.
    """

    def settle_hubs(skeleton: Skeleton, search: Search, base: int, horizon_ds: int, n: int) -> tuple[int, int, int]:
        """Settle hubs until none waits; numbers of hubs, of ready and of loose links that are noted."""
        marks, head, waiting, pool = search.marks, search.head_of_bucket, search.waiting, search.pool
        hubs, ready, loose, links = search.hubs, search.ready, search.loose, skeleton.links.reshape(-1)
        nobody = len(head) - 1
        n_hubs = n_ready = n_loose = 0
        for word in range(horizon_ds // 64 + 1):
            bits = waiting[word]
            while bits != np.uint64(0):
                ds = 64 * word + trailing_zeros(bits)
                waiting[word] = bits & (bits - np.uint64(1))
                entry, head[ds] = np.int64(head[ds]), NONE
                now, next_hub = base + 2 * ds, np.uint64(pool[np.uint64(2 * entry)])
                while entry != NONE:
                    hub, entry = next_hub, np.int64(pool[np.uint64(2 * entry + 1)])
                    next_hub = np.uint64(pool[np.uint64(2 * max(int(entry), 0))])
                    if not notes:
                        prefetch(marks, np.int64(np.uint64(2) * next_hub))
                    mark = hub * np.uint64(2)
                    if marks[mark] != now:
                        continue
                    marks[mark] = now - 1
                    if notes:
                        hubs[np.uint64(2 * n_hubs)], hubs[np.uint64(2 * n_hubs + 1)] = hub, ds
                        n_hubs += 1
                    link, last = np.uint64(4 * marks[mark + np.uint64(1)]), np.uint64(4 * marks[mark + np.uint64(3)])
                    while link < last:
                        to, then = np.uint64(links[link]), ds + links[link + np.uint64(1)]
                        mark = to * np.uint64(2)
                        old = np.int64(marks[mark])
                        prefetch(links, np.int64(4 * marks[mark + np.uint64(1)]))
                        # all bits set where the link stays within the horizon, and below where it improves; else none
                        within = (then - horizon_ds - 1) >> 63
                        if notes:
                            has_inner = np.int64(links[link + np.uint64(3)] != 0)
                            at = np.uint64(3 * n_ready)
                            ready[at], ready[at + np.uint64(1)] = link, ds
                            ready[at + np.uint64(2)] = (old - base + 1) >> 1
                            was_settled = (old - now) >> 63
                            n_ready += was_settled & has_inner
                            loose[np.uint64(2 * n_loose)], loose[np.uint64(2 * n_loose + 1)] = link, ds
                            n_loose += ~within & has_inner
                        better = ((base + 2 * then - old) >> 63) & within
                        marks[mark] = old ^ ((old ^ (base + 2 * then)) & better)
                        bucket = np.uint64(nobody ^ ((nobody ^ then) & better))
                        pool[np.uint64(2 * n)], pool[np.uint64(2 * n + 1)] = to, head[bucket]
                        head[bucket] = n
                        waiting[bucket >> np.uint64(6)] |= np.uint64(1) << (bucket & np.uint64(63))
                        n -= better
                        link += np.uint64(4)
                bits = waiting[word]
        return n_hubs, n_ready, n_loose

    return bare_kernel(settle_hubs)


_settle_and_note, _settle_only = _settler(True), _settler(False)


@bare_kernel
def most_found(net: Net, search: Search, counts: Counts) -> int:
    """How many vertices a search has found at most."""
    links, n = net.skeleton.links.reshape(-1), counts.hubs
    for i in range(counts.ready):
        n += links[search.ready[3 * i] + 3]
    for i in range(counts.loose):
        n += links[search.loose[2 * i] + 3]
    for i in range(counts.own):
        chain = search.own_chain[i]
        n += net.skeleton.start_of_chain[chain + 1] - net.skeleton.start_of_chain[chain]
    return n


@bare_kernel
def tell(net: Net, search: Search, found: Found, begin: int, counts: Counts, horizon_ds: int) -> int:
    """Write what a search has found, from ``begin`` on; where it ends."""
    for i in range(counts.hubs):
        found.vertex[begin + i] = net.skeleton.vertex_of_hub[search.hubs[2 * i]]
        found.ds[begin + i] = search.hubs[2 * i + 1]
    end = begin + counts.hubs
    end = _tell_ready(net.skeleton, search, found, counts.ready, horizon_ds, end)
    end = _tell_loose(net.skeleton, search, found, (counts.loose, counts.base), horizon_ds, end)
    end = _tell_own(net.skeleton, search, found, (counts.own, counts.base), horizon_ds, end)
    forget_own(net, search, counts.own)
    return end


@bare_kernel
def _tell_ready(skeleton: Skeleton, search: Search, found: Found, n_ready: int, horizon_ds: int, end: int) -> int:
    """Tell the chains of which both ends are known."""
    links, ready = skeleton.links.reshape(-1), search.ready
    for i in range(n_ready):
        link = np.uint64(ready[3 * i])
        code = links[link + np.uint64(2)]
        if search.is_own_of_chain[code >> 1]:
            continue
        tail_ds, head_ds = ready[3 * i + 1], ready[3 * i + 2]
        turned = (tail_ds ^ head_ds) & -(code & 1)
        from_ds, to_ds = tail_ds ^ turned, (head_ds ^ turned) + links[link + np.uint64(1)]
        first = skeleton.start_of_chain[code >> 1]
        last = first + links[link + np.uint64(3)]
        # if both ends could meet by the horizon, nothing between them is later
        is_whole = from_ds + to_ds <= 2 * horizon_ds + 1
        end = _tell_chain(skeleton, found, (first, last), (from_ds, to_ds), horizon_ds, is_whole, end)
    return end


@bare_kernel
def _tell_loose(
    skeleton: Skeleton, search: Search, found: Found, loose: tuple[int, int], horizon_ds: int, end: int
) -> int:
    """Tell chains as far as the horizon from the one end that is reached."""
    links = skeleton.links.reshape(-1)
    for i in range(loose[0]):
        link, tail_ds = search.loose[2 * i], search.loose[2 * i + 1]
        code = links[link + 2]
        is_reached = search.marks[2 * links[link]] < loose[1] + 2 * horizon_ds + 2
        if is_reached or search.is_own_of_chain[code >> 1]:
            continue
        first = skeleton.start_of_chain[code >> 1]
        last = first + links[link + 3]
        if code & 1:
            from_ds, to_ds = np.int64(NEVER_DS), tail_ds + links[link + 1]
            latest_ds = to_ds - skeleton.ds_of_inner[first]
        else:
            from_ds, to_ds = np.int64(tail_ds), NEVER_DS
            latest_ds = from_ds + skeleton.ds_of_inner[last - 1]
        end = _tell_chain(skeleton, found, (first, last), (from_ds, to_ds), horizon_ds, latest_ds <= horizon_ds, end)
    return end


@inlined_kernel
def _tell_chain(
    skeleton: Skeleton,
    found: Found,
    span: tuple[Whole, Whole],
    ends_ds: tuple[Whole, Whole],
    horizon_ds: int,
    is_whole: bool,
    end: int,
) -> int:
    """Tell one chain.

    ``span`` is its inner vertices, ``ends_ds`` when its beginning is reached, and how long it takes to its beginning by
    way of its end.
    """
    vertex_of_inner, ds_of_inner = skeleton.vertex_of_inner, skeleton.ds_of_inner
    from_ds, to_ds = np.int32(ends_ds[0]), np.int32(ends_ds[1])
    vertex, ds_of_found = found.vertex, found.ds
    first, n = span[0], span[1] - span[0]
    if is_whole:
        # four at once; what is too many is overwritten
        for k in range(0, n, 4):
            for lane in range(4):
                inner, at = np.uint64(first + k + lane), np.uint64(end + k + lane)
                vertex[at] = vertex_of_inner[inner]
                ds_of_found[at] = min(from_ds + ds_of_inner[inner], to_ds - ds_of_inner[inner])
        return end + int(n)
    for here in range(first, first + n):
        ds = min(from_ds + ds_of_inner[here], to_ds - ds_of_inner[here])
        vertex[end], ds_of_found[end] = vertex_of_inner[here], ds
        end += ds <= horizon_ds
    return end


@bare_kernel
def _tell_own(skeleton: Skeleton, search: Search, found: Found, own: tuple[int, int], horizon_ds: int, end: int) -> int:
    """Tell the chains on which stations stand: once along each way, carrying what is the least so far."""
    early, (n_own, base) = search.early_of_inner, own
    for i in range(n_own):
        chain = search.own_chain[i]
        first, last = skeleton.start_of_chain[chain], skeleton.start_of_chain[chain + 1]
        from_ds = _settled_ds(search, skeleton.ends_of_chain[chain, 0], base, horizon_ds)
        to_ds = _settled_ds(search, skeleton.ends_of_chain[chain, 1], base, horizon_ds) + skeleton.ds_of_chain[chain]
        for here in range(first, last):
            from_ds = min(from_ds, LATE - early[here] - np.int64(skeleton.ds_of_inner[here]))
            early[here] = max(LATE - from_ds - skeleton.ds_of_inner[here], 0)
        for here in range(last - 1, first - 1, -1):
            to_ds = min(to_ds, LATE - early[here] + np.int64(skeleton.ds_of_inner[here]))
            ds = to_ds - skeleton.ds_of_inner[here]
            found.vertex[end], found.ds[end] = skeleton.vertex_of_inner[here], min(ds, LATE)
            end += ds <= horizon_ds
    return end


@bare_kernel
def forget_own(net: Net, search: Search, n_own: int) -> None:
    """Leave the chains on which stations stand as they were before the search."""
    for i in range(n_own):
        chain = search.own_chain[i]
        search.is_own_of_chain[chain] = 0
        search.early_of_inner[net.skeleton.start_of_chain[chain] : net.skeleton.start_of_chain[chain + 1]] = 0


@bare_kernel
def _settled_ds(search: Search, hub: Whole, base: int, horizon_ds: int) -> Whole:
    """When a hub was settled; late where it was not."""
    ds = (np.int64(search.marks[2 * hub]) - base + 1) >> 1
    return ds if ds <= horizon_ds else np.int64(LATE)


@bare_kernel
def fill_times(
    net: Net, stations: Stops, search: Search, horizon_ds: int, of_own: Found, ds_of_vertex: Int32Array
) -> None:
    """Times of all vertices from the nearest station: (n_vertices,) NONE beyond the horizon.

    From the labels, in the order of memory. ``of_own`` has room for what lies on chains on which stations stand.
    """
    skeleton = net.skeleton
    base = _next_base(search, horizon_ds)
    n, n_own = _seed(net, stations, search, (0, len(stations.start_of_point) - 1), base, horizon_ds)
    _settle_only(skeleton, search, base, horizon_ds, n)
    for hub in range(len(skeleton.vertex_of_hub)):
        ds = _settled_ds(search, hub, base, horizon_ds)
        ds_of_vertex[skeleton.vertex_of_hub[hub]] = ds if ds <= horizon_ds else NONE
    for chain in range(len(skeleton.ds_of_chain)):
        from_ds = _settled_ds(search, skeleton.ends_of_chain[chain, 0], base, horizon_ds)
        to_ds = _settled_ds(search, skeleton.ends_of_chain[chain, 1], base, horizon_ds)
        to_ds += skeleton.ds_of_chain[chain]
        for inner in range(skeleton.start_of_chain[chain], skeleton.start_of_chain[chain + 1]):
            ds = min(from_ds + skeleton.ds_of_inner[inner], to_ds - skeleton.ds_of_inner[inner])
            ds_of_vertex[skeleton.vertex_of_inner[inner]] = ds if ds <= horizon_ds else NONE
    n_told = _tell_own(skeleton, search, of_own, (n_own, base), horizon_ds, 0)
    forget_own(net, search, n_own)
    for i in range(n_told):
        ds_of_vertex[of_own.vertex[i]] = of_own.ds[i]


@kernel
def scattered(found: Found, n_found: int, n_vertices: int) -> Int32Array:
    """(n_vertices,) when each was found; NONE where it was not."""
    ds_of_vertex = np.full(n_vertices, NONE, np.int32)
    for i in range(n_found):
        ds_of_vertex[found.vertex[i]] = found.ds[i]
    return ds_of_vertex
