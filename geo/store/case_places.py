"""Which grid holds a case by the plans in force, and which are near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

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


def open_cases_elsewhere(
    conn: Connection, community_id: int | None, at: datetime, most: int | None = None
) -> list[Elsewhere]:
    """Open cases in the grids in force at a moment, of one community or all, if they know another grid or plan; by id,
    at most so many.
    """
    rows = conn.execute(sql("open_cases_elsewhere"), {"community_id": community_id, "at": at, "most": most})
    return [Elsewhere(*row) for row in rows]


def open_cases_beside(
    conn: Connection, community_id: int, at: datetime, within_m: float, most: int | None = None
) -> list[tuple[int, list[int]]]:
    """Open cases beside a community that are near other grids than they know, and the ids of those; by id, at most so
    many.
    """
    values = {"community_id": community_id, "at": at, "within_m": within_m, "most": most}
    return [(row.incident_id, list(row.border_grid_ids)) for row in conn.execute(sql("open_cases_beside"), values)]


def community_left_behind(conn: Connection, at: datetime, without: Sequence[int]) -> int | None:
    """A community with open cases that know no plan, or one which another has taken over from; any but some.

    None: there is no other.
    """
    values = {"at": at, "without": list(without)}
    conn.execute(text("set local max_parallel_workers_per_gather = 0"))  # who asks the service needs the other cores
    return conn.execute(sql("community_left_behind"), values).scalar_one_or_none()
