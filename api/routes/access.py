"""Who is served how well."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query
from pydantic import Field

from api.answering import LATER, Answers
from api.deps import Db, Now, Reach, Who, asks
from api.jobs import Step
from api.limits import Minutes, ModeKey, SurfaceKey
from api.paging import Page, Paged
from api.schemas import CityAnswer, Listed, Provenance, Shape, problems
from geo.access import AccessReport, AccessWish
from geo.actions.reach.access import access as compute
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE

router = APIRouter(tags=["coverage"])

Method = Literal["2sfca", "e2sfca", "gaussian"]
Group = Literal["residents", "elderly", "children"]
By = Literal["grid", "community", "subdistrict", "district", "city"]


class SupplyShape(Shape):
    """What is shared out."""

    kind: Literal["capacity", "stations"] = Field(examples=["capacity"], description="Capacities, or 1 a station.")
    total: float = Field(examples=[1200], description="Of the stations that count.")
    shared: float = Field(examples=[1180], description="The rest lies where nobody is in reach.")
    n_stations: int = Field(examples=[13])
    n_left_out: int = Field(examples=[1], description="Of unknown capacity, not counted.")
    n_assumed: int = Field(examples=[0], description="Of unknown capacity, counted as `missing_capacity`.")
    n_without_demand: int = Field(examples=[1], description="With nobody in reach.")


class UnevennessShape(Shape):
    """How unevenly minutes or supply are spread over people."""

    people: float = Field(examples=[61200])
    mean: float | None = Field(examples=[9.4])
    gini: float | None = Field(examples=[0.31])
    worst_tenth_mean: float | None = Field(examples=[21.7], description="Most minutes; of supply, the least.")
    tenth_to_four_tenths: float | None = Field(examples=[1.4], description="Highest tenth over lowest four tenths.")
    lorenz: list[float] | None = Field(examples=[[0, 0.02, 0.07, 0.13, 0.2, 0.29, 0.39, 0.51, 0.64, 0.8, 1]])


class GroupShape(Shape):
    """How one group of people is served."""

    people: float = Field(examples=[61200])
    people_unreached: float = Field(examples=[310], description="Who get to no station within the horizon.")
    people_no_street: float = Field(examples=[120], description="Of these, who join no street.")
    people_unserved: float = Field(examples=[9100], description="To whom nothing is shared out.")
    minutes_of_reached: UnevennessShape
    minutes_up_to_horizon: UnevennessShape = Field(description="With the unreached at the horizon.")
    supply: UnevennessShape


class AreaAccessShape(Shape):
    """How the people of one area or grid are served."""

    level: By = Field(examples=["community"])
    id: int = Field(examples=[5])
    code: str = Field(examples=["990101001001"])
    name: str = Field(examples=["河西社区"])
    people: float = Field(examples=[5200])
    supply: float | None = Field(examples=[18.2], description="Per `per_people` people.")
    people_unserved: float = Field(examples=[410])
    minutes: float | None = Field(examples=[10.3], description="To the nearest, the unreached at the horizon.")


class AccessShape(Listed, CityAnswer):
    """The measures of access."""

    provenance: Provenance
    method: Method = Field(examples=["2sfca"])
    is_verified: bool = Field(examples=[True], description="The method's numbers are confirmed from their source.")
    demand: Group = Field(examples=["residents"])
    per_people: int = Field(examples=[1000])
    horizon_minutes: float = Field(examples=[60])
    supply: SupplyShape
    groups: dict[str, GroupShape] = Field(
        description="residents, elderly, children.",
        examples=[{"residents": {"people": 61200, "people_unserved": 9100}}],
    )
    by: By = Field(examples=["community"])
    areas: list[AreaAccessShape] = Field(description="Least supply first.")


@router.get("/coverage/access", response_model=AccessShape, responses=problems(404) | LATER)
def coverage_access(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    engine: Reach,
    now: Now,
    page: Paged,
    answering: Answers,
    who: Annotated[Who, asks("viewer")],
    by: Annotated[By, Query(description="One entry for each ...")] = "community",
    minutes: Minutes = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    method: Annotated[Method, Query(description="How people in reach are weighted.")] = "2sfca",
    demand: Annotated[Group, Query(description="Who wants what the stations offer.")] = "residents",
    supply: Annotated[Literal["auto", "capacity", "stations"], Query(description="What stations offer.")] = "auto",
    missing_capacity: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="What an unknown capacity counts as.")
    ] = None,
) -> Any:
    """Supply shared out over people in reach, and how unevenly minutes and supply are spread."""
    answering.check_size(db, minutes)
    wish = AccessWish(minutes, mode, surface, method, demand, supply, missing_capacity, by, who.area_id)

    def work(step: Step) -> AccessShape:
        return _report(compute(engine, wish, now, step), page)

    return answering.answer("access", work, who)


def _report(found: AccessReport, page: Page) -> AccessShape:
    areas = [AreaAccessShape.model_validate(area) for area in page.of(found.areas)]
    return AccessShape(
        provenance=Provenance.model_validate(found.provenance),
        method=cast("Method", found.method),
        is_verified=found.is_verified,
        demand=cast("Group", found.demand),
        per_people=found.per_people,
        horizon_minutes=found.horizon_minutes,
        supply=SupplyShape.model_validate(found.supply),
        groups={group: GroupShape.model_validate(told) for group, told in found.groups.items()},
        by=cast("By", found.by),
        areas=areas,
        number_matched=len(found.areas),
        number_returned=len(areas),
        links=page.links(len(found.areas)),
    )
