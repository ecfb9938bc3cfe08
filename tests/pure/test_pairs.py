"""What is read from the pairs, against the plain table of all times."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.pairs import Pairs, by_home, count_within, is_covered, nth_ds
from tests.towns import far_as_inf


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_the_readers_read_the_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_stations, n_homes = rng.integers(0, 7), rng.integers(0, 12)
    times = np.where(rng.random((n_stations, n_homes)) < 0.5, rng.integers(0, 5, (n_stations, n_homes)), np.inf)
    station, home = np.nonzero(np.isfinite(times))
    start = np.concatenate([[0], np.cumsum(np.isfinite(times).sum(axis=1))]).astype(np.int64)
    pairs = Pairs(start, home.astype(np.int32), times[station, home].astype(np.int32))

    of_homes = by_home(pairs, n_homes)
    for one in range(n_homes):
        own = slice(*of_homes.start_of_home[one : one + 2])
        told = list(zip(of_homes.ds_of_pair[own].tolist(), of_homes.station_of_pair[own].tolist(), strict=True))
        assert told == sorted((times[s, one], s) for s in range(n_stations) if np.isfinite(times[s, one]))

    table = np.vstack([times, np.full((4, n_homes), np.inf)])
    for n in (1, 2, 4):
        assert far_as_inf(nth_ds(of_homes, n)).tolist() == np.sort(table, axis=0)[n - 1].tolist()
    is_open = rng.random(n_stations) < 0.6
    assert count_within(of_homes, is_open).tolist() == np.isfinite(times[is_open]).sum(axis=0).tolist()
    for cutoff_ds in (0, 2, 9):
        assert is_covered(of_homes, is_open, cutoff_ds).tolist() == (times[is_open] <= cutoff_ds).any(axis=0).tolist()
