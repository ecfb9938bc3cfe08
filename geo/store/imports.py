"""Imports: what each one brought, changed and retired, so that it can be listed and taken back as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    any_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType, UserDefinedType

from geo.errors import NotFound
from geo.imports.options import ImportOptions
from geo.imports.report import ImportBatch, ImportReport
from geo.store.bulk import copy_rows
from geo.store.tables import BEFORE, import_batch

Row = Mapping[str, Any]
"""Column -> value, as :func:`geo.store.bulk.copy_rows` takes them; always with ``source_key``."""


@dataclass(frozen=True)
class Landing:
    """What became of the rows of one source."""

    added: int
    changed: int
    unchanged: int
    missing: int
    retired: int


def open_batch(  # noqa: PLR0913, PLR0917 -- one row of import_batch, column by column
    conn: Connection,
    kind: str,
    source: str,
    path: Path,
    sha256: str,
    options: ImportOptions,
    actor: str,
    at: datetime,
    data_date: date | None,
) -> int:
    """Begin an import: its id."""
    values = {
        "kind": kind,
        "source": source,
        "filename": path.name,
        "sha256": sha256,
        "options": options.as_dict(),
        "actor": actor,
        "data_date": data_date,
        "landed_at": at,
    }
    return int(conn.execute(insert(import_batch).values(values).returning(import_batch.c.id)).scalar_one())


def close_batch(conn: Connection, import_id: int, report: ImportReport) -> ImportReport:
    """End an import with its report. One that changed nothing leaves no trace, and its report no id."""
    if not report.changed_something:
        conn.execute(delete(import_batch).where(import_batch.c.id == import_id))
        return with_changes(report, import_id=None)
    report = with_changes(report, import_id=import_id)
    conn.execute(update(import_batch).where(import_batch.c.id == import_id).values(report=_kept(report)))
    return report


def _kept(report: ImportReport) -> dict[str, Any]:
    """What is kept of a report: the folder of the rejected rows is the importing person's own."""
    return {name: value for name, value in report.as_dict().items() if name not in ("rejected_file", "import_id")}


def list_batches(conn: Connection) -> list[ImportBatch]:
    """All imports, the newest first."""
    b = import_batch.c
    columns = (b.id, b.kind, b.source, b.filename, b.actor, b.data_date, b.landed_at, b.undone_at, b.report)
    return [ImportBatch(**row) for row in conn.execute(select(*columns).order_by(b.id.desc())).mappings()]


def lock_batch(conn: Connection, import_id: int) -> ImportBatch:
    """One import, held until the transaction ends.

    Raises
    ------
    NotFound
        If there is no such import.
    """
    b = import_batch.c
    columns = (b.id, b.kind, b.source, b.filename, b.actor, b.data_date, b.landed_at, b.undone_at, b.report)
    row = conn.execute(select(*columns).where(b.id == import_id).with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFound("import_unknown", id=import_id)
    return ImportBatch(**row)


def reserve_ids(conn: Connection, table: Table, count: int) -> list[int]:
    """Ids for rows that point at each other before they are stored."""
    sequence = func.pg_get_serial_sequence(table.name, "id")
    numbers = func.generate_series(1, count).table_valued("n")
    return list(conn.execute(select(func.nextval(sequence)).select_from(numbers)).scalars())


def keep_before(conn: Connection, table: Table, ids: Sequence[int], import_id: int) -> None:
    """Keep rows as they are, before an import changes or retires them."""
    _keep_where(conn, table, table.c.id == any_(literal(list(ids))), import_id)


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    source: str,
    import_id: int,
    replace: bool,
    at: datetime,
) -> Landing:
    """Make the rows of one source be those of a file.

    Rows are matched by ``source_key``. One that was retired and is in the file again lives again. Rows that the
    file no longer has are counted, and retired with ``replace``; cases that were reported here are no rows of a file.
    Before a row is touched it is kept.

    ``table`` is one of ``UNDOABLE``. All rows have the same columns and each another ``source_key``; a new row may
    bring its ``id``.
    """
    stage = _staged(conn, table, rows)
    names = [c.name for c in stage.columns if c.name not in ("id", "source_key")]
    ours = and_(table.c.source == source, table.c.source_key == stage.c.source_key)
    differs = or_(
        table.c.retired_at.is_not(None),
        *(_raw(table.c[name]).is_distinct_from(_raw(stage.c[name])) for name in names),
    )
    gone = and_(
        table.c.source == source,
        table.c.retired_at.is_(None),
        not_(exists(select(1).where(table.c.source_key == stage.c.source_key))),
    )
    if "reported_at" in table.c:
        gone = and_(gone, table.c.reported_at.is_(None))
    missing = conn.execute(select(func.count()).select_from(table).where(gone)).scalar_one()
    _keep_where(conn, table, exists(select(1).where(ours, differs)), import_id)
    retired = 0
    if replace and missing:
        _keep_where(conn, table, gone, import_id)
        retired = conn.execute(update(table).where(gone).values({"retired_at": at, **_touched(table, at)})).rowcount
    values: dict[str, Any] = {name: _raw(stage.c[name]) for name in names}
    values |= {"retired_at": None, "import_id": import_id, **_touched(table, at)}
    changed = conn.execute(update(table).where(ours, differs).values(values)).rowcount
    added = _insert_new(conn, table, stage, {"source": source, "import_id": import_id, "at": at})
    stage.drop(conn)
    return Landing(added, changed, len(rows) - added - changed, missing, retired)


