"""A net's skeleton: hubs, where trips may choose, and links between them along chains that can only be passed.

Most vertices of a street network are no choice: a bend, the end of a path. A search settles hubs alone. What lies on a
chain is told by arithmetic when both its ends are known, the earlier of ``time at one end + way from it``: exact, since
every trip to it from elsewhere comes by one of the ends, and in the order of the chain, which is the order of memory.

A vertex lies on a chain if it has one or two neighbours, exactly one arc to and one arc from each of them, and the two
take the same time. All other vertices are hubs, and one of each ring or path that would otherwise have none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.chains import chains_of
from geo.compute.kernels import kernel
from geo.units import BoolArray, Int32Array, IntArray, Whole

NOWHERE_DS = 1 << 29
"""What a dead end takes to nowhere: above every horizon, and four times that still fits 32 bits."""

LANES = 4
"""Inner vertices are told four at once: their arrays are longer by what is read beyond the last."""


class Skeleton(NamedTuple):
    """Hubs, links and chains of one net. *Nowhere* is one more hub behind the last, to which dead ends lead."""

    vertex_of_hub: Int32Array
    """(n_hubs,) ascending."""
    place_of_vertex: Int32Array
    """(n_vertices,) the hub; of the ``i``-th inner vertex ``-1 - i``."""
    start_of_hub: IntArray
    """(n_hubs + 2,) offsets into the links."""
    links: Int32Array
    """(n_links, 4) hub at the head; deciseconds; ``2 * chain``, one more where it is run backwards; inner vertices."""
    ends_of_chain: Int32Array
    """(n_chains, 2) the hub it begins at, the hub it ends at."""
    ds_of_chain: Int32Array
    start_of_chain: IntArray
    """(n_chains + 1,) offsets into the inner vertices."""
    vertex_of_inner: Int32Array
    """(n_inner + LANES,) along the chains, one chain after another."""
    ds_of_inner: Int32Array
    """(n_inner + LANES,) from the beginning of the chain."""
    chain_of_inner: Int32Array

    @property
    def n_hubs(self) -> int:
        """How many hubs there are; also the number of nowhere."""
        return len(self.vertex_of_hub)

    @property
    def n_chains(self) -> int:
        """How many chains there are."""
        return len(self.ds_of_chain)


def skeleton_of(start_of_vertex: IntArray, arcs: Int32Array) -> Skeleton:
    """The skeleton of a directed graph.

    Parameters
    ----------
    start_of_vertex
        (n_vertices + 1,) offsets into the arcs.
    arcs
        (n_arcs, 2) vertex at the head, deciseconds.
    """
    n_vertices = len(start_of_vertex) - 1
    is_passed = _is_passed(start_of_vertex, arcs, np.bincount(arcs[:, 0], minlength=n_vertices))
    from_of_step, to_of_step, ds_of_step = _steps(start_of_vertex, arcs, is_passed)
    place, start, leg = chains_of(from_of_step, to_of_step, ~is_passed)
    first, last = place[start[:-1]], place[start[1:] - 1]
    is_hub = ~is_passed
    is_hub[first[(first == last) | (is_passed[first] & is_passed[last])]] = True
    place, gap_ds = _from_hubs(place, start, ds_of_step[leg], ~is_hub[first])

    chain = np.repeat(np.arange(len(first), dtype=np.int32), np.diff(start))
    along_ds = np.cumsum(gap_ds)
    along_ds -= along_ds[start[:-1]][chain]
    is_inner = ~is_hub[place]
    n_hubs, hub_of_vertex = int(is_hub.sum()), np.cumsum(is_hub, dtype=np.int32) - np.int32(1)
    last_places = np.stack([place[start[:-1]], place[start[1:] - 1]], axis=1)
    ends = np.where(is_hub[last_places], hub_of_vertex[last_places], n_hubs).astype(np.int32)
    ds_of_chain = np.where(ends[:, 1] == n_hubs, NOWHERE_DS, along_ds[start[1:] - 1]).astype(np.int32)
    start_of_chain = np.concatenate([[0], np.cumsum(np.bincount(chain[is_inner], minlength=len(first)))])

    hub_of_vertex[place[is_inner]] = -1 - np.arange(is_inner.sum(), dtype=np.int32)
    chains = ends, ds_of_chain, start_of_chain.astype(np.int64)
    graph, n_of_hub = (start_of_vertex, arcs, is_passed, hub_of_vertex), np.zeros(n_hubs + 1, np.int64)
    _put_links(graph, chains, n_hubs, n_of_hub, np.empty((0, 4), np.int32))
    start_of_hub = np.concatenate([[0], np.cumsum(n_of_hub)])
    # made by numpy, which asks the system for large pages: searches read all over it
    links = np.empty((start_of_hub[-1], 4), np.int32)
    _put_links(graph, chains, n_hubs, start_of_hub.copy(), links)
    return Skeleton(
        np.flatnonzero(is_hub).astype(np.int32),
        hub_of_vertex,
        start_of_hub,
        links,
        *chains,
        _padded(place[is_inner]),
        _padded(along_ds[is_inner]),
        chain[is_inner],
    )


@kernel
def _is_passed(start: IntArray, arcs: Int32Array, n_arcs_into: IntArray) -> BoolArray:
    """(n_vertices,) whether a vertex lies on a chain."""
    is_passed = np.zeros(len(start) - 1, np.bool_)
    for vertex in range(len(is_passed)):
        first, last = start[vertex], start[vertex + 1]
        if not 1 <= last - first <= 2 or n_arcs_into[vertex] != last - first:
            continue
        is_passed[vertex] = last - first == 1 or arcs[first, 0] != arcs[first + 1, 0]
        for arc in range(first, last):
            other = arcs[arc, 0]
            has_way_back = False
            for back in range(start[other], start[other + 1]):
                has_way_back |= arcs[back, 0] == vertex and arcs[back, 1] == arcs[arc, 1]
            is_passed[vertex] &= other != vertex and has_way_back
    return is_passed


@kernel
def _steps(start: IntArray, arcs: Int32Array, is_passed: BoolArray) -> tuple[IntArray, IntArray, Int32Array]:
    """Arcs that touch what lies on a chain, each pair of them once: from the lower vertex, to the higher, how long."""
    n = 0
    from_of_step, to_of_step = np.empty(len(arcs) // 2, np.int64), np.empty(len(arcs) // 2, np.int64)
    ds_of_step = np.empty(len(arcs) // 2, np.int32)
    for tail in range(len(is_passed)):
        for arc in range(start[tail], start[tail + 1]):
            head = arcs[arc, 0]
            if tail < head and (is_passed[tail] or is_passed[head]):
                from_of_step[n], to_of_step[n], ds_of_step[n] = tail, head, arcs[arc, 1]
                n += 1
    return from_of_step[:n].copy(), to_of_step[:n].copy(), ds_of_step[:n].copy()


def _from_hubs(
    place: IntArray, start: IntArray, ds_of_leg: Int32Array, is_turned: BoolArray
) -> tuple[IntArray, IntArray]:
    """Stops of all chains, those that begin at a dead end turned round, and deciseconds up to each from the last."""
    chain = np.repeat(np.arange(len(is_turned)), np.diff(start))
    number = np.arange(len(place))
    mirrored = start[:-1][chain] + start[1:][chain] - 1 - number
    before_ds = np.zeros(len(place), np.int64)
    is_first = np.zeros(len(place), np.bool_)
    is_first[start[:-1]] = True
    before_ds[~is_first] = ds_of_leg
    after_ds = np.append(before_ds[1:], 0)
    turned = is_turned[chain]
    return place[np.where(turned, mirrored, number)], np.where(
        is_first, 0, np.where(turned, after_ds[mirrored], before_ds)
    )


@kernel
def _put_links(
    graph: tuple[IntArray, Int32Array, BoolArray, Int32Array],
    chains: tuple[Int32Array, Int32Array, IntArray],
    n_hubs: int,
    at: IntArray,
    links: Int32Array,
) -> None:
    """Count or fill in all links by the hub they leave: plain arcs, and chains from both their ends."""
    (start, arcs, is_passed, place_of_vertex), (ends, ds_of_chain, start_of_chain) = graph, chains
    for vertex in range(len(is_passed)):
        for arc in range(start[vertex], start[vertex + 1]):
            if not (is_passed[vertex] or is_passed[arcs[arc, 0]]):
                _put(links, at, place_of_vertex[vertex], place_of_vertex[arcs[arc, 0]], arcs[arc, 1], 0, 0)
    for chain in range(len(ds_of_chain)):
        one, other, ds = ends[chain, 0], ends[chain, 1], ds_of_chain[chain]
        n_inner = start_of_chain[chain + 1] - start_of_chain[chain]
        _put(links, at, one, other, ds, 2 * chain, n_inner)
        # a ring is run one way only, for both take the same
        if other != n_hubs and other != one:  # noqa: PLR1714 - as kernels understand it
            _put(links, at, other, one, ds, 2 * chain + 1, n_inner)


@kernel
def _put(links: Int32Array, at: IntArray, tail: Whole, head: Whole, ds: Whole, code: Whole, n_inner: Whole) -> None:
    """Put a link into the next place of those that leave its tail; where there are none yet, count it."""
    if len(links) > 0:
        link = at[tail]
        links[link, 0], links[link, 1], links[link, 2], links[link, 3] = head, ds, code, n_inner
    at[tail] += 1


def _padded(values: IntArray) -> Int32Array:
    return np.concatenate([values, np.zeros(LANES, np.int64)]).astype(np.int32)
