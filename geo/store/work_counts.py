"""Counts of work in the store: those that count, and new ones in place of those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
from sqlalchemy import Connection, func, select, update

from geo.store import imports
from geo.store.imports import Landing, Row
from geo.store.work_tables import work_count
from geo.work import WORK_KINDS, WorkCounts

LOCK = 7_246_391_907
"""Advisory lock held while counts land: of two imports that land together the later replaces the earlier."""


def counts_in(conn: Connection, community_ids: Sequence[int]) -> WorkCounts:
    """The counts of some communities that count now, by id."""
    w = work_count.c
    places = (func.ST_X(w.geom).label("lon"), func.ST_Y(w.geom).label("lat"))
    query = select(w.kind, w.number, w.as_of, *places).where(w.community_id.in_(community_ids), w.retired_at.is_(None))
    rows = conn.execute(query.order_by(w.id)).all()
    dates: dict[str, date] = {}
    for row in rows:
        dates[row.kind] = min(row.as_of, dates.get(row.kind, row.as_of))
    return WorkCounts(
        kind=np.array([WORK_KINDS.index(row.kind) for row in rows], np.int64),
        number=np.array([row.number for row in rows], np.float64),
        lonlat=np.array([[row.lon, row.lat] for row in rows], np.float64).reshape(-1, 2),
        dates=dates,
    )


def communities_counted(conn: Connection, community_ids: Sequence[int]) -> list[int]:
    """Those of some communities in which something is counted now, by id."""
    w = work_count.c
    query = select(w.community_id).where(w.community_id.in_(community_ids), w.retired_at.is_(None)).distinct()
    return sorted(conn.execute(query).scalars())


def lock_counts(conn: Connection) -> None:
    """Wait until no other import of counts is landing, and hold others off until the transaction ends."""
    conn.execute(select(func.pg_advisory_xact_lock(LOCK)))


def replace_counts(conn: Connection, rows: Sequence[Row], *, source: str, import_id: int, at: datetime) -> Landing:
    """Make rows the counts of their communities and kinds; those before, of any source, are retired.

    The caller holds :func:`lock_counts`. ``missing`` and ``retired`` of the answer are those that were replaced.
    """
    stale = _replaced(conn, rows, source)
    if stale:
        imports.keep_before(conn, work_count, stale, import_id)
        conn.execute(update(work_count).where(work_count.c.id.in_(stale)).values(retired_at=at))
    landing = imports.upsert(conn, work_count, rows, source=source, import_id=import_id, replace=False, at=at)
    return replace(landing, missing=len(stale), retired=len(stale))


def _replaced(conn: Connection, rows: Sequence[Row], source: str) -> list[int]:
    """Ids of live counts of the same communities and kinds that are none of the new rows."""
    w = work_count.c
    scopes = {(row["community_id"], row["kind"]) for row in rows}
    kept = {row["source_key"] for row in rows}
    communities = sorted({community_id for community_id, _ in scopes})
    query = select(w.id, w.community_id, w.kind, w.source, w.source_key).where(
        w.retired_at.is_(None), w.community_id.in_(communities)
    )
    return [
        row.id
        for row in conn.execute(query)
        if (row.community_id, row.kind) in scopes and not (row.source == source and row.source_key in kept)
    ]
