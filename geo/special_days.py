"""Opening hours on days off and make-up working days, for a library that takes every day by its own weekday.

The hours are rewritten for one week at a time. Within seven days each weekday occurs once, so "judged as a Friday" can
be written as a change of weekday selectors: in the week of a working Saturday ``Mo-Fr`` becomes ``Mo,Tu,We,Th,Fr,Sa``
and ``Sa`` becomes nothing. Dates, months, weeks and times stay as they are and are still judged on the true day.

- A make-up working day is judged as the weekday that geo/rules/holidays_cn.toml names.
- A day off is judged by the parts of the hours that name ``PH``; if none does, as a Sunday.
- ``Fr[2]`` and other counted weekdays are not moved: they name a day of the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from geo.rules.holidays import WEEKDAYS, HolidayCalendar

QUOTED = re.compile(r'("[^"]*")')

_DAY = f"(?:{'|'.join(WEEKDAYS)})"
_ELEMENT = rf"(?:[PS]H|{_DAY}(?:-{_DAY}|\[[-0-9,]+\](?: [+-]\d+ days?)?)?)"
SELECTOR = re.compile(rf"(?<![-+])\b{_ELEMENT}(?:,{_ELEMENT})*")
"""Weekdays of a rule, as the library writes them out: ``Mo-Fr``, ``Mo,We,PH``, ``Fr[2] +1 days``; not the Sunday
before a date (``Oct 8-Su``)."""

ELEMENT = re.compile(_ELEMENT)

NEVER = "PH"
"""A selector that never holds: the library is asked without a country, so it knows no holiday."""

HOLIDAY_SHIFTED = re.compile(r"\b[PS]H [+-]?\d+ days?\b")
"""Days before or after a holiday; the library loses the plus where it writes them out."""

DAYS = 7


def weekdays_of(calendar: HolidayCalendar, first: date) -> tuple[int | None, ...]:
    """What each of the seven days from ``first`` on is judged as, 0 Monday; None: a day off."""
    days = [first + timedelta(days=later) for later in range(DAYS)]
    return tuple(calendar.weekday_of_special.get(day, day.weekday()) for day in days)


def rewritten(text: str, first: date, judged_as: Sequence[int | None], weekday_of_day_off: int) -> str:
    """The hours as they must be read, without a country, in the seven days from ``first`` on.

    Parameters
    ----------
    text
        As the library writes it out, so that every selector has one spelling.
    first
        The first of the seven days.
    judged_as
        (7,) for each day the weekday it is judged as, 0 Monday; None: a day off.
    weekday_of_day_off
        For hours that do not name ``PH``.

    Examples
    --------
    >>> national_day = (2, None, None, None, None, None, None)  # Tuesday 30 September, then days off
    >>> rewritten("Mo-Fr 08:00-17:00; Su 10:00-12:00", date(2025, 9, 30), (1, *national_day[1:]), 6)
    'Tu 08:00-17:00; Mo,We,Th,Fr,Sa,Su 10:00-12:00'
    """
    names_holidays = any("PH" in part for part in QUOTED.split(text)[::2])
    day_off = None if names_holidays else weekday_of_day_off
    true_of_day = [(first.weekday() + later) % DAYS for later in range(DAYS)]

    def moved(selector: re.Match[str]) -> str:
        wanted: set[int] = set()
        kept: list[str] = []
        for element in ELEMENT.findall(selector.group()):
            if element == "PH":
                wanted |= {true for true, judged in zip(true_of_day, judged_as, strict=True) if judged is None}
            elif element == "SH" or "[" in element:
                kept.append(element)
            else:
                named = set(_named(element))
                wanted |= {
                    true
                    for true, judged in zip(true_of_day, judged_as, strict=True)
                    if (day_off if judged is None else judged) in named
                }
        return ",".join([*(WEEKDAYS[day] for day in sorted(wanted)), *kept]) or NEVER

    parts = QUOTED.split(text)
    parts[::2] = [SELECTOR.sub(moved, part) for part in parts[::2]]
    return "".join(parts)


def _named(element: str) -> Iterator[int]:
    """The weekdays of ``Mo`` or ``Fr-Mo``."""
    first, _, last = element.partition("-")
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last or first) - start) % DAYS + 1
    yield from ((start + later) % DAYS for later in range(length))
