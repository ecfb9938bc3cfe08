"""Write cases to a file, as rows that a one-form platform (一表通) takes."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from geo.actions.cases.case_desk import Desk
from geo.actions.city.about_city import about_city
from geo.case_states import ENDED_STAGES
from geo.cases import Case
from geo.errors import Refused
from geo.files.write import OutTable, write_tables
from geo.grids import Grid
from geo.own_numbers import as_compared, kept_number
from geo.rules.outside import outside_rule
from geo.store import order_rows
from geo.store.case_lists import CaseFilter, list_cases
from geo.store.cases import cases_by_id
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.lists import Slice
from geo.store.order_rows import Outcome
from geo.text_masks import without_numbers
from geo.words import Term, sentence

MOST = 10_000_000
"""Cases of one file."""


def export_cases(
    db: Database, path: Path, wanted: CaseFilter, desk: Desk, at: datetime, language: str, *, most: int = MOST
) -> int:
    """The cases that a filter leaves, the newest first: how many.

    There is neither the caller's hash among the columns nor who has a case in hand. The file can be imported elsewhere
    as orders: what had ended comes in ended, what was merged is merged into the same.

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
        city = about_city(conn)
        outcomes = order_rows.outcomes_of(conn, [case.id for case in found])
    columns, numbers = outside_rule().columns, _numbers([*found, *leads.values()], desk)
    rows = []
    for case in found:
        grid = grids.get((case.plan_id or 0, case.grid_id or 0))
        told = _told(case, grid, numbers, desk, language) | _came_of_it(case, outcomes.get(case.id), desk)
        rows.append([told[column.key] for column in columns])
    headers = [column.in_language(language) for column in columns]
    about = city | _about(wanted, rows, [case.occurred_at for case in found], desk.local(at), language)
    write_tables(path, [OutTable("cases", headers, rows, [case.point for case in found])], about)
    return len(rows)


def _numbers(cases: Sequence[Case], desk: Desk) -> dict[int, str]:
    """What each case is called: its number, with its source before it where two sources have the same one."""
    kept = {case.id: kept_number(case.source_key, lambda: desk.caller_key) for case in cases}
    sources = defaultdict(set)
    for case in cases:
        sources[as_compared(kept[case.id])].add(case.source)
    return {
        case.id: kept[case.id] if len(sources[as_compared(kept[case.id])]) == 1 else f"{case.source}/{kept[case.id]}"
        for case in cases
    }


def _about(
    wanted: CaseFilter, rows: Sequence[Sequence[Any]], occurred: Sequence[datetime], at: datetime, language: str
) -> dict[str, Any]:
    """How the rows came about; the hash is the same for the same rows, whichever way they were asked for."""
    said = {name: value for name, value in asdict(wanted).items() if value is not None}
    days = [f"{moment.astimezone(at.tzinfo):%Y-%m-%d}" for moment in (min(occurred), max(occurred))] if occurred else []
    told = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    hashed = hashlib.sha256(told.encode()).hexdigest()
    return {
        "method": sentence("export_cases_method", language),
        "exported_at": at.isoformat(timespec="seconds"),
        "occurred": " – ".join(days),
        "filter": ", ".join(f"{name}={value}" for name, value in said.items()),
        "cases": len(rows),
        "rows_sha256": hashed,
        "inputs_hash": hashed,  # by the name that all files have it under
    }


def _came_of_it(case: Case, outcome: Outcome | None, desk: Desk) -> dict[str, Any]:
    """When it was sent on and when it ended, as the importer of orders reads it; one that is open has not ended."""
    ended_at = outcome.ended_at if outcome else case.stage_since
    return {
        "dispatched_at": _moment(outcome.dispatched_at if outcome else None, desk),
        "closed_at": _moment(ended_at if case.stage in ENDED_STAGES else None, desk),
        "feedback": without_numbers(outcome.feedback if outcome else None),
    }


def _told(case: Case, grid: Grid | None, numbers: Mapping[int, str], desk: Desk, language: str) -> dict[str, Any]:
    item = desk.item_of(case)
    lon, lat = case.lonlat or (None, None)
    moments = ("occurred_at", "reported_at", "stage_since", "stage_due_at", "due_at")
    return {
        **{name: _moment(getattr(case, name), desk) for name in moments},
        **{name: getattr(case, name) for name in ("channel", "item", "asset", "level", "stage")},
        **{name: without_numbers(getattr(case, name)) for name in ("text", "address", "unit")},
        "number": numbers[case.id],
        "item_name": case.category if item is None else item.in_language(language),
        "lon": lon,
        "lat": lat,
        "datum": None if lon is None else "WGS-84",
        "grid_code": None if grid is None else grid.code,
        "grid_name": None if grid is None else grid.name,
        "stage_name": Term(case.stage, "case_stage").in_language(language),
        "merged_into": numbers.get(case.merged_into_id or 0),
        "source": case.source,
    }


def _moment(at: datetime | None, desk: Desk) -> str | None:
    return None if at is None else f"{desk.local(at):%Y-%m-%d %H:%M:%S}"
