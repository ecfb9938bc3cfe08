"""Whom a case goes to when its deadline passed, and when its unit is warned: examples by hand, holidays among them."""

from __future__ import annotations

import doctest
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import geo.compute.cases.escalation
import geo.rules.escalation
import geo.words
from geo.case_clocks import CLOCK_OF_STAGE, STAGE_CLOCKS, Passage, dues_of, warned_at
from geo.case_states import ENDED_STAGES, MOVES, STAGES, Stage
from geo.clocks import ClockKind, Limit
from geo.compute.cases.escalation import on_breach
from geo.rules.case_levels import LEVELS, Level, is_above
from geo.rules.case_needs import case_needs
from geo.rules.clocks import office_week
from geo.rules.escalation import escalation_rule
from geo.words import LANGUAGES, Span, sentence

CITY = ZoneInfo("Asia/Shanghai")
WEEK = office_week("Asia/Shanghai")
RULE = escalation_rule()
WHOLE = frozenset(LEVELS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


UP = [
    ("filed", "grid", "hard", WHOLE, "escalate", "community"),
    ("filed", "grid", "urgent", WHOLE, "escalate", "subdistrict"),
    ("dispatched", "community", "urgent", WHOLE, "escalate", "subdistrict"),
    ("escalated", "subdistrict", "hope", WHOLE, "escalate", "district"),
    ("deferred", "district", "hard", WHOLE, "escalate", "city"),
    ("returned", "community", None, {"community", "district"}, "escalate", "district"),  # no subdistrict there
    ("filed", "community", "hard", {"community"}, "escalate", "city"),  # nobody but the city
    ("handled", "community", "hard", WHOLE, "tell", "subdistrict"),  # it is done: nothing is to be sent again
    ("verified", "district", "urgent", WHOLE, "tell", "city"),
    ("collected", "community", "hard", frozenset(), "tell", "city"),  # without a place it goes nowhere
]


@pytest.mark.parametrize(("stage", "level", "need", "here", "act", "to"), UP)
def test_whom_a_case_goes_to(stage: Stage, level: Level, need: str, here: set[str], act: str, to: Level) -> None:
    found = on_breach(stage, level, need, here, RULE)
    assert found is not None
    assert (found.act, found.level, found.clock) == (act, to, CLOCK_OF_STAGE[stage])
    assert found.source


def test_it_only_ever_goes_up_by_lawful_moves_and_ends_with_the_city() -> None:
    for stage in STAGES:
        for need in (*case_needs(), None):
            for level in LEVELS:
                found = on_breach(stage, level, need, WHOLE, RULE)
                if stage in ENDED_STAGES or level == "city":
                    assert found is None
                    continue
                assert found is not None
                assert is_above(found.level, level)
                assert found.act != "escalate" or stage in MOVES["escalate"].leads_from
    assert on_breach("filed", None, "hard", WHOLE, RULE) is None
    assert set(RULE.acts) == set(STAGE_CLOCKS)


WARNED: list[tuple[ClockKind, float, str, str, str]] = [
    # clock, limit, begins, 80 % of it, all of it
    ("urgent_hours", 10, "2026-02-14 23:00", "2026-02-15 07:00", "2026-02-15 09:00"),
    ("work_hours", 5, "2026-03-09 10:00", "2026-03-09 16:00", "2026-03-09 17:00"),
    (
        "work_hours",
        2.5,
        "2025-09-30 16:00",
        "2025-09-30 18:00",
        "2025-10-09 08:30",
    ),  # over National Day
    ("work_hours", 5, "2026-02-14 15:00", "2026-02-24 09:00", "2026-02-24 10:00"),  # three hours before Spring Festival
    (
        "work_days",
        1,
        "2026-03-09 08:00",
        "2026-03-10 14:48",
        "2026-03-10 18:00",
    ),  # of 16 hours all but 3:12
    ("work_days", 1, "2026-03-13 18:00", "2026-03-16 16:24", "2026-03-16 18:00"),  # 8 of Monday's hours
    ("work_days", 1, "2025-09-30 18:00", "2025-10-09 16:24", "2025-10-09 18:00"),
    (
        "work_days",
        2,
        "2025-10-10 18:00",
        "2025-10-13 14:48",
        "2025-10-13 18:00",
    ),  # a Saturday that is worked
    ("natural_days", 4, "2025-10-01 00:00", "2025-10-05 00:00", "2025-10-06 00:00"),
]


@pytest.mark.parametrize(("clock", "amount", "begins", "warned", "due"), WARNED)
def test_when_a_unit_is_warned(clock: ClockKind, amount: float, begins: str, warned: str, due: str) -> None:
    limits = {"handle": Limit(clock, amount)}
    passages = [Passage(at(begins) - timedelta(hours=1), "filed"), Passage(at(begins), "dispatched")]
    stage = dues_of(passages, limits, WEEK).stage
    assert stage is not None
    assert (warned_at(passages, limits, {"handle": 0.8}, WEEK), stage.at) == (at(warned), at(due))
    assert warned_at(passages, limits, {"verify": 0.8}, WEEK) is None


def test_a_deferral_moves_the_warning_with_the_deadline() -> None:
    limits = {"handle": Limit("work_hours", 5)}
    told = [Passage(at("2026-03-09 10:00"), "dispatched"), Passage(at("2026-03-09 11:00"), "deferred")]
    assert warned_at(told, limits, {"handle": 0.8}, WEEK) is None  # no clock runs
    told.append(Passage(at("2026-03-11 10:00"), "dispatched"))
    # one hour had run: three more until the warning, four until the deadline
    assert warned_at(told, limits, {"handle": 0.8}, WEEK) == at("2026-03-11 15:00")


def test_each_level_has_the_whole_limit() -> None:
    limits = {"dispatch": Limit("work_hours", 2)}
    told = [Passage(at("2026-02-14 16:30"), "filed")]
    for begins, due in (
        ("2026-02-14 18:30", "2026-02-24 10:00"),  # after hours before Spring Festival: it runs when the office opens
        ("2026-02-24 10:00", "2026-02-24 12:00"),
        ("2026-02-24 17:00", "2026-02-25 09:00"),
    ):
        told.append(Passage(at(begins), "escalated"))
        found = dues_of(told, limits, WEEK).stage
        assert found is not None
        assert found.at == at(due)


def test_the_reason_is_told_in_both_languages() -> None:
    for key in ("clock_warned", "clock_told", "clock_escalated"):
        for language in LANGUAGES:
            values = {"limit": "x", "due": "y", "share": 0.8, "told": "z", "level": "v", "from_level": "w"}
            assert "{" not in sentence(key, language, **values)


def test_a_span_of_time_is_told_by_its_two_greatest_parts() -> None:
    told = sentence("helper_position_lost", "zh", minutes=Span(38_080))
    assert told == "位置为 26 天 10 小时前上报，已过期，不予派遣"
    assert Span(38_080) == 38_080


@pytest.mark.parametrize("module", [geo.compute.cases.escalation, geo.rules.escalation, geo.words])
def test_examples_of_the_code(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
