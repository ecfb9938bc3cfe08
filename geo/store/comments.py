"""Comments on proposed plans."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from geo.errors import NotFound
from geo.plans import Comment
from geo.store.plan_tables import plan_comment
from geo.store.tables import plan_grid

COLUMNS = tuple(plan_comment.c[field.name] for field in fields(Comment))


def check_grid(conn: Connection, plan_id: int, grid_id: int) -> None:
    """Refuse a grid that a plan does not have.

    Raises
    ------
    NotFound
        If it has none such.
    """
    g = plan_grid.c
    if conn.execute(select(g.grid_id).where(g.plan_id == plan_id, g.grid_id == grid_id)).first() is None:
        raise NotFound("plan_has_no_grid", id=plan_id, grid=grid_id)


def number_waiting(conn: Connection, plan_id: int) -> int:
    """How many comments nobody has looked at yet."""
    c = plan_comment.c
    return int(conn.execute(select(func.count()).where(c.plan_id == plan_id, c.state == "waiting")).scalar_one())


def when_made(conn: Connection, plan_id: int, after: datetime, place: int) -> datetime | None:
    """When the newest comment but ``place - 1`` was made, of those made after a moment; None if there are fewer."""
    c = plan_comment.c
    made = select(c.made_at).where(c.plan_id == plan_id, c.made_at > after).order_by(c.made_at.desc())
    return conn.execute(made.offset(place - 1).limit(1)).scalar_one_or_none()


def shown_by_grid(conn: Connection, plan_id: int) -> dict[int, int]:
    """Grid id -> how many comments on it are shown; grids without one are missing."""
    c = plan_comment.c
    query = select(c.grid_id, func.count()).where(c.plan_id == plan_id, c.state == "shown").group_by(c.grid_id)
    return {grid_id: number for grid_id, number in conn.execute(query)}  # noqa: C416 -- rows are no pairs to the type checker


def add(conn: Connection, plan_id: int, grid_id: int, text: str, at: datetime) -> Comment:
    """A new comment, waiting."""
    values = {"plan_id": plan_id, "grid_id": grid_id, "text": text, "made_at": at}
    return Comment(**conn.execute(insert(plan_comment).values(values).returning(*COLUMNS)).mappings().one())


def of_plan(conn: Connection, plan_id: int) -> list[Comment]:
    """All comments on a plan, the oldest first."""
    query = select(*COLUMNS).where(plan_comment.c.plan_id == plan_id).order_by(plan_comment.c.id)
    return [Comment(**row) for row in conn.execute(query).mappings()]


def judge(conn: Connection, plan_id: int, comment_id: int, state: str, answer: str | None, at: datetime) -> Comment:
    """Show or hide a comment.

    Raises
    ------
    NotFound
        If the plan has none such.
    """
    c = plan_comment.c
    change = update(plan_comment).where(c.plan_id == plan_id, c.id == comment_id)
    values = {"state": state, "answer": answer, "judged_at": at}
    row = conn.execute(change.values(values).returning(*COLUMNS)).mappings().one_or_none()
    if row is None:
        raise NotFound("plan_comment_unknown", id=comment_id)
    return Comment(**row)
