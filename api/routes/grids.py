"""Grids: shapes, posts, and how many of their people reach a station."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import At, Db, Who, asks
from api.figures import Sight, figures, sight_of
from api.inputs import AreaCode, BBox, Id
from api.paging import Paged
from api.places import feature, feature_list
from api.schemas import (
    ChainLink,
    Extent,
    Feature,
    FeatureList,
    Figures,
    GeoJsonResponse,
    Position,
    Post,
    Shape,
    problems,
)
from geo.store import lists, locate
from geo.store.figures import Counts, of_grids
from geo.store.lists import GridEntry

router = APIRouter(tags=["areas and grids"])


class GridProperties(Shape):
    """One grid in a list."""

    id: int = Field(examples=[7], description="Stays the same when the grid is redrawn or renumbered.")
    code: str = Field(examples=["990101001001001"], description="15 digits, of this plan.")
    name: str = Field(examples=["第一网格"])
    kind: str = Field(examples=["basic"])
    community_code: str = Field(examples=["990101001001"])
    community_name: str = Field(examples=["河西社区"])
    centre: Position
    bbox: Extent
    figures: Figures | None


class PlanStanding(Shape):
    """The version of the community's grids that this shape belongs to."""

    id: int = Field(examples=[3])
    effective_from: datetime = Field(examples=["2026-01-01T00:00:00Z"])
    effective_to: datetime | None = Field(examples=[None])


class GridDetail(GridProperties):
    """One grid with everything that is public about it."""

    chain: list[ChainLink]
    posts: list[Post]
    plan: PlanStanding


@router.get("/grids", response_class=GeoJsonResponse)
def grids(
    db: Db,
    page: Paged,
    at: At,
    who: Annotated[Who, asks("public")],
    community: AreaCode = None,
    bbox: BBox = None,
    geometry: Annotated[bool, Query(description="With the polygons.")] = True,
) -> FeatureList[GridProperties]:
    """The grids in force at a moment, by code; figures are those of the newest computation."""
    with db.read() as conn:
        matched, entries = lists.grids(conn, at, community, bbox, page.part, shapes=geometry)
        counts = of_grids(conn, [entry.id for entry in entries])
        sight = sight_of(conn, who)
    return feature_list(
        page,
        matched,
        (
            feature(entry.id, entry.shape, GridProperties(**_told(entry, counts.get(entry.id), sight)))
            for entry in entries
        ),
    )


@router.get("/grids/{grid_id}", response_class=GeoJsonResponse, responses=problems(404))
def grid(db: Db, at: At, who: Annotated[Who, asks("public")], grid_id: Id) -> Feature[GridDetail]:
    """One grid: its chain of areas, its posts, its figures."""
    with db.read() as conn:
        entry = lists.grid(conn, at, grid_id)
        plan = locate.plan_standing(conn, entry.plan_id)
        posts = locate.posts(conn, entry.plan_id, grid_id)
        counts = of_grids(conn, [grid_id])
        chain = [ChainLink.model_validate(link) for link in locate.chain_of(conn, entry.community_id)]
        told = _told(entry, counts.get(grid_id), sight_of(conn, who))
    detail = GridDetail(
        **told,
        chain=chain,
        posts=[Post.model_validate(post) for post in posts],
        plan=PlanStanding.model_validate(plan),
    )
    return feature(grid_id, entry.shape, detail)


def _told(entry: GridEntry, counts: Counts | None, sight: Sight) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in GridProperties.model_fields if name != "figures"}
    shown = None if counts is None else figures(counts, "grid", is_exact=sight.is_exact(entry.community_id))
    return {**told, "figures": shown}
