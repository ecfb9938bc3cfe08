"""Chains, rings, dead ends and paths of no hub: what is told along them, against scipy; and what the skeleton is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.minutes import reach_of_stations, times_of_nodes
from geo.compute.reach.nearest import nearest_of_nodes
from geo.compute.streets.net import Net, Stops, build_net, no_turns
from geo.compute.streets.skeleton import NOWHERE_DS
from geo.units import NONE
from tests.thickets import N_STATIONS, Thicket
from tests.towns import far_as_inf

SEEDS = st.integers(0, 10**6)


@given(SEEDS, st.sampled_from([0, 17, 60, 150, 2000]))
@settings(max_examples=300, deadline=None)
def test_every_search_is_scipys(seed: int, cutoff_ds: int) -> None:
    town = Thicket(seed)
    if not len(town.ends):
        return
    net, stations = town.net, town.stations()
    truth = town.times(stations)
    truth[truth > cutoff_ds] = np.inf
    for n_threads in (1, 2):
        station, vertex, ds = reach_of_stations(net, stations, cutoff_ds, n_threads).triples()
        found = np.full(truth.shape, np.inf)
        found[station, vertex] = ds
        assert found.tolist() == truth.tolist()
        assert len(station) == np.isfinite(truth).sum()
    assert far_as_inf(times_of_nodes(net, stations, cutoff_ds)).tolist() == truth.min(axis=0).tolist()
    for k in (1, 2, N_STATIONS):
        order = np.argsort(truth.T, axis=1, kind="stable")[:, :k]
        expected = np.take_along_axis(truth.T, order, axis=1)
        nearest_ds, nearest = nearest_of_nodes(net, stations, k, cutoff_ds)
        assert far_as_inf(nearest_ds).tolist() == expected.tolist()
        assert nearest.tolist() == np.where(np.isinf(expected), NONE, order).tolist()


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_every_arc_is_in_the_skeleton(seed: int) -> None:
    """Links and the gaps along chains add up to the arcs, and no vertex lies on two chains."""
    net = Thicket(seed).net
    skeleton = net.skeleton
    n_inner = len(skeleton.chain_of_inner)
    inner = skeleton.vertex_of_inner[:n_inner]
    assert sorted([*skeleton.vertex_of_hub.tolist(), *inner.tolist()]) == list(range(len(net.node_of_vertex)))
    assert (skeleton.place_of_vertex[skeleton.vertex_of_hub] == np.arange(skeleton.n_hubs)).all()
    assert (skeleton.place_of_vertex[inner] == -1 - np.arange(n_inner)).all()
    degree = np.diff(net.start_of_vertex)
    assert (degree[inner] <= 2).all()
    dead_ends = (skeleton.ds_of_chain == NOWHERE_DS).sum()
    rings = (skeleton.ends_of_chain[:, 0] == skeleton.ends_of_chain[:, 1]).sum()
    assert len(net.arcs) == len(skeleton.links) + 2 * n_inner - dead_ends + rings


def chain_of(lengths: list[int]) -> Net:
    """A street of bends."""
    n = len(lengths)
    ends = np.arange(n, dtype=np.int32)
    return build_net(
        n + 1, ends, ends + 1, np.repeat(lengths, 2).astype(np.int32), np.zeros(2 * n, np.bool_), no_turns()
    )


def at_piece(piece: int, forward_ds: int, backward_ds: int) -> Stops:
    at_ds = np.array([[forward_ds, backward_ds]], np.int32)
    return Stops(np.array([0, 1]), np.array([piece], np.int32), at_ds, np.zeros(1, np.int32))


@pytest.mark.parametrize(
    ("cutoff_ds", "expected"),
    [(3, {2: 3}), (7, {2: 3, 3: 7}), (23, {0: 23, 1: 13, 2: 3, 3: 7, 4: 17}), (12, {2: 3, 3: 7})],
)
def test_a_station_between_two_bends(cutoff_ds: int, expected: dict[int, int]) -> None:
    """Pieces of 10 s in a row; the station stands on the third, 3 s from its beginning."""
    _, vertex, ds = reach_of_stations(chain_of([10] * 4), at_piece(2, 3, 7), cutoff_ds).triples()
    assert dict(zip(vertex.tolist(), ds.tolist(), strict=True)) == expected


def test_a_street_without_a_junction_has_one_hub() -> None:
    skeleton = chain_of([10] * 4).skeleton
    assert skeleton.vertex_of_hub.tolist() == [0]
    assert skeleton.ends_of_chain.tolist() == [[0, 1]]
    assert skeleton.ds_of_chain.tolist() == [NOWHERE_DS]
    assert skeleton.vertex_of_inner[:4].tolist() == [1, 2, 3, 4]


def test_memory_grows_with_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room at first, nothing is lost and nothing told twice."""
    net = chain_of([1] * 3000)
    n = 200
    piece = np.linspace(0, 2999, n).astype(np.int32)
    stations = Stops(np.arange(n + 1), piece, np.tile(np.array([[0, 1]], np.int32), (n, 1)), np.zeros(n, np.int32))
    expected = [x.tolist() for x in reach_of_stations(net, stations, 900, 1).triples()]
    monkeypatch.setattr("geo.compute.reach.minutes.FIRST_ROOM", 10)
    for n_threads in (1, 2, 3):
        told = [x.tolist() for x in reach_of_stations(net, stations, 900, n_threads).triples()]
        assert told == expected
    assert len(expected[0]) == sum(min(p + 900, 3000) - max(p - 900, 0) + 1 for p in piece.tolist())


