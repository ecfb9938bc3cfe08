"""Which plans somebody may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from geo.areas import Area
from geo.errors import BadMove, NotAllowed
from geo.plans import PUBLIC_STATES, Plan
from geo.store import areas, drafts, plans
from geo.store.locate import areas_within, chain_of


@dataclass(frozen=True)
class Hand:
    """Whose hand changes a plan, and when."""

    at: datetime
    area_id: int | None = None
    """The area that they answer for; None: all."""
    token_id: int | None = None
    token_name: str | None = None
    """What the token is for, never who holds it."""


def community_for(conn: Connection, code: str, hand: Hand) -> Area:
    """A community that the hand may change.

    Raises
    ------
    NotFound
        If there is none.
    NotAllowed
        If it lies outside the hand's area.
    """
    community = areas.community(conn, code=code)
    check_community(conn, community.id, hand)
    return community


def check_community(conn: Connection, community_id: int, hand: Hand) -> None:
    """Refuse what lies outside the area that somebody answers for.

    Raises
    ------
    NotAllowed
        If it does.
    """
    if hand.area_id is not None and not may_change(conn, community_id, hand):
        raise NotAllowed("token_outside_area", area=chain_of(conn, hand.area_id)[-1].name)


def may_change(conn: Connection, community_id: int, hand: Hand) -> bool:
    """Whether a community lies inside the area that somebody answers for."""
    return hand.area_id is None or community_id in areas_within(conn, hand.area_id)


def plan_to_read(conn: Connection, plan_id: int, hand: Hand) -> Plan:
    """A plan that the hand may look at: one that was ever laid out or put into force, or one of their own area.

    Raises
    ------
    NotFound
        If there is none.
    NotAllowed
        If it is a draft, or was withdrawn, and its community lies outside the hand's area.
    """
    plan = plans.get_plan(conn, plan_id)
    if plan.state not in PUBLIC_STATES:
        check_community(conn, plan.community_id, hand)
    return plan


def plans_to_read(conn: Connection, community_id: int | None, state: str | None, hand: Hand) -> Sequence[Plan]:
    """All plans that the hand may look at, the newest first; of one community, or in one state."""
    found = plans.list_plans(conn, community_id, state)
    if hand.area_id is None:
        return found
    own = areas_within(conn, hand.area_id)
    return [plan for plan in found if plan.state in PUBLIC_STATES or plan.community_id in own]


def plan_for(
    conn: Connection,
    plan_id: int,
    hand: Hand,
    *,
    states: tuple[str, ...],
    version: int | None = None,
    lock: bool = True,
) -> Plan:
    """A plan that the hand may change, at the version that was read.

    Raises
    ------
    NotFound
        If there is none.
    NotAllowed
        If its community lies outside the hand's area.
    BadMove
        If it is in none of these states.
    StaleVersion
        If somebody changed it since; the sentence names the grids touched.
    """
    plan = plans.get_plan(conn, plan_id, lock=lock)
    check_community(conn, plan.community_id, hand)
    if plan.state not in states:
        raise BadMove("plan_wrong_state", id=plan_id, state=plan.state, wanted=", ".join(states))
    if version is not None and version != plan.version:
        drafts.refuse_stale(conn, plan_id, version)
    return plan
