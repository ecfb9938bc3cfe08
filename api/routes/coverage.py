"""How many people reach a station in time, by area."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.deps import Db, Now, Running, Who, asks
from api.figures import figures, shares_by_minute, shown_reached, sight_of, variety
from api.inputs import AreaCode, Word
from api.jobs import Accepted, Link, Step, accepted
from api.limits import city_only
from api.paging import Paged
from api.schemas import CityAnswer, Count, Figures, Listed, Run, Shape, Variety, problems
from geo.actions.reach.compute_coverage import check_run, compute_coverage
from geo.coverage import CoverageRun
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.request_limits import request_limits
from geo.store.coverage import current_run, is_behind_data
from geo.store.figures import Counts, FigureEntry, by_level, by_station_of_all, of_all

router = APIRouter(tags=["coverage"])

Level = Literal["grid", "community", "subdistrict", "district", "city"]


class CoverageItem(Shape):
    """The figures of one area or grid."""

    level: Level = Field(examples=["community"])
    id: int = Field(examples=[5])
    code: str = Field(examples=["990101001001"])
    name: str = Field(examples=["河西社区"])
    figures: Figures
    variety: Variety
    share_by_minute: list[float] | None = Field(
        examples=[[0.0, 0.01, 0.05]],
        description="Share that reaches a station within 0, 1, ... minutes; none below the subdistrict.",
    )


class Coverage(Listed, CityAnswer):
    """Figures by area, with how they were computed."""

    run: Run
    is_behind_data: bool = Field(examples=[False], description="Something was loaded or changed after the run.")
    by: Level = Field(examples=["community"])
    items: list[CoverageItem]
    total: Figures | None = Field(description="Every home that was loaded, in an area or not.")
    total_variety: Variety | None
    total_share_by_minute: list[float] | None = Field(examples=[[0.0, 0.01, 0.05]])
    residents_by_n_stations: list[Count] | None = Field(
        examples=[[240, 510, 390]],
        description="Residents with 0, 1, 2, ... stations in reach; for the public each number is rounded down.",
    )


class RunWish(Shape):
    """What a new computation is asked for."""

    minutes: float = Field(15, gt=0, le=request_limits().minutes, examples=[15], description="Cutoff; reached itself.")
    mode: Word = Field(DEFAULT_MODE, max_length=50, examples=[DEFAULT_MODE])
    surface: Word = Field(DEFAULT_SURFACE, max_length=50, examples=[DEFAULT_SURFACE])


@router.post("/coverage/runs", status_code=202, responses=problems(404))
def start_run(
    db: Db,
    running: Running,
    response: Response,
    now: Now,
    wish: RunWish,
    who: Annotated[Who, asks("planner")],
) -> Accepted:
    """Compute coverage anew, as a job; once it is done its figures are the ones that all see."""
    city_only(who)
    check_run(wish.minutes, wish.mode, wish.surface)

    def work(step: Step) -> Link:
        compute_coverage(db, minutes=wish.minutes, mode=wish.mode, surface=wish.surface, at=now, step=step)
        return Link("/api/v1/coverage?by=district")

    return accepted(running.start("coverage", work, who.token_id), response)


@router.get("/coverage")
def coverage(
    db: Db,
    now: Now,
    page: Paged,
    who: Annotated[Who, asks("public")],
    by: Annotated[Level, Query(description="One entry for each ...")],
    parent: AreaCode = None,
) -> Coverage:
    """Residents reached along the streets and by plain circle; `parent`: only inside this area."""
    with db.read() as conn:
        run = current_run(conn)
        entries = by_level(conn, run.id, by, parent)
        everybody = of_all(conn, run.id)
        of_kinds = by_station_of_all(conn, run.id)
        is_behind = is_behind_data(conn, now)
        sight = sight_of(conn, who)
    sees_total = sight.is_exact(None)
    items = [_item(by, entry, run, is_exact=sight.is_exact(entry.area_id)) for entry in page.of(entries)]
    by_n_stations = run.report.get("residents_by_n_stations")
    return Coverage(
        run=Run.model_validate(run),
        is_behind_data=is_behind,
        by=by,
        items=items,
        total=None if everybody is None else figures(everybody, "all", is_exact=sees_total),
        total_variety=None if everybody is None else variety(everybody, of_kinds, is_exact=sees_total),
        total_share_by_minute=None if everybody is None else _by_minute(run, "all", everybody, is_exact=sees_total),
        residents_by_n_stations=by_n_stations
        and [shown_reached(residents, is_exact=sees_total) for residents in by_n_stations],
        number_matched=len(entries),
        number_returned=len(items),
        links=page.links(len(entries)),
    )


def _item(by: Level, entry: FigureEntry, run: CoverageRun, *, is_exact: bool) -> CoverageItem:
    return CoverageItem(
        level=by,
        id=entry.id,
        code=entry.code,
        name=entry.name,
        figures=figures(entry.counts, by, is_exact=is_exact),
        variety=variety(entry.counts, entry.by_station, is_exact=is_exact),
        share_by_minute=_by_minute(run, entry.code, entry.counts, is_exact=is_exact),
    )


def _by_minute(run: CoverageRun, code: str, counts: Counts, *, is_exact: bool) -> list[float] | None:
    return shares_by_minute(counts, run.report.get("by_minute", {}).get(code), is_exact=is_exact)
