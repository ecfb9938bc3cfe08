"""What rankings are made from: whether any of it has changed, the case itself, and how busy everybody is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, func, select, text

from geo.case_states import Stage
from geo.errors import NotFound
from geo.helpers import Family
from geo.store.database import Database
from geo.store.incident_tables import incident

_CASE = """
    select lon, lat, item, catalogue_version, stage, grid_id, station_id, resource_id,
        stations, resources, cases, assignments, streets
    from dispatch_case(%(incident_id)s)
"""
_VERSIONS = text("select * from dispatch_versions()")


@dataclass(frozen=True)
class Versions:
    """Texts that change whenever what they speak of does."""

    stations: str
    resources: str
    cases: str
    """Of all that may make somebody busy or free."""
    assignments: str
    """Of the grids given to posts, and of plans in force."""
    streets: str | None
    """None: none are loaded."""


@dataclass(frozen=True)
class DispatchCase:
    """A case as far as a ranking asks."""

    id: int
    lonlat: tuple[float, float] | None
    """Degrees; None: still to be located."""
    item: str | None
    catalogue_version: str | None
    sent: tuple[Family, int] | None
    """The station or team that is on it now."""
    stage: Stage
    grid_id: int | None = None
    """None: in no grid."""


def versions(conn: Connection) -> Versions:
    """What tells whether anything has changed."""
    return Versions(**conn.execute(_VERSIONS).mappings().one())


def dispatch_case(conn: Connection, incident_id: int) -> tuple[DispatchCase, Versions]:
    """A case, and what tells whether anything has changed, in one statement.

    Raises
    ------
    NotFound
        If there is no such case.
    """
    row = conn.exec_driver_sql(_CASE, {"incident_id": incident_id}).one_or_none()
    return _case_of(incident_id, None if row is None else tuple(row))


def glance_at_case(db: Database, incident_id: int) -> tuple[DispatchCase, Versions]:
    """The same without a transaction.

    Raises
    ------
    NotFound
        If there is no such case.
    """
    return _case_of(incident_id, db.glance(_CASE, {"incident_id": incident_id}))


def _case_of(incident_id: int, row: tuple[Any, ...] | None) -> tuple[DispatchCase, Versions]:
    if row is None:
        raise NotFound("incident_unknown", id=incident_id)
    lon, lat, item, catalogue_version, stage, grid_id, station_id, resource_id, *texts = row
    sent = _sent(station_id, resource_id) if stage == "dispatched" else None
    lonlat = None if lon is None else (lon, lat)
    return DispatchCase(incident_id, lonlat, item, catalogue_version, sent, stage, grid_id), Versions(*texts)


def busy_counts(conn: Connection) -> dict[tuple[Family, int], int]:
    """Family and id -> how many cases it was sent to that are not handled yet; those without any are left out."""
    i = incident.c
    on_it = i.stage == "dispatched", i.retired_at.is_(None)
    columns: dict[Family, Column[int]] = {"station": i.station_id, "resource": i.resource_id}
    counts: dict[tuple[Family, int], int] = {}
    for family, column in columns.items():
        sent = select(column.label("id"), func.count().label("n")).where(*on_it, column.is_not(None))
        counts |= {(family, row.id): row.n for row in conn.execute(sent.group_by(column))}
    return counts


def _sent(station_id: int | None, resource_id: int | None) -> tuple[Family, int] | None:
    if station_id is not None:
        return "station", station_id
    return None if resource_id is None else ("resource", resource_id)
