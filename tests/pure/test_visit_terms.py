"""On which days visits fall due, against the announced days off; and counts that add up."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.burden import burden_of
from geo.compute.plans.load import visits_per_month
from geo.compute.visits.counts import carried_over, hidden_kinds, shared_out, standings, targets_of_grids, visit_sums
from geo.compute.visits.terms import is_work_day, term_at, terms_around
from geo.compute.visits.tour_days import days_of_round, stops_of_places
from geo.errors import Refused
from geo.hours import fridays_of_second_weeks
from geo.imports.visits import refuse_fields
from geo.rules.figures import figure_rule
from geo.rules.holidays import holiday_calendar
from geo.rules.load import load_rule
from geo.rules.visits import visit_rule
from geo.units import NONE

CHINA = holiday_calendar("CN")
KINDS = visit_rule().kinds
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("kind", "day", "due"),
    [
        ("special_households", "2025-01-10", "2025-01-27"),  # off from the 28th: the Monday before Spring Festival
        ("special_households", "2026-02-10", "2026-02-28"),  # a Saturday that is worked
        ("special_households", "2024-08-10", "2024-08-30"),  # the 31st is a Saturday
        ("other_households", "2025-08-01", "2025-09-30"),
        ("other_households", "2026-01-01", "2026-03-31"),
        ("feedback", "2026-02-15", "2026-02-14"),  # a week of Spring Festival ends on a working Saturday
        ("feedback", "2025-09-22", "2025-09-28"),  # a working Sunday
        ("patrol", "2026-02-14", "2026-02-14"),
        ("elder_day", "2026-03-01", "2026-03-06"),  # the month begins on a Sunday: second week, first Friday
        ("elder_day", "2026-05-01", "2026-05-08"),
        ("elder_day", "2024-10-01", "2024-10-11"),
        ("elder_day", "2025-05-31", "2025-05-09"),
        ("elder_day", "2025-02-01", "2025-02-07"),
    ],
)
def test_due_days(kind: str, day: str, due: str) -> None:
    term = term_at(KINDS[kind], date.fromisoformat(day), CHINA)
    assert term is not None
    assert term.due.isoformat() == due
    assert is_work_day(term.due, CHINA)


def test_nothing_is_due_where_nothing_is_worked() -> None:
    assert term_at(KINDS["patrol"], date(2026, 2, 16), CHINA) is None
    assert term_at(KINDS["feedback"], date(2026, 2, 18), CHINA) is None  # a week that is off as a whole
    ended, running = terms_around(KINDS["patrol"], date(2026, 2, 18), CHINA)
    assert (ended.due, running.due) == (date(2026, 2, 14), date(2026, 2, 24))


def test_the_two_fridays() -> None:
    by_week = replace(KINDS["elder_day"], moves="stays")
    by_count = replace(by_week, day="second_friday")
    months = [date(year, month, 1) for year in (2025, 2026, 2027) for month in range(1, 13)]
    second = [date.fromisoformat("2026-01-09"), *()]
    terms = [(term_at(by_week, month, CHINA), term_at(by_count, month, CHINA)) for month in months]
    assert sum(week.due != count.due for week, count in terms if week and count) == 10
    for (week, count), month in zip(terms, months, strict=True):
        assert week is not None
        assert count is not None
        assert 8 <= count.due.day <= 14
        assert count.due.weekday() == calendar.FRIDAY
        assert f"{month.year} {calendar.month_abbr[month.month]} {week.due.day}" in fridays_of_second_weeks(month.year)
    assert second[0] in {week.due for week, _ in terms if week}


@pytest.mark.parametrize("moves", ["before", "after"])
def test_a_service_day_that_is_off_moves_as_the_rule_says(moves: str) -> None:
    kind = replace(KINDS["elder_day"], moves=moves)
    off = date(2024, 2, 16)  # a day of Spring Festival, worked on 9 and on Sunday 18
    kind = replace(kind, day="second_friday")
    term = term_at(kind, date(2024, 2, 1), CHINA)
    assert term is not None
    assert term.meant == date(2024, 2, 9) == term.due
    third = replace(kind, day="last_work_day", cycle="week")
    moved = term_at(third, off, CHINA)
    assert moved is not None
    assert (moved.meant, moved.due) == (date(2024, 2, 18), date(2024, 2, 18))
    festival = term_at(replace(KINDS["elder_day"], moves=moves), date(2026, 9, 1), CHINA)
    assert festival is not None
    assert festival.due == date(2026, 9, 11)


@given(st.sampled_from(sorted(KINDS)), DAYS)
@settings(max_examples=200, deadline=None)
def test_terms_follow_each_other(key: str, day: date) -> None:
    ended, running = terms_around(KINDS[key], day, CHINA)
    assert ended.due < day <= running.due
    assert ended.last < running.first
    for term in (ended, running):
        assert term.first <= term.due <= term.last
        assert is_work_day(term.due, CHINA)
    between = [running.first - timedelta(days=n) for n in range(1, (running.first - ended.last).days)]
    assert all(term_at(KINDS[key], one, CHINA) is None for one in between)


def test_a_year_of_visits_is_that_of_the_load() -> None:
    """The load of a grid and its due visits are two views of one cycle."""
    rule = load_rule()
    times = {"month": 12, "quarter": 4}
    targets = targets_of_grids(np.array([400.0]), np.array([20.0]), np.array([13.0]))
    year = sum(
        times[KINDS[key].cycle] * int(targets[KINDS[key].counts][0])
        for key in ("special_households", "other_households")
    )
    assert year == pytest.approx(12 * visits_per_month(np.array([400.0]), np.array([20.0]), rule)[0])
    assert times[KINDS["shops"].cycle] == 12 / rule.shops_every_months
    assert (KINDS["shops"].minutes, KINDS["other_households"].minutes) == (rule.minutes_of_shop, rule.minutes_of_visit)


@given(st.lists(st.floats(0, 600), min_size=1, max_size=20), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_whole_numbers_add_up(households: list[float], seed: int) -> None:
    dice = np.random.default_rng(seed)
    homes, special = np.array(households), dice.random(len(households)) * 40
    targets = targets_of_grids(homes, special, np.zeros(len(homes)))
    whole = targets["special_households"] + targets["other_households"]
    assert whole.tolist() == np.floor(homes + 0.5).tolist()
    assert (targets["other_households"] >= 0).all()
    n = int(dice.integers(0, 500))
    assert shared_out(n, homes + 0.001).sum() == n
    grid_now, was_here = dice.integers(-1, 4, len(homes)), dice.random(len(homes)) < 0.5
    parts = carried_over(n, was_here, grid_now, homes)
    assert sum(parts.values()) == n
    assert set(parts) <= {NONE, *grid_now[was_here].tolist()}


def test_standings_of_parts_and_whole() -> None:
    parent = np.array([NONE, 0, 1, 1, 0])
    due, done = np.array([0, 0, 20, 30, 7]), np.array([0, 0, 26, 10, 0])
    told = standings(visit_sums(due, done, parent), KINDS["special_households"], figure_rule())
    assert [(one.due, one.done, one.open) for one in told] == [
        (57, 36, 27),
        (50, 36, 20),
        (20, 26, 0),
        (30, 10, 20),
        (7, 0, 7),
    ]
    assert (str(told[0].percent), str(told[3].hours)) == ("47.37", "6.67")
    due_alone = standings(visit_sums(due, done, parent), KINDS["shops"], figure_rule(), is_done_told=False)
    assert (due_alone[3].due, due_alone[3].done, due_alone[3].open, str(due_alone[3].hours)) == (30, None, None, "7.50")
    patrol = standings(visit_sums(np.array([0, 0, 1, 1, 0]), done, parent), KINDS["patrol"], figure_rule())
    assert (patrol[0].due, patrol[0].done, patrol[0].open) == (2, None, None)


def hidden_of(
    parent: list[int], shown: list[bool], **numbers: list[tuple[list[int], list[int]]]
) -> dict[str, list[bool]]:
    """By kind, from what is due and done in the leaves, term by term."""
    tree = np.array(parent)
    kinds = {key: KINDS[key] for key in numbers}
    sums = {key: [visit_sums(np.array(due), np.array(done), tree) for due, done in of] for key, of in numbers.items()}
    return {key: off.tolist() for key, off in hidden_kinds(tree, kinds, sums, np.array(shown), 10).items()}


def test_terms_with_the_same_targets_hide_the_same_parts() -> None:
    due = [0, 3, 60, 45, 50]  # alone, one term would hide part 3 beside part 1 and the other part 4: then 3 follows
    ended, running = [0, 0, 0, 0, 50], [0, 0, 0, 60, 0]
    tree, everything = [NONE, 0, 0, 0, 0], [True] * 5
    apart = [hidden_of(tree, everything, shops=[(due, done)])["shops"] for done in (ended, running)]
    assert apart[0] != apart[1]
    both = hidden_of(tree, everything, shops=[(due, ended), (due, running)])["shops"]
    assert both[1]
    assert all(both[place] for off in apart for place in np.flatnonzero(off))


def test_classes_of_households_are_told_together_and_of_large_areas_alone() -> None:
    tree, shown = [NONE, 0, 0, 0, 1, 2, 3], [True, True, True, True, False, False, False]
    special, others = [0, 0, 0, 0, 6, 40, 50], [0, 0, 0, 0, 300, 400, 500]
    hidden = hidden_of(
        tree,
        shown,
        special_households=[(special, special)],
        other_households=[(others, others)],
        shops=[(others, others)],
    )
    assert hidden["special_households"] == [False, True, True, False, True, True, True]
    assert hidden["other_households"] == hidden["special_households"], "all households less the others are the special"
    assert not any(hidden["shops"])


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("签到时间", "check_in"),
        ("checkIn", "check_in"),
        ("GPS track", "track"),
        ("selfie", "forced_photo"),
        ("ranking", "ranking"),
        ("照片", "photo"),
        ("经度", "place"),
        ("网格员", "staff"),
        ("visited_by", "staff"),
        ("到达时间", "time"),
        ("走访人姓名", "staff"),
        ("visitPhoto1", "forced_photo"),
        ("现场照片", "photo"),
        ("经纬度", "place"),
        ("duration_minutes", "time"),
    ],
)
def test_burdens_are_refused_by_name(field: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_fields(["grid_code", "kind", field])
    known = burden_of(field)
    assert str(refused.value.evidence.get("why", known)) == why
    for language in ("zh", "en"):
        assert field in refused.value.in_language(language)


def test_the_fields_themselves_are_taken() -> None:
    refuse_fields(["grid_code", "kind", "day", "number", "网格编码", "走访类别", "日期", "走访户次"])


def test_a_round_over_days() -> None:
    ds = np.abs(np.arange(4)[:, None] - np.arange(4)) * 600
    calls = days_of_round(np.arange(4, dtype=np.int32), ds, np.array([0, 3, 5, 1]), 1200, 9600)
    assert [(call.stop, call.day, call.n) for call in calls] == [(1, 1, 3), (2, 1, 3), (2, 2, 2), (3, 2, 1)]
    for day in (1, 2):
        mine = [call for call in calls if call.day == day]
        assert sum(call.way_ds + 1200 * call.n for call in mine) + ds[mine[-1].stop, 0] <= 9600
    assert sum(call.n for call in calls) == 9


def test_stops_are_joined_until_there_are_few() -> None:
    xy_m = np.random.default_rng(3).random((500, 2)) * 3000
    found = stops_of_places(xy_m, 30, 50)
    assert 20 < len(np.unique(found)) <= 50
