"""The four clocks: examples by hand, walks over minutes and days that share nothing with the product, and properties.

The examples of docs/clocks.md are among those here, and are counted from what the page says.
"""

from __future__ import annotations

import doctest
import re
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geo.clocks
import geo.compute.cases.deadlines
import geo.compute.cases.dials
from geo.clocks import CLOCKS, DAY_CLOCKS, ClockKind, Limit, written
from geo.compute.cases.deadlines import Pause, due, due_after_pauses, due_of, is_breached, part_run, remaining, used
from geo.compute.cases.order_dues import dues, warnings
from geo.errors import Refused
from geo.rules.clocks import DayCount, DayEnd, FirstDay, OfficeWeek, longest, office_week
from geo.words import LANGUAGES, sentence

ROOT = Path(__file__).parents[2]
CITY = ZoneInfo("Asia/Shanghai")
WEEK = office_week("Asia/Shanghai")


def at(text: str) -> datetime:
    """``2026-03-09 10:00``, with seconds or without; ``24:00`` is the next midnight."""
    day, clock = text.split()
    moment = datetime.fromisoformat(f"{day} {clock.replace('24:00', '00:00')}").replace(tzinfo=CITY)
    return moment + timedelta(days=clock == "24:00")


def by(first: FirstDay = "after_receipt", ends: DayEnd | None = None) -> OfficeWeek:
    """The week with other conventions for days; without an end each clock keeps its own."""
    return replace(
        WEEK,
        work_days=DayCount(first, ends or WEEK.work_days.ends),
        natural_days=DayCount(first, ends or WEEK.natural_days.ends),
    )


class Example(NamedTuple):
    clock: ClockKind
    begin: str
    amount: float
    due: str
    week: OfficeWeek = WEEK


