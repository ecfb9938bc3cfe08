"""Cases whose time is short or over, and on which the clock has not acted yet."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, and_, case, exists, func, literal, select, tuple_, union_all, update

from geo.store.incident_tables import incident
from geo.store.tables import import_batch

LOCK = 7_246_391_911

URGENT = "urgent"
"""The need that comes first; word for word in incident_urgent_idx."""

Alarm = Literal["breach", "old", "warning"]

_i = incident.c
# word for word the conditions of incident_breach_idx and incident_warn_idx
_IS_OPEN = and_(_i.state == "open", _i.retired_at.is_(None))
_IS_WATCHED = and_(_IS_OPEN, _i.breached_due_at.is_distinct_from(_i.stage_due_at))
_IS_URGENT = and_(_IS_WATCHED, _i.need == URGENT)
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


def rings(conn: Connection, at: datetime, after: Ring | None, most: int, *, urgent: bool = False) -> list[Ring]:
    """What has come before a moment and was not acted on, in order, after one of them; at most so many.

    ``urgent``: deadlines of urgent cases alone.
    """
    watched = [(_i.stage_due_at, _IS_URGENT)] if urgent else [(_i.stage_due_at, _IS_WATCHED), (_i.warn_at, _IS_WARNED)]
    begun = _begun(at, after)
    parts = [
        select(moment.label("at"), _i.id)
        .where(condition, moment < at, tuple_(moment, _i.id) > tuple_(*map(literal, begun)))
        .order_by(moment, _i.id)
        .limit(most)
        .subquery()
        for moment, condition in watched
    ]
    both = union_all(*(select(part) for part in parts)).subquery()
    return [Ring(*row) for row in conn.execute(select(both).order_by(both.c.at, both.c.id).limit(most))]


def _begun(at: datetime, after: Ring | None) -> Ring:
    """After which one is looked: None is before all."""
    return Ring(datetime.min.replace(tzinfo=at.tzinfo), 0) if after is None else after


def next_ring_at(conn: Connection, after: datetime) -> datetime | None:
    """When the next moment comes, after one; None: nothing waits."""
    chosen = [
        select(moment).where(condition, moment >= after).order_by(moment).limit(1).scalar_subquery()
        for moment, condition in ((_i.stage_due_at, _IS_WATCHED), (_i.warn_at, _IS_WARNED))
    ]
    found: datetime | None = conn.execute(select(func.least(*chosen))).scalar_one()
    return found


def leave_old(conn: Connection, at: datetime, after: Ring | None, most: int) -> Ring | None:
    """Look at so many deadlines that passed before a moment, in order, after one of them; do not ask again about those
    that had passed before a file brought them: the last that was looked at.

    None: there are no more.
    """
    begun = _begun(at, after)
    looked_at = (
        select(_i.stage_due_at, _i.id, _WAS_OVER.label("is_old"))
        .where(_IS_WATCHED, _i.stage_due_at < at, tuple_(_i.stage_due_at, _i.id) > tuple_(*map(literal, begun)))
        .order_by(_i.stage_due_at, _i.id)
    )
    rows = conn.execute(looked_at.limit(most)).all()
    old = [row.id for row in rows if row.is_old]
    if old:
        held = select(_i.id).where(_i.id.in_(old), _IS_WATCHED, _i.stage_due_at < at, _WAS_OVER)
        held = held.order_by(_i.id).with_for_update(skip_locked=True)  # what somebody changes is met again
        conn.execute(update(incident).where(_i.id.in_(held)).values(warn_at=None, breached_due_at=_i.stage_due_at))
    return Ring(rows[-1].stage_due_at, rows[-1].id) if len(rows) == most else None


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
