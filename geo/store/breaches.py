"""Cases whose time is short or over, and on which the clock has not acted yet."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, and_, case, exists, func, literal, select, tuple_, union_all, update

from geo.store.incident_tables import incident
from geo.store.tables import import_batch

LOCK = 7_246_391_911

Alarm = Literal["breach", "old", "warning"]

_i = incident.c
# word for word the conditions of incident_breach_idx and incident_warn_idx
_IS_OPEN = and_(_i.state == "open", _i.retired_at.is_(None))
_IS_WATCHED = and_(_IS_OPEN, _i.breached_due_at.is_distinct_from(_i.stage_due_at))
_IS_WARNED = and_(_IS_OPEN, _i.warn_at.is_not(None))
_WAS_OVER = exists(select(1).where(import_batch.c.id == _i.import_id, import_batch.c.landed_at > _i.stage_due_at))
"""What a file brings of deadlines that had passed by then is no news."""


class Ring(NamedTuple):
    """A moment that has come, of a case."""

    at: datetime
    incident_id: int


def is_only_watch(conn: Connection) -> bool:
    """Be the one that watches until the transaction ends; False while another does."""
    return bool(conn.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar_one())


def rings(conn: Connection, at: datetime, after: Ring | None, most: int) -> list[Ring]:
    """What has come before a moment and was not acted on, in order, after one of them; at most so many."""
    begun = Ring(datetime.min.replace(tzinfo=at.tzinfo), 0) if after is None else after
    parts = [
        select(moment.label("at"), _i.id)
        .where(condition, moment < at, tuple_(moment, _i.id) > tuple_(literal(begun.at), literal(begun.incident_id)))
        .order_by(moment, _i.id)
        .limit(most)
        .subquery()
        for moment, condition in ((_i.stage_due_at, _IS_WATCHED), (_i.warn_at, _IS_WARNED))
    ]
    both = union_all(*(select(part) for part in parts)).subquery()
    return [Ring(*row) for row in conn.execute(select(both).order_by(both.c.at, both.c.id).limit(most))]


def next_ring_at(conn: Connection, after: datetime) -> datetime | None:
    """When the next moment comes, after one; None: nothing waits."""
    chosen = [
        select(moment).where(condition, moment >= after).order_by(moment).limit(1).scalar_subquery()
        for moment, condition in ((_i.stage_due_at, _IS_WATCHED), (_i.warn_at, _IS_WARNED))
    ]
    found: datetime | None = conn.execute(select(func.least(*chosen))).scalar_one()
    return found


def alarm_of(conn: Connection, incident_id: int, at: datetime) -> Alarm | None:
    """What the clock has to do with a case now; of one that is locked, nothing changes that any more."""
    chosen = case(
        (and_(_IS_WATCHED, _i.stage_due_at < at), case((_WAS_OVER, "old"), else_="breach")),
        (and_(_IS_WARNED, _i.warn_at < at), "warning"),
    )
    found: Alarm | None = conn.execute(select(chosen).where(_i.id == incident_id)).scalar_one_or_none()
    return found


def leave(conn: Connection, incident_id: int, alarm: Alarm) -> None:
    """Nothing follows from what has come: do not ask again."""
    values = {"warn_at": None} if alarm == "warning" else {"warn_at": None, "breached_due_at": _i.stage_due_at}
    conn.execute(update(incident).where(_i.id == incident_id).values(values))
