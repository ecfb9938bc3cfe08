"""Propose a draft, take a proposal back, withdraw a plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, plan_for
from geo.errors import BadMove
from geo.plans import Plan
from geo.rules.plan_edits import plan_edit_rule
from geo.store import plans
from geo.store.database import Database


def propose_plan(db: Database, plan_id: int, version: int, comments_until: datetime | None, hand: Hand) -> Plan:
    """Lay a draft out for the public to comment on; it cannot be edited meanwhile.

    ``comments_until`` is the closing date; None: as many days from now as the rule has.

    Raises
    ------
    NotFound, NotAllowed, BadMove, StaleVersion
        As every change of a plan; only a draft can be proposed, and comments close after now.
    """
    until = comments_until or hand.at + timedelta(days=plan_edit_rule().comment_days)
    if until <= hand.at:
        local = hand.at.astimezone(until.tzinfo)
        raise BadMove("plan_closing_past", wished=_minute(until), now=_minute(local))
    with db.write() as conn:
        plan_for(conn, plan_id, hand, states=("draft",), version=version)
        plans.change_state(conn, plan_id, "proposed", comments_until=until, version=version + 1)
        return plans.get_plan(conn, plan_id)


def redraft_plan(db: Database, plan_id: int, version: int, hand: Hand) -> Plan:
    """Take a proposal back to be edited on; its comments stay with it."""
    with db.write() as conn:
        plan_for(conn, plan_id, hand, states=("proposed",), version=version)
        plans.change_state(conn, plan_id, "draft", comments_until=None, version=version + 1)
        return plans.get_plan(conn, plan_id)


def withdraw_plan(db: Database, plan_id: int, version: int, hand: Hand) -> Plan:
    """Give up a draft, a proposal, or a plan that was published for a later day; it is kept, but goes no further.

    Raises
    ------
    NotFound, NotAllowed, BadMove, StaleVersion
        As every change of a plan; what is or was in force stays, and so does what another plan goes on from.
    """
    with db.write() as conn:
        plans.hold_line(conn, plans.get_plan(conn, plan_id).community_id)
        plan = plan_for(conn, plan_id, hand, states=("draft", "proposed", "published"), version=version)
        if plan.state == "published":
            _take_back(conn, plan, hand)
        else:
            plans.change_state(conn, plan_id, "withdrawn", version=version + 1)
        return plans.get_plan(conn, plan_id)


def _take_back(conn: Connection, plan: Plan, hand: Hand) -> None:
    last = plans.last_in_line(conn, plan.community_id)
    begins = plan.effective_from
    if last is None or last.id != plan.id or begins is None or begins <= hand.at:
        raise BadMove("plan_no_longer_to_come", id=plan.id)
    plans.take_back(conn, plan, None if plan.base_plan_id is None else plans.get_plan(conn, plan.base_plan_id))


def _minute(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
