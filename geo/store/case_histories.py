"""The histories of cases as arrays, as they were known at a moment: read from the steps, which are never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, and_, func, select

from geo.case_histories import AreaRow, CaseHistories, GridRow, GridSaying, Saying
from geo.case_states import STAGES
from geo.store.database import sql
from geo.store.incident_tables import incident
from geo.store.packed import flags, unpacked
from geo.units import IntArray

EPOCH_2000_US: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""From when the database counts."""

DUE_MARGIN: Final = timedelta(days=14)
"""Cases that had ended before a period are looked at if they were due so shortly before it: a notice of days off that
came later may have moved the deadline."""


def read_histories(conn: Connection, since: datetime, before: datetime, as_of: datetime) -> CaseHistories:
    """All cases that may count in a period, with what was known of them at a moment."""
    values = {"since": since, "before": before, "as_of": as_of, "due_since": since - DUE_MARGIN, "stages": list(STAGES)}
    row = conn.execute(sql("case_histories"), values).one()
    passage_case = unpacked(row.passage_case, ">i8")
    # whatever has no report among its steps has no history from the beginning
    reported = passage_case[flags(row.is_report)]
    cases = _ordered(row.id, None, reported)
    passages = _ordered(row.passage_case, row.passage_seq, reported)
    return CaseHistories(
        case_id=unpacked(row.id, ">i8")[cases],
        grid_now=unpacked(row.grid_now, ">i8")[cases],
        unit_now=_only(row.unit_now, cases),
        item=_only(row.item, cases),
        version=_only(row.version, cases),
        passage_case=passage_case[passages],
        stage=unpacked(row.stage, ">i4")[passages],
        at_us=_since_1970(row.at)[passages],
        changed_later=np.intersect1d(unpacked(row.later_case, ">i8"), reported),
        **_sayings(row, reported),
    )


def _sayings(row: Row[Any], reported: IntArray) -> dict[str, Any]:
    """What steps said of the cases that were reported."""
    grid = _ordered(row.grid_case, row.grid_seq, reported)
    unit = _ordered(row.unit_case, row.unit_seq, reported)
    arrived = _ordered(row.arrived_case, row.arrived_seq, reported)
    rated = _ordered(row.rated_case, row.rated_seq, reported)
    return {
        "grids": GridSaying(
            case_id=unpacked(row.grid_case, ">i8")[grid],
            is_known=flags(row.grid_is_known)[grid],
            is_rehome=flags(row.grid_is_rehome)[grid],
            says_before=flags(row.grid_says_before)[grid],
            grid=_only(row.grid_said, grid),
            before=_only(row.grid_from, grid),
        ),
        "units": Saying(unpacked(row.unit_case, ">i8")[unit], _only(row.unit_said, unit)),
        "arrivals": Saying(unpacked(row.arrived_case, ">i8")[arrived], _only(row.arrived_said, arrived)),
        "rated_case": unpacked(row.rated_case, ">i8")[rated],
        "rated_at_us": _since_1970(row.rated_at)[rated],
        "is_satisfied": flags(row.rated_well)[rated],
    }


def _ordered(case: memoryview | None, seq: memoryview | None, reported: IntArray) -> IntArray:
    """Places of what belongs to cases that were reported, case by case, in order."""
    ids = unpacked(case, ">i8")
    keys = (ids,) if seq is None else (unpacked(seq, ">i4"), ids)
    order: IntArray = np.lexsort(keys)
    return order[np.isin(ids[order], reported)]


def _only(texts: Sequence[str | None] | None, chosen: IntArray) -> Sequence[str | None]:
    return [] if texts is None else [texts[place] for place in chosen.tolist()]


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
    return [GridRow(**row) for row in conn.execute(sql("case_grids"), values).mappings()]


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


def _since_1970(packed: memoryview | None) -> NDArray[np.int64]:
    at_us: NDArray[np.int64] = unpacked(packed, ">i8") + EPOCH_2000_US
    return at_us
