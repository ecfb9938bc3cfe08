"""Counts of visits done in the fictional city: most of the term that ended, its share of the one that runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from geo.visits import Standing, Term, VisitTable

_DONE_PERCENT: Final = (100, 97, 100, 88, 93)
"""Of the term that ended, dealt out in turn: here and there something is overdue."""
_PACE_PERCENT: Final = (100, 85, 70, 95)
"""Of what a steady pace would have done of the term that runs by today, likewise."""


def done_rows(table: VisitTable, first: date, codes: Collection[str]) -> list[dict[str, str]]:
    """Counts by grid, kind and day for terms of which none are told yet; none of days before the first.

    ``codes``: of the demo's own grids. Of others nothing is made up.
    """
    found = []
    for number, row in enumerate(row for row in table.rows if row.key in codes):
        for kind, (ended, running) in row.standings.items():
            before, now = table.terms[kind]
            for term, standing in ((before, ended), (now, running)):
                day = min(term.due, table.at.date())
                count = _count(term, standing, day, number)
                if row.key is not None and count and day >= first:
                    found.append({"grid_code": row.key, "kind": kind, "day": day.isoformat(), "number": str(count)})
    return found


def _count(term: Term, standing: Standing, day: date, number: int) -> int:
    """How many were done by a day; 0 where some are told, or nobody tells them."""
    if standing.done != 0 or not standing.due or day < term.first:
        return 0
    if day == term.due:
        return standing.due * _DONE_PERCENT[number % len(_DONE_PERCENT)] // 100
    passed = (day - term.first).days / ((term.due - term.first).days + 1)
    return int(standing.due * passed) * _PACE_PERCENT[number % len(_PACE_PERCENT)] // 100
