"""Orders of a hotline: headers of their sources, what is known of them, and many cases and steps stored at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert

from geo.case_states import OPEN_STAGES, Stage
from geo.store.bulk import copy_columns, copy_rows
from geo.store.cases import CHANNEL, ORDERED, as_compared, newest_step_id
from geo.store.incident_tables import incident, incident_step
from geo.store.outside_tables import order_mapping
from geo.store.tables import import_batch, plan

CASE_COLUMNS = (
    *("id", "source", "source_key", "import_id", "occurred_at", "reported_at", "updated_at", "category", "item"),
    *("catalogue_version", "need", "channel", "text", "address", "caller_hash", "geom", "grid_id", "plan_id"),
    *(
        "plan_version",
        "border_grid_ids",
        "border_area_ids",
        "level",
        "unit",
        "state",
        "stage",
        "stage_since",
        "stage_due_at",
        "due_at",
    ),
    *("warn_at", "is_due_sure", "merged_into_id", "version", "asset"),
)
"""What is stored of a case that a file brings."""

SOURCES = 0x1C_60
"""Seed of the locks that :func:`hold_source` takes."""

STANDING_COLUMNS = (
    *("id", "stage", "state", "stage_since", "unit", "version"),
    *("stage_due_at", "due_at", "warn_at", "is_due_sure"),
)
"""What a later file changes of a case."""

STEP_COLUMNS = ("incident_id", "seq", "move", "from_stage", "to_stage", "at", "reason", "said")
"""What a file tells of a step; since when it is known comes with the import."""


class Known(NamedTuple):
    """A case that calls may be about: an open one, or one of the same caller, or one that is named."""

    id: int
    matter_id: int
    """The case that it was merged into; its own id where it was not."""
    source: str
    source_key: str
    item: str | None
    """None: only its category is known."""
    stage: Stage
    version: int
    occurred_at: datetime
    lonlat: tuple[float, float] | None
    caller_hash: bytes | None


class Standing(NamedTuple):
    """Where the case of an order stands."""

    id: int
    matter_id: int
    """The case that it was merged into; its own id where it was not."""
    stage: Stage
    since: datetime
    """In this stage."""
    version: int
    unit: str | None
    holder_token_id: int | None
    is_retired: bool
    """A file of another kind has it no longer: nothing is done with it."""


class Told(NamedTuple):
    """What the steps of a case tell."""

    passages: Sequence[tuple[datetime, Stage]]
    """The stages that it came to, in order."""
    closed_at: frozenset[datetime]
    """When files have said that it was closed outside."""
    withdrawn: frozenset[datetime] = frozenset()
    """Which of these closings a later file took back."""
    unit: str | None = None
    """That a file named last; None: none did."""
    is_placed_here: bool = False
    """Whether a desk said last where it lies."""


class Writing(NamedTuple):
    """What is written of an open case."""

    text: str | None
    address: str | None
    lonlat: tuple[float, float] | None
    grid_id: int | None
    unit: str | None
    is_from_file: bool
    """Whether a file brought it; else a desk wrote it down."""


class Outcome(NamedTuple):
    """What became of a case."""

    dispatched_at: datetime | None
    """For the first time."""
    ended_at: datetime | None
    """For the last time; of a merged case: when a file said that it was closed outside."""
    feedback: str | None


def hold_source(conn: Connection, source: str) -> None:
    """Take a source's orders in one file after the other: what the first one brings, the next one knows."""
    conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(source, SOURCES))))


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


def standings(conn: Connection, source: str, numbers: Sequence[str]) -> dict[str, Standing]:
    """Number -> where its case stands, for those of a source that are known, however they are written.

    Where several differ in writing alone, the one that is written the same is it, else the one that came first.
    """
    i = incident.c
    asked = func.unnest(literal(list(numbers), ARRAY(Text))).table_valued("number").render_derived().c
    columns = (
        *(i.id, func.coalesce(i.merged_into_id, i.id), i.stage),
        *(func.coalesce(i.stage_since, i.reported_at, i.occurred_at), i.version, i.unit, i.holder_token_id),
        i.retired_at.is_not(None),
    )
    chosen = (
        select(asked.number, *columns)
        .where(i.source == source, as_compared(i.source_key) == as_compared(asked.number))
        .order_by(i.source_key == asked.number, i.id.desc())
    )
    return {row[0]: Standing(*row[1:]) for row in conn.execute(chosen)}


