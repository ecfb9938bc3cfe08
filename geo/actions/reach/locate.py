"""Where a place lies, who answers for it, and which stations are near on foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo import hours
from geo.actions.city.load_city import Wish, streets_provenance
from geo.actions.city.street_cache import StreetCache
from geo.actions.reach.find_nearest import find_nearest
from geo.coverage import StationWalk
from geo.errors import StreetsMissing
from geo.hours import HoursState
from geo.provenance import Provenance
from geo.rules.modes import mode as mode_of
from geo.rules.reach import reach_rule
from geo.stations import Station
from geo.store import locate as places
from geo.store import stations as station_rows
from geo.store.database import Database
from geo.store.locate import HeldGrid, Link, Post
from geo.units import DS_PER_MINUTE


@dataclass(frozen=True)
class NearStation:
    """A station that can be reached."""

    station: Station
    walk: StationWalk
    state: HoursState
    """Open or not at the moment asked about."""


@dataclass(frozen=True)
class Remark:
    """Why something is not there: key of a sentence in geo/words, and what fills it."""

    key: str
    values: dict[str, str]


@dataclass(frozen=True)
class Location:
    """What is known of a place."""

    chain: Sequence[Link]
    """From the outermost area to the innermost; empty outside all of them."""
    grid: HeldGrid | None
    posts: Sequence[Post]
    place_remark: Remark | None
    """Why the chain is empty or the grid is missing."""
    stations: Sequence[NearStation]
    """Nearest first."""
    station_remark: Remark | None
    """Why there are none."""
    provenance: Provenance | None
    """Of minutes and metres; None while there are no streets."""


def locate(
    db: Database, cache: StreetCache, lonlat: tuple[float, float], at: datetime, *, limit: int, mode: str, surface: str
) -> Location:
    """What is known of a place at a moment.

    Parameters
    ----------
    db
        Where areas, grids and stations are.
    cache
        The live streets.
    lonlat
        Degrees, EPSG:4326.
    at
        Aware, in the city's time zone: which grids are in force, which stations are open.
    limit
        Stations to name at most.
    mode, surface
        Keys of geo/rules/modes.toml and surfaces.toml.

    Raises
    ------
    NotFound
        If there is no such mode or surface.
    """
    with db.read() as conn:
        grid = places.grid_at(conn, lonlat, at)
        # on a border the grid decides, so that the chain ends in the community that the grid belongs to
        chain = places.chain_at(conn, lonlat) if grid is None else places.chain_of(conn, grid.community_id)
        posts = [] if grid is None else places.posts(conn, grid.plan_id, grid.id)
        stations = {station.id: station for station in station_rows.live(conn)}
    try:
        walks = find_nearest(
            cache, list(stations.values()), lonlat, limit, _horizon_minutes(), mode=mode, surface=surface
        )
        station_remark = None if walks else why_none(cache, lonlat, mode)
        asked, doors = (lonlat, limit), [(one.id, one.door.wkb_hex) for one in stations.values()]
        search = Wish.of(_horizon_minutes(), mode, surface)
        provenance = streets_provenance(cache.live(), search).depending_on("locate", asked, doors)
    except StreetsMissing as error:
        walks, station_remark, provenance = [], Remark(error.key, {}), None
    near = [
        NearStation(station, walk, hours.state(station.opening_hours, at))
        for walk in walks
        for station in [stations[walk.station_id]]
    ]
    return Location(chain, grid, posts, _place_remark(chain, grid), near, station_remark, provenance)


def _horizon_minutes() -> float:
    return reach_rule().horizon_ds / DS_PER_MINUTE


def _place_remark(chain: Sequence[Link], grid: HeldGrid | None) -> Remark | None:
    if grid is not None:
        return None
    return Remark("place_without_grid", {"area": chain[-1].name}) if chain else Remark("place_outside", {})


def why_none(cache: StreetCache, lonlat: tuple[float, float], mode: str) -> Remark:
    """No street within a connector's length, or streets but no station within the horizon."""
    ground = cache.live().ground_of(mode_of(mode).travel)
    limit_m = reach_rule().max_connector_m
    joints = ground.joints(ground.frame.to_xy_m(np.array([lonlat])), limit_m)
    if len(joints.piece_of_joint) == 0:
        return Remark("no_street_near", {"limit_m": f"{limit_m:g}"})
    return Remark("no_station_within", {"minutes": f"{_horizon_minutes():g}"})
