"""Days off and make-up working days against the notices, and against a plain timetable counted by minutes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.hours import CLOSED, OPEN, UNSAID, fridays_of_second_weeks, open_mask, state, unsure_years
from geo.rules.holidays import WEEKDAYS, holiday_calendar

CITY = ZoneInfo("Asia/Shanghai")
OFFICE = "Mo-Fr 08:30-18:30; Sa 09:00-17:00"

STATUTORY = {2024: 11, 2025: 13, 2026: 13}
"""Days of the national regulation on holidays, raised by two from 2025 on; one on a weekend is made up for."""

OFF_IN_AUTUMN_2025 = {date(2025, 10, day) for day in range(1, 9)}
WORKED_IN_AUTUMN_2025 = {date(2025, 9, 28): 0, date(2025, 10, 11): 4}
"""Sunday as a Monday, Saturday as a Friday."""


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CITY)  # type: ignore[arg-type,misc]


def test_the_calendar_has_as_many_days_as_the_notices_say() -> None:
    calendar = holiday_calendar("CN")
    assert calendar is not None
    lengths = {
        year: [(holiday.last - holiday.first).days + 1 for holiday in said.holidays]
        for year, said in calendar.years.items()
    }
    assert lengths == {2024: [1, 8, 3, 5, 1, 3, 7], 2025: [1, 8, 3, 5, 3, 8], 2026: [3, 9, 3, 5, 3, 3, 7]}
    worked = [day for said in calendar.years.values() for holiday in said.holidays for day in holiday.working]
    assert all(day.weekday() >= 5 for day in worked)
    off = {day for day, judged in calendar.weekday_of_special.items() if judged is None}
    assert not off & set(worked)
    # working days that are taken and not given back: as many as the statutory days
    net = {
        year: sum(day.weekday() < 5 for day in off if day.year == year) - sum(day.year == year for day in worked)
        for year in calendar.years
    }
    assert net == STATUTORY


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        (at(2025, 9, 28, 10), True, at(2025, 9, 28, 18, 30)),  # a Sunday that is worked
        (at(2025, 9, 28, 20), False, at(2025, 9, 29, 8, 30)),
        (at(2025, 9, 30, 20), False, at(2025, 10, 9, 8, 30)),  # the eve: closed for eight days
        (at(2025, 10, 4, 10), False, at(2025, 10, 9, 8, 30)),  # a Saturday among days off
        (at(2025, 10, 8, 10), False, at(2025, 10, 9, 8, 30)),
        (at(2025, 10, 11, 8, 45), True, at(2025, 10, 11, 18, 30)),  # a Saturday worked by Friday's hours
        (at(2025, 10, 12, 10), False, at(2025, 10, 13, 8, 30)),
        (at(2025, 1, 27, 18, 30), False, at(2025, 2, 5, 8, 30)),  # Spring Festival
        (at(2025, 2, 8, 17, 30), True, at(2025, 2, 8, 18, 30)),
        (at(2026, 2, 14, 17, 30), True, at(2026, 2, 14, 18, 30)),
        (at(2026, 2, 15, 10), False, at(2026, 2, 24, 8, 30)),
    ],
)
def test_an_office_over_holidays(moment: datetime, is_open: bool, until: datetime) -> None:
    said = state(OFFICE, moment)
    assert (said.is_open, said.until) == (is_open, until)


@pytest.mark.parametrize(
    ("text", "day", "is_open"),
    [
        ("24/7", date(2025, 10, 3), True),
        ("Mo-Su 08:00-20:00", date(2025, 10, 3), True),
        ("Mo-Su 08:00-20:00; PH off", date(2025, 10, 8), False),
        ("PH off; Mo-Su 08:00-20:00", date(2025, 10, 8), False),
        ("Mo-Fr 08:00-17:00; PH 10:00-13:00", date(2025, 10, 7), True),
        ("Mo-Fr 08:00-17:00; Su 13:00-17:00; PH 10:00-13:00", date(2025, 10, 7), True),
        ("Mo-Fr 08:00-17:00; Su 10:00-13:00", date(2025, 10, 7), True),  # a Tuesday off, as a Sunday
        ("Mo-Fr,PH 08:00-17:00", date(2025, 10, 5), True),
        ("Mo-Fr 08:00-17:00; PH off", date(2025, 10, 9), True),
        ("Mo-Fr 08:00-17:00; PH off", date(2025, 10, 11), True),
        ("Sa-Su 08:00-17:00", date(2025, 10, 11), False),  # worked, so no weekend
        ("Fr 08:00-17:00", date(2025, 10, 11), True),
        ("Fr[2] 08:00-17:00", date(2025, 10, 10), True),
        ("Fr[2] 08:00-17:00", date(2025, 10, 11), False),  # the second Friday is not moved to the worked Saturday
        ("2025 Oct 08 08:00-17:00", date(2025, 10, 8), True),  # dates are dates
        ("Mo-Su 08:00-17:00; 2025 Oct 08 off", date(2025, 10, 8), False),
        ('Mo-Fr 08:00-17:00 "Su by phone"', date(2025, 10, 8), False),  # a comment is no rule
    ],
)
def test_whose_day_it_is(text: str, day: date, is_open: bool) -> None:
    assert state(text, datetime(day.year, day.month, day.day, 11, tzinfo=CITY)).is_open is is_open


def test_another_country_knows_nothing_of_chinese_days() -> None:
    for zone, is_open in (("Asia/Urumqi", False), ("Atlantic/Canary", True), ("UTC", True)):
        assert state(OFFICE, datetime(2025, 10, 8, 11, tzinfo=ZoneInfo(zone))).is_open is is_open


def test_what_is_not_known_of_a_year_is_said() -> None:
    text = "Mo-Fr 08:00-17:00; PH off"
    ordinary = state(text, at(2026, 11, 20, 10))
    assert ordinary.is_calendar_sure
    assert not state(text, at(2026, 12, 31, 20)).is_calendar_sure  # its end lies in a year without a notice
    assert not state(text, at(2041, 10, 7, 10)).is_calendar_sure
    assert state(text, at(2041, 10, 1, 10)).is_open is False  # statutory
    assert state(text, at(2041, 10, 7, 10)).is_open is True  # nobody knows yet
    assert unsure_years([at(2026, 12, 31), at(2027, 1, 1), at(2028, 1, 1)]) == (2027, 2028)
    assert unsure_years([datetime(2041, 1, 1, tzinfo=ZoneInfo("UTC"))]) == ()


def test_the_day_before_a_holiday_is_not_known() -> None:
    assert state("PH -1 day 10:00-12:00", at(2025, 9, 30, 11)).is_open is None


def test_the_friday_of_the_second_week_written_as_dates() -> None:
    text = f"{fridays_of_second_weeks(2026)} 09:00-11:00"
    open_days = {
        day
        for day in (date(2026, 1, 1) + timedelta(days=later) for later in range(365))
        if state(text, at(day.year, day.month, day.day, 10)).is_open
    }
    assert len(open_days) == 12
    assert date(2026, 8, 7) in open_days  # August begins on a Saturday: Fr[2] would be the 14th


Week = dict[int, tuple[int, int]]
"""Weekday -> from and until in minutes of its day; after 1440 in the next."""

weeks = st.dictionaries(
    st.integers(0, 6), st.tuples(st.integers(0, 47), st.integers(1, 24)).map(lambda s: (s[0] * 30, (s[0] + s[1]) * 30))
)


def written(week: Week) -> str:
    rules = [
        f"{WEEKDAYS[day]} {a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for day, (a, b) in sorted(week.items())
    ]
    return ", ".join(rules) or "off"  # additional rules: a night that reaches into the next day is not cut off


def judged(day: date) -> int:
    return 6 if day in OFF_IN_AUTUMN_2025 else WORKED_IN_AUTUMN_2025.get(day, day.weekday())


def timetable(week: Week, first: date, days: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Open or not in every half hour."""
    is_open = np.zeros((days + 2) * 48, dtype=np.bool_)
    for later in range(-1, days):
        begin, end = week.get(judged(first + timedelta(days=later)), (0, 0))
        base = (later + 1) * 48
        is_open[base + begin // 30 : base + end // 30] = True
    return is_open[48 : (days + 1) * 48]


@settings(max_examples=60, deadline=None)
@given(weeks, st.integers(0, 25 * 48))
def test_any_week_over_the_autumn_holidays(week: Week, half_hours: int) -> None:
    first, days = date(2025, 9, 20), 40
    expected = timetable(week, first, days)
    instants = [at(2025, 9, 20) + timedelta(minutes=30 * step) for step in range(days * 48)]
    mask = open_mask([written(week), None], instants)
    assert (mask[:, 0] == np.where(expected, OPEN, CLOSED)).all()
    assert (mask[:, 1] == UNSAID).all()
    said = state(written(week), instants[half_hours])
    assert said.is_open == expected[half_hours]
    turns = np.flatnonzero(expected[half_hours:] != expected[half_hours])
    if turns.size:
        assert said.until == instants[half_hours + int(turns[0])]


def test_a_mask_has_a_column_for_every_station() -> None:
    instants = [at(2026, 11, 23) + timedelta(hours=hour) for hour in range(168)]
    texts = ["24/7", OFFICE, None, "nonsense", OFFICE]
    mask = open_mask(texts, instants)
    assert mask.shape == (168, 5)
    assert mask.dtype == np.int8
    assert (mask[:, 0] == OPEN).all()
    assert (mask[:, [2, 3]] == UNSAID).all()
    assert (mask[:, 1] == mask[:, 4]).all()
    assert (mask[:, 1] == OPEN).sum() == 5 * 10 + 8  # full hours from 9 to 18, on Saturday from 9 to 16
    assert open_mask([], instants).shape == (168, 0)
    assert open_mask(texts, []).shape == (0, 5)


def test_the_sunday_before_a_date_is_not_moved() -> None:
    """`Oct 8-Su` is the Sunday before, 5 October, whatever days are off."""
    assert state("Oct 8-Su 08:00-17:00", at(2025, 10, 5, 11)).is_open is True
    assert state("Oct 8-Su 08:00-17:00", at(2025, 10, 8, 11)).is_open is False


ODD = ["Mo", "Fr", "Su", "-", ",", "; ", " ", "08:00-17:00", "22:00-26:00", "PH", "SH", "off", "[2]", "[-1]"]
ODD += [" +1 day", " -2 days", "Oct 1-8", "2025", "easter", "||", '"c Mo PH"', "unknown"]


@given(st.lists(st.sampled_from(ODD), max_size=8), st.integers(0, 40 * 48))
def test_any_text_gets_an_answer_on_special_days(parts: list[str], half_hours: int) -> None:
    here = at(2025, 9, 20) + timedelta(minutes=30 * half_hours)
    said = state("".join(parts), here)
    assert said.until is None or said.until > here
