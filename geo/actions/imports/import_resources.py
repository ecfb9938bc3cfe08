"""Import teams and vehicles with their last positions, and posts of professionals with the grids assigned to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, land_rows
from geo.actions.posts.assign_grids import assign, meaning_of
from geo.files.read import read_table
from geo.imports.options import ImportOptions
from geo.imports.places import Town
from geo.imports.report import Fault, ImportReport
from geo.imports.resources import read_resources
from geo.imports.rows import Reading
from geo.store import assignments, resources
from geo.store.areas import town_shape
from geo.store.database import Database
from geo.store.resources import hold_positions
from geo.store.tables import resource


def import_resources(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of teams, vehicles and posts, in one transaction.

    Where it has a column of grids, these are the posts' from the day on that the file says, else from now on, and no
    others.

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
        assignments.lock(conn)
        town = Town(town_shape(conn))
        read = read_resources(table, town, at, options.timezone, partial(meaning_of, conn))
        reading, left = _with_newer(conn, order.source, _without_older(conn, order.source, read))
        tell(0.6)
        totals = {"positions_newer": float(left)}
        given = partial(_assign, conn, order, reading)
        return land_rows(conn, order, table, reading, resource, totals=totals, beside=given)


def _assign(conn: Connection, order: Order, reading: Reading, import_id: int) -> tuple[int, dict[str, float]]:
    """Give the posts of a file their grids: how many posts changed by that alone, and how many grids are given."""
    said = {row["source_key"]: row["given"] for row in reading.rows if row.get("given") is not None}
    if not said:
        return 0, {}
    id_of = resources.ids_of_source(conn, order.source)
    touched = assign(conn, {id_of[key]: given for key, given in said.items()}, order.source, order.at, import_id)
    also = resources.touch(conn, touched, import_id, order.at)
    return also, {"grids_assigned": float(sum(len(given.grid_ids) for given in said.values()))}


def _without_older(conn: Connection, source: str, reading: Reading) -> Reading:
    """Posts of whose grids others have said something for later than the file does keep these."""
    newer = assignments.newer_of_others(conn, source)
    id_of = resources.ids_of_source(conn, source) if newer else {}
    rows, notes = [], []
    for number, row in zip(reading.number_of_row, reading.rows, strict=True):
        given, known = row.get("given"), newer.get(id_of.get(row["source_key"], 0))
        is_older = given is not None and known is not None and known > given.since
        rows.append({**row, "given": None} if is_older else row)
        if is_older:
            notes.append(Fault(number, "grids", "assigned_newer_here", {"value": row["source_key"]}))
    return replace(reading, rows=rows, notes=reading.notes + tuple(notes))


def _with_newer(conn: Connection, source: str, reading: Reading) -> tuple[Reading, int]:
    """Teams whose position here is newer than the file's keep it, whatever else the file says of them; how many."""
    known = hold_positions(conn, source)
    rows, left = [], []
    for number, row in zip(reading.number_of_row, reading.rows, strict=True):
        position_at, geom = known.get(row["source_key"], (None, None))
        is_newer = None not in (position_at, row["position_at"]) and position_at > row["position_at"]
        rows.append({**row, "position_at": position_at, "geom": geom} if is_newer else row)
        if is_newer:
            left.append(Fault(number, "position_at", "position_newer_here", {"value": row["source_key"]}))
    return replace(reading, rows=rows, notes=reading.notes + tuple(left)), len(left)
