"""Plans: finding the one to follow, storing a new one, making it live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update

from geo.drafts import CodeBook
from geo.errors import NotFound
from geo.grids import Post
from geo.plan_figures import Descent
from geo.plans import Plan
from geo.rules.code_schemes import DEFAULT_SCHEME, code_scheme
from geo.store.bulk import copy_rows
from geo.store.imports import reserve_ids
from geo.store.plan_tables import plan_acceptance, plan_lineage
from geo.store.tables import area, grid, import_batch, plan, plan_grid, plan_post

OF_COMMUNITY = {"community_code": area.c.code, "community_name": area.c.name}
COLUMNS = tuple(
    OF_COMMUNITY[field.name].label(field.name) if field.name in OF_COMMUNITY else plan.c[field.name]
    for field in fields(Plan)
)


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


LINE = 0x1C_9A
"""Key of the lock under which the line of a community's plans goes on."""


def hold_line(conn: Connection, community_id: int) -> None:
    """From here on nobody else puts a plan of the community into force, or takes one back, until the transaction ends.

    Held before any plan is locked: who has locked one and waits for the line stands in the way of who has the line.
    """
    conn.execute(select(func.pg_advisory_xact_lock(LINE, community_id)))


def last_in_line(conn: Connection, community_id: int) -> Plan | None:
    """The last plan of a community that was ever put into force, or is to come; None if there is none."""
    p = plan.c
    query = _select().where(p.community_id == community_id, p.state.in_(("published", "superseded")))
    row = conn.execute(query.order_by(p.effective_from.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else Plan(**row)


def live_plan(conn: Connection, community_id: int, at: datetime) -> Plan | None:
    """The plan of a community in force at a moment, locked until the transaction ends; None if there is none."""
    p = plan.c
    query = _select().where(
        p.community_id == community_id,
        p.state.in_(("published", "superseded")),
        p.effective_from <= at,
        or_(p.effective_to.is_(None), p.effective_to > at),
    )
    row = conn.execute(query.with_for_update(of=plan)).mappings().one_or_none()
    return None if row is None else Plan(**row)


def newest_drafts(conn: Connection) -> dict[int, Plan]:
    """Community id -> its newest draft."""
    query = _select().where(plan.c.state == "draft").order_by(plan.c.id)
    return {row["community_id"]: Plan(**row) for row in conn.execute(query).mappings()}


def get_plan(conn: Connection, plan_id: int, *, lock: bool = False) -> Plan:
    """One plan; with ``lock`` nobody else changes it until the transaction ends.

    Raises
    ------
    NotFound
        If there is none.
    """
    query = _select().where(plan.c.id == plan_id)
    row = conn.execute(query.with_for_update(of=plan) if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFound("plan_unknown", id=plan_id)
    return Plan(**row)


def list_plans(conn: Connection, community_id: int | None, state: str | None) -> list[Plan]:
    """Plans, the newest first."""
    query = _select().order_by(plan.c.id.desc())
    if community_id is not None:
        query = query.where(plan.c.community_id == community_id)
    if state is not None:
        query = query.where(plan.c.state == state)
    return [Plan(**row) for row in conn.execute(query).mappings()]


def insert_draft(
    conn: Connection,
    community_id: int,
    base: Plan | None,
    fabric_id: int,
    note: str | None,
    at: datetime,
    scheme: str | None = None,
) -> Plan:
    """A new draft, without grids yet; numbered by a scheme, or by that of its base."""
    values = {
        "community_id": community_id,
        "state": "draft",
        "base_plan_id": base.id if base else None,
        "fabric_id": fabric_id,
        "note": note,
        "created_at": at,
        "code_scheme": scheme or scheme_after(base),
    }
    return get_plan(conn, int(conn.execute(insert(plan).values(values).returning(plan.c.id)).scalar_one()))


def change_state(conn: Connection, plan_id: int, state: str, **values: Any) -> None:
    """Write a plan's state; the caller has locked it and knows that the step is allowed."""
    conn.execute(update(plan).where(plan.c.id == plan_id).values({"state": state, **values}))


def accept_warnings(
    conn: Connection, plan_id: int, accepted: Mapping[str, tuple[str, int]], token_id: int | None, at: datetime
) -> None:
    """Note with which warnings a plan is published: rule -> why, and how many there were."""
    columns = ("plan_id", "rule", "reason", "number", "token_id", "accepted_at")
    rows = [(plan_id, rule, reason, number, token_id, at) for rule, (reason, number) in accepted.items()]
    copy_rows(conn, plan_acceptance, columns, rows)


def save_lineage(conn: Connection, plan_id: int, steps: Sequence[Descent]) -> None:
    """Note what became of the grids of the plan before."""
    columns = ("plan_id", "from_grid_id", "to_grid_id", "kind", "residents_share")
    rows = [(plan_id, step.old_id, step.new_id, step.kind, step.share) for step in steps]
    copy_rows(conn, plan_lineage, columns, rows)


def lineage_of(conn: Connection, plan_id: int) -> list[Descent]:
    """What became of the grids of the plan before when a plan was published."""
    t = plan_lineage.c
    columns = (t.from_grid_id, t.to_grid_id, t.kind, t.residents_share)
    found = conn.execute(select(*columns).where(t.plan_id == plan_id).order_by(t.from_grid_id, t.to_grid_id))
    return [Descent(*row) for row in found]


def scheme_after(base: Plan | None) -> str:
    """Key of the scheme by which a plan that goes on from another one is numbered, unless somebody wants another."""
    return DEFAULT_SCHEME if base is None else base.code_scheme


def code_book(conn: Connection, community_code: str, scheme: str) -> CodeBook:
    """How grids of a community are numbered by a scheme, and who has, had or is to have which code by a published plan.

    Raises
    ------
    Refused
        If there is no such scheme.
    """
    columns = (plan_grid.c.code, func.array_agg(plan_grid.c.grid_id.distinct()))
    query = select(*columns).join(plan, plan.c.id == plan_grid.c.plan_id).join(area, area.c.id == plan.c.community_id)
    query = query.where(area.c.code == community_code, plan.c.state.in_(("published", "superseded")))
    found = conn.execute(query.group_by(plan_grid.c.code))
    return CodeBook(code_scheme(scheme), {code: frozenset(grids) for code, grids in found})


def new_grid_ids(conn: Connection, community_id: int, number: int) -> list[int]:
    """Permanent ids of grids that never were before."""
    ids = list(reserve_ids(conn, grid, number))
    copy_rows(conn, grid, ("id", "community_id"), [(grid_id, community_id) for grid_id in ids])
    return ids


def communities_of_source(conn: Connection, source: str) -> set[int]:
    """Communities that have a draft or live plan of one source."""
    query = select(plan.c.community_id).join(import_batch, import_batch.c.id == plan.c.import_id)
    return set(conn.execute(query.where(import_batch.c.source == source, _is_open())).scalars())


def _is_open() -> Any:
    return or_(plan.c.state == "draft", and_(plan.c.state == "published", plan.c.effective_to.is_(None)))


def save_plan(
    conn: Connection,
    community_id: int,
    grids: Sequence[NewGrid],
    *,
    base: Plan | None,
    import_id: int,
    scheme: str,
    at: datetime,
) -> int:
    """A new draft plan: its id. Grids without an id get one that is theirs for good."""
    values = {
        "community_id": community_id,
        "state": "draft",
        "base_plan_id": base.id if base else None,
        "import_id": import_id,
        "code_scheme": scheme,
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


def make_live(conn: Connection, plan_id: int, follows: Plan | None, at: datetime, *, is_coverage: bool | None) -> None:
    """Publish a draft from a moment on, stamped. The plan in force ends there, and the new one takes over its end.

    Raises
    ------
    AlreadyLive
        At the end of the transaction's statement, from the database, if another plan got there first.
    """
    end = follows.effective_to if follows else None
    if follows is not None:
        values = {"state": "superseded", "effective_to": at}
        conn.execute(update(plan).where(plan.c.id == follows.id).values(values))
    values = {"state": "published", "effective_from": at, "effective_to": end, "is_coverage": is_coverage}
    conn.execute(update(plan).where(plan.c.id == plan_id).values(values))


def take_back(conn: Connection, taken: Plan, base: Plan | None) -> None:
    """Withdraw a plan that was to come into force: the one before it goes on as if it had not been."""
    conn.execute(delete(plan_lineage).where(plan_lineage.c.plan_id == taken.id))
    values = {"state": "withdrawn", "version": taken.version + 1}
    conn.execute(update(plan).where(plan.c.id == taken.id).values(values))
    if base is not None and base.effective_to == taken.effective_from:
        goes_on = {"state": "published", "effective_to": taken.effective_to}
        conn.execute(update(plan).where(plan.c.id == base.id).values(goes_on))


def _select() -> Select[Any]:
    return select(*COLUMNS).join_from(plan, area, area.c.id == plan.c.community_id)
