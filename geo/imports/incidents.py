"""Rows of incidents. Numbers that name a person are taken out of text and number before anything is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any

from geo.files.table import FileTable
from geo.imports.places import Town, points_of
from geo.imports.resources import past_time
from geo.imports.rows import Reading, Rows
from geo.imports.values import CellError, own_number_of, shown, text_of, word_of
from geo.own_numbers import kept_number
from geo.rules.headers import plain
from geo.rules.import_limits import import_limits
from geo.rules.incident_categories import incident_categories
from geo.text_masks import Masked, masked

Row = dict[str, Any]


def read_incidents(table: FileTable, town: Town, at: datetime, timezone: str, secret: Callable[[], bytes]) -> Reading:
    """Incidents as rows of the store; ``secret`` tells masked numbers apart.

    Raises
    ------
    BadFile
        If a column is missing, or nothing says where they happened.
    """
    rows = Rows(table, "incidents", required=("source_key", "occurred_at", "category"))
    found = [
        {
            "source_key": _number(rows, index, secret),
            "occurred_at": _occurred_at(rows, index, at, timezone),
            "category": rows.need(index, "category", category_of),
            "text": _text(rows, index),
            **_standing(rows, index),
            "geom": point,
        }
        for index, point in enumerate(points_of(rows, town))
    ]
    rows.refuse_twins("source_key", [row["source_key"] for row in found])
    return rows.reading(found)


def _number(rows: Rows, index: int, secret: Callable[[], bytes]) -> str | None:
    """The source's own number; that of a person in it is masked."""
    number = rows.need(index, "source_key", partial(own_number_of, limit=import_limits().longest_name))
    if number is None:
        return None
    _note_masked(rows, index, "source_key", masked(number))
    return kept_number(number, secret)


def _standing(rows: Rows, index: int) -> Row:
    """Open or closed as the file has it, and the stage that goes with it."""
    state = rows.read(index, "state", partial(word_of, field="state")) or "open"
    return {"state": state, "stage": "closed" if state == "closed" else "filed"}


def category_of(value: Any) -> str:
    """The key of a category that a file names by key, code, name or another word."""
    key = _category_words().get(plain(text_of(value, import_limits().longest_name) or ""))
    if key is None:
        raise CellError("category_unknown", value=shown(value))
    return key


@cache
def _category_words() -> dict[str, str]:
    entries = incident_categories().values()
    return {plain(word): e.key for e in entries for word in (e.key, e.code, e.name_en, e.name_zh, *e.words)}


def _text(rows: Rows, index: int) -> str | None:
    text = rows.read(index, "text", partial(text_of, limit=import_limits().longest_text))
    if text is None:
        return None
    found = masked(text)
    _note_masked(rows, index, "text", found)
    return found.text


def _note_masked(rows: Rows, index: int, name: str, found: Masked) -> None:
    if found.total:
        rows.note(index, name, "personal_numbers_masked", **found.counts)


def _occurred_at(rows: Rows, index: int, at: datetime, timezone: str) -> datetime | None:
    moment = past_time(rows, index, "occurred_at", at, timezone)
    oldest = import_limits().oldest_incident_year
    if moment is not None and moment.year < oldest:
        rows.fault(index, "occurred_at", "time_too_old", value=moment.isoformat(timespec="minutes"), year=oldest)
        return None
    return moment
