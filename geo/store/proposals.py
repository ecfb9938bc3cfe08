"""Plans that lie open to everybody: those proposed, and those that came into force after they had been."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.dialects.postgresql import array

from geo.errors import NotFound
from geo.plans import PUBLIC_STATES
from geo.store.plan_tables import plan_comment
from geo.store.tables import area, plan


@dataclass(frozen=True)
class ProposalEntry:
    """What everybody may know of a plan that was laid out, without its grids."""

    id: int
    state: str
    """proposed; later published, then superseded."""
    base_plan_id: int | None
    community_code: str
    community_name: str
    community_name_en: str | None
    centre: list[float]
    """A place inside the community, whatever its shape."""
    bbox: list[float]
    """West, south, east, north of the community."""
    note: str | None
    comments_until: datetime
    comments: int
    """How many are shown."""


def proposals(conn: Connection) -> list[ProposalEntry]:
    """The plans that are proposed now, the newest first."""
    query = _select().where(plan.c.state == "proposed").order_by(plan.c.id.desc())
    return [ProposalEntry(**row) for row in conn.execute(query).mappings()]


def proposal(conn: Connection, plan_id: int) -> ProposalEntry:
    """One plan that is proposed, or came into force after it had been.

    Raises
    ------
    NotFound
        If there is none such; whether there is a draft of that number is nobody's business.
    """
    query = _select().where(plan.c.id == plan_id, plan.c.state.in_(PUBLIC_STATES))
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("proposal_unknown", id=plan_id)
    return ProposalEntry(**row)


def _select() -> Select[Any]:
    """A plan that nobody laid out has no closing date."""
    c = plan_comment.c
    shown = select(func.count()).where(c.plan_id == plan.c.id, c.state == "shown").scalar_subquery()
    inner = func.ST_PointOnSurface(area.c.geom)
    sides = [side(area.c.geom) for side in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    return (
        select(
            *(plan.c[name] for name in ("id", "state", "base_plan_id", "note", "comments_until")),
            area.c.code.label("community_code"),
            area.c.name.label("community_name"),
            area.c.name_en.label("community_name_en"),
            array([func.ST_X(inner), func.ST_Y(inner)]).label("centre"),
            array(sides).label("bbox"),
            shown.label("comments"),
        )
        .join(area, area.c.id == plan.c.community_id)
        .where(plan.c.comments_until.is_not(None))
    )
