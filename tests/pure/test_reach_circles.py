"""Circles: which parts of streets they are drawn of, and what ground they cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.ops import substring

from geo.compute.circles import CircleShape, Pen, draw_circles, outline, reached_parts
from geo.compute.reach import Reached, Stops, reach_of_stations
from tests.towns import FRAME, Walked, Way, block_town

PEN = Pen(pen_m=30, raster_m=10, hole_m2=2500, simplify_m=2.5)
LONG = [(0.0, 0.0), (5000.0, 0.0)]


def parts(town: Walked, cutoff_ds: int, station: int = 0) -> list[tuple[int, float, float]]:
    """Piece, metres along it from and to."""
    reached = reach_of_stations(town.walk, town.stations, cutoff_ds)
    own = slice(*town.stations.start_of_point[station : station + 2])
    found = slice(*reached.start_of_station[station : station + 2])
    own_stops = Stops(np.zeros(0, np.int64), *(values[own] for values in town.stations[1:]))
    own_reached = Reached(np.zeros(0, np.int64), reached.node[found], reached.ds[found])
    piece, share = reached_parts(town.walk, own_reached, own_stops, cutoff_ds)
    metres = share * town.ground.length_m_of_piece[piece][:, None]
    return sorted((int(p), round(float(a), 3), round(float(b), 3)) for p, (a, b) in zip(piece, metres, strict=True))


def drawn(town: Walked, stations: list[tuple[float, float]], cutoff_ds: int, pen: Pen = PEN) -> list[CircleShape]:
    xy_m = town.xy_m(np.array(stations, dtype=float))
    joined = (xy_m, town.ground.joints(xy_m, town.max_m), town.stations)
    reached = reach_of_stations(town.walk, town.stations, cutoff_ds)
    return list(draw_circles(town.ground, town.walk, reached, joined, cutoff_ds, pen))


def test_a_street_is_reached_to_both_sides_of_the_station() -> None:
    assert parts(Walked([LONG], [], [], [(2000, 100)]), 900 * 9) == [(0, 1200, 2800)]
    assert parts(Walked([LONG], [], [], [(100, 100)]), 900 * 9) == [(0, 0, 900)]
    assert parts(Walked([LONG], [], [], [(2000, 100)]), 100 * 9) == [(0, 2000, 2000)]
    assert parts(Walked([LONG], [], [], [(2000, 100)]), 99 * 9) == []
    assert parts(Walked([LONG], [], [], [(2000, 300)]), 900 * 9) == []


def square() -> Walked:
    """A square of 400 m sides whose station stands at a corner; the far corner is 800 m away either way."""
    sides: list[Way] = [
        [(0.0, 0.0), (400.0, 0.0)],
        [(400.0, 0.0), (400.0, 400.0)],
        [(0.0, 0.0), (0.0, 400.0)],
        [(0.0, 400.0), (400.0, 400.0)],
    ]
    return Walked(sides, [], [], [(0, 0)], max_m=1.0)


def test_pieces_are_whole_or_end_where_time_does() -> None:
    assert parts(square(), 600 * 9) == [(0, 0, 400), (1, 0, 200), (2, 0, 400), (3, 0, 200)]
    assert parts(square(), 800 * 9) == [(0, 0, 400), (1, 0, 400), (2, 0, 400), (3, 0, 400)]
    assert parts(square(), 400 * 9) == [(0, 0, 400), (1, 0, 0), (2, 0, 400), (3, 0, 0)]


def test_a_piece_reached_from_both_ends_is_whole_when_the_budgets_meet() -> None:
    """Both corners are 400 m away, the street between them is 600 m long."""
    ways: list[Way] = [
        [(0.0, 0.0), (-400.0, 0.0)],
        [(0.0, 0.0), (400.0, 0.0)],
        [(-400.0, 0.0), (0, 447.2136), (400, 0)],
    ]
    town = Walked(ways, [], [], [(0, 0)], max_m=1.0)
    length_m = 2 * math.hypot(400, 447.2136)
    assert [part for part in parts(town, 600 * 9) if part[0] == 2] == [
        (2, 0, pytest.approx(200, abs=0.1)),
        (2, pytest.approx(length_m - 200, abs=0.1), pytest.approx(length_m)),
    ]
    assert [part for part in parts(town, 1000 * 9) if part[0] == 2] == [(2, 0, pytest.approx(length_m))]


def test_parts_on_the_own_piece_stay_apart_until_they_meet() -> None:
    """The station stands in the middle of a bow; the chord lets it come back to the bow from its ends."""
    bow: Way = [(0.0, 0.0), (0.0, 1000.0), (400.0, 1000.0), (400.0, 0.0)]
    ways: list[Way] = [bow, [(0.0, 0.0), (400.0, 0.0)], [(0.0, 0.0), (-10.0, 100.0)]]
    stations = [(200, 1000), (-5, 50)]
    town = Walked(ways, [], [], stations, max_m=1.0)
    assert parts(town, 300 * 9) == [(0, 900, 1500)]
    from_below = parts(town, 600 * 9, station=1)
    assert next(part for part in from_below if part[0] == 0)[1] == 0
    assert len([part for part in from_below if part[0] == 0]) == 2


def test_the_area_of_one_street() -> None:
    """800 m to both sides, 60 m wide, round at the ends."""
    (circle,) = drawn(Walked([LONG], [], [], [(2000, 0)]), [(2000, 0)], 800 * 9)
    assert circle.street_m == pytest.approx(1600)
    assert circle.area_m2 == pytest.approx(1600 * 60 + math.pi * 30**2, rel=0.02)
    assert shapely.get_num_geometries(circle.shape) == 1
    assert circle.shape is not None
    town_frame = Walked([LONG], [], [], [(2000, 0)]).ground.frame
    west, south, east, north = shapely.transform(circle.shape, town_frame.to_xy_m).bounds
    assert (west, south, east, north) == pytest.approx((1170, -30, 2830, 30), abs=2.5)


def test_the_station_lies_in_its_circle() -> None:
    stations = [(2000.0, 150.0), (2000.0, 500.0)]
    circles = drawn(Walked([LONG], [], [], stations), stations, 800 * 9)
    assert circles[0].shape is not None
    assert shapely.intersects_xy(circles[0].shape, *FRAME.to_lonlat(np.array(stations[:1]))[0])
    assert circles[1] == CircleShape(None, 0.0, 0.0)


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    """Blocks of 100 m leave holes of 40 m x 40 m = 1,600 m2 between pens of 30 m."""
    town = Walked(block_town(5, 5, 100), [], [], [(200, 200)])
    for hole_m2, n_holes in ((2500.0, 0), (1000.0, 16)):
        (circle,) = drawn(town, [(200, 200)], 2000 * 9, Pen(30, 10, hole_m2, 2.5))
        assert circle.shape is not None
        assert sum(len(polygon.interiors) for polygon in circle.shape.geoms) == n_holes


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_outline_is_the_exact_one_within_a_few_per_cent(seed: int) -> None:
    """Against shapely's buffer and union, on random walks of streets."""
    rng = np.random.default_rng(seed)
    ways = [np.cumsum(rng.normal(0, 40, (30, 2)), axis=0) + rng.uniform(-300, 300, 2) for _ in range(6)]
    strokes = np.vstack([np.hstack([way[:-1], way[1:]]) for way in ways])
    ours = outline(strokes, Pen(30, 10, 0, 0))
    exact = shapely.union_all(shapely.buffer(shapely.linestrings(strokes.reshape(-1, 2, 2)), 30))
    assert ours.is_valid
    assert shapely.intersection(ours, exact).area / shapely.union(ours, exact).area >= 0.97


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_circle_is_valid_and_near_the_exact_one(seed: int) -> None:
    """Circles of a random town as they are kept: holes filled, simplified, in degrees."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-600, 600, (40, 2))
    ways: list[Way] = [
        [tuple(places[a]), tuple((places[a] + places[b]) / 2 + rng.normal(0, 20, 2)), tuple(places[b])]
        for a, b in rng.integers(0, 40, (60, 2))
        if a != b
    ]
    stations = rng.uniform(-500, 500, (3, 2))
    town = Walked(ways, [], [], stations)
    for station, circle in enumerate(drawn(town, stations, 500 * 9)):
        if circle.shape is None:
            continue
        assert circle.shape.is_valid
        metres = shapely.transform(circle.shape, town.ground.frame.to_xy_m)
        assert circle.area_m2 == pytest.approx(metres.area, rel=0.01)
        exact = exact_circle(town, stations, station, 500 * 9)
        assert shapely.intersection(metres, exact).area / shapely.union(metres, exact).area >= 0.95


def exact_circle(town: Walked, stations: np.ndarray, station: int, cutoff_ds: int) -> shapely.Geometry:
    """Buffer and union of the same parts, with the holes filled that are too small."""
    ground = town.ground
    xy_m = ground.frame.to_xy_m(ground.lonlat_of_point)
    lines = [
        shapely.LineString(xy_m[a:b]) for a, b in zip(ground.start_of_piece, ground.start_of_piece[1:], strict=False)
    ]
    cut = [substring(lines[piece], a, b) for piece, a, b in parts(town, cutoff_ds, station)]
    at = shapely.Point(town.xy_m(stations[station])[0])
    open_joints = town.ground.joints(town.xy_m(stations[station]), town.max_m)
    nearest = int(np.argmin(open_joints.distance_m_of_joint))
    cut.append(shapely.LineString([at, shapely.Point(open_joints.xy_m_of_joint[nearest])]))
    exact = shapely.union_all([shapely.buffer(line, 30) for line in cut])
    polygons = [exact] if exact.geom_type == "Polygon" else exact.geoms
    return shapely.MultiPolygon(
        [(p.exterior, [ring for ring in p.interiors if shapely.Polygon(ring).area >= PEN.hole_m2]) for p in polygons]
    )
