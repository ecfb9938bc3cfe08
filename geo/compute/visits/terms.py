"""On which days visits fall due: by day, week, month or quarter, with days off and make-up working days."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from geo.rules.holidays import SATURDAY, HolidayCalendar
from geo.rules.visits import Cycle, DueDay, VisitKind
from geo.visits import Term

FRIDAY = 4
DAY = timedelta(days=1)
MONTHS_OF_QUARTER = 3
FIRST_WEEK_DAYS = 7


def is_work_day(day: date, days_off: HolidayCalendar | None) -> bool:
    """Whether a day is worked: Monday to Friday but for days off, and make-up days.

    >>> from geo.rules.holidays import holiday_calendar
    >>> [is_work_day(date(2026, 2, day), holiday_calendar("CN")) for day in (13, 14, 16, 28)]
    [True, True, False, True]
    """
    special = {} if days_off is None else days_off.weekday_of_special
    if day in special:
        return special[day] is not None
    return day.weekday() < SATURDAY


def term_at(kind: VisitKind, day: date, days_off: HolidayCalendar | None) -> Term | None:
    """The term whose period holds a day; None where the period has no work day, so that nothing is due in it."""
    first, last = _period(kind.cycle, day)
    meant = _meant(kind.day, first, last)
    due = _moved(kind, meant, (first, last), days_off)
    return None if due is None else Term(first, last, due, meant)


def terms_around(kind: VisitKind, day: date, days_off: HolidayCalendar | None) -> tuple[Term, Term]:
    """The last term that was due before a day, and the first that was not: the day itself is in time."""
    running = _from(kind, day, days_off, forward=True)
    while running.due < day:
        running = _from(kind, running.last + DAY, days_off, forward=True)
    ended = _from(kind, running.first - DAY, days_off, forward=False)
    return ended, running


def _from(kind: VisitKind, day: date, days_off: HolidayCalendar | None, *, forward: bool) -> Term:
    """The term that holds a day, or the nearest one that way."""
    found = term_at(kind, day, days_off)
    while found is None:
        first, last = _period(kind.cycle, day)
        day = last + DAY if forward else first - DAY
        found = term_at(kind, day, days_off)
    return found


def _period(cycle: Cycle, day: date) -> tuple[date, date]:
    if cycle == "day":
        return day, day
    if cycle == "week":
        monday = day - day.weekday() * DAY
        return monday, monday + 6 * DAY
    n_months = 1 if cycle == "month" else MONTHS_OF_QUARTER
    first = day.replace(month=(day.month - 1) // n_months * n_months + 1, day=1)
    last_month = first.month + n_months - 1
    return first, date(day.year, last_month, calendar.monthrange(day.year, last_month)[1])


def _meant(due_day: DueDay, first: date, last: date) -> date:
    if due_day == "last_work_day":
        return last
    friday = first + (FRIDAY - first.weekday()) % 7 * DAY
    if due_day == "second_friday" or first.weekday() <= FRIDAY:
        return friday + FIRST_WEEK_DAYS * DAY
    return friday  # the month begins on a weekend: its first week has no Friday


def _moved(kind: VisitKind, meant: date, period: tuple[date, date], days_off: HolidayCalendar | None) -> date | None:
    """The work day that a due day falls on; where there is none that way within the period, the other way."""
    if kind.moves == "stays" or is_work_day(meant, days_off):
        return meant
    first, last = period
    earlier = [meant - number * DAY for number in range(1, (meant - first).days + 1)]
    later = [meant + number * DAY for number in range(1, (last - meant).days + 1)]
    ways = (earlier, later) if kind.moves == "before" else (later, earlier)
    return next((day for way in ways for day in way if is_work_day(day, days_off)), None)
