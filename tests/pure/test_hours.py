from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Refused
from geo.hours import UNKNOWN, state, validate

CITY = ZoneInfo("Asia/Shanghai")
WEEK = "Mo-Fr 08:30-12:00,14:00-18:30; Sa 09:00-17:00"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CITY)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        (at(2026, 11, 20, 9, 0), True, at(2026, 11, 20, 12, 0)),
        (at(2026, 11, 20, 8, 30), True, at(2026, 11, 20, 12, 0)),
        (at(2026, 11, 20, 12, 0), False, at(2026, 11, 20, 14, 0)),
        (at(2026, 11, 20, 18, 29), True, at(2026, 11, 20, 18, 30)),
        (at(2026, 11, 20, 20, 0), False, at(2026, 11, 21, 9, 0)),
        (at(2026, 11, 21, 17, 0), False, at(2026, 11, 23, 8, 30)),
    ],
)
def test_a_week_with_a_noon_break_and_a_saturday(moment: datetime, is_open: bool, until: datetime) -> None:
    said = state(WEEK, moment)
    assert (said.is_open, said.until) == (is_open, until)
    assert said.opens_at == (None if is_open else until)


def test_hours_are_judged_in_the_time_zone_of_the_moment() -> None:
    moment = at(2026, 11, 20, 9, 0)
    assert state(WEEK, moment.astimezone(timezone(timedelta(hours=8)))).is_open is True
    assert state(WEEK, moment.astimezone(ZoneInfo("UTC"))).is_open is False  # 01:00 there


def test_always_open_has_no_end_and_never_open_no_beginning() -> None:
    assert state("24/7", at(2026, 1, 1)).until is None
    assert state("off", at(2026, 1, 1)).opens_at is None
    assert state("off", at(2026, 1, 1)).is_open is False


def test_over_midnight() -> None:
    said = state("Mo-Fr 22:00-02:00", at(2026, 11, 21, 1, 0))  # Saturday, still Friday's shift
    assert (said.is_open, said.until) == (True, at(2026, 11, 21, 2, 0))


@pytest.mark.parametrize(
    "text", [None, "", "周一至周五 8:00-17:00", "Mo-Fr 9-5", "unknown", '"by appointment"', "x" * 5000]
)
def test_what_is_not_known_is_not_called_closed(text: str | None) -> None:
    assert state(text, at(2026, 11, 20, 10)) == UNKNOWN


def test_a_comment_beside_times_does_not_make_them_unknown() -> None:
    assert state('Mo-Fr 08:00-17:00 "ring the bell"', at(2026, 11, 20, 10)).is_open is True
    fallback = 'Mo-Fr 08:00-17:00 || "by appointment"'
    assert state(fallback, at(2026, 11, 20, 10)).is_open is True
    assert state(fallback, at(2026, 11, 21, 10)).is_open is None


def fridays(year: int, month: int) -> list[date]:
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return [week[4] for week in weeks if week[4].month == month]


@given(st.dates(date(2025, 1, 1), date(2035, 12, 31)))
def test_the_second_friday_of_a_month(day: date) -> None:
    """Fr[2] is the second Friday: not the Friday of the second calendar week, which may lie a week earlier."""
    is_open = state("Fr[2]", at(day.year, day.month, day.day, 12)).is_open
    assert is_open == (day == fridays(day.year, day.month)[1])


def test_where_the_friday_of_the_second_calendar_week_is_another_day() -> None:
    second_week = calendar.Calendar().monthdatescalendar(2026, 8)[1]
    assert (second_week[4], fridays(2026, 8)[1]) == (date(2026, 8, 7), date(2026, 8, 14))  # 1 August is a Saturday


@pytest.mark.parametrize("text", ["", "nonsense", "Mo-Fr 9-5", "8:30-17:00周一"])
def test_unreadable_hours_are_refused_with_the_text(text: str) -> None:
    with pytest.raises(Refused) as caught:
        validate(text)
    assert caught.value.key == "hours_unreadable"
    assert text in str(caught.value)


def test_long_hours_are_refused_before_they_are_read() -> None:
    with pytest.raises(Refused) as caught:
        validate("Mo 10:00-12:00;" * 200)
    assert caught.value.key == "hours_too_long"


@pytest.mark.parametrize("text", [WEEK, "24/7", "Fr[2] 14:00-17:00", "PH off; Mo-Fr 08:00-18:30", "sunrise-sunset"])
def test_hours_of_real_stations_are_taken(text: str) -> None:
    validate(text)


TOKENS = [
    "Mo",
    "Fr",
    "-",
    ",",
    "; ",
    "08:00",
    "17:00",
    "PH",
    "off",
    "[2]",
    " ",
    "week 2",
    "Jan",
    "||",
    "24/7",
    '"c"',
    "+",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=8), st.integers(-30 * 365 * 1440, 70 * 365 * 1440))
def test_any_text_gets_an_answer_that_fits_itself(parts: list[str], minutes: int) -> None:
    here = at(2026, 1, 1) + timedelta(minutes=minutes)
    said = state("".join(parts), here)
    assert said.until is None or said.until > here
    assert said.opens_at is None or (said.is_open is False and said.opens_at == said.until)
    if said.is_open is None:
        assert said == UNKNOWN
