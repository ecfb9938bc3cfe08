"""Resources that move: teams and vehicles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection, Row, Select, func, not_, select, update

from geo.errors import NotFound
from geo.resources import Resource
from geo.store.tables import BEFORE, resource


def live(conn: Connection) -> list[Resource]:
    """All that are in service and whose place is not forgotten, by id."""
    known = _select().where(not_(func.ST_IsEmpty(resource.c.geom)))
    return [_resource(row) for row in conn.execute(known.order_by(resource.c.id))]


def get(conn: Connection, resource_id: int) -> Resource:
    """One that is in service.

    Raises
    ------
    NotFound
        If there is none.
    """
    return _found(conn, _select(), resource_id)


def lock(conn: Connection, resource_id: int) -> Resource:
    """One that is in service, held until the transaction ends.

    Raises
    ------
    NotFound
        If there is none.
    """
    return _found(conn, _select().with_for_update(), resource_id)


def _found(conn: Connection, chosen: Select[Any], resource_id: int) -> Resource:
    row = conn.execute(chosen.where(resource.c.id == resource_id)).one_or_none()
    if row is None:
        raise NotFound("resource_unknown", id=resource_id)
    return _resource(row)


def move(conn: Connection, resource_id: int, lonlat: tuple[float, float], position_at: datetime) -> None:
    """Write a position over the one before; nothing is kept of that."""
    place = func.ST_SetSRID(func.ST_MakePoint(*lonlat), 4326)
    moved = update(resource).where(resource.c.id == resource_id)
    conn.execute(moved.values(geom=place, position_at=position_at))


def hold_positions(conn: Connection, source: str) -> dict[str, tuple[datetime, shapely.Geometry]]:
    """Number -> last position and its time, of all of a source, held until the transaction ends."""
    r = resource.c
    chosen = select(r.source_key, r.position_at, func.ST_AsBinary(r.geom).label("wkb")).where(r.source == source)
    rows = conn.execute(chosen.order_by(r.id).with_for_update())
    return {row.source_key: (row.position_at, shapely.from_wkb(bytes(row.wkb))) for row in rows}


def forget_positions(conn: Connection, before: datetime) -> int:
    """Erase where whoever was last seen before a moment was, also as it was before imports; how many were erased.

    When that was stays: an older position that comes late is still an older one.
    """
    n = 0
    for table in (resource, BEFORE[resource.name]):
        is_old = (table.c.position_at < before) & not_(func.ST_IsEmpty(table.c.geom))
        forgotten = update(table).where(is_old).values(geom=func.ST_GeomFromText("POINT EMPTY", 4326))
        n += conn.execute(forgotten).rowcount
    return n


def _select() -> Select[Any]:
    r = resource.c
    columns = (r.id, r.name, r.kind, r.services, r.staff, r.position_at, r.source, r.source_key)
    return select(*columns, func.ST_AsBinary(r.geom).label("wkb")).where(r.retired_at.is_(None))


def _resource(row: Row[Any]) -> Resource:
    return Resource(
        id=row.id,
        name=row.name,
        kind=row.kind,
        services=tuple(row.services),
        staff=row.staff,
        point=shapely.from_wkb(bytes(row.wkb)),
        position_at=row.position_at,
        source=row.source,
        source_key=row.source_key,
    )
