"""Incidents: squares for everybody, points for those who handle them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, Setting, Who, asks, local
from api.inputs import BBox, Box, Word
from api.paging import Page, Paged
from api.places import feature, feature_list
from api.schemas import FeatureList, GeoJsonResponse, Shape
from geo.errors import NotAllowed, WhoAreYou
from geo.publication import rule
from geo.settings import Settings
from geo.store import lists
from geo.store.database import Database

router = APIRouter(tags=["incidents"])

State = Literal["open", "closed"]


class CellProperties(Shape):
    """A square with enough incidents to be shown."""

    n_class: int = Field(examples=[10], description="At least so many incidents ...")
    n_below: int | None = Field(examples=[20], description="... and fewer than so many; none: no bound.")


class IncidentProperties(Shape):
    """One incident."""

    id: int = Field(examples=[9])
    occurred_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    category: str = Field(examples=["blocked_passage"])
    text: str | None = Field(examples=["楼道堆放杂物"])
    state: State = Field(examples=["open"])
    source: str = Field(examples=["hotline"])
    source_key: str = Field(examples=["2026-000123"])


class CellList(FeatureList[CellProperties]):
    """What the public sees."""

    kind: Literal["cells"] = "cells"
    k: int = Field(examples=[10], description="Squares with fewer incidents are not there.")
    cell_m: float = Field(examples=[300])
    since: date | None = Field(examples=["2025-11-20"], description="Only incidents from this day on.")
    until: date | None = Field(
        examples=["2026-11-20"], description="The day of the newest incident; its hour would tell of a single one."
    )


class PointList(FeatureList[IncidentProperties]):
    """What a dispatcher sees, within the token's area."""

    kind: Literal["points"] = "points"


@router.get("/incidents", response_class=GeoJsonResponse)
def incidents(  # noqa: PLR0913, PLR0917 -- one parameter a filter
    db: Db,
    settings: Setting,
    page: Paged,
    who: Annotated[Who, asks("public")],
    bbox: BBox = None,
    category: Annotated[Word | None, Query(max_length=100, description="Dispatchers only.")] = None,
    state: Annotated[State | None, Query(description="Dispatchers only.")] = None,
    since: Annotated[datetime | None, Query(description="Dispatchers only: from this time on.")] = None,
    before: Annotated[datetime | None, Query(description="Dispatchers only: before this time.")] = None,
) -> CellList | PointList:
    """Squares of incidents for the public; with a dispatcher's token the incidents themselves, newest first.

    The public may not filter: the difference of two filtered answers would tell of single incidents.
    """
    filters = {"category": category, "state": state, "since": since, "before": before}
    if who.may("dispatcher"):
        wanted = lists.IncidentFilter(
            category=category,
            state=state,
            since=_local(since, settings),
            before=_local(before, settings),
            box=bbox,
            area_id=who.area_id,
        )
        return _points(db, page, wanted)
    given = [name for name, value in filters.items() if value is not None]
    if given and who.is_public:
        raise WhoAreYou("public_no_filter", names=", ".join(given))
    if given:
        raise NotAllowed("token_role_low", needed="dispatcher", role=who.role)
    return _cells(db, page, bbox, settings)


def _points(db: Database, page: Page, wanted: lists.IncidentFilter) -> PointList:
    with db.read() as conn:
        matched, entries = lists.incidents(conn, wanted, page.part)
    features = (feature(entry.id, entry.shape, IncidentProperties.model_validate(entry)) for entry in entries)
    return PointList(**dict(feature_list(page, matched, features)))


def _cells(db: Database, page: Page, box: Box | None, settings: Settings) -> CellList:
    shown = rule()
    with db.read() as conn:
        matched, cells, period = lists.incident_cells(conn, box, shown, page.part)
    features = (
        feature(None, cell.shape, CellProperties(n_class=cell.n_class, n_below=shown.class_above(cell.n_class)))
        for cell in cells
    )
    listed = dict(feature_list(page, matched, features))
    return CellList(
        **listed, k=shown.k, cell_m=shown.cell_m, since=_day(period.since, settings), until=_day(period.until, settings)
    )


def _local(moment: datetime | None, settings: Settings) -> datetime | None:
    return None if moment is None else local(moment, settings)


def _day(moment: datetime | None, settings: Settings) -> date | None:
    return None if moment is None else local(moment, settings).date()
