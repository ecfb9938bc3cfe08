"""The register of orders as it is written, and as it would have been written had the city been loaded today."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

Row = dict[str, str]

NUMBER: Final = "编号"
CALLED: Final = "发生时间"
SENT: Final = "派单时间"
CLOSED: Final = "办结时间"
TIMES: Final = (CALLED, SENT, CLOSED)

_NOT_OF_ORDERS: Final = ("状态",)
"""What a list of incidents has and a hotline's file of orders has not: it tells by its times how far an order is."""


def read_rows(path: Path) -> list[Row]:
    """All rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    """Rows of one kind as a CSV file; there is at least one."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def moved(rows: Sequence[Row], columns: Sequence[str], by: timedelta) -> list[Row]:
    """Rows whose times lie so much later; empty ones stay empty."""
    later = {
        column: (lambda told: (datetime.fromisoformat(told) + by).isoformat() if told else "") for column in columns
    }
    return [{name: later[name](told) if name in later else told for name, told in row.items()} for row in rows]


def order_of(row: Row) -> Row:
    """A row as a hotline's file has it."""
    return {name: told for name, told in row.items() if name not in _NOT_OF_ORDERS}


def weekly(rows: Sequence[Row], now: datetime) -> Iterator[tuple[datetime, list[Row]]]:
    """Orders as a hotline hands them over: on each Monday at nine those with all that was known of them, the rest now.

    ``now`` by the city's clock.
    """
    monday = now.replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    cuts = [cut for weeks in range(_weeks(rows, now), -1, -1) if (cut := monday - timedelta(weeks=weeks)) < now]
    before = datetime.min.replace(tzinfo=now.tzinfo)
    for cut in (*cuts, now):
        handed = [row for row in rows if before < _last(row) <= cut]
        if handed:
            yield cut, handed
        before = cut


def _weeks(rows: Sequence[Row], now: datetime) -> int:
    return (now - min(_last(row) for row in rows)).days // 7 + 1


def _last(row: Row) -> datetime:
    """When something was last done with an order."""
    return datetime.fromisoformat(row[CLOSED] or row[SENT] or row[CALLED])
