"""Stations: those that count now, and adding, editing and closing one by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from geo.errors import NotFound, StaleVersion
from geo.stations import Station
from geo.store.bulk import ewkb_hex
from geo.store.tables import station

BY_HAND = "by hand"
"""Source of stations that nobody imported."""

EDITABLE = ("name", "kind", "services", "opening_hours", "address", "phone", "capacity", "staff", "geom", "entrance")


def live(conn: Connection) -> list[Station]:
    """All stations that are not closed, by id."""
    return [
        _station(row) for row in conn.execute(_select().where(station.c.retired_at.is_(None)).order_by(station.c.id))
    ]


def get(conn: Connection, station_id: int) -> Station:
    """One station that is not closed.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = conn.execute(_select().where(station.c.id == station_id, station.c.retired_at.is_(None))).one_or_none()
    if row is None:
        raise NotFound("station_unknown", id=station_id)
    return _station(row)


def add(conn: Connection, values: Mapping[str, Any], key: UUID, at: datetime) -> Station:
    """A new station by hand. ``values``: columns of ``EDITABLE``, shapes as shapely points in EPSG:4326."""
    new = {**_stored(values), "source": BY_HAND, "source_key": str(key), "updated_at": at}
    station_id = conn.execute(insert(station).values(new).returning(station.c.id)).scalar_one()
    return get(conn, station_id)


def edit(conn: Connection, station_id: int, values: Mapping[str, Any], version: int, at: datetime) -> Station:
    """Change some columns of a station that nobody changed since ``version``.

    Raises
    ------
    NotFound
        If there is none.
    StaleVersion
        If somebody did.
    """
    _write(conn, station_id, {**_stored(values), "updated_at": at}, version)
    return get(conn, station_id)


def retire(conn: Connection, station_id: int, version: int, at: datetime) -> None:
    """Close a station for good.

    Raises
    ------
    NotFound
        If there is none.
    StaleVersion
        If somebody changed it since ``version``.
    """
    _write(conn, station_id, {"retired_at": at, "updated_at": at}, version)


def _write(conn: Connection, station_id: int, values: dict[str, Any], version: int) -> None:
    guarded = update(station).where(
        station.c.id == station_id, station.c.retired_at.is_(None), station.c.version == version
    )
    if conn.execute(guarded.values({**values, "version": station.c.version + 1})).rowcount:
        return
    now = get(conn, station_id).version
    raise StaleVersion("station_stale", id=station_id, version=version, now=now)


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = values.keys() - set(EDITABLE)
    assert not unknown, unknown
    return {
        name: func.ST_GeomFromEWKB(func.decode(ewkb_hex(value), "hex")) if isinstance(value, shapely.Point) else value
        for name, value in values.items()
    }


def _select() -> Select[Any]:
    s = station.c
    return select(
        s.id,
        s.name,
        s.kind,
        s.services,
        s.opening_hours,
        s.address,
        s.phone,
        s.capacity,
        s.staff,
        s.version,
        s.updated_at,
        s.source,
        s.source_key,
        func.ST_AsBinary(s.geom).label("point"),
        func.ST_AsBinary(s.entrance).label("door"),
    )


def _station(row: Row[Any]) -> Station:
    values = {name: getattr(row, name) for name in row._fields if name not in ("point", "door", "services")}
    door = None if row.door is None else shapely.from_wkb(bytes(row.door))
    return Station(**values, services=tuple(row.services), point=shapely.from_wkb(bytes(row.point)), entrance=door)
