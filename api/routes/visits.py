"""Visits due by grid, what was done as counts, and rounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.deps import AtIfSaid, Db, Language, Now, Setting, Streets, Who, asks, hand_of, local
from api.inputs import AreaCode, Id, Word
from api.places import geometry
from api.schemas import problems
from api.visit_shapes import By, TourTold, VisitsDoneWish, VisitsDue, VisitsLanded, due_told, tour_told
from geo.actions.cases.figure_periods import last_published
from geo.actions.work.find_tour import TourWish, find_tour
from geo.actions.work.record_visits import record_visits
from geo.actions.work.tell_visits import VisitWish, tell_visits
from geo.errors import NotAllowed, Refused
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE

router = APIRouter(tags=["visits"])


@router.get("/visits/due", responses=problems(404))
def due(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    settings: Setting,
    now: Now,
    said: AtIfSaid,
    language: Language,
    who: Annotated[Who, asks("viewer")],
    community: AreaCode = None,
    by: Annotated[By, Query(description="Parts, by code; never people or desks.", examples=["grid"])] = "grid",
) -> VisitsDue:
    """Visits due and overdue as counts, shares and hours, by the plan in force at the moment.

    Viewers are told how it stood at the end of a month, ten days after it, without small numbers.
    """
    is_exact = who.may("dispatcher")
    if not is_exact and said is not None:
        raise NotAllowed("visits_whole_months")
    at = local(now, settings) if said is None else said
    if not is_exact:
        at = last_published(now, ZoneInfo(settings.timezone))[1] - timedelta(microseconds=1)
    wish = VisitWish(at, settings.timezone, by, community, who.area_id, is_exact)
    return due_told(tell_visits(db, wish), language)


@router.put("/grids/{grid_id}/visits-done", responses=problems(404, 413))
def done(
    db: Db, settings: Setting, now: Now, who: Annotated[Who, asks("dispatcher")], grid_id: Id, wish: VisitsDoneWish
) -> VisitsLanded:
    """Take counts of visits in place of those before of the same kinds and days, all of them or none.

    Who made them, where, at what hour, with which photo or track is refused with the reason.
    """
    report = record_visits(db, grid_id, wish.rows, hand_of(who, local(now, settings)), settings.timezone)
    return VisitsLanded(**{name: getattr(report, name) for name in VisitsLanded.model_fields})


@router.get("/visits/tour", responses=problems(404))
def tour(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    streets: Streets,
    settings: Setting,
    now: Now,
    language: Language,
    who: Annotated[Who, asks("dispatcher")],
    grid: Annotated[str, Query(pattern=r"^[0-9]{15,20}$", description="Code.", examples=["990101001001001"])],
    kind: Annotated[Word, Query(max_length=40, description="other_households or shops.")] = "other_households",
    mode: Annotated[Word, Query(max_length=40, examples=["planning"])] = DEFAULT_MODE,
    surface: Annotated[Word, Query(max_length=40, examples=["dry"])] = DEFAULT_SURFACE,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False, examples=[103.2])] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False, examples=[40.4])] = None,
    hours: Annotated[float | None, Query(gt=0, le=24, description="Of a day.", examples=[6])] = None,
    path: Annotated[bool, Query(description="Whether the ways are drawn.")] = False,
) -> TourTold:
    """In which order to call at the homes or shops of a grid, from a post and back: a help, not a duty."""
    if (lon is None) != (lat is None):
        raise Refused("tour_post_half")
    post = None if lon is None or lat is None else (lon, lat)
    wish = TourWish(grid, local(now, settings), kind, post, mode, surface, hours, path, who.area_id)
    found = find_tour(db, streets, wish)
    return tour_told(found, None if found.line is None else geometry(found.line), language)
