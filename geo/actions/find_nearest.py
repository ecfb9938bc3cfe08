"""Which stations are nearest on foot to a place, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.actions.street_cache import StreetCache
from geo.compute.nearest import times_to_stations
from geo.compute.reach import stops_of
from geo.coverage import StationWalk
from geo.errors import Refused
from geo.rules.paces import pace as pace_of
from geo.rules.reach import reach_rule
from geo.stations import Station
from geo.units import DS_PER_MINUTE, NONE


def find_nearest(
    cache: StreetCache,
    stations: Sequence[Station],
    lonlat: tuple[float, float],
    k: int = 3,
    limit_minutes: float = 60,
    pace: str = "planning",
) -> list[StationWalk]:
    """The ``k`` stations nearest on foot, nearest first.

    Parameters
    ----------
    cache
        The live streets.
    stations
        Among which to choose.
    lonlat
        Degrees, EPSG:4326.
    k
        How many at most.
    limit_minutes
        Stations farther than this are left out; the limit itself is reached.
    pace
        Key of geo/rules/paces.toml.

    Returns
    -------
    Fewer than ``k``, or none, where no more are in reach or the place is on no street. Equally near ones by id.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such pace.
    Refused
        If the limit is not above 0 or beyond the horizon of the search.
    """
    rule, walker = reach_rule(), pace_of(pace)
    limit_ds = round(limit_minutes * DS_PER_MINUTE)
    if not 0 < limit_ds <= rule.horizon_ds:
        raise Refused("minutes_out_of_range", minutes=limit_minutes, most=rule.horizon_ds // DS_PER_MINUTE)
    ordered = sorted(stations, key=lambda station: station.id)
    paced = cache.paced(ordered, walker.ds_per_m)
    ground = paced.laid.ground
    xy_m = ground.frame.to_xy_m(np.array([lonlat]))
    here = stops_of(ground, paced.walk, ground.joints(xy_m, rule.max_connector_m), walker.ds_per_m)
    ds_of_station = times_to_stations(paced.walk, here, paced.doors, limit_ds)
    air_m_of_station = np.hypot(*(paced.doors_xy_m - xy_m).T)
    reached = np.flatnonzero(ds_of_station != NONE)
    nearest = reached[np.argsort(ds_of_station[reached], kind="stable")][:k]
    return [
        StationWalk(
            station_id=ordered[index].id,
            travel_ds=int(ds_of_station[index]),
            walk_m=float(ds_of_station[index] / walker.ds_per_m),
            air_m=float(air_m_of_station[index]),
        )
        for index in nearest.tolist()
    ]
