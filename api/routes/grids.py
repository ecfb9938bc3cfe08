"""Grids: shapes, posts, and how many of their people reach a station."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import At, AtIfSaid, Db, Now, Who, asks
from api.figures import Sight, figures, sight_of
from api.inputs import AreaCode, BBox, Id, Word
from api.paging import Paged
from api.places import feature, feature_list, geojson
from api.schemas import (
    ChainLink,
    CityAnswer,
    Extent,
    Feature,
    FeatureList,
    Figures,
    GeoJsonResponse,
    Position,
    Post,
    Run,
    Shape,
    problems,
    run_told,
)
from geo.actions.city.find_code import CodeStory, find_code
from geo.errors import Refused
from geo.store import lists, locate
from geo.store.coverage import current_run_if_any
from geo.store.figures import Counts, of_grids
from geo.store.lists import GridEntry

router = APIRouter(tags=["areas and grids"])

GridCode = Annotated[
    Word | None,
    Query(max_length=100, description="A code of today or of any time before.", examples=["990101001001001"]),
]


class GridNamed(Shape):
    """What a grid is called and where it lies."""

    id: int = Field(examples=[7], description="Stays the same when the grid is redrawn or renumbered.")
    code: str = Field(examples=["990101001001001"], description="Of this plan, by its scheme: 15 digits as a rule.")
    name: str = Field(examples=["第一网格"])
    kind: str = Field(examples=["basic"])
    community_code: str = Field(examples=["990101001001"])
    community_name: str = Field(examples=["河西社区"])
    centre: Position
    bbox: Extent


class GridProperties(GridNamed):
    """One grid in a list."""

    figures: Figures | None


class Heir(Shape):
    """A grid of today that has ground of the one that was asked about."""

    id: int = Field(examples=[7])
    code: str = Field(examples=["990101001001004"], description="Its code today.")
    name: str = Field(examples=["第一网格"])
    kind: Literal["kept", "split", "merged"] = Field(examples=["split"])
    ground_share: float = Field(examples=[0.6], description="Of the ground that the other one had, 0 to 1.")


class GridOfCode(GridNamed):
    """A grid that has or had the code, as it was at the end of that time."""

    since: datetime = Field(examples=["2026-01-01T00:00:00Z"], description="When it got the code.")
    until: datetime | None = Field(examples=["2026-12-01T00:00:00Z"], description="None: it still has it.")
    today: list[Heir] = Field(description="Who has today what it had in that time, most of it first.")


class PlanStanding(Shape):
    """The version of the community's grids that this shape belongs to."""

    id: int = Field(examples=[3])
    effective_from: datetime = Field(examples=["2026-01-01T00:00:00Z"])
    effective_to: datetime | None = Field(examples=[None])


class GridList(FeatureList[GridProperties], CityAnswer):
    """A page of grids."""

    run: Run | None = Field(description="How the figures were computed, and from what; none: nothing has been.")


class CodeList(FeatureList[GridOfCode], CityAnswer):
    """All grids that have or had a code."""


class GridDetail(GridProperties, CityAnswer):
    """One grid with everything that is public about it."""

    run: Run | None = Field(description="How the figures were computed, and from what; none: nothing has been.")
    chain: list[ChainLink]
    posts: list[Post]
    plan: PlanStanding


@router.get("/grids", response_class=GeoJsonResponse)
def grids(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    page: Paged,
    at: At,
    said: AtIfSaid,
    now: Now,
    who: Annotated[Who, asks("public")],
    community: AreaCode = None,
    bbox: BBox = None,
    geometry: Annotated[bool, Query(description="With the polygons.")] = True,
    code: GridCode = None,
) -> GridList | CodeList:
    """The grids in force at a moment, by code; figures of the newest computation, if it was made by the same plan.

    With `code` the grids that have or had it, in the order of time: from when to when, and where their ground is today.
    With `at`, too, the one that had it then.
    """
    if code is not None:
        if community is not None or bbox is not None:
            raise Refused("grid_code_alone")
        stories = find_code(db, code, now, said)
        told = (_told_story(story, shown=geometry) for story in page.of(stories))
        return CodeList(**dict(feature_list(page, len(stories), told)))
    with db.read() as conn:
        matched, entries = lists.grids(conn, at, community, bbox, page.part, shapes=geometry)
        counts = of_grids(conn, {entry.id: entry.plan_id for entry in entries})
        sight, run = sight_of(conn, who), run_told(current_run_if_any(conn))
    features = (
        feature(entry.id, entry.shape, GridProperties(**_told(entry, counts.get(entry.id), sight))) for entry in entries
    )
    return GridList(**dict(feature_list(page, matched, features)), run=run)


@router.get("/grids/{grid_id}", response_class=GeoJsonResponse, responses=problems(404))
def grid(db: Db, at: At, who: Annotated[Who, asks("public")], grid_id: Id) -> Feature[GridDetail]:
    """One grid: its chain of areas, its posts, its figures."""
    with db.read() as conn:
        entry = lists.grid(conn, at, grid_id)
        plan = locate.plan_standing(conn, entry.plan_id)
        posts = locate.posts(conn, entry.plan_id, grid_id)
        counts = of_grids(conn, {grid_id: entry.plan_id})
        chain = [ChainLink.model_validate(link) for link in locate.chain_of(conn, entry.community_id)]
        told = _told(entry, counts.get(grid_id), sight_of(conn, who))
        run = run_told(current_run_if_any(conn))
    detail = GridDetail(
        **told,
        chain=chain,
        posts=[Post.model_validate(post) for post in posts],
        plan=PlanStanding.model_validate(plan),
        run=run,
    )
    return feature(grid_id, entry.shape, detail)


def _told_story(story: CodeStory, *, shown: bool) -> Feature[GridOfCode]:
    grid, inside = story.spell.grid, story.spell.grid.shape.representative_point()
    heirs = [
        Heir(
            id=heir.grid.id,
            code=heir.grid.code,
            name=heir.grid.name,
            kind=heir.kind,  # type: ignore[arg-type]
            ground_share=round(heir.ground_share, 4),
        )
        for heir in story.heirs
    ]
    told = GridOfCode(
        id=grid.id,
        code=grid.code,
        name=grid.name,
        kind=grid.kind,
        community_code=story.community.code,
        community_name=story.community.name,
        centre=(inside.x, inside.y),
        bbox=grid.shape.bounds,
        since=story.spell.since,
        until=story.spell.until,
        today=heirs,
    )
    return feature(grid.id, geojson(grid.shape) if shown else None, told)


def _told(entry: GridEntry, counts: Counts | None, sight: Sight) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in GridProperties.model_fields if name != "figures"}
    shown = None if counts is None else figures(counts, "grid", is_exact=sight.is_exact(entry.community_id))
    return {**told, "figures": shown}
