"""What rankings are made from: whether any of it has changed, the case itself, and how busy everybody is."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, func, select, text

from geo.case_states import Stage
from geo.errors import NotFound
from geo.helpers import Family
from geo.store.incident_tables import incident

_CASE = text("select * from dispatch_case(:incident_id)")
_VERSIONS = text("select * from dispatch_versions()")


@dataclass(frozen=True)
class Versions:
    """Texts that change whenever what they speak of does."""

    stations: str
    resources: str
    cases: str
    """Of all steps that were taken with cases."""
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
    row = conn.execute(_CASE, {"incident_id": incident_id}).one_or_none()
    if row is None:
        raise NotFound("incident_unknown", id=incident_id)
    lonlat = None if row.lon is None else (row.lon, row.lat)
    sent = _sent(row.station_id, row.resource_id) if row.stage == "dispatched" else None
    case = DispatchCase(incident_id, lonlat, row.item, row.catalogue_version, sent, row.stage)
    return case, Versions(row.stations, row.resources, row.cases, row.streets)


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
