"""Teams and vehicles that move, and posts of professionals: where they are, who is on duty, whose grids are whose."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import At, Db, Language, Now, Setting, Who, asks, hand_of, local
from api.files import sent_file
from api.inputs import AreaCode, BBox, Id, Kind, SeenVersion, Word
from api.invented import told_if_invented
from api.paging import Paged
from api.places import feature, feature_list, geojson
from api.resource_shapes import (
    GapsAnswer,
    GridsOfPost,
    GridsWish,
    PositionWish,
    ResourceChange,
    ResourceProperties,
    gaps_answer,
    held_told,
)
from api.schemas import Feature, FeatureList, GeoJsonResponse, problems
from geo.actions.city.plan_access import Hand
from geo.actions.dispatch.report_position import report_position
from geo.actions.posts.assign_grids import assign_grids
from geo.actions.posts.edit_resource import edit_resource
from geo.actions.posts.export_assignments import export_gaps
from geo.actions.posts.tell_assignments import tell_gaps, tell_grids_of
from geo.resources import Resource
from geo.store import lists
from geo.store import resources as rows
from geo.store.database import Database

router = APIRouter(tags=["stations and resources"])

GapKind = Annotated[Word | None, Query(max_length=100, description="Only this kind.", examples=["lawyer"])]


@router.get("/resources", response_class=GeoJsonResponse)
def resources(
    db: Db, who: Annotated[Who, asks("public")], page: Paged, kind: Kind = None, bbox: BBox = None
) -> FeatureList[ResourceProperties]:
    """Where resources were last seen; where posts of professionals work from."""
    with db.read() as conn:
        matched, entries = lists.resources(conn, kind, bbox, page.part)
    if who.is_public:
        entries = [replace(entry, staff=None) for entry in entries]
    return feature_list(
        page, matched, (feature(entry.id, entry.shape, ResourceProperties.model_validate(entry)) for entry in entries)
    )


@router.get("/resources/assignments", responses=problems(404))
def gaps(
    db: Db,
    at: At,
    language: Language,
    who: Annotated[Who, asks("viewer")],
    kind: GapKind = None,
    community: AreaCode = None,
) -> GapsAnswer:
    """Grids without police post, judge, prosecutor, lawyer or mediator at a moment, in the token's area."""
    return gaps_answer(tell_gaps(db, at, kind, community, who.area_id), language)


@router.get("/resources/assignments.{ending}", responses=problems(404), response_class=Response)
def gaps_file(
    db: Db,
    at: At,
    language: Language,
    who: Annotated[Who, asks("viewer")],
    ending: Literal["xlsx", "csv"],
    kind: GapKind = None,
    community: AreaCode = None,
) -> Response:
    """The same as a workbook or a table."""
    found, invented = tell_gaps(db, at, kind, community, who.area_id), told_if_invented()
    return sent_file(f"assignments.{ending}", lambda path: export_gaps(found, path, language, invented))


@router.get("/resources/{resource_id}", response_class=GeoJsonResponse, responses=problems(404))
def resource(
    db: Db, who: Annotated[Who, asks("public")], resource_id: Id, response: Response
) -> Feature[ResourceProperties]:
    """One team, vehicle or post."""
    with db.read() as conn:
        found = rows.get(conn, resource_id)
    return _told(replace(found, staff=None) if who.is_public else found, response)


@router.patch("/resources/{resource_id}", response_class=GeoJsonResponse, responses=problems(404, 412, 413, 428))
def change(
    db: Db,
    now: Now,
    who: Annotated[Who, asks("dispatcher")],
    resource_id: Id,
    change: ResourceChange,
    seen: SeenVersion,
    response: Response,
) -> Feature[ResourceProperties]:
    """Say how many are on duty, and when, unless somebody else changed it meanwhile (412)."""
    values = change.model_dump(exclude_unset=True)
    return _told(edit_resource(db, resource_id, values, seen, hand_of(who, now)), response)


@router.get("/resources/{resource_id}/grids", responses=problems(404), dependencies=[asks("viewer")])
def grids(db: Db, resource_id: Id, response: Response) -> GridsOfPost:
    """The grids that a post has, had and is to have; through the plans that came into force since."""
    return _grids_told(db, resource_id, response)


@router.put("/resources/{resource_id}/grids", responses=problems(404, 409, 412, 413, 428))
def assign(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    now: Now,
    settings: Setting,
    who: Annotated[Who, asks("planner")],
    resource_id: Id,
    wish: GridsWish,
    seen: SeenVersion,
    response: Response,
) -> GridsOfPost:
    """Let these grids be a post's from a moment on, and no others, unless somebody else changed it meanwhile (412)."""
    since = None if wish.since is None else local(wish.since, settings)
    assign_grids(db, resource_id, wish.codes, since, seen, hand_of(who, now))
    return _grids_told(db, resource_id, response)


@router.post("/resources/{resource_id}/position", response_class=GeoJsonResponse, responses=problems(404, 409, 413))
def position(
    db: Db, now: Now, settings: Setting, who: Annotated[Who, asks("dispatcher")], resource_id: Id, wish: PositionWish
) -> Feature[ResourceProperties]:
    """Put a team where it was, unless a newer position is known (409); sent twice it changes nothing."""
    hand = Hand(now, who.area_id, who.token_id, who.name)
    team = report_position(db, resource_id, wish.lonlat, local(wish.at, settings), hand, wish.datum)
    return feature(team.id, geojson(team.point), ResourceProperties.model_validate(team))


def _told(found: Resource, response: Response) -> Feature[ResourceProperties]:
    response.headers["ETag"] = f'"{found.version}"'
    return feature(found.id, geojson(found.point), ResourceProperties.model_validate(found))


def _grids_told(db: Database, resource_id: int, response: Response) -> GridsOfPost:
    with db.read() as conn:
        post = rows.get(conn, resource_id)
    response.headers["ETag"] = f'"{post.version}"'
    held = [held_told(one) for one in tell_grids_of(db, resource_id)]
    return GridsOfPost(id=post.id, name=post.name, kind=post.kind, version=post.version, grids=held)
