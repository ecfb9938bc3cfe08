"""Circles: which parts of streets they are drawn of, what ground they cover, and that they are sound and nested."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

from geo.compute.reach.circles import CircleShape, Pen, Sources, draw_circles, outline_of_union
from geo.compute.reach.minutes import reach_of_stations
from geo.compute.reach.parts import Joined, Memory, Shapes, parts_within
from geo.compute.reach.wire import circles_geojson, geometry_geojson
from geo.compute.streets.ground import ground_of
from geo.compute.streets.net import build_net, no_turns, reverse, reversed_stops, round_half_up, stops_of
from geo.units import NONE
from tests.towns import DS_PER_M, FRAME, XY, Way, block_town, graph_of

PEN = Pen(pen_m=30, raster_m=10, hole_m2=2500, simplify_m=2.5)
LONG = [(0.0, 0.0), (5000.0, 0.0)]
NESTED = [200 * 9, 400 * 9, 600 * 9]


class Town:
    """Streets drawn in metres and stations in them; ``one_way`` pieces can only be moved along as they are drawn."""

    def __init__(
        self,
        ways: Sequence[Way],
        stations: Sequence[XY] | np.ndarray,
        *,
        max_m: float = 200.0,
        one_way: Sequence[int] = (),
        ends_only: Sequence[int] = (),
        is_reverse: bool = False,
    ) -> None:
        self.ground = ground_of(graph_of(ways), min_component_m=0)
        ds_of_side = np.repeat(round_half_up(self.ground.length_m_of_piece * DS_PER_M), 2)
        ds_of_side[2 * np.array(one_way, int) + 1] = NONE
        is_ends_only = np.zeros(2 * len(ways), bool)
        for piece in ends_only:
            is_ends_only[2 * piece : 2 * piece + 2] = True
        g = self.ground
        self.net = build_net(g.n_nodes, g.from_node_of_piece, g.to_node_of_piece, ds_of_side, is_ends_only, no_turns())
        drawn = np.asarray(stations, dtype=float).reshape(-1, 2)
        self.lonlat = FRAME.to_lonlat(drawn)
        self.xy_m = self.ground.frame.to_xy_m(self.lonlat)
        self.joints = self.ground.joints(self.xy_m, max_m)
        self.stops = stops_of(self.ground, self.net, self.joints, DS_PER_M)
        if is_reverse:
            self.net, self.stops = reverse(self.net), reversed_stops(self.net, self.stops)
        self.sources = Sources(self.lonlat, self.stops)

    def circles(self, cutoffs_ds: Sequence[int], pen: Pen = PEN) -> list[list[CircleShape]]:
        reached = reach_of_stations(self.net, self.stops, cutoffs_ds[-1])
        return list(draw_circles(self.ground, self.net, reached, self.sources, cutoffs_ds, pen))

    def circle(self, cutoff_ds: int, pen: Pen = PEN) -> CircleShape:
        """Of the only station."""
        ((circle,),) = self.circles([cutoff_ds], pen)
        return circle

    def metres(self, circle: CircleShape) -> shapely.MultiPolygon:
        return shapely.transform(circle.shape, self.ground.frame.to_xy_m)

    def parts(self, cutoff_ds: int, station: int = 0) -> list[tuple[int, float, float]]:
        """Piece, metres along it from and to."""
        reached = reach_of_stations(self.net, self.stops, cutoff_ds)
        found = slice(reached.begin_of_station[station], reached.end_of_station[station])
        begin, end = self.stops.start_of_point[station : station + 2]
        order = begin + np.argsort(self.stops.piece_of_joint[begin:end])
        joined = Joined(
            *(values[order] for values in self.stops[1:]), np.zeros((end - begin, 2)), np.zeros(end - begin, bool)
        )
        g = self.ground
        shapes = Shapes(
            g.lonlat_of_point, g.start_of_piece, g.length_m_of_piece, g.from_node_of_piece, g.to_node_of_piece, 1.0, 0.0
        )
        memory = Memory(np.zeros((len(g.length_m_of_piece), 4), np.int32), np.zeros(g.n_nodes, np.int32))
        cutoffs = np.array([cutoff_ds])
        piece, share, _, _ = parts_within(
            self.net, shapes, (reached.vertex[found], reached.ds[found]), joined, cutoffs, memory
        )
        metres = share * g.length_m_of_piece[piece][:, None]
        return sorted((int(p), round(float(a), 3), round(float(b), 3)) for p, (a, b) in zip(piece, metres, strict=True))


def test_a_street_is_reached_to_both_sides_of_the_station() -> None:
    assert Town([LONG], [(2000, 100)]).parts(900 * 9) == [(0, 1200, 2800)]
    assert Town([LONG], [(100, 100)]).parts(900 * 9) == [(0, 0, 900)]
    assert Town([LONG], [(2000, 100)]).parts(100 * 9) == [(0, 2000, 2000)]
    assert Town([LONG], [(2000, 100)]).parts(99 * 9) == []
    assert Town([LONG], [(2000, 300)]).parts(900 * 9) == []


def square() -> Town:
    """A square of 400 m sides whose station stands at a corner; the far corner is 800 m away either way."""
    sides: list[Way] = [
        [(0.0, 0.0), (400.0, 0.0)],
        [(400.0, 0.0), (400.0, 400.0)],
        [(0.0, 0.0), (0.0, 400.0)],
        [(0.0, 400.0), (400.0, 400.0)],
    ]
    return Town(sides, [(0, 0)], max_m=1.0)


def test_pieces_are_whole_or_end_where_time_does() -> None:
    assert square().parts(600 * 9) == [(0, 0, 400), (1, 0, 200), (2, 0, 400), (3, 0, 200)]
    assert square().parts(800 * 9) == [(0, 0, 400), (1, 0, 400), (2, 0, 400), (3, 0, 400)]
    assert square().parts(400 * 9) == [(0, 0, 400), (1, 0, 0), (2, 0, 400), (3, 0, 0)]


def test_a_piece_reached_from_both_ends_is_whole_when_the_budgets_meet() -> None:
    """Both corners are 400 m away, the street between them is 1,200 m long."""
    ways: list[Way] = [
        [(0.0, 0.0), (-400.0, 0.0)],
        [(0.0, 0.0), (400.0, 0.0)],
        [(-400.0, 0.0), (0, 447.2136), (400, 0)],
    ]
    town = Town(ways, [(0, 0)], max_m=1.0)
    length_m = 2 * math.hypot(400, 447.2136)
    assert [part for part in town.parts(600 * 9) if part[0] == 2] == [
        (2, 0, pytest.approx(200, abs=0.1)),
        (2, pytest.approx(length_m - 200, abs=0.1), pytest.approx(length_m)),
    ]
    assert [part for part in town.parts(1000 * 9) if part[0] == 2] == [(2, 0, pytest.approx(length_m))]
    before, after = town.circles([999 * 9, 1000 * 9])[0]
    assert before.street_m == pytest.approx(800 + 2 * 599, abs=0.5)
    assert after.street_m == pytest.approx(2000, abs=0.5)


def test_parts_on_the_own_piece_stay_apart_until_they_meet() -> None:
    """The station stands in the middle of a bow; the chord lets it come back to the bow from its ends."""
    bow: Way = [(0.0, 0.0), (0.0, 1000.0), (400.0, 1000.0), (400.0, 0.0)]
    ways: list[Way] = [bow, [(0.0, 0.0), (400.0, 0.0)], [(0.0, 0.0), (-10.0, 100.0)]]
    town = Town(ways, [(200, 1000), (-5, 50)], max_m=1.0)
    assert town.parts(300 * 9) == [(0, 900, 1500)]
    from_below = [part for part in town.parts(600 * 9, station=1) if part[0] == 0]
    assert from_below[0][1] == 0
    assert len(from_below) == 2


def test_a_ring_street_is_whole_when_both_ways_round_meet() -> None:
    """A ring of 1,600 m in one piece: its only node is its both ends; the far side is 800 m away."""
    ring: Way = [(0.0, 0.0), (400.0, 0.0), (400.0, 400.0), (0.0, 400.0), (0.0, 0.0)]
    town = Town([ring], [(0, 0)], max_m=1.0)
    assert town.parts(300 * 9) == [(0, 0, 300), (0, 1300, 1600)]
    assert town.parts(800 * 9) == [(0, 0, 1600)]
    circle = town.circle(800 * 9)
    assert circle.shape is not None
    assert [len(polygon.interiors) for polygon in circle.shape.geoms] == [1]


def test_one_way_streets_are_reached_only_along_them() -> None:
    """A cross; two arms lead away from its middle, of which one may be entered there only."""
    ways: list[Way] = [[(0.0, 0.0), (500.0, 0.0)], [(-500.0, 0.0), (0.0, 0.0)], [(0.0, 0.0), (0.0, 500.0)]]
    stations = [(0.0, 300.0)]
    from_it = Town(ways, stations, max_m=1.0, one_way=[0, 1])
    assert from_it.parts(400 * 9) == [(0, 0, 100), (2, 0, 500)]
    to_it = Town(ways, stations, max_m=1.0, one_way=[0, 1], is_reverse=True)
    assert to_it.parts(400 * 9) == [(1, 400, 500), (2, 0, 500)]
    on_it = Town(ways, [(200.0, 0.0)], max_m=1.0, one_way=[0])
    assert on_it.parts(100 * 9) == [(0, 200, 300)]


def test_private_ways_are_reached_and_lead_nowhere() -> None:
    """Public, private, public in one row: the second is ground that is reached, the third is not."""
    ways: list[Way] = [[(0.0, 0.0), (300.0, 0.0)], [(300.0, 0.0), (600.0, 0.0)], [(600.0, 0.0), (900.0, 0.0)]]
    town = Town(ways, [(0, 0)], max_m=1.0, ends_only=[1])
    assert [(part[0], part[2]) for part in town.parts(500 * 9)] == [(0, 300), (1, 500 - 300)]
    assert [(part[0], part[2]) for part in town.parts(800 * 9)] == [(0, 300), (1, 300)]


def test_the_area_of_one_street() -> None:
    """800 m to both sides, 60 m wide, round at the ends; also where it is a dead end."""
    for start_m, length_m in ((2000, 1600), (300, 1100)):
        town = Town([LONG], [(start_m, 0)])
        circle = town.circle(800 * 9)
        assert circle.street_m == pytest.approx(length_m)
        assert circle.area_m2 == pytest.approx(length_m * 60 + math.pi * 30**2, rel=0.02)
        assert circle.area_m2 == pytest.approx(town.metres(circle).area, rel=1e-3)
        west, south, east, north = town.metres(circle).bounds
        expected = (max(start_m - 800, 0) - 30, -30, start_m + 830, 30)
        assert (west, south, east, north) == pytest.approx(expected, abs=2.5)


def test_the_station_lies_in_its_circle() -> None:
    town = Town([LONG], [(2000.0, 150.0), (2000.0, 500.0)])
    ((near,), (far,)) = town.circles([800 * 9])
    assert near.shape is not None
    assert shapely.intersects_xy(near.shape, *town.lonlat[0])
    assert (far.shape, far.wkb, far.street_m, far.area_m2) == (None, None, 0.0, 0.0)


def test_a_station_that_reaches_no_farther_than_its_own_connector() -> None:
    circle = Town([LONG], [(2000.0, 100.0)]).circle(100 * 9)
    assert circle.street_m == 0
    assert circle.area_m2 == pytest.approx(100 * 60 + math.pi * 30**2, rel=0.05)


def test_streets_that_hang_together_only_through_the_station_are_one_part() -> None:
    town = Town([[(0.0, 0.0), (800.0, 0.0)], [(0.0, 180.0), (800.0, 180.0)]], [(400.0, 90.0)])
    circle = town.circle(300 * 9)
    assert circle.shape is not None
    assert len(circle.shape.geoms) == 1
    assert circle.street_m == pytest.approx(2 * 2 * 210)


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    """Blocks of 100 m leave holes of 40 m x 40 m = 1,600 m2 between pens of 30 m."""
    town = Town(block_town(5, 5, 100), [(200, 200)])
    for hole_m2, n_holes in ((2500.0, 0), (1000.0, 16)):
        circle = town.circle(2000 * 9, Pen(30, 10, hole_m2, 2.5))
        assert circle.shape is not None
        assert sum(len(polygon.interiors) for polygon in circle.shape.geoms) == n_holes


def random_town(seed: int) -> Town:
    rng = np.random.default_rng(seed)
    places = rng.uniform(-600, 600, (40, 2))
    ways: list[Way] = [
        [tuple(places[a]), tuple((places[a] + places[b]) / 2 + rng.normal(0, 20, 2)), tuple(places[b])]
        for a, b in rng.integers(0, 40, (60, 2))
        if a != b
    ]
    one_way = rng.choice(len(ways), len(ways) // 4, replace=False) if seed % 2 else ()
    return Town(ways, rng.uniform(-500, 500, (3, 2)), one_way=one_way)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 2.5, 8.0]), st.sampled_from([0.0, 2500.0]))
@settings(max_examples=40, deadline=None)
def test_circles_are_valid_of_one_part_and_nested(seed: int, simplify_m: float, hole_m2: float) -> None:
    town = random_town(seed)
    for circles in town.circles(NESTED, Pen(30, 10, hole_m2, simplify_m)):
        assert_sound(circles)


def assert_sound(circles: list[CircleShape]) -> None:
    shapes = [circle.shape for circle in circles if circle.shape is not None]
    for shape in shapes:
        assert shape.is_valid, shapely.is_valid_reason(shape)
        assert len(shape.geoms) == 1
        assert all(polygon.exterior.is_ccw for polygon in shape.geoms)
        assert not any(ring.is_ccw for polygon in shape.geoms for ring in polygon.interiors)
    assert all(shapely.covers(larger, smaller) for smaller, larger in itertools.pairwise(shapes))
    assert all(a.street_m <= b.street_m and a.area_m2 <= b.area_m2 for a, b in itertools.pairwise(circles))


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_circle_is_near_the_exact_one(seed: int) -> None:
    """Against shapely's buffer and union of the same parts."""
    town = random_town(seed)
    for station, (circle,) in enumerate(town.circles([500 * 9], Pen(30, 10, 0, 2.5))):
        if circle.shape is not None:
            ours, exact = town.metres(circle), exact_circle(town, station, 500 * 9)
            assert circle.area_m2 == pytest.approx(ours.area, rel=1e-3)
            assert shapely.intersection(ours, exact).area / shapely.union(ours, exact).area >= 0.95


