"""Take a step with a case: send somebody, take it in hand, close it, merge it into another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.report_incident import LonLat, Place, due_columns, place_of
from geo.actions.city.plan_access import Hand
from geo.case_clocks import Passage
from geo.case_states import ENDED_STAGES, Said, Stage, after, check_raised, step_term
from geo.cases import Case, Step, standing_steps
from geo.errors import BadMove, Conflict, NotAllowed, Refused, StaleVersion
from geo.rules.case_levels import Level
from geo.rules.incidents import incident_rule
from geo.store import case_sight, cases, locate, tokens
from geo.store.database import Database
from geo.store.resources import get as get_resource
from geo.store.stations import get as get_station
from geo.text import is_blank
from geo.text_masks import without_numbers

SENDING = ("dispatch", "hand_over", "reopen")
"""Moves with which somebody is sent."""


@dataclass(frozen=True)
class Placing:
    """Where a case is, once somebody knows."""

    lonlat: LonLat
    datum: str = "WGS-84"
    precision_m: float | None = None
    reason: str | None = None
    """Why it lies there, or is taken over."""
    take_over: bool = False
    """Whether to take the case out of another desk's hands."""


@dataclass(frozen=True)
class Sent:
    """Who is sent: a station or a team."""

    station_id: int | None = None
    resource_id: int | None = None


NOBODY = Sent()


@dataclass(frozen=True)
class Outcome:
    """What came of it, for the figures; None: not said."""

    satisfied: bool | None = None
    """Whether who reported it is."""
    arrived_at: datetime | None = None
    """When help was there; aware."""


@dataclass(frozen=True)
class Stepped:
    """A case after a step."""

    case: Case
    step: Step


def step_incident(  # noqa: PLR0913 -- what a step is made of
    db: Database,
    incident_id: int,
    version: int,
    move: str,
    said: Said,
    hand: Hand,
    desk: Desk,
    *,
    sent: Sent = NOBODY,
    outcome: Outcome | None = None,
    take_over: bool = False,
) -> Stepped:
    """Make a move with a case, unless somebody else made one since it was read.

    Parameters
    ----------
    db
        Where cases are.
    incident_id, version
        The case, and its version as it was read.
    move
        A key of ``geo.case_states.MOVES``.
    said
        What goes with it; its time is not looked at: the move is made now.
    hand
        Whose hand, and when.
    desk
        The city's clocks and catalogue.
    sent
        Who is sent, with ``dispatch``, ``hand_over`` and ``reopen``.
    outcome
        What came of it, if anything is known.
    take_over
        Whether to take the case out of another desk's hands first, for the reason that is said: a step of its own.

    Raises
    ------
    NotFound
        If there is no such case, station, team or case to merge into.
    NotAllowed
        If it is not seen from the hand's area, or is to be released and another desk has it in hand.
    StaleVersion
        If it changed since; the sentence says what was done and by which desk.
    BadMove
        If the move does not lead on from its stage, or something that it needs is missing.
    Conflict
        If another desk has it in hand and it is not taken over.
    Refused
        If help is said to have come before the report or in the future, or the case is deferred for too long.
    """
    said = replace(said, reason=without_numbers(said.reason), unit=without_numbers(said.unit))
    with db.write() as conn:
        if said.into is not None:
            cases.lock_cases(conn, [incident_id, said.into])
        case = case_for(conn, incident_id, version, hand)
        stage = after(case.stage, move, said)
        if move != "release":
            taken = _taken_over(conn, case, said.reason, hand, desk, take_over=take_over)
            if taken is not None and move == "claim":
                return taken
            case = case if taken is None else taken.case
        values = {**_own_columns(conn, case, move, said, hand), "stage": stage, **_sent(conn, move, sent)}
        told = _told(said, sent) | _came_of_it(outcome, case, hand.at)
        if values.get("unit", case.unit) != case.unit:
            told["unit"] = values["unit"]
        if move == "merge":
            _absorb(conn, case, cast("int", said.into), hand, desk)
        return store_step(conn, case, values, (move, said.reason, told), hand, desk)


