"""Teams and vehicles that move."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.deps import Db, asks
from api.inputs import BBox, Kind
from api.paging import Paged
from api.places import feature, feature_list
from api.schemas import FeatureList, GeoJsonResponse, Shape
from geo.store import lists

router = APIRouter(tags=["stations and resources"])


class ResourceProperties(Shape):
    """One team or vehicle."""

    id: int = Field(examples=[2])
    name: str = Field(examples=["巡逻一队"])
    kind: str = Field(examples=["patrol"])
    services: list[str] = Field(examples=[["巡逻"]])
    position_at: datetime = Field(examples=["2026-11-20T02:00:00Z"], description="When it was last seen there.")


@router.get("/resources", response_class=GeoJsonResponse, dependencies=[asks("public")])
def resources(db: Db, page: Paged, kind: Kind = None, bbox: BBox = None) -> FeatureList[ResourceProperties]:
    """Where resources were last seen."""
    with db.read() as conn:
        matched, entries = lists.resources(conn, kind, bbox, page.part)
    return feature_list(
        page, matched, (feature(entry.id, entry.shape, ResourceProperties.model_validate(entry)) for entry in entries)
    )
