"""What-ifs touch little and find all: every answer equals the imagined town computed from nothing."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.pairs import Pairs, by_home, homes_within
from geo.compute.reach.rejoin import (
    Edits,
    Terms,
    Town,
    imagine,
    joined_stops,
    joints_as_times,
    of_points,
    stations_that_feel,
)
from geo.compute.reach.what_if import Counted, Rows, moved_people, rows_of, touched_homes
from geo.compute.segments import index_lines
from geo.compute.streets.ground import Ground, ground_of
from geo.compute.streets.net import reverse, reversed_stops, stops_of, stops_of_pieces
from geo.compute.streets.street_edits import Way, nearest_spots
from geo.compute.streets.ways import net_of
from geo.rules.modes import mode, surface
from geo.units import NONE
from tests.towns import FRAME, block_town, graph_of

DS_PER_M = 9.0
CUTOFF_DS = 3000
TERMS = Terms(max_connector_m=60.0, ds_per_m=DS_PER_M, join_m=15.0)
OPEN_BOTH = np.array([1, 1], dtype=np.uint8)
build = partial(net_of, mode=mode("planning"), surface=surface("dry"))


def town_of(ground: Ground, homes: np.ndarray, doors: np.ndarray) -> Town:
    net = build(ground)
    homes_xy_m, doors_xy_m = (ground.frame.to_xy_m(FRAME.to_lonlat(places)) for places in (homes, doors))
    stops = [
        stops_of(ground, net, ground.joints(xy, TERMS.max_connector_m), DS_PER_M) for xy in (doors_xy_m, homes_xy_m)
    ]
    return Town(ground, net, doors_xy_m, homes_xy_m, *stops)


def pairs_of(town: Town) -> Pairs:
    net = reverse(town.net)
    homes = stops_of_pieces(reversed_stops(town.net, town.homes), len(town.net.ds_of_side) // 2)
    return homes_within(net, reversed_stops(town.net, town.doors), homes, len(town.homes_xy_m), CUTOFF_DS)


def matrix(pairs: Pairs, n_homes: int) -> np.ndarray:
    """(n_stations, n_homes) deciseconds; NONE beyond the cutoff."""
    found = np.full((len(pairs.start_of_station) - 1, n_homes), NONE)
    station = np.repeat(np.arange(len(found)), np.diff(pairs.start_of_station))
    found[station, pairs.home_of_pair] = pairs.ds_of_pair
    return found


def whole(imagined: Town, ground: Ground) -> Town:
    """The imagined town with all of its streets in one index, joined from nothing."""
    old, new = ground.streets, imagined.ground.streets
    lines = np.concatenate([old.line_of_segment, new.line_of_segment])
    ends = [np.concatenate([a, b]) for a, b in ((old.a_xy_m, new.a_xy_m), (old.b_xy_m, new.b_xy_m))]
    along_m = np.concatenate([old.along_m_of_segment, new.along_m_of_segment])
    segments = np.stack(ends, axis=1).reshape(-1, 2)
    index = index_lines(segments, 2 * np.arange(len(lines) + 1))
    index = index._replace(line_of_segment=lines, along_m_of_segment=along_m)
    full = type(ground)(**{**vars(imagined.ground), "streets": index})
    stops = [
        stops_of(full, imagined.net, full.joints(xy_m, TERMS.max_connector_m), DS_PER_M)
        for xy_m in (imagined.doors_xy_m, imagined.homes_xy_m)
    ]
    return imagined._replace(ground=full, doors=stops[0], homes=stops[1])


def no_edits() -> Edits:
    return Edits((np.empty(0, np.int32), np.empty(0)), [], np.empty((0, 2)), np.empty(0, np.int32))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Ground, np.ndarray, np.ndarray, list[np.ndarray], np.ndarray]:
    """A chequerboard with some sides missing, homes, doors, ways to add and places to cut."""
    sides = block_town(5, 5, 100.0)
    gone = draw(st.sets(st.integers(0, len(sides) - 1), max_size=12))
    ground = ground_of(graph_of([way for i, way in enumerate(sides) if i not in gone]), min_component_m=0.0)
    place = st.tuples(st.integers(-30, 430), st.integers(-30, 430))
    homes, doors, cuts = (draw(st.lists(place, min_size=n, max_size=m)) for n, m in ((1, 25), (1, 5), (0, 2)))
    ways = draw(st.lists(st.lists(place, min_size=2, max_size=4, unique=True), max_size=2))
    as_array = partial(np.array, dtype=float)
    return ground, as_array(homes), as_array(doors), [as_array(way) for way in ways], as_array(cuts).reshape(-1, 2)


def edits_of(ground: Ground, ways: list[np.ndarray], cuts: np.ndarray) -> Edits:
    piece, along_m = nearest_spots(ground, ground.frame.to_xy_m(FRAME.to_lonlat(cuts)), 30.0)
    drawn = [Way(ground.frame.to_xy_m(FRAME.to_lonlat(way)), OPEN_BOTH, "footway") for way in ways]
    return no_edits()._replace(cuts=(piece[piece != NONE], along_m[piece != NONE]), ways=drawn)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_edited_streets_by_what_they_touch_equal_the_whole_town_anew(world: tuple) -> None:  # type: ignore[type-arg]
    ground, homes, doors, ways, cuts = world
    town = town_of(ground, homes, doors)
    imagined = imagine(town, edits_of(ground, ways, cuts), build, TERMS)
    before = pairs_of(town)
    feels = stations_that_feel(imagined.town.net, imagined, by_home(before, len(homes)), CUTOFF_DS, "to")
    now = matrix(pairs_of(whole(imagined.town, ground)), len(homes))
    partly = matrix(before, len(homes))
    partly[feels] = matrix(pairs_of(imagined.town), len(homes))[feels]
    assert partly.tolist() == now.tolist()


def test_home_and_door_on_one_new_way_feel_it() -> None:
    """The trip of 2,998 of 3,000 ds runs along the new way and passes neither end; by one of these it is longer."""
    ground = ground_of(graph_of(block_town(5, 5, 100.0)), min_component_m=0.0)
    town = town_of(ground, np.array([[1.0, 1.0]]), np.array([[208.0, 233.0]]))
    ways = [np.array([[0.0, 0.0], [243.0, 316.0], [0.0, 1.0]])]
    imagined = imagine(town, edits_of(ground, ways, np.empty((0, 2))), build, TERMS)
    assert matrix(pairs_of(imagined.town), 1).tolist() == [[2998]]
    for direction in ("to", "from"):
        feels = stations_that_feel(imagined.town.net, imagined, by_home(pairs_of(town), 1), CUTOFF_DS, direction)
        assert feels.tolist() == [True]


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_an_added_way_never_makes_a_walk_longer(world: tuple) -> None:  # type: ignore[type-arg]
    ground, homes, doors, ways, cuts = world
    town = town_of(ground, homes, doors)
    imagined = imagine(town, edits_of(ground, ways, cuts[:0]), build, TERMS)
    before, after = (matrix(pairs_of(each), len(homes)) for each in (town, imagined.town))
    assert ((before == NONE) | ((after != NONE) & (after <= before))).all()


@settings(max_examples=100, deadline=None)
@given(worlds(), st.data())
def test_stations_added_closed_and_moved_by_what_they_touch_equal_the_whole_town_anew(
    world: tuple,  # type: ignore[type-arg]
    data: st.DataObject,
) -> None:
    ground, homes, doors, _, _ = world
    n = len(doors)
    fate = np.array(data.draw(st.lists(st.sampled_from(["stays", "closes", "moves"]), min_size=n, max_size=n)))
    place = st.tuples(st.integers(-30, 430), st.integers(-30, 430))
    added = np.array(data.draw(st.lists(place, max_size=2)), dtype=float).reshape(-1, 2)
    moved = np.flatnonzero(fate == "moves")
    to = np.array(data.draw(st.lists(place, min_size=len(moved), max_size=len(moved))), dtype=float).reshape(-1, 2)
    counts = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)) + [True] * len(added))

    town = town_of(ground, homes, doors)
    pairs, is_gone = pairs_of(town), fate != "stays"
    new_xy_m = ground.frame.to_xy_m(FRAME.to_lonlat(np.concatenate([to, added])))
    new_doors = joints_as_times(town, ground, new_xy_m, TERMS)
    fresh = homes_within(
        reverse(town.net),
        reversed_stops(town.net, joined_stops(of_points(town.doors, np.empty(0, np.int64)), new_doors)),
        stops_of_pieces(reversed_stops(town.net, town.homes), ground.n_pieces),
        len(homes),
        CUTOFF_DS,
    )
    rows = Rows(np.concatenate([moved, n + np.arange(len(added))]).astype(np.int32), fresh)
    counted_before = np.append(counts[:n], np.zeros(len(added), bool))
    counted_after = counts & np.append(fate != "closes", np.ones(len(added), bool))
    touched = touched_homes(
        by_home(pairs, len(homes)),
        rows_of(pairs, np.flatnonzero(is_gone).astype(np.int32)),
        is_gone,
        rows,
        Counted(counted_before, counted_after),
    )

    later = np.concatenate([doors, added])
    later[moved] = to
    anew = town_of(ground, homes, later)
    for xs, counted, ds, station in (
        (town, counted_before[:n], touched.ds_before, touched.station_before),
        (anew, counted_after, touched.ds_after, touched.station_after),
    ):
        far = np.where(matrix(pairs_of(xs), len(homes)) == NONE, 10**9, matrix(pairs_of(xs), len(homes)))
        far[~counted] = 10**9
        best, where = far.min(axis=0), far.argmin(axis=0)
        assert np.where(best == 10**9, NONE, best)[touched.home].tolist() == ds.tolist()
        assert np.where(best == 10**9, NONE, where)[touched.home].tolist() == station.tolist()
    untouched = np.setdiff1d(np.arange(len(homes)), touched.home)
    before, after = (
        np.where((m == NONE) | ~c[:, None], 10**9, m).min(axis=0)[untouched]
        for m, c in (
            (matrix(pairs, len(homes)), counted_before[:n]),
            (matrix(pairs_of(anew), len(homes)), counted_after),
        )
    )
    assert before.tolist() == after.tolist()


def straight() -> Ground:
    """One street of 1,000 m from west to east, in one piece, and a parallel one 400 m north of it, not joined."""
    return ground_of(graph_of([[(0, 0), (1000, 0)], [(0, 400), (1000, 400)]]), min_component_m=0.0)


def test_a_footbridge_between_two_streets_is_worth_what_arithmetic_says() -> None:
    # home at the far street's middle, door at the near street's middle: 400 m of bridge take 3,600 ds
    ground = straight()
    town = town_of(ground, np.array([[500.0, 400.0]]), np.array([[500.0, 0.0]]))
    bridge = edits_of(ground, [np.array([[500.0, 0.0], [500.0, 400.0]])], np.empty((0, 2)))
    imagined = imagine(town, bridge, build, TERMS)
    found = homes_within(
        reverse(imagined.town.net),
        reversed_stops(imagined.town.net, imagined.town.doors),
        stops_of_pieces(reversed_stops(imagined.town.net, imagined.town.homes), imagined.town.ground.n_pieces),
        1,
        9000,
    )
    assert found.ds_of_pair.tolist() == [3600]


def test_a_cut_leaves_both_stubs_and_no_way_through() -> None:
    ground = straight()
    town = town_of(ground, np.array([[100.0, 0.0], [900.0, 0.0]]), np.array([[300.0, 0.0]]))
    cut = edits_of(ground, [], np.array([[500.0, 0.0]]))
    now = matrix(pairs_of(imagine(town, cut, build, TERMS).town), 2)
    assert matrix(pairs_of(town), 2).tolist() == [[1800, NONE]]
    assert now.tolist() == [[1800, NONE]]
    near = town_of(ground, np.array([[440.0, 0.0], [570.0, 0.0]]), np.array([[430.0, 0.0]]))
    assert matrix(pairs_of(near), 2).tolist() == [[90, 1260]]
    assert matrix(pairs_of(imagine(near, cut, build, TERMS).town), 2).tolist() == [[90, NONE]]


def test_gains_and_losses_are_counted_by_group() -> None:
    ground = straight()
    town = town_of(ground, np.array([[100.0, 0.0], [900.0, 0.0]]), np.array([[0.0, 0.0], [1000.0, 0.0]]))
    pairs = pairs_of(town)
    is_gone = np.array([True, False])
    nothing = Rows(np.empty(0, np.int32), rows_of(pairs, np.empty(0, np.int32)))
    both = Counted(np.ones(2, bool), ~is_gone)
    touched = touched_homes(by_home(pairs, 2), rows_of(pairs, np.array([0], np.int32)), is_gone, nothing, both)
    moved = moved_people(touched, np.array([30.0, 50.0]), np.array([1, 0]), 2)
    assert (moved.gained.tolist(), moved.lost.tolist()) == ([0.0, 0.0], [0.0, 30.0])


@pytest.mark.parametrize("corner_m", [0.0, 10.0])
def test_a_drawn_way_joins_what_its_corners_come_near(corner_m: float) -> None:
    ground = straight()
    town = town_of(ground, np.array([[500.0, 200.0]]), np.array([[500.0, 0.0]]))
    way = edits_of(ground, [np.array([[500.0, corner_m], [500.0, 200.0]])], np.empty((0, 2)))
    assert matrix(pairs_of(imagine(town, way, build, TERMS).town), 1).tolist() == [[1800]]
