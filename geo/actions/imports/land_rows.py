"""Land the rows of a table import: all the good ones or none, with a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table

from geo.errors import BadRows
from geo.files.digest import sha256_of
from geo.files.rejected import write_rejected
from geo.files.table import FileTable
from geo.imports.options import ImportOptions
from geo.imports.report import Fault, ImportReport
from geo.imports.rows import Reading
from geo.store import imports

Beside = Callable[[int], tuple[int, dict[str, float]]]


@dataclass(frozen=True)
class Order:
    """One import as it was asked for."""

    kind: str
    path: Path
    options: ImportOptions
    at: datetime
    sha256: str | None = None
    """Of what was sent where there is no file; None: the file's."""

    @property
    def source(self) -> str:
        """Who the rows come from."""
        return self.options.source_of(self.path)


def begin(conn: Connection, order: Order) -> int:
    """Open the import's batch: its id."""
    options, digest = order.options, order.sha256 or sha256_of(order.path)
    return imports.open_batch(
        conn, order.kind, order.source, order.path, digest, options, options.actor, order.at, options.data_date
    )


def refuse_faults(order: Order, table: FileTable, reading: Reading) -> str | None:
    """Refuse a file with faults unless its good rows may land; where the rejected rows were written, if anywhere.

    Raises
    ------
    BadRows
        With all faults of all rows.
    """
    if not reading.faults:
        return None
    options = order.options
    rejected = None
    if options.rejected_dir is not None:
        rejected = str(write_rejected(table, reading.faults, options.rejected_dir, order.at, options.language))
    if options.keep_going:
        return rejected
    raise BadRows(
        "rows_refused",
        path=order.path.name,
        rejected=reading.rejected,
        read=reading.read,
        faults=[fault.as_dict() for fault in reading.faults],
        rejected_file=rejected,
    )


def land_rows(
    conn: Connection,
    order: Order,
    table: FileTable,
    reading: Reading,
    target: Table,
    *,
    totals: dict[str, float] | None = None,
    beside: Beside | None = None,
) -> ImportReport:
    """Store the rows of a reading in one table, in the caller's transaction. ``totals`` go into the report.

    ``beside`` stores what else the rows say: it is told the import's id, and tells how many rows it changed that are
    else as they were, and more totals.

    Raises
    ------
    BadRows
        If there are faults and the good rows are not to land without the others.
    """
    rejected_file = refuse_faults(order, table, reading)
    import_id = begin(conn, order)
    replace = may_replace(order, reading)
    landing = imports.upsert(
        conn, target, reading.rows, source=order.source, import_id=import_id, replace=replace, at=order.at
    )
    also, more = (0, dict[str, float]()) if beside is None else beside(import_id)
    report = ImportReport(
        import_id=import_id,
        kind=order.kind,
        source=order.source,
        filename=order.path.name,
        read=reading.read,
        added=landing.added,
        changed=landing.changed + also,
        unchanged=landing.unchanged - also,
        rejected=reading.rejected,
        missing=landing.missing,
        retired=landing.retired,
        faults=reading.faults,
        notes=reading.notes + remarks_on_missing(order, reading, landing.missing),
        totals={**(totals or {}), **more},
        rejected_file=rejected_file,
    )
    return imports.close_batch(conn, import_id, report)


def may_replace(order: Order, reading: Reading) -> bool:
    """Whether missing rows are retired: not while a rejected row may be one of them."""
    return order.options.replace and not reading.rejected


def remarks_on_missing(order: Order, reading: Reading, missing: int) -> tuple[Fault, ...]:
    """What to do about rows of the source that the file no longer has."""
    if not missing or may_replace(order, reading):
        return ()
    key = "missing_not_retired" if order.options.replace else "missing_kept"
    return (Fault(0, "", key, {"missing": missing, "source": order.source}),)
