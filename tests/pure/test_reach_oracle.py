"""Walking times of random towns against scipy, home for home; and what must hold in every town."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.minutes import reach_of_stations, times_of_nodes
from geo.compute.reach.nearest import nearest_of_homes, nearest_of_nodes, times_to_stations
from geo.compute.reach.pairs import homes_within
from geo.compute.streets.net import stops_of_pieces
from geo.units import NONE
from tests.towns import DS_PER_M, MAX_M, SecondOpinion, Walked, Way, far_as_inf

HORIZON_DS = 6000
SEEDS = st.integers(0, 10**6)


class Town:
    """A random town: crossings on a coarse lattice, so that ties, parallel ways, rings and pieces of no time occur."""

    def __init__(self, seed: int, *, n_barriers: int = 6) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.places = rng.integers(0, 30, (25, 2)) * 30.0
        # no way runs back over itself: of its two positions at one place the last bit of a distance would choose one
        drawn = [way for way in (self.way() for _ in range(60)) if len(set(way)) > 1]
        self.ways: list[Way] = [way for way in drawn if shapely.LineString(way).is_simple]
        x, y = self.places[0]
        self.ways.append([(x, y), (x + 0.04, y)])
        starts = rng.integers(0, 900, (n_barriers, 2)) + 0.5
        self.barriers: list[Way] = [[tuple(p), tuple(p + rng.integers(-5, 6, 2) * 25.0 + 1.0)] for p in starts]
        self.homes = rng.uniform(-100, 1000, (25, 2))
        self.stations = rng.uniform(0, 900, (4, 2))

    def way(self) -> Way:
        a, b = self.places[self.rng.integers(0, len(self.places), 2)]
        bend = (a + b) / 2 + self.rng.integers(-2, 3, 2) * 20.0
        return [tuple(a), tuple(bend), tuple(b)]

    def walked(self, *, ways: list[Way] | None = None, stations: np.ndarray | None = None) -> Walked:
        return Walked(ways or self.ways, self.barriers, self.homes, self.stations if stations is None else stations)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_every_time_is_scipys(seed: int) -> None:
    town = Town(seed)
    ours = town.walked()
    opinion = SecondOpinion(ours.graph, ours.ground.frame, ds_per_m=DS_PER_M, max_m=MAX_M, min_component_m=300.0)
    truth = opinion.times(ours.xy_m(town.homes), ours.xy_m(town.stations))
    truth[truth > HORIZON_DS] = np.inf

    ds, station = nearest_of_homes(ours.net, ours.stations, ours.homes, 3, HORIZON_DS)
    order = np.argsort(truth, axis=1, kind="stable")[:, :3]
    expected = np.take_along_axis(truth, order, axis=1)
    assert far_as_inf(ds).tolist() == expected.tolist()
    assert station.tolist() == np.where(np.isinf(expected), NONE, order).tolist()

    for home in range(len(town.homes)):
        times = times_to_stations(ours.net, ours.stops(town.homes[home : home + 1]), ours.stations, HORIZON_DS)
        assert far_as_inf(times).tolist() == truth[home].tolist()

    cutoff_ds = int(np.median(truth[np.isfinite(truth)])) if np.isfinite(truth).any() else 1000
    by_piece = stops_of_pieces(ours.homes, ours.ground.n_pieces)
    pairs = homes_within(ours.net, ours.stations, by_piece, len(town.homes), cutoff_ds)
    stations, homes = (cutoff_ds >= truth.T).nonzero()
    assert np.repeat(np.arange(4), np.diff(pairs.start_of_station)).tolist() == stations.tolist()
    assert pairs.home_of_pair.tolist() == homes.tolist()
    assert pairs.ds_of_pair.tolist() == truth[homes, stations].tolist()


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_searches_agree(seed: int) -> None:
    ours = Town(seed).walked()
    reached = reach_of_stations(ours.net, ours.stations, HORIZON_DS)
    station, vertex, vertex_ds = reached.triples()

    told = np.full((len(ours.net.node_of_vertex), 4), np.inf)
    told[vertex, station] = vertex_ds
    assert np.isfinite(told).sum() == len(station)
    order = np.argsort(told, axis=1, kind="stable")
    expected = np.take_along_axis(told, order, axis=1)
    for k in (1, 2, 4):
        ds, nearest = nearest_of_nodes(ours.net, ours.stations, k, HORIZON_DS)
        assert far_as_inf(ds).tolist() == expected[:, :k].tolist()
        assert nearest.tolist() == np.where(np.isinf(expected), NONE, order)[:, :k].tolist()
    assert far_as_inf(times_of_nodes(ours.net, ours.stations, HORIZON_DS)).tolist() == expected[:, 0].tolist()


@given(SEEDS, st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_more_ways_never_lengthen_a_walk(seed: int, n_ways: int) -> None:
    town = Town(seed)
    before = far_as_inf(town.walked().nearest(HORIZON_DS)[0])
    added = [way for way in (town.way() for _ in range(n_ways)) if len(set(way)) > 1]
    after = far_as_inf(town.walked(ways=[*town.ways, *added]).nearest(HORIZON_DS)[0])
    assert (after <= before).all()


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_one_more_station_never_lengthens_a_walk(seed: int) -> None:
    town = Town(seed)
    before = far_as_inf(town.walked().nearest(HORIZON_DS)[0])
    more = np.vstack([town.stations, town.rng.uniform(0, 900, (1, 2))])
    after = far_as_inf(town.walked(stations=more).nearest(HORIZON_DS)[0])
    assert (after <= before).all()


@given(SEEDS, st.integers(100, 3000), st.integers(0, 3000))
@settings(max_examples=30, deadline=None)
def test_a_longer_cutoff_only_adds(seed: int, cutoff_ds: int, more_ds: int) -> None:
    ours = Town(seed).walked()
    short = reach_of_stations(ours.net, ours.stations, cutoff_ds)
    long = reach_of_stations(ours.net, ours.stations, cutoff_ds + more_ds)
    for station in range(4):
        told = [
            {(v, t) for s, v, t in zip(*r.triples(), strict=True) if s == station and t <= cutoff_ds}
            for r in (short, long)
        ]
        assert told[0] == told[1]


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_other_numbers_change_nothing_but_names(seed: int) -> None:
    town = Town(seed)
    order = town.rng.permutation(4)
    ours, other = town.walked(), town.walked(stations=town.stations[order])
    ds, station = nearest_of_homes(ours.net, ours.stations, ours.homes, 2, HORIZON_DS)
    other_ds, other_station = nearest_of_homes(other.net, other.stations, other.homes, 2, HORIZON_DS)
    assert other_ds.tolist() == ds.tolist()
    differs = (station[:, 0] != np.where(other_station[:, 0] == NONE, NONE, order[other_station[:, 0]])).nonzero()[0]
    times = [times_to_stations(ours.net, ours.stops(town.homes[h : h + 1]), ours.stations, HORIZON_DS) for h in differs]
    assert all(np.sum(t == t[t != NONE].min()) > 1 for t in times)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_threads_change_nothing(seed: int) -> None:
    town = Town(seed)
    ours = town.walked(stations=town.rng.uniform(0, 900, (50, 2)))
    one, two = (reach_of_stations(ours.net, ours.stations, HORIZON_DS, n) for n in (1, 2))
    for a, b in zip(one.triples(), two.triples(), strict=True):
        assert a.tolist() == b.tolist()
