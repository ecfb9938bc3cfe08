"""Propose a draft, take a proposal back, withdraw a plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from geo.actions.plan_access import Hand, plan_for
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
        As every change of a plan; only a draft can be proposed.
    """
    until = comments_until or hand.at + timedelta(days=plan_edit_rule().comment_days)
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
    """Give up a draft or a proposal; it is kept, but goes no further."""
    with db.write() as conn:
        plan_for(conn, plan_id, hand, states=("draft", "proposed"), version=version)
        plans.change_state(conn, plan_id, "withdrawn", version=version + 1)
        return plans.get_plan(conn, plan_id)
