"""Write the current figures of coverage to a file."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from sqlalchemy import Connection

from geo.actions.city.about_city import about_city
from geo.areas import LEVELS
from geo.coverage import CoverageRun
from geo.files.write import OutTable, write_tables
from geo.store import figures
from geo.store.areas import live_areas
from geo.store.coverage import current_run
from geo.store.database import Database
from geo.store.figures import ByStation, Counts
from geo.store.grids import live_grids
from geo.words import sentence

COUNTS = tuple(field.name for field in fields(Counts))
SHARES = {
    "covered_share": "residents_covered",
    "share_low": "residents_certain",
    "share_high": "residents_possible",
    "second_share": "residents_second",
    "all_kinds_share": "residents_all_kinds",
    "air_circle_share": "residents_in_air_circle",
}
"""Column -> the count that it is the share of among residents."""
HEADERS = ("level", "code", "name", *COUNTS, *SHARES)
ASPECT_HEADERS = ("level", "code", "name", "key", "residents", "residents_covered", "covered_share")
EXPORTED_LEVELS = (*LEVELS[1:], "grid")
ASPECTS = ("kind", "service")
"""What coverage can also be told by."""


class _Named(NamedTuple):
    """What a row is about."""

    level: str
    code: str
    name: str
    counts: Counts
    by_station: ByStation


def export_coverage(db: Database, path: Path, at: datetime, language: str, by: str | None = None) -> int:
    """Figures of every city, district, subdistrict, community and grid, and of all homes together: how many rows.

    Parameters
    ----------
    db
        Where the current run is.
    path
        The file; its ending is the format.
    at
        Which grids are in force.
    language
        Of the headers in XLSX; other formats keep the names of fields.
    by
        Only this level, or by ``kind`` of station or ``service``; None: every level.

    Raises
    ------
    CoverageMissing
        If nothing has been computed yet.
    BadFile
        If the file cannot be written.
    """
    with db.read() as conn:
        run, city = current_run(conn), about_city(conn)
        shape_of = _shapes(conn, at)
        whole = figures.of_all(conn, run.id)
        of_kinds = figures.by_station_of_all(conn, run.id)
        levels = [level for level in EXPORTED_LEVELS if by in (None, level, *ASPECTS)]
        entries = [e for level in levels for e in figures.by_level(conn, run.id, level, None)]
    labels = path.suffix.lower() == ".xlsx"
    named = [_Named("all", "", sentence("export_all", language), whole, of_kinds)] if whole else []
    named += [_Named(e.level, e.code, e.name, e.counts, e.by_station) for e in entries]
    if by is not None and by in ASPECTS:
        told = [row for what in named for row in _aspect_rows(what, by)]
        table = OutTable(by, _headers(ASPECT_HEADERS, language, labels=labels), told)
    else:
        shapes = [shapely.MultiPolygon()] * (len(named) - len(entries)) + [
            shape_of[e.level == "grid", e.id] for e in entries
        ]
        told = [_row(what) for what in named]
        table = OutTable("coverage", _headers(HEADERS, language, labels=labels), told, shapes)
    write_tables(path, [table], {**city, **about_run(run), "exported_at": at.isoformat(timespec="seconds")})
    return len(told)


def about_run(run: CoverageRun) -> dict[str, Any]:
    """How the figures of a run came about."""
    return {
        "method": run.method,
        "mode": run.mode,
        "surface": run.surface,
        "speed_m_s": run.speed_m_s,
        "minutes": run.minutes,
        "max_connector_m": run.max_connector_m,
        "air_circle_m": run.air_circle_m,
        "network_date": run.network_date or "",
        "data_date": run.data_date or "",
        "computed_at": run.computed_at.isoformat(timespec="seconds"),
        "inputs_hash": run.inputs_hash,
    }


def _headers(headers: tuple[str, ...], language: str, *, labels: bool) -> list[str]:
    return [sentence(f"column_{header}", language) if labels else header for header in headers]


def _shapes(conn: Connection, at: datetime) -> dict[tuple[bool, int], shapely.Geometry]:
    """(is it a grid, id) -> its polygon."""
    areas = {(False, area.id): area.shape for area in live_areas(conn)}
    return areas | {(True, grid.id): grid.shape for grid in live_grids(conn, at)}


def _row(what: _Named) -> list[Any]:
    counts = what.counts
    shares = [_share(getattr(counts, field), counts) for field in SHARES.values()]
    return [what.level, what.code, what.name, *(getattr(counts, field) for field in COUNTS), *shares]


def _aspect_rows(what: _Named, aspect: str) -> list[list[Any]]:
    counts, reached = what.counts, sorted(what.by_station.get(aspect, {}).items())
    about = (what.level, what.code, what.name)
    return [[*about, key, counts.residents, residents, _share(residents, counts)] for key, residents in reached]


def _share(part: float | None, counts: Counts) -> float | None:
    return part / counts.residents if counts.residents and part is not None else None
