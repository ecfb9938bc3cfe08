"""Rows of teams and vehicles, and of posts of professionals with the grids that are assigned to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from geo.files.table import FileTable
from geo.imports.places import Town, points_of
from geo.imports.rows import Reading, Rows
from geo.imports.stations import hours_of
from geo.imports.values import code_of, list_of, shown, text_of, time_of, whole_number_of
from geo.rules.code_schemes import code_digits
from geo.rules.headers import plain
from geo.rules.import_limits import import_limits
from geo.rules.professionals import kind_words, professional_kinds

Row = dict[str, Any]

REQUIRED = ("source_key", "name", "kind")


class FoundCode(NamedTuple):
    """Which grids a code means at a moment."""

    grid_ids: tuple[int, ...]
    """None: no grid has or had it."""
    heirs: tuple[str, ...] = ()
    """Codes of grids that have the ground today of one that had it; none: it is in force."""


Meaning = Callable[[str, datetime], FoundCode]
"""Code and moment -> grids."""

GridsOf = Callable[[Collection[str]], Meaning]
"""What some codes mean."""


class Given(NamedTuple):
    """Grids that a file gives to a post."""

    grid_ids: tuple[int, ...]
    since: datetime
    until: datetime | None


def no_grids(_codes: Collection[str]) -> Meaning:
    """Where there are no grids."""
    return lambda _code, _at: FoundCode(())


def read_resources(
    table: FileTable,
    town: Town,
    at: datetime,
    timezone: str,
    grids_of: GridsOf = no_grids,
) -> Reading:
    """Teams and vehicles, and posts, as rows of the store; ``given`` of a row is for its assignments, None: unsaid.

    Parameters
    ----------
    table, town, at, timezone
        The file, where places may lie, now, and the city's clock.
    grids_of
        What codes of grids mean. They are given from now on where the file does not say since when.

    Raises
    ------
    BadFile
        If a column is missing, or nothing says where they are.
    Refused
        If a column burdens the people of the teams, or tells of persons (geo/burden.py).
    """
    rows = Rows(table, "resources", REQUIRED)
    kinds = [rows.read(index, "kind", resource_kind_of) for index in range(len(rows))]
    if not rows.has("position_at") and not all(kind in professional_kinds() for kind in kinds):
        rows = Rows(table, "resources", (*REQUIRED, "position_at"))  # refuses: what moves was somewhere at some time
    place = points_of(rows, town)
    found = [_resource(rows, index, at, timezone) | {"geom": place[index]} for index in range(len(rows))]
    rows.refuse_twins("source_key", [row["source_key"] for row in found])
    if rows.has("grids"):
        codes = [rows.read(index, "grids", _codes) or [] for index in range(len(rows))]
        meaning, zone = grids_of({code for some in codes for code in some}), ZoneInfo(timezone)
        for index, row in enumerate(found):
            period = _period(rows, index, at, zone)
            row["given"] = None if period is None else _given(rows, index, row["kind"], codes[index], meaning, period)
        _refuse_shared(rows, found)
    return rows.reading(found)


def _resource(rows: Rows, index: int, at: datetime, timezone: str) -> Row:
    name = partial(text_of, limit=import_limits().longest_name)
    kind = rows.need(index, "kind", resource_kind_of)
    known = professional_kinds().get(kind or "")
    is_fixed = known is not None and rows.value(index, "position_at") is None
    services = rows.read(index, "services", partial(list_of, limit=import_limits().longest_name))
    return {
        "source_key": rows.need(index, "source_key", name),
        "name": rows.need(index, "name", name),
        "kind": kind,
        "services": services or list(known.services if known else ()),
        "staff": rows.read(index, "staff", whole_number_of),
        "duty_hours": hours_of(rows, index, "duty_hours"),
        "position_at": None if is_fixed else past_time(rows, index, "position_at", at, timezone),
    }


def resource_kind_of(value: Any) -> str | None:
    """The key of a kind of posts that a file names by key, name or another word; else the word as it is.

    >>> resource_kind_of("驻格民警"), resource_kind_of("patrol")
    ('police_officer', 'patrol')
    """
    text = text_of(value, import_limits().longest_name)
    return None if text is None else kind_words().get(plain(text), text)


Period = tuple[datetime, datetime | None]


def _period(rows: Rows, index: int, since: datetime, zone: ZoneInfo) -> Period | None:
    """From when to when a row gives grids; None where that cannot be read."""
    begin = rows.read(index, "assigned_since", partial(time_of, zone=zone)) or since
    until = rows.read(index, "assigned_until", partial(time_of, zone=zone))
    if until is not None and until <= begin:
        rows.fault(index, "assigned_until", "assigned_backwards", since=_told(begin), until=_told(until))
        return None
    return begin, until


def _given(
    rows: Rows, index: int, kind: str | None, codes: Sequence[str], meaning: Meaning, period: Period
) -> Given | None:
    """What a row says of grids; None where none can be given. An empty cell says that there are none."""
    known = professional_kinds().get(kind or "")
    if known is None or not known.has_grids:
        if codes:
            named = ", ".join(one.key for one in professional_kinds().values() if one.has_grids)
            rows.fault(index, "grids", "assigned_kind_without", kind=shown(kind), kinds=named)
        return None
    begin, until = period
    found: dict[int, None] = {}
    for code in codes:
        meant = meaning(code, begin)
        if not meant.grid_ids:
            rows.fault(index, "grids", "assigned_grid_unknown", code=code, day=begin.date().isoformat())
        elif meant.heirs:
            rows.note(index, "grids", "assigned_code_old", code=code, heirs=", ".join(meant.heirs))
        found |= dict.fromkeys(meant.grid_ids)
    if known.most_grids is not None and len(found) > known.most_grids:
        rows.note(index, "grids", "assigned_many", n=len(found), most=known.most_grids, kind=known.key)
    return Given(tuple(found), begin, until)


def _codes(value: Any) -> list[str]:
    """Codes in one cell, each once."""
    parts: Sequence[Any] = [value] if isinstance(value, float) else list_of(value, import_limits().longest_text)
    return list(dict.fromkeys(code_of(part, code_digits()) for part in parts))


def _refuse_shared(rows: Rows, found: Sequence[Row]) -> None:
    """A fault for a grid that a file gives to two posts of one kind: nobody would know whose it is."""
    first: dict[tuple[str, int], int] = {}
    for index, row in enumerate(found):
        for grid_id in row["given"].grid_ids if row["given"] else ():
            key = (row["kind"], grid_id)
            if key in first:
                rows.fault(index, "grids", "assigned_twice", first=rows.number(first[key]), kind=row["kind"])
                break
            first[key] = index


def past_time(rows: Rows, index: int, name: str, at: datetime, timezone: str) -> datetime | None:
    """A moment that has been; later ones get a fault."""
    moment = rows.need(index, name, partial(time_of, zone=ZoneInfo(timezone)))
    if moment is not None and moment > at + timedelta(minutes=import_limits().future_slack_minutes):
        rows.fault(index, name, "time_in_future", value=moment.isoformat(timespec="minutes"))
        return None
    return moment


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
