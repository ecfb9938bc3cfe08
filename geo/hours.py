"""Opening hours in OpenStreetMap's syntax: open or not at a moment, and until when.

What the syntax means here, checked against the library that reads it:

- ``Fr[2]`` is the *second Friday of the month* (day 8 to 14). A service day announced as "Friday of the second week"
  is the same day, unless weeks are counted from Monday and the month begins on a Saturday or Sunday: then the first
  week has no Friday and the second week's Friday is a week earlier (10 of the 36 months of 2025-2027). The syntax has
  no word for that. Whoever means it writes the Fridays as dates, which the library reads exactly
  (``2026 Jan 9,2026 Feb 6 09:00-11:00``); :func:`fridays_of_second_weeks` writes them out.
- ``PH`` is a day off of the country of the time zone (geo/rules/hours.toml). China's days off and make-up working days
  are dated data (geo/rules/holidays_cn.toml) applied outside the library, which knows the statutory days only
  (geo/special_days.py says how). In years whose notice is not known yet every day is taken by its own weekday and
  ``PH`` means the statutory days; ``is_calendar_sure`` tells.
- ``PH -1 day`` in a country with such data is not known: neither open nor closed.
- A rule that is nothing but a comment ("by appointment") says that somebody may be there: not known, not open.
- ``sunrise`` and ``sunset`` are taken at fixed hours, since no place is given.
"""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # its stub lacks the error

from geo.errors import Refused
from geo.rules.holidays import HolidayCalendar, holiday_calendar
from geo.special_days import DAYS, HOLIDAY_SHIFTED, rewritten, weekdays_of

LONE_COMMENT = re.compile(r'(?:^|;|,|\|\|)\s*"([^"]*)"\s*(?=$|;|,|\|\|)')
"""A rule of nothing but a comment."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As opening hours write them, whatever the machine's language."""

OPEN: Final = 1
CLOSED: Final = 0
UNSAID: Final = -1
"""Whether it is open is not known."""

Mask = NDArray[np.int8]
"""OPEN, CLOSED or UNSAID."""


@dataclass(frozen=True)
class HoursState:
    """What the hours say at one moment."""

    is_open: bool | None
    """None: not known."""
    until: datetime | None
    """When the present state ends; None when it has no known end, or is not known itself."""
    opens_at: datetime | None
    """When it opens next, if it is closed and that is known."""
    is_calendar_sure: bool = True
    """False: days off and make-up working days of the moment's or the end's year are not known for sure."""


UNKNOWN = HoursState(is_open=None, until=None, opens_at=None)


def validate(text: str) -> None:
    """Refuse hours that cannot be read.

    Raises
    ------
    Refused
        If they are longer than the limit or not in the syntax.
    """
    limit = _rules()["max_characters"]
    if len(text) > limit:
        raise Refused("hours_too_long", length=len(text), limit=limit)
    try:
        _parsed(text, None)
    except ParserError as error:
        raise Refused("hours_unreadable", text=text) from error


def state(text: str | None, at: datetime) -> HoursState:
    """Open or not at a moment.

    Parameters
    ----------
    text
        The hours; None when nobody has told them. Hours that cannot be read count as not known.
    at
        An aware moment. The hours are judged in **its** time zone: convert it to the city's first.

    Returns
    -------
    HoursState
        Times in the zone of ``at``.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> city = ZoneInfo("Asia/Shanghai")
    >>> state("Mo-Fr 08:30-18:30", datetime(2026, 11, 20, 12, tzinfo=city)).until.isoformat()
    '2026-11-20T18:30:00+08:00'
    >>> state("Mo-Fr 08:30-18:30", datetime(2025, 10, 8, 12, tzinfo=city)).opens_at.isoformat()  # a Wednesday off
    '2025-10-09T08:30:00+08:00'
    >>> state("24/7", datetime(2026, 11, 20, 12, tzinfo=city)).until is None
    True
    >>> state('"by appointment"', datetime(2026, 11, 20, 12, tzinfo=city)).is_open is None
    True
    """
    wall = at.replace(tzinfo=None)
    horizon = wall + timedelta(days=_rules()["horizon_days"])
    country = _country(at)
    now, *later = islice(_spells(text, country, wall, horizon), 2)
    until = later[0][0].replace(tzinfo=at.tzinfo) if later else None
    if now[1] == UNSAID:
        return UNKNOWN
    is_sure = not _unsure_years(country, wall.date(), wall.date() if until is None else until.date())
    if now[1] == OPEN:
        return HoursState(is_open=True, until=until, opens_at=None, is_calendar_sure=is_sure)
    opens_at = until if later and later[0][1] == OPEN else None
    return HoursState(is_open=False, until=until, opens_at=opens_at, is_calendar_sure=is_sure)


