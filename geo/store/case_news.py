"""Steps of cases in the order in which they can be read, each with the case as it is now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from geo.cases import CaseNews
from geo.store.case_sight import areas_that_see
from geo.store.cases import CHANNEL, cases_by_id, newest_step_id, steps_after

__all__ = ["CHANNEL", "after", "newest"]


def newest(conn: Connection) -> int:
    """The number of the newest step; 0 where there is none."""
    return newest_step_id(conn)


def after(conn: Connection, step_id: int, most: int, area_ids: Sequence[int]) -> list[CaseNews]:
    """Steps that came after one, in order, at most so many; and which of some areas see their cases."""
    steps = steps_after(conn, step_id, most)
    ids = sorted({step.incident_id for step in steps})
    found = cases_by_id(conn, ids)
    seen = areas_that_see(conn, ids, area_ids)
    return [
        CaseNews(step, found[step.incident_id], frozenset(seen[step.incident_id]))
        for step in steps
        if step.incident_id in found
    ]
