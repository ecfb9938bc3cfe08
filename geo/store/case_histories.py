"""All that is stored of cases as arrays: packed logs of their steps, which are never changed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, and_, func, select, text

from geo.case_histories import HAS_WORDS, AreaRow, CaseLogs, CaseRows, GridRow, Kind, Sayings, StepRows
from geo.store.database import sql
from geo.store.incident_tables import incident
from geo.store.packed import unpacked
from geo.units import NONE, IntArray

EPOCH_2000_US: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""From when the database counts."""

INFINITE: Final = int(np.iinfo(np.int64).max)
"""How it sends a moment that never comes; kept as it is."""

DUE_MARGIN: Final = timedelta(days=14)
"""Cases that had ended before a period are looked at if they were due so shortly before it: a notice of days off that
came later may have moved the deadline."""

STEP_BYTES: Final = 24
"""As packed_step has it (migration 0034): code, when it happened, since when it is known."""

SIZES: Final = np.dtype([("grid", ">i8"), ("before", ">i8"), ("unit", ">i4"), ("arrived", ">i4"), ("undone", ">i4")])
"""As packed_sizes has it."""

COPY_HEADER_BYTES, FIELD_COUNT_BYTES, FIELD_SIZE_BYTES = 19, 2, 4
"""Of the binary format of COPY."""

COLUMNS: Final = (
    *("id", "reported_at", "until", "grid_now", "item_size", "version_size", "unit_size", "steps_size"),
    *("items", "versions", "units", "steps", "sizes", "words"),
)


class Stored(NamedTuple):
    """Up to where cases are read: nothing else changes what is stored of them."""

    files: int
    """Changes with every file that comes in or is taken back."""
    step_id: int
    """The newest step: steps become visible in the order of their ids."""


class Read(NamedTuple):
    """Logs, and what steps said of arrivals."""

    logs: CaseLogs
    """Arrivals in it are places in ``arrivals`` until somebody reads these."""
    arrivals: Sequence[str]
    """As written."""


def stored_until(conn: Connection) -> Stored:
    """Up to where a transaction sees steps and files."""
    return Stored(*conn.execute(sql("stored_until")).one())


def changed_since(conn: Connection, since: Stored, most: int) -> list[int] | None:
    """Cases with steps since, by id; None: there are more than so many steps."""
    found = list(conn.execute(sql("changed_cases"), {"step_id": since.step_id, "most": most + 1}).scalars())
    return sorted(set(found)) if len(found) <= most else None


def read_logs(conn: Connection, since: datetime, before: datetime) -> Read:
    """All cases that may count in a period, those left out that were taken away again."""
    return _read(conn, "cases_of_period", _period(since, before))


def read_some(conn: Connection, since: datetime, before: datetime, ids: Sequence[int]) -> Read:
    """Those of some cases that may count in a period."""
    return _read(conn, "cases_by_id", {**_period(since, before), "ids": list(ids)})


def read_gone(conn: Connection, before: datetime, as_of: datetime) -> Read:
    """Cases of imports that were taken back after a moment."""
    return _read(conn, "cases_gone", {"before": before, "as_of": as_of})


def _period(since: datetime, before: datetime) -> dict[str, Any]:
    return {"since": since, "before": before, "due_since": since - DUE_MARGIN}