def place_incident(db: Database, incident_id: int, version: int, placing: Placing, hand: Hand, desk: Desk) -> Stepped:
    """Say where a case is: one that was still to be located, or that lies elsewhere.

    What nobody has in hand comes into the hand that places it, by a step of its own.

    Raises
    ------
    NotFound, NotAllowed, StaleVersion
        As :func:`step_incident`.
    Refused
        If the place lies outside of the town, or the datum is unknown.
    BadMove
        If the case has ended.
    Conflict
        If another desk has it in hand and it is not taken over.
    """
    why = without_numbers(placing.reason)
    with db.write() as conn:
        case = case_for(conn, incident_id, version, hand)
        if case.stage in ENDED_STAGES:
            raise BadMove("case_place_ended", id=case.id)
        taken = _taken_over(conn, case, why, hand, desk, take_over=placing.take_over)
        case = case if taken is None else taken.case
        if hand.token_id not in {None, case.holder_token_id}:
            free = {"holder_token_id": hand.token_id, "stage": case.stage}
            case = store_step(conn, case, free, ("claim", None, {}), hand, desk).case
        place = place_of(conn, placing.lonlat, placing.datum, hand)
        values: dict[str, Any] = {**place.columns, "precision_m": placing.precision_m, "stage": case.stage}
        if case.stage == "collected":
            values["stage"] = "filed"
        values |= _decides(case, place, desk)
        told = {"lonlat": [place.point.x, place.point.y], "grid_id": place.grid_id, "from_grid_id": case.grid_id}
        item = desk.item_of(case)
        if case.level is not None and item is not None:
            told |= place.told(values.get("level", case.level), item.level)
        if "unit" in values:
            told["unit"] = values["unit"]
        return store_step(conn, case, values, ("locate", why, told), hand, desk)


def _decides(case: Case, place: Place, desk: Desk) -> dict[str, Any]:
    """Who sees to a case from where it lies: nothing new once a grid held it and a unit had it, or it was sent on."""
    item = desk.item_of(case)
    is_settled = case.unit is not None and case.grid_id is not None
    if item is None or is_settled or case.stage not in {"collected", "filed"}:
        return {}
    level, unit = place.decides(item.level)
    is_named = case.unit is not None and (case.stage == "collected" or case.level == level)
    return {"level": level} if is_named else {"level": level, "unit": unit}


def case_for(conn: Connection, incident_id: int, version: int, hand: Hand) -> Case:
    """A case that the hand may change, locked, at the version that was read.

    Raises
    ------
    NotFound, NotAllowed, StaleVersion
        As :func:`step_incident`.
    """
    case = cases.get_case(conn, incident_id, lock=True)
    check_sight(conn, case, hand)
    if case.version != version:
        last = cases.steps_of(conn, incident_id)[-1:]
        who, done = (last[0].token_name, last[0].move) if last else (None, "import")
        raise StaleVersion(
            "case_stale", id=case.id, now=case.version, version=version, move=step_term(done), desk=who or "-"
        )
    return case


def check_sight(conn: Connection, case: Case, hand: Hand) -> None:
    """Refuse a case that is not seen from the area that somebody answers for; one without a place is everybody's.

    Raises
    ------
    NotAllowed
        If it lies outside, and not near the border.
    """
    if hand.area_id is None or case.lonlat is None or case_sight.is_seen(conn, case.id, hand.area_id):
        return
    raise NotAllowed("token_outside_area", area=locate.chain_of(conn, hand.area_id)[-1].name)


def _taken_over(
    conn: Connection, case: Case, why: str | None, hand: Hand, desk: Desk, *, take_over: bool
) -> Stepped | None:
    """The step by which a case comes out of another desk's hands; None: no other desk has it.

    A desk whose token has ended has nothing in hand: nobody could release it.

    Raises
    ------
    Conflict
        If another desk has it and it is not taken over.
    BadMove
        If no reason is said.
    """
    holder = case.holder_token_id
    if holder is None or holder == hand.token_id or tokens.ended(conn, [holder], hand.at):
        return None
    if not take_over:
        since = cases.held_since(conn, case.id)
        told = "-" if since is None else f"{desk.local(since):%Y-%m-%d %H:%M}"
        raise Conflict("case_held", id=case.id, holder=case.holder or "-", number=holder, since=told)
    if why is None or is_blank(why):
        raise BadMove("case_reason_missing", move=step_term("take_over"))
    values = {"holder_token_id": hand.token_id, "stage": case.stage}
    said = {"from_token_id": holder, "from_holder": case.holder}
    return store_step(conn, case, values, ("take_over", why, said), hand, desk)


def _refuse_long(until: datetime | None, at: datetime) -> None:
    most = incident_rule().deferred_most
    if until is not None and until > at + most:
        raise Refused("case_deferred_long", until=until.isoformat(timespec="minutes"), days=most.days)


