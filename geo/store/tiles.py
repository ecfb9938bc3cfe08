"""Vector tiles, one query per layer. A tile is the layers' bytes one after the other, as the format allows.

Source: Mapbox Vector Tile specification 2.1, made by PostGIS ST_AsMVT.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from geo.publication import PublicationRule
from geo.rules.tiles import Kinds, TileRule, kinds_at, tile_rule
from geo.store.database import sql


@dataclass(frozen=True)
class TileAddress:
    """Zoom, column and row in the usual scheme: row 0 is the northernmost."""

    z: int
    x: int
    y: int


@dataclass(frozen=True)
class Sight:
    """What the asker may see of incidents.

    Parameters
    ----------
    sees_incident_points
        Points instead of squares.
    area_id
        Only points within this area; none: everywhere.
    """

    sees_incident_points: bool = False
    area_id: int | None = None


@dataclass(frozen=True)
class Query:
    """The name of a query and what it is bound to besides the address."""

    name: str
    values: dict[str, Any]


Chooser = Callable[[int, Sight, TileRule, PublicationRule], Query | None]


def _by_kind(name: str, kinds: Kinds) -> Query | None:
    values = {"shown": kinds.shown, "named": kinds.named, "others": kinds.others}
    return None if kinds.is_empty else Query(name, values)


def _street(z: int, _: Sight, rule: TileRule, __: PublicationRule) -> Query | None:
    return _by_kind("tile_street", kinds_at(z, rule.street_from))


def _barrier(z: int, _: Sight, rule: TileRule, __: PublicationRule) -> Query | None:
    return _by_kind("tile_barrier", kinds_at(z, rule.barrier_from))


def _area(z: int, _: Sight, rule: TileRule, __: PublicationRule) -> Query | None:
    kinds = kinds_at(z, rule.area_from)
    return None if kinds.is_empty else Query("tile_area", {"shown": kinds.shown})


def _land(z: int, _: Sight, rule: TileRule, __: PublicationRule) -> Query | None:
    return Query("tile_land", {"smallest_units2": rule.smallest_units2}) if z >= rule.land_from else None


def _grid(z: int, _: Sight, rule: TileRule, public: PublicationRule) -> Query | None:
    return Query("tile_grid", {"k": public.k, "round_to": public.round_to}) if z >= rule.grid_from else None


def _station(z: int, _: Sight, rule: TileRule, __: PublicationRule) -> Query | None:
    return Query("tile_station", {}) if z >= rule.station_from else None


def _resource(z: int, _: Sight, rule: TileRule, __: PublicationRule) -> Query | None:
    return Query("tile_resource", {}) if z >= rule.resource_from else None


def _incident(z: int, sight: Sight, rule: TileRule, public: PublicationRule) -> Query | None:
    if z < rule.incident_from:
        return None
    if sight.sees_incident_points:
        return Query("tile_incident", {"area_id": sight.area_id})
    return Query(
        "tile_incident_cell",
        {"k": public.k, "recent_months": public.recent_months, "classes": list(public.classes)},
    )


LAYERS: dict[str, Chooser] = {
    "land": _land,
    "barrier": _barrier,
    "street": _street,
    "area": _area,
    "grid": _grid,
    "station": _station,
    "resource": _resource,
    "incident": _incident,
}
"""All layers by name."""


def tile(
    conn: Connection, layers: tuple[str, ...], address: TileAddress, sight: Sight, public: PublicationRule
) -> bytes:
    """The named layers of one tile; empty bytes where there is nothing.

    Raises
    ------
    KeyError
        If there is no such layer.
    """
    where = {"z": address.z, "x": address.x, "y": address.y}
    queries = [LAYERS[name](address.z, sight, tile_rule(), public) for name in layers]
    parts = [conn.execute(sql(query.name), where | query.values).scalar_one() for query in queries if query]
    return b"".join(bytes(part) for part in parts)


def data_version(conn: Connection, *, points: bool = False) -> str:
    """A text that changes whenever anything changes that a tile may show; ``points``: one with incidents themselves."""
    return str(conn.execute(sql("tile_version"), {"points": points}).scalar_one())


@dataclass(frozen=True)
class MapContent:
    """What a map page must know of the data before it is drawn.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees; none when nothing has been loaded.
    is_fictional
        The city is invented: its codes are none that exist.
    shows_osm
        OpenStreetMap data are among what is shown.
    minutes, circle_m
        What the current figures were computed for; none when nothing has been computed.
    """

    bounds: tuple[float, float, float, float] | None
    is_fictional: bool
    shows_osm: bool
    minutes: float | None
    circle_m: float | None


def map_content(conn: Connection) -> MapContent:
    """Where the city lies and whose data it is."""
    row = conn.execute(sql("map_content")).one()
    bounds = None if row.west is None else (row.west, row.south, row.east, row.north)
    return MapContent(bounds, row.is_fictional, row.shows_osm, row.minutes, row.circle_m)
