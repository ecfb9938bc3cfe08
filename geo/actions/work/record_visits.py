"""Take counts of done visits, from a file or as they are sent: all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from geo.actions.city.plan_access import Hand, check_community
from geo.actions.imports.land_rows import Order, begin, refuse_faults
from geo.errors import NotFound, Refused
from geo.files.read import read_table
from geo.files.table import FileTable
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.imports.visits import in_grids, read_done, refuse_fields
from geo.store import imports, visits
from geo.store.database import Database
from geo.store.grids import live_grids
from geo.store.locate import areas_within

SENT = Path("visits-done.json")
"""What stands for the file's name in the list of imports."""

FIELDS = ("kind", "day", "number")


def import_visits(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of counts in place of those before of the same grids, kinds and days, in one transaction.

    Raises
    ------
    BadFile
        If the file cannot be read or lacks a column.
    BadRows
        If rows have faults; nothing has changed then.
    Refused
        If it says more of visits than counts, or only the good rows are to land.
    """
    if options.keep_going:
        raise Refused("visits_whole_only")
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    if step is not None:
        step(0.5)
    return _land(db, Order("visits", path, replace(options, rejected_dir=None), at), table, None)


def record_visits(db: Database, grid_id: int, sent: Sequence[Mapping[str, Any]], hand: Hand, zone: str) -> ImportReport:
    """Take counts of one grid that is in force: as an import of a file.

    Raises
    ------
    NotFound
        If there is no such grid.
    NotAllowed
        If it lies outside the hand's area.
    BadRows, Refused
        As :func:`import_visits`.
    """
    refuse_fields(sorted({name for row in sent for name in row}))
    unknown = sorted({name for row in sent for name in row} - set(FIELDS))
    if unknown:
        raise Refused("visits_field_unknown", fields=", ".join(unknown)[:200], known=", ".join(FIELDS))
    with db.read() as conn:
        grid = next((grid for grid in live_grids(conn, hand.at) if grid.id == grid_id), None)
        if grid is None:
            raise NotFound("visits_grid_none", id=grid_id)
        check_community(conn, grid.community_id, hand)
    columns = {name: [row.get(name) for row in sent] for name in FIELDS}
    table = FileTable(
        filename=SENT.name,
        columns={"grid_code": [grid.code] * len(sent), **columns},
        shapes=None,
        number_of_row=range(1, len(sent) + 1),
        crs_name=None,
    )
    options = ImportOptions(source="visits-done", actor=hand.token_name or "-", timezone=zone)
    digest = hashlib.sha256(repr((grid_id, columns)).encode()).hexdigest()
    return _land(db, Order("visits", SENT, options, hand.at, digest), table, hand.area_id)


def _land(db: Database, order: Order, table: FileTable, area_id: int | None) -> ImportReport:
    zone = ZoneInfo(order.options.timezone)
    rows, cells = read_done(table, order.at.astimezone(zone).date(), zone)
    codes = sorted({cell.code for cell in cells if cell.code is not None})
    with db.write() as conn:
        visits.lock_counts(conn)
        inside = None if area_id is None else areas_within(conn, area_id)
        reading = in_grids(rows, cells, visits.grid_spells(conn, codes), zone, inside)
        refuse_faults(order, table, reading)
        import_id = begin(conn, order)
        landing = visits.replace_done(conn, reading.rows, source=order.source, import_id=import_id, at=order.at)
        report = ImportReport(
            import_id=import_id,
            kind=order.kind,
            source=order.source,
            filename=order.path.name,
            read=reading.read,
            added=landing.added,
            changed=landing.changed,
            unchanged=landing.unchanged,
            rejected=0,
            missing=landing.missing,
            retired=landing.retired,
            notes=reading.notes,
            totals={"visits_done": float(sum(row["number"] for row in reading.rows))},
        )
        return imports.close_batch(conn, import_id, report)
