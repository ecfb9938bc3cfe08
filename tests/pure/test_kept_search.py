"""Working memory that is kept between questions changes no answer, and goes with its network."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.kernels import all_cores
from geo.compute.reach import kept_search as kept
from geo.compute.reach.kept_search import kept_search as one_search
from geo.compute.reach.kept_search import kept_searches
from geo.compute.reach.minutes import reach_of_stations, times_of_nodes
from geo.compute.reach.search import FARTHEST_DS
from geo.compute.streets.net import Net, Stops
from geo.compute.streets.skeleton import NOWHERE_DS
from tests.thickets import Thicket


def told(net: Net, stations: Stops, cutoff_ds: int, n_threads: int) -> list[tuple[int, int, int]]:
    """Every pair, and the union."""
    station, vertex, ds = (
        column.tolist() for column in reach_of_stations(net, stations, cutoff_ds, n_threads).triples()
    )
    return sorted(zip(station, vertex, ds, strict=True)) + times_of_nodes(net, stations, cutoff_ds).tolist()


@given(st.integers(0, 10**6), st.lists(st.tuples(st.sampled_from([0, 30, 400, 3000]), st.integers(1, 3)), min_size=2))
@settings(max_examples=60, deadline=None)
def test_no_question_changes_the_next(seed: int, questions: list[tuple[int, int]]) -> None:
    """Other stations and farther or nearer horizons in turn, against a network that was asked nothing before."""
    town = Thicket(seed)
    if not len(town.ends):
        return
    net = town.net
    for cutoff_ds, n_threads in questions:
        stations = town.stations()
        assert told(net, stations, cutoff_ds, n_threads) == told(town.net, stations, cutoff_ds, 1)


@pytest.fixture
def town() -> Thicket:
    return next(town for town in map(Thicket, range(100)) if len(town.ends) > 20)


def test_memory_is_used_again_and_only_if_it_is_large_enough(town: Thicket) -> None:
    net, stations = town.net, town.stations()
    with one_search(net, stations, 5000) as first:
        pass
    with one_search(net, stations, 10) as second:
        assert second is first
    with one_search(net, stations, 50_000) as third:
        assert third is not first
    many = stations._replace(
        start_of_point=np.array([0, 4000]),
        piece_of_joint=np.zeros(4000, np.int32),
        at_ds_of_joint=np.zeros((4000, 2), np.int32),
        connector_ds_of_joint=np.zeros(4000, np.int32),
    )
    with one_search(net, many, 10) as fourth:
        assert fourth is not third
    with pytest.raises(AssertionError, match="labels would not fit"), one_search(net, stations, FARTHEST_DS + 1):
        pass
    assert FARTHEST_DS * 4 <= NOWHERE_DS


def test_nobody_shares_memory_that_is_in_use(town: Thicket) -> None:
    net, stations = town.net, town.stations()
    with kept_searches(net, stations, 10, 3) as some, one_search(net, stations, 10) as other:
        assert len({id(search.marks) for search in [*some, other]}) == 4
    of_thread: list[int] = []
    at_once = threading.Barrier(4)

    def use() -> None:
        with one_search(net, stations, 10) as search:
            at_once.wait(10)
            of_thread.append(id(search.marks))
            at_once.wait(10)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(of_thread)) == 4
    assert len(kept._idle(net)) <= all_cores()


def test_what_failed_is_not_used_again(town: Thicket) -> None:
    net, stations = town.net, town.stations()
    with pytest.raises(ZeroDivisionError), one_search(net, stations, 10) as broken:
        raise ZeroDivisionError
    with one_search(net, stations, 10) as search:
        assert search is not broken


def test_memory_goes_with_its_network(town: Thicket) -> None:
    net = town.net
    reach_of_stations(net, town.stations(), 100, 1)
    key = id(net.skeleton.links)
    assert len(kept._idle_of_links[key]) == 1
    del net
    gc.collect()
    assert key not in kept._idle_of_links