def _own_columns(conn: Connection, case: Case, move: str, said: Said, hand: Hand) -> dict[str, Any]:
    """What a move changes besides the stage."""
    if move == "claim":
        return {"holder_token_id": hand.token_id}
    if move == "release":
        if case.holder_token_id != hand.token_id:
            raise NotAllowed("case_not_yours", id=case.id, holder=case.holder or "-")
        return {"holder_token_id": None}
    if move == "defer":
        _refuse_long(said.until, hand.at)
    values: dict[str, Any] = {"deferred_until": said.until if move == "defer" else None}
    if said.unit is not None:
        values["unit"] = said.unit
    if move == "escalate":
        level = cast("Level", said.level)
        if case.level is not None:
            check_raised(cast("Level", case.level), level)
        values |= raised_to(conn, case, level)
    if move == "merge":
        values["merged_into_id"] = said.into
    return values


def _sent(conn: Connection, move: str, sent: Sent) -> dict[str, Any]:
    if move not in SENDING:
        if sent != NOBODY:
            raise BadMove("case_station_not_here", move=move)
        return {}
    if sent.station_id is not None and sent.resource_id is not None:
        raise BadMove("case_sent_twice", station=sent.station_id, team=sent.resource_id)
    if sent.station_id is not None:
        get_station(conn, sent.station_id)
    if sent.resource_id is not None:
        get_resource(conn, sent.resource_id)
    return asdict(sent)


def raised_to(conn: Connection, case: Case, level: Level) -> dict[str, Any]:
    """What an escalation to a level changes: nothing is deferred any more, and whoever answers there is responsible."""
    chain = [] if case.lonlat is None else locate.chain_at(conn, case.lonlat)
    unit = next((link.name for link in chain if link.level == level), case.unit)
    return {"deferred_until": None, "level": level, "unit": unit}


def _told(said: Said, sent: Sent) -> dict[str, Any]:
    until = None if said.until is None else said.until.isoformat()
    told = {"unit": said.unit, "level": said.level, "until": until, "into": said.into, **asdict(sent)}
    return {name: value for name, value in told.items() if value is not None}


def _came_of_it(outcome: Outcome | None, case: Case, now: datetime) -> dict[str, Any]:
    if outcome is None:
        return {}
    told: dict[str, Any] = {} if outcome.satisfied is None else {"satisfied": outcome.satisfied}
    if outcome.arrived_at is not None:
        if not (case.reported_at or case.occurred_at) <= outcome.arrived_at <= now:
            raise Refused("case_arrival_when", time=outcome.arrived_at.isoformat(timespec="minutes"))
        told["arrived_at"] = outcome.arrived_at.isoformat()
    return told


def _absorb(conn: Connection, case: Case, into: int, hand: Hand, desk: Desk) -> None:
    """Let the other case know; both keep their history."""
    if into == case.id:
        raise BadMove("case_into_itself", id=case.id)
    other = cases.get_case(conn, into, lock=True)
    check_sight(conn, other, hand)
    if other.stage in ENDED_STAGES:
        raise BadMove("case_into_ended", id=into)
    after = replace(hand, at=max(hand.at, other.updated_at))  # others may have gone on with it meanwhile
    store_step(conn, other, {"stage": other.stage}, ("absorb", None, {"merged": case.id}), after, desk)


def store_step(
    conn: Connection,
    case: Case,
    values: dict[str, Any],
    told: tuple[str, str | None, Mapping[str, Any]],
    hand: Hand,
    desk: Desk,
) -> Stepped:
    """The columns, the deadlines that follow, and the step itself, of a case that is locked.

    Parameters
    ----------
    conn, case
        The case as it is.
    values
        What changes, by column; ``stage`` whether or not it does.
    told
        The move, its reason and what was said with it.
    hand, desk
        Whose hand and when; the city's clocks.
    """
    stage, (move, reason, said) = values["stage"], told
    if stage != case.stage or move == "escalate":
        values |= _dues(conn, case, stage, hand.at, desk)
    if stage == "deferred" and "deferred_until" in values:
        values["stage_due_at"] = values["deferred_until"]  # it comes up again on that day, and is late after it
    values["state"] = "closed" if stage in ENDED_STAGES else "open"
    version = cases.change_case(conn, case, values, hand.at)
    step = Step(0, case.id, version, move, case.stage, stage, hand.at, hand.token_name, reason, said)
    cases.insert_step(conn, step)
    return Stepped(cases.get_case(conn, case.id), step)


def _dues(conn: Connection, case: Case, stage: Stage, at: datetime, desk: Desk) -> dict[str, Any]:
    passages = [Passage(desk.local(case.reported_at or case.occurred_at), case.stage)]
    steps = standing_steps(cases.steps_of(conn, case.id))
    steps = [step for step in steps if step.from_stage != step.to_stage or step.move == "escalate"]
    if steps:
        passages = [Passage(desk.local(step.at), cast("Stage", step.to_stage)) for step in steps]
    passages.append(Passage(desk.local(at), stage))
    return due_columns(passages, desk.limits_of(case), desk.week)
