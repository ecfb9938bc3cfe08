"""Rows of visits that were done: counts of a grid, a kind and a day; whatever else they say of them is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from geo.burden import named_among, refuse_burden
from geo.errors import Refused
from geo.files.table import FileTable
from geo.imports.rows import Reading, Rows
from geo.imports.values import CellError, code_of, shown, time_of, whole_number_of, word_of
from geo.rules.figures import figure_rule
from geo.rules.headers import plain
from geo.rules.import_limits import import_limits
from geo.rules.visits import visit_rule
from geo.visits import GridSpell
from geo.words import Term

GRID_DIGITS = (15, 16, 20)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class DoneCell:
    """A row as far as it can be read without the grids."""

    index: int
    code: str | None
    kind: str | None
    day: date | None
    number: int | None


def refuse_fields(names: Iterable[str]) -> None:
    """Refuse what nobody may say of visits: who, where, exactly when, with a photo or a track.

    Raises
    ------
    Refused
        On the first such field, with why.
    """
    names = list(names)
    refuse_burden(names)
    staff = {plain(word) for word in figure_rule().staff_words}
    for name in names:
        whys = [why for why, words in visit_rule().refused.items() if named_among(name, words)]
        for why in [*whys, *(["staff"] if plain(name) in staff else [])]:
            raise Refused("visits_field_refused", field=name[:40], why=Term(why, "visits_refused"))


def read_done(table: FileTable, today: date, zone: ZoneInfo) -> tuple[Rows, Sequence[DoneCell]]:
    """Cells of a file of done visits.

    Raises
    ------
    Refused
        If a column says what may not be said of visits, or is none that is read or passed over.
    BadFile
        If a column is missing.
    """
    refuse_fields([*table.columns, *(["geometry"] if table.shapes is not None else [])])
    rows = Rows(table, "visits", ("grid_code", "kind", "day", "number"))
    _refuse_unread(rows)
    rows.note_codes("grid_code")
    cells = [
        DoneCell(
            index,
            rows.need(index, "grid_code", partial(code_of, digits=GRID_DIGITS)),
            rows.need(index, "kind", _kind_of),
            rows.need(index, "day", partial(_day_of, today=today, zone=zone)),
            rows.need(index, "number", _number_of),
        )
        for index in range(len(rows))
    ]
    return rows, cells


def _refuse_unread(rows: Rows) -> None:
    """Refuse a column that is neither read nor passed over: what it says of visits cannot be known."""
    read, beside = set(rows.header_of_field.values()), set(map(plain, visit_rule().beside))
    unread = [header for header in rows.table.columns if header not in read and plain(header) not in beside]
    if unread:
        known = (*rows.header_of_field.values(), *visit_rule().beside)
        raise Refused("visits_field_unknown", fields=", ".join(unread)[:200], known=", ".join(known))


def in_grids(
    rows: Rows,
    cells: Sequence[DoneCell],
    spells: Mapping[str, Sequence[GridSpell]],
    zone: tzinfo,
    inside: frozenset[int] | None,
) -> Reading:
    """Rows of the store: each in the grid that had its code at the end of its day.

    Parameters
    ----------
    rows, cells
        Of the file.
    spells
        Code -> its grids, in the order of time.
    zone
        The city's: days are those of its clock.
    inside
        Communities that may be told of; None: all.
    """
    found: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    first: dict[str, int] = {}
    for cell in cells:
        if cell.code is None or cell.kind is None or cell.day is None or cell.number is None:
            continue
        begin = datetime.combine(cell.day, time(), zone).astimezone(UTC)
        end = datetime.combine(cell.day + DAY, time(), zone).astimezone(UTC)
        there = [s for s in spells.get(cell.code, ()) if s.since < end and (s.until is None or s.until > begin)]
        if not there or (inside is not None and there[-1].community_id not in inside):
            key = "visits_grid_unknown" if not there else "visits_grid_outside"
            rows.fault(cell.index, "grid_code", key, value=cell.code, day=cell.day.isoformat())
            continue
        key = f"{there[-1].grid_id} {cell.kind} {cell.day.isoformat()}"
        if key in first:
            rows.fault(cell.index, "grid_code", "visits_twice", value=cell.code, first=rows.number(first[key]))
        first.setdefault(key, cell.index)
        named = {"plan_id": there[-1].plan_id, "grid_id": there[-1].grid_id, "kind": cell.kind}
        found[cell.index] = {"source_key": key, **named, "day": cell.day, "number": cell.number}
    return rows.reading(found)


def _kind_of(value: Any) -> str:
    rule = visit_rule()
    key = word_of(value, "visit_kind")
    if key in rule.told:
        return key
    raise CellError("visits_kind_untold", value=shown(value))


def _day_of(value: Any, today: date, zone: ZoneInfo) -> date:
    at = time_of(value, zone)
    if at.time() != time():
        raise CellError("visits_time_of_day", value=shown(value))
    if not import_limits().oldest_incident_year <= at.year or at.date() > today:
        raise CellError("visits_day_bad", value=shown(value), today=today.isoformat())
    return at.date()


def _number_of(value: Any) -> int:
    number, most = whole_number_of(value), import_limits().most_work_counted
    if isinstance(value, bool) or number > most:
        raise CellError("visits_number_bad", value=shown(value), most=most)
    return number
