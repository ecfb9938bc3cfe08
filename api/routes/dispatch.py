"""Who can be sent to a case, and what is left behind while others are busy."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.deps import At, Db, HelpersNear, Language, Reach, Setting, Who, asks
from api.dispatch_shapes import CoverLeftAnswer, RankingAnswer, cover_answer, ranking_answer
from api.inputs import Id, Word
from api.limits import Minutes, ModeKey, SurfaceKey
from api.schemas import problems, written
from geo.actions.dispatch.cover_left import cover_left
from geo.actions.dispatch.rank_helpers import RankWish, rank_helpers
from geo.rules.case_catalogue import case_catalogues
from geo.rules.dispatch import dispatch_rule
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE

router = APIRouter(tags=["dispatch"])

RULE = dispatch_rule()


@router.get("/incidents/{incident_id}/stations", response_model=RankingAnswer, responses=problems(404))
def stations(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    near: HelpersNear,
    settings: Setting,
    language: Language,
    who: Annotated[Who, asks("dispatcher")],
    incident_id: Id,
    at: At,
    k: Annotated[int, Query(ge=1, description="How many at most.")] = RULE.k,
    minutes: Minutes = RULE.minutes,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    service: Annotated[
        Word | None, Query(max_length=100, description="What is needed; left out: as the case's item has it.")
    ] = None,
    direction: Annotated[
        Literal["from", "to"], Query(description="Of the trip: from the helper, or to it where people go themselves.")
    ] = "from",
    path: Annotated[bool, Query(description="Whether to draw and tell the ways.")] = False,
) -> Response:
    """The nearest stations, teams and professionals that can be sent, and why others that are nearer cannot."""
    wish = RankWish(
        at=at,
        k=k,
        minutes=minutes,
        service=service,
        mode=mode,
        surface=surface,
        direction=direction,
        path=path,
    )
    catalogues = case_catalogues(settings.case_catalogue)
    found = rank_helpers(db, near, catalogues, incident_id, wish, who.area_id, RULE.patience_seconds)
    return written(ranking_answer(found, language))


@router.get("/dispatch/cover")
def cover(
    db: Db,
    engine: Reach,
    near: HelpersNear,
    who: Annotated[Who, asks("dispatcher")],
    at: At,
) -> CoverLeftAnswer:
    """What free stations and teams still cover, by kind, and who should move up; of the token's area alone."""
    return cover_answer(cover_left(db, engine, near, at, who.area_id))
