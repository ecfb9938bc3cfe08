"""Import areas: province, city, district, subdistrict, community."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, land_rows
from geo.areas import Area
from geo.files.read import read_table
from geo.imports.areas import read_areas
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.imports.rows import Reading
from geo.store import imports
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.store.tables import area


def import_areas(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of areas, in one transaction.

    Raises
    ------
    BadFile
        If the file cannot be read.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    """
    order = Order("areas", path, options, at)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell = step or (lambda _share: None)
    tell(0.3)
    with db.write() as conn:
        live = {one.code: one for one in live_areas(conn)}
        reading = read_areas(table, live, order.source)
        tell(0.6)
        return land_rows(conn, order, table, _with_parents(conn, reading, live), area)


def _with_parents(conn: Connection, reading: Reading, live: dict[str, Area]) -> Reading:
    """The rows with their parents' ids; new areas get theirs now, since they point at each other."""
    new = [row["code"] for row in reading.rows if row["code"] not in live]
    ids = {code: one.id for code, one in live.items()} | dict(
        zip(new, imports.reserve_ids(conn, area, len(new)), strict=True)
    )
    return replace(reading, rows=[_row(row, ids) for row in reading.rows])


def _row(row: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    stored = {name: value for name, value in row.items() if name not in ("row", "parent_code")}
    return {**stored, "id": ids[row["code"]], "parent_id": ids.get(row["parent_code"] or "")}
