"""Crossings: a town whose answer is known by arithmetic, and random ones in which every crossing is really built."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.compute.reach.crossings import (
    Crossings,
    Town,
    best_apart,
    homes_gained,
    people_gained,
    worth_a_look,
)
from geo.compute.reach.minutes import times_of_nodes
from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.segments import index_lines
from geo.compute.streets.facing import Facing, facing_positions, places_along
from geo.compute.streets.ground import Ground, ground_of
from geo.compute.streets.net import Stops, round_half_up, stops_of, stops_of_pieces
from geo.compute.streets.snap import Joints
from geo.compute.streets.ways import net_of
from geo.rules.modes import mode, surface
from geo.units import NONE
from tests.towns import DS_PER_M, FRAME, MAX_M, XY, SecondOpinion, Way, block_town, graph_of

MAX_CROSSING_M, STEP_M = 50.0, 10.0
MIN_COMPONENT_M = 100.0


class Drawn(NamedTuple):
    """A town in metres."""

    ways: list[Way]
    walls: list[Way]
    homes: list[XY]
    stations: list[XY]


@dataclass
class Tried:
    """All crossings of a town that are worth a look, and what the code under test says of them."""

    drawn: Drawn
    facing: Facing
    crossings: Crossings
    town: Town

    def ends(self, pair: int) -> tuple[XY, XY]:
        """Where a crossing begins and ends, as drawn."""
        one, other = (np.rint(drawn_xy_m(self.ground, end.xy_m[pair])) for end in (self.facing.one, self.facing.other))
        return tuple(one[0].tolist()), tuple(other[0].tolist())

    ground: Ground


def drawn_xy_m(ground: Ground, xy_m: np.ndarray) -> np.ndarray:
    return FRAME.to_xy_m(ground.frame.to_lonlat(np.asarray(xy_m).reshape(-1, 2)))


def try_all(drawn: Drawn, cutoff_ds: int) -> Tried:
    ground = ground_of(graph_of(drawn.ways, drawn.walls), min_component_m=MIN_COMPONENT_M)
    net = net_of(ground, mode("planning"), surface("dry"))

    def stops(joints: Joints) -> Stops:
        return stops_of(ground, net, joints, DS_PER_M)

    def xy_m(points: list[XY]) -> np.ndarray:
        return ground.frame.to_xy_m(FRAME.to_lonlat(np.array(points, dtype=float).reshape(-1, 2)))

    doors, homes = (stops(ground.joints(xy_m(points), MAX_M)) for points in (drawn.stations, drawn.homes))
    usable = np.ones(ground.n_pieces, dtype=bool)
    facing = facing_positions(ground.streets, ground.barriers, usable, STEP_M, MAX_CROSSING_M)
    ends = (stops(facing.one.joints()), stops(facing.other.joints()))
    times = (
        nearest_of_homes(net, doors, ends[0], 1, cutoff_ds)[0][:, 0],
        nearest_of_homes(net, doors, ends[1], 1, cutoff_ds)[0][:, 0],
    )
    crossings = worth_a_look(ends, times, round_half_up(facing.metres * DS_PER_M), cutoff_ds)
    covered = nearest_of_homes(net, doors, homes, 1, cutoff_ds)[0][:, 0] != NONE
    town = Town(net, times_of_nodes(net, doors, cutoff_ds), stops_of_pieces(homes, ground.n_pieces), covered, cutoff_ds)
    return Tried(drawn, facing, crossings, town, ground)


def covered_by_scipy(drawn: Drawn, cutoff_ds: int) -> np.ndarray:
    """Homes within the cutoff by the second opinion."""
    graph = graph_of(drawn.ways, drawn.walls)
    opinion = SecondOpinion(graph, FRAME, ds_per_m=DS_PER_M, max_m=MAX_M, min_component_m=MIN_COMPONENT_M)
    return opinion.nearest(np.array(drawn.homes, dtype=float), np.array(drawn.stations, dtype=float)) <= cutoff_ds


def built(drawn: Drawn, ends: tuple[XY, XY]) -> Drawn:
    """The town with a crossing as a way of its own; the straight ways that it ends on are cut there."""
    ways = list(drawn.ways)
    for x, y in ends:
        for way in list(ways):
            (ax, ay), (bx, by) = way
            is_on = min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by) and (x, y) not in way
            if is_on:
                ways.remove(way)
                ways += [[(ax, ay), (x, y)], [(x, y), (bx, by)]]
    return drawn._replace(ways=[*ways, list(ends)])


def test_two_streets_along_a_wall() -> None:
    # Streets along y = 0 and y = 40 with a wall between them, joined only 600 m to the west. From the station at
    # (200, 0) and over a crossing at x = c, 300 m reach |200 - c| + 40 + |x - c|: at best the homes 0, 100, ... 400.
    drawn = Drawn(
        ways=[
            [(-600.0, 0.0), (0.0, 0.0)],
            [(0.0, 0.0), (600.0, 0.0)],
            [(-600.0, 40.0), (0.0, 40.0)],
            [(0.0, 40.0), (600.0, 40.0)],
            [(-600.0, 0.0), (-600.0, 40.0)],
        ],
        walls=[[(-500.0, 20.0), (700.0, 20.0)]],
        homes=[(x, 40.0) for x in range(0, 601, 100)],
        stations=[(200.0, 0.0)],
    )
    found = try_all(drawn, 2700)
    assert not found.town.is_covered_of_home.any()
    gain = people_gained(found.town, found.crossings, np.full(7, 10.0))
    at_x = np.array([found.ends(pair)[0][0] for pair in found.crossings.pair])
    straight = np.array([found.ends(pair)[0][0] == found.ends(pair)[1][0] for pair in found.crossings.pair])
    assert gain.max() == 50
    assert set(at_x[straight & (gain == 50)].tolist()) == {170, 180, 190, 200, 210, 220, 230}
    for c, people in zip(at_x[straight], gain[straight], strict=True):
        assert people == 10 * sum(abs(200 - c) + 40 + abs(x - c) <= 300 for x in range(0, 601, 100))
    homes = homes_gained(found.town, found.crossings)
    for crossing in np.flatnonzero(straight):
        # whoever lives on the street gains nothing from going straight: equal to the town with the crossing built
        really = covered_by_scipy(built(drawn, found.ends(found.crossings.pair[crossing])), 2700)
        assert homes.of(int(crossing)).tolist() == np.flatnonzero(really).tolist()
    best = best_apart(np.stack([at_x, np.zeros(len(at_x))], axis=1), gain, np.ones(len(at_x)), 100.0, 3)
    assert gain[best].tolist() == sorted(gain[best], reverse=True)
    assert (np.abs(np.subtract.outer(at_x[best], at_x[best]))[np.triu_indices(len(best), 1)] >= 100).all()


def test_a_street_that_only_touches_the_wall_is_not_parted_by_it() -> None:
    # both streets end at the wall from the same side
    drawn = Drawn(
        ways=[[(0.0, 0.0), (0.0, 200.0)], [(40.0, 0.0), (40.0, 200.0)]],
        walls=[[(-50.0, 200.0), (90.0, 200.0)]],
        homes=[(40.0, 100.0)],
        stations=[(0.0, 100.0)],
    )
    assert len(try_all(drawn, 2700).facing.metres) == 0


def test_places_along_lines() -> None:
    lines = index_lines(np.array([[0.0, 0], [25, 0], [25, 12], [100, 0], [100, 5]]), np.array([0, 3, 5]))
    assert places_along(lines, 10.0).tolist() == [[0, 0], [10, 0], [20, 0], [25, 5], [100, 0]]
    assert len(places_along(index_lines(np.empty((0, 2)), np.zeros(1, np.int64)), 10.0)) == 0


def test_best_apart() -> None:
    xy_m = np.array([[0.0, 0], [50, 0], [100, 0], [500, 0], [900, 0]])
    gain = np.array([5.0, 9, 7, 9, 0])
    alike, shorter = np.ones(5), np.array([1.0, 2, 1, 1, 1])
    assert best_apart(xy_m, gain, alike, 100.0, 9).tolist() == [1, 3]
    assert best_apart(xy_m, gain, alike, 50.0, 9).tolist() == [1, 3, 2, 0]
    assert best_apart(xy_m, gain, alike, 50.0, 2).tolist() == [1, 3]
    assert best_apart(xy_m, gain, shorter, 100.0, 9).tolist() == [3, 1]


@st.composite
def towns(draw: st.DrawFn) -> Drawn:
    """Blocks of 40 m with some sides missing, walls through the middle of blocks, all on whole metres."""
    sides = block_town(5, 6, 40.0)
    kept = draw(st.lists(st.booleans(), min_size=len(sides), max_size=len(sides)))
    ways = [side for side, is_kept in zip(sides, kept, strict=True) if is_kept or side[0][0] in (0.0, 40.0)]
    walls: list[Way] = []
    for middle in draw(st.lists(st.sampled_from([60.0, 100.0, 140.0]), min_size=1, max_size=2, unique=True)):
        low, high = draw(st.sampled_from([(-20.0, 180.0), (20.0, 180.0), (-20.0, 120.0)]))
        walls.append([(middle, low), (middle, high)])
    # not on a wall itself, where the last bit of a coordinate decides on which side somebody stands
    across = st.integers(0, 200).filter(lambda x: x not in {60, 100, 140}).map(float)
    place = st.tuples(across, st.integers(0, 160).map(float))
    homes = draw(st.lists(place, min_size=1, max_size=8))
    return Drawn(ways, walls, homes, draw(st.lists(place, min_size=1, max_size=2)))


def covered_over(drawn: Drawn, found: Tried, pair: int, cutoff_ds: int) -> np.ndarray:
    """Homes within the cutoff once a way joins two positions, by scipy: one more edge between places on pieces."""
    graph = graph_of(drawn.ways, drawn.walls)
    opinion = SecondOpinion(graph, FRAME, ds_per_m=DS_PER_M, max_m=MAX_M, min_component_m=MIN_COMPONENT_M)
    home, home_piece, home_at, home_ds = opinion.joints(np.array(drawn.homes))
    station, station_piece, station_at, station_ds = opinion.joints(np.array(drawn.stations))
    ends = [(end.piece[pair], end.along_m[pair]) for end in (found.facing.one, found.facing.other)]
    n_pieces, n_joints, n_homes = len(opinion.ds), len(home) + len(station), len(drawn.homes)
    # nodes, joints of homes, joints of stations, both ends of the crossing, homes, stations
    first = opinion.n_nodes
    at_piece = np.concatenate([home_piece, station_piece, [piece for piece, _ in ends], *[np.arange(n_pieces)] * 2])
    at = np.concatenate([home_at, station_at, np.rint([m * DS_PER_M for _, m in ends]), 0 * opinion.ds, opinion.ds])
    vertex = np.concatenate([first + np.arange(n_joints + 2), opinion.from_node, opinion.to_node])
    last = first + n_joints + 2
    edges: dict[tuple[int, int], float] = {}

    def join(a: int, b: int, ds: float) -> None:
        edges[a, b] = min(ds, edges.get((a, b), np.inf))

    for piece in range(n_pieces):
        here = np.flatnonzero(at_piece == piece)
        for i, j in itertools.permutations(here.tolist(), 2):
            join(vertex[i], vertex[j], abs(at[i] - at[j]))
    for j, ds in enumerate(home_ds):
        join(first + j, last + home[j], ds)
    for j, ds in enumerate(station_ds):
        join(last + n_homes + station[j], first + len(home) + j, ds)
    crossing_ds = np.floor(found.facing.metres[pair] * DS_PER_M + 0.5)
    join(first + n_joints, first + n_joints + 1, crossing_ds)
    join(first + n_joints + 1, first + n_joints, crossing_ds)
    n = last + n_homes + len(drawn.stations)
    # scipy takes a stored 0 for no edge: a hair more, too little to add up to a decisecond
    matrix = csr_array((np.array(list(edges.values())) + 1e-6, tuple(np.array(list(edges)).T)), shape=(n, n))
    times = dijkstra(matrix, indices=np.arange(last + n_homes, n), min_only=True)
    is_within: np.ndarray = np.floor(times[last : last + n_homes] + 0.5) <= cutoff_ds
    return is_within


@settings(deadline=None, max_examples=25)
@given(towns(), st.sampled_from([600, 1200, 2000]))
def test_every_crossing_gains_what_one_more_edge_gains(drawn: Drawn, cutoff_ds: int) -> None:
    found = try_all(drawn, cutoff_ds)
    before = covered_by_scipy(drawn, cutoff_ds)
    assert found.town.is_covered_of_home.tolist() == before.tolist()
    homes = homes_gained(found.town, found.crossings)
    people = people_gained(found.town, found.crossings, np.ones(len(drawn.homes)))
    assert people.tolist() == np.diff(homes.start_of_place).tolist()
    for crossing, pair in list(enumerate(found.crossings.pair))[:15]:
        after = covered_over(drawn, found, pair, cutoff_ds)
        assert homes.of(crossing).tolist() == np.flatnonzero(after & ~before).tolist()


@settings(deadline=None, max_examples=25)
@given(towns())
def test_a_crossing_really_built_gains_no_fewer(drawn: Drawn) -> None:
    found = try_all(drawn, 1200)
    homes = homes_gained(found.town, found.crossings)
    for crossing, pair in list(enumerate(found.crossings.pair))[:10]:
        after = covered_by_scipy(built(drawn, found.ends(pair)), 1200)
        assert after[homes.of(crossing)].all()


@settings(deadline=None, max_examples=25)
@given(towns())
def test_crossings_not_worth_a_look_gain_nothing(drawn: Drawn) -> None:
    found = try_all(drawn, 1200)
    before = covered_by_scipy(drawn, 1200)
    rest = np.setdiff1d(np.arange(len(found.facing.metres)), found.crossings.pair)
    for pair in rest[:10]:
        assert not (covered_over(drawn, found, pair, 1200) & ~before).any()


def test_the_longest_crossing_is_a_bound_that_counts() -> None:
    for apart_m, n in ((50.0, 1), (51.0, 0)):
        drawn = Drawn(
            ways=[[(0.0, 0.0), (0.0, 200.0)], [(apart_m, 0.0), (apart_m, 200.0)]],
            walls=[[(20.0, -10.0), (20.0, 210.0)]],
            homes=[(apart_m, 100.0)],
            stations=[(0.0, 100.0)],
        )
        ground = ground_of(graph_of(drawn.ways, drawn.walls), min_component_m=MIN_COMPONENT_M)
        usable = np.ones(ground.n_pieces, dtype=bool)
        # a hair of rounding between the two frames
        facing = facing_positions(ground.streets, ground.barriers, usable, STEP_M, 50.0 + 1e-6)
        assert (len(facing.metres) > 0) == bool(n)
        assert facing.metres == pytest.approx(np.full(len(facing.metres), 50.0), abs=1e-5)
