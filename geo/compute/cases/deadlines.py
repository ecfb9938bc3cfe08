"""When a limit runs out: exact across nights, weekends, days off and make-up working days, for one case or a million.

Every clock is laid out once (geo/compute/cases/dials.py) and is then only looked up: one of hours shows the time that
has run, one of days how many of its days have ended. So a deadline is the first moment at which the clock shows what it
showed at the beginning plus the limit, and a deferral adds what the clock went on meanwhile.

Moments are whole microseconds since 1970 (``_us``), or seconds (``_s``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from geo.clocks import DAY_CLOCKS, ClockKind, Due, Limit, Remaining
from geo.compute.cases.dials import US_PER_S, dial_over, moment_of, us_of, years_of
from geo.errors import Refused
from geo.rules.clocks import OfficeWeek
from geo.units import IntArray

S_PER_HOUR: Final = 3600

FOREVER: Final = np.iinfo(np.int64).max
"""The end of a deferral that has none yet."""

Pause = tuple[datetime, datetime | None]
"""From when until when a case is deferred (缓办); None: it still is."""


def due(begin: datetime, limit: Limit, week: OfficeWeek) -> Due:
    """When a limit that begins to run at a moment runs out.

    Hours run from the moment itself, if their clock runs then. Days are counted by the conventions of the week, each to
    its end.

    Parameters
    ----------
    begin
        An aware moment; the deadline is given in its zone.
    limit
        On which clock how much.
    week
        Office hours, days off and conventions of the city.

    Raises
    ------
    Refused
        If the moment names no zone, or the deadline would reach outside of the years of the week.

    Examples
    --------
    >>> from geo.rules.clocks import office_week
    >>> city = office_week("Asia/Shanghai")
    >>> eve = datetime(2025, 9, 30, 17, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # National Day: off until 8 October
    >>> due(eve, Limit("work_hours", 2), city).at.isoformat()
    '2025-10-09T09:00:00+08:00'
    >>> due(eve, Limit("work_days", 2), city).at.isoformat()
    '2025-10-10T18:00:00+08:00'
    """
    at_us = _dues_us(np.array([us_of(begin)]), limit, week)[0]
    return due_at(begin, int(at_us), limit.clock, week)


def due_of(begins_s: IntArray, limit: Limit, week: OfficeWeek) -> IntArray:
    """(n,) when a limit runs out for each of many beginnings, in seconds since 1970 like these; nothing gives nothing.

    Raises
    ------
    Refused
        If a deadline would reach outside of the years of the week.
    """
    if not len(begins_s):
        return np.zeros(0, dtype=np.int64)
    years_of(int(begins_s.min()), int(begins_s.max()), week)  # so that the seconds fit as microseconds, too
    return _dues_us(begins_s * US_PER_S, limit, week) // US_PER_S


def due_after_pauses(begin: datetime, limit: Limit, pauses: Sequence[Pause], week: OfficeWeek) -> Due | None:
    """When a limit runs out if the time of deferrals does not count; None while one goes on.

    Hours stand still from the beginning of a deferral to its end. A day does not count if the case is deferred at the
    moment at which the day ends. A deferral that begins when the limit has run out changes nothing, nor does one that
    ended before the beginning.

    Parameters
    ----------
    begin, limit, week
        As in :func:`due`.
    pauses
        In any order; they may overlap.

    Raises
    ------
    Refused
        As in :func:`due`, or if a deferral ends before it begins.
    """
    begin_us = np.array([us_of(begin)])
    pauses_us = np.maximum(_merged_us(pauses), begin_us)
    is_open = bool((pauses_us[:, 1] == FOREVER).any())  # only the last one can be
    ended_us = pauses_us[: len(pauses_us) - is_open]
    dial = dial_over(limit.clock, week, np.append(begin_us, ended_us), _reading_of(limit))
    start = dial.start(begin_us)
    missed = np.diff(np.maximum(dial.reading(ended_us), start), axis=1)[:, 0]
    dues_us = dial.moment(start + _reading_of(limit) + np.append(0, missed.cumsum()))
    stands = np.flatnonzero(dues_us[: len(pauses_us)] <= pauses_us[:, 0])
    if is_open and not len(stands):
        return None
    return due_at(begin, int(dues_us[stands[0] if len(stands) else -1]), limit.clock, week)


def part_run(
    begin: datetime, due_at: datetime, clock: ClockKind, share: float, pauses: Sequence[Pause], week: OfficeWeek
) -> datetime:
    """When a share of the time up to a deadline has run: office hours for limits of work, else those of the wall clock.

    Parameters
    ----------
    begin, due_at, clock
        Of the limit; the answer is in the zone of the deadline.
    share
        0 to 1.
    pauses
        Deferrals, which do not count; the last of them has ended.
    week
        The city's working week.

    Raises
    ------
    Refused
        As in :func:`due`.

    Examples
    --------
    >>> from geo.rules.clocks import office_week
    >>> city, zone = office_week("Asia/Shanghai"), ZoneInfo("Asia/Shanghai")
    >>> friday, monday = datetime(2026, 3, 13, 10, tzinfo=zone), datetime(2026, 3, 16, 18, tzinfo=zone)
    >>> part_run(friday, monday, "work_days", 0.5, [], city).isoformat()  # of 6 hours and 8
    '2026-03-16T09:00:00+08:00'
    """
    ends_us = np.array([us_of(begin), us_of(due_at)])
    dial = dial_over(_hours_of(clock), week, ends_us, 0)
    first, last = dial.reading(ends_us).tolist()
    stood = np.diff(dial.reading(_merged_us(pauses).clip(*ends_us)), axis=1).sum()
    left = round((1 - share) * (last - first - int(stood)))
    return moment_of(int(dial.moment(np.array([last - left]))[0]), due_at)


def parts_run_s(ends_s: IntArray, clock: ClockKind, share: float, week: OfficeWeek) -> IntArray:
    """(n,) when a share of the time between beginnings and deadlines, (n, 2), has run; all in seconds since 1970.

    As :func:`part_run` without pauses, cut to the second; nothing gives nothing.

    Raises
    ------
    Refused
        As in :func:`due`.
    """
    if not len(ends_s):
        return np.zeros(0, dtype=np.int64)
    ends_us = ends_s * US_PER_S
    dial = dial_over(_hours_of(clock), week, ends_us.ravel(), 0)
    first, last = dial.reading(ends_us.ravel()).reshape(-1, 2).T
    left = np.rint((1 - share) * (last - first)).astype(np.int64)
    return dial.moment(last - left) // US_PER_S


def _hours_of(clock: ClockKind) -> ClockKind:
    """By which clock a part of a limit is reckoned."""
    return "work_hours" if clock in {"work_hours", "work_days"} else "urgent_hours"


def used(begin: datetime, at: datetime, clock: ClockKind, week: OfficeWeek) -> float:
    """How much of a clock's time has run since a beginning; 0 before it.

    Returns
    -------
    float
        Hours with their fractions, or whole days: a day counts when it has ended, since a limit has no broken ones.

    Raises
    ------
    Refused
        As in :func:`due`.
    """
    begin_us, at_us = np.array([us_of(begin)]), np.array([us_of(at)])
    dial = dial_over(clock, week, np.append(begin_us, at_us), 0)
    run = int((dial.reading(at_us) - dial.start(begin_us))[0])
    return max(run, 0) / _readings_per_unit(clock)


def is_breached(due_at: datetime, at: datetime) -> bool:
    """Whether a deadline has passed; at the moment itself it has not."""
    return us_of(at) > us_of(due_at)


def remaining(due_at: datetime, at: datetime, clock: ClockKind, week: OfficeWeek) -> Remaining:
    """What is left until a deadline.

    Parameters
    ----------
    due_at
        The deadline; of a case that is deferred there is none.
    at
        Now; ``resumes_at`` is given in its zone.
    clock, week
        On which the deadline was counted.

    Raises
    ------
    Refused
        As in :func:`due`.
    """
    wall = timedelta(microseconds=us_of(due_at) - us_of(at))
    if wall <= timedelta():
        return Remaining(wall, 0.0, None)
    at_us, due_us = np.array([us_of(at)]), np.array([us_of(due_at)])
    dial = dial_over(clock, week, np.append(at_us, due_us), 0)
    resumes_us = dial.runs_from(at_us)[0]
    return Remaining(
        wall=wall,
        amount=int(dial.left(at_us, due_us)[0]) / _readings_per_unit(clock),
        resumes_at=moment_of(int(resumes_us), at) if resumes_us > at_us[0] else None,
    )


def _dues_us(begins_us: IntArray, limit: Limit, week: OfficeWeek) -> IntArray:
    dial = dial_over(limit.clock, week, begins_us, _reading_of(limit))
    return dial.moment(dial.start(begins_us) + _reading_of(limit))


def _reading_of(limit: Limit) -> int:
    """By how much the clock must go on. Hours to the second, so that a deadline of whole seconds is one."""
    if limit.clock in DAY_CLOCKS:
        return int(limit.amount)
    return max(round(limit.amount * S_PER_HOUR), 1) * US_PER_S


def _readings_per_unit(clock: ClockKind) -> int:
    return 1 if clock in DAY_CLOCKS else S_PER_HOUR * US_PER_S


def _merged_us(pauses: Sequence[Pause]) -> IntArray:
    """(n, 2) beginnings and ends in order of time, those that overlap or touch made one."""
    merged: list[list[int]] = []
    for begin_us, end_us in sorted(_pause_us(*pause) for pause in pauses):
        if merged and begin_us <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end_us)
        else:
            merged.append([begin_us, end_us])
    return np.array(merged, dtype=np.int64).reshape(-1, 2)


def _pause_us(begin: datetime, end: datetime | None) -> tuple[int, int]:
    begin_us, end_us = us_of(begin), FOREVER if end is None else us_of(end)
    if end is not None and end_us < begin_us:
        raise Refused("pause_backwards", begin=begin.isoformat(), end=end.isoformat())
    return begin_us, end_us


def due_at(begin: datetime, at_us: int, clock: ClockKind, week: OfficeWeek) -> Due:
    """A deadline that is known already (microseconds since 1970), with whether the days off it depends on are known."""
    return Due(moment_of(at_us, begin), _is_calendar_sure(begin, at_us, clock, week))


def _is_calendar_sure(begin: datetime, due_us: int, clock: ClockKind, week: OfficeWeek) -> bool:
    asks_office = clock in {"work_hours", "work_days"} or (clock == "natural_days" and week.natural_days.asks_office)
    if week.calendar is None or not asks_office:
        return True
    zone = ZoneInfo(week.timezone)
    first = begin.astimezone(zone)
    last = moment_of(due_us - 1, first)  # midnight ends the day before
    noticed = last.date() + timedelta(days=week.notices_reach_back_days)
    return not week.calendar.unsure_years(first.date(), noticed)
