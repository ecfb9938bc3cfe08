"""Teams and vehicles that move: where they were last seen, and telling where they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from api.deps import Db, Now, Setting, Who, asks, local
from api.inputs import BBox, Id, Kind
from api.paging import Paged
from api.places import feature, feature_list, geojson
from api.schemas import Feature, FeatureList, GeoJsonResponse, Shape, problems
from api.station_shapes import STAFF, Spot
from geo.actions.plan_access import Hand
from geo.actions.report_position import report_position
from geo.store import lists

router = APIRouter(tags=["stations and resources"])


class ResourceProperties(Shape):
    """One team or vehicle."""

    id: int = Field(examples=[2])
    name: str = Field(examples=["巡逻一队"])
    kind: str = Field(examples=["patrol"])
    services: list[str] = Field(examples=[["巡逻"]])
    staff: int | None = Field(examples=[2], description=STAFF)
    position_at: datetime = Field(examples=["2026-11-20T02:00:00Z"], description="When it was last seen there.")


class PositionWish(Shape):
    """Where a team was, and when. Only the last one is kept: there are no tracks."""

    lonlat: Spot = Field(examples=[(103.2021, 40.4013)])
    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"], description="When it was there.")
    datum: Literal["WGS-84", "CGCS2000", "GCJ-02", "BD-09"] = Field("WGS-84", examples=["GCJ-02"])


@router.get("/resources", response_class=GeoJsonResponse)
def resources(
    db: Db, who: Annotated[Who, asks("public")], page: Paged, kind: Kind = None, bbox: BBox = None
) -> FeatureList[ResourceProperties]:
    """Where resources were last seen."""
    with db.read() as conn:
        matched, entries = lists.resources(conn, kind, bbox, page.part)
    if who.is_public:
        entries = [replace(entry, staff=None) for entry in entries]
    return feature_list(
        page, matched, (feature(entry.id, entry.shape, ResourceProperties.model_validate(entry)) for entry in entries)
    )


@router.post("/resources/{resource_id}/position", response_class=GeoJsonResponse, responses=problems(404, 409, 413))
def position(
    db: Db, now: Now, settings: Setting, who: Annotated[Who, asks("dispatcher")], resource_id: Id, wish: PositionWish
) -> Feature[ResourceProperties]:
    """Put a team where it was, unless a newer position is known (409); sent twice it changes nothing."""
    hand = Hand(now, who.area_id, who.token_id, who.name)
    team = report_position(db, resource_id, wish.lonlat, local(wish.at, settings), hand, wish.datum)
    return feature(team.id, geojson(team.point), ResourceProperties.model_validate(team))