# The week from Monday 9 March 2026 is an ordinary one.
URGENT = (
    ("2026-03-09 10:00", 0.5, "2026-03-09 10:30"),
    ("2026-03-09 10:00:30", 1, "2026-03-09 11:00:30"),
    ("2026-03-13 17:00", 24, "2026-03-14 17:00"),
    ("2026-02-14 23:30", 3, "2026-02-15 02:30"),  # into Spring Festival
    ("2025-10-01 00:00", 36, "2025-10-02 12:00"),
    ("2024-02-28 22:00", 36, "2024-03-01 10:00"),  # a leap year
)
WORK_HOURS = (
    (
        "2026-03-09 08:00",
        4,
        "2026-03-09 12:00",
    ),  # exactly to the end of the morning, not to the beginning of the afternoon
    ("2026-03-09 08:00", 4.5, "2026-03-09 14:30"),
    ("2026-03-09 10:00", 4, "2026-03-09 16:00"),
    ("2026-03-09 11:30", 0.5, "2026-03-09 12:00"),
    ("2026-03-09 11:45", 0.5, "2026-03-09 14:15"),
    ("2026-03-09 12:00", 0.5, "2026-03-09 14:30"),
    ("2026-03-09 12:45", 0.5, "2026-03-09 14:30"),
    ("2026-03-09 13:59:59", 0.5, "2026-03-09 14:30"),
    ("2026-03-09 14:00", 4, "2026-03-09 18:00"),
    ("2026-03-09 17:45", 0.5, "2026-03-10 08:15"),
    ("2026-03-09 17:59:59", 0.5, "2026-03-10 08:29:59"),
    ("2026-03-09 18:00", 0.5, "2026-03-10 08:30"),
    ("2026-03-09 06:00", 8, "2026-03-09 18:00"),
    ("2026-03-09 23:00", 8, "2026-03-10 18:00"),
    ("2026-03-10 00:00", 8, "2026-03-10 18:00"),
    ("2026-03-13 17:00", 2, "2026-03-16 09:00"),  # over a weekend
    ("2026-03-13 18:00", 0.5, "2026-03-16 08:30"),
    ("2026-03-14 10:00", 5, "2026-03-16 15:00"),
    ("2026-03-09 08:00", 40, "2026-03-13 18:00"),
    ("2026-03-09 08:00", 40.5, "2026-03-16 08:30"),
    ("2025-09-30 17:00", 2, "2025-10-09 09:00"),  # over National Day
    ("2025-09-28 09:00", 5, "2025-09-28 16:00"),  # a Sunday that is worked
    ("2025-10-10 17:00", 2, "2025-10-11 09:00"),  # a Saturday that is worked
    ("2025-10-11 16:00", 4, "2025-10-13 10:00"),
    ("2025-01-27 16:00", 10, "2025-02-05 18:00"),  # over Spring Festival
    ("2026-02-13 17:30", 8, "2026-02-14 17:30"),
    ("2026-02-14 17:30", 1, "2026-02-24 08:30"),
    ("2025-12-31 17:00", 2, "2026-01-04 09:00"),  # into the next year, whose first Sunday is worked
    ("2025-01-01 00:00", 248 * 8, "2025-12-31 18:00"),  # 2025 has 248 working days
)
WORK_DAYS = (
    ("2026-03-09 10:00", 1, "2026-03-10 18:00"),
    ("2026-03-09 00:00", 1, "2026-03-10 18:00"),
    ("2026-03-09 23:59:59", 1, "2026-03-10 18:00"),
    ("2026-03-10 00:00", 1, "2026-03-11 18:00"),
    ("2026-03-13 10:00", 1, "2026-03-16 18:00"),  # over a weekend
    ("2026-03-14 10:00", 1, "2026-03-16 18:00"),
    ("2026-03-15 23:00", 1, "2026-03-16 18:00"),
    ("2026-03-09 10:00", 5, "2026-03-16 18:00"),
    ("2026-03-09 10:00", 15, "2026-03-30 18:00"),
    ("2025-09-26 15:00", 2, "2025-09-29 18:00"),  # with a Sunday that is worked
    ("2025-09-30 15:00", 1, "2025-10-09 18:00"),  # over National Day
    ("2025-10-04 10:00", 3, "2025-10-11 18:00"),  # the third is a Saturday that is worked
    ("2025-10-10 10:00", 2, "2025-10-13 18:00"),
    ("2025-09-24 10:00", 13, "2025-10-17 18:00"),
    ("2025-01-24 10:00", 3, "2025-02-05 18:00"),  # Sunday 26 and Monday 27 January, then Spring Festival
    ("2026-02-13 10:00", 3, "2026-02-25 18:00"),
    ("2026-02-27 10:00", 1, "2026-02-28 18:00"),
    ("2026-09-18 10:00", 1, "2026-09-20 18:00"),
    ("2026-09-30 17:59", 2, "2026-10-09 18:00"),
    ("2025-12-31 10:00", 1, "2026-01-04 18:00"),
    ("2024-12-31 10:00", 248, "2025-12-31 18:00"),  # all working days of 2025
    ("2024-12-31 10:00", 496, "2026-12-31 18:00"),  # and of 2026
)
NATURAL_DAYS = (
    ("2026-03-09 10:00", 1, "2026-03-10 24:00"),
    ("2026-03-09 00:00", 1, "2026-03-10 24:00"),
    ("2026-03-09 23:59:59", 1, "2026-03-10 24:00"),
    ("2026-03-13 10:00", 1, "2026-03-14 24:00"),  # a Saturday is a day like any other
    ("2025-09-30 10:00", 7, "2025-10-07 24:00"),
    ("2024-02-28 10:00", 2, "2024-03-01 24:00"),  # a leap year
    ("2025-12-31 23:59:59", 1, "2026-01-01 24:00"),
    ("2026-03-09 10:00", 365, "2027-03-09 24:00"),
)
OTHER_CONVENTIONS = (
    # the day of receipt counts, if its office has not closed yet
    Example("work_days", "2026-03-09 06:00", 1, "2026-03-09 18:00", by("receipt")),
    Example("work_days", "2026-03-09 10:00", 1, "2026-03-09 18:00", by("receipt")),
    Example("work_days", "2026-03-09 17:59:59", 1, "2026-03-09 18:00", by("receipt")),
    Example("work_days", "2026-03-09 18:00", 1, "2026-03-10 18:00", by("receipt")),
    Example("work_days", "2026-03-13 18:30", 1, "2026-03-16 18:00", by("receipt")),
    Example("work_days", "2026-03-14 10:00", 1, "2026-03-16 18:00", by("receipt")),
    Example("work_days", "2026-02-28 10:00", 1, "2026-02-28 18:00", by("receipt")),  # a Saturday that is worked
    Example("natural_days", "2026-03-09 10:00", 1, "2026-03-09 24:00", by("receipt")),
    Example("natural_days", "2026-03-09 18:00", 1, "2026-03-10 24:00", by("receipt")),
    Example("natural_days", "2026-03-14 22:00", 1, "2026-03-14 24:00", by("receipt")),
    # what comes after hours is received on the next working day
    Example("work_days", "2026-03-09 12:30", 1, "2026-03-10 18:00", by("after_office")),  # noon is not after hours
    Example("work_days", "2026-03-09 17:59:59", 1, "2026-03-10 18:00", by("after_office")),
    Example("work_days", "2026-03-09 18:00", 1, "2026-03-11 18:00", by("after_office")),
    Example("work_days", "2026-03-13 18:30", 1, "2026-03-17 18:00", by("after_office")),
    Example("work_days", "2026-03-14 10:00", 1, "2026-03-17 18:00", by("after_office")),
    Example("work_days", "2025-10-01 10:00", 1, "2025-10-10 18:00", by("after_office")),
    Example("natural_days", "2026-03-13 17:00", 1, "2026-03-14 24:00", by("after_office")),
    Example("natural_days", "2026-03-13 18:30", 1, "2026-03-17 24:00", by("after_office")),
    Example("natural_days", "2026-03-15 10:00", 1, "2026-03-17 24:00", by("after_office")),
    # the other end of the last day
    Example("work_days", "2026-03-09 10:00", 1, "2026-03-10 24:00", by(ends="midnight")),
    Example("natural_days", "2026-03-09 10:00", 1, "2026-03-10 18:00", by(ends="office")),
    Example("natural_days", "2026-03-13 10:00", 1, "2026-03-14 24:00", by(ends="office")),  # no office, so no closing
)

