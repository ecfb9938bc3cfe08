"""Figures about cases on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas import CityAnswer, Shape
from geo.case_figures import METHOD, FigureRow, FigureTable, Ratio, StageTime
from geo.rules.figures import Cohort, Rounding, figure_rule
from geo.words import sentence

BySaid = Literal["all", "grid", "community", "subdistrict", "item", "unit", "day", "week", "month"]


class RatioShape(Shape):
    """One rate."""

    key: str = Field(examples=["on_time"])
    name: str = Field(examples=["按期结案率"])
    cohort: Cohort = Field(examples=["due"], description="Which cases it is about: docs/figures.md.")
    numerator: int | None = Field(examples=[737], description="None: hidden.")
    denominator: int | None = Field(examples=[972])
    percent: str | None = Field(
        examples=["75.82"], description="As it is printed; none: hidden, or nothing to divide by."
    )


class StageTimeShape(Shape):
    """How long a stage took, of the cases that got through it in the period."""

    stage: str = Field(examples=["handle"])
    name: str = Field(examples=["处置用时"])
    clock: str | None = Field(examples=["work_hours"], description="On which its limit runs; none: there is no limit.")
    n: int | None = Field(examples=[412], description="None: hidden; viewers are never told it.")
    median: str | None = Field(examples=["3.25"], description="On its own clock: hours, or whole days that ended.")
    p95: str | None = Field(examples=["11.50"])
    wall_median_h: str | None = Field(examples=["5.00"], description="Hours by the clock on the wall.")
    wall_p95_h: str | None = Field(examples=["66.25"])


class FigureRowShape(Shape):
    """The figures of one part, or of the whole."""

    key: str | None = Field(
        examples=["990101001001"], description="Code, item, unit or first day; none: the whole, a rest."
    )
    name: str | None = Field(examples=["河西社区"])
    why: str | None = Field(examples=[None], description="Why these cases are in none of the other parts.")
    is_hidden: bool = Field(
        examples=[False], description="Some numbers are too small to be told, or would tell others."
    )
    rates: list[RatioShape]
    times: list[StageTimeShape]


class NoteShape(Shape):
    """What one must know to compare the table with another."""

    key: str = Field(examples=["figures_note_moved"])
    count: int = Field(examples=[7])
    text: str = Field(examples=["7 件因新方案调整了所属网格，按统计时刻所在网格计。"])


class CaseFiguresAnswer(CityAnswer):
    """Rates and times of stages: parts, in the order of their keys, and the whole that they add up to."""

    by: BySaid = Field(examples=["community"])
    item: str | None = Field(examples=[None], description="Only of this item; none: of all.")
    unit: str | None = Field(examples=[None], description="Only of this unit; none: of all.")
    since: datetime = Field(examples=["2026-03-01T00:00:00+08:00"])
    before: datetime = Field(examples=["2026-04-01T00:00:00+08:00"])
    as_of: datetime = Field(
        examples=["2026-04-01T00:00:00+08:00"], description="Only what was stored until then is known."
    )
    is_final: bool = Field(
        examples=[True], description="Asked again it is the same table; not yet if the moment is less than an hour ago."
    )
    queried_at: datetime = Field(examples=["2026-04-02T09:00:00+08:00"])
    rounding: Rounding = Field(examples=["half_up"], description="Of all percentages and hours.")
    digits: int = Field(examples=[2], description="Of percentages.")
    method: str = Field(examples=["case-figures-2"])
    catalogue_versions: list[str] = Field(examples=[["seed-1"]])
    inputs_hash: str = Field(examples=["9f2c…"], description="The same inputs give the same figures.")
    smallest: int | None = Field(examples=[None], description="No smaller number is told; none: all are.")
    notes: list[NoteShape]
    rows: list[FigureRowShape]
    whole: FigureRowShape


def figures_answer(found: FigureTable, queried_at: datetime, language: str) -> CaseFiguresAnswer:
    """A table of figures."""
    rule = figure_rule()
    return CaseFiguresAnswer(
        by=found.wish.by,
        item=found.wish.item,
        unit=found.wish.unit,
        since=found.wish.since,
        before=found.wish.before,
        as_of=found.wish.as_of,
        is_final=found.is_final,
        queried_at=queried_at,
        rounding=rule.rounding,
        digits=rule.percent_digits,
        method=METHOD,
        catalogue_versions=list(found.catalogue_versions),
        inputs_hash=found.inputs_hash,
        smallest=found.smallest,
        notes=[
            NoteShape(key=key, count=count, text=sentence(key, language, count=count))
            for key, count in found.remarks.items()
        ],
        rows=[_row(row, language) for row in found.rows],
        whole=_row(found.whole, language),
    )


def _row(row: FigureRow, language: str) -> FigureRowShape:
    return FigureRowShape(
        key=row.key,
        name=row.name,
        why=None if row.why is None else sentence(f"figures_rest_{row.why}", language),
        is_hidden=row.is_hidden,
        rates=[_ratio(rate, ratio, language) for rate, ratio in row.rates.items()],
        times=[_time(time, language) for time in row.times],
    )


def _ratio(rate: str, ratio: Ratio, language: str) -> RatioShape:
    return RatioShape(
        key=rate,
        name=sentence(f"rate_{rate}", language),
        cohort=figure_rule().cohort_of_rate[rate],
        numerator=ratio.numerator,
        denominator=ratio.denominator,
        percent=None if ratio.percent is None else str(ratio.percent),
    )


def _time(time: StageTime, language: str) -> StageTimeShape:
    told = (time.median, time.high, time.wall_median_h, time.wall_high_h)
    median, p95, wall_median_h, wall_p95_h = (None if value is None else str(value) for value in told)
    return StageTimeShape(
        stage=time.stage,
        name=sentence(f"figures_stage_{time.stage}", language),
        clock=time.clock,
        n=time.n,
        median=median,
        p95=p95,
        wall_median_h=wall_median_h,
        wall_p95_h=wall_p95_h,
    )
