"""Which grid holds a case by the plans in force, and which are near."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from geo.store.database import sql


class Elsewhere(NamedTuple):
    """An open case whose grid or plan is no longer the one that it was given."""

    incident_id: int
    grid_before: int | None
    name_before: str | None
    grid_id: int
    name: str
    plan_id: int
    plan_version: int


def open_cases_elsewhere(conn: Connection, community_id: int | None, at: datetime) -> list[Elsewhere]:
    """Open cases in the grids in force at a moment, of one community or all, if they know another grid or plan."""
    rows = conn.execute(sql("open_cases_elsewhere"), {"community_id": community_id, "at": at})
    return [Elsewhere(*row) for row in rows]


def open_cases_beside(
    conn: Connection, community_id: int, at: datetime, within_m: float
) -> list[tuple[int, list[int]]]:
    """Open cases beside a community that are near other grids than they know, and the ids of those."""
    values = {"community_id": community_id, "at": at, "within_m": within_m}
    return [(row.incident_id, list(row.border_grid_ids)) for row in conn.execute(sql("open_cases_beside"), values)]


def communities_left_behind(conn: Connection, at: datetime) -> list[int]:
    """Communities with open cases that know no plan, or one which another has taken over from."""
    return list(conn.execute(sql("communities_left_behind"), {"at": at}).scalars())
