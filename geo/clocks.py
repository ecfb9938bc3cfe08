"""Deadlines: four clocks, a limit on one of them, and the moment at which it runs out.

- Urgent hours (紧急工作时) run without a stop, through nights and holidays.
- Work hours (工作时) run while the office is open on a working day.
- Work days (工作日) are days with an office: weekends and days off are none, make-up working days are.
- Natural days (自然日) are all days of the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from geo.errors import Refused
from geo.rules.clocks import longest

ClockKind = Literal["urgent_hours", "work_hours", "work_days", "natural_days"]

CLOCKS: tuple[ClockKind, ...] = get_args(ClockKind)

DAY_CLOCKS: frozenset[ClockKind] = frozenset({"work_days", "natural_days"})
"""Those that count whole days."""


@dataclass(frozen=True)
class Limit:
    """How much of a clock's time something may take.

    Raises
    ------
    Refused
        If there is no such clock, or the amount is none: not a number, not above 0, beyond what geo/rules/clocks.toml
        calls the longest, or broken days.
    """

    clock: ClockKind
    amount: float
    """Hours, to the second, or whole days."""

    def __post_init__(self) -> None:
        if self.clock not in CLOCKS:
            raise Refused("clock_unknown", clock=self.clock, known=", ".join(CLOCKS))
        if not _is_number(self.amount) or not 0 < self.amount <= longest(self.clock):
            raise Refused("limit_amount", clock=self.clock, amount=self.amount, longest=longest(self.clock))
        if self.clock in DAY_CLOCKS and self.amount != int(self.amount):
            raise Refused("limit_days_broken", clock=self.clock, amount=self.amount)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Due:
    """When a limit runs out."""

    at: datetime
    """In the zone of the beginning. The moment itself is still in time."""
    is_calendar_sure: bool
    """False: the notice of days off of a year that it depends on is not known here, or from hearsay only."""


@dataclass(frozen=True)
class Remaining:
    """What is left until a deadline, for a countdown."""

    wall: timedelta
    """By the clock on the wall; below 0 when it has passed."""
    amount: float
    """On the deadline's own clock: hours that will still run, or days that begin after today (0: today is the last);
    0 when it has passed."""
    resumes_at: datetime | None
    """When work hours run on, if they stand still; None: they run, the deadline has passed, or the clock is another."""


def written(at: datetime) -> str:
    """A deadline as people read it, by its own wall clock: midnight belongs to the day that it ends.

    >>> written(datetime(2025, 9, 29))
    '2025-09-28 24:00'
    >>> written(datetime(2025, 9, 28, 18))
    '2025-09-28 18:00'
    """
    day = at - timedelta(days=1) if at.time() == time() else at
    return f"{day:%Y-%m-%d} 24:00" if day is not at else f"{at:%Y-%m-%d %H:%M}"
