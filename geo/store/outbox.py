"""Who outside is told, and what is still to be sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from geo.cases import Step
from geo.errors import NotFound
from geo.store.cases import cases_by_id
from geo.store.incident_tables import incident_step
from geo.store.outside_tables import outbox, webhook
from geo.webhooks import Delivery, Webhook, WebhookWish

LOCK = 7_246_391_908


def is_only_sender(conn: Connection) -> bool:
    """Be the one that sends until the transaction ends; False while another is. Two would mix up the order of steps."""
    return bool(conn.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar_one())


def next_due_at(conn: Connection) -> datetime | None:
    """When the next message is due; None: nothing waits."""
    o = outbox.c
    waits = o.sent_at.is_(None) & o.given_up_at.is_(None)
    found: datetime | None = conn.execute(select(func.min(o.due_at)).where(waits)).scalar_one()
    return found


def add_webhook(conn: Connection, wish: WebhookWish, area_id: int | None, secret: str | None, at: datetime) -> int:
    """Keep a new one: its id."""
    values = {
        "name": wish.name,
        "target": wish.target,
        "secret": secret,
        "moves": list(wish.moves),
        "sees": wish.sees,
        "area_id": area_id,
        "language": wish.language,
        "made_at": at,
    }
    return int(conn.execute(insert(webhook).values(values).returning(webhook.c.id)).scalar_one())


def webhooks(conn: Connection) -> list[Webhook]:
    """All that are told, the oldest first, with how far their messages are."""
    w, o = webhook.c, outbox.c
    is_waiting = o.sent_at.is_(None) & o.given_up_at.is_(None)
    faults = func.array_agg(aggregate_order_by(o.last_fault, o.id)).filter(o.last_fault.is_not(None))
    chosen = (
        select(
            *(w.id, w.name, w.target, w.moves, w.sees, w.area_id, w.language, w.made_at),
            func.count(o.id).filter(is_waiting).label("waiting"),
            func.count(o.sent_at).label("sent"),
            func.count(o.given_up_at).label("given_up"),
            faults.label("faults"),
        )
        .select_from(webhook.outerjoin(outbox, o.webhook_id == w.id))
        .where(w.retired_at.is_(None))
        .group_by(w.id)
        .order_by(w.id)
    )
    return [_webhook(row) for row in conn.execute(chosen)]


def _webhook(row: Row[Any]) -> Webhook:
    values = dict(row._mapping)  # noqa: SLF001 -- a row's public name
    faults = values.pop("faults")
    return Webhook(**{**values, "moves": tuple(values["moves"])}, last_fault=faults[-1] if faults else None)


def retire_webhook(conn: Connection, webhook_id: int, at: datetime) -> None:
    """Tell it nothing more, not even what waits.

    Raises
    ------
    NotFound
        If there is none.
    """
    gone = update(webhook).where(webhook.c.id == webhook_id, webhook.c.retired_at.is_(None)).values(retired_at=at)
    if not conn.execute(gone).rowcount:
        raise NotFound("webhook_unknown", id=webhook_id)
    waits = outbox.c.sent_at.is_(None) & outbox.c.given_up_at.is_(None)
    conn.execute(delete(outbox).where(outbox.c.webhook_id == webhook_id, waits))


def take_due(conn: Connection, at: datetime, until: datetime, most: int) -> list[Delivery]:
    """Messages that are due, in the order of their steps; nobody else takes them before ``until``."""
    o = outbox.c
    due = (
        select(o.id)
        .where(o.due_at <= at, o.sent_at.is_(None), o.given_up_at.is_(None))
        .order_by(o.step_id, o.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.execute(update(outbox).where(o.id.in_(due)).values(due_at=until).returning(o.id)).scalars())
    w = webhook.c
    chosen = (
        select(o.id.label("outbox_id"), w.id.label("webhook_id"), w.target, w.secret, w.sees, w.language, o.tries)
        .add_columns(*incident_step.c)
        .select_from(outbox.join(webhook, w.id == o.webhook_id).join(incident_step, incident_step.c.id == o.step_id))
        .where(o.id.in_(ids))
        .order_by(o.step_id, o.id)
    )
    rows = conn.execute(chosen).mappings().all()
    found = cases_by_id(conn, sorted({row["incident_id"] for row in rows}))
    for row in rows:
        if row["incident_id"] not in found:  # what was loaded was taken back: there is nothing to tell of it
            note_failed(conn, row["outbox_id"], "incident_unknown", None, at)
    return [
        Delivery(
            id=row["outbox_id"],
            **{name: row[name] for name in ("webhook_id", "target", "secret", "sees", "language", "tries")},
            step=Step(**{name: row[name] for name in Step.__annotations__}),
            case=found[row["incident_id"]],
        )
        for row in rows
        if row["incident_id"] in found
    ]


def held_until(conn: Connection, taken: Sequence[int], at: datetime) -> dict[int, tuple[int, datetime]]:
    """Receiver -> the step of its oldest message that waits for its next try, and when that is; without those taken."""
    o = outbox.c
    waits = (o.sent_at.is_(None), o.given_up_at.is_(None), o.due_at > at, o.id.not_in(taken))
    query = select(o.webhook_id, o.step_id, o.due_at).ext(distinct_on(o.webhook_id)).where(*waits)
    found = conn.execute(query.order_by(o.webhook_id, o.step_id))
    return {row.webhook_id: (row.step_id, row.due_at) for row in found}


def note_sent(conn: Connection, delivery_id: int, at: datetime) -> None:
    """It has arrived."""
    values = {"sent_at": at, "tries": outbox.c.tries + 1}
    conn.execute(update(outbox).where(outbox.c.id == delivery_id).values(values))


def note_failed(conn: Connection, delivery_id: int, fault: str, again_at: datetime | None, at: datetime) -> None:
    """It has not; None: it is given up."""
    values: dict[str, Any] = {"tries": outbox.c.tries + 1, "last_fault": fault}
    values |= {"given_up_at": at} if again_at is None else {"due_at": again_at}
    conn.execute(update(outbox).where(outbox.c.id == delivery_id).values(values))


def put_back(conn: Connection, delivery_id: int, due_at: datetime) -> None:
    """It was taken and not tried."""
    conn.execute(update(outbox).where(outbox.c.id == delivery_id).values(due_at=due_at))
