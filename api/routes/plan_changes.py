"""What a plan changes before it is published, plans and days held against each other, and plans as files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import Db, Language, Now, Setting, Who, asks, hand_of, local
from api.files import sent_file
from api.inputs import AreaCode, Id
from api.layer_shapes import OriginShape
from api.plan_change_shapes import ComparisonTold, ConsequencesTold, consequences_told
from api.schemas import problems
from geo.actions.city.plan_access import check_community, plan_to_read
from geo.actions.layers.open_merge import origin_of
from geo.actions.plans.export_plan import export_changes, export_plan, print_changes
from geo.actions.plans.plan_consequences import compare_days, compare_plans, consequences_of
from geo.errors import Refused
from geo.store import plans
from geo.store.database import Database

router = APIRouter(tags=["plans"])

PlanFormat = Literal["gpkg", "geojson", "xlsx", "topojson", "zip"]
ChangesFormat = Literal["xlsx", "json", "gpkg", "pdf"]
Viewer = Annotated[Who, asks("viewer")]
Planner = Annotated[Who, asks("planner")]
OtherPlan = Annotated[int | None, Query(ge=1, le=2**63 - 1, examples=[4])]
Day = Annotated[datetime | None, Query(examples=["2026-11-20T10:00:00+08:00"])]


@router.get("/plans/compare", responses=problems(404))
def compare(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    now: Now,
    who: Viewer,
    settings: Setting,
    a: OtherPlan = None,
    b: OtherPlan = None,
    from_day: Day = None,
    to_day: Day = None,
    community: AreaCode = None,
) -> ComparisonTold:
    """Two plans (`a`, `b`), or the grids in force at two moments (`from_day`, `to_day`), held against each other.

    What was counted of the work is for planners; for others all of it is estimated.
    """
    with_work = who.may("planner")
    if a is not None and b is not None and from_day is None and to_day is None:
        _check_readable(db, (a, b), who, now)
        return ComparisonTold.model_validate(compare_plans(db, a, b, ZoneInfo(settings.timezone), with_work=with_work))
    if a is None and b is None and from_day is not None and to_day is not None:
        before, after = local(from_day, settings), local(to_day, settings)
        return ComparisonTold.model_validate(compare_days(db, before, after, community, with_work=with_work))
    raise Refused("plans_compare_what")


@router.get("/plans/{plan_id}/consequences", responses=problems(404))
def consequences(
    db: Db, settings: Setting, now: Now, language: Language, who: Planner, plan_id: Id
) -> ConsequencesTold:
    """All that a plan changes against the plan that it was drawn from, by building, station and post."""
    _check_area(db, plan_id, who, now)
    told = consequences_of(db, plan_id, ZoneInfo(settings.timezone), settings.case_catalogue)
    return consequences_told(told.changes, language)


@router.get("/plans/{plan_id}/consequences.{ending}", responses=problems(404), response_class=Response)
def consequences_file(
    db: Db, now: Now, settings: Setting, language: Language, who: Planner, plan_id: Id, ending: ChangesFormat
) -> Response:
    """The same as a file; as pdf a page to print, with maps before and after."""
    _check_area(db, plan_id, who, now)
    name, today, zone = f"plan-{plan_id}-changes.{ending}", local(now, settings).date(), ZoneInfo(settings.timezone)
    if ending == "pdf":
        number = settings.map_approval_number
        return sent_file(name, lambda path: print_changes(db, plan_id, path, language, today, zone, number))
    own = settings.case_catalogue
    return sent_file(name, lambda path: export_changes(db, plan_id, path, language, zone, own_catalogue=own))


@router.get("/plans/{plan_id}/origin", responses=problems(404))
def origin(db: Db, now: Now, who: Planner, plan_id: Id) -> OriginShape:
    """The layers that a plan was merged from, and whom they have in common with the grids that it began with."""
    _check_readable(db, (plan_id,), who, now)
    return OriginShape.model_validate(origin_of(db, plan_id))


@router.get("/plans/{plan_id}/export.{ending}", responses=problems(404), response_class=Response)
def export(db: Db, now: Now, who: Viewer, language: Language, plan_id: Id, ending: PlanFormat) -> Response:
    """A plan as a file; a Shapefile comes as zip. What was counted of the work is for planners."""
    _check_readable(db, (plan_id,), who, now)

    def write(path: Path) -> Path:
        return export_plan(db, plan_id, path, language, with_work=who.may("planner"))

    return sent_file(f"plan-{plan_id}.{ending}", write)


def _check_area(db: Database, plan_id: int, who: Who, now: datetime) -> None:
    """Buildings, posts and counts are told to whoever answers for the ground."""
    with db.read() as conn:
        check_community(conn, plans.get_plan(conn, plan_id).community_id, hand_of(who, now))


def _check_readable(db: Database, plan_ids: tuple[int, ...], who: Who, now: datetime) -> None:
    """Drafts are told to whoever answers for the ground."""
    with db.read() as conn:
        for plan_id in plan_ids:
            plan_to_read(conn, plan_id, hand_of(who, now))
