"""Floating catchments: towns done by hand, the sums that must hold whatever the town, and the formulas once more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compute.reach.access import even_weights, floating_catchments, gaussian_weights, ring_weights
from geo.compute.reach.pairs import Pairs

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]
CUTOFF = 900
RINGS = (1.0, 0.68, 0.22)


def pairs_of(ds: np.ndarray) -> Pairs:
    """From a table of times, a row a station, -1 where a home is out of reach."""
    start = np.concatenate([[0], np.cumsum((ds >= 0).sum(axis=1))]).astype(np.int64)
    return Pairs(start, np.nonzero(ds >= 0)[1].astype(np.int32), ds[ds >= 0].astype(np.int32))


WEIGHTS = {
    "2sfca": lambda ds: even_weights(ds, CUTOFF),
    "e2sfca": lambda ds: ring_weights(ds, CUTOFF, RINGS),
    "gaussian": lambda ds: gaussian_weights(ds, CUTOFF),
}


def test_two_stations_by_hand() -> None:
    # station 0 (100 places) reaches homes 0 and 1, station 1 (30 places) homes 1 and 2
    pairs = pairs_of(np.array([[0, 900, -1], [-1, 300, 600]]))
    people = np.array([10.0, 40.0, 20.0])
    found = floating_catchments(pairs, even_weights(pairs.ds_of_pair, CUTOFF), np.array([100.0, 30.0]), people)
    assert found.of_home.tolist() == [100 / 50, 100 / 50 + 30 / 60, 30 / 60]
    assert (found.of_home * people).sum() == 130


def test_rings_by_hand() -> None:
    # thirds of 900 ds: 300 is still the first ring, 600 the second
    assert ring_weights(np.array([0, 300, 301, 600, 601, 900, 901]), CUTOFF, RINGS).tolist() == [
        1.0,
        1.0,
        0.68,
        0.68,
        0.22,
        0.22,
        0.0,
    ]
    pairs = pairs_of(np.array([[300, 600, 900]]))
    found = floating_catchments(
        pairs, ring_weights(pairs.ds_of_pair, CUTOFF, RINGS), np.array([190.0]), np.array([50.0, 50.0, 50.0])
    )
    # demand 50 * (1 + 0.68 + 0.22) = 95, two places for one who counts whole
    assert found.of_home == pytest.approx([2.0, 1.36, 0.44])


def test_the_bell_is_whole_at_the_door_and_nothing_at_the_cutoff() -> None:
    weights = gaussian_weights(np.array([0, 450, 900, 901]), CUTOFF)
    assert weights[[0, 2, 3]].tolist() == [1, 0, 0]
    # Dai (2010), written out: (e^(-1/8) - e^(-1/2)) / (1 - e^(-1/2))
    assert weights[1] == pytest.approx(0.7014, abs=1e-4)


def test_supply_where_nobody_is_goes_to_nobody() -> None:
    pairs = pairs_of(np.array([[100, -1], [-1, 100], [-1, -1]]))
    found = floating_catchments(pairs, np.ones(2), np.array([7.0, 9.0, 11.0]), np.array([5.0, 0.0]))
    assert found.has_demand_of_station.tolist() == [True, False, False]
    assert found.of_home.tolist() == [7 / 5, 0]


@st.composite
def towns(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times by station and home, places, people."""
    n_stations, n_homes = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    ds = draw(st.lists(st.integers(-1, CUTOFF), min_size=n_stations * n_homes, max_size=n_stations * n_homes))
    places = draw(st.lists(st.integers(0, 50), min_size=n_stations, max_size=n_stations))
    people = draw(st.lists(st.integers(0, 50), min_size=n_homes, max_size=n_homes))
    return np.array(ds).reshape(n_stations, n_homes), np.array(places, dtype=float), np.array(people, dtype=float)


@pytest.mark.parametrize("method", WEIGHTS)
@given(towns())
def test_what_is_shared_out_is_the_supply_with_anybody_in_reach(method: str, town: Drawn) -> None:
    ds, places, people = town
    pairs = pairs_of(ds)
    found = floating_catchments(pairs, WEIGHTS[method](pairs.ds_of_pair), places, people)
    assert (found.of_home * people).sum() == pytest.approx(places[found.has_demand_of_station].sum())
    assert (found.of_home >= 0).all()
    assert (found.of_home[(ds < 0).all(axis=0)] == 0).all()


@pytest.mark.parametrize("method", WEIGHTS)
@given(towns())
def test_catchments_against_full_matrices(method: str, town: Drawn) -> None:
    ds, places, people = town
    pairs = pairs_of(ds)
    found = floating_catchments(pairs, WEIGHTS[method](pairs.ds_of_pair), places, people)
    weight = np.zeros(ds.shape)
    for (station, home), time in np.ndenumerate(ds):
        if time >= 0:
            ring = [1, 0.68, 0.22][next(k for k in range(3) if time <= CUTOFF * (k + 1) / 3)]
            bell = (np.exp(-((time / CUTOFF) ** 2) / 2) - np.exp(-0.5)) / (1 - np.exp(-0.5))
            weight[station, home] = {"2sfca": 1, "e2sfca": ring, "gaussian": bell}[method]
    demand = weight @ people
    ratio = np.divide(places, demand, out=np.zeros(len(places)), where=demand > 0)
    assert found.of_home == pytest.approx(weight.T @ ratio)


@given(towns(), st.integers(2, 4))
def test_twice_the_supply_is_twice_the_access(town: Drawn, times: int) -> None:
    ds, places, people = town
    pairs = pairs_of(ds)
    weights = even_weights(pairs.ds_of_pair, CUTOFF)
    once, more = (floating_catchments(pairs, weights, places * n, people).of_home for n in (1, times))
    assert more == pytest.approx(once * times)
