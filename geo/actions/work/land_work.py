"""Land counts of work: all of them or none, in place of those before, with a report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, begin, refuse_faults
from geo.actions.work.layer_units import find_units
from geo.actions.work.store_cuts import cut_and_store
from geo.areas import Area
from geo.errors import Refused
from geo.files.table import FileTable
from geo.imports.places import Town
from geo.imports.report import Fault, ImportReport
from geo.imports.work import CountTable, UnitCounts, Units, in_units, read_counts
from geo.store import drafts, imports, work_counts
from geo.store.areas import live_areas, town_shape
from geo.store.database import Database


def land_work(db: Database, order: Order, table: FileTable, step: Callable[[float], None]) -> ImportReport:
    """Store counts, in one transaction; communities that places lie in are cut into units first, if need be.

    Raises
    ------
    BadFile
        If a column is missing, or nothing is counted.
    BadRows
        If rows have faults; nothing has changed then.
    Refused
        If the counts speak of a day that is still to come.
    """
    day = order.options.data_date or order.at.date()
    if day > order.at.date():
        raise Refused("work_day_to_come", day=day.isoformat())
    with db.read() as conn:
        communities = {area.code: area for area in live_areas(conn, "community")}
        counted = read_counts(table, Town(town_shape(conn)), communities)
        missing = [code for code, area in counted.communities_of_places.items() if not _is_cut(conn, area)]
    if missing and not counted.rows.faults:
        cut_and_store(db, missing, order.at, step)
    with db.write() as conn:
        work_counts.lock_counts(conn)
        found = in_units(counted, _units(conn, counted))
        refuse_faults(order, table, found.reading)
        return _landed(conn, order, found, day)


def _is_cut(conn: Connection, community: Area) -> bool:
    return drafts.cut_of(conn, community.id) is not None


def _units(conn: Connection, counted: CountTable) -> dict[str, Units]:
    """Community code -> its units, of those that have been cut."""
    wanted = counted.communities
    found = find_units(conn, next(iter(wanted)) if len(wanted) == 1 else None) if wanted else None
    if found is None:
        return {}
    shapes = np.array(found.shapes, dtype=object)
    of_community = {code: np.flatnonzero(found.community == area.id) for code, area in wanted.items()}
    return {code: Units(found.unit_no[mine], shapes[mine]) for code, mine in of_community.items() if len(mine)}


def _landed(conn: Connection, order: Order, found: UnitCounts, day: date) -> ImportReport:
    import_id = begin(conn, order)
    rows = [{**row, "as_of": day} for row in found.counts]
    landing = work_counts.replace_counts(conn, rows, source=order.source, import_id=import_id, at=order.at)
    assumed = () if order.options.data_date else (Fault(0, "", "work_day_assumed", {"day": day.isoformat()}),)
    report = ImportReport(
        import_id=import_id,
        kind=order.kind,
        source=order.source,
        filename=order.path.name,
        read=len(rows),
        added=landing.added,
        changed=landing.changed,
        unchanged=landing.unchanged,
        rejected=0,
        missing=landing.missing,
        retired=landing.retired,
        notes=(*found.reading.notes, *assumed),
        totals=found.totals(),
    )
    return imports.close_batch(conn, import_id, report)
