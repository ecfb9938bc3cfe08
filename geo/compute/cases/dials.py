"""Clocks of deadlines laid out over some years as sorted moments, to be looked up for any number of cases at once.

Moments are whole microseconds since 1970 (``_us``). The time zone is that of the week; the machine's plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from geo.clocks import ClockKind
from geo.errors import Refused
from geo.rules.clocks import DayCount, OfficeWeek
from geo.units import IntArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
US_PER_S: Final = 1_000_000

YEARS_MORE: Final = 5
"""So many more years are laid out when a limit reaches beyond those that are."""


class Hours(NamedTuple):
    """A clock that runs in spells and shows the microseconds that have run; arrays of (n_spells,)."""

    begins_us: IntArray
    ends_us: IntArray
    shown: IntArray
    """At each end."""

    @property
    def last(self) -> int:
        """What it shows at the end."""
        return int(self.shown[-1])

    def start(self, at_us: IntArray) -> IntArray:
        """What it shows when a limit begins to run."""
        return self.reading(at_us)

    def reading(self, at_us: IntArray) -> IntArray:
        """What it shows."""
        spell = np.searchsorted(self.begins_us, at_us, side="right") - 1
        rest_us: IntArray = np.maximum(self.ends_us[spell] - at_us, 0)
        return self.shown[spell] - rest_us

    def moment(self, reading: IntArray) -> IntArray:
        """When it first shows that much."""
        spell = np.searchsorted(self.shown, reading)
        return self.ends_us[spell] - (self.shown[spell] - reading)

    def left(self, at_us: IntArray, due_us: IntArray) -> IntArray:
        """What will still run until a deadline."""
        return self.reading(due_us) - self.reading(at_us)

    def runs_from(self, at_us: IntArray) -> IntArray:
        """The moment itself if it runs then, else when it runs next."""
        spell = np.searchsorted(self.ends_us, at_us, side="right")
        from_us: IntArray = np.maximum(self.begins_us[spell], at_us)
        return from_us


class Days(NamedTuple):
    """A clock that shows how many of its days have ended; arrays of (n_days,)."""

    begins_us: IntArray
    turns_us: IntArray
    """A beginning before this moment can have this day as its first."""
    ends_us: IntArray

    @property
    def last(self) -> int:
        """What it shows at the end."""
        return len(self.ends_us)

    def start(self, at_us: IntArray) -> IntArray:
        """What it shows before the first day that counts."""
        return np.searchsorted(self.turns_us, at_us, side="right")

    def reading(self, at_us: IntArray) -> IntArray:
        """What it shows."""
        return np.searchsorted(self.ends_us, at_us, side="right")

    def moment(self, reading: IntArray) -> IntArray:
        """When it first shows that much."""
        return self.ends_us[reading - 1]

    def left(self, at_us: IntArray, due_us: IntArray) -> IntArray:
        """How many days will still begin until a deadline."""
        return np.searchsorted(self.begins_us, due_us) - np.searchsorted(self.begins_us, at_us, side="right")

    def runs_from(self, at_us: IntArray) -> IntArray:
        """The moment itself: days do not stand still."""
        return at_us


def dial_over(clock: ClockKind, week: OfficeWeek, moments_us: IntArray, beyond: int) -> Hours | Days:
    """A clock laid out from before the first of some moments until it has gone on by so much after the last.

    Raises
    ------
    Refused
        If that reaches outside of the years of the week.
    """
    last_us = moments_us.max()
    first_year, last_year = years_of(int(moments_us.min()) // US_PER_S, int(last_us) // US_PER_S, week)
    dial = _dial(clock, week, first_year, last_year)
    while dial.last < dial.start(last_us) + beyond:
        if last_year >= week.years[1]:
            raise _outside(week)
        last_year += YEARS_MORE
        dial = _dial(clock, week, first_year, last_year)
    return dial


def years_of(first_s: int, last_s: int, week: OfficeWeek) -> tuple[int, int]:
    """The year before some moments, since the end of a day decides about the next one, and the year after them.

    Raises
    ------
    Refused
        If the moments lie outside of the years of the week.
    """
    zone = ZoneInfo(week.timezone)
    begin = datetime(week.years[0], 1, 1, tzinfo=zone)
    end = datetime(week.years[1] + 1, 1, 1, tzinfo=zone)
    if first_s < begin.timestamp() or last_s >= end.timestamp():
        raise _outside(week)
    return datetime.fromtimestamp(first_s, zone).year - 1, datetime.fromtimestamp(last_s, zone).year + 1


def us_of(at: datetime) -> int:
    """A moment as a number.

    Raises
    ------
    Refused
        If it names no time zone: the machine's must not be taken for it.
    """
    if at.utcoffset() is None:
        raise Refused("moment_without_zone", moment=at.isoformat())
    return (at - EPOCH) // MICROSECOND


def moment_of(at_us: int, like: datetime) -> datetime:
    """A number as a moment in the zone of another one."""
    return (EPOCH + at_us * MICROSECOND).astimezone(like.tzinfo)


class _Office(NamedTuple):
    """The days of some years and the spells in which the office is open."""

    midnights_us: IntArray
    """(n_days + 1,) beginnings of the days, and the end of the last."""
    opens_us: IntArray
    """(n_spells,)"""
    closes_us: IntArray
    """(n_spells,)"""
    day_of_spell: IntArray
    """(n_spells,) ascending."""


def _outside(week: OfficeWeek) -> Refused:
    return Refused("moment_outside_years", first=week.years[0], last=week.years[1])


@lru_cache(maxsize=64)
def _dial(clock: ClockKind, week: OfficeWeek, first_year: int, last_year: int) -> Hours | Days:
    office = _office(week, first_year, last_year)
    if clock == "urgent_hours":
        return _hours(office.midnights_us[:1], office.midnights_us[-1:])
    if clock == "work_hours":
        return _hours(office.opens_us, office.closes_us)
    if clock == "work_days":
        return _days(office, np.unique(office.day_of_spell), week.work_days)
    return _days(office, np.arange(len(office.midnights_us) - 1), week.natural_days)


def _hours(begins_us: IntArray, ends_us: IntArray) -> Hours:
    return Hours(begins_us, ends_us, (ends_us - begins_us).cumsum())


def _days(office: _Office, counted: IntArray, count: DayCount) -> Days:
    """The days of a clock by the conventions of a city."""
    begins_us, next_us = office.midnights_us[:-1], office.midnights_us[1:]
    close_us = begins_us.copy()
    np.maximum.at(close_us, office.day_of_spell, office.closes_us)
    is_open = close_us > begins_us
    end_us = np.where(is_open, close_us, next_us)
    last_close_us = np.maximum.accumulate(np.where(is_open, close_us, begins_us[0]))
    turns_us = {
        "receipt": end_us,
        "after_receipt": begins_us,
        "after_office": np.append(begins_us[0], last_close_us[:-1]),
    }[count.first]
    ends_us = end_us if count.ends == "office" else next_us
    return Days(begins_us[counted], turns_us[counted], ends_us[counted])


@lru_cache(maxsize=64)
def _office(week: OfficeWeek, first_year: int, last_year: int) -> _Office:
    zone = ZoneInfo(week.timezone)
    days = [date.fromordinal(day) for day in range(_new_year(first_year), _new_year(last_year + 1))]
    special = {} if week.calendar is None else week.calendar.weekday_of_special
    spells = [
        (index, datetime.combine(day, opens, zone), datetime.combine(day, closes, zone))
        for index, day in enumerate(days)
        if (weekday := special.get(day, day.weekday())) is not None
        for opens, closes in week.spells_of_weekday[weekday]
    ]
    midnights = [datetime.combine(day, time(), zone) for day in [*days, days[-1] + timedelta(days=1)]]
    return _Office(
        midnights_us=_instants_us(midnights),
        opens_us=_instants_us(opens for _, opens, _ in spells),
        closes_us=_instants_us(closes for _, _, closes in spells),
        day_of_spell=np.array([index for index, _, _ in spells], dtype=np.int64),
    )


def _new_year(year: int) -> int:
    return date(year, 1, 1).toordinal()


def _instants_us(moments: Iterable[datetime]) -> IntArray:
    return np.array([us_of(moment) for moment in moments], dtype=np.int64)
