"""Import incidents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, land_rows
from geo.files.read import read_table
from geo.imports.incidents import read_incidents
from geo.imports.options import ImportOptions
from geo.imports.places import Town
from geo.imports.report import Fault, ImportReport
from geo.imports.rows import Reading
from geo.store.areas import town_shape
from geo.store.cases import rows_in_hand
from geo.store.database import Database
from geo.store.incident_tables import incident


def import_incidents(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of incidents, in one transaction.

    Raises
    ------
    BadFile
        If the file cannot be read.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    """
    order = Order("incidents", path, options, at)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell = step or (lambda _share: None)
    tell(0.3)
    with db.write() as conn:
        town = Town(town_shape(conn))
        read = read_incidents(table, town, at, options.timezone, options.secret)
        reading = _left_in_hand(conn, order.source, read)
        tell(0.6)
        return land_rows(conn, order, table, reading, incident)


def _left_in_hand(conn: Connection, source: str, reading: Reading) -> Reading:
    """Cases that are being dealt with here stay as they are: what was done to them is not undone by a file."""
    known = rows_in_hand(conn, source)
    notes = tuple(
        Fault(number, "source_key", "incident_in_hand", {"value": row["source_key"]})
        for number, row in zip(reading.number_of_row, reading.rows, strict=True)
        if row["source_key"] in known
    )
    rows = [known.get(row["source_key"], row) for row in reading.rows]
    return replace(reading, rows=rows, notes=reading.notes + notes)
