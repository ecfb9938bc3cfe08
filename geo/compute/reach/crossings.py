"""What the layout of the streets costs: where one crossing of a barrier would bring most people within the time.

A candidate joins two positions on public streets that face each other over a barrier, at most so many metres apart in a
straight line. It is taken as an open way of that length which is entered at its two ends, as a gate, an underpass or a
footbridge is. The shortest walk uses a new way at most once, so the new time of a home is exactly

    min(old time, time to the one end + crossing + way from the other end)

and only a search from the far end has to be made, with what is left of the cutoff, through places where it arrives
sooner than before: whoever lives behind a place that gains nothing gains nothing.

Once such a way is drawn into the streets, people nearby may also go straight to it or to the junctions it makes, as
the rule of a minute (:mod:`geo.compute.reach.minutes`) has it; so a new computation finds these people or more, never
fewer.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from geo.compute.kernels import in_parts, kernel
from geo.compute.reach.members import Members
from geo.compute.streets.net import Net, Stops, StopsOfPieces
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

CROSSINGS_PER_PART = 128
FAR_DS = 2**30


class Crossings(NamedTuple):
    """Crossings worth a look, each in the direction in which it saves time: from the near end to the far one."""

    pair: IntArray
    """(n,) index into the facing pairs."""
    far: Stops
    """(n,) far ends, one joint each."""
    begin_ds: Int32Array
    """(n,) when the far end is reached over the crossing."""


class Town(NamedTuple):
    """What crossings are tried in; everything in the direction of the searches."""

    net: Net
    ds_of_vertex: Int32Array
    """(n_vertices,) to the nearest station, NONE beyond the cutoff."""
    homes: StopsOfPieces
    is_covered_of_home: BoolArray
    cutoff_ds: int


def worth_a_look(
    ends: tuple[Stops, Stops], ds_of_ends: tuple[Int32Array, Int32Array], crossing_ds: Int32Array, cutoff_ds: int
) -> Crossings:
    """Crossings over which the farther end is reached sooner than now, and within the cutoff.

    Parameters
    ----------
    ends
        One end and the other of every pair, as points with one joint each.
    ds_of_ends
        To the nearest station from each; NONE beyond the cutoff.
    crossing_ds
        (n_pairs,) how long the crossing takes.
    cutoff_ds
        Reached itself.
    """
    one_ds, other_ds = (np.where(ds == NONE, FAR_DS, ds).astype(np.int64) for ds in ds_of_ends)
    begin_ds = np.minimum(one_ds, other_ds) + crossing_ds
    pair = np.flatnonzero((begin_ds < np.maximum(one_ds, other_ds)) & (begin_ds <= cutoff_ds))
    from_one = (one_ds <= other_ds)[pair]
    far = _single(
        np.where(from_one, ends[1].piece_of_joint[pair], ends[0].piece_of_joint[pair]).astype(np.int32),
        np.where(from_one[:, None], ends[1].at_ds_of_joint[pair], ends[0].at_ds_of_joint[pair]).astype(np.int32),
    )
    return Crossings(pair, far, begin_ds[pair].astype(np.int32))


def _single(piece: Int32Array, at_ds: Int32Array) -> Stops:
    """Points of one joint each, which stand on the street."""
    return Stops(np.arange(len(piece) + 1, dtype=np.int64), piece, at_ds, np.zeros(len(piece), np.int32))


def of_crossings(crossings: Crossings, which: IntArray) -> Crossings:
    """Some of the crossings, in the order in which they are named."""
    far = crossings.far
    return Crossings(
        crossings.pair[which],
        _single(far.piece_of_joint[which], far.at_ds_of_joint[which]),
        crossings.begin_ds[which],
    )


class _Memory(NamedTuple):
    """What one search needs; as it was after every search but for the stamps."""

    best_ds: Int32Array
    """(n_vertices,) as of the town, far later than the cutoff where nothing was reached."""
    touched: Int32Array
    crossing_of_home: Int32Array
    found: Int32Array


@kernel
def _new_memory(town: Town) -> _Memory:
    n_vertices, n_homes = len(town.ds_of_vertex), len(town.is_covered_of_home)
    best_ds = np.where(town.ds_of_vertex == NONE, FAR_DS, town.ds_of_vertex).astype(np.int32)
    return _Memory(
        best_ds,
        np.empty(n_vertices, np.int32),
        np.full(n_homes, NONE, np.int32),
        np.empty(n_homes, np.int32),
    )


@kernel
def _before(town: Town, vertex: int) -> int:
    """When a vertex is reached without a crossing."""
    return FAR_DS if town.ds_of_vertex[vertex] == NONE else town.ds_of_vertex[vertex]


@kernel
def _collect(town: Town, memory: _Memory, crossing: int, n_found: int, side: int, arrived: tuple[int, int]) -> int:
    """Homes on a piece within the cutoff of whoever moves along ``side``; ``arrived``: when, and how far along it."""
    homes = town.homes
    begin_ds, at_ds = arrived
    for j in range(homes.start_of_piece[side >> 1], homes.start_of_piece[(side >> 1) + 1]):
        home, home_ds = homes.point_of_joint[j], homes.at_ds_of_joint[j, side & 1]
        if home_ds < at_ds or town.is_covered_of_home[home] or memory.crossing_of_home[home] == crossing:
            continue
        if begin_ds + home_ds - at_ds + homes.connector_ds_of_joint[j] <= town.cutoff_ds:
            memory.crossing_of_home[home] = crossing
            memory.found[n_found] = home
            n_found += 1
    return n_found


@kernel
def _gained(town: Town, memory: _Memory, crossings: Crossings, crossing: int) -> int:
    """How many homes one crossing gains; they are in ``memory.found``."""
    net, best_ds = town.net, memory.best_ds
    piece, begin_ds = crossings.far.piece_of_joint[crossing], crossings.begin_ds[crossing]
    heap = [np.int64(0)]  # time * vertices + vertex
    heap.pop()
    n_found = n_touched = 0
    for side in (2 * piece, 2 * piece + 1):
        if net.ds_of_side[side] == NONE:
            continue
        at_ds = crossings.far.at_ds_of_joint[crossing, side & 1]
        n_found = _collect(town, memory, crossing, n_found, side, (begin_ds, at_ds))
        ds = begin_ds + net.ds_of_side[side] - at_ds
        for k in range(net.start_of_leave[side], net.start_of_leave[side + 1]):
            n_touched = _offer(town, memory, heap, n_touched, net.vertex_of_leave[k], ds)
    while len(heap) > 0:
        ds, vertex = divmod(heappop(heap), len(best_ds))
        if ds > best_ds[vertex]:
            continue
        for arc in range(net.start_of_vertex[vertex], net.start_of_vertex[vertex + 1]):
            n_found = _collect(town, memory, crossing, n_found, net.side_of_arc[arc], (int(ds), 0))
            n_touched = _offer(town, memory, heap, n_touched, net.arcs[arc, 0], ds + net.arcs[arc, 1])
    for vertex in memory.touched[:n_touched]:
        best_ds[vertex] = _before(town, vertex)
    return n_found


@kernel
def _offer(town: Town, memory: _Memory, heap: list[np.int64], n_touched: int, vertex: int, ds: int) -> int:
    """Label a vertex if it is reached sooner than by any way so far. Returns how many have been labelled."""
    if ds > town.cutoff_ds or ds >= memory.best_ds[vertex]:
        return n_touched
    if memory.best_ds[vertex] == _before(town, vertex):
        memory.touched[n_touched] = vertex
        n_touched += 1
    memory.best_ds[vertex] = ds
    heappush(heap, np.int64(ds) * len(memory.best_ds) + vertex)
    return n_touched


@kernel
def _people_gained(town: Town, crossings: Crossings, people: FloatArray, first: int, last: int) -> FloatArray:
    memory = _new_memory(town)
    sums = np.zeros(last - first)
    for crossing in range(first, last):
        for i in range(_gained(town, memory, crossings, crossing)):
            sums[crossing - first] += people[memory.found[i]]
    return sums


@kernel
def _homes_gained(town: Town, crossings: Crossings) -> tuple[IntArray, Int32Array]:
    memory = _new_memory(town)
    start = np.zeros(len(crossings.begin_ds) + 1, np.int64)
    homes = np.empty(1024, np.int32)
    n = 0
    for crossing in range(len(crossings.begin_ds)):
        n_found = _gained(town, memory, crossings, crossing)
        if n + n_found > len(homes):
            homes = np.concatenate((homes, np.empty(n + n_found, np.int32)))
        homes[n : n + n_found] = np.sort(memory.found[:n_found])
        n += n_found
        start[crossing + 1] = n
    return start, homes[:n].copy()


def people_gained(town: Town, crossings: Crossings, people: FloatArray) -> FloatArray:
    """How many people each crossing alone would bring within the cutoff.

    Parameters
    ----------
    town, crossings
        Where, and which.
    people
        (n_homes,) counts, fractions allowed.
    """

    def part(first: int, last: int) -> FloatArray:
        sums: FloatArray = _people_gained(town, crossings, people, first, last)
        return sums

    return np.concatenate([np.zeros(0), *in_parts(part, len(crossings.begin_ds), CROSSINGS_PER_PART)])


def homes_gained(town: Town, crossings: Crossings) -> Members:
    """The homes that each crossing alone would bring within the cutoff."""
    start, home = _homes_gained(town, crossings)
    return Members(start, home)


def best_apart(xy_m: FloatArray, gain: FloatArray, metres: FloatArray, apart_m: float, n_most: int) -> IntArray:
    """Those that gain most, the best first, none nearer to a better one than ``apart_m``.

    Parameters
    ----------
    xy_m
        (n, 2) where each is.
    gain
        (n,) what it gains; one that gains nothing is left out.
    metres
        (n,) how long it is: of those that gain the same the shorter is better, of equally long ones the first.
    apart_m
        Least distance.
    n_most
        No more than these.
    """
    chosen: list[int] = []
    for i in np.lexsort((metres, -gain)):
        if gain[i] <= 0 or len(chosen) == n_most:
            break
        if not chosen or np.hypot(*(xy_m[chosen] - xy_m[i]).T).min() >= apart_m:
            chosen.append(int(i))
    return np.array(chosen, dtype=np.int64)