DEFERRALS: tuple[tuple[ClockKind, float, list[tuple[str, str | None]], str | None], ...] = (
    ("work_hours", 4, [("2026-03-09 11:00", "2026-03-09 15:00")], "2026-03-09 18:00"),  # two hours of the office's
    ("work_hours", 4, [("2026-03-09 12:00", "2026-03-09 14:00")], "2026-03-09 16:00"),  # only its lunch
    ("work_hours", 4, [("2026-03-09 15:00", "2026-03-16 09:00")], "2026-03-16 10:00"),
    ("work_hours", 4, [("2026-03-09 16:00", "2026-03-16 09:00")], "2026-03-09 16:00"),  # it had run out
    ("work_hours", 4, [("2026-03-09 16:00", None)], "2026-03-09 16:00"),
    ("work_hours", 4, [("2026-03-09 15:59", None)], None),
    ("work_hours", 4, [("2026-03-08 10:00", "2026-03-09 09:00")], "2026-03-09 16:00"),  # over before the beginning
    ("work_hours", 4, [("2026-03-08 10:00", "2026-03-09 11:00")], "2026-03-09 17:00"),
    ("work_hours", 4, [("2026-03-09 11:00", "2026-03-09 11:00")], "2026-03-09 16:00"),
    ("urgent_hours", 4, [("2026-03-09 13:00", "2026-03-11 13:00")], "2026-03-11 14:00"),
    ("work_days", 1, [("2026-03-10 09:00", "2026-03-10 11:00")], "2026-03-10 18:00"),  # not deferred when it ends
    ("work_days", 1, [("2026-03-10 17:00", "2026-03-11 09:00")], "2026-03-11 18:00"),
    ("work_days", 3, [("2026-03-11 10:00", "2026-03-13 15:00")], "2026-03-16 18:00"),
    ("work_days", 1, [("2026-03-09 11:00", "2026-03-09 19:00")], "2026-03-10 18:00"),  # that day did not count anyhow
    ("work_days", 1, [("2026-03-10 18:00", "2026-03-12 09:00")], "2026-03-10 18:00"),
    ("work_days", 1, [("2026-03-10 12:00", "2026-03-10 18:00")], "2026-03-11 18:00"),
    ("natural_days", 2, [("2026-03-11 12:00", "2026-03-12 12:00")], "2026-03-12 24:00"),
)
"""Of what was received on Monday 9 March 2026 at 10:00."""


EXAMPLES = (
    *(Example("urgent_hours", *row) for row in URGENT),
    *(Example("work_hours", *row) for row in WORK_HOURS),
    *(Example("work_days", *row) for row in WORK_DAYS),
    *(Example("natural_days", *row) for row in NATURAL_DAYS),
    *OTHER_CONVENTIONS,
)


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: f"{case.clock} {case.amount} from {case.begin}")
def test_by_hand(case: Example) -> None:
    begin, limit = at(case.begin), Limit(case.clock, case.amount)
    found = due(begin, limit, case.week)
    assert found.at == at(case.due)
    assert found.at.tzinfo is CITY
    assert due_after_pauses(begin, limit, (), case.week) == found
    assert used(begin, found.at, case.clock, case.week) == case.amount
    assert used(begin, found.at - timedelta(microseconds=1), case.clock, case.week) < case.amount


def test_microseconds_are_kept() -> None:
    begin = at("2026-03-09 11:59:59") + timedelta(microseconds=250_000)
    assert due(begin, Limit("urgent_hours", 1), WEEK).at - begin == timedelta(hours=1)
    assert due(begin, Limit("work_hours", 0.5), WEEK).at == at("2026-03-09 14:29:59") + timedelta(microseconds=250_000)


@pytest.mark.parametrize("amount", [0.1, 1 / 3, 0.7, 2.05])
def test_broken_hours_are_whole_seconds(amount: float) -> None:
    ran = due(at("2026-03-09 08:00"), Limit("urgent_hours", amount), WEEK).at - at("2026-03-09 08:00")
    assert ran == timedelta(seconds=round(amount * 3600))


# --- what the pages say -----------------------------------------------------------------------------------------------

