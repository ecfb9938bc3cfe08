"""Circles against streets, and where a crossing would help."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query
from pydantic import Field

from api.answering import LATER, Answers
from api.deps import Db, Now, Reach, Who, asks
from api.jobs import Step
from api.limits import Minutes, ModeKey, SurfaceKey
from api.paging import Page, Paged
from api.schemas import CityAnswer, Geometry, Listed, Position, Provenance, Shape, problems
from geo.actions.reach.find_crossings import find_crossings
from geo.actions.reach.honesty import honesty as compute
from geo.honesty import Crossing, CrossingReport, CrossingWish, HonestyReport, HonestyWish
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE

router = APIRouter(tags=["coverage"])

MOST_CROSSINGS = 100

By = Literal["station", "circle", "grid", "community", "subdistrict", "district", "city"]


class PromiseShape(Shape):
    """An outline, or all of them within an area, held against who is reached along the streets."""

    of: Literal["all"] | By = Field(examples=["station"])
    id: int | None = Field(examples=[7])
    code: str = Field(examples=["S07"])
    name: str = Field(examples=["河西驿站"])
    promise: Literal["plain", "official"] = Field(examples=["plain"], description="A plain or an official circle.")
    stations: int | None = Field(examples=[1], description="Whose reach counts; any station's if null.")
    residents: float | None = Field(examples=[None], description="Of an area: everybody.")
    kept_share: float | None = Field(examples=[0.71], description="Of the residents promised, those who are reached.")
    reached_ratio: float | None = Field(examples=[0.74], description="Residents reached over residents promised.")
    promised_m2: float | None = Field(examples=[3141592.7])
    reached_m2: float | None = Field(examples=[1160000.0], description="Null unless these inputs' circles are stored.")
    promised: float = Field(examples=[4100], description="Residents inside the outline.")
    reached: float = Field(examples=[3030], description="Residents within the time.")
    promised_not_reached: float = Field(examples=[1190])
    reached_not_promised: float = Field(examples=[120])
    promised_elderly: float = Field(examples=[900])
    reached_elderly: float = Field(examples=[640])
    promised_not_reached_elderly: float = Field(examples=[280])
    reached_not_promised_elderly: float = Field(examples=[20])
    promised_children: float = Field(examples=[500])
    reached_children: float = Field(examples=[370])
    promised_not_reached_children: float = Field(examples=[140])
    reached_not_promised_children: float = Field(examples=[10])


class AstrayShape(Shape):
    """How often the station nearest by air is not the one nearest along the streets."""

    homes: int = Field(examples=[2140], description="From which any station is reached within the horizon.")
    residents: float = Field(examples=[61200])
    homes_astray: int = Field(examples=[390])
    residents_astray: float = Field(examples=[11020])
    residents_not_there: float = Field(examples=[0], description="Who do not get to the one nearest by air at all.")
    extra_minutes_median: float | None = Field(examples=[3.2])
    extra_minutes_p95: float | None = Field(examples=[11.8])
    horizon_minutes: float = Field(examples=[60])


class HonestyShape(Listed, CityAnswer):
    """The honesty report."""

    provenance: Provenance
    by: By = Field(examples=["station"])
    circle_m: float = Field(examples=[1000])
    official_circles: int = Field(examples=[8])
    has_areas: bool = Field(examples=[True])
    whole: list[PromiseShape] = Field(
        description="Everybody, by plain circles and by official ones where there are any."
    )
    astray: AstrayShape
    promises: list[PromiseShape] = Field(description="Most residents promised and not reached first.")


@router.get("/coverage/honesty", response_model=HonestyShape, responses=problems(404) | LATER)
def coverage_honesty(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    engine: Reach,
    now: Now,
    page: Paged,
    answering: Answers,
    who: Annotated[Who, asks("viewer")],
    by: Annotated[By, Query(description="One entry for each ...")] = "station",
    minutes: Minutes = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    circle_m: Annotated[
        float | None, Query(gt=0, le=100_000, allow_inf_nan=False, description="Radius of the plain circle.")
    ] = None,
) -> Any:
    """Whom circles promise a station and do not bring there, and the reverse."""
    answering.check_size(db, minutes)
    wish = HonestyWish(minutes, mode, surface, by, circle_m, who.area_id)

    def work(step: Step) -> HonestyShape:
        return _report(compute(db, engine, wish, now, step), page)

    return answering.answer("honesty", work, who)


def _report(found: HonestyReport, page: Page) -> HonestyShape:
    promises = [PromiseShape(**promise.row()) for promise in page.of(found.promises)]
    return HonestyShape(
        provenance=Provenance.model_validate(found.provenance),
        by=cast("By", found.by),
        circle_m=found.circle_m,
        official_circles=found.n_official_circles,
        has_areas=found.has_areas,
        whole=[PromiseShape(**promise.row()) for promise in found.whole],
        astray=AstrayShape.model_validate(found.astray),
        promises=promises,
        number_matched=len(found.promises),
        number_returned=len(promises),
        links=page.links(len(found.promises)),
    )


class BarrierShape(Shape):
    """What a crossing would cross."""

    kind: str = Field(examples=["rail"])
    name: str | None = Field(examples=["滨河铁路"])


class GridGain(Shape):
    """Whom a crossing would bring within the time, of one grid."""

    id: int = Field(examples=[12])
    code: str = Field(examples=["990101001001003"])
    name: str = Field(examples=["第三网格"])
    residents: float = Field(examples=[320])


class CrossingShape(Shape):
    """One crossing, and whom it alone would bring within the time."""

    position: Position
    geometry: Geometry
    metres: float = Field(examples=[28.4])
    barriers: list[BarrierShape]
    streets: list[str | None] = Field(examples=[["河西路", None]], description="Names of the streets that it joins.")
    residents: float = Field(examples=[640])
    elderly: float = Field(examples=[130])
    children: float = Field(examples=[80])
    grids: list[GridGain]


class CrossingsShape(CityAnswer):
    """Where one crossing of a barrier would help most."""

    provenance: Provenance
    max_m: float = Field(examples=[50], description="Longest crossing looked for.")
    apart_m: float = Field(examples=[100], description="No two of the answer are nearer to each other.")
    pairs: int = Field(examples=[1830], description="Facing positions that were looked at.")
    helpful: int = Field(examples=[240], description="Of these, the ones that bring anybody within the time.")
    crossings: list[CrossingShape] = Field(description="Most residents first; what each brings alone.")


@router.get("/coverage/crossings", response_model=CrossingsShape, responses=problems(404) | LATER)
def coverage_crossings(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    engine: Reach,
    now: Now,
    answering: Answers,
    who: Annotated[Who, asks("viewer")],
    minutes: Minutes = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    most: Annotated[int, Query(ge=1, le=MOST_CROSSINGS, description="How many to tell.")] = 20,
) -> Any:
    """Where a crossing of a railway, river, wall or expressway would bring most people within the time."""
    answering.check_size(db, minutes)
    wish = CrossingWish(minutes, mode, surface, most, who.area_id)

    def work(step: Step) -> CrossingsShape:
        return _crossings(find_crossings(db, engine, wish, now, step))

    return answering.answer("crossings", work, who)


def _crossings(found: CrossingReport) -> CrossingsShape:
    return CrossingsShape(
        provenance=Provenance.model_validate(found.provenance),
        max_m=found.max_m,
        apart_m=found.apart_m,
        pairs=found.n_pairs,
        helpful=found.n_helpful,
        crossings=[_crossing(crossing) for crossing in found.crossings],
    )


def _crossing(crossing: Crossing) -> CrossingShape:
    row: dict[str, Any] = crossing.row()
    line = [[round(lon, 7), round(lat, 7)] for lon, lat in crossing.line.coords]
    return CrossingShape(
        position=(row.pop("lon"), row.pop("lat")), geometry={"type": "LineString", "coordinates": line}, **row
    )
