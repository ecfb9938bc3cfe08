"""Who is served how well: supply shared out over those in reach of it (floating catchments).

Step 1 divides each station's supply by the people in its reach, step 2 adds up what every home gets from the stations
in its reach; in both steps a person counts the less the farther away:

    R_j = S_j / sum_i w(t_ij) P_i        A_i = sum_j w(t_ij) R_j

Whatever the weights, nothing is lost: ``sum_i A_i P_i`` is the supply of all stations with anybody in reach.

Source
------
2SFCA: Luo and Wang (2003), Environment and Planning B 30, 865-884. E2SFCA (weights by ring): Luo and Qi (2009),
Health & Place 15, 1100-1107. Gaussian weights: Dai (2010), Health & Place 16, 1038-1052.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.reach.pairs import Pairs
from geo.units import BoolArray, FloatArray, Int32Array


class Access(NamedTuple):
    """What homes get."""

    of_home: FloatArray
    """(n_homes,) supply per person."""
    has_demand_of_station: BoolArray
    """(n_stations,) whether anybody is in its reach; the supply of the others goes to nobody."""


def even_weights(ds: Int32Array, cutoff_ds: int) -> FloatArray:
    """1 up to the cutoff, which itself is reached (2SFCA)."""
    return (ds <= cutoff_ds).astype(np.float64)


def ring_weights(ds: Int32Array, cutoff_ds: int, weights: tuple[float, ...]) -> FloatArray:
    """One weight a ring (E2SFCA): as many rings of equal width as there are weights; a ring's outer bound is in it.

    >>> ring_weights(np.array([0, 100, 101, 300, 301], dtype=np.int32), 300, (1.0, 0.5, 0.25)).tolist()
    [1.0, 1.0, 0.5, 0.25, 0.0]
    """
    # whole numbers throughout: the ring of t is the least k with t * n <= cutoff * k
    ring = np.maximum(-(-ds.astype(np.int64) * len(weights) // cutoff_ds), 1) - 1
    weight: FloatArray = np.array([*weights, 0.0])[np.minimum(ring, len(weights))]
    return weight


def gaussian_weights(ds: Int32Array, cutoff_ds: int) -> FloatArray:
    """A bell that is 1 at the door and 0 at the cutoff and beyond."""
    edge = np.exp(-0.5)
    bell: FloatArray = (np.exp(-0.5 * (ds / cutoff_ds) ** 2) - edge) / (1 - edge)
    return np.maximum(bell, 0.0)


def floating_catchments(pairs: Pairs, weight_of_pair: FloatArray, supply: FloatArray, people: FloatArray) -> Access:
    """Share supply out over those in reach of it.

    Parameters
    ----------
    pairs
        Homes in reach of each station.
    weight_of_pair
        (n_pairs,) how much each counts, 0 to 1.
    supply
        (n_stations,) what a station offers, none below 0.
    people
        (n_homes,) who wants it, fractions allowed.
    """
    station = np.repeat(np.arange(len(supply)), np.diff(pairs.start_of_station))
    demand = np.bincount(station, weights=weight_of_pair * people[pairs.home_of_pair], minlength=len(supply))
    has_demand = demand > 0
    per_person = np.where(has_demand, supply / np.where(has_demand, demand, 1.0), 0.0)
    given = weight_of_pair * per_person[station]
    of_home = np.bincount(pairs.home_of_pair, weights=given, minlength=len(people)).astype(np.float64)
    return Access(of_home, has_demand)
