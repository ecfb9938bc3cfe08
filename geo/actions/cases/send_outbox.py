"""Send what others are to be told. Never part of a step: whoever is slow or gone holds nobody up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from geo.actions.cases.case_desk import Desk
from geo.case_reasons import reason_of
from geo.errors import GridcircleError
from geo.outside.mail import mail_server, send_mail
from geo.outside.post import post
from geo.outside.signature import DELIVERY, HEADER, signature
from geo.outside.targets import MAIL, check_target
from geo.rules.outside import outside_rule
from geo.store import outbox
from geo.store.database import Database
from geo.webhooks import Delivery, Sent
from geo.words import Term, sentence

SHOWN_TO_ALL = ("id", "category", "item", "need", "level", "grid_id", "occurred_at", "reported_at", "merged_into_id")
SHOWN_TO_DISPATCHERS = (
    *("source_key", "text", "address", "channel", "unit", "stage_due_at", "due_at", "precision_m", "asset"),
)
"""Fields of a case. Neither has the caller's hash or a token's id: :class:`geo.cases.Case` would not give the first."""


NOTHING = Sent(sent=0, failed=0, given_up=0, faults=())


def send_outbox(
    db: Database, desk: Desk, clock: Callable[[], datetime], is_ending: Callable[[], bool] = lambda: False
) -> Sent:
    """One round: what is due goes out, each receiver's in the order of the steps; nothing while another sends.

    A receiver that does not take a message is left alone until that one's next try: what came later waits with it. A
    message may come twice (a sender that was stopped in between), never not at all while there are tries left.

    Parameters
    ----------
    db
        Where the messages wait.
    desk
        The city's settings, clock and catalogue.
    clock
        Now.
    is_ending
        Whether what has not been tried yet is to be left for later.
    """
    with db.read() as held:
        return _round(db, desk, clock, is_ending) if outbox.is_only_sender(held) else NOTHING


def _round(db: Database, desk: Desk, clock: Callable[[], datetime], is_ending: Callable[[], bool]) -> Sent:
    rule, begun = outside_rule(), clock()
    with db.write() as conn:
        taken = outbox.take_due(conn, begun, begun + rule.lease, rule.at_once)
        held = outbox.held_until(conn, [delivery.id for delivery in taken], begun)
    sent = failed = given_up = 0
    # what came later than a message that waits for its next try waits with it
    halted = {
        delivery.webhook_id: held[delivery.webhook_id][1]
        for delivery in taken
        if delivery.webhook_id in held and delivery.step.id > held[delivery.webhook_id][0]
    }
    faults: dict[int, str] = {}
    for delivery in taken:
        if delivery.webhook_id in halted or is_ending() or clock() > begun + rule.lease / 2:
            with db.write() as conn:
                outbox.put_back(conn, delivery.id, halted.get(delivery.webhook_id, begun))
            continue
        fault = _fault_of(delivery, desk, clock())
        with db.write() as conn:
            if fault is None:
                outbox.note_sent(conn, delivery.id, clock())
                sent += 1
                continue
            faults[delivery.webhook_id] = fault
            is_last = delivery.tries >= len(rule.pauses)
            again_at = None if is_last else begun + rule.pauses[delivery.tries]
            outbox.note_failed(conn, delivery.id, fault, again_at, clock())
        halted[delivery.webhook_id] = again_at or begun + rule.pauses[0]
        failed, given_up = failed + (not is_last), given_up + is_last
    return Sent(sent, failed, given_up, tuple(faults.items()))


def body_of(delivery: Delivery, desk: Desk) -> dict[str, Any]:
    """What is told of a step, no more than the role may see for whom it is."""
    case, step = delivery.case, delivery.step
    sees_all = delivery.sees == "dispatcher"
    fields = SHOWN_TO_ALL + (SHOWN_TO_DISPATCHERS if sees_all else ())
    told = {name: _plain(getattr(case, name), desk) for name in fields}
    item = desk.item_of(case)
    done = {"id": step.id, "seq": step.seq, "move": step.move, "from_stage": step.from_stage, "to_stage": step.to_stage}
    if sees_all:
        done |= {"reason": reason_of(step, delivery.language), "said": dict(step.said)}
        told["lonlat"] = case.lonlat
    return {
        "delivery": delivery.id,
        "step": {**done, "at": _plain(step.at, desk)},
        "case": {**told, "item_name": None if item is None else item.in_language(delivery.language)},
    }


def _fault_of(delivery: Delivery, desk: Desk, now: datetime) -> str | None:
    """Carry one message: the key of what is wrong, None if it has arrived."""
    try:
        is_private_allowed = desk.settings.outside_private
        check_target(delivery.target, is_private_allowed=is_private_allowed)
        if delivery.target.startswith(MAIL):
            _mail(delivery, desk)
        else:
            body = json.dumps(body_of(delivery, desk), ensure_ascii=False).encode()
            post(delivery.target, body, _headers(delivery, body, now), is_private_allowed=is_private_allowed)
    except GridcircleError as error:
        return error.key
    return None


def _headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    assert delivery.secret is not None, "the store keeps none without"
    number = str(delivery.id)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "gridcircle",
        DELIVERY: number,
        HEADER: signature(delivery.secret, number, body, now),
    }


def _mail(delivery: Delivery, desk: Desk) -> None:
    tongue, case, item = delivery.language, delivery.case, desk.item_of(delivery.case)
    words = {
        "id": case.id,
        "item": case.category if item is None else item,
        "stage": Term(delivery.step.to_stage, "case_stage"),
        "at": f"{desk.local(delivery.step.at):%Y-%m-%d %H:%M}",
    }
    lines = [sentence("mail_case", tongue, **words)]
    if delivery.sees == "dispatcher":
        told = {
            "address": case.address,
            "unit": case.unit,
            "reason": reason_of(delivery.step, tongue),
            "text": case.text,
        }
        lines += [sentence(f"mail_{name}", tongue, value=value) for name, value in told.items() if value]
    lines.append(sentence("mail_end", tongue))
    send_mail(
        mail_server(desk.settings),
        delivery.target.removeprefix(MAIL),
        sentence("mail_subject", tongue, **words),
        "\n\n".join(lines) + "\n",
        f"step-{delivery.step.id}-{delivery.id}",
    )


def _plain(value: Any, desk: Desk) -> Any:
    return desk.local(value).isoformat() if isinstance(value, datetime) else value
