"""From which areas a case is seen: those that it lies in, and those with a grid so near that it sees it, too.

The database itself notes the latter whenever it is given the grids next door (``incident.border_area_ids``).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, any_, func, literal, or_, select

from geo.store.incident_tables import incident
from geo.store.tables import area


def is_seen_from(area_id: int) -> ColumnElement[bool]:
    """Whether incidents are seen from an area, as part of a query; what is still to be located is seen from all."""
    i = incident.c
    ground = select(area.c.geom).where(area.c.id == area_id).scalar_subquery()
    # the first half of the condition is the index's own
    is_beside = and_(i.border_area_ids != [], i.border_area_ids.op("@>")(literal([area_id], i.border_area_ids.type)))
    return or_(i.geom.is_(None), func.ST_Covers(ground, i.geom), is_beside)


def areas_that_see(conn: Connection, incident_ids: Sequence[int], area_ids: Sequence[int]) -> dict[int, set[int]]:
    """Those of some areas that see each of some incidents that have a place; empty for the others."""
    found: dict[int, set[int]] = {incident_id: set() for incident_id in incident_ids}
    if incident_ids and area_ids:
        i, a = incident.c, area.c
        sees = or_(func.ST_Covers(a.geom, i.geom), a.id == any_(i.border_area_ids))
        wanted = i.id == any_(literal(list(incident_ids))), a.id == any_(literal(list(area_ids)))
        for row in conn.execute(
            select(i.id, a.id.label("area_id")).select_from(incident.join(area, sees)).where(*wanted)
        ):
            found[row.id].add(row.area_id)
    return found


def is_seen(conn: Connection, incident_id: int, area_id: int) -> bool:
    """Whether an incident that has a place is seen from an area."""
    return area_id in areas_that_see(conn, [incident_id], [area_id])[incident_id]
