"""Where trips that begin at stations arrive, and when: the searches of the network, in whole deciseconds.

The rule of a minute
--------------------
A piece takes ``T = round_half_up(length_m * ds_per_m)`` along each open side. A point joins every piece in reach at its
exact nearest position (:mod:`geo.compute.streets.snap`); its connector takes ``c = round_half_up(distance_m *
ds_per_m)`` and the joint lies ``p = round_half_up(T * along_m / shape_m)`` from the piece's from-node and ``T - p``
from its to-node. The time between two points is the least, over all joints of both, of ``c + part of the piece +
network + part of the piece + c``; where both join one piece, ``c + |p - p| + c`` counts as well in the direction that
is open. Everything after the roundings is whole numbers, so sums, cutoffs (the cutoff itself is reached) and ties (the
lowest station) are exact.

Adding a way between existing junctions never raises a time. A new junction on a piece cuts it and rounds both parts
anew: a walk past the cut may change by 1 ds, and by 1 ds more for each of its ends that joins the piece that was cut.

Direction
---------
All searches begin at the stations. For trips that end at them, search ``reverse(net)`` with ``reversed_stops``.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from geo.compute.kernels import (
    Crew,
    all_cores,
    bare_kernel,
    claim,
    enter,
    leave,
    n_workers,
    new_counter,
    new_crew,
    on_threads,
)
from geo.compute.reach.kept_search import kept_search, kept_searches
from geo.compute.reach.search import (
    Found,
    Search,
    fill_times,
    forget_own,
    most_found,
    new_found,
    settle,
    tell,
)
from geo.compute.streets.net import Net, Stops
from geo.compute.streets.skeleton import LANES
from geo.units import Int32Array, IntArray

FIRST_ROOM = 700_000
"""What is kept room for until it is seen how much the stations reach: 6 MB, which are taken up only as they fill."""

N_EARLY = 32
"""About how many stations are asked first, all over the city, to see that."""

SPARE = 1.2
"""How much more room is made than the stations done so far would need."""

SHARE = 1 << 12
"""How much of the room a thread takes at a time."""


class Reached(NamedTuple):
    """Vertices within the cutoff of each station, each once, in no order that means anything."""

    begin_of_station: IntArray
    """(n_stations,) where in what follows its vertices begin, and below where they end; what lies between two stations
    is left empty by threads that work side by side."""
    end_of_station: IntArray
    vertex: Int32Array
    ds: Int32Array

    def triples(self) -> tuple[IntArray, Int32Array, Int32Array]:
        """Station, vertex and time of every pair, station after station."""
        n_of_station = self.end_of_station - self.begin_of_station
        station = np.repeat(np.arange(len(n_of_station)), n_of_station)
        before = np.concatenate([[0], np.cumsum(n_of_station)[:-1]]) if len(n_of_station) else n_of_station
        at = np.arange(len(station)) + (self.begin_of_station - before)[station]
        return station, self.vertex[at], self.ds[at]


class _Tally(NamedTuple):
    """What threads share."""

    queue: IntArray
    """Stations to be searched from."""
    n_claimed: IntArray
    """(1,) how many of them have been claimed."""
    left: IntArray
    """(n,) those that were claimed and for which there was no room."""
    n_left: IntArray
    n_taken: IntArray
    """(1,) how much of the room is taken."""


def _on_threads(
    net: Net, stations: Stops, searches: list[Search], reached: Reached, tally: _Tally, cutoff_ds: int
) -> None:
    """Search from the stations that are waiting, on one thread for each working memory."""
    crew = new_crew()
    crews = [crew.first(), *[crew] * (len(searches) - 1)]
    both = zip(searches, crews, strict=True)
    on_threads(
        [partial(_reach_together, net, stations, own, reached, tally, its, cutoff_ds) for own, its in both], crew
    )


@bare_kernel
def _reach_together(
    net: Net, stations: Stops, search: Search, reached: Reached, tally: _Tally, crew: Crew, cutoff_ds: int
) -> None:
    """What one of several threads does."""
    enter(crew)
    _reach_some(net, stations, search, reached, tally, cutoff_ds)
    leave(crew)


@bare_kernel
def _reach_some(net: Net, stations: Stops, search: Search, reached: Reached, tally: _Tally, cutoff_ds: int) -> None:
    """Search from stations that nobody has claimed until there are none, or no room."""
    n_room = len(reached.vertex) - LANES
    at = until = 0
    while True:
        number = claim(tally.n_claimed, 1)
        if number >= len(tally.queue):
            return
        station = tally.queue[number]
        counts = settle(net, stations, search, (station, station + 1), cutoff_ds)
        n_most = min(most_found(net, search, counts), len(net.node_of_vertex)) + LANES
        if at + n_most > until:
            n_more = max(n_most, SHARE)
            at = claim(tally.n_taken, n_more)
            until = at + n_more
        if until > n_room:
            tally.left[claim(tally.n_left, 1)] = station
            forget_own(net, search, counts.own)
            return
        end = tell(net, search, Found(reached.vertex, reached.ds), at, counts, cutoff_ds)
        reached.begin_of_station[station], reached.end_of_station[station] = at, end
        at = end


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
    n_stations = len(stations.start_of_point) - 1
    begin, end = np.zeros((2, n_stations), np.int64)
    room = min(FIRST_ROOM, n_stations * len(net.node_of_vertex)) + all_cores() * (SHARE + LANES)
    reached = Reached(begin, end, *new_found(room))
    queue, n_used = _some_first(n_stations), 0
    while len(queue):
        tally = _Tally(queue, new_counter(), np.empty(len(queue), np.int64), new_counter(), new_counter(n_used))
        with kept_searches(net, stations, cutoff_ds, n_workers(len(queue), n_threads)) as searches:
            _on_threads(net, stations, searches, reached, tally, cutoff_ds)
        queue = np.concatenate([tally.left[: tally.n_left[0]], queue[tally.n_claimed[0] :]])
        if len(queue):
            n_used = int(end.max(initial=0))
            reached = _enlarged(reached, n_used, len(queue), len(net.node_of_vertex))
    return reached


def _some_first(n: int) -> IntArray:
    """``range(n)`` with some that stand for all at its head."""
    is_early = np.arange(n) % max(n // N_EARLY, 1) == 0
    return np.concatenate([np.flatnonzero(is_early), np.flatnonzero(~is_early)])


def _enlarged(reached: Reached, n_used: int, n_left: int, n_vertices: int) -> Reached:
    """The same with room for the stations that are left, as far as can be told from those that are done.

    There is always room for one station more, so that the next round does at least that.
    """
    n_done = max(len(reached.begin_of_station) - n_left, 1)
    n_room = n_used + int(SPARE * n_left * n_used / n_done) + 2 * n_vertices + all_cores() * (SHARE + LANES)
    larger = new_found(n_room)
    larger.vertex[:n_used], larger.ds[:n_used] = reached.vertex[:n_used], reached.ds[:n_used]
    return reached._replace(vertex=larger.vertex, ds=larger.ds)


def times_of_nodes(net: Net, stations: Stops, horizon_ds: int) -> Int32Array:
    """Time of every vertex from the nearest station: (n_vertices,) NONE beyond the horizon, which itself is reached."""
    ds_of_vertex = np.empty(len(net.node_of_vertex), np.int32)
    of_own = new_found(len(net.skeleton.chain_of_inner))
    with kept_search(net, stations, horizon_ds) as search:
        fill_times(net, stations, search, horizon_ds, of_own, ds_of_vertex)
    return ds_of_vertex
