"""What the public says of a proposed plan, and what is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, check_community, may_change
from geo.errors import BadMove, Busy, NotFound, TooOften
from geo.plans import PUBLIC_STATES, Comment
from geo.rules.plan_edits import plan_edit_rule
from geo.store import comments, plans
from geo.store.database import Database

HOUR = timedelta(hours=1)


def comment_plan(
    db: Database, plan_id: int, grid_id: int, text: str, at: datetime, *, is_staff: bool = False
) -> Comment:
    """Keep a comment on a grid of a proposed plan; it is shown once somebody has looked at it.

    Raises
    ------
    NotFound
        If there is no such plan or grid, or the public may not see it.
    BadMove
        If the plan is not open for comments, or not any more.
    Busy
        If as many comments are waiting as may wait.
    TooOften
        If as many came on the plan within the last hour as are taken.
    """
    with db.write() as conn:
        plan = plans.get_plan(conn, plan_id, lock=True)
        if not is_staff and plan.state not in PUBLIC_STATES:
            raise NotFound("plan_unknown", id=plan_id)
        if plan.state != "proposed" or plan.comments_until is None:
            raise BadMove("plan_not_open_for_comments", id=plan_id)
        if at > plan.comments_until:
            raise BadMove("plan_comments_closed", id=plan_id, until=plan.comments_until.astimezone(at.tzinfo).date())
        comments.check_grid(conn, plan_id, grid_id)
        most = plan_edit_rule().most_waiting
        if comments.number_waiting(conn, plan_id) >= most:
            raise Busy("plan_comments_full", most=most)
        _check_pace(conn, plan_id, at)
        return comments.add(conn, plan_id, grid_id, text, at)


def list_comments(db: Database, plan_id: int, hand: Hand | None = None) -> Sequence[Comment]:
    """The comments on a plan, the oldest first; all of them for a planner who answers for the ground, else those shown.

    Raises
    ------
    NotFound
        If there is no such plan, or whoever asks may not see it.
    """
    with db.read() as conn:
        plan = plans.get_plan(conn, plan_id)
        is_staff = hand is not None and may_change(conn, plan.community_id, hand)
        if not is_staff and plan.state not in PUBLIC_STATES:
            raise NotFound("plan_unknown", id=plan_id)
        found = comments.of_plan(conn, plan_id)
    return [comment for comment in found if is_staff or comment.state == "shown"]


def judge_comment(db: Database, plan_id: int, comment_id: int, state: str, answer: str | None, hand: Hand) -> Comment:
    """Show a comment or hide it, with an answer or without.

    Raises
    ------
    NotFound
        If there is no such comment on that plan.
    NotAllowed
        If the plan's community lies outside the hand's area.
    """
    with db.write() as conn:
        check_community(conn, plans.get_plan(conn, plan_id).community_id, hand)
        return comments.judge(conn, plan_id, comment_id, state, answer, hand.at)


def _check_pace(conn: Connection, plan_id: int, at: datetime) -> None:
    most = plan_edit_rule().most_an_hour
    oldest = comments.when_made(conn, plan_id, at - HOUR, most)
    if oldest is not None:
        left_s = max(1, ceil((oldest + HOUR - at).total_seconds()))
        raise TooOften(
            "plan_comments_too_often", id=plan_id, most=most, minutes=ceil(left_s / 60), retry_after_s=left_s
        )