def told_of(conn: Connection, ids: Sequence[int]) -> dict[int, Told]:
    """What the steps of some cases tell, by case; one without steps is left out. What was undone tells nothing."""
    s = incident_step.c
    moves = s.from_stage.is_distinct_from(s.to_stage)
    closed_at = case((s.move == "settle", s.at), else_=cast(s.said["closed_at"].astext, DateTime(timezone=True)))
    undone = select(import_batch.c.id).where(import_batch.c.undone_at.is_not(None))
    chosen = (
        select(
            s.incident_id,
            s.at,
            s.to_stage,
            moves.label("is_passage"),
            closed_at.label("closed_at"),
            cast(s.said["withdrawn"].astext, DateTime(timezone=True)).label("withdrawn"),
            s.said["unit"].astext.label("unit"),
            s.said.has_key("imported").label("is_told"),
            s.move.in_(("report", "locate")).label("is_placing"),
        )
        .where(_among(s.incident_id, ids, BigInteger), or_(moves, s.move.in_(("note", "locate", "amend", "hand_over"))))
        .where(func.coalesce(cast(s.said["import_id"].astext, BigInteger), 0).not_in(undone))
        .order_by(s.incident_id, s.seq)
    )
    return {one: _told(list(steps)) for one, steps in groupby(conn.execute(chosen), key=lambda row: row.incident_id)}


def _told(steps: Sequence[Row[Any]]) -> Told:
    units = [step.unit for step in steps if step.is_told and step.unit is not None]
    placings = [step.is_told for step in steps if step.is_placing]
    return Told(
        passages=[(step.at, step.to_stage) for step in steps if step.is_passage],
        closed_at=frozenset(step.closed_at for step in steps if step.closed_at is not None),
        withdrawn=frozenset(step.withdrawn for step in steps if step.withdrawn is not None),
        unit=units[-1] if units else None,
        is_placed_here=bool(placings) and not placings[-1],
    )


def writings(conn: Connection, ids: Sequence[int]) -> dict[int, Writing]:
    """What is written of some cases, by case."""
    i = incident.c
    columns = (i.id, i.text, i.address, i.grid_id, i.unit, i.import_id.is_not(None).label("is_from_file"))
    place = (func.ST_X(i.geom).label("lon"), func.ST_Y(i.geom).label("lat"))
    chosen = select(*columns, *place).where(_among(i.id, ids, BigInteger))
    return {
        row.id: Writing(
            text=row.text,
            address=row.address,
            lonlat=None if row.lon is None else (row.lon, row.lat),
            grid_id=row.grid_id,
            unit=row.unit,
            is_from_file=row.is_from_file,
        )
        for row in conn.execute(chosen)
    }


def is_latest(conn: Connection, source: str, sha256: str, import_id: int, until: datetime) -> bool:
    """Whether no file of a source that stands tells of a later moment, nor is the very same file."""
    b = import_batch.c
    told_until = cast(b.report["told_until"].astext, DateTime(timezone=True))
    others = and_(b.kind == "orders", b.source == source, b.undone_at.is_(None), b.id != import_id)
    later = select(exists(select(1).where(others, or_(told_until > until, b.sha256 == sha256))))
    return not conn.execute(later).scalar_one()


def outcomes_of(conn: Connection, ids: Sequence[int]) -> dict[int, Outcome]:
    """What became of some cases, by case; those without steps are left out."""
    s = incident_step.c
    told = cast(s.said["closed_at"].astext, DateTime(timezone=True))
    ends = and_(s.to_stage.in_(("closed", "withdrawn")), s.from_stage.is_distinct_from(s.to_stage))
    said = and_(s.reason.is_not(None), s.move.in_(("feed_back", "settle", "withdraw", "merge", "note")))
    chosen = select(
        s.incident_id,
        func.min(s.at).filter(s.to_stage == "dispatched"),
        func.coalesce(func.max(s.at).filter(ends), func.max(told)),
        func.array_agg(aggregate_order_by(s.reason, s.seq.desc())).filter(said)[1],
    ).where(_among(s.incident_id, ids, BigInteger))
    return {row[0]: Outcome(*row[1:]) for row in conn.execute(chosen.group_by(s.incident_id))}


