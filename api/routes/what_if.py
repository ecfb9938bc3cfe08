"""What other stations, hours, streets or gates would change, and for whom. For planners; nothing is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from api.answering import LATER, Answers
from api.deps import Db, Now, Reach, Setting, Who, asks, local
from api.inputs import Word
from api.jobs import Step
from api.schemas import CityAnswer, Position, Provenance, Shape, problems
from geo.actions.reach.what_if import what_if as compute
from geo.changes import Change
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.request_limits import request_limits
from geo.what_if import WhatIfWish

router = APIRouter(tags=["coverage"])


class WhatIfBody(Shape):
    """What is imagined."""

    changes: list[Annotated[Change, Field(discriminator="kind")]] = Field(
        min_length=1,
        max_length=request_limits().edits,
        examples=[[{"kind": "move_station", "station_id": 3, "lonlat": [103.2, 40.4]}]],
    )
    minutes: float = Field(15, gt=0, le=request_limits().minutes, allow_inf_nan=False, examples=[15])
    mode: str = Field(DEFAULT_MODE, max_length=50, examples=[DEFAULT_MODE])
    surface: str = Field(DEFAULT_SURFACE, max_length=50, examples=[DEFAULT_SURFACE])
    at: datetime | None = Field(
        None, examples=["2026-11-23T10:00:00+08:00"], description="Only stations open then; all, if left out."
    )
    station_kind: Word | None = Field(
        None, max_length=100, examples=["party_mass_centre"], description="Only stations of this kind."
    )
    service: Word | None = Field(None, max_length=100, examples=["政务代办"], description="Only stations with it.")


class People(Shape):
    """So many people."""

    residents: float = Field(examples=[1140])
    elderly: float = Field(examples=[210])
    children: float = Field(examples=[140])


class ChangedGrid(Shape):
    """A grid some of whose people gain or lose a station within reach."""

    grid_id: int = Field(examples=[7])
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    residents: float = Field(examples=[1105])
    covered_before: float = Field(examples=[222])
    covered_after: float = Field(examples=[1105])
    gained: float = Field(examples=[883])
    lost: float = Field(examples=[0])


class ChangedStation(Shape):
    """A station that reaches other people than before."""

    station_id: int | None = Field(examples=[3], description="None: it is only imagined.")
    name: str = Field(examples=["牧歌苑"])
    residents_before: float = Field(examples=[26534])
    residents_after: float = Field(examples=[27417])


class ChangedPlace(Shape):
    """People of one compound or building who gain or lose a station within reach."""

    name: str = Field(examples=["牧歌苑"])
    lonlat: Position
    residents: float = Field(examples=[1105])
    minutes_before: float | None = Field(examples=[None], description="None: beyond the minutes.")
    minutes_after: float | None = Field(examples=[11.2])


class ChangedWeek(Shape):
    """What other hours bring in a week."""

    monday: datetime = Field(examples=["2026-11-23T00:00:00+08:00"])
    gained_person_hours: float = Field(examples=[5200])
    lost_person_hours: float = Field(examples=[0])
    newly_reached: float = Field(examples=[310])


class WhatIfAnswer(CityAnswer):
    """What would change."""

    provenance: Provenance
    everybody: People
    before: People = Field(description="Within the minutes of a station that counts.")
    after: People
    gained: People
    lost: People
    residents_nearer: float = Field(examples=[1839])
    residents_farther: float = Field(examples=[0])
    homes_touched: int = Field(examples=[320])
    grids: list[ChangedGrid]
    stations: list[ChangedStation]
    winners: list[ChangedPlace]
    losers: list[ChangedPlace]
    week: ChangedWeek | None = Field(description="None where no hours change.")


@router.post("/coverage/what-if", response_model=WhatIfAnswer, responses=problems(404) | LATER)
def what_if(
    body: WhatIfBody,
    db: Db,
    engine: Reach,
    settings: Setting,
    now: Now,
    answering: Answers,
    who: Annotated[Who, asks("planner")],
) -> Any:
    """Compare the town as it is with the town as imagined; a token for an area counts that area's people only."""
    answering.check_size(db, body.minutes)
    wish = WhatIfWish(
        mode=body.mode,
        surface=body.surface,
        minutes=body.minutes,
        at=local(now if body.at is None else body.at, settings),
        changes=tuple(body.changes),
        open_only=body.at is not None,
        kind=body.station_kind,
        service=body.service,
        area_id=who.area_id,
    )

    def work(step: Step) -> WhatIfAnswer:
        return WhatIfAnswer.model_validate(compute(db, engine, wish, step), from_attributes=True)

    return answering.answer("what_if", work, who)
