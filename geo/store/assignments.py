"""Grids given to posts of professionals: what was said, what plans made of the grids, and saying it anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from geo.assignments import Claim, GridNamed, Line
from geo.store import imports
from geo.store.assignment_tables import assignment
from geo.store.database import sql
from geo.store.grids import GRID_COLUMNS
from geo.store.tables import area, grid, plan, plan_grid, resource

LOCK = 7_246_391_915
"""Advisory lock held while grids are given to posts."""


class GoneRow(NamedTuple):
    """A grid that a plan in force leaves out without saying what became of it: a file brought the plan."""

    at: datetime
    plan_id: int
    before_id: int
    """The plan that had it."""
    grid_id: int


def claims(conn: Connection) -> list[Claim]:
    """All that was said and not taken back, by id; posts that are no longer there had their grids until then."""
    a, r = assignment.c, resource.c
    until = func.least(a.until, r.retired_at).label("until")
    query = select(a.id, a.resource_id, a.grid_id, a.since, until).join(resource, r.id == a.resource_id)
    is_so = a.retired_at.is_(None), or_(r.retired_at.is_(None), r.retired_at > a.since)
    return [Claim(*row) for row in conn.execute(query.where(*is_so).order_by(a.id))]


def lines(conn: Connection, grid_ids: Sequence[int]) -> list[Line]:
    """What plans made of some grids, and of those that these became."""
    return [Line(*row) for row in conn.execute(sql("assigned_lines"), {"grid_ids": list(grid_ids)})]


def gone_grids(conn: Connection, grid_ids: Sequence[int]) -> list[GoneRow]:
    """Which of some grids plans left out without a word, and when."""
    return [GoneRow(*row) for row in conn.execute(sql("grids_gone"), {"grid_ids": list(grid_ids)})]


def lock(conn: Connection) -> None:
    """Wait until nobody else gives grids, and hold others off until the transaction ends."""
    conn.execute(select(func.pg_advisory_xact_lock(LOCK)))


def grids_named(conn: Connection, at: datetime, community_ids: Collection[int] | None) -> list[GridNamed]:
    """The grids in force at a moment, by code; None: of all communities."""
    g = func.grids_at(at).table_valued(*GRID_COLUMNS)
    columns = (g.c.grid_id, g.c.code, g.c.name, area.c.code, area.c.name)
    query = select(*columns).select_from(g.join(area, area.c.id == g.c.community_id)).order_by(g.c.code)
    if community_ids is not None:
        query = query.where(g.c.community_id == any_(literal(sorted(community_ids))))
    return [GridNamed(*row) for row in conn.execute(query)]


class NameSpell(NamedTuple):
    """How a grid is called while a plan is in force."""

    grid_id: int
    code: str
    name: str
    since: datetime
    until: datetime | None


class Names(list[NameSpell]):
    """How grids were called, in the order of time."""

    def at(self, grid_id: int, moment: datetime) -> tuple[str | None, str | None]:
        """Code and name at a moment; None where the grid was not in force."""
        holds = (
            n for n in self if n.grid_id == grid_id and n.since <= moment and (n.until is None or moment < n.until)
        )
        found = next(holds, None)
        return (None, None) if found is None else (found.code, found.name)

    def before(self, grid_id: int, moment: datetime) -> str | None:
        """Its last code before a moment."""
        return next((n.code for n in reversed(self) if n.grid_id == grid_id and n.since < moment), None)


def names_of(conn: Connection, grid_ids: Sequence[int]) -> Names:
    """How some grids were called under the plans that were ever in force."""
    g, p = plan_grid.c, plan.c
    query = select(g.grid_id, g.code, g.name, p.effective_from, p.effective_to).join(plan, p.id == g.plan_id)
    is_meant = g.grid_id == any_(literal(list(grid_ids))), p.state.in_(("published", "superseded"))
    return Names(NameSpell(*row) for row in conn.execute(query.where(*is_meant).order_by(p.effective_from)))


def newer_of_others(conn: Connection, source: str) -> dict[int, datetime]:
    """Post -> until when others than a source have said anything of its grids."""
    a = assignment.c
    said = func.max(func.greatest(a.since, a.until))
    query = select(a.resource_id, said).where(a.source != source).group_by(a.resource_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def communities_of(conn: Connection, grid_ids: Collection[int]) -> list[int]:
    """Communities that some grids belong to."""
    query = select(grid.c.community_id).where(grid.c.id == any_(literal(sorted(grid_ids)))).distinct()
    return list(conn.execute(query).scalars()) if grid_ids else []


def end(
    conn: Connection, ids: Collection[int], at: datetime, source: str, now: datetime, import_id: int | None
) -> None:
    """End claims at a moment; those that would begin no earlier are taken back. They are the source's from then on."""
    if not ids:
        return
    a = assignment.c
    if import_id is not None:
        imports.keep_before(conn, assignment, sorted(ids), import_id)
    chosen = update(assignment).where(a.id == any_(literal(sorted(ids))))
    conn.execute(chosen.where(a.since < at).values(until=at, source=source, updated_at=now))
    conn.execute(chosen.where(a.since >= at).values(retired_at=now, source=source, updated_at=now))


def give(
    conn: Connection,
    resource_id: int,
    grid_ids: Collection[int],
    period: tuple[datetime, datetime | None],
    source: str,
    now: datetime,
    import_id: int | None,
) -> None:
    """Give grids to a post for a period."""
    if not grid_ids:
        return
    since, until = period
    rows: list[dict[str, Any]] = [
        {
            "resource_id": resource_id,
            "grid_id": grid_id,
            "since": since,
            "until": until,
            "updated_at": now,
            "source": source,
            "source_key": f"{resource_id} {grid_id} {since.isoformat()}",
            "import_id": import_id,
        }
        for grid_id in sorted(grid_ids)
    ]
    new = insert(assignment).values(rows)
    again = {"until": new.excluded.until, "updated_at": now, "retired_at": None}  # said, taken back and said again
    conn.execute(new.on_conflict_do_update(index_elements=["source", "source_key"], set_=again))
