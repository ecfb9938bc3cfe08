"""Deadlines of cases: which clock runs in which stage, and what stands still."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from geo.case_clocks import CLOCK_OF_STAGE, Passage, dues_of
from geo.case_states import ENDED_STAGES, STAGES, Stage
from geo.clocks import Limit
from geo.rules.clocks import office_week

CITY = ZoneInfo("Asia/Shanghai")
WEEK = office_week("Asia/Shanghai")
LIMITS = {
    "dispatch": Limit("urgent_hours", 2),
    "handle": Limit("work_hours", 4),
    "verify": Limit("urgent_hours", 24),
    "total": Limit("urgent_hours", 100),
}


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=CITY)


def passages(*told: tuple[datetime, Stage]) -> list[Passage]:
    return [Passage(*one) for one in told]


def test_every_stage_that_is_open_has_a_clock() -> None:
    assert set(CLOCK_OF_STAGE) == set(STAGES) - set(ENDED_STAGES)


def test_filing_does_not_begin_the_clock_anew() -> None:
    found = dues_of(passages((on(2, 9), "collected"), (on(2, 10), "filed")), LIMITS, WEEK)
    assert found.stage is not None
    assert found.stage.at == on(2, 11)


def test_sending_somebody_begins_the_next_clock() -> None:
    found = dues_of(passages((on(2, 9), "filed"), (on(2, 10), "dispatched")), LIMITS, WEEK)
    assert found.stage is not None
    assert found.total is not None
    assert found.stage.at == on(2, 16)  # 10-12 and 14-16
    assert found.total.at == on(6, 13)


def test_what_came_back_from_the_unit_has_a_new_clock_to_be_sent() -> None:
    told = passages((on(2, 9), "filed"), (on(2, 10), "dispatched"), (on(2, 15), "returned"))
    found = dues_of(told, LIMITS, WEEK)
    assert found.stage is not None
    assert found.stage.at == on(2, 17)


def test_work_that_must_be_done_again_has_a_new_clock() -> None:
    told = passages((on(2, 9), "dispatched"), (on(2, 11), "handled"), (on(2, 14), "fed_back"), (on(3, 9), "dispatched"))
    found = dues_of(told, LIMITS, WEEK)
    assert found.stage is not None
    assert found.stage.at == on(3, 15)  # 9-12 and 14-15


def test_deferred_time_does_not_count() -> None:
    told = passages((on(2, 9), "dispatched"), (on(2, 10), "deferred"))
    found = dues_of(told, LIMITS, WEEK)
    assert found.stage is None
    assert found.total is None
    found = dues_of([*told, Passage(on(4, 9), "dispatched")], LIMITS, WEEK)
    assert found.stage is not None
    assert found.total is not None
    assert found.stage.at == on(4, 12)  # one hour of four had run
    assert found.total.at == on(8, 12)  # 100 hours and the 47 of the deferral after Monday 9:00


def test_the_end_leaves_what_was_due_and_opening_again_goes_on() -> None:
    told = passages((on(2, 9), "dispatched"), (on(2, 10), "handled"), (on(2, 11), "verified"), (on(2, 12), "closed"))
    closed = dues_of(told, LIMITS, WEEK)
    assert closed.stage is None
    assert closed.total is not None
    assert closed.total.at == on(6, 13)
    assert dues_of([*told, Passage(on(3, 9), "evaluated")], LIMITS, WEEK).total == closed.total
    again = dues_of([*told, Passage(on(3, 12), "dispatched")], LIMITS, WEEK)
    assert again.total is not None
    assert again.total.at == on(7, 13)  # a day later: so long was it closed


@pytest.mark.parametrize("stage", ENDED_STAGES)
def test_no_limits_no_deadlines(stage: Stage) -> None:
    assert dues_of(passages((on(2, 9), "filed"), (on(2, 10), stage)), {}, WEEK) == (None, None)
