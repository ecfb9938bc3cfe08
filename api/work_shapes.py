"""Counts of work on the wire, by unit: for staff only."""

from __future__ import annotations

import math
from datetime import date

from pydantic import Field

from api.schemas import MadeAnswer, Position, Shape, made_told
from geo.imports.report import ImportReport
from geo.rules.import_limits import import_limits
from geo.work import WORK_KINDS, UnitWork

MOST = import_limits().most_work_counted
MOST_UNITS = 2000
"""In one request: a community has some hundred."""


class WorkNumbers(Shape):
    """What was counted in a unit; what is left out was not counted."""

    open_cases: int | None = Field(None, ge=0, le=MOST, examples=[2])
    cases_a_month: float | None = Field(None, ge=0, le=MOST, examples=[1.5], description="A mean over months.")
    visits_due: int | None = Field(None, ge=0, le=MOST, examples=[7], description="A month.")
    special_households: int | None = Field(
        None, ge=0, le=MOST, examples=[1], description="Of hardship and special groups."
    )


class UnitWorkWish(WorkNumbers):
    """What was counted in one unit."""

    unit_no: int = Field(
        strict=True, ge=0, le=2**31 - 1, examples=[12], description="As the community's own cut numbers it."
    )


class WorkWish(Shape):
    """What was counted in a community: it takes the place of all that was counted of the same kinds before."""

    as_of: date = Field(examples=["2026-11-01"], description="The day that the counts speak of.")
    counts: list[UnitWorkWish] = Field(min_length=1, max_length=MOST_UNITS)


class UnitWorkTold(WorkNumbers):
    """A unit with what was counted in it."""

    unit_no: int = Field(examples=[12])
    lonlat: Position
    households: float = Field(examples=[16])


class WorkTold(MadeAnswer):
    """The units of a community's own cut with what was counted in each."""

    community_code: str = Field(examples=["990101001001"])
    as_of: dict[str, date] = Field(
        examples=[{"open_cases": "2026-11-01"}], description="Kind -> the oldest day that its counts speak of."
    )
    units: list[UnitWorkTold]


class WorkLanded(Shape):
    """What became of counts that were sent: one a unit and kind."""

    import_id: int | None = Field(examples=[9], description="By it the import can be undone; none: nothing changed.")
    added: int = Field(examples=[24])
    changed: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    retired: int = Field(examples=[20], description="Counts that were replaced.")
    totals: dict[str, float] = Field(examples=[{"work_open_cases": 31}])


def work_told(work: UnitWork) -> WorkTold:
    """The units of a community as they are told."""
    numbers = [[_number(value) for value in work.of_kind[kind].tolist()] for kind in WORK_KINDS]
    rows = zip(work.unit_no.tolist(), work.lonlat.tolist(), work.households.tolist(), *numbers, strict=True)
    units = [
        UnitWorkTold(unit_no=no, lonlat=lonlat, households=households, **dict(zip(WORK_KINDS, counts, strict=True)))
        for no, lonlat, households, *counts in rows
    ]
    return WorkTold(community_code=work.community.code, as_of=dict(work.dates), units=units, **made_told(work.made))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def landed_told(report: ImportReport) -> WorkLanded:
    """What became of counts."""
    return WorkLanded(**{name: getattr(report, name) for name in WorkLanded.model_fields})