WEEKDAYS = {
    "md": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh.md": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
LANGUAGE = {"md": "en", "zh.md": "zh"}
MOMENT = r"(\d{4}-\d\d-\d\d) (\S+) (\d\d:\d\d)"
LIMIT_AND_DUE = rf"\| ([\d.]+) ([^|]+?) \| {MOMENT} \|"
ROW = re.compile(rf"^\|(?: `(\w+)` \|)? {MOMENT} {LIMIT_AND_DUE}", re.M)
DEFERRED = re.compile(rf"^\| {MOMENT} \S+ {MOMENT} {LIMIT_AND_DUE}", re.M)


def page(ending: str) -> str:
    text = (ROOT / "docs" / f"clocks.{ending}").read_text(encoding="utf-8")
    for day, weekday, _ in re.findall(MOMENT, text):
        assert WEEKDAYS[ending][date.fromisoformat(day).weekday()] == weekday, day
    return text


def clock_called(name: str, ending: str) -> ClockKind:
    clock_of = {sentence(f"clock_{clock}", LANGUAGE[ending]): clock for clock in CLOCKS}
    return clock_of[name if name in clock_of else f"{name}s"]


def told(ending: str) -> list[Example]:
    """What the page says about what is received when."""
    return [
        Example(
            clock_called(clock, ending),
            f"{day} {hour}",
            float(amount),
            f"{due_day} {due_hour}",
            by(convention) if convention in get_args(FirstDay) else by(ends=convention or None),
        )
        for convention, day, _, hour, amount, clock, due_day, _, due_hour in ROW.findall(page(ending))
    ]


def told_of_deferrals(ending: str) -> list[tuple[ClockKind, float, list[tuple[str, str]], str]]:
    return [
        (clock_called(clock, ending), float(amount), [(f"{a} {a_hour}", f"{b} {b_hour}")], f"{due_day} {due_hour}")
        for a, _, a_hour, b, _, b_hour, amount, clock, due_day, _, due_hour in DEFERRED.findall(page(ending))
    ]


@pytest.mark.parametrize("ending", LANGUAGE)
def test_pages_for_dispatchers_say_what_the_tests_hold(ending: str) -> None:
    rows = told(ending)
    assert len(rows) == 28
    assert {row.clock for row in rows} == set(CLOCKS)
    assert not [row for row in rows if row not in EXAMPLES]
    deferred = told_of_deferrals(ending)
    assert len(deferred) == 4
    assert not [row for row in deferred if row not in DEFERRALS]
    assert (rows, deferred) == (told("md"), told_of_deferrals("md"))


# --- against walks over minutes and days ------------------------------------------------------------------------------

NOTICES = tomllib.loads((resources.files("geo.rules") / "holidays_cn.toml").read_text(encoding="utf-8"))["year"]
HOLIDAYS = [holiday for year in NOTICES.values() for holiday in year["holiday"]]
OFF = {
    holiday["first"] + timedelta(days=later)
    for holiday in HOLIDAYS
    for later in range((holiday["last"] - holiday["first"]).days + 1)
}
WORKED = {day for holiday in HOLIDAYS for day in holiday["working"]}
NEW_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001  # walls of a city without summer time


def is_worked(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in OFF)


def is_office(wall: datetime) -> bool:
    return is_worked(wall.date()) and (8 <= wall.hour < 12 or 14 <= wall.hour < 18)


def minutes() -> Iterator[datetime]:
    yield from (NEW_YEAR + timedelta(minutes=minute) for minute in range(3 * 366 * 24 * 60))


OFFICE_MINUTES = np.array([minute for minute, wall in enumerate(minutes()) if is_office(wall)])
"""Every minute of 2024 to 2026 in which the office is open."""

near_a_holiday = st.sampled_from(sorted(OFF | WORKED)).flatmap(
    lambda day: st.integers(-6, 3).map(lambda later: day + timedelta(days=later))
)
any_day = st.dates(date(2024, 1, 1), date(2026, 11, 30))
begins = st.builds(
    lambda day, minute: datetime.combine(max(day, NEW_YEAR.date()), wall_time()) + timedelta(minutes=minute),
    near_a_holiday | any_day,
    st.sampled_from([0, 479, 480, 719, 720, 839, 840, 1079, 1080, 1439]) | st.integers(0, 1439),
)
"""By the wall clock of the city."""


@settings(deadline=None, max_examples=500)
@given(begins, st.integers(1, 400))
def test_work_hours_against_every_minute(begin: datetime, quarters: int) -> None:
    from_minute = int((begin - NEW_YEAR).total_seconds()) // 60
    left = OFFICE_MINUTES[from_minute <= OFFICE_MINUTES]
    if len(left) < quarters * 15:
        return  # beyond the minutes that were walked
    end = NEW_YEAR + timedelta(minutes=int(left[quarters * 15 - 1]) + 1)
    found = due(begin.replace(tzinfo=CITY), Limit("work_hours", quarters / 4), WEEK)
    assert found.at == end.replace(tzinfo=CITY)


def walked_days(begin: datetime, days: int, clock: ClockKind, first: FirstDay, ends: DayEnd) -> datetime:
    """The end of the last day, walked one by one."""
    day = begin.date()
    one = timedelta(days=1)
    is_late = is_worked(day) and begin.hour >= 18
    if first == "after_office" and (is_late or not is_worked(day)):
        day += one
        while not is_worked(day):
            day += one
    if first != "receipt" or is_late:
        day += one
    left = days
    while True:
        left -= clock == "natural_days" or is_worked(day)
        if left == 0:
            break
        day += one
    if ends == "office" and is_worked(day):
        return datetime.combine(day, wall_time(18))
    return datetime.combine(day + one, wall_time())


@settings(deadline=None, max_examples=600)
@given(
    begins,
    st.integers(1, 40),
    st.sampled_from(sorted(DAY_CLOCKS)),
    st.sampled_from(get_args(FirstDay)),
    st.sampled_from(get_args(DayEnd)),
)
def test_days_against_a_walk(begin: datetime, days: int, clock: ClockKind, first: FirstDay, ends: DayEnd) -> None:
    found = due(begin.replace(tzinfo=CITY), Limit(clock, days), by(first, ends))
    assert found.at.replace(tzinfo=None) == walked_days(begin, days, clock, first, ends)


Walls = list[tuple[datetime, datetime | None]]


def walked(begin: datetime, clock: ClockKind, amount: int, pauses: Walls) -> datetime | None:
    """Minutes of an hour clock, or ends of days, one by one; None if a deferral that has no end comes in between."""
    wall, left = begin, amount
    for _ in range(90 * 24 * 60):
        after = wall + timedelta(minutes=1)
        if any(pause <= wall and end is None for pause, end in pauses):
            return None
        if clock in DAY_CLOCKS:
            ends = (
                after.hour == after.minute == 0 if clock == "natural_days" else after.hour == 18 and after.minute == 0
            )
            counts = ends and wall.date() > begin.date() and (clock == "natural_days" or is_worked(wall.date()))
            is_deferred = any(pause < after <= (end or after) for pause, end in pauses)
        else:
            counts = clock == "urgent_hours" or is_office(wall)
            is_deferred = any(pause <= wall < (end or after) for pause, end in pauses)
        left -= counts and not is_deferred
        wall = after
        if left == 0:
            return wall
    raise AssertionError("walked too far")


pauses_after = st.lists(
    st.tuples(st.integers(-600, 6000), st.none() | st.sampled_from([0, 1, 60]) | st.integers(0, 4000)), max_size=4
)
"""Minutes after the beginning, and minutes that they last; None: no end."""


@settings(deadline=None, max_examples=120)
@given(begins, st.sampled_from(CLOCKS), st.integers(1, 5), pauses_after)
def test_deferrals_against_every_minute(
    begin: datetime, clock: ClockKind, amount: int, lasting: list[tuple[int, int | None]]
) -> None:
    walls: Walls = [
        (
            begin + timedelta(minutes=later),
            None if minutes is None else begin + timedelta(minutes=later + minutes),
        )
        for later, minutes in lasting
    ]
    pauses: list[Pause] = [
        (pause.replace(tzinfo=CITY), None if end is None else end.replace(tzinfo=CITY)) for pause, end in walls
    ]
    found = due_after_pauses(begin.replace(tzinfo=CITY), Limit(clock, amount), pauses, WEEK)
    end = walked(begin, clock, amount if clock in DAY_CLOCKS else amount * 60, walls)
    assert (found and found.at.replace(tzinfo=None)) == end


# --- deferrals by hand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clock", "amount", "pauses", "end"), DEFERRALS)
def test_deferrals_by_hand(
    clock: ClockKind, amount: float, pauses: list[tuple[str, str | None]], end: str | None
) -> None:
    spans = [(at(pause), None if until is None else at(until)) for pause, until in pauses]
    found = due_after_pauses(at("2026-03-09 10:00"), Limit(clock, amount), spans, WEEK)
    assert (found and found.at) == (end and at(end))


def test_a_deferral_of_long_ago_changes_nothing() -> None:
    begin, limit = at("2026-03-09 10:00"), Limit("work_hours", 6)
    long_ago = [(at("1985-01-01 00:00"), at("1985-01-02 00:00"))]
    assert due_after_pauses(begin, limit, long_ago, WEEK) == due(begin, limit, WEEK)


def test_a_deferral_in_pieces_is_one() -> None:
    begin, limit = at("2026-03-09 10:00"), Limit("work_hours", 6)
    whole = [(at("2026-03-09 11:00"), at("2026-03-11 09:30"))]
    pieces = [
        (at("2026-03-10 08:00"), at("2026-03-11 09:30")),
        (at("2026-03-09 11:00"), at("2026-03-09 15:00")),
        (at("2026-03-09 15:00"), at("2026-03-10 10:00")),
        (at("2026-03-09 16:00"), at("2026-03-09 17:00")),
    ]
    assert due_after_pauses(begin, limit, pieces, WEEK) == due_after_pauses(begin, limit, whole, WEEK)
    assert due_after_pauses(begin, limit, [*pieces, (at("2026-03-10 09:00"), None)], WEEK) is None


# --- properties -------------------------------------------------------------------------------------------------------

limits = st.one_of(
    st.builds(Limit, st.sampled_from(["urgent_hours", "work_hours"]), st.integers(1, 3000).map(lambda m: m / 20)),
    st.builds(Limit, st.sampled_from(sorted(DAY_CLOCKS)), st.integers(1, 60)),
)
weeks = st.builds(by, st.sampled_from(get_args(FirstDay)), st.sampled_from(get_args(DayEnd)))
seconds = st.integers(int(at("2024-01-01 00:00").timestamp()), int(at("2026-12-31 00:00").timestamp()))


@settings(deadline=None)
@given(st.lists(seconds, max_size=40), limits, weeks)
def test_many_at_once_are_each_by_itself_and_later_ones_are_due_no_earlier(
    begins_s: list[int], limit: Limit, week: OfficeWeek
) -> None:
    found = due_of(np.array(begins_s, dtype=np.int64), limit, week)
    each = [due(datetime.fromtimestamp(begin, CITY), limit, week).at.timestamp() for begin in begins_s]
    assert found.tolist() == each
    assert found.dtype == np.int64
    assert all(end > begin for begin, end in zip(begins_s, each, strict=True))
    order = np.argsort(begins_s)
    assert (np.diff(found[order]) >= 0).all()


@settings(deadline=None)
@given(seconds, limits, limits, weeks)
def test_more_takes_longer(begin_s: int, limit: Limit, other: Limit, week: OfficeWeek) -> None:
    begin = datetime.fromtimestamp(begin_s, CITY)
    short, long = sorted((limit.amount, limit.amount + int(other.amount) + 1))
    assert due(begin, Limit(limit.clock, short), week).at < due(begin, Limit(limit.clock, long), week).at


@settings(deadline=None)
@given(seconds, limits, weeks, st.integers(0, 10**6))
def test_what_is_used_grows_to_the_limit(begin_s: int, limit: Limit, week: OfficeWeek, later_s: int) -> None:
    begin = datetime.fromtimestamp(begin_s, CITY)
    end = due(begin, limit, week).at
    assert used(begin, end, limit.clock, week) == limit.amount
    some = used(begin, begin + timedelta(seconds=later_s), limit.clock, week)
    assert 0 <= some <= used(begin, begin + timedelta(seconds=later_s + 1), limit.clock, week)
    assert (some >= limit.amount) == (begin + timedelta(seconds=later_s) >= end)
    assert used(begin, begin - timedelta(seconds=later_s), limit.clock, week) == 0


@settings(deadline=None)
@given(seconds, limits, weeks, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_deferral_never_brings_a_deadline_forward(
    begin_s: int, limit: Limit, week: OfficeWeek, later_s: int, lasts_s: int
) -> None:
    begin = datetime.fromtimestamp(begin_s, CITY)
    pause = (begin + timedelta(seconds=later_s), begin + timedelta(seconds=later_s + lasts_s))
    plain, after = due(begin, limit, week).at, due_after_pauses(begin, limit, [pause], week)
    assert after is not None
    assert after.at >= plain
    assert (after.at == plain) or plain > pause[0]
    if after.at != plain:
        missed = used(begin, pause[1], limit.clock, week) - used(begin, pause[0], limit.clock, week)
        assert used(begin, after.at, limit.clock, week) == pytest.approx(limit.amount + missed)


def test_a_million_at_once() -> None:
    begins_s = np.linspace(at("2025-01-01 00:00").timestamp(), at("2026-12-01 00:00").timestamp(), 1_000_000).astype(
        int
    )
    for limit in (Limit("work_hours", 5), Limit("work_days", 13)):
        found = due_of(begins_s, limit, WEEK)
        assert (np.diff(found) >= 0).all()
        for row in range(0, 1_000_000, 99_991):
            assert found[row] == due(datetime.fromtimestamp(int(begins_s[row]), UTC), limit, WEEK).at.timestamp()


def test_none_at_once() -> None:
    assert due_of(np.zeros(0, dtype=np.int64), Limit("work_days", 1), WEEK).tolist() == []


# --- zones ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_city_counts_and_the_asker_is_answered_in_his_own_zone(clock: ClockKind) -> None:
    begin = at("2026-03-09 07:30")  # in UTC still the day before
    here, there = (due(moment, Limit(clock, 3), WEEK).at for moment in (begin, begin.astimezone(UTC)))
    assert here == there
    assert there.tzinfo is UTC


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_the_zone_of_the_machine_plays_no_part(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        geo.compute.cases.dials._office.cache_clear()  # laid out anew
        geo.compute.cases.dials._dial.cache_clear()
        found = [due(at("2025-09-30 17:00"), Limit(clock, 2), WEEK).at for clock in CLOCKS]
        begins_s = np.array([int(at("2025-09-30 17:00").timestamp())])
        many = [int(due_of(begins_s, Limit(clock, 2), WEEK)[0]) for clock in CLOCKS]
    time.tzset()
    assert found == [at(text) for text in
                     ("2025-09-30 19:00", "2025-10-09 09:00", "2025-10-10 18:00", "2025-10-02 24:00")]  # fmt: skip
    assert many == [int(moment.timestamp()) for moment in found]


def test_summer_time() -> None:
    """In Berlin 29 March 2026 has 23 hours and 25 October has 25. No calendar of days off is known there."""
    berlin, week = ZoneInfo("Europe/Berlin"), office_week("Europe/Berlin")
    assert week.calendar is None

    def wall(*parts: int) -> datetime:
        return datetime(2026, *parts, tzinfo=berlin)  # type: ignore[misc,arg-type]

    assert due(wall(3, 28, 12), Limit("urgent_hours", 24), week).at == wall(3, 29, 13)
    assert due(wall(10, 24, 12), Limit("urgent_hours", 24), week).at == wall(10, 25, 11)
    assert due(wall(3, 27, 17), Limit("work_hours", 2), week).at == wall(3, 30, 9)
    assert due(wall(3, 27, 17), Limit("work_days", 1), week).at == wall(3, 30, 18)
    assert due(wall(3, 28, 12), Limit("natural_days", 1), week).at == wall(3, 30)
    assert due(wall(10, 1, 12), Limit("work_days", 1), week) == (due(wall(10, 1, 13), Limit("work_days", 1), week))
    assert due(wall(10, 1, 12), Limit("work_days", 1), week).is_calendar_sure


# --- how sure the calendar is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "limit", "is_sure"),
    [
        ("2025-12-01 10:00", Limit("work_days", 60), True),
        ("2026-12-21 10:00", Limit("work_days", 3), True),  # Thursday 24 December
        ("2026-12-21 10:00", Limit("work_days", 4), False),  # a notice of 2027 may speak of these days
        ("2026-12-30 10:00", Limit("work_days", 3), False),
        ("2026-12-30 10:00", Limit("work_hours", 40), False),
        ("2026-12-30 10:00", Limit("urgent_hours", 400), True),  # no day off makes a difference
        ("2026-12-30 10:00", Limit("natural_days", 30), True),
        ("2023-12-29 10:00", Limit("work_days", 5), False),  # 2024 is known, 2023 is not
        ("2035-03-01 10:00", Limit("work_hours", 1), False),
    ],
)
def test_whether_the_notices_are_known(begin: str, limit: Limit, is_sure: bool) -> None:
    assert due(at(begin), limit, WEEK).is_calendar_sure is is_sure
    paused = due_after_pauses(at(begin), limit, [(at(begin), at(begin))], WEEK)
    assert paused is not None
    assert paused.is_calendar_sure is is_sure


def test_a_deadline_at_midnight_belongs_to_the_day_that_it_ends() -> None:
    found = due(at("2026-12-23 10:00"), Limit("work_days", 1), by(ends="midnight"))
    assert found.at == at("2026-12-25 00:00")
    assert found.is_calendar_sure


def test_a_deferral_can_take_a_deadline_into_a_year_without_notice() -> None:
    begin, limit = at("2026-12-01 10:00"), Limit("work_days", 2)
    assert due(begin, limit, WEEK).is_calendar_sure
    after = due_after_pauses(begin, limit, [(at("2026-12-02 10:00"), at("2026-12-30 10:00"))], WEEK)
    assert after is not None
    assert not after.is_calendar_sure


def test_hearsay_is_not_sure() -> None:
    known = WEEK.calendar
    assert known is not None
    hearsay = replace(known, years={**known.years, 2026: replace(known.years[2026], is_verified=False)})
    week = replace(WEEK, calendar=hearsay)
    assert not due(at("2026-03-09 10:00"), Limit("work_days", 1), week).is_calendar_sure
    assert due(at("2025-03-10 10:00"), Limit("work_days", 1), week).is_calendar_sure


def test_natural_days_are_as_sure_as_the_office_that_they_ask() -> None:
    begin, limit = at("2035-03-01 10:00"), Limit("natural_days", 1)
    assert due(begin, limit, by()).is_calendar_sure
    assert not due(begin, limit, by("receipt")).is_calendar_sure
    assert not due(begin, limit, by(ends="office")).is_calendar_sure


# --- countdown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "now", "end", "wall", "amount", "resumes"),
    [
        ("work_hours", "2026-03-09 10:00", "2026-03-09 16:00", 6, 4, None),
        ("work_hours", "2026-03-09 12:00", "2026-03-09 16:00", 4, 2, "2026-03-09 14:00"),
        ("work_hours", "2026-03-13 18:00", "2026-03-16 09:00", 63, 1, "2026-03-16 08:00"),
        ("work_hours", "2025-10-03 09:00", "2025-10-09 09:00", 144, 1, "2025-10-09 08:00"),
        ("work_hours", "2026-03-09 16:00", "2026-03-09 16:00", 0, 0, None),
        ("work_hours", "2026-03-09 19:00", "2026-03-09 16:00", -3, 0, None),
        ("urgent_hours", "2026-03-13 18:00", "2026-03-16 09:00", 63, 63, None),
        ("work_days", "2026-03-09 10:00", "2026-03-10 18:00", 32, 1, None),
        ("work_days", "2026-03-10 00:00", "2026-03-10 18:00", 18, 0, None),  # today is the last
        ("work_days", "2026-03-13 18:00", "2026-03-17 18:00", 96, 2, None),  # Monday and Tuesday
        ("natural_days", "2026-03-13 18:00", "2026-03-16 24:00", 78, 3, None),
        ("natural_days", "2026-03-16 00:00", "2026-03-16 24:00", 24, 0, None),
        ("natural_days", "2026-03-17 00:00", "2026-03-16 24:00", 0, 0, None),
    ],
)
def test_what_is_left(clock: ClockKind, now: str, end: str, wall: float, amount: float, resumes: str | None) -> None:
    left = remaining(at(end), at(now), clock, WEEK)
    assert left.wall == timedelta(hours=wall)
    assert left.amount == amount
    assert left.resumes_at == (resumes and at(resumes))
    assert is_breached(at(end), at(now)) is (wall < 0)


@settings(deadline=None)
@given(seconds, st.integers(1, 400), st.integers(0, 10**6))
def test_what_has_run_and_what_is_left_are_the_limit(begin_s: int, quarters: int, later_s: int) -> None:
    begin, limit = datetime.fromtimestamp(begin_s, CITY), Limit("work_hours", quarters / 4)
    end = due(begin, limit, WEEK).at
    now = min(begin + timedelta(seconds=later_s), end)
    left = remaining(end, now, "work_hours", WEEK)
    assert used(begin, now, "work_hours", WEEK) + left.amount == pytest.approx(limit.amount)
    if left.resumes_at:
        assert used(now, left.resumes_at, "work_hours", WEEK) == 0
        assert used(now, left.resumes_at + timedelta(seconds=1), "work_hours", WEEK) > 0


def test_the_moment_itself_is_in_time() -> None:
    end = at("2026-03-10 18:00")
    assert not is_breached(end, end)
    assert not is_breached(end, end.astimezone(UTC))
    assert is_breached(end, end + timedelta(microseconds=1))


def test_midnight_belongs_to_the_day_that_it_ends() -> None:
    assert written(at("2026-03-10 24:00")) == "2026-03-10 24:00"
    assert written(at("2026-03-11 00:01")) == "2026-03-11 00:01"


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "amount", "key"),
    [
        ("hours", 1, "clock_unknown"),
        ("", 1, "clock_unknown"),
        ("urgent_hours", 0, "limit_amount"),
        ("work_hours", -1, "limit_amount"),
        ("work_hours", float("nan"), "limit_amount"),
        ("work_hours", float("inf"), "limit_amount"),
        ("work_hours", 20_001, "limit_amount"),
        ("work_days", 2501, "limit_amount"),
        ("work_days", "15", "limit_amount"),
        ("work_days", True, "limit_amount"),
        ("work_days", None, "limit_amount"),
        ("work_days", 1.5, "limit_days_broken"),
        ("natural_days", 0.5, "limit_days_broken"),
    ],
)
def test_no_limit(clock: str, amount: object, key: str) -> None:
    with pytest.raises(Refused) as refused:
        Limit(clock, amount)  # type: ignore[arg-type]
    assert refused.value.key == key
    assert all(refused.value.in_language(language) for language in LANGUAGES)


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_longest_limits_can_be_counted(clock: ClockKind) -> None:
    found = due(at("2030-01-07 08:00"), Limit(clock, longest(clock)), WEEK)  # a Monday; only weekends are known of then
    days = {"urgent_hours": 3650, "work_hours": 499 * 7 + 4, "work_days": 500 * 7, "natural_days": 3650}[clock]
    assert found.at.date() - date(2030, 1, 7) in {timedelta(days=days), timedelta(days=days + 1)}
    if clock == "work_hours":
        assert found.at == at("2030-01-07 18:00") + timedelta(days=days)


