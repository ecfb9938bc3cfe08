"""One-way streets, private ways and forbidden turns: every search against brute force, in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.minutes import reach_of_stations, times_of_nodes
from geo.compute.reach.nearest import nearest_of_homes, nearest_of_nodes, times_to_stations
from geo.compute.reach.pairs import homes_within
from geo.compute.streets.net import Net, Stops, Turns, build_net, no_turns, reverse, reversed_stops, stops_of_pieces
from geo.units import NONE
from tests.directed_towns import DirectedTown, one_point
from tests.towns import far_as_inf

SEEDS = st.integers(0, 10**6)


def dense(town: DirectedTown, *, is_reversed: bool, cutoff_ds: int) -> tuple[np.ndarray, np.ndarray]:
    """(n_stations, n_homes) times of trips from stations, or to them, by ``homes_within`` and by brute force."""
    stations, homes = town.points(4), town.points(8)
    net = town.net
    truth = town.times(homes, stations).T if is_reversed else town.times(stations, homes)
    if is_reversed:
        stations, homes, net = reversed_stops(net, stations), reversed_stops(net, homes), reverse(net)
    pairs = homes_within(net, stations, stops_of_pieces(homes, town.n_pieces), 8, cutoff_ds)
    ours = np.full((4, 8), np.inf)
    ours[np.repeat(np.arange(4), np.diff(pairs.start_of_station)), pairs.home_of_pair] = pairs.ds_of_pair
    truth[truth > cutoff_ds] = np.inf

    ds, station = nearest_of_homes(net, stations, homes, 2, cutoff_ds)
    order = np.argsort(truth.T, axis=1, kind="stable")[:, :2]
    nearest = np.take_along_axis(truth.T, order, axis=1)
    assert far_as_inf(ds).tolist() == nearest.tolist()
    assert station.tolist() == np.where(np.isinf(nearest), NONE, order).tolist()
    one_ds, one = nearest_of_homes(net, stations, homes, 1, cutoff_ds)
    assert (one_ds[:, 0].tolist(), one[:, 0].tolist()) == (ds[:, 0].tolist(), station[:, 0].tolist())
    for i in range(4):
        times = times_to_stations(net, one_point(stations, i), homes, cutoff_ds)
        assert far_as_inf(times).tolist() == truth[i].tolist()
    return ours, truth


@pytest.mark.parametrize("is_reversed", [False, True])
@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_trips_are_those_of_brute_force(is_reversed: bool, seed: int) -> None:
    ours, truth = dense(DirectedTown(seed), is_reversed=is_reversed, cutoff_ds=100)
    assert ours.tolist() == truth.tolist()


@pytest.mark.parametrize("is_reversed", [False, True])
@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_trips_end_at_the_cutoff(is_reversed: bool, seed: int) -> None:
    ours, truth = dense(DirectedTown(seed), is_reversed=is_reversed, cutoff_ds=9)
    assert ours.tolist() == truth.tolist()


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_the_searches_agree(seed: int) -> None:
    town = DirectedTown(seed)
    net, stations = town.net, town.points(5)
    reached = reach_of_stations(net, stations, 30)
    station, vertex, vertex_ds = reached.triples()
    told = np.full((len(net.node_of_vertex), 5), np.inf)
    told[vertex, station] = vertex_ds
    assert np.isfinite(told).sum() == len(station)
    order = np.argsort(told, axis=1, kind="stable")
    expected = np.take_along_axis(told, order, axis=1)
    for k in (1, 3):
        ds, nearest = nearest_of_nodes(net, stations, k, 30)
        assert far_as_inf(ds).tolist() == expected[:, :k].tolist()
        assert nearest.tolist() == np.where(np.isinf(expected), NONE, order)[:, :k].tolist()
    assert far_as_inf(times_of_nodes(net, stations, 30)).tolist() == expected[:, 0].tolist()


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_one_more_way_never_lengthens_a_trip(seed: int) -> None:
    """Public or private, one way or both: without some of the sides no trip is shorter."""
    town = DirectedTown(seed, n_turns=0)
    begin, end = town.points(4), town.points(8)
    after, closed = times(town, begin, end), town.rng.integers(0, 2 * town.n_pieces, 6)
    town.ds_of_side[closed] = NONE
    assert (after <= times(town, begin, end)).all()


def times(town: DirectedTown, begin: Stops, end: Stops) -> np.ndarray:
    return np.array([far_as_inf(times_to_stations(town.net, one_point(begin, i), end, 100)) for i in range(4)])


def test_where_all_is_open_vertices_are_nodes() -> None:
    ends = np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32)
    net = build_net(4, *ends, np.full(6, 5, np.int32), np.zeros(6, np.bool_), no_turns())
    assert net.node_of_vertex.tolist() == [0, 1, 2, 3]
    assert net.start_of_vertex.tolist() == [0, 2, 4, 6, 6]
    assert net.vertex_of_leave.tolist() == [1, 0, 2, 1, 0, 2]
    assert net.vertex_of_enter.tolist() == [0, 1, 1, 2, 2, 0]


def test_a_restriction_that_is_nowhere_changes_nothing() -> None:
    ends = np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32)
    turns = Turns(*(np.array([value], np.int32) for value in (0, 2, 1)), np.array([False]))
    plain, same = (build_net(3, *ends, np.full(6, 5, np.int32), np.zeros(6, np.bool_), t) for t in (no_turns(), turns))
    assert_same(plain, same)


def test_a_private_way_is_no_shortcut() -> None:
    """From 0 to 3: 10 by the private way between 1 and 2, 100 around; its own people come and go by it."""
    from_node, to_node = np.array([0, 1, 2, 0], np.int32), np.array([1, 2, 3, 3], np.int32)
    ds = np.repeat(np.array([0, 10, 0, 100], np.int32), 2)
    is_private = np.repeat([False, True, False, False], 2)
    net = build_net(4, from_node, to_node, ds, is_private, no_turns())
    at_0, within, at_3 = (one_joint(piece, at, T) for piece, at, T in ((0, 0, 0), (1, 4, 10), (2, 0, 0)))
    assert times_to_stations(net, at_0, at_3, 999).tolist() == [100]
    assert times_to_stations(net, at_0, within, 999).tolist() == [4]
    assert times_to_stations(net, within, at_3, 999).tolist() == [6]


def one_joint(piece: int, at_ds: int, ds: int) -> Stops:
    at = np.array([[at_ds, ds - at_ds]], np.int32)
    return Stops(np.array([0, 1], np.int64), np.array([piece], np.int32), at, np.zeros(1, np.int32))


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_turning_round_twice_is_the_same(seed: int) -> None:
    net = DirectedTown(seed).net
    twice = reverse(reverse(net))
    arcs, again = (
        sorted(
            zip(
                np.repeat(np.arange(len(n.node_of_vertex)), np.diff(n.start_of_vertex)),
                *n.arcs.T,
                n.side_of_arc,
                strict=True,
            )
        )
        for n in (net, twice)
    )
    assert arcs == again
    assert_same(net[3:-1], twice[3:-1])


def assert_same(one: tuple, other: tuple) -> None:  # type: ignore[type-arg]
    for a, b in zip(one, other, strict=True):
        if isinstance(a, tuple):
            assert_same(a, b)
        else:
            assert a.tolist() == b.tolist()


def tails_of(net: Net) -> np.ndarray:
    return np.repeat(np.arange(len(net.node_of_vertex)), np.diff(net.start_of_vertex))
