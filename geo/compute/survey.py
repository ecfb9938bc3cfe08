"""The whole computation for one city, from places to minutes, circles and who is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.circles import CircleShape, Pen, draw_circles
from geo.compute.coverage import Outcome, categories, in_air_circles, is_inside
from geo.compute.ground import Ground
from geo.compute.nearest import nearest_of_homes, people_within
from geo.compute.reach import reach_of_stations, stops_of, stops_of_pieces, walk_of
from geo.units import BoolArray, FloatArray, Int32Array

SHARE_REACHED = 0.4
"""How far the work is, roughly, when only the circles remain to be drawn."""


@dataclass(frozen=True)
class Terms:
    """What is asked, in numbers."""

    ds_per_m: float
    cutoff_ds: int
    horizon_ds: int
    """How far beyond the cutoff minutes are still told."""
    max_connector_m: float
    air_circle_m: float
    pen: Pen


class Places(NamedTuple):
    """Where people live and where the stations' doors are."""

    homes_lonlat: FloatArray
    residents: FloatArray
    doors_lonlat: FloatArray
    """(n_stations, 2) in the order of ties: the first of equally near stations is the nearest."""


@dataclass(frozen=True)
class Survey:
    """What was found, home by home and station by station."""

    ds_of_home: Int32Array
    """(n_homes,) to the nearest station; NONE beyond the horizon or without a street."""
    station_of_home: Int32Array
    """(n_homes,) index of that station, or NONE."""
    outcome: Outcome
    circle_of_station: Sequence[CircleShape]
    residents_reached_of_station: FloatArray
    residents_in_air_circle_of_station: FloatArray
    has_street_of_station: BoolArray


def survey(
    ground: Ground,
    boxes: Sequence[shapely.Polygon],
    places: Places,
    terms: Terms,
    tell: Callable[[float], None],
) -> Survey:
    """Find out who reaches which station.

    Parameters
    ----------
    ground
        The streets.
    boxes
        The box of every live network, EPSG:4326.
    places, terms
        Of whom, and on what terms.
    tell
        Told the share done.
    """
    homes_xy_m, doors_xy_m = ground.frame.to_xy_m(places.homes_lonlat), ground.frame.to_xy_m(places.doors_lonlat)
    residents = np.array(places.residents, dtype=np.float64)
    walk = walk_of(ground, terms.ds_per_m)
    door_joints = ground.joints(doors_xy_m, terms.max_connector_m)
    doors = stops_of(ground, walk, door_joints, terms.ds_per_m)
    homes = stops_of(ground, walk, ground.joints(homes_xy_m, terms.max_connector_m), terms.ds_per_m)
    ds_of_home, station_of_home = nearest_of_homes(walk, doors, homes, terms.horizon_ds)
    reached = reach_of_stations(walk, doors, terms.cutoff_ds)
    homes_by_piece = stops_of_pieces(homes, ground.n_pieces)
    residents_reached = people_within(walk, reached, doors, homes_by_piece, residents, terms.cutoff_ds)
    tell(SHARE_REACHED)

    circles = []
    for circle in draw_circles(ground, walk, reached, (doors_xy_m, door_joints, doors), terms.cutoff_ds, terms.pen):
        circles.append(circle)
        tell(SHARE_REACHED + (1 - SHARE_REACHED) * len(circles) / len(doors_xy_m))
    in_air, in_air_of_station = in_air_circles(homes_xy_m, doors_xy_m, residents, terms.air_circle_m)
    inside = is_inside(places.homes_lonlat, ground.lonlat_of_point, boxes, ground.frame, terms.max_connector_m)
    category = categories(ds_of_home, np.diff(homes.start_of_point), inside, terms.cutoff_ds)
    return Survey(
        ds_of_home=ds_of_home,
        station_of_home=station_of_home,
        outcome=Outcome(category, in_air),
        circle_of_station=circles,
        residents_reached_of_station=residents_reached,
        residents_in_air_circle_of_station=in_air_of_station,
        has_street_of_station=np.diff(doors.start_of_point) > 0,
    )