def _insert_new(conn: Connection, table: Table, stage: Table, batch: dict[str, Any]) -> int:
    sequence = func.pg_get_serial_sequence(table.name, "id")
    known = exists(select(1).where(table.c.source == batch["source"], table.c.source_key == stage.c.source_key))
    columns: dict[str, ColumnElement[Any]] = {c.name: _raw(c) for c in stage.columns}
    columns["id"] = func.coalesce(stage.c.id, func.nextval(sequence))
    columns |= {"source": literal(batch["source"]), "import_id": literal(batch["import_id"])}
    if "updated_at" in table.c:
        columns["updated_at"] = literal(batch["at"])
    new = select(*(value.label(f"new_{name}") for name, value in columns.items())).where(not_(known))
    return conn.execute(insert(table).from_select(list(columns), new)).rowcount


def _touched(table: Table, at: datetime) -> dict[str, Any]:
    """A row that several may edit also gets the next version, so that a stale edit is noticed."""
    return {"version": table.c.version + 1, "updated_at": at} if "version" in table.c else {}


class _AsIs(UserDefinedType[Any]):
    """Any geometry, without the conversions of a typed column."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry"


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column without the conversions of its type, for statements that stay inside the database."""
    return type_coerce(column, NullType())


def _staged(conn: Connection, table: Table, rows: Sequence[Row]) -> Table:
    """The rows in a temporary table, with an ``id`` that is null where a row brought none."""
    names = [c.name for c in table.columns if c.name != "id" and rows and c.name in rows[0]]
    names = names or ["source_key"]
    stage = Table(
        f"stage_{table.name}",
        MetaData(),
        Column("id", BigInteger),
        *(Column(name, _AsIs() if hasattr(table.c[name].type, "srid") else table.c[name].type) for name in names),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    stage.create(conn)
    copy_rows(conn, stage, ["id", *names], ([row.get("id"), *(row[name] for name in names)] for row in rows))
    conn.exec_driver_sql(f"create unique index on stage_{table.name} (source_key)")
    conn.exec_driver_sql(f"analyze stage_{table.name}")
    return stage


def kept_ids(table: Table, import_id: int) -> Select[tuple[int]]:
    """Ids of the rows that an import found there and touched."""
    before = BEFORE[table.name]
    return select(before.c.id).where(before.c.changed_by_import_id == import_id)


def _keep_where(conn: Connection, table: Table, condition: ColumnElement[bool], import_id: int) -> None:
    before = BEFORE[table.name]
    names = [c.name for c in table.columns]
    rows = select(literal(import_id), *(_raw(table.c[name]).label(f"was_{name}") for name in names))
    rows = rows.where(condition, table.c.id.not_in(kept_ids(table, import_id)))
    conn.execute(insert(before).from_select(["changed_by_import_id", *names], rows))
