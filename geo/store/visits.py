"""Visits that were done in the store: those of some days, the grids they can be told of, new counts in place of old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, any_, func, literal, or_, select, tuple_, update

from geo.store import imports
from geo.store.imports import Landing, Row
from geo.store.tables import plan, plan_grid
from geo.store.visit_tables import visit_count
from geo.visits import DoneRow, GridSpell

LOCK = 7_246_391_914
"""Advisory lock held while counts land."""


def grid_spells(conn: Connection, codes: Sequence[str]) -> Mapping[str, Sequence[GridSpell]]:
    """Code -> the grids that have or had it under published plans, in the order of time."""
    g, p = plan_grid.c, plan.c
    columns = (
        g.plan_id,
        g.grid_id,
        p.community_id,
        g.code,
        p.effective_from.label("since"),
        p.effective_to.label("until"),
    )
    query = select(*columns).join(plan, p.id == g.plan_id).where(p.state.in_(("published", "superseded")))
    found: dict[str, list[GridSpell]] = {}
    for row in conn.execute(query.where(g.code == any_(literal(list(codes)))).order_by(p.effective_from)).mappings():
        found.setdefault(row["code"], []).append(GridSpell(**row))
    return found


def done_between(conn: Connection, first: date, last: date, community_ids: Sequence[int]) -> list[DoneRow]:
    """What was done from one day to another, both with them, in some communities."""
    v = visit_count.c
    query = select(v.plan_id, v.grid_id, v.kind, v.day, v.number).join(plan, plan.c.id == v.plan_id)
    wanted = query.where(v.day.between(first, last), v.retired_at.is_(None), plan.c.community_id.in_(community_ids))
    return [DoneRow(**row) for row in conn.execute(wanted.order_by(v.id)).mappings()]


def shapes_of(conn: Connection, grids: Sequence[tuple[int, int]]) -> dict[tuple[int, int], BaseGeometry]:
    """(plan id, grid id) -> its ground."""
    g = plan_grid.c
    query = select(g.plan_id, g.grid_id, func.ST_AsBinary(g.geom).label("wkb"))
    rows = conn.execute(query.where(tuple_(g.plan_id, g.grid_id).in_(list(grids)))).all() if grids else []
    return {(row.plan_id, row.grid_id): shapely.from_wkb(bytes(row.wkb)) for row in rows}


def lock_counts(conn: Connection) -> None:
    """Wait until no other counts of visits are landing, and hold others off until the transaction ends."""
    conn.execute(select(func.pg_advisory_xact_lock(LOCK)))


def replace_done(conn: Connection, rows: Sequence[Row], *, source: str, import_id: int, at: datetime) -> Landing:
    """Make rows the counts of their grids, kinds and days; those before, of any source, are retired.

    The caller holds :func:`lock_counts`. ``missing`` and ``retired`` of the answer are those that were replaced.
    """
    v = visit_count.c
    keys = [(row["grid_id"], row["kind"], row["day"]) for row in rows]
    others = or_(v.source != source, v.source_key.not_in([row["source_key"] for row in rows]))
    query = select(v.id).where(v.retired_at.is_(None), tuple_(v.grid_id, v.kind, v.day).in_(keys), others)
    stale = list(conn.execute(query).scalars())
    if stale:
        imports.keep_before(conn, visit_count, stale, import_id)
        conn.execute(update(visit_count).where(v.id.in_(stale)).values(retired_at=at))
    landing = imports.upsert(conn, visit_count, rows, source=source, import_id=import_id, replace=False, at=at)
    return replace(landing, missing=len(stale), retired=len(stale))
