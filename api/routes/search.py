"""Search by name or code."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, asks
from api.inputs import Word
from api.schemas import Extent, Position, Shape
from geo.actions.city.search import search as find
from geo.store.search import Match, PlaceKind

router = APIRouter()


class FoundPlace(Shape):
    """Something with a name and a place on the map."""

    kind: PlaceKind = Field(examples=["grid"])
    id: int | None = Field(examples=[7], description="None for roads, compounds and other surfaces.")
    name: str = Field(examples=["第一网格"])
    name_en: str | None = Field(examples=[None])
    code: str | None = Field(examples=["990101001001001"])
    detail: str | None = Field(examples=["basic"], description="Level, kind or class.")
    match: Match = Field(examples=["prefix"])
    centre: Position
    bbox: Extent


class FoundPlaces(Shape):
    """The best matches."""

    q: str = Field(examples=["第一"])
    number_matched: int = Field(serialization_alias="numberMatched", examples=[6])
    number_returned: int = Field(serialization_alias="numberReturned", examples=[6])
    items: list[FoundPlace]


@router.get("/search", dependencies=[asks("public")])
def search(
    db: Db,
    q: Annotated[
        Word, Query(min_length=1, max_length=100, pattern=r"\S", description="Name or code.", examples=["第一"])
    ],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> FoundPlaces:
    """Areas, grids, stations, roads and compounds: the same name first, then those that begin with it."""
    matched, places = find(db, q, limit)
    items = [
        FoundPlace(
            kind=place.kind,
            id=place.id,
            name=place.name,
            name_en=place.name_en,
            code=place.code,
            detail=place.detail,
            match=place.match,
            centre=place.centre,
            bbox=place.box,
        )
        for place in places
    ]
    return FoundPlaces(q=q, number_matched=matched, number_returned=len(items), items=items)