@pytest.mark.parametrize("n", [10, 3000, 9000])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_one_station_amid_a_long_street_needs_no_more_room_than_there_are_vertices(n: int, n_threads: int) -> None:
    """Two crossroads joined by a street of ``n`` bends: told once, though noted from both ends."""
    ends = np.array(
        [
            *((i, i + 1) for i in range(n + 1)),
            *((0, n + 2 + i) for i in range(3)),
            *((n + 1, n + 5 + i) for i in range(3)),
        ]
    )
    pieces = len(ends)
    net = build_net(
        n + 8, *ends.T.astype(np.int32), np.ones(2 * pieces, np.int32), np.zeros(2 * pieces, np.bool_), no_turns()
    )
    for cutoff_ds in (n // 2 - 1, n // 2 + 1, n, 2 * n):
        _, vertex, ds = reach_of_stations(net, at_piece(n // 2, 0, 1), cutoff_ds, n_threads).triples()
        street = {i: abs(i - n // 2) for i in range(n + 2)}
        expected = {i: away for i, away in street.items() if away <= cutoff_ds}
        told = dict(zip(vertex.tolist(), ds.tolist(), strict=True))
        assert {i: away for i, away in told.items() if i < n + 2} == expected
        assert len(told) == len(vertex)


def test_many_ways_between_two_places() -> None:
    """Each shorter than the one before, so that every one of them makes an entry."""
    n = 6000
    ends = np.zeros(n + 1, np.int32), np.append(np.ones(n, np.int32), np.int32(2))
    ds = np.append(np.arange(n, 0, -1), 1).repeat(2).astype(np.int32)
    net = build_net(3, *ends, ds, np.zeros(len(ds), np.bool_), no_turns())
    stations = Stops(
        np.array([0, 1, 2]), np.array([n, n], np.int32), np.array([[0, 1], [1, 0]], np.int32), np.zeros(2, np.int32)
    )
    for k in (1, 2):
        assert nearest_of_nodes(net, stations, k, 10**6)[0].tolist() == [[0, 1][:k], [1, 2][:k], [0, 1][:k]]


def test_where_two_ways_round_meet_beyond_the_cutoff_nothing_is_told() -> None:
    """A ring of 8 pieces of 10 ds from a crossroads: its far side is 40 away both ways, just beyond a cutoff of 39."""
    ring = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 0), (0, 8), (0, 9)]
    ends = np.array(ring, np.int32).T
    net = build_net(10, *ends, np.full(20, 10, np.int32), np.zeros(20, np.bool_), no_turns())
    assert net.skeleton.ends_of_chain[0].tolist() == [0, 0]
    for cutoff_ds, reaches in ((39, False), (40, True)):
        _, vertex, ds = reach_of_stations(net, at_piece(8, 0, 10), cutoff_ds).triples()
        told = dict(zip(vertex.tolist(), ds.tolist(), strict=True))
        assert (4 in told) == reaches
        assert told == {i: 10 * min(i, 8 - i) for i in range(8) if i != 4 or reaches} | {8: 10, 9: 10}


def test_a_station_far_up_a_dead_end_that_is_longer_than_any_way() -> None:
    """Farther from its crossroads than a dead end takes to nowhere: nobody is sent there."""
    step_ds = 200_000_000
    ends = np.array([(0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (0, 6)], np.int32).T
    ds = np.repeat(np.array([step_ds] * 4 + [10, 10], np.int32), 2)
    net = build_net(7, *ends, ds, np.zeros(12, np.bool_), no_turns())
    assert 3 * step_ds > NOWHERE_DS
    _, vertex, found_ds = reach_of_stations(net, at_piece(3, 0, step_ds), 1000).triples()
    assert (vertex.tolist(), found_ds.tolist()) == ([3], [0])
    assert times_of_nodes(net, at_piece(3, 0, step_ds), 1000).tolist() == [NONE, NONE, NONE, 0, NONE, NONE, NONE]
    assert nearest_of_nodes(net, at_piece(3, 0, step_ds), 2, 1000)[0][:, 0].tolist() == [-1, -1, -1, 0, -1, -1, -1]
