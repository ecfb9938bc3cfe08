"""Incidents: squares for everybody, points for those who handle them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.case_shapes import CaseTold, Channel, Reader, case_told
from api.cursors import cursor_of, due_of
from api.deps import CaseDesk, Db, Language, Now, Setting, Who, asks, local
from api.files import sent_file
from api.inputs import BIGGEST_ID, BBox, Box, Word
from api.paging import Page, Paged
from api.places import at_point, feature, feature_list
from api.schemas import CityAnswer, Feature, FeatureList, GeoJsonResponse, MadeAnswer, Shape, made_told, written
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.export_cases import export_cases
from geo.case_states import STAGES
from geo.cases import Case
from geo.errors import NotAllowed, Refused, WhoAreYou
from geo.provenance import Made, digest_of
from geo.publication import rule
from geo.rules.request_limits import request_limits
from geo.settings import Settings
from geo.store import lists
from geo.store.case_lists import CaseFilter, Due, list_cases
from geo.store.database import Database

router = APIRouter(tags=["incidents"])

CELLS = "incident-squares-1"
"""Method of the squares: changes whenever the same incidents give other ones."""

State = Literal["open", "closed"]
CasesFormat = Literal["csv", "geojson", "gpkg", "xlsx"]


class CellProperties(Shape):
    """A square with enough incidents to be shown."""

    n_class: int = Field(examples=[10], description="At least so many incidents ...")
    n_below: int | None = Field(examples=[20], description="... and fewer than so many; none: no bound.")


class IncidentProperties(CaseTold):
    """One incident; its place is the feature's."""

    lonlat: None = Field(None, exclude=True)
    source: str = Field(examples=["hotline"])
    source_key: str = Field(examples=["2026-000123"])


class CellList(FeatureList[CellProperties], MadeAnswer):
    """What the public sees."""

    kind: Literal["cells"] = "cells"
    k: int = Field(examples=[10], description="Squares with fewer incidents are not there.")
    cell_m: float = Field(examples=[300])
    since: date | None = Field(examples=["2025-11-01"], description="Only incidents from this day on.")
    until: date | None = Field(
        examples=["2026-11-20"], description="The day of the newest incident; its hour would tell of a single one."
    )


class PointList(FeatureList[IncidentProperties], CityAnswer):
    """What a dispatcher sees, within the token's area; what is still to be located has no geometry."""

    kind: Literal["points"] = "points"


@dataclass(frozen=True)
class Filters:
    """What a desk narrows its queue by; dispatchers only."""

    category: Annotated[Word | None, Query(max_length=100)] = None
    item: Annotated[str | None, Query(pattern="^[0-9]{4}$", examples=["0101"], description="Of a catalogue.")] = None
    state: Annotated[State | None, Query()] = None
    stage: Annotated[
        str | None,
        Query(max_length=200, examples=["filed,returned"], description=f"Any of these: {', '.join(STAGES)}."),
    ] = None
    channel: Annotated[Channel | None, Query()] = None
    grid: Annotated[int | None, Query(ge=1, le=BIGGEST_ID, description="In it, or near its border.")] = None
    unit: Annotated[Word | None, Query(max_length=100)] = None
    holder: Annotated[Literal["me", "somebody", "nobody"] | None, Query(description="Who has it in hand.")] = None
    located: Annotated[bool | None, Query(description="Whether its place is known.")] = None
    in_grid: Annotated[bool | None, Query(description="False: its place is known and lies in no grid.")] = None
    overdue: Annotated[
        Literal["yes", "no"] | None, Query(description="Only those whose stage is overdue; no: only open ones in time.")
    ] = None
    since: Annotated[datetime | None, Query(description="From this time on.")] = None
    before: Annotated[datetime | None, Query(description="Before this time.")] = None
    order: Annotated[Literal["newest", "due"] | None, Query(description="Due: first what is due first.")] = None
    cursor: Annotated[
        str | None,
        Query(
            pattern="^[A-Za-z0-9_-]{1,60}$",
            description="Where the page begins, as the link to it says; only with order=due and in place of an offset.",
        ),
    ] = None


