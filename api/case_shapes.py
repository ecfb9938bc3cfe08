"""Cases on the wire: reports, what is known of a case, its steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from api.inputs import printable
from api.schemas import CityAnswer, Position, Shape
from api.station_shapes import Line, Spot
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.foresee_breach import Foreseen
from geo.actions.cases.report_incident import Reported
from geo.case_reasons import level_reason, reason_of
from geo.case_states import Stage, moves_from
from geo.cases import Case, CaseNews, Step, Suggestion
from geo.rules.case_levels import Level
from geo.rules.import_limits import import_limits
from geo.rules.incidents import incident_rule

RULE = incident_rule()

Told = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=import_limits().longest_text),
    AfterValidator(printable),
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=RULE.longest_reason),
    AfterValidator(printable),
]
Datum = Literal["WGS-84", "CGCS2000", "GCJ-02", "BD-09"]
TakeOver = Annotated[
    bool, Field(description="Take it out of another desk's hands first: a step of its own, and it needs a `reason`.")
]
Channel = Literal["hotline", "member", "resident", "patrol", "platform", "media", "other"]
"""Where reports come in."""


class ReportWish(Shape):
    """A report as it comes in."""

    item: Line = Field(examples=["0101"], description="Code of the catalogue in force, a name or another word for it.")
    occurred_at: datetime = Field(examples=["2026-11-20T09:40:00+08:00"], description="Without a zone: the city's.")
    channel: Channel = Field(examples=["hotline"])
    text: Told | None = Field(
        None,
        examples=["楼道堆放杂物"],
        description="Numbers of persons in it are taken out: documents, phones, cards, accounts.",
    )
    lonlat: Spot | None = Field(None, examples=[(103.2021, 40.4013)], description="None: still to be located.")
    datum: Datum = Field("WGS-84", description="What the place is given in.")
    precision_m: float | None = Field(None, ge=0, le=100_000, examples=[20], description="How far off it may be.")
    address: Annotated[Line, Field(max_length=RULE.longest_address)] | None = Field(None, examples=["青山路12号"])
    number: Line | None = Field(None, examples=["2026-000123"], description="The number that it has outside.")
    caller: Annotated[str, Field(max_length=100)] | None = Field(
        None, examples=["0999-5550100"], description="To see repeats; only a keyed hash of it is kept."
    )
    need: Literal["urgent", "hard", "worry", "hope"] | None = Field(None, examples=["hard"])
    unit: Annotated[Line, Field(max_length=RULE.longest_unit)] | None = Field(
        None, examples=["市容环卫中心"], description="Who is responsible; none: whoever answers for the ground."
    )
    asset: Line | None = Field(
        None,
        examples=["LD-0017"],
        description="Code of the thing that it is about, such as a lamp or a cover (部件编码), to see repeats.",
    )


class PlaceWish(Shape):
    """Where a case is."""

    lonlat: Spot = Field(examples=[(103.2021, 40.4013)])
    datum: Datum = "WGS-84"
    precision_m: float | None = Field(None, ge=0, le=100_000, examples=[20])
    take_over: TakeOver = False
    reason: Reason | None = Field(None, examples=[None], description="Why; needed with `take_over`.")


class StepWish(Shape):
    """A move, and what goes with it."""

    move: Line = Field(examples=["dispatch"], description="One of the case's `moves`.")
    reason: Reason | None = Field(None, examples=["非本单位职责"])
    unit: Annotated[Line, Field(max_length=RULE.longest_unit)] | None = Field(None, examples=["市容环卫中心"])
    level: Level | None = Field(None, examples=["subdistrict"])
    until: datetime | None = Field(None, examples=["2026-12-01T18:00:00+08:00"])
    into: int | None = Field(None, ge=1, le=2**63 - 1, examples=[9])
    station_id: int | None = Field(None, ge=1, le=2**63 - 1, examples=[3], description="The station that is sent ...")
    resource_id: int | None = Field(None, ge=1, le=2**63 - 1, examples=[None], description="... or the team.")
    satisfied: bool | None = Field(None, examples=[True], description="Whether who reported it is.")
    arrived_at: datetime | None = Field(
        None, examples=["2026-11-20T10:12:00+08:00"], description="When help was there."
    )
    take_over: TakeOver = False


class CandidateTold(Shape):
    """A place that an address may mean."""

    kind: Literal["building", "compound", "station", "road", "grid", "area"] = Field(examples=["road"])
    id: int | None = Field(examples=[None])
    name: str = Field(examples=["青山路"])
    lonlat: Position
    precision_m: float = Field(examples=[420.5], description="How far off it may be.")
    score: float = Field(examples=[0.6], description="How much of the address it explains, with all that lies with it.")


class StepTold(Shape):
    """One thing that was done."""

    id: int = Field(examples=[41], description="In the order in which steps of all cases were stored.")
    incident_id: int = Field(examples=[9])
    seq: int = Field(examples=[2])
    move: str = Field(examples=["dispatch"])
    from_stage: str | None = Field(examples=["filed"])
    to_stage: str = Field(examples=["dispatched"])
    at: datetime = Field(examples=["2026-11-20T02:10:00Z"])
    token_name: str | None = Field(
        examples=["desk 3"],
        description="What the token is for, never who holds it; `clock`: nobody, the deadline passed.",
    )
    reason: str | None = Field(examples=[None])
    said: dict[str, Any] = Field(examples=[{"unit": "市容环卫中心"}])


class SuggestionTold(Shape):
    """A case that may be the same."""

    id: int = Field(examples=[8])
    why: Literal["asset", "place", "caller"] = Field(examples=["place"])
    distance_m: float | None = Field(examples=[18.4])
    occurred_at: datetime = Field(examples=["2026-11-20T01:00:00Z"])
    stage: str = Field(examples=["dispatched"])


class CaseTold(Shape):
    """A case as those see it who deal with it."""

    id: int = Field(examples=[9])
    version: int = Field(examples=[2], description="Sent back as If-Match with the next step.")
    stage: Stage = Field(examples=["dispatched"])
    state: Literal["open", "closed"] = Field(examples=["open"])
    moves: list[str] = Field(examples=[["claim", "handle"]], description="What can be done with it.")
    category: str = Field(examples=["litter"])
    item: str | None = Field(examples=["0101"])
    item_name: str | None = Field(examples=["暴露垃圾"])
    service: str | None = Field(examples=["垃圾清运"], description="What a station or team should offer.")
    need: str | None = Field(examples=["hard"])
    text: str | None = Field(examples=["楼道堆放杂物"])
    channel: str | None = Field(examples=["hotline"])
    number: str = Field(examples=["2026-000123"])
    occurred_at: datetime = Field(examples=["2026-11-20T09:40:00+08:00"])
    reported_at: datetime | None = Field(examples=["2026-11-20T10:00:00+08:00"])
    lonlat: Position | None = Field(description="None: still to be located.")
    precision_m: float | None = Field(examples=[20])
    address: str | None = Field(examples=["青山路12号"])
    grid_id: int | None = Field(examples=[7])
    grid_name: str | None = Field(examples=["第一网格"])
    plan_id: int | None = Field(examples=[3])
    plan_version: int | None = Field(examples=[4])
    border_grid_ids: list[int] = Field(examples=[[8]], description="Grids next door that see it, too.")
    level: str | None = Field(examples=["subdistrict"], description="The level that may decide ...")
    level_reason: str | None = Field(examples=["街道有权处理"], description="... and why.")
    unit: str | None = Field(examples=["市容环卫中心"])
    holder: str | None = Field(examples=["desk 3"], description="The desk that has it in hand.")
    is_mine: bool = Field(examples=[False], description="Whether the asker's desk has it in hand.")
    station_id: int | None = Field(examples=[3], description="The station that was sent ...")
    resource_id: int | None = Field(examples=[None], description="... or the team.")
    stage_since: datetime | None = Field(examples=["2026-11-20T10:00:00+08:00"])
    stage_due_at: datetime | None = Field(examples=["2026-11-20T12:00:00+08:00"])
    due_at: datetime | None = Field(examples=["2026-11-25T18:00:00+08:00"])
    is_due_sure: bool = Field(examples=[True], description="Whether days off of all years concerned are known.")
    is_overdue: bool = Field(examples=[False], description="The stage's deadline has passed.")
    deferred_until: datetime | None = Field(examples=[None])
    merged_into_id: int | None = Field(examples=[None])
    asset: str | None = Field(examples=["LD-0017"], description="Code of the thing that it is about.")
    updated_at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"])


class ForeseenTold(Shape):
    """What happens by itself when the time of a case's stage runs out."""

    act: Literal["escalate", "tell"] = Field(
        examples=["escalate"], description="It goes up; or the level above is told, and it stays."
    )
    level: Level = Field(examples=["subdistrict"], description="That has it from then on, or is told.")
    unit: str | None = Field(examples=["青河街道"], description="Whoever answers there.")