def exact_circle(town: Town, station: int, cutoff_ds: int) -> shapely.Geometry:
    """Parts, and connectors as far as they join what would else be loose, buffered."""
    ground, stops = town.ground, town.stops
    xy_m = ground.frame.to_xy_m(ground.lonlat_of_point)
    lines = [shapely.LineString(xy_m[a:b]) for a, b in itertools.pairwise(ground.start_of_piece)]
    parts = town.parts(cutoff_ds, station)
    begin, end = stops.start_of_point[station : station + 2]
    joints = sorted(range(begin, end), key=lambda j: (stops.connector_ds_of_joint[j], stops.piece_of_joint[j]))
    joints = [j for j in joints if stops.connector_ds_of_joint[j] <= cutoff_ds]
    n_nodes, n_parts = ground.n_nodes, len(parts)
    ties = []
    for k, (piece, a, b) in enumerate(parts):
        if a == 0:
            ties.append((n_nodes + k, ground.from_node_of_piece[piece]))
        if b == pytest.approx(ground.length_m_of_piece[piece], abs=1e-2):
            ties.append((n_nodes + k, ground.to_node_of_piece[piece]))
    matrix = coo_array((np.ones(len(ties)), np.array(ties, int).reshape(-1, 2).T), shape=(n_nodes + n_parts,) * 2)
    group = connected_components(matrix, directed=False)[1]
    linked: set[int] = set()
    cut = [substring(lines[piece], a, b) for piece, a, b in parts]
    for j in joints:
        piece = stops.piece_of_joint[j]
        at = town.joints.along_m_of_joint[j]
        here = [group[n_nodes + k] for k, (p, a, b) in enumerate(parts) if p == piece and a - 0.1 <= at <= b + 0.1]
        if not linked or not linked & set(here):
            cut.append(shapely.LineString([town.xy_m[station], town.joints.xy_m_of_joint[j]]))
        linked |= set(here)
    return shapely.union_all([shapely.buffer(line, 30, quad_segs=16) for line in cut])


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_the_ground_reached_from_any_station_is_that_of_all_circles(seed: int) -> None:
    town = random_town(seed)
    reached = reach_of_stations(town.net, town.stops, NESTED[-1])
    ds = np.full(len(town.net.node_of_vertex), NESTED[-1] + 1, np.int32)
    _, vertex, vertex_ds = reached.triples()
    np.minimum.at(ds, vertex, vertex_ds)
    ds[ds > NESTED[-1]] = NONE
    pen = Pen(30, 10, 0, 0)
    union = outline_of_union(town.ground, town.net, ds, town.sources, NESTED, pen)
    circles = town.circles(NESTED, pen)
    for i in range(len(NESTED)):
        single = shapely.union_all([here[i].shape for here in circles if here[i].shape is not None])
        if single.is_empty:
            assert union[i].shape is None
            continue
        ours = union[i].shape
        assert ours is not None
        assert ours.is_valid
        # less than one: of several connectors of a door the union draws only those that nothing else ties together
        assert shapely.intersection(ours, single).area / shapely.union(ours, single).area >= 0.85
    shapes = [circle.shape for circle in union if circle.shape is not None]
    assert all(shapely.covers(larger, smaller) for smaller, larger in itertools.pairwise(shapes))


