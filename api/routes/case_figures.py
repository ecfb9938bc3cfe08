"""Figures about cases that add up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CaseDesk, Db, Figures, Language, Now, Setting, Who, asks, local
from api.figure_shapes import CaseFiguresAnswer, figures_answer
from api.inputs import Word
from geo.actions.cases.figure_periods import last_published, period_of, published_at
from geo.actions.cases.tell_figures import FigureSight, grouping
from geo.case_figures import BYS, FigureWish

router = APIRouter(tags=["figures"])


@router.get("/figures")
def figures(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    desk: CaseDesk,
    told: Figures,
    settings: Setting,
    now: Now,
    language: Language,
    who: Annotated[Who, asks("viewer")],
    by: Annotated[Word, Query(max_length=100, description=f"Parts: {', '.join(BYS)}. Never people or desks.")] = "all",
    month: Annotated[
        Word | None,
        Query(max_length=20, description="The period; left out: the last that is over.", examples=["2026-03"]),
    ] = None,
    since: Annotated[date | None, Query(description="Or from this day on ...", examples=["2026-03-01"])] = None,
    before: Annotated[date | None, Query(description="... until the day before this.", examples=["2026-04-01"])] = None,
    item: Annotated[
        Word | None, Query(max_length=100, description="Only of this item of the catalogue.", examples=["0101"])
    ] = None,
    unit: Annotated[Word | None, Query(max_length=200, description="Only of this unit.", examples=["环卫站"])] = None,
    as_of: Annotated[
        datetime | None,
        Query(
            description="As it was known then; left out: now, for viewers when it was published.",
            examples=["2026-04-05T00:00:00+08:00"],
        ),
    ] = None,
) -> CaseFiguresAnswer:
    """Rates and times of stages with numerators and denominators, as they stood at a moment.

    Viewers are told of one whole month as it was known ten days after its end, without small numbers.
    """
    sight = FigureSight(is_exact=who.may("dispatcher"), area_id=who.area_id)
    if sight.is_exact or month or since or before:
        begin, end = period_of(month, since, before, now, desk.zone)
    else:
        begin, end = last_published(now, desk.zone)
    moment = (now if sight.is_exact else published_at(end, desk.zone)) if as_of is None else as_of
    wish = FigureWish(begin, end, local(moment, settings), grouping(by), item, unit)
    found = told.tell(db, desk, wish, now, sight)
    return figures_answer(found, local(now, settings), language)
