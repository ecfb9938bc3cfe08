"""Deadlines of many cases at once, each with whether the days off it depends on are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo.clocks import Due, Limit
from geo.compute.cases.deadlines import due_at, due_of, parts_run_s
from geo.compute.cases.dials import US_PER_S
from geo.rules.clocks import OfficeWeek


def dues(begins: Sequence[datetime], limit: Limit, week: OfficeWeek) -> list[Due]:
    """When a limit runs out for each of many beginnings of whole seconds; none give none.

    Raises
    ------
    Refused
        If a deadline would reach outside of the years of the week.
    """
    zone = ZoneInfo(week.timezone)
    ends_s = due_of(np.array([int(begin.timestamp()) for begin in begins], dtype=np.int64), limit, week)
    sure: dict[tuple[date, date], bool] = {}
    found = []
    for begin, end_s in zip(begins, ends_s.tolist(), strict=True):
        days = begin.astimezone(zone).date(), datetime.fromtimestamp(end_s - 1, zone).date()
        if days not in sure:  # it depends on the days alone
            sure[days] = due_at(begin, end_s * US_PER_S, limit.clock, week).is_calendar_sure
        found.append(Due(datetime.fromtimestamp(end_s, zone), sure[days]))
    return found


def warnings(
    begins: Sequence[datetime], due_of_begin: Sequence[Due], limit: Limit, share: float, week: OfficeWeek
) -> list[datetime]:
    """When a share of a limit has run for each of many beginnings of whole seconds, to the second.

    Raises
    ------
    Refused
        As in :func:`dues`.
    """
    zone = ZoneInfo(week.timezone)
    ends_s = np.array(
        [(int(a.timestamp()), int(b.at.timestamp())) for a, b in zip(begins, due_of_begin, strict=True)], dtype=np.int64
    )
    found_s = parts_run_s(ends_s.reshape(-1, 2), limit.clock, share, week)
    return [datetime.fromtimestamp(at_s, zone) for at_s in found_s.tolist()]
