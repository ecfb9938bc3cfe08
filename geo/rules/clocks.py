"""Office hours and how days are counted towards a deadline: the typed face of clocks.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from importlib import resources
from itertools import chain, pairwise
from typing import Any, Literal

from geo.errors import Refused
from geo.rules.holidays import WEEKDAYS, HolidayCalendar, holiday_calendar

FirstDay = Literal["receipt", "after_receipt", "after_office"]
"""Which day is the first that counts; clocks.toml says it in words."""

DayEnd = Literal["office", "midnight"]

Spells = tuple[tuple[time, time], ...]
"""From when until when the office is open on a day."""


@dataclass(frozen=True)
class DayCount:
    """What differs between cities where days are counted."""

    first: FirstDay
    ends: DayEnd

    @property
    def asks_office(self) -> bool:
        """Whether office hours make a difference even where every day counts."""
        return self.first != "after_receipt" or self.ends == "office"


@dataclass(frozen=True)
class OfficeWeek:
    """When a city's offices are open, and how its days are counted.

    Raises
    ------
    Refused
        If the office is never open, or its hours of a day are not in order.
    """

    timezone: str
    """Deadlines are counted by its wall clock, whatever the zone of the moments that are given."""
    spells_of_weekday: tuple[Spells, ...]
    """(7,) from Monday; none: no working day."""
    work_days: DayCount
    natural_days: DayCount
    calendar: HolidayCalendar | None = field(hash=False)
    """Days off and make-up working days; None: there are none."""
    notices_reach_back_days: int
    """How many days before its year a notice may still speak of."""
    years: tuple[int, int]
    """The first and the last in which deadlines are counted."""

    def __post_init__(self) -> None:
        if not any(self.spells_of_weekday):
            raise Refused("office_never_open")
        for weekday, spells in zip(WEEKDAYS, self.spells_of_weekday, strict=True):
            if any(later <= earlier for earlier, later in pairwise(chain.from_iterable(spells))):
                raise Refused("office_hours_disordered", weekday=weekday)


@cache
def office_week(timezone: str) -> OfficeWeek:
    """The rule in force in a time zone, with the holidays of its country."""
    data = _table("clocks.toml")
    country = _table("hours.toml")["country_of_timezone"].get(timezone)
    return OfficeWeek(
        timezone=timezone,
        spells_of_weekday=tuple(tuple((begin, end) for begin, end in data["office"][day]) for day in WEEKDAYS),
        work_days=DayCount(data["work_days"]["first"], data["work_days"]["ends"]),
        natural_days=DayCount(data["natural_days"]["first"], data["natural_days"]["ends"]),
        calendar=holiday_calendar(country),
        notices_reach_back_days=data["notices"]["reach_back_days"],
        years=(data["years"]["first"], data["years"]["last"]),
    )


def longest(clock: str) -> float:
    """The longest limit that a clock may have, in its hours or days."""
    amount: float = _table("clocks.toml")["longest"][clock]
    return amount


@cache
def _table(file: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("geo.rules") / file).read_text(encoding="utf-8"))
