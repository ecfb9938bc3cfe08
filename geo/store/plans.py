"""Plans: finding the one to follow, storing a new one, making it live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Select, and_, insert, or_, select, update

from geo.grids import Post
from geo.plans import Plan
from geo.store.bulk import copy_rows
from geo.store.imports import reserve_ids
from geo.store.tables import grid, import_batch, plan, plan_grid, plan_post


@dataclass(frozen=True)
class NewGrid:
    """A grid of a plan that is to be stored."""

    id: int | None
    """None: a grid that never was before."""
    code: str
    name: str
    kind: str
    shape: BaseGeometry
    posts: Mapping[str, Post]


def live_plans(conn: Connection, at: datetime) -> dict[int, Plan]:
    """Community id -> the plan in force at a moment."""
    p = plan.c
    query = _select().where(
        p.state.in_(("published", "superseded")),
        p.effective_from <= at,
        or_(p.effective_to.is_(None), p.effective_to > at),
    )
    return {row["community_id"]: Plan(**row) for row in conn.execute(query).mappings()}


def newest_drafts(conn: Connection) -> dict[int, Plan]:
    """Community id -> its newest draft."""
    query = _select().where(plan.c.state == "draft").order_by(plan.c.id)
    return {row["community_id"]: Plan(**row) for row in conn.execute(query).mappings()}


def communities_of_source(conn: Connection, source: str) -> set[int]:
    """Communities that have a draft or live plan of one source."""
    query = select(plan.c.community_id).join(import_batch, import_batch.c.id == plan.c.import_id)
    return set(conn.execute(query.where(import_batch.c.source == source, _is_open())).scalars())


def _is_open() -> Any:
    return or_(plan.c.state == "draft", and_(plan.c.state == "published", plan.c.effective_to.is_(None)))


def save_plan(
    conn: Connection, community_id: int, grids: Sequence[NewGrid], *, base: Plan | None, import_id: int, at: datetime
) -> int:
    """A new draft plan: its id. Grids without an id get one that is theirs for good."""
    values = {
        "community_id": community_id,
        "state": "draft",
        "base_plan_id": base.id if base else None,
        "import_id": import_id,
        "created_at": at,
    }
    plan_id = int(conn.execute(insert(plan).values(values).returning(plan.c.id)).scalar_one())
    fresh = iter(reserve_ids(conn, grid, sum(g.id is None for g in grids)))
    ids = [g.id if g.id is not None else next(fresh) for g in grids]
    new = [(grid_id, community_id, import_id) for grid_id, g in zip(ids, grids, strict=True) if g.id is None]
    copy_rows(conn, grid, ("id", "community_id", "import_id"), new)
    copy_rows(
        conn,
        plan_grid,
        ("plan_id", "grid_id", "code", "name", "kind", "geom"),
        [(plan_id, grid_id, g.code, g.name, g.kind, g.shape) for grid_id, g in zip(ids, grids, strict=True)],
    )
    copy_rows(
        conn,
        plan_post,
        ("plan_id", "grid_id", "post", "is_filled", "duty_phone"),
        [
            (plan_id, grid_id, name, post.is_filled, post.duty_phone)
            for grid_id, g in zip(ids, grids, strict=True)
            for name, post in g.posts.items()
        ],
    )
    return plan_id


def make_live(conn: Connection, plan_id: int, follows: Plan | None, at: datetime) -> None:
    """Publish a draft from a moment on. The plan in force ends there, and the new one takes over its end.

    Raises
    ------
    AlreadyLive
        At the end of the transaction's statement, from the database, if another plan got there first.
    """
    end = follows.effective_to if follows else None
    if follows is not None:
        values = {"state": "superseded", "effective_to": at}
        conn.execute(update(plan).where(plan.c.id == follows.id).values(values))
    values = {"state": "published", "effective_from": at, "effective_to": end}
    conn.execute(update(plan).where(plan.c.id == plan_id).values(values))


def _select() -> Select[Any]:
    p = plan.c
    return select(p.id, p.community_id, p.state, p.version, p.base_plan_id, p.effective_from, p.effective_to)
