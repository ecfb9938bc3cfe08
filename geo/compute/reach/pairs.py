"""Who is within the cutoff of which station: the sparse matrix that every figure is read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compute.groups import grouped_as
from geo.compute.kernels import in_parts_with, kernel, trailing_zeros
from geo.compute.reach.kept_search import kept_search
from geo.compute.reach.search import LATE, WORD, Found, Search, need_of, new_found, new_search, spread
from geo.compute.streets.net import Net, Stops, StopsOfPieces
from geo.units import NONE, BoolArray, Int32Array, IntArray

STATIONS_PER_PART = 16


class Pairs(NamedTuple):
    """Homes within the cutoff of each station; within a station by home, ascending."""

    start_of_station: IntArray
    home_of_pair: Int32Array
    ds_of_pair: Int32Array


class PairsOfHomes(NamedTuple):
    """The same pairs by home; within a home by time, then by station."""

    start_of_home: IntArray
    station_of_pair: Int32Array
    ds_of_pair: Int32Array


class _Desk(NamedTuple):
    """Working memory of one thread."""

    search: Search
    found: Found
    ds_of_home: Int32Array
    """(n_homes,) of one station, ``LATE`` where not reached."""
    is_reached: NDArray[np.uint64]
    """One bit per home."""


def homes_within(
    net: Net,
    stations: Stops,
    homes: StopsOfPieces,
    n_homes: int,
    cutoff_ds: int,
    n_threads: int | None = None,
    tell: Callable[[float], None] | None = None,
) -> Pairs:
    """All homes within the cutoff of each station.

    Parameters
    ----------
    net, stations
        The network, searched from the stations; reversed, both, where trips end at them.
    homes
        Joints of the homes by piece, in the direction of the network.
    n_homes
        How many homes there are.
    cutoff_ds
        The cutoff itself is reached.
    n_threads
        All cores where None.
    tell
        Told the share done, now and then; what it raises ends the search.
    """
    need = need_of(net, stations, cutoff_ds)

    def make() -> _Desk:
        n_words = n_homes // WORD + 1
        return _Desk(
            new_search(net, need),
            new_found(len(net.node_of_vertex)),
            np.full(n_homes, LATE, np.int32),
            np.zeros(n_words, np.uint64),
        )

    def part(desk: _Desk, first: int, last: int) -> tuple[IntArray, Int32Array]:
        found: tuple[IntArray, Int32Array] = _homes_within(net, stations, homes, desk, cutoff_ds, first, last)
        return found

    n_stations = len(stations.start_of_point) - 1
    counts, parts = [np.zeros(1, np.int64)], [np.empty((0, 2), np.int32)]
    for n_of_station, found in in_parts_with(make, part, n_stations, STATIONS_PER_PART, n_threads):
        counts.append(n_of_station)
        parts.append(found)
        if tell is not None:
            tell(min((len(parts) - 1) * STATIONS_PER_PART / n_stations, 1.0))
    pairs = np.concatenate(parts)
    return Pairs(np.cumsum(np.concatenate(counts)), pairs[:, 0].copy(), pairs[:, 1].copy())


def homes_of_one(
    net: Net, station: Stops, homes: StopsOfPieces, n_homes: int, cutoff_ds: int
) -> tuple[Int32Array, Int32Array]:
    """As :func:`homes_within` of a single station, with working memory that is kept for the next question.

    Returns
    -------
    home, ds
        (n,) by home, ascending.
    """
    with kept_search(net, station, cutoff_ds) as search:
        desk = _Desk(
            search,
            new_found(len(net.node_of_vertex)),
            np.full(n_homes, LATE, np.int32),
            np.zeros(n_homes // WORD + 1, np.uint64),
        )
        found = _homes_within(net, station, homes, desk, cutoff_ds, 0, 1)[1]
    return found[:, 0].copy(), found[:, 1].copy()


@kernel
def _homes_within(
    net: Net, stations: Stops, homes: StopsOfPieces, desk: _Desk, cutoff_ds: int, first: int, last: int
) -> tuple[IntArray, Int32Array]:
    """Numbers of homes of stations ``first`` up to ``last``, and (n, 2) home and time of all of them."""
    search, _, ds_of_home, is_reached = desk
    n_of_station = np.zeros(last - first, np.int64)
    pairs = np.empty((1024, 2), np.int32)
    n = 0
    for station in range(first, last):
        for i in range(spread(net, stations, search, desk.found, (station, station + 1), cutoff_ds)):
            vertex, ds = desk.found.vertex[i], desk.found.ds[i]
            for arc in range(net.start_of_vertex[vertex], net.start_of_vertex[vertex + 1]):
                side = net.side_of_arc[arc]
                for j in range(homes.start_of_piece[side >> 1], homes.start_of_piece[(side >> 1) + 1]):
                    then = ds + homes.at_ds_of_joint[j, side & 1] + homes.connector_ds_of_joint[j]
                    if then <= cutoff_ds and then < ds_of_home[homes.point_of_joint[j]]:
                        _note(desk, homes.point_of_joint[j], then)
        _on_own_pieces(net, stations, homes, desk, cutoff_ds, station)
        for word in range(len(is_reached)):
            bits = is_reached[word]
            is_reached[word] = np.uint64(0)
            while bits != np.uint64(0):
                home = 64 * word + trailing_zeros(bits)
                bits &= bits - np.uint64(1)
                if n == len(pairs):
                    pairs = np.concatenate((pairs, np.empty_like(pairs)))
                pairs[n, 0], pairs[n, 1] = home, ds_of_home[home]
                ds_of_home[home] = LATE
                n += 1
        n_of_station[station - first] = n
    n_of_station[1:] -= n_of_station[:-1].copy()
    return n_of_station, pairs[:n].copy()


@kernel
def _note(desk: _Desk, home: int, ds: int) -> None:
    desk.ds_of_home[home] = ds
    desk.is_reached[home >> 6] |= np.uint64(1) << np.uint64(home & 63)


@kernel
def _on_own_pieces(net: Net, stations: Stops, homes: StopsOfPieces, desk: _Desk, cutoff_ds: int, station: int) -> None:
    """Homes on the pieces that the station itself joins."""
    for k in range(stations.start_of_point[station], stations.start_of_point[station + 1]):
        piece = stations.piece_of_joint[k]
        for way in range(2):
            if net.ds_of_side[2 * piece + way] == NONE:
                continue
            for j in range(homes.start_of_piece[piece], homes.start_of_piece[piece + 1]):
                along_ds = homes.at_ds_of_joint[j, way] - stations.at_ds_of_joint[k, way]
                ds = stations.connector_ds_of_joint[k] + along_ds + homes.connector_ds_of_joint[j]
                if along_ds >= 0 and ds <= cutoff_ds and ds < desk.ds_of_home[homes.point_of_joint[j]]:
                    _note(desk, homes.point_of_joint[j], ds)


def by_home(pairs: Pairs, n_homes: int) -> PairsOfHomes:
    """The pairs by home."""
    n_stations = len(pairs.start_of_station) - 1
    station = np.repeat(np.arange(n_stations, dtype=np.int32), np.diff(pairs.start_of_station))
    by_station = np.arange(len(station), dtype=np.int32)
    _, by_time = grouped_as(pairs.ds_of_pair, int(pairs.ds_of_pair.max(initial=0)) + 1, by_station)
    start, order = grouped_as(pairs.home_of_pair, n_homes, by_time)
    return PairsOfHomes(start, station[order], pairs.ds_of_pair[order])


def nth_ds(of_homes: PairsOfHomes, n: int) -> Int32Array:
    """(n_homes,) time to the ``n``-th nearest station, counted from 1; NONE where there are fewer."""
    place = of_homes.start_of_home[:-1] + n - 1
    has = place < of_homes.start_of_home[1:]
    ds = np.full(len(place), NONE, np.int32)
    ds[has] = of_homes.ds_of_pair[place[has]]
    return ds


def count_within(of_homes: PairsOfHomes, is_counted_of_station: BoolArray) -> Int32Array:
    """(n_homes,) how many of the counted stations are within the cutoff."""
    is_counted = is_counted_of_station[of_homes.station_of_pair]
    before = np.concatenate([[0], np.cumsum(is_counted)])
    counts: Int32Array = np.diff(before[of_homes.start_of_home]).astype(np.int32)
    return counts


def is_covered(of_homes: PairsOfHomes, is_open_of_station: BoolArray, cutoff_ds: int) -> BoolArray:
    """(n_homes,) whether any open station is within a cutoff, at most the one the pairs were made with."""
    counts = is_open_of_station[of_homes.station_of_pair] & (of_homes.ds_of_pair <= cutoff_ds)
    before = np.concatenate([[0], np.cumsum(counts)])
    covered: BoolArray = np.diff(before[of_homes.start_of_home]) > 0
    return covered
