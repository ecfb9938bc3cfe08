"""Import resources that move: teams and vehicles with their last positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from geo.actions.land_rows import Order, land_rows
from geo.files.read import read_table
from geo.imports.options import ImportOptions
from geo.imports.places import Town
from geo.imports.report import Fault, ImportReport
from geo.imports.rows import Reading
from geo.imports.stations import read_resources
from geo.store.areas import town_shape
from geo.store.database import Database
from geo.store.resources import hold_positions
from geo.store.tables import resource


def import_resources(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of teams and vehicles, in one transaction.

    Raises
    ------
    BadFile
        If the file cannot be read.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    """
    order = Order("resources", path, options, at)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell = step or (lambda _share: None)
    tell(0.3)
    with db.write() as conn:
        town = Town(town_shape(conn))
        reading, left = _with_newer(conn, order.source, read_resources(table, town, at, options.timezone))
        tell(0.6)
        return land_rows(conn, order, table, reading, resource, totals={"positions_newer": left})


def _with_newer(conn: Connection, source: str, reading: Reading) -> tuple[Reading, int]:
    """Teams whose position here is newer than the file's keep it, whatever else the file says of them; how many."""
    known = hold_positions(conn, source)
    rows, left = [], []
    for number, row in zip(reading.number_of_row, reading.rows, strict=True):
        position_at, geom = known.get(row["source_key"], (row["position_at"], row["geom"]))
        is_newer = position_at > row["position_at"]
        rows.append({**row, "position_at": position_at, "geom": geom} if is_newer else row)
        if is_newer:
            left.append(Fault(number, "position_at", "position_newer_here", {"value": row["source_key"]}))
    return replace(reading, rows=rows, notes=reading.notes + tuple(left)), len(left)
