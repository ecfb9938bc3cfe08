"""Grids as plans have them, with their posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Select, and_, any_, func, literal, select

from geo.grids import CodeSpell, Grid, Post
from geo.store.tables import plan, plan_grid, plan_post
from geo.units import WGS84

GRID_COLUMNS = ("grid_id", "plan_id", "community_id", "code", "name", "kind", "geom")
"""What the SQL function ``grids_at`` returns."""


def live_grids(conn: Connection, at: datetime) -> list[Grid]:
    """The grids in force at a moment, by code."""
    g = func.grids_at(at).table_valued(*GRID_COLUMNS)
    columns = (g.c.grid_id, g.c.plan_id, g.c.community_id, g.c.code, g.c.name, g.c.kind)
    return _grids(conn, select(*columns, func.ST_AsBinary(g.c.geom).label("wkb")).order_by(g.c.code))


def grids_of_plans(conn: Connection, plan_ids: Sequence[int]) -> list[Grid]:
    """All grids of some plans, by code."""
    g = plan_grid.c
    columns = (g.grid_id, g.plan_id, plan.c.community_id, g.code, g.name, g.kind)
    query = select(*columns, func.ST_AsBinary(g.geom).label("wkb")).join(plan, plan.c.id == g.plan_id)
    return _grids(conn, query.where(g.plan_id == any_(literal(list(plan_ids)))).order_by(g.code))


def spells_of_code(conn: Connection, code: str) -> list[CodeSpell]:
    """The grids that have, had or are to have a code, one for each published plan, in the order of time."""
    g, p = plan_grid.c, plan.c
    is_meant = and_(g.code == code, p.state.in_(("published", "superseded")))
    from_plans = plan_grid.join(plan, p.id == g.plan_id)
    periods = conn.execute(select(p.id, p.effective_from, p.effective_to).select_from(from_plans).where(is_meant))
    period_of = {row.id: (row.effective_from, row.effective_to) for row in periods}
    columns = (g.grid_id, g.plan_id, p.community_id, g.code, g.name, g.kind)
    query = select(*columns, func.ST_AsBinary(g.geom).label("wkb")).select_from(from_plans)
    grids = _grids(conn, query.where(is_meant).order_by(p.effective_from, g.plan_id))
    return [CodeSpell(grid, grid.shape, *period_of[grid.plan_id]) for grid in grids]


def live_grids_on(conn: Connection, ground: BaseGeometry, at: datetime) -> list[Grid]:
    """The grids in force at a moment that touch some ground, EPSG:4326, by code."""
    g = func.grids_at(at).table_valued(*GRID_COLUMNS)
    columns = (g.c.grid_id, g.c.plan_id, g.c.community_id, g.c.code, g.c.name, g.c.kind)
    meant = func.ST_Intersects(g.c.geom, func.ST_GeomFromWKB(ground.wkb, WGS84))
    query = select(*columns, func.ST_AsBinary(g.c.geom).label("wkb"))
    return _grids(conn, query.where(meant).order_by(g.c.code))


def _grids(conn: Connection, query: Select[Any]) -> list[Grid]:
    rows = conn.execute(query).all()
    posts = posts_of_plans(conn, sorted({row.plan_id for row in rows}))
    shapes = shapely.from_wkb([bytes(row.wkb) for row in rows])
    return [
        Grid(
            id=row.grid_id,
            plan_id=row.plan_id,
            community_id=row.community_id,
            code=row.code,
            name=row.name,
            kind=row.kind,
            shape=shape,
            posts=posts.get((row.plan_id, row.grid_id), {}),
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]


def posts_of_plans(conn: Connection, plan_ids: list[int]) -> dict[tuple[int, int], dict[str, Post]]:
    """(plan id, grid id) -> its posts, of which anything is known."""
    p = plan_post.c
    query = select(p.plan_id, p.grid_id, p.post, p.is_filled, p.duty_phone)
    posts: dict[tuple[int, int], dict[str, Post]] = {}
    for row in conn.execute(query.where(p.plan_id == any_(literal(plan_ids))).order_by(p.post)):
        posts.setdefault((row.plan_id, row.grid_id), {})[row.post] = Post(row.is_filled, row.duty_phone)
    return posts
