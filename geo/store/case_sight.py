"""From which areas a case is seen: those that it lies in, and those with a grid so near that it sees it, too."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from geo.store.database import sql
from geo.store.incident_tables import incident
from geo.store.tables import area


def is_seen_from(area_id: int) -> ColumnElement[bool]:
    """Whether incidents are seen from an area, as part of a query; what is still to be located is seen from all."""
    i = incident.c
    ground = select(area.c.geom).where(area.c.id == area_id).scalar_subquery()
    # as a query of its own it is looked up once, and not for every incident
    grids = select(func.grids_of_area(area_id)).scalar_subquery()
    # the first half of the condition is the index's own
    is_beside = and_(i.border_grid_ids != [], i.border_grid_ids.op("&&")(grids))
    return or_(i.geom.is_(None), func.ST_Covers(ground, i.geom), is_beside)


def areas_that_see(conn: Connection, incident_ids: Sequence[int], area_ids: Sequence[int]) -> dict[int, set[int]]:
    """Those of some areas that see each of some incidents that have a place; empty for the others."""
    found: dict[int, set[int]] = {incident_id: set() for incident_id in incident_ids}
    if incident_ids and area_ids:
        values = {"incident_ids": list(incident_ids), "area_ids": list(area_ids)}
        for incident_id, area_id in conn.execute(sql("areas_that_see"), values):
            found[incident_id].add(area_id)
    return found


def is_seen(conn: Connection, incident_id: int, area_id: int) -> bool:
    """Whether an incident that has a place is seen from an area."""
    return area_id in areas_that_see(conn, [incident_id], [area_id])[incident_id]
