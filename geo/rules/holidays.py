"""Days off and make-up working days of a country: the typed face of holidays_cn.toml."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""As opening hours write them, in the order of ``date.weekday()``."""

SATURDAY = 5

FILES = {"CN": "holidays_cn.toml"}
"""Country -> its file. A country without one has no make-up days, or they are not known here."""


@dataclass(frozen=True)
class Holiday:
    """One holiday of one year as it was announced."""

    name_en: str
    name_zh: str
    first: date
    last: date
    """Off as well."""
    working: tuple[date, ...]
    """Weekend days that are worked instead."""


@dataclass(frozen=True)
class HolidayYear:
    """What one notice says."""

    notice: str
    is_verified: bool
    holidays: tuple[Holiday, ...]


@dataclass(frozen=True)
class HolidayCalendar:
    """All notices that are known of one country."""

    years: Mapping[int, HolidayYear]
    weekday_of_special: Mapping[date, int | None]
    """Make-up working day -> the weekday it is judged as, 0 Monday; day off -> None."""
    weekday_of_day_off: int
    """What a day off is judged as by hours that do not speak of holidays."""
    edges: tuple[date, ...]
    """Days before which something else holds: special days, and the first days of known and unknown years."""

    def knows(self, day: date) -> bool:
        """Whether the notice of its year is known."""
        return day.year in self.years

    def unsure_years(self, first: date, last: date) -> tuple[int, ...]:
        """Years between two days whose notice is not known here, or known from hearsay only."""
        years = range(first.year, last.year + 1)
        return tuple(year for year in years if year not in self.years or not self.years[year].is_verified)

    def next_edge(self, day: date) -> date:
        """The first edge after a day; the end of the calendar's days if there is none."""
        index = bisect_right(self.edges, day)
        return self.edges[index] if index < len(self.edges) else date.max


@cache
def holiday_calendar(country: str | None) -> HolidayCalendar | None:
    """The calendar of a country by ISO code; None if there is none here."""
    if country not in FILES:
        return None
    table = tomllib.loads((resources.files("geo.rules") / FILES[country]).read_text(encoding="utf-8"))
    years = {
        int(year): HolidayYear(
            notice=said["notice"],
            is_verified=said["is_verified"],
            holidays=tuple(Holiday(**{**entry, "working": tuple(entry["working"])}) for entry in said["holiday"]),
        )
        for year, said in table["year"].items()
    }
    judged_as = {name: WEEKDAYS.index(word) for name, word in table["judged_as"].items() if name != "source"}
    special = _special(years, judged_as)
    turns = {date(first, 1, 1) for year in years for first in (year, year + 1) if not {first - 1, first} <= set(years)}
    return HolidayCalendar(years, special, judged_as["day_off"], tuple(sorted(turns | set(special))))


def _special(years: Mapping[int, HolidayYear], judged_as: Mapping[str, int]) -> dict[date, int | None]:
    found: dict[date, int | None] = {}
    for holiday in (holiday for year in years.values() for holiday in year.holidays):
        found |= dict.fromkeys(
            holiday.first + timedelta(days=later) for later in range((holiday.last - holiday.first).days + 1)
        )
        for day in holiday.working:
            is_saturday = day.weekday() == SATURDAY
            found[day] = judged_as["working_saturday" if is_saturday else "working_sunday"]
    return found
