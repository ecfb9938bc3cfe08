"""What has been counted of a community's work, by unit: for planners, to fill in and to look at."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.deps import Db, Language, Now, Setting, Who, asks, local
from api.files import sent_file
from api.schemas import problems
from api.work_shapes import WorkLanded, WorkTold, WorkWish, landed_told, work_told
from geo.actions.city.plan_access import Hand
from geo.actions.work.export_work import export_work
from geo.actions.work.list_work import list_work
from geo.actions.work.set_work import set_work

router = APIRouter(tags=["plans"])

Code = Annotated[str, Path(pattern=r"^[0-9]{12}$", description="12-digit code.", examples=["990101001001"])]
Planner = Annotated[Who, asks("planner")]


@router.get("/communities/{code}/work-counts", responses=problems(404))
def work_counts(db: Db, now: Now, who: Planner, code: Code) -> WorkTold:
    """Every unit of a community with what was counted in it, within the token's area."""
    return work_told(list_work(db, code, Hand(at=now, area_id=who.area_id)))


@router.put("/communities/{code}/work-counts", responses=problems(404, 413))
def count(db: Db, now: Now, settings: Setting, who: Planner, code: Code, wish: WorkWish) -> WorkLanded:
    """Take counts of units in place of those before of the same kinds, all of them or none."""
    hand = Hand(at=local(now, settings), area_id=who.area_id, token_id=who.token_id, token_name=who.name)
    rows = [unit.model_dump() for unit in wish.counts]
    return landed_told(set_work(db, code, rows, wish.as_of, hand))


@router.get("/communities/{code}/work-counts.{ending}", responses=problems(404), response_class=Response)
def work_file(
    db: Db, now: Now, language: Language, who: Planner, code: Code, ending: Literal["xlsx", "csv"]
) -> Response:
    """The same as a table to be filled in and imported."""
    hand = Hand(at=now, area_id=who.area_id)
    return sent_file(f"work-{code}.{ending}", lambda path: export_work(db, code, path, hand, language))
