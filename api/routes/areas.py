"""Provinces down to communities."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, asks
from api.inputs import AreaCode
from api.paging import Paged
from api.places import feature, feature_list
from api.schemas import Extent, FeatureList, GeoJsonResponse, Position, Shape
from geo.store import lists

router = APIRouter(tags=["areas and grids"])

Level = Literal["province", "city", "district", "subdistrict", "community"]


class AreaProperties(Shape):
    """One area."""

    id: int = Field(examples=[5])
    level: Level = Field(examples=["community"])
    code: str = Field(examples=["990101001001"])
    name: str = Field(examples=["河西社区"])
    name_en: str | None = Field(examples=[None])
    parent_code: str | None = Field(examples=["990101001000"])
    centre: Position
    bbox: Extent


@router.get("/areas", response_class=GeoJsonResponse, dependencies=[asks("public")])
def areas(
    db: Db,
    page: Paged,
    level: Annotated[Level | None, Query(description="Only this level.")] = None,
    parent: AreaCode = None,
    geometry: Annotated[bool, Query(description="With the polygons.")] = False,
) -> FeatureList[AreaProperties]:
    """Live areas by code; `parent` is the code of the area that holds them."""
    with db.read() as conn:
        matched, entries = lists.areas(conn, level, parent, page.part, shapes=geometry)
    return feature_list(
        page, matched, (feature(entry.id, entry.shape, AreaProperties.model_validate(entry)) for entry in entries)
    )
