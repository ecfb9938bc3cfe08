"""Where a point lies: the areas and the grid that hold it, and the posts that answer for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Connection, func, literal, select

from geo.store.database import sql
from geo.store.tables import area, plan, plan_post


@dataclass(frozen=True)
class Link:
    """One area of a chain."""

    id: int
    level: str
    code: str
    name: str
    name_en: str | None


@dataclass(frozen=True)
class Post:
    """A post of a grid: never a person."""

    post: str
    is_filled: bool
    duty_phone: str | None


@dataclass(frozen=True)
class PlanStanding:
    """When a plan is in force."""

    id: int
    effective_from: datetime
    effective_to: datetime | None


@dataclass(frozen=True)
class HeldGrid:
    """The grid that holds a point."""

    id: int
    plan_id: int
    community_id: int
    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class NearGrid:
    """The grid that is nearest to a point."""

    id: int
    community_id: int
    name: str
    distance_m: float
    """To its border; 0 inside."""


def find_area(conn: Connection, code: str) -> int | None:
    """Number of the live area with a code."""
    return conn.execute(select(area.c.id).where(area.c.code == code, area.c.retired_at.is_(None))).scalar_one_or_none()


def district_codes(conn: Connection, digits: int) -> frozenset[str]:
    """The districts that areas lie in, by the digits that their codes begin with."""
    chosen = select(func.left(area.c.code, digits)).where(area.c.retired_at.is_(None)).distinct()
    return frozenset(conn.execute(chosen).scalars())


def chain_of(conn: Connection, area_id: int) -> list[Link]:
    """The areas that hold an area, from the outermost to itself."""
    return [Link(**row) for row in conn.execute(sql("area_chain"), {"area_id": area_id}).mappings()]


def chain_at(conn: Connection, lonlat: tuple[float, float]) -> list[Link]:
    """The areas that hold a point, from the outermost to the innermost; empty outside all of them."""
    innermost = conn.execute(sql("area_at"), {"lon": lonlat[0], "lat": lonlat[1]}).scalar_one_or_none()
    return [] if innermost is None else chain_of(conn, innermost)


def is_within(conn: Connection, area_id: int, lonlat: tuple[float, float]) -> bool:
    """Whether a point lies in an area or on its border."""
    point = func.ST_SetSRID(func.ST_MakePoint(*lonlat), 4326)
    covers = select(func.ST_Covers(area.c.geom, point)).where(area.c.id == area_id)
    return bool(conn.execute(covers).scalar_one_or_none())


def areas_within(conn: Connection, area_id: int) -> frozenset[int]:
    """Numbers of an area and of all areas below it."""
    return frozenset(conn.execute(sql("areas_within"), {"area_id": area_id}).scalars())


def areas_of_grids(conn: Connection, grid_ids: Sequence[int]) -> frozenset[int]:
    """Numbers of the communities of some grids and of all areas above them."""
    found = select(func.areas_of_grids(literal(list(grid_ids), ARRAY(BigInteger))))
    return frozenset(conn.execute(found).scalars())


def grid_at(conn: Connection, lonlat: tuple[float, float], at: datetime) -> HeldGrid | None:
    """The grid in force at a moment that holds a point; a basic one before a special one."""
    values = {"lon": lonlat[0], "lat": lonlat[1], "at": at}
    row = conn.execute(sql("grid_at"), values).mappings().one_or_none()
    return None if row is None else HeldGrid(**row)


def nearest_grid(conn: Connection, lonlat: tuple[float, float], at: datetime) -> NearGrid | None:
    """The grid in force at a moment that is nearest to a point; None where there is none at all."""
    values = {"lon": lonlat[0], "lat": lonlat[1], "at": at}
    row = conn.execute(sql("nearest_grid"), values).mappings().one_or_none()
    return None if row is None else NearGrid(**row)


def posts(conn: Connection, plan_id: int, grid_id: int) -> list[Post]:
    """The posts of a grid in one plan, the chief first."""
    kept = (plan_post.c.post, plan_post.c.is_filled, plan_post.c.duty_phone)
    chosen = select(*kept).where(plan_post.c.plan_id == plan_id, plan_post.c.grid_id == grid_id)
    return [Post(**row) for row in conn.execute(chosen.order_by(plan_post.c.post)).mappings()]


def plan_standing(conn: Connection, plan_id: int) -> PlanStanding:
    """When a plan that exists is in force."""
    kept = (plan.c.id, plan.c.effective_from, plan.c.effective_to)
    return PlanStanding(**conn.execute(select(*kept).where(plan.c.id == plan_id)).mappings().one())
