"""Put every question that changes nothing to a town of a few streets, so that all they need is compiled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import shapely

from geo.actions.city.engine import Base, base_of
from geo.actions.city.load_city import City, Wish
from geo.actions.city.street_cache import Laid
from geo.actions.reach.find_crossings import best_crossings
from geo.actions.reach.honesty import honesty_of
from geo.actions.reach.imagine import scene_of
from geo.actions.reach.profile import profile_of
from geo.actions.reach.what_if import compared, week_change
from geo.changes import AddStation, AddStreet, ChangeHours, CutStreet
from geo.honesty import CrossingWish, HonestyWish
from geo.people import Homes
from geo.profile import Extra, ProfileWish
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.stations import Station
from geo.streets import StreetGraph, read_only
from geo.what_if import WhatIfWish

AT = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
HOURS = "Mo-Fr 08:00-18:00"


def warm_questions(graph: StreetGraph) -> None:
    """Ask them all.

    Parameters
    ----------
    graph
        Two streets that cross; a wall is put between two of the arms.
    """
    centre, west = graph.lonlat_of_node.mean(axis=0), graph.lonlat_of_node[:, 0].min()
    wall = centre - np.array([[1e-5, 1e-5], [1e-3, 1e-3]])
    walled = replace(graph, lonlat_of_barrier_point=read_only(wall), start_of_barrier=read_only(np.array([0, 2])))
    door = (float(west + centre[0]) / 2, float(centre[1]))
    base = base_of(_city(walled, door), Wish.of(15, DEFAULT_MODE, DEFAULT_SURFACE), "to")
    honesty_of(base, HonestyWish(), [], {})
    best_crossings(base, CrossingWish())
    extra = Extra(kind=None, service=None, station_ids=None, hours="24/7")
    profile_of(base, ProfileWish(DEFAULT_MODE, DEFAULT_SURFACE, 15, [AT], 1.0, extra=extra))
    _what_if(base, door)


def _what_if(base: Base, door: tuple[float, float]) -> None:
    beside = (door[0], door[1] + 1e-3)
    changes = (AddStation(beside), AddStreet((door, beside)), CutStreet(door), ChangeHours(0, "24/7"))
    wish = WhatIfWish(changes=changes, mode=DEFAULT_MODE, surface=DEFAULT_SURFACE, minutes=15, at=AT)
    scene = scene_of(base, changes)
    compared(base, scene, wish)
    week_change(base, scene, wish)


def _city(graph: StreetGraph, door: tuple[float, float]) -> City:
    """Some people at the ends of the streets, and one station."""
    homes, ones = graph.lonlat_of_node, read_only(np.ones(len(graph.lonlat_of_node)))
    numbers = read_only(np.arange(len(homes), dtype=np.int64))
    return City(
        laid=Laid(graph),
        boxes=[shapely.box(*homes.min(axis=0), *homes.max(axis=0))],
        homes=Homes(numbers, homes, ones, ones, ones, ones, ones, numbers),
        stations=[
            Station(
                0, "", "", (), HOURS, None, None, None, None, shapely.Point(door), None, 0, AT, source="", source_key=""
            )
        ],
        n_other_stations=0,
        areas=[],
        grids=[],
        data_date=None,
    )