@router.get("/incidents", response_class=GeoJsonResponse, response_model=CellList | PointList)
def incidents(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    desk: CaseDesk,
    settings: Setting,
    now: Now,
    language: Language,
    page: Paged,
    who: Annotated[Who, asks("public")],
    filters: Annotated[Filters, Depends()],
    bbox: BBox = None,
) -> CellList | Response:
    """Squares of incidents for the public; with a dispatcher's token the incidents themselves, newest first.

    The public may not filter: the difference of two filtered answers would tell of single incidents.
    """
    if not who.may("dispatcher"):
        _refuse_filters(filters, who)
        return _cells(db, page, bbox, settings)
    wanted = _wanted(filters, who, desk, now, bbox)
    due_first = filters.order == "due"
    after = None if filters.cursor is None else due_of(filters.cursor)
    if after is not None and (page.offset or not due_first):
        raise Refused("cursor_bad")
    with db.read() as conn:
        matched, found = list_cases(conn, wanted, page.one_more, due_first=due_first, after=after)
    if due_first:
        page = page.until(_cursor(found, page.limit))
    found = found[: page.limit]
    reader = Reader(desk, language, now, who.token_id)
    features = [
        Feature(id=case.id, geometry=at_point(case.point), properties=_properties(case, reader)) for case in found
    ]
    told = PointList(**dict(feature_list(page, matched, features)))
    return written(told, GeoJsonResponse.media_type)


@router.get("/incidents/export.{ending}", response_class=Response)
def export(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    desk: CaseDesk,
    settings: Setting,
    now: Now,
    language: Language,
    who: Annotated[Who, asks("dispatcher")],
    ending: CasesFormat,
    filters: Annotated[Filters, Depends()],
    bbox: BBox = None,
) -> Response:
    """The cases that the filters leave, within the token's area, as rows that a one-form platform takes."""
    wanted, most = _wanted(filters, who, desk, now, bbox), request_limits().export_cases
    at = local(now, settings)
    return sent_file(
        f"cases-{at:%Y%m%d-%H%M}.{ending}",
        lambda path: export_cases(db, path, wanted, desk, at, language, most=most),
    )


def _cursor(found: list[Case], limit: int) -> str | None:
    """Where the next page begins if more was found than is shown."""
    return cursor_of(Due(found[limit - 1].stage_due_at, found[limit - 1].id)) if len(found) > limit else None


def _refuse_filters(filters: Filters, who: Who) -> None:
    given = [name for name, value in vars(filters).items() if value is not None]
    if given and who.is_public:
        raise WhoAreYou("public_no_filter", names=", ".join(given))
    if given:
        raise NotAllowed("token_role_low", needed="dispatcher", role=who.role)


def _refuse_unknown(name: str, values: Sequence[str], allowed: Sequence[str]) -> None:
    unknown = next((value for value in values if value not in allowed), None)
    if unknown is not None:
        raise Refused("filter_unknown", where=f"query.{name}", value=unknown[:20], allowed=", ".join(allowed))


def _wanted(filters: Filters, who: Who, desk: Desk, now: datetime, box: Box | None) -> CaseFilter:
    stages = None if filters.stage is None else tuple(filters.stage.split(","))
    _refuse_unknown("stage", stages or (), STAGES)
    items = {code for version in desk.catalogues.by_version.values() for code in version.items}
    _refuse_unknown("item", () if filters.item is None else (filters.item,), sorted(items))
    return CaseFilter(
        category=filters.category,
        item=filters.item,
        state=filters.state,
        stages=stages,
        channel=filters.channel,
        grid_id=filters.grid,
        unit=filters.unit,
        held_by=who.token_id if filters.holder == "me" else None,
        is_held={"somebody": True, "nobody": False}.get(filters.holder or ""),
        is_located=filters.located,
        is_in_grid=filters.in_grid,
        overdue_at=now if filters.overdue == "yes" else None,
        in_time_at=now if filters.overdue == "no" else None,
        since=_local(filters.since, desk.settings),
        before=_local(filters.before, desk.settings),
        box=box,
        area_id=who.area_id,
    )


def _properties(case: Case, reader: Reader) -> IncidentProperties:
    told = vars(case_told(case, reader)) | {"lonlat": None}
    return IncidentProperties(**told, source=case.source, source_key=case.source_key)


def _cells(db: Database, page: Page, box: Box | None, settings: Settings) -> CellList:
    shown = rule()
    with db.read() as conn:
        cells, period = lists.incident_cells(conn, box, shown)
    features = (
        feature(None, cell.shape, CellProperties(n_class=cell.n_class, n_below=shown.class_above(cell.n_class)))
        for cell in page.of(cells)
    )
    listed = dict(feature_list(page, len(cells), features))
    since, until = (_day(moment, settings) for moment in (period.since, period.until))
    # of the squares as they are told: a hash of the incidents would change with one that is hidden
    made = Made(CELLS, {"incidents": since}, digest_of(CELLS, shown.k, shown.cell_m, since, until, cells))
    return CellList(**listed, **made_told(made), k=shown.k, cell_m=shown.cell_m, since=since, until=until)


def _local(moment: datetime | None, settings: Settings) -> datetime | None:
    return None if moment is None else local(moment, settings)


def _day(moment: datetime | None, settings: Settings) -> date | None:
    return None if moment is None else local(moment, settings).date()
