"""Steps of cases in the order in which they can be read, each with the case as it is now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, any_, func, literal, select

from geo.cases import CaseNews
from geo.store.cases import CHANNEL, cases_by_id, newest_step_id, steps_after
from geo.store.incident_tables import incident
from geo.store.tables import area

__all__ = ["CHANNEL", "after", "newest"]


def newest(conn: Connection) -> int:
    """The number of the newest step; 0 where there is none."""
    return newest_step_id(conn)


def after(conn: Connection, step_id: int, most: int, area_ids: Sequence[int]) -> list[CaseNews]:
    """Steps that came after one, in order, at most so many; and which of some areas their cases lie in."""
    steps = steps_after(conn, step_id, most)
    ids = sorted({step.incident_id for step in steps})
    found = cases_by_id(conn, ids)
    inside: dict[int, set[int]] = {incident_id: set() for incident_id in ids}
    if area_ids and ids:
        holds = func.ST_Covers(area.c.geom, incident.c.geom)
        pairs = (
            select(incident.c.id, area.c.id.label("area_id"))
            .select_from(incident.join(area, holds))
            .where(incident.c.id == any_(literal(ids)), area.c.id == any_(literal(list(area_ids))))
        )
        for row in conn.execute(pairs):
            inside[row.id].add(row.area_id)
    return [
        CaseNews(step, found[step.incident_id], frozenset(inside[step.incident_id]))
        for step in steps
        if step.incident_id in found
    ]
