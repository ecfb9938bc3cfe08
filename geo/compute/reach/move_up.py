"""Who should move where, so that most people have help within the cutoff again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.reach.pairs import Pairs, PairsOfHomes, count_within
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


class MoveUp(NamedTuple):
    """The best move, and what it brings."""

    helper: int
    """Who moves."""
    station: int
    """Where to."""
    people: float
    """Who is covered then and was not, less who no longer is."""


class Movers(NamedTuple):
    """Who covers, and who of them may go where; (n_helpers,) each."""

    is_free: BoolArray
    """Covers."""
    may_move: BoolArray
    """May move at all; all of them cover."""
    area: IntArray
    """Where each works; NONE: in none of the areas."""
    may_leave: BoolArray
    """Is not needed in its area: may move out of it, too."""


def best_move(
    pairs: Pairs, of_homes: PairsOfHomes, movers: Movers, is_target: BoolArray, people: FloatArray
) -> MoveUp | None:
    """The move of one free helper to one station that brings back most people.

    Parameters
    ----------
    pairs, of_homes
        Homes within the cutoff of each helper, by helper and by home. Whoever moves to a station covers what the
        station does, and no longer what was covered from where it was.
    movers
        Who covers, and may move.
    is_target
        (n_helpers,) stations that somebody may move to; none of them free.
    people
        (n_homes,) how many live there.

    Returns
    -------
    None where no move brings back anybody. Of equally good ones the lowest station, then the lowest helper.
    """
    n_free = count_within(of_homes, movers.is_free)
    sole = _sole_helper(of_homes, movers.is_free, n_free)
    n_helpers = len(movers.is_free)
    lost = _by_helper(sole, people, n_helpers)
    best: MoveUp | None = None
    for station in np.flatnonzero(is_target).tolist():
        homes = pairs.home_of_pair[pairs.start_of_station[station] : pairs.start_of_station[station + 1]]
        gained = people[homes][n_free[homes] == 0].sum()
        # of those whom the mover alone covered, the ones near the station keep it
        net = gained - lost + _by_helper(sole[homes], people[homes], n_helpers)
        stays_in = movers.area == movers.area[station]
        net[~(movers.may_move & (movers.may_leave | stays_in))] = -np.inf
        helper = int(np.argmax(net))
        if net[helper] > (0.0 if best is None else best.people):
            best = MoveUp(helper, station, float(net[helper]))
    return best


def covered_alone(of_homes: PairsOfHomes, is_free: BoolArray, people: FloatArray) -> FloatArray:
    """(n_helpers,) people who have each free helper within the cutoff, and no other."""
    sole = _sole_helper(of_homes, is_free, count_within(of_homes, is_free))
    return _by_helper(sole, people, len(is_free))


def _sole_helper(of_homes: PairsOfHomes, is_free: BoolArray, n_free: Int32Array) -> IntArray:
    """(n_homes,) the only free helper within the cutoff; NONE where there is none or more than one."""
    home = np.repeat(np.arange(len(n_free)), np.diff(of_homes.start_of_home))
    is_sole = is_free[of_homes.station_of_pair] & (n_free[home] == 1)
    sole = np.full(len(n_free), NONE, np.int64)
    sole[home[is_sole]] = of_homes.station_of_pair[is_sole]
    return sole


def _by_helper(sole: IntArray, people: FloatArray, n_helpers: int) -> FloatArray:
    """(n_helpers,) people whom each alone covers."""
    counts = sole != NONE
    return np.bincount(sole[counts], weights=people[counts], minlength=n_helpers).astype(np.float64)
