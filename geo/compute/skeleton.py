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
from geo.compute.groups import grouped
from geo.compute.kernels import kernel
from geo.units import BoolArray, Int32Array, IntArray

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
    head, ds = arcs[:, 0], arcs[:, 1]
    tail = np.repeat(np.arange(n_vertices, dtype=np.int32), np.diff(start_of_vertex))
    is_passed = _is_passed(start_of_vertex, arcs, np.bincount(head, minlength=n_vertices))
    touches_passed = is_passed[tail] | is_passed[head]
    step = np.flatnonzero(touches_passed & (tail < head))
    place, start, leg = chains_of(tail[step].astype(np.int64), head[step].astype(np.int64), ~is_passed)
    first, last = place[start[:-1]], place[start[1:] - 1]
    is_hub = ~is_passed
    is_hub[first[(first == last) | (is_passed[first] & is_passed[last])]] = True
    place, gap_ds = _from_hubs(place, start, ds[step[leg]], ~is_hub[first])

    chain = np.repeat(np.arange(len(first), dtype=np.int32), np.diff(start))
    along_ds = np.cumsum(gap_ds)
    along_ds -= along_ds[start[:-1]][chain]
    is_inner = ~is_hub[place]
    n_hubs, hub_of_vertex = int(is_hub.sum()), (np.cumsum(is_hub) - 1).astype(np.int32)
    last_places = np.stack([place[start[:-1]], place[start[1:] - 1]], axis=1)
    ends = np.where(is_hub[last_places], hub_of_vertex[last_places], n_hubs).astype(np.int32)
    ds_of_chain = np.where(ends[:, 1] == n_hubs, NOWHERE_DS, along_ds[start[1:] - 1]).astype(np.int32)
    n_inner_of_chain = np.bincount(chain[is_inner], minlength=len(first))

    place_of_vertex = hub_of_vertex.copy()
    place_of_vertex[place[is_inner]] = -1 - np.arange(is_inner.sum(), dtype=np.int32)
    direct = ~touches_passed
    through = np.stack([hub_of_vertex[head[direct]], ds[direct], *np.zeros((2, direct.sum()), np.int32)], axis=1)
    start_of_hub, links = _links(hub_of_vertex[tail[direct]], through, ends, ds_of_chain, n_inner_of_chain, n_hubs)
    return Skeleton(
        np.flatnonzero(is_hub).astype(np.int32),
        place_of_vertex,
        start_of_hub,
        links,
        ends,
        ds_of_chain,
        np.concatenate([[0], np.cumsum(n_inner_of_chain)]).astype(np.int64),
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


def _links(
    tail: Int32Array, through: Int32Array, ends: Int32Array, ds: Int32Array, n_inner: IntArray, n_hubs: int
) -> tuple[IntArray, Int32Array]:
    """All links by the hub they leave: plain arcs, and chains from both their ends."""
    chain = np.arange(len(ds))
    forward = np.stack([ends[:, 1], ds, 2 * chain, n_inner], axis=1)
    has_way_back = (ends[:, 1] != n_hubs) & (ends[:, 1] != ends[:, 0])
    backward = np.stack([ends[:, 0], ds, 2 * chain + 1, n_inner], axis=1)[has_way_back]
    tails = np.concatenate([tail, ends[:, 0], ends[has_way_back, 1]]).astype(np.int32)
    start, order = grouped(tails, n_hubs + 1)
    links = np.ascontiguousarray(np.concatenate([through, forward, backward])[order], dtype=np.int32)
    return start, links


def _padded(values: IntArray) -> Int32Array:
    return np.concatenate([values, np.zeros(LANES, np.int64)]).astype(np.int32)
