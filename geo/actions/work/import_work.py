"""Import counts of work: cases, visits and special households, by unit or by place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from geo.actions.imports.land_rows import Order
from geo.actions.work.land_work import land_work
from geo.errors import Refused
from geo.files.read import read_table
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.store.database import Database


def import_work(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of counts in place of those before of the same communities and kinds, in one transaction.

    The report counts what is stored: one a unit and kind. Of places nothing is kept, nor are rejected rows written.

    Raises
    ------
    BadFile
        If the file cannot be read, lacks a column, or counts nothing.
    BadRows
        If rows have faults; nothing has changed then.
    Refused
        If only the good rows are to land, or the counts speak of a day that is still to come.
    """
    if options.keep_going:
        raise Refused("work_whole_only")
    tell = step or (lambda _share: None)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell(0.2)
    return land_work(db, Order("work", path, replace(options, rejected_dir=None), at), table, tell)
