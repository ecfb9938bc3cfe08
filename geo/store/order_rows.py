"""Orders of a hotline: headers of their sources, what is known of them, and many cases and steps stored at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import shapely
from sqlalchemy import BigInteger, ColumnElement, Connection, Text, and_, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from geo.case_states import OPEN_STAGES, Stage
from geo.store.bulk import copy_rows
from geo.store.cases import CHANNEL, ORDERED, newest_step_id
from geo.store.incident_tables import incident, incident_step
from geo.store.outside_tables import order_mapping
from geo.store.tables import plan

CASE_COLUMNS = (
    *("id", "source", "source_key", "import_id", "occurred_at", "reported_at", "updated_at", "category", "item"),
    *("catalogue_version", "need", "channel", "text", "address", "caller_hash", "geom", "grid_id", "plan_id"),
    *("plan_version", "border_grid_ids", "level", "unit", "state", "stage", "stage_since", "stage_due_at", "due_at"),
    *("is_due_sure", "merged_into_id", "version"),
)
"""What is stored of a case that a file brings."""

STEP_COLUMNS = ("incident_id", "seq", "move", "from_stage", "to_stage", "at", "reason", "said")
"""What a file tells of a step; since when it is known comes with the import."""


class Known(NamedTuple):
    """An open case that calls may be about."""

    id: int
    source: str
    source_key: str
    item: str | None
    """None: only its category is known."""
    stage: Stage
    version: int
    occurred_at: datetime
    lonlat: tuple[float, float] | None
    caller_hash: bytes | None


def remember_headers(conn: Connection, source: str, headers: Mapping[str, str]) -> None:
    """Keep under which headers a source has some fields; those of other fields stay."""
    if not headers:
        return
    rows = [{"source": source, "field": field, "header": header} for field, header in headers.items()]
    said = insert(order_mapping).values(rows)
    conn.execute(said.on_conflict_do_update(index_elements=["source", "field"], set_={"header": said.excluded.header}))


def headers_of(conn: Connection, source: str) -> dict[str, str]:
    """Field -> header, as far as anybody said so of a source."""
    m = order_mapping.c
    return {row.field: row.header for row in conn.execute(select(m.field, m.header).where(m.source == source))}


def cases_by_number(conn: Connection, source: str, numbers: Sequence[str]) -> dict[str, int]:
    """Number -> id of the case that it went to, for those of a source that are known."""
    i = incident.c
    matter = func.coalesce(i.merged_into_id, i.id).label("matter_id")
    chosen = select(i.source_key, matter).where(i.source == source, _among(i.source_key, numbers, Text))
    return {row.source_key: row.matter_id for row in conn.execute(chosen)}


def open_cases(conn: Connection, items: Sequence[str], since: datetime, ids: Sequence[int]) -> list[Known]:
    """Open cases of some items that happened since a moment, and those of some ids, by id."""
    i = incident.c
    columns = (i.id, i.source, i.source_key, i.item, i.stage, i.version, i.occurred_at, i.caller_hash)
    chosen = (
        select(*columns, func.ST_AsBinary(i.geom).label("wkb"))
        .where(
            or_(
                _among(i.id, ids, BigInteger),
                and_(_among(i.item, items, Text), i.occurred_at >= since),
            )
        )
        .where(i.stage == any_(literal(list(OPEN_STAGES))), i.retired_at.is_(None))
        .order_by(i.id)
    )
    return [_known(dict(row)) for row in conn.execute(chosen).mappings()]


def _known(row: dict[str, Any]) -> Known:
    wkb, caller = row.pop("wkb"), row.pop("caller_hash")
    point = None if wkb is None else shapely.from_wkb(bytes(wkb))
    return Known(
        **row,
        lonlat=None if point is None else (point.x, point.y),
        caller_hash=None if caller is None else bytes(caller),
    )


def hold_open(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Stage, int]]:
    """Hold those of some cases that are open until the transaction ends: id -> stage and version."""
    i = incident.c
    chosen = select(i.id, i.stage, i.version).where(_among(i.id, ids, BigInteger), i.retired_at.is_(None))
    rows = conn.execute(chosen.order_by(i.id).with_for_update())
    return {row.id: (row.stage, row.version) for row in rows if row.stage in OPEN_STAGES}


def _among(column: ColumnElement[Any], values: Sequence[Any], kind: type[Text | BigInteger]) -> ColumnElement[bool]:
    """Whether a column is one of some values, which may be none."""
    return column == any_(literal(list(values), ARRAY(kind)))


def plan_versions(conn: Connection, plan_ids: Sequence[int]) -> dict[int, int]:
    """Plan -> its version."""
    chosen = select(plan.c.id, plan.c.version).where(_among(plan.c.id, plan_ids, BigInteger))
    return {row.id: row.version for row in conn.execute(chosen)}


def insert_cases(conn: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """New cases, each with a value for each of ``CASE_COLUMNS``."""
    copy_rows(conn, incident, CASE_COLUMNS, rows)


def insert_steps(conn: Connection, rows: Iterable[Sequence[Any]], known_at: datetime) -> None:
    """Steps in their order, each with a value for each of ``STEP_COLUMNS``; listeners are told once, of the last."""
    conn.execute(select(func.pg_advisory_xact_lock(ORDERED)))
    copy_rows(conn, incident_step, (*STEP_COLUMNS, "known_at"), ((*row, known_at) for row in rows))
    conn.execute(select(func.pg_notify(CHANNEL, str(newest_step_id(conn)))))


def set_versions(conn: Connection, version_of_case: Mapping[int, int], at: datetime) -> None:
    """New versions of cases that are held."""
    for case_id, version in version_of_case.items():
        values = {"version": version, "updated_at": at}
        conn.execute(update(incident).where(incident.c.id == case_id).values(values))
