"""Which grid holds a case by the plans in force."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from geo.store.database import sql


class Elsewhere(NamedTuple):
    """An open case whose grid or plan is no longer the one that it was given."""

    incident_id: int
    grid_before: int | None
    grid_id: int
    plan_id: int
    plan_version: int


def open_cases_elsewhere(conn: Connection, community_id: int | None, at: datetime) -> list[Elsewhere]:
    """Open cases in the grids in force at a moment, of one community or all, if they know another grid or plan."""
    rows = conn.execute(sql("open_cases_elsewhere"), {"community_id": community_id, "at": at})
    return [Elsewhere(*row) for row in rows]