def known_calls(
    conn: Connection, items: Sequence[str], since: datetime, callers: Sequence[bytes], ids: Sequence[int]
) -> list[Known]:
    """Cases of some items that happened since a moment, by id: all that are open, of some callers (hashes) those that
    have ended, too; and, whenever they happened, those of some ids and those that one of all these was merged into.
    """
    i = incident.c
    recent = and_(_among(i.item, items, Text), i.occurred_at >= since)
    is_open = i.stage == any_(literal(list(OPEN_STAGES)))
    kinds = (and_(recent, is_open), and_(recent, _among(i.caller_hash, callers, LargeBinary)))
    chosen = union(
        *(select(i.id).where(kind) for kind in kinds),
        select(i.merged_into_id).where(kinds[1], i.merged_into_id.is_not(None)),
        select(func.unnest(literal(list(ids), ARRAY(BigInteger)))),
    )
    columns = (i.id, func.coalesce(i.merged_into_id, i.id), i.source, i.source_key, i.item, i.stage, i.version)
    more = (i.occurred_at, func.ST_X(i.geom), func.ST_Y(i.geom), i.caller_hash)
    wanted = select(*columns, *more).where(i.id.in_(chosen), i.retired_at.is_(None)).order_by(i.id)
    return [_known(*row) for row in conn.execute(wanted)]


def _known(*row: Any) -> Known:
    *told, lon, lat, caller = row
    return Known._make((*told, None if lon is None else (lon, lat), None if caller is None else bytes(caller)))


def hold(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Stage, int]]:
    """Hold cases until the transaction ends: id -> stage and version of those that are there."""
    i = incident.c
    chosen = select(i.id, i.stage, i.version).where(_among(i.id, ids, BigInteger), i.retired_at.is_(None))
    return {row.id: (row.stage, row.version) for row in conn.execute(chosen.order_by(i.id).with_for_update())}


def _among(
    column: ColumnElement[Any], values: Sequence[Any], kind: type[Text | BigInteger | LargeBinary]
) -> ColumnElement[bool]:
    """Whether a column is one of some values, which may be none."""
    return column == any_(literal(list(values), ARRAY(kind)))


def plan_versions(conn: Connection, plan_ids: Sequence[int]) -> dict[int, int]:
    """Plan -> its version."""
    chosen = select(plan.c.id, plan.c.version).where(_among(plan.c.id, plan_ids, BigInteger))
    return {row.id: row.version for row in conn.execute(chosen)}


def insert_cases(conn: Connection, columns: Mapping[str, Sequence[Any]]) -> None:
    """New cases, by column: each of ``CASE_COLUMNS``."""
    told = "gridcircle.border_areas_told"  # read by the trigger that works them out otherwise
    conn.execute(select(func.set_config(told, "yes", True)))
    copy_columns(conn, incident, {name: columns[name] for name in CASE_COLUMNS})
    conn.execute(select(func.set_config(told, "", True)))


def insert_steps(conn: Connection, rows: Iterable[Sequence[Any]], known_at: datetime) -> None:
    """Steps in their order, each with a value for each of ``STEP_COLUMNS``; listeners are told once, of the last."""
    conn.execute(select(func.pg_advisory_xact_lock(ORDERED)))
    copy_rows(conn, incident_step, (*STEP_COLUMNS, "known_at"), ((*row, known_at) for row in rows))
    conn.execute(select(func.pg_notify(CHANNEL, str(newest_step_id(conn)))))


def set_versions(conn: Connection, version_of_case: Mapping[int, int], at: datetime) -> None:
    """New versions of cases that are held."""
    _set(conn, ("id", "version"), version_of_case.items(), at)


def set_standings(conn: Connection, rows: Iterable[Sequence[Any]], at: datetime) -> None:
    """New stages of cases that are held, each row with a value for each of ``STANDING_COLUMNS``."""
    _set(conn, STANDING_COLUMNS, rows, at, deferred_until=None)


def set_written(conn: Connection, columns_of_case: Mapping[int, Mapping[str, Any]], at: datetime) -> None:
    """New text, place or unit of cases that are held, by column: those of one kind at once."""
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for case_id, columns in columns_of_case.items():
        alike["id", *columns].append((case_id, *columns.values()))
    for names, rows in alike.items():
        _set(conn, names, rows, at)


def _set(conn: Connection, names: Sequence[str], rows: Iterable[Sequence[Any]], at: datetime, **same: Any) -> None:
    """Write columns of many cases at once, found by the first; ``same`` is written to all of them."""
    new = Table(
        "stage_standing",
        MetaData(),
        *(Column(name, incident.c[name].type) for name in names),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    new.create(conn)
    copy_rows(conn, new, names, rows)
    values = {name: new.c[name] for name in names if name != "id"}
    conn.execute(update(incident).where(incident.c.id == new.c.id).values(**values, updated_at=at, **same))
    new.drop(conn)
