"""Write cases to a file, as rows that a one-form platform (一表通) takes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from geo.actions.case_desk import Desk
from geo.cases import Case
from geo.errors import Refused
from geo.files.write import OutTable, write_tables
from geo.grids import Grid
from geo.rules.outside import outside_rule
from geo.store.case_lists import CaseFilter, list_cases
from geo.store.cases import cases_by_id
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.lists import Slice
from geo.words import Term

MOST = 10_000_000
"""Cases of one file."""


def export_cases(
    db: Database, path: Path, wanted: CaseFilter, desk: Desk, at: datetime, language: str, *, most: int = MOST
) -> int:
    """The cases that a filter leaves, the newest first: how many.

    There is neither the caller's hash among the columns nor who has a case in hand.

    Raises
    ------
    Refused
        If they are more than ``most``.
    BadFile
        If the file cannot be written.
    """
    with db.read() as conn:
        matched, found = list_cases(conn, wanted, Slice(most), due_first=False)
        if matched > most:
            raise Refused("export_cases_many", matched=matched, most=most)
        leads = cases_by_id(conn, sorted({case.merged_into_id for case in found if case.merged_into_id is not None}))
        plans = sorted({case.plan_id for case in found if case.plan_id is not None})
        grids = {(grid.plan_id, grid.id): grid for grid in grids_of_plans(conn, plans)}
    columns = outside_rule().columns
    rows = []
    for case in found:
        told = _told(case, grids.get((case.plan_id or 0, case.grid_id or 0)), leads, desk, language)
        rows.append([told[column.key] for column in columns])
    about = {"exported_at": at.isoformat(timespec="seconds"), "cases": matched}
    headers = [column.in_language(language) for column in columns]
    write_tables(path, [OutTable("cases", headers, rows, [case.point for case in found])], about)
    return len(rows)


def _told(case: Case, grid: Grid | None, leads: dict[int, Case], desk: Desk, language: str) -> dict[str, Any]:
    item = desk.item_of(case)
    lon, lat = case.lonlat or (None, None)
    into = leads.get(case.merged_into_id or 0)
    moments = ("occurred_at", "reported_at", "stage_since", "stage_due_at", "due_at")
    return {
        **{name: _moment(getattr(case, name), desk) for name in moments},
        **{name: getattr(case, name) for name in ("channel", "item", "text", "address", "level", "unit", "stage")},
        "number": case.source_key,
        "item_name": case.category if item is None else item.in_language(language),
        "lon": lon,
        "lat": lat,
        "datum": None if lon is None else "WGS-84",
        "grid_code": None if grid is None else grid.code,
        "grid_name": None if grid is None else grid.name,
        "stage_name": Term(case.stage, "case_stage").in_language(language),
        "merged_into": None if into is None else into.source_key,
        "source": case.source,
    }


def _moment(at: datetime | None, desk: Desk) -> str | None:
    return None if at is None else f"{desk.local(at):%Y-%m-%d %H:%M:%S}"
