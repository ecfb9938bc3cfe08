"""Pages of what is stored, with what a list shows of each entry: one count, one page, shapes as GeoJSON text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, TableValuedAlias, and_, func, literal, not_, null, select
from sqlalchemy.dialects.postgresql import array

from geo.errors import NotFound
from geo.publication import PublicationRule
from geo.store.database import sql
from geo.store.grids import GRID_COLUMNS
from geo.store.tables import area, resource

Entry = TypeVar("Entry")
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True)
class Slice:
    """Which part of a list."""

    limit: int
    offset: int = 0


@dataclass(frozen=True)
class AreaEntry:
    """One area of a list."""

    id: int
    level: str
    code: str
    name: str
    name_en: str | None
    parent_code: str | None
    centre: list[float]
    bbox: list[float]
    shape: str | None
    """GeoJSON, when asked for."""


@dataclass(frozen=True)
class GridEntry:
    """One grid of a list."""

    id: int
    plan_id: int
    code: str
    name: str
    kind: str
    community_id: int
    community_code: str
    community_name: str
    centre: list[float]
    bbox: list[float]
    shape: str | None


@dataclass(frozen=True)
class ResourceEntry:
    """A team or vehicle, where it was last seen."""

    id: int
    name: str
    kind: str
    services: list[str]
    staff: int | None
    """Persons on duty, a count; None: not known."""
    duty_hours: str | None
    position_at: datetime | None
    """None: a post that works from a fixed place."""
    version: int
    shape: str


@dataclass(frozen=True)
class IncidentCell:
    """A square with enough incidents to be shown."""

    n_class: int
    """Lower bound of the class that its count falls into."""
    shape: str


@dataclass(frozen=True)
class Period:
    """From when to when the incidents shown happened; None when there are none."""

    since: datetime | None
    until: datetime | None


def areas(
    conn: Connection, level: str | None, parent_code: str | None, part: Slice, *, shapes: bool
) -> tuple[int, list[AreaEntry]]:
    """How many live areas, and a page of them by level and code."""
    parent = area.alias("parent")
    chosen = (
        select(
            area.c.id,
            area.c.level,
            area.c.code,
            area.c.name,
            area.c.name_en,
            parent.c.code.label("parent_code"),
            *_spot(area.c.geom),
            _shape(area.c.geom) if shapes else null().label("shape"),
        )
        .select_from(area.outerjoin(parent, parent.c.id == area.c.parent_id))
        .where(area.c.retired_at.is_(None))
        .order_by(area.c.code, area.c.id)
    )
    if level is not None:
        chosen = chosen.where(area.c.level == level)
    if parent_code is not None:
        chosen = chosen.where(parent.c.code == parent_code)
    return _page(conn, chosen, part, AreaEntry)


def grids(
    conn: Connection, at: datetime, community_code: str | None, box: Box | None, part: Slice, *, shapes: bool
) -> tuple[int, list[GridEntry]]:
    """How many grids are in force at a moment, and a page of them by code."""
    in_force = _in_force(at)
    chosen = _grid_columns(in_force, shapes=shapes).order_by(in_force.c.code, in_force.c.grid_id)
    if community_code is not None:
        chosen = chosen.where(area.c.code == community_code)
    return _page(conn, inside(chosen, in_force.c.geom, box), part, GridEntry)


def grid(conn: Connection, at: datetime, grid_id: int) -> GridEntry:
    """One grid as it is in force at a moment.

    Raises
    ------
    NotFound
        If there is no such grid, or none in force then.
    """
    in_force = _in_force(at)
    row = (
        conn.execute(_grid_columns(in_force, shapes=True).where(in_force.c.grid_id == grid_id)).mappings().one_or_none()
    )
    if row is None:
        raise NotFound("grid_not_in_force", grid_id=grid_id, day=at.date())
    return GridEntry(**row)


def resources(conn: Connection, kind: str | None, box: Box | None, part: Slice) -> tuple[int, list[ResourceEntry]]:
    """How many resources are in use whose place is not forgotten, and a page of them."""
    r = resource.c
    kept = (r.id, r.name, r.kind, r.services, r.staff, r.duty_hours, r.position_at, r.version)
    is_told = and_(r.retired_at.is_(None), not_(func.ST_IsEmpty(r.geom)))
    chosen = select(*kept, _shape(r.geom)).where(is_told).order_by(r.id)
    if kind is not None:
        chosen = chosen.where(resource.c.kind == kind)
    return _page(conn, inside(chosen, resource.c.geom, box), part, ResourceEntry)


def incident_cells(conn: Connection, box: Box | None, rule: PublicationRule) -> tuple[list[IncidentCell], Period]:
    """The squares that the public may see, and the period that they count.

    A square is counted whole or not at all: ``box`` chooses squares, never incidents.
    """
    west, south, east, north = box or (-180.0, -90.0, 180.0, 90.0)
    numbers = {"k": rule.k, "recent_months": rule.recent_months, "classes": list(rule.classes)}
    sides = {"west": west, "south": south, "east": east, "north": north}
    rows = conn.execute(sql("incident_cells"), numbers | sides).all()
    cells = [IncidentCell(n_class=row.n_class, shape=row.shape) for row in rows]
    period = conn.execute(sql("incident_period"), {"recent_months": rule.recent_months}).one()
    return cells, Period(since=period.since, until=period.until)


def _in_force(at: datetime) -> TableValuedAlias:
    return func.grids_at(at).table_valued(*GRID_COLUMNS)


def _grid_columns(in_force: TableValuedAlias, *, shapes: bool) -> Select[Any]:
    return select(
        in_force.c.grid_id.label("id"),
        in_force.c.plan_id,
        in_force.c.code,
        in_force.c.name,
        in_force.c.kind,
        in_force.c.community_id,
        area.c.code.label("community_code"),
        area.c.name.label("community_name"),
        *_spot(in_force.c.geom),
        _shape(in_force.c.geom) if shapes else null().label("shape"),
    ).select_from(in_force.join(area, area.c.id == in_force.c.community_id))


def _page(conn: Connection, chosen: Select[Any], part: Slice, entry: Callable[..., Entry]) -> tuple[int, list[Entry]]:
    matched = conn.execute(select(func.count()).select_from(chosen.order_by(None).subquery())).scalar_one()
    rows = conn.execute(chosen.limit(part.limit).offset(part.offset)).mappings()
    return matched, [entry(**row) for row in rows]


def inside(chosen: Select[Any], geom: ColumnElement[Any], box: Box | None) -> Select[Any]:
    """Narrowed to what touches a box; None does not narrow."""
    if box is None:
        return chosen
    return chosen.where(func.ST_Intersects(geom, func.ST_MakeEnvelope(*box, 4326)))


def _shape(geom: ColumnElement[Any]) -> ColumnElement[str]:
    # seven decimals are a centimetre; 0 leaves out the CRS, which GeoJSON fixes
    return func.ST_AsGeoJSON(geom, literal(7), literal(0)).label("shape")


def _spot(geom: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """A point on the shape, and the box around it."""
    inner = func.ST_PointOnSurface(geom)
    centre = array([func.ST_X(inner), func.ST_Y(inner)]).label("centre")
    sides = (func.ST_XMin(geom), func.ST_YMin(geom), func.ST_XMax(geom), func.ST_YMax(geom))
    return centre, array(sides).label("bbox")
