"""The whole computation for one city, from places to minutes, circles and who is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.reach.bounds import Allowance, Bounds, Spots, bounds_of_homes
from geo.compute.reach.circles import CircleShape, Pen, Sources, draw_circles
from geo.compute.reach.coverage import Outcome, categories, in_air_circles, is_inside
from geo.compute.reach.minutes import reach_of_stations
from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.reach.pairs import by_home, homes_within, is_covered
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Stops, reverse, reversed_stops, stops_of, stops_of_pieces
from geo.compute.streets.snap import Joints
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

SHARE_REACHED, SHARE_DRAWN = 0.3, 0.8
"""How far the work is, roughly, when only the circles and then the bounds remain."""

CHOICES = 2
"""How many stations are told of every home: the nearest and the second choice."""


@dataclass(frozen=True)
class Terms:
    """What is asked, in numbers."""

    ds_per_m: float
    """Of connectors."""
    cutoff_ds: int
    horizon_ds: int
    """How far beyond the cutoff minutes are still told."""
    max_connector_m: float
    detour_factor: float
    """How much longer than straight a connector may be: for the bounds only."""
    air_circle_m: float
    pen: Pen


class Streets(NamedTuple):
    """Where the trips go."""

    ground: Ground
    net: Net
    """From the beginning of trips to their end."""
    ds_of_side: FloatArray
    """(2 * n_pieces,) times along the sides of ``net`` before they were rounded; negative where closed."""
    boxes: Sequence[shapely.Polygon]
    """The box of every live network, EPSG:4326."""


class Places(NamedTuple):
    """Where people live and where the stations' doors are."""

    homes_lonlat: FloatArray
    spread_m: FloatArray
    """(n_homes,) how far from there the walk may begin."""
    residents: FloatArray
    doors_lonlat: FloatArray
    """(n_stations, 2) in the order of ties: the first of equally near stations is the nearest."""
    is_of_kind: BoolArray
    """(n_kinds, n_stations) which stations are of each kind."""
    has_service: BoolArray
    """(n_services, n_stations)"""


@dataclass(frozen=True)
class Survey:
    """What was found, home by home and station by station."""

    ds_of_choice: Int32Array
    """(n_homes, CHOICES) to the nearest stations, the nearest first; NONE beyond the horizon or without a street."""
    station_of_choice: Int32Array
    """(n_homes, CHOICES) indices of these stations, or NONE."""
    n_stations_of_home: IntArray
    """(n_homes,) stations within the cutoff."""
    bounds: Bounds
    outcome: Outcome
    reaches_kind_of_home: BoolArray
    """(n_kinds, n_homes) whether a station of the kind is within the cutoff."""
    reaches_service_of_home: BoolArray
    circle_of_station: Sequence[CircleShape]
    residents_reached_of_station: FloatArray
    residents_in_air_circle_of_station: FloatArray
    has_street_of_station: BoolArray


class _Trips(NamedTuple):
    """Searches begin at stations, so the trips of people to them are turned round."""

    net: Net
    door_joints: Joints
    doors: Stops
    home_joints: Joints
    homes: Stops
    doors_xy_m: FloatArray
    homes_xy_m: FloatArray


def survey(streets: Streets, places: Places, terms: Terms, tell: Callable[[float], None]) -> Survey:
    """Find out who reaches which station.

    Parameters
    ----------
    streets, places, terms
        Where, whom, and on what terms.
    tell
        Told the share done.
    """
    trips = _trips(streets, places, terms)
    ds, station = nearest_of_homes(trips.net, trips.doors, trips.homes, CHOICES, terms.horizon_ds)
    by_piece = stops_of_pieces(trips.homes, streets.ground.n_pieces)
    pairs = homes_within(trips.net, trips.doors, by_piece, len(places.residents), terms.cutoff_ds)
    of_homes = by_home(pairs, len(places.residents))
    reached = np.repeat(np.arange(len(places.doors_lonlat)), np.diff(pairs.start_of_station))
    residents_reached: FloatArray = np.bincount(
        reached, weights=np.asarray(places.residents)[pairs.home_of_pair], minlength=len(places.doors_lonlat)
    ).astype(np.float64)
    tell(SHARE_REACHED)
    drawing = SHARE_DRAWN - SHARE_REACHED
    circles = _circles(streets, trips, places, terms, lambda share: tell(SHARE_REACHED + drawing * share))
    tell(SHARE_DRAWN)
    bounds = _bounds(streets, trips, places, terms, ds[:, 0])
    reaches = [
        np.array([is_covered(of_homes, which, terms.cutoff_ds) for which in table], dtype=np.bool_).reshape(
            len(table), len(places.residents)
        )
        for table in (places.is_of_kind, places.has_service)
    ]
    in_air, in_air_of_station = in_air_circles(
        trips.homes_xy_m, trips.doors_xy_m, np.array(places.residents, dtype=np.float64), terms.air_circle_m
    )
    return Survey(
        ds_of_choice=ds,
        station_of_choice=station,
        n_stations_of_home=np.diff(of_homes.start_of_home),
        bounds=bounds,
        outcome=_outcome(streets, trips, places, terms, (ds, bounds, reaches[0], in_air)),
        reaches_kind_of_home=reaches[0],
        reaches_service_of_home=reaches[1],
        circle_of_station=circles,
        residents_reached_of_station=residents_reached,
        residents_in_air_circle_of_station=in_air_of_station,
        has_street_of_station=np.diff(trips.doors.start_of_point) > 0,
    )