class CaseDetail(CaseTold, CityAnswer):
    """A case with all that was done to it."""

    when_over: ForeseenTold | None = Field(description="What happens when the time runs out; none: nothing by itself.")
    steps: list[StepTold]
    suggestions: list[SuggestionTold]


class ReportTold(CaseTold, CityAnswer):
    """A new case, and what to know about it at once."""

    masked: dict[str, int] = Field(
        examples=[{"phone": 1}], description="Personal numbers that were taken out, by kind."
    )
    suggestions: list[SuggestionTold]
    is_repeat: bool = Field(examples=[False], description="The same request was carried out before.")


class NewsTold(Shape):
    """A step that was taken, and the case as it is now."""

    step: StepTold
    case: CaseTold
    was_mine: bool = Field(examples=[False], description="Whether it was taken out of the asker's hands.")


@dataclass(frozen=True)
class Reader:
    """Who reads of cases."""

    desk: Desk
    language: str
    now: datetime
    token_id: int | None


def case_told(case: Case, reader: Reader) -> CaseTold:
    """A case with what follows from the catalogue, its times by the city's clock."""
    return CaseTold(**_values(case, reader))


def case_detail(
    case: Case, steps: list[Step], suggestions: list[Suggestion], then: Foreseen | None, reader: Reader
) -> CaseDetail:
    """A case with its steps, and what happens when its time runs out."""
    return CaseDetail(
        **_values(case, reader),
        when_over=None if then is None else ForeseenTold.model_validate(then),
        steps=[step_told(step, reader.language) for step in steps],
        suggestions=[SuggestionTold.model_validate(other) for other in suggestions],
    )


