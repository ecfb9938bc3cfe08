"""What changes for whom: the homes that a change of stations can touch, before and after, without computing the rest.

A change drops rows of the matrix (station, home, time) and brings others: a closed station drops its row, an added one
brings one, a moved one does both, and a changed street does both for every station that could be felt there. Only homes
in those rows can change; each of them keeps the rest of its row as it was computed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.reach.pairs import Pairs, PairsOfHomes
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


class Rows(NamedTuple):
    """Rows that a change brings."""

    station_of_row: Int32Array
    """(n_rows,) which station each is; one that is new has a number behind all others. Lower numbers win ties."""
    pairs: Pairs
    """Row by row, within the cutoff."""


class Touched(NamedTuple):
    """Homes that a change may touch, and their nearest station within the cutoff before and after it."""

    home: Int32Array
    """(n,) ascending."""
    ds_before: Int32Array
    """(n,) NONE where no station is within the cutoff."""
    station_before: Int32Array
    ds_after: Int32Array
    station_after: Int32Array


class Counted(NamedTuple):
    """Stations that count at all: open at the moment asked about, of the kind asked for."""

    before: BoolArray
    """(n_stations, those that are new included)"""
    after: BoolArray


def touched_homes(
    of_homes: PairsOfHomes, dropped: Pairs, is_dropped: BoolArray, fresh: Rows, counted: Counted
) -> Touched:
    """Find the homes that a change may touch, and what it does to each.

    Parameters
    ----------
    of_homes
        The matrix by home, nearest first.
    dropped
        The rows that go: those of the stations of ``is_dropped``, in any order.
    is_dropped
        (n_stations,) stations whose rows in ``of_homes`` no longer hold, or that count only before or only after.
    fresh
        Rows that come instead or in addition.
    counted
        Which stations count.
    """
    n_homes = len(of_homes.start_of_home) - 1
    home = np.unique(np.concatenate([dropped.home_of_pair, fresh.pairs.home_of_pair])).astype(np.int32)
    found: Touched = Touched(home, *_touched(of_homes, is_dropped, fresh, counted, home, n_homes))
    return found


@kernel
def _touched(
    of_homes: PairsOfHomes,
    is_dropped: BoolArray,
    fresh: Rows,
    counted: Counted,
    home: Int32Array,
    n_homes: int,
) -> tuple[Int32Array, Int32Array, Int32Array, Int32Array]:
    slot_of_home = np.full(n_homes, NONE, np.int32)
    ds_before, station_before = np.full(len(home), NONE, np.int32), np.full(len(home), NONE, np.int32)
    ds_after, station_after = np.full(len(home), NONE, np.int32), np.full(len(home), NONE, np.int32)
    for i in range(len(home)):
        slot_of_home[home[i]] = i
        for j in range(of_homes.start_of_home[home[i]], of_homes.start_of_home[home[i] + 1]):
            station = of_homes.station_of_pair[j]
            if counted.before[station] and ds_before[i] == NONE:
                ds_before[i], station_before[i] = of_homes.ds_of_pair[j], station
            if counted.after[station] and not is_dropped[station] and ds_after[i] == NONE:
                ds_after[i], station_after[i] = of_homes.ds_of_pair[j], station
    for row in range(len(fresh.station_of_row)):
        station = fresh.station_of_row[row]
        if not counted.after[station]:
            continue
        for j in range(fresh.pairs.start_of_station[row], fresh.pairs.start_of_station[row + 1]):
            i, ds = slot_of_home[fresh.pairs.home_of_pair[j]], fresh.pairs.ds_of_pair[j]
            if ds_after[i] == NONE or ds < ds_after[i] or (ds == ds_after[i] and station < station_after[i]):
                ds_after[i], station_after[i] = ds, station
    return ds_before, station_before, ds_after, station_after


def rows_of(pairs: Pairs, stations: Int32Array) -> Pairs:
    """The rows of some stations alone, in the order given."""
    n_of_row = (pairs.start_of_station[1:] - pairs.start_of_station[:-1])[stations]
    start = np.concatenate([[0], np.cumsum(n_of_row)]).astype(np.int64)
    along = np.arange(start[-1]) - np.repeat(start[:-1], n_of_row)
    take = np.repeat(pairs.start_of_station[stations], n_of_row) + along
    return Pairs(start, pairs.home_of_pair[take], pairs.ds_of_pair[take])


class Moved(NamedTuple):
    """People who come within the cutoff and people who fall out of it."""

    gained: FloatArray
    """(n_groups,)"""
    lost: FloatArray


def moved_people(touched: Touched, people_of_home: FloatArray, group_of_home: IntArray, n_groups: int) -> Moved:
    """Who gains and who loses, by group; homes of no group (NONE) count nowhere."""
    group, people = group_of_home[touched.home], people_of_home[touched.home]
    is_gain = (touched.ds_before == NONE) & (touched.ds_after != NONE) & (group != NONE)
    is_loss = (touched.ds_before != NONE) & (touched.ds_after == NONE) & (group != NONE)
    return Moved(
        np.bincount(group[is_gain], weights=people[is_gain], minlength=n_groups).astype(np.float64),
        np.bincount(group[is_loss], weights=people[is_loss], minlength=n_groups).astype(np.float64),
    )
