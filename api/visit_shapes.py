"""Visits and rounds on the wire: counts by grid, never by person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import CityAnswer, Geometry, MadeAnswer, Position, Provenance, Shape, made_told
from geo.rules.figures import Rounding, figure_rule
from geo.visits import Standing, Stop, Term, Tour, VisitRow, VisitTable
from geo.words import sentence

MOST_SENT = 1000
"""Counts in one request."""


class DoneWish(BaseModel):
    """A count of one kind and day. What else is sent of it is refused with the reason."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    kind: str = Field(max_length=100, examples=["special_households"])
    day: date = Field(examples=["2026-03-02"])
    number: int = Field(ge=0, examples=[4], description="Visits done that day in the grid; 0 takes a count back.")


class VisitsDoneWish(Shape):
    """Counts in place of those before of the same kinds and days."""

    counts: list[DoneWish] = Field(min_length=1, max_length=MOST_SENT)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The counts with whatever came beside them."""
        return [
            {**(one.model_extra or {}), "kind": one.kind, "day": one.day, "number": one.number} for one in self.counts
        ]


class VisitsLanded(Shape):
    """What became of counts that were sent."""

    import_id: int | None = Field(examples=[9], description="By it they can be taken back; none: nothing changed.")
    added: int = Field(examples=[2])
    changed: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    retired: int = Field(examples=[0], description="Counts of other sources that were replaced.")


class TermShape(Shape):
    """One period of a cycle."""

    first: date = Field(examples=["2026-02-01"])
    last: date = Field(examples=["2026-02-28"])
    due: date = Field(examples=["2026-02-28"], description="The last day that is in time.")
    meant: date = Field(examples=["2026-02-28"], description="Due by the cycle alone, before days off moved it.")


class StandingShape(Shape):
    """How visits of a term stand; all none: hidden."""

    due: int | None = Field(examples=[20])
    done: int | None = Field(examples=[14], description="None also where the kind is not ticked off.")
    open: int | None = Field(
        examples=[6], description="Overdue of the term that ended, still due of the one that runs."
    )
    percent: str | None = Field(examples=["30.00"], description="Open of due.")
    hours: str | None = Field(
        examples=["2.00"], description="What the open ones take; all, where nothing is ticked off."
    )


class VisitKindShape(Shape):
    """One kind of visits in one part."""

    kind: str = Field(examples=["special_households"])
    name: str = Field(examples=["重点户"])
    ended: StandingShape = Field(description="Of the term that ended last.")
    running: StandingShape


class VisitTermsShape(Shape):
    """When a kind falls due."""

    kind: str = Field(examples=["special_households"])
    minutes: float = Field(examples=[20], description="One visit takes.")
    is_verified: bool = Field(examples=[True], description="Whether cycle and minutes could be checked.")
    source: str = Field(examples=["survey of published practice, system B1"])
    ended: TermShape
    running: TermShape


class VisitRowShape(Shape):
    """A grid or area, what lies in no grid, or the whole."""

    key: str | None = Field(examples=["990101001001001"], description="Code; none: the whole, or in no grid.")
    name: str | None = Field(examples=["第1网格"])
    why: str | None = Field(examples=[None], description="Why it is in none of the other parts.")
    kinds: list[VisitKindShape]


class VisitsDue(MadeAnswer):
    """Parts in the order of their codes, and the whole that they add up to."""

    at: datetime = Field(examples=["2026-03-20T10:00:00+08:00"])
    rounding: Rounding = Field(examples=["half_up"])
    is_calendar_sure: bool = Field(examples=[True], description="Whether the days off of all years are announced.")
    carried: int = Field(
        examples=[0], description="Done visits of grids of an earlier plan, shared out with the homes."
    )
    smallest: int | None = Field(examples=[None], description="No smaller number is told; none: all are.")
    terms: list[VisitTermsShape]
    rows: list[VisitRowShape]
    whole: VisitRowShape


class StopShape(Shape):
    """A place to call at."""

    lonlat: Position
    count: int = Field(examples=[6], description="Households or shops.")
    minutes_before: float = Field(examples=[4.5], description="On the way from the stop before, or from the post.")
    minutes_there: float = Field(examples=[120])
    day: int = Field(examples=[1])


class TourTold(CityAnswer):
    """A round: a help, not a duty. Nobody's track is asked for or kept."""

    post: Position
    stops: list[StopShape]
    travel_minutes: float = Field(examples=[62.5], description="Of one round past all stops and back.")
    least_minutes: float = Field(examples=[60.1], description="No round is shorter.")
    ratio: float | None = Field(examples=[1.04])
    is_within: bool = Field(examples=[True], description="Whether the ratio is at most what is promised: 1.2.")
    minutes_of_day: list[float] = Field(examples=[[312.5]], description="Of each day: ways, visits and the way back.")
    left_out: int = Field(examples=[0], description="Stops that no street reaches from the post and back.")
    way: Geometry
    note: str = Field(examples=["仅供参考，不作要求，不记录轨迹。"])
    provenance: Provenance


def due_told(found: VisitTable, language: str) -> VisitsDue:
    """A table of visits."""
    return VisitsDue(
        at=found.at,
        rounding=figure_rule().rounding,
        is_calendar_sure=found.is_calendar_sure,
        carried=found.carried,
        smallest=found.smallest,
        **made_told(found.made),
        terms=[
            VisitTermsShape(
                kind=key,
                minutes=found.kinds[key].minutes,
                is_verified=found.kinds[key].is_verified,
                source=found.kinds[key].source,
                ended=_term(ended),
                running=_term(running),
            )
            for key, (ended, running) in found.terms.items()
        ],
        rows=[_row(row, language) for row in found.rows],
        whole=_row(found.whole, language),
    )


def _term(term: Term) -> TermShape:
    return TermShape.model_validate(term)


def _row(row: VisitRow, language: str) -> VisitRowShape:
    return VisitRowShape(
        key=row.key,
        name=row.name,
        why=None if row.why is None else sentence(f"visits_{row.why}", language),
        kinds=[
            VisitKindShape(
                kind=kind, name=sentence(f"visit_kind_{kind}", language), ended=_standing(ended), running=_standing(now)
            )
            for kind, (ended, now) in row.standings.items()
        ],
    )


def _standing(told: Standing) -> StandingShape:
    percent, hours = (None if value is None else str(value) for value in (told.percent, told.hours))
    return StandingShape(due=told.due, done=told.done, open=told.open, percent=percent, hours=hours)


def tour_told(found: Tour, way: dict[str, Any] | None, language: str) -> TourTold:
    """A round."""
    return TourTold(
        post=found.post,
        stops=[_stop(stop) for stop in found.stops],
        travel_minutes=round(found.travel_minutes, 2),
        least_minutes=round(found.least_minutes, 2),
        ratio=None if found.ratio is None else round(found.ratio, 4),
        is_within=found.is_within,
        minutes_of_day=[round(minutes, 2) for minutes in found.minutes_of_day],
        left_out=found.left_out,
        way=way,
        note=sentence("tour_note", language),
        provenance=Provenance.model_validate(found.provenance),
    )


def _stop(stop: Stop) -> StopShape:
    told: dict[str, Any] = {name: round(getattr(stop, name), 2) for name in ("minutes_before", "minutes_there")}
    return StopShape(lonlat=stop.lonlat, count=stop.count, day=stop.day, **told)


By = Literal["grid", "community", "subdistrict"]
