"""Teams and vehicles that move, and posts of professionals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection, Row, Select, any_, func, literal, not_, select, update

from geo.errors import NotFound, StaleVersion
from geo.resources import Resource
from geo.store.imports import keep_before
from geo.store.tables import BEFORE, resource

EDITABLE = ("staff", "duty_hours")
"""What somebody may change by hand. Where a team is comes with its positions."""


def live(conn: Connection) -> list[Resource]:
    """All that are in service and whose place is not forgotten, by id."""
    known = _select().where(not_(func.ST_IsEmpty(resource.c.geom)))
    return [_resource(row) for row in conn.execute(known.order_by(resource.c.id))]


def placeless(conn: Connection) -> list[Resource]:
    """All that are in service and whose place is forgotten, by id."""
    forgotten = _select().where(func.ST_IsEmpty(resource.c.geom))
    return [_resource(row) for row in conn.execute(forgotten.order_by(resource.c.id))]


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


def edit(conn: Connection, resource_id: int, values: Mapping[str, Any], version: int, at: datetime) -> Resource:
    """Change some columns of ``EDITABLE`` of one that nobody changed since ``version``, and its version in any case.

    Raises
    ------
    NotFound
        If there is none.
    StaleVersion
        If somebody did.
    """
    assert values.keys() <= set(EDITABLE), values
    r = resource.c
    guarded = update(resource).where(r.id == resource_id, r.retired_at.is_(None), r.version == version)
    if not conn.execute(guarded.values({**values, "updated_at": at, "version": r.version + 1})).rowcount:
        now = get(conn, resource_id).version
        raise StaleVersion("resource_stale", id=resource_id, version=version, now=now)
    return get(conn, resource_id)


def touch(conn: Connection, ids: Sequence[int], import_id: int, at: datetime) -> int:
    """Count it as a change by an import that grids were given or taken, where it changed nothing else: how many."""
    r = resource.c
    chosen = select(r.id).where(r.id == any_(literal(list(ids))), r.import_id.is_distinct_from(import_id))
    others = list(conn.execute(chosen).scalars())
    if others:
        keep_before(conn, resource, others, import_id)
        values = {"version": r.version + 1, "updated_at": at, "import_id": import_id}
        conn.execute(update(resource).where(r.id == any_(literal(others))).values(values))
    return len(others)


def ids_of_source(conn: Connection, source: str) -> dict[str, int]:
    """Number -> id of all of a source that are in service."""
    r = resource.c
    rows = conn.execute(select(r.source_key, r.id).where(r.source == source, r.retired_at.is_(None)))
    return {row.source_key: row.id for row in rows}


def kinds(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Id -> kind of some, in service or not."""
    r = resource.c
    return {row.id: row.kind for row in conn.execute(select(r.id, r.kind).where(r.id == any_(literal(list(ids)))))}


def hold_positions(conn: Connection, source: str) -> dict[str, tuple[datetime | None, shapely.Geometry]]:
    """Number -> last position and its time, of all of a source, held until the transaction ends.

    The time is None where a post works from a fixed place.
    """
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
    columns = (
        r.id,
        r.name,
        r.kind,
        r.services,
        r.staff,
        r.position_at,
        r.duty_hours,
        r.version,
        r.source,
        r.source_key,
    )
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
        duty_hours=row.duty_hours,
        version=row.version,
        source=row.source,
        source_key=row.source_key,
    )
