"""Who is within reach of an open station, moment by moment, and what other hours would change.

Opening hours repeat: most moments share their set of open stations with others, and each set is answered once. Up to 64
sets are answered in one pass over the pairs: a station carries one bit for each set it is open in, a home collects the
bits of the stations it reaches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compute.kernels import kernel, trailing_zeros
from geo.compute.reach.pairs import PairsOfHomes
from geo.units import BoolArray, FloatArray, IntArray

WORD = 64
"""Sets answered in one pass."""

Words = NDArray[np.uint64]


class Change(NamedTuple):
    """What other hours bring and take, in people of each group."""

    gained: FloatArray
    """(n_instants, n_groups) reached by an open station only with the new hours."""
    lost: FloatArray
    """(n_instants, n_groups) reached only with the old hours."""
    newly_reached: FloatArray
    """(n_groups,) reached at some of the moments with the new hours and at none with the old."""
    gaining: FloatArray
    """(n_groups,) reached at more moments than before."""


def people_covered(
    of_homes: PairsOfHomes, is_open: BoolArray, cutoff_ds: int, people_of_home: FloatArray
) -> FloatArray:
    """People within reach of an open station at each moment.

    Parameters
    ----------
    of_homes
        Stations within some time of each home, nearest first.
    is_open
        (n_instants, n_stations).
    cutoff_ds
        Reached itself; at most what the pairs were found with.
    people_of_home
        (n_homes, n_groups).

    Returns
    -------
    (n_instants, n_groups).
    """
    sets, set_of_instant = np.unique(is_open, axis=0, return_inverse=True)
    sums = np.empty((len(sets), people_of_home.shape[1]))
    for first in range(0, len(sets), WORD):
        words = _words(sets[first : first + WORD])
        sums[first : first + WORD] = _covered(of_homes, words, len(sets) - first, cutoff_ds, people_of_home)
    return sums[set_of_instant.reshape(-1)]


def change_of_hours(
    of_homes: PairsOfHomes,
    is_open_before: BoolArray,
    is_open_after: BoolArray,
    cutoff_ds: int,
    people_of_home: FloatArray,
) -> Change:
    """What it changes, for how many people and when, that stations are open at other moments.

    Parameters
    ----------
    is_open_before, is_open_after
        (n_instants, n_stations) of the same moments and stations.
    of_homes, cutoff_ds, people_of_home
        As for :func:`people_covered`.
    """
    both, set_of_instant = np.unique(np.hstack([is_open_before, is_open_after]), axis=0, return_inverse=True)
    before, after = np.hsplit(both, 2)
    instants_of_set = np.bincount(set_of_instant.reshape(-1), minlength=len(both))
    n_homes = len(people_of_home)
    gained, lost = np.empty((len(both), people_of_home.shape[1])), np.empty((len(both), people_of_home.shape[1]))
    moments_before, moments_after = np.zeros(n_homes, dtype=np.int64), np.zeros(n_homes, dtype=np.int64)
    for first in range(0, len(both), WORD):
        part = slice(first, first + WORD)
        words = (_words(before[part]), _words(after[part]))
        moments = (moments_before, moments_after)
        gained[part], lost[part] = _changed(of_homes, words, instants_of_set[part], cutoff_ds, people_of_home, moments)
    is_new = (moments_before == 0) & (moments_after > 0)
    return Change(
        gained=gained[set_of_instant.reshape(-1)],
        lost=lost[set_of_instant.reshape(-1)],
        newly_reached=people_of_home[is_new].sum(axis=0),
        gaining=people_of_home[moments_after > moments_before].sum(axis=0),
    )


def _words(sets: BoolArray) -> Words:
    """(n_stations,) bit s is set where the station is open in set s, for at most 64 sets."""
    bit_of_set = np.uint64(1) << np.arange(len(sets), dtype=np.uint64)
    words: Words = np.bitwise_or.reduce(np.where(sets, bit_of_set[:, None], np.uint64(0)), axis=0)
    return words


@kernel
def _covered(
    of_homes: PairsOfHomes, word_of_station: Words, n_sets: int, cutoff_ds: int, people_of_home: FloatArray
) -> FloatArray:
    n_sets = min(n_sets, WORD)
    sums = np.zeros((n_sets, people_of_home.shape[1]))
    for home in range(len(people_of_home)):
        word = _word_of_home(of_homes, home, word_of_station, cutoff_ds)
        if word != np.uint64(0):
            _add(sums, word, people_of_home[home])
    return sums


@kernel
def _changed(
    of_homes: PairsOfHomes,
    words: tuple[Words, Words],
    instants_of_set: IntArray,
    cutoff_ds: int,
    people_of_home: FloatArray,
    moments: tuple[IntArray, IntArray],
) -> tuple[FloatArray, FloatArray]:
    gained = np.zeros((len(instants_of_set), people_of_home.shape[1]))
    lost = np.zeros((len(instants_of_set), people_of_home.shape[1]))
    for home in range(len(people_of_home)):
        before = _word_of_home(of_homes, home, words[0], cutoff_ds)
        after = _word_of_home(of_homes, home, words[1], cutoff_ds)
        moments[0][home] += _moments(before, instants_of_set)
        moments[1][home] += _moments(after, instants_of_set)
        if before != after:
            _add(gained, after & ~before, people_of_home[home])
            _add(lost, before & ~after, people_of_home[home])
    return gained, lost


@kernel
def _word_of_home(of_homes: PairsOfHomes, home: int, word_of_station: Words, cutoff_ds: int) -> np.uint64:
    word = np.uint64(0)
    for pair in range(of_homes.start_of_home[home], of_homes.start_of_home[home + 1]):
        if of_homes.ds_of_pair[pair] > cutoff_ds:
            break  # nearest first
        word |= word_of_station[of_homes.station_of_pair[pair]]
    return word


@kernel
def _add(sums: FloatArray, word: np.uint64, people: FloatArray) -> None:
    while word != np.uint64(0):
        chosen = trailing_zeros(word)
        word &= word - np.uint64(1)
        for group in range(len(people)):
            sums[chosen, group] += people[group]


@kernel
def _moments(word: np.uint64, instants_of_set: IntArray) -> int:
    count = 0
    while word != np.uint64(0):
        count += instants_of_set[trailing_zeros(word)]
        word &= word - np.uint64(1)
    return count