def open_mask(texts: Sequence[str | None], instants: Sequence[datetime]) -> Mask:
    """Which stations are open at which moments.

    Parameters
    ----------
    texts
        (n_stations,) hours; each distinct text is read once.
    instants
        (n_instants,) aware moments of one time zone, ascending. Hours are judged in their zone.

    Returns
    -------
    (n_instants, n_stations) ``OPEN``, ``CLOSED`` or ``UNSAID``.
    """
    distinct = {text: column for column, text in enumerate(dict.fromkeys(texts))}
    mask = np.full((len(instants), len(distinct)), UNSAID, dtype=np.int8)
    if instants:
        walls = np.array([at.replace(tzinfo=None) for at in instants], dtype="datetime64[us]")
        first, end = walls[0].item(), walls[-1].item() + timedelta(minutes=1)
        for text, column in distinct.items():
            spells = list(_spells(text, _country(instants[0]), first, end))
            begins = np.array([begin for begin, _ in spells], dtype="datetime64[us]")
            spell_of_instant = np.searchsorted(begins, walls, side="right") - 1
            mask[:, column] = np.array([value for _, value in spells], dtype=np.int8)[spell_of_instant]
    column_of_station = np.array([distinct[text] for text in texts], dtype=np.int64)
    return mask[:, column_of_station]


def unsure_years(instants: Sequence[datetime]) -> tuple[int, ...]:
    """Years of some moments, ascending, whose days off and make-up working days are not known for sure.

    >>> from zoneinfo import ZoneInfo
    >>> unsure_years([datetime(2041, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))])
    (2041,)
    """
    return _unsure_years(_country(instants[0]), instants[0].date(), instants[-1].date()) if instants else ()


def fridays_of_second_weeks(year: int) -> str:
    """Dates of the year's Fridays in the second week of each month (weeks from Monday), as opening hours write them.

    >>> fridays_of_second_weeks(2026)[:39]
    '2026 Jan 9,2026 Feb 6,2026 Mar 6,2026 A'
    """
    weeks = [calendar.Calendar().monthdatescalendar(year, month)[1] for month in range(1, 13)]
    fridays = [week[calendar.FRIDAY] for week in weeks]
    return ",".join(f"{friday.year} {MONTHS[friday.month - 1]} {friday.day}" for friday in fridays)


def _spells(text: str | None, country: str | None, first: datetime, end: datetime) -> Iterator[tuple[datetime, int]]:
    """Beginnings of equal stretches and what holds in them, from ``first`` on (wall-clock times), lazily."""
    if text is None or not _is_readable(text, country):
        yield first, UNSAID
        return
    unsaid = set(LONE_COMMENT.findall(text)) - {""}
    moment, value = first, None
    while moment < end:
        # The library takes zones of one kind only: it is given wall-clock time.
        hours, next_day = _hours_on(text, country, moment.date())
        stop = min(end, datetime.combine(next_day, time()))
        for begin, _, now, comment in hours.intervals(moment, stop):
            found = _value(now, is_lone=comment in unsaid)
            if found != value:
                yield begin, found
            value = found
        moment = stop


def _value(now: State, *, is_lone: bool) -> int:
    if now == State.UNKNOWN or (now == State.OPEN and is_lone):
        return UNSAID
    return OPEN if now == State.OPEN else CLOSED


def _hours_on(text: str, country: str | None, day: date) -> tuple[OpeningHours, date]:
    """The hours as they must be read on a day, and the first later day on which they must be read anew."""
    known = holiday_calendar(country)
    if known is None:
        return _parsed(text, country), date.max
    day_before = day - timedelta(days=1)  # its night may reach into this day
    if day in known.weekday_of_special or day_before in known.weekday_of_special:
        return _moved(text, known, day_before), day_before + timedelta(days=DAYS)
    return _parsed(text, None if known.knows(day) else country), known.next_edge(day)


def _moved(text: str, known: HolidayCalendar, first: date) -> OpeningHours:
    judged_as = weekdays_of(known, first)
    try:
        return _parsed(rewritten(str(_parsed(text, None)), first, judged_as, known.weekday_of_day_off), None)
    except ParserError:  # the library does not take back all that it writes out
        return _parsed("unknown", None)


def _is_readable(text: str, country: str | None) -> bool:
    if len(text) > _rules()["max_characters"]:
        return False
    try:
        hours = _parsed(text, country)
    except ParserError:
        return False
    return holiday_calendar(country) is None or HOLIDAY_SHIFTED.search(str(hours)) is None


def _country(at: datetime) -> str | None:
    country: str | None = _rules()["country_of_timezone"].get(getattr(at.tzinfo, "key", None))
    return country


def _unsure_years(country: str | None, first: date, last: date) -> tuple[int, ...]:
    known = holiday_calendar(country)
    return () if known is None else known.unsure_years(first, last)


@lru_cache(maxsize=4096)
def _parsed(text: str, country: str | None) -> OpeningHours:
    return OpeningHours(text, country=country, max_interval_days=_rules()["horizon_days"])


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads((resources.files("geo.rules") / "hours.toml").read_text(encoding="utf-8"))