def _trips(streets: Streets, places: Places, terms: Terms) -> _Trips:
    ground, net = streets.ground, streets.net
    homes_xy_m, doors_xy_m = ground.frame.to_xy_m(places.homes_lonlat), ground.frame.to_xy_m(places.doors_lonlat)
    door_joints = ground.joints(doors_xy_m, terms.max_connector_m)
    doors = stops_of(ground, net, door_joints, terms.ds_per_m)
    home_joints = ground.joints(homes_xy_m, terms.max_connector_m)
    homes = reversed_stops(net, stops_of(ground, net, home_joints, terms.ds_per_m))
    turned = reverse(net), door_joints, reversed_stops(net, doors)
    return _Trips(*turned, home_joints, homes, doors_xy_m, homes_xy_m)


def _circles(
    streets: Streets, trips: _Trips, places: Places, terms: Terms, tell: Callable[[float], None]
) -> list[CircleShape]:
    reached = reach_of_stations(trips.net, trips.doors, terms.cutoff_ds)
    sources = Sources(np.array(places.doors_lonlat, dtype=np.float64), trips.doors)
    circles = []
    for (circle,) in draw_circles(streets.ground, trips.net, reached, sources, [terms.cutoff_ds], terms.pen):
        circles.append(circle)
        tell(len(circles) / len(places.doors_lonlat))
    return circles


def _bounds(streets: Streets, trips: _Trips, places: Places, terms: Terms, nearest_ds: Int32Array) -> Bounds:
    """Between what the times lie; the time that is told lies between them too."""
    turned = np.ascontiguousarray(streets.ds_of_side.reshape(-1, 2)[:, ::-1]).reshape(-1)
    found = bounds_of_homes(
        streets.ground,
        trips.net,
        turned,
        (trips.door_joints, trips.doors),
        Spots(trips.homes_xy_m, np.array(places.spread_m, dtype=np.float64), trips.home_joints),
        Allowance(terms.ds_per_m, terms.detour_factor, terms.max_connector_m),
        terms.horizon_ds,
    )
    return found.holding(nearest_ds)


def _outcome(
    streets: Streets,
    trips: _Trips,
    places: Places,
    terms: Terms,
    found: tuple[Int32Array, Bounds, BoolArray, BoolArray],
) -> Outcome:
    ds, bounds, reaches_kind, in_air = found
    ground = streets.ground
    inside = is_inside(places.homes_lonlat, ground.lonlat_of_point, streets.boxes, ground.frame, terms.max_connector_m)

    def within(ds_of_home: Int32Array) -> BoolArray:
        return np.asarray((ds_of_home != NONE) & (ds_of_home <= terms.cutoff_ds))

    return Outcome(
        category_of_home=categories(ds[:, 0], np.diff(trips.homes.start_of_point), inside, terms.cutoff_ds),
        is_in_air_circle_of_home=in_air,
        has_second_of_home=within(ds[:, 1]),
        has_all_kinds_of_home=np.asarray(reaches_kind.all(axis=0) & (len(reaches_kind) > 0)),
        is_certain_of_home=within(bounds.high_ds_of_home),
        is_possible_of_home=within(bounds.low_ds_of_home),
    )
