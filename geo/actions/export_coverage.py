"""Write the current figures of coverage to a file."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection

from geo.areas import LEVELS
from geo.files.write import OutTable, write_tables
from geo.store import figures
from geo.store.areas import live_areas
from geo.store.coverage import current_run
from geo.store.database import Database
from geo.store.figures import Counts
from geo.store.grids import live_grids
from geo.words import sentence

COUNTS = tuple(field.name for field in fields(Counts))
HEADERS = ("level", "code", "name", *COUNTS, "covered_share", "air_circle_share")
EXPORTED_LEVELS = (*LEVELS[1:], "grid")


def export_coverage(db: Database, path: Path, at: datetime, language: str) -> int:
    """Figures of every city, district, subdistrict, community and grid, and of all homes together: how many rows.

    Raises
    ------
    CoverageMissing
        If nothing has been computed yet.
    BadFile
        If the file cannot be written.
    """
    with db.read() as conn:
        run = current_run(conn)
        shape_of = _shapes(conn, at)
        whole = figures.of_all(conn, run.id)
        entries = [e for level in EXPORTED_LEVELS for e in figures.by_level(conn, run.id, level, None)]
    rows = [_row("all", "", sentence("export_all", language), whole)] if whole else []
    rows += [_row(entry.level, entry.code, entry.name, entry.counts) for entry in entries]
    shapes = [shapely.MultiPolygon()] * (len(rows) - len(entries)) + [
        shape_of[e.level == "grid", e.id] for e in entries
    ]
    about = {
        "method": run.method,
        "pace": run.pace,
        "speed_m_s": run.speed_m_s,
        "minutes": run.minutes,
        "max_connector_m": run.max_connector_m,
        "air_circle_m": run.air_circle_m,
        "network_date": run.network_date or "",
        "data_date": run.data_date or "",
        "computed_at": run.computed_at.isoformat(timespec="seconds"),
        "inputs_hash": run.inputs_hash,
        "exported_at": at.isoformat(timespec="seconds"),
    }
    labels = path.suffix.lower() == ".xlsx"
    headers = [sentence(f"column_{header}", language) for header in HEADERS] if labels else HEADERS
    write_tables(path, [OutTable("coverage", headers, rows, shapes)], about)
    return len(rows)


def _shapes(conn: Connection, at: datetime) -> dict[tuple[bool, int], shapely.Geometry]:
    """(is it a grid, id) -> its polygon."""
    areas = {(False, area.id): area.shape for area in live_areas(conn)}
    return areas | {(True, grid.id): grid.shape for grid in live_grids(conn, at)}


def _row(level: str, code: str, name: str, counts: Counts) -> list[Any]:
    shares = (_share(counts.residents_covered, counts), _share(counts.residents_in_air_circle, counts))
    return [level, code, name, *(getattr(counts, field) for field in COUNTS), *shares]


def _share(part: float, counts: Counts) -> float | None:
    return part / counts.residents if counts.residents else None