def _read(conn: Connection, cases: str, values: Mapping[str, Any]) -> Read:
    packed = _packed(conn, f"{sql(cases).text}\n{sql('packed_logs').text}", values)
    case_id = unpacked(packed["id"], ">i8")
    order = np.argsort(case_id, kind="stable")
    kind_no, kinds = _kinds(packed)
    unit_no, units = _numbered(_texts(packed["units"], unpacked(packed["unit_size"], ">i4")))
    rows = CaseRows(
        case_id[order],
        _since_1970(packed["reported_at"])[order],
        _since_1970(packed["until"])[order],
        unpacked(packed["grid_now"], ">i8")[order],
        kind_no[order],
        unit_no[order],
    )
    n_steps = unpacked(packed["steps_size"], ">i4") // STEP_BYTES
    steps = unpacked(packed["steps"], ">i8").reshape(-1, STEP_BYTES // 8)
    has_words = (steps[:, 0] & HAS_WORDS) != 0
    n_before = np.append(0, np.cumsum(has_words))[np.append(0, np.cumsum(n_steps))]
    n_sayings = np.diff(n_before)
    steps = steps[_places(n_steps, order)]
    sayings, arrivals, undone = _sayings(packed, np.repeat(case_id[order], n_sayings[order]), _places(n_sayings, order))
    stored = StepRows(
        np.repeat(rows.case_id, n_steps[order]),
        np.ascontiguousarray(steps[:, 0]),
        steps[:, 1] + EPOCH_2000_US,
        steps[:, 2] + EPOCH_2000_US,
    )
    return Read(CaseLogs(rows, stored, sayings, kinds, units, undone, bytes(packed["words"])), arrivals)


def _sayings(
    packed: Mapping[str, bytes], case_id: IntArray, places: IntArray
) -> tuple[Sayings, list[str], list[list[int]]]:
    """What steps said, those of a case together; how arrivals are written, and which steps are taken back."""
    sizes, words = np.frombuffer(packed["sizes"], dtype=SIZES), packed["words"]
    lengths = np.stack([sizes[name].astype(np.int64) for name in ("unit", "arrived", "undone")], axis=1)
    ends = np.cumsum(lengths).reshape(-1, 3)

    def texts(column: int) -> tuple[IntArray, list[str]]:
        """Of those that have any: (n_sayings,) which of them; -1: none."""
        number = np.full(len(sizes), NONE, dtype=np.int64)
        said = np.flatnonzero(lengths[:, column])
        number[said] = np.arange(len(said))
        last = ends[said, column]
        spans = zip((last - lengths[said, column]).tolist(), last.tolist(), strict=True)
        return number, [words[begin:end].decode() for begin, end in spans]

    arrived, arrivals = texts(1)
    undone_no, undone = texts(2)
    columns = (
        *(sizes[name].astype(np.int64) for name in ("grid", "before")),
        *(ends[:, 0] - lengths[:, 0], lengths[:, 0], arrived, undone_no),
    )
    return Sayings(case_id, *(column[places] for column in columns)), arrivals, [json.loads(one) for one in undone]


def _places(n_of_case: IntArray, order: IntArray) -> IntArray:
    """Where what belongs to cases lies, the cases in another order."""
    n = n_of_case[order]
    starts = (np.cumsum(n_of_case) - n_of_case)[order]
    places: IntArray = np.repeat(starts - (np.cumsum(n) - n), n) + np.arange(int(n.sum()))
    return places


def _kinds(packed: Mapping[str, bytes]) -> tuple[IntArray, list[Kind]]:
    versions, items = (
        _texts(packed[f"{name}s"], unpacked(packed[f"{name}_size"], ">i4")) for name in ("version", "item")
    )
    number: dict[Kind, int] = {}
    kind_no = [number.setdefault(kind, len(number)) for kind in zip(versions, items, strict=True)]
    return np.array(kind_no, dtype=np.int64), list(number)


def _numbered(texts: Sequence[str | None]) -> tuple[IntArray, list[str]]:
    """(n,) which of the different ones each is, -1 for none; and these."""
    number: dict[str, int] = {}
    found = [NONE if text is None else number.setdefault(text, len(number)) for text in texts]
    return np.array(found, dtype=np.int64), list(number)


def _texts(packed: bytes, size: IntArray) -> list[str | None]:
    """Texts that lie end to end; a size of -1: none."""
    ends = np.cumsum(np.maximum(size, 0))
    told = {}  # few are different
    pieces = [packed[end - n : end] if n >= 0 else None for end, n in zip(ends.tolist(), size.tolist(), strict=True)]
    for piece in set(pieces):
        told[piece] = None if piece is None else piece.decode()
    return [told[piece] for piece in pieces]


def _packed(conn: Connection, statement: str, values: Mapping[str, Any]) -> dict[str, bytes]:
    """One row of packed columns, fetched as it is: as text it would be twice as long."""
    compiled = text(statement).compile(dialect=conn.dialect)
    cursor, copied = conn.connection.cursor(), io.BytesIO()
    with closing(cursor):
        query = cursor.mogrify(str(compiled), values).decode()
        cursor.copy_expert(f"copy ({query}) to stdout (format binary)", copied)
    row, place, found = copied.getvalue(), COPY_HEADER_BYTES + FIELD_COUNT_BYTES, []
    for _ in COLUMNS:
        size = int.from_bytes(row[place : place + FIELD_SIZE_BYTES], "big", signed=True)
        place += FIELD_SIZE_BYTES
        found.append(row[place : place + max(size, 0)])
        place += max(size, 0)
    return dict(zip(COLUMNS, found, strict=True))


def _since_1970(packed: bytes) -> IntArray:
    at_us: IntArray = unpacked(packed, ">i8")
    return np.where(at_us == INFINITE, INFINITE, at_us + EPOCH_2000_US)


def has_report_before(conn: Connection, since: datetime, as_of: datetime) -> bool:
    """Whether anything that was reported before a period was known at a moment."""
    return bool(conn.execute(sql("has_report_before"), {"since": since, "as_of": as_of}).scalar_one())


def count_without_report(conn: Connection, since: datetime, before: datetime) -> int:
    """Incidents of a period that an import brought: nobody reported them here, so they have no history."""
    i = incident.c
    wanted = and_(i.occurred_at >= since, i.occurred_at < before, i.reported_at.is_(None), i.retired_at.is_(None))
    return int(conn.execute(select(func.count()).select_from(incident).where(wanted)).scalar_one())


def grids_as_of(conn: Connection, as_of: datetime, with_cases: Sequence[int]) -> list[GridRow]:
    """All grids that were known and in force at a moment or before, and those in which cases lie."""
    values = {"as_of": as_of, "with_cases": list(with_cases)}
    return [GridRow(*row) for row in conn.execute(sql("case_grids"), values)]


def areas_as_of(conn: Connection, as_of: datetime, held: Iterable[int]) -> list[AreaRow]:
    """All areas that there were at a moment, as they were; and those that hold some (ids), whatever the moment."""
    rows = {row["id"]: dict(row) for row in conn.execute(sql("case_areas"), {"as_of": as_of}).mappings()}
    kept = {area_id for area_id, row in rows.items() if row.pop("is_known")}
    for area_id in held:
        above: int | None = area_id
        while above is not None and above not in kept:
            kept.add(above)
            above = rows[above]["parent_id"]
    return [AreaRow(**row) for area_id, row in rows.items() if area_id in kept]