@pytest.mark.parametrize("begin", ["1989-12-31 23:59", "0001-01-02 00:00", "2201-01-01 00:00", "9999-12-30 00:00"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_moments_outside_of_the_years(begin: str, clock: ClockKind) -> None:
    for ask in (
        lambda: due(at(begin), Limit(clock, 1), WEEK),
        lambda: used(min(at(begin), at("2026-01-01 00:00")), max(at(begin), at("2026-01-01 00:00")), clock, WEEK),
        lambda: due_after_pauses(at("2026-03-09 10:00"), Limit(clock, 1), [(at("2026-03-09 10:00"), at(begin))], WEEK),
    ):
        with pytest.raises(Refused):
            ask()


@pytest.mark.parametrize("begin_s", [-(2**63), -(10**15), 10**13, 2**63 - 1, 1_770_000_000 + 2**58])
def test_seconds_outside_of_the_years(begin_s: int) -> None:
    with pytest.raises(Refused) as refused:
        due_of(np.array([1_770_000_000, begin_s]), Limit("work_hours", 1), WEEK)
    assert refused.value.key == "moment_outside_years"


def test_a_deadline_outside_of_the_years() -> None:
    with pytest.raises(Refused) as refused:
        due(at("2199-06-01 10:00"), Limit("work_days", 2500), WEEK)
    assert refused.value.key == "moment_outside_years"
    assert "2200" in refused.value.in_language("zh")


def test_moments_without_a_zone() -> None:
    bare = at("2026-03-09 10:00").replace(tzinfo=None)
    limit = Limit("work_hours", 1)
    for ask in (
        lambda: due(bare, limit, WEEK),
        lambda: is_breached(bare, at("2026-03-09 10:00")),
        lambda: due_after_pauses(at("2026-03-09 10:00"), limit, [(bare, None)], WEEK),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.key == "moment_without_zone"


def test_a_deferral_that_ends_before_it_begins() -> None:
    with pytest.raises(Refused) as refused:
        due_after_pauses(
            at("2026-03-09 10:00"),
            Limit("work_hours", 1),
            [(at("2026-03-09 12:00"), at("2026-03-09 11:00"))],
            WEEK,
        )
    assert refused.value.key == "pause_backwards"


def test_an_office_that_is_never_open() -> None:
    with pytest.raises(Refused) as refused:
        replace(WEEK, spells_of_weekday=((),) * 7)
    assert refused.value.key == "office_never_open"


@pytest.mark.parametrize("spells", [((12, 8),), ((8, 8),), ((14, 18), (8, 12)), ((8, 12), (11, 18))])
def test_office_hours_out_of_order(spells: tuple[tuple[int, int], ...]) -> None:
    wrong = tuple((wall_time(begin), wall_time(end)) for begin, end in spells)
    with pytest.raises(Refused) as refused:
        replace(WEEK, spells_of_weekday=(*WEEK.spells_of_weekday[:6], wrong))
    assert refused.value.evidence == {"weekday": "Su"}


def test_an_office_open_around_the_weekend_has_no_other_days() -> None:
    """Saturday mornings only: whatever does not exist is passed over, however long that takes."""
    week = replace(WEEK, spells_of_weekday=((),) * 5 + (((wall_time(9), wall_time(10)),), ()))
    assert due(at("2026-03-09 10:00"), Limit("work_hours", 1.5), week).at == at("2026-03-21 09:30")
    assert due(at("2026-03-14 09:30"), Limit("work_days", 1), week).at == at("2026-03-21 10:00")


# --- words and examples in the code -----------------------------------------------------------------------------------


def test_every_clock_has_a_name_and_a_longest_limit() -> None:
    for clock in CLOCKS:
        assert len({sentence(f"clock_{clock}", language) for language in LANGUAGES}) == 2
        assert longest(clock) > 0


@pytest.mark.parametrize("module", [geo.clocks, geo.compute.cases.deadlines])
def test_examples_in_docstrings(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted >= 2
    assert outcome.failed == 0


@pytest.mark.parametrize("clock", CLOCKS)
def test_warnings_of_many_are_those_of_each(clock: ClockKind) -> None:
    zone, week = ZoneInfo("Asia/Shanghai"), office_week("Asia/Shanghai")
    seconds = np.random.default_rng(3).integers(1_767_000_000, 1_790_000_000, 60).tolist()
    begins, limit = [datetime.fromtimestamp(at_s, zone) for at_s in seconds], Limit(clock, 3)
    ends = dues(begins, limit, week)
    found = warnings(begins, ends, limit, 0.8, week)
    alone = [part_run(begin, end.at, clock, 0.8, [], week) for begin, end in zip(begins, ends, strict=True)]
    assert found == [at.replace(microsecond=0) for at in alone]
