"""Whether somebody can be sent at a moment: open, with somebody on duty and room, last seen lately enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from geo.helpers import Helper, Reason
from geo.hours import HoursState
from geo.rules.dispatch import dispatch_rule
from geo.rules.professionals import professional_kinds
from geo.words import Span

MINUTE, NO_TIME = timedelta(minutes=1), timedelta(0)

FULL = "helper_full"
"""Key of the only reason that passes by itself: what is full was open, and is free again soon."""

StateOf = Callable[[str | None, datetime], HoursState]
"""As :func:`geo.hours.state`."""


@dataclass(frozen=True)
class Verdict:
    """Whether somebody can be sent."""

    against: Reason | None
    """Why not; None: they can."""
    reasons: Sequence[Reason] = ()
    """What speaks for it, and what has to be known about it."""
    is_stale: bool = False
    """A team whose last position is older than can be relied on."""


def judge(helper: Helper, at: datetime, busy: int, state_of: StateOf) -> Verdict:
    """Whether somebody can be sent.

    Parameters
    ----------
    helper
        A station or a team.
    at
        Aware, in the city's time zone.
    busy
        How many cases it is on.
    state_of
        What opening hours say.
    """
    if helper.family == "station":
        return _of_station(helper, busy, state_of(helper.opening_hours, at))
    state = None if helper.opening_hours is None else state_of(helper.opening_hours, at)
    return _of_team(helper, at, busy, state)


def _of_station(station: Helper, busy: int, state: HoursState) -> Verdict:
    """Hours that are not known speak against nobody; they are told."""
    if state.is_open is False:
        if state.opens_at is None:
            return Verdict(Reason("helper_closed"))
        return Verdict(Reason("helper_closed_until", {"until": _told(state.opens_at)}))
    if station.staff == 0:
        return Verdict(Reason("helper_nobody_on_duty"))
    if station.capacity is not None and busy >= station.capacity:
        return Verdict(Reason(FULL, {"busy": busy, "capacity": station.capacity}))
    reasons = [_of_hours(state)]
    if state.is_open and not state.is_calendar_sure:
        reasons.append(Reason("helper_calendar_unsure"))
    if station.capacity is not None:
        reasons.append(Reason("helper_has_room", {"busy": busy, "capacity": station.capacity}))
    return Verdict(None, [*reasons, *_of_staff(station)])


def _of_hours(state: HoursState) -> Reason:
    if state.is_open is None:
        return Reason("helper_hours_unknown")
    return Reason("helper_open") if state.until is None else Reason("helper_open_until", {"until": _told(state.until)})


def _of_staff(helper: Helper) -> list[Reason]:
    """How many are on duty, where it is known."""
    return [] if helper.staff is None else [Reason("helper_staff", {"staff": helper.staff})]


def _of_team(team: Helper, at: datetime, busy: int, state: HoursState | None) -> Verdict:
    """A team from where it was last seen, a post from its fixed place, within its hours where these are known."""
    rule, kind = dispatch_rule(), professional_kinds().get(team.kind)
    age = None if team.position_at is None else abs(at - team.position_at)
    told = {"minutes": Span(round((age or NO_TIME) / MINUTE))}
    if age is not None and age > rule.lost_after:
        return Verdict(Reason("helper_position_lost", told))
    if state is not None and state.is_open is False:
        return Verdict(_off_duty(state))
    if team.staff == 0:
        return Verdict(Reason("helper_nobody_on_duty"))
    most = rule.cases_of_team if kind is None or kind.cases is None else kind.cases
    if busy >= most:
        return Verdict(Reason(FULL, {"busy": busy, "capacity": most}))
    is_stale = age is not None and age > rule.stale_after
    seen = [] if age is None else [Reason("helper_position_stale" if is_stale else "helper_position", told)]
    return Verdict(None, [*_of_duty(state), *seen, *_of_staff(team)], is_stale)


def _off_duty(state: HoursState) -> Reason:
    if state.opens_at is None:
        return Reason("helper_off_duty")
    return Reason("helper_off_duty_until", {"until": _told(state.opens_at)})


def _of_duty(state: HoursState | None) -> list[Reason]:
    """Until when somebody is on duty, where that is known."""
    if state is None or state.is_open is None:
        return []
    unsure = [] if state.is_calendar_sure else [Reason("helper_calendar_unsure")]
    return [Reason("helper_on_duty_until", {"until": _told(state.until)}), *unsure] if state.until else unsure


@lru_cache(maxsize=4096)
def _told(moment: datetime) -> str:
    """By the city's wall clock. A city has few hours, and thousands of stations that close at them."""
    return f"{moment:%Y-%m-%d %H:%M}"
