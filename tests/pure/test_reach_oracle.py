"""Walking times of random towns against scipy, home for home; and what must hold in every town."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.nearest import people_within, times_to_stations
from geo.compute.reach import nearest_of_nodes, reach_of_stations, stops_of_pieces
from geo.units import NONE
from tests.towns import DS_PER_M, MAX_M, SecondOpinion, Walked, Way, far_as_inf

HORIZON_DS = 6000
SEEDS = st.integers(0, 10**6)


class Town:
    """A random town: crossings on a coarse lattice, so that ties, parallel ways, rings and pieces of no time occur."""

    def __init__(self, seed: int, *, n_barriers: int = 6) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.places = rng.integers(0, 30, (25, 2)) * 30.0
        self.ways: list[Way] = [way for way in (self.way() for _ in range(60)) if len(set(way)) > 1]
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

    ds, station = ours.nearest(HORIZON_DS)
    expected = truth.min(axis=1)
    assert far_as_inf(ds).tolist() == expected.tolist()
    assert station.tolist() == np.where(np.isinf(expected), NONE, truth.argmin(axis=1)).tolist()

    for home in range(len(town.homes)):
        times = times_to_stations(ours.walk, ours.stops(town.homes[home : home + 1]), ours.stations, HORIZON_DS)
        assert far_as_inf(times).tolist() == truth[home].tolist()

    people = np.arange(1.0, len(town.homes) + 1)
    cutoff_ds = int(np.median(truth[np.isfinite(truth)])) if np.isfinite(truth).any() else 1000
    reached = reach_of_stations(ours.walk, ours.stations, cutoff_ds)
    by_piece = stops_of_pieces(ours.homes, ours.ground.n_pieces)
    within = people_within(ours.walk, reached, ours.stations, by_piece, people, cutoff_ds)
    assert within.tolist() == ((truth <= cutoff_ds) * people[:, None]).sum(axis=0).tolist()


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_searches_agree(seed: int) -> None:
    ours = Town(seed).walked()
    ds, station = nearest_of_nodes(ours.walk, ours.stations, HORIZON_DS)
    reached = reach_of_stations(ours.walk, ours.stations, HORIZON_DS)
    best = np.full((len(ds), 2), np.iinfo(np.int32).max)
    for one in range(4):
        found = slice(*reached.start_of_station[one : one + 2])
        for node, time in zip(reached.node[found].tolist(), reached.ds[found].tolist(), strict=True):
            best[node] = min(tuple(best[node]), (time, one))
    best[best[:, 0] == np.iinfo(np.int32).max] = NONE
    assert np.column_stack([ds, station]).tolist() == best.tolist()


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
    short = reach_of_stations(ours.walk, ours.stations, cutoff_ds)
    long = reach_of_stations(ours.walk, ours.stations, cutoff_ds + more_ds)
    for station in range(4):
        told = [
            {(n, t) for n, t in zip(r.node[s].tolist(), r.ds[s].tolist(), strict=True) if t <= cutoff_ds}
            for r in (short, long)
            for s in (slice(*r.start_of_station[station : station + 2]),)
        ]
        assert told[0] == told[1]


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_numbers_and_directions_do_not_matter(seed: int) -> None:
    """The ways in another order, some of them drawn the other way round, and the homes in another order."""
    town = Town(seed)
    before = town.walked()
    order = town.rng.permutation(len(town.ways)).tolist()
    turned = [town.ways[i][:: int(town.rng.choice([-1, 1]))] for i in order]
    after = Walked(turned, town.barriers, town.homes[::-1], town.stations)
    assert after.nearest(HORIZON_DS)[0][::-1].tolist() == before.nearest(HORIZON_DS)[0].tolist()
    assert after.nearest(HORIZON_DS)[1][::-1].tolist() == before.nearest(HORIZON_DS)[1].tolist()


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_cut_changes_a_walk_by_1_ds_and_1_more_for_each_end_on_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    length_m = rng.uniform(50, 500)
    cut_m = rng.uniform(0, length_m)
    others: list[Way] = [[(-777.7, 0.0), (0.0, 0.0)], [(length_m, 0.0), (length_m + 888.8, 0.0)]]
    whole = [[(0.0, 0.0), (length_m, 0.0)], *others]
    halves = [[(0.0, 0.0), (cut_m, 0.0)], [(cut_m, 0.0), (length_m, 0.0)], *others]
    on_it, past_it = rng.uniform(0, length_m), length_m + 400.0
    for home_m, station_m, bound_ds in (
        (-400.0, past_it, 1),
        (on_it, past_it, 2),
        (on_it, rng.uniform(0, length_m), 3),
    ):
        times = []
        for ways in (whole, halves):
            places = [np.array([[x, 0.0]]) for x in (home_m, station_m)]
            # joints only with the piece that one stands on, or a nearer neighbour would hide the rounding
            times.append(int(Walked(ways, [], *places, max_m=0.001).nearest(20_000)[0][0]))
        assert abs(times[0] - times[1]) <= bound_ds