def report_told(found: Reported, reader: Reader) -> ReportTold:
    """A new case."""
    return ReportTold(
        **_values(found.case, reader),
        masked=dict(found.masked),
        suggestions=[SuggestionTold.model_validate(other) for other in found.suggestions],
        is_repeat=found.is_repeat,
    )


def news_told(news: CaseNews, reader: Reader) -> NewsTold:
    """A step for those who listen."""
    _, was_mine = whose(news, reader.token_id)
    return NewsTold(step=step_told(news.step, reader.language), case=case_told(news.case, reader), was_mine=was_mine)


def whose(news: CaseNews, token_id: int | None) -> tuple[bool, bool]:
    """Whether the case is in the hands of a token, and whether the step took it out of them: all in which what is told
    to one reader differs from what is told to another of the same language.
    """
    was_mine = news.step.move == "take_over" and news.step.said["from_token_id"] == token_id
    return _is_mine(news.case, token_id), was_mine


def _is_mine(case: Case, token_id: int | None) -> bool:
    return case.holder_token_id is not None and case.holder_token_id == token_id


def step_told(step: Step, language: str) -> StepTold:
    """A step, its reason in the language if it is one of ours."""
    return StepTold(**{**vars(step), "reason": reason_of(step, language), "said": dict(step.said)})


def _values(case: Case, reader: Reader) -> dict[str, Any]:
    desk, language = reader.desk, reader.language
    item = desk.item_of(case)
    known = {name: getattr(case, name) for name in CaseTold.model_fields if name in Case.__annotations__}
    times = {name: desk.local(value) for name, value in known.items() if isinstance(value, datetime)}
    return {
        **known,
        **times,
        "number": case.source_key,
        "lonlat": case.lonlat,
        "border_grid_ids": list(case.border_grid_ids),
        "moves": [move.key for move in moves_from(case.stage)],
        "item_name": None if item is None else item.in_language(language),
        "service": None if item is None else item.service,
        "level_reason": level_reason(case, item, language),
        "is_mine": _is_mine(case, reader.token_id),
        "is_overdue": case.is_overdue(reader.now),
    }