def test_strips_give_the_same_outline_as_one_raster(monkeypatch: pytest.MonkeyPatch) -> None:
    town = random_town(7)
    whole = [circle.wkb for here in town.circles(NESTED) for circle in here]
    monkeypatch.setattr("geo.compute.reach.circles.STRIP_VALUES", 256 * 5)
    assert [circle.wkb for here in town.circles(NESTED) for circle in here] == whole


def test_text_and_binary_hold_the_very_same_numbers() -> None:
    for circles in random_town(11).circles(NESTED):
        for circle in circles:
            text, wkb = geometry_geojson(circle), circle.wkb
            if circle.shape is None:
                assert (text, wkb) == (None, None)
                continue
            assert text is not None
            assert shapely.from_geojson(text).equals_exact(circle.shape, 0.0)
            assert shapely.from_wkb(wkb).equals_exact(circle.shape, 0.0)
            assert "e" not in text.decode().split("coordinates")[1]


def test_a_collection_says_whose_circle_it_is() -> None:
    town = Town([LONG], [(2000.0, 150.0), (2000.0, 500.0)])
    circles = [circle for (circle,) in town.circles([800 * 9])]
    told = json.loads(circles_geojson(circles, [{"station": "东街 1"}, {"station": None}]))
    assert [feature["properties"]["station"] for feature in told["features"]] == ["东街 1", None]
    assert told["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert told["features"][1]["geometry"] is None
    assert json.loads(circles_geojson([], [])) == {"type": "FeatureCollection", "features": []}
