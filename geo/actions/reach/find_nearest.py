"""Which stations are nearest to a place, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo import hours
from geo.actions.city.load_city import LonLat, Wish, streets_provenance
from geo.actions.city.street_cache import Joined, StreetCache
from geo.actions.city.trace_way import Ends, Way, ends_at, trace_way
from geo.compute.reach.nearest import times_to_stations
from geo.coverage import StationWalk
from geo.hours import HoursState
from geo.provenance import Provenance
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.stations import Station
from geo.units import NONE


@dataclass(frozen=True)
class NearestWish:
    """What is asked."""

    lonlat: LonLat
    """Degrees, EPSG:4326."""
    at: datetime
    """Aware, in the city's time zone: when stations are told open or not."""
    k: int = 3
    limit_minutes: float = 60
    """Stations farther than this are left out; the limit itself is reached."""
    mode: str = DEFAULT_MODE
    surface: str = DEFAULT_SURFACE
    kind: str | None = None
    service: str | None = None
    open_only: bool = False
    """Whether stations that are closed at the moment are left out; those whose hours are not known are not."""
    path: bool = False
    """Whether the way to each is wanted."""


@dataclass(frozen=True)
class NearStation:
    """A station that can be reached."""

    station: Station
    walk: StationWalk
    state: HoursState
    """Open or not, or not known, at the moment asked about."""
    way: Way | None


@dataclass(frozen=True)
class Nearest:
    """Stations, nearest first, and from what this is known."""

    stations: Sequence[NearStation]
    provenance: Provenance


def nearest_stations(cache: StreetCache, stations: Sequence[Station], wish: NearestWish) -> Nearest:
    """The ``k`` nearest of those that fit the wish. Stations whose hours are not known fit, and are told as such.

    Raises
    ------
    StreetsMissing, NotFound, Refused
        As :func:`find_nearest`.
    """
    fitting = {station.id: station for station in stations if _fits(station, wish)}
    search = Wish.of(wish.limit_minutes, wish.mode, wish.surface)
    walks, ways = _walks(cache, list(fitting.values()), wish.lonlat, wish.k, search, path=wish.path)
    found = [
        NearStation(
            station=fitting[walk.station_id],
            walk=walk,
            state=hours.state(fitting[walk.station_id].opening_hours, wish.at),
            way=way if wish.path else None,
        )
        for walk, way in zip(walks, ways, strict=True)
    ]
    doors = [(station.id, station.door.wkb_hex, station.opening_hours) for station in fitting.values()]
    return Nearest(found, streets_provenance(cache.live(), search).depending_on("nearest", wish, doors))


def find_nearest(
    cache: StreetCache,
    stations: Sequence[Station],
    lonlat: LonLat,
    k: int = 3,
    limit_minutes: float = 60,
    mode: str = DEFAULT_MODE,
    surface: str = DEFAULT_SURFACE,
) -> list[StationWalk]:
    """The ``k`` stations that are reached first, nearest first.

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
    mode, surface
        Keys of geo/rules/modes.toml and surfaces.toml.

    Returns
    -------
    Fewer than ``k``, or none, where no more are in reach or the place is on no street. Equally near ones by id.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode or surface.
    Refused
        If the limit is not above 0 or beyond the horizon of the search.
    """
    return _walks(cache, stations, lonlat, k, Wish.of(limit_minutes, mode, surface), path=False)[0]


def _fits(station: Station, wish: NearestWish) -> bool:
    if wish.kind not in {None, station.kind} or (wish.service is not None and wish.service not in station.services):
        return False
    return not wish.open_only or hours.state(station.opening_hours, wish.at).is_open is not False


def _walks(
    cache: StreetCache, stations: Sequence[Station], lonlat: LonLat, k: int, wish: Wish, *, path: bool
) -> tuple[list[StationWalk], list[Way | None]]:
    """Walks, and the ways where they are wanted, or needed to tell how long they are: not all streets are as quick."""
    ordered = sorted(stations, key=lambda station: station.id)
    joined = cache.joined(ordered, wish.mode, wish.surface)
    here = ends_at(joined, lonlat, wish)
    ds_of_station = times_to_stations(joined.net, here.stops, joined.doors, wish.cutoff_ds)
    air_m_of_station = np.hypot(*(joined.doors_xy_m - here.xy_m).T)
    reached = np.flatnonzero(ds_of_station != NONE)
    nearest = reached[np.argsort(ds_of_station[reached], kind="stable")][:k].tolist()
    is_traced = path or wish.mode.travel != "foot"
    ways = [_way(joined, here, ordered[index], wish) if is_traced else None for index in nearest]
    walks = [
        StationWalk(
            station_id=ordered[index].id,
            travel_ds=int(ds_of_station[index]),
            walk_m=float(ds_of_station[index] / wish.ds_per_m)
            if wish.mode.travel == "foot" or way is None
            else way.metres,
            air_m=float(air_m_of_station[index]),
        )
        for index, way in zip(nearest, ways, strict=True)
    ]
    return walks, ways


def _way(joined: Joined, here: Ends, station: Station, wish: Wish) -> Way | None:
    return trace_way(joined, here, ends_at(joined, (station.door.x, station.door.y), wish), wish.cutoff_ds)
