"""Lists of cases: what a desk narrows its queue by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, any_, func, literal, literal_column, or_, select, tuple_

from geo.cases import Case
from geo.store.case_sight import is_seen_from
from geo.store.cases import case_of_row, cases_query
from geo.store.incident_tables import incident
from geo.store.lists import Box, Slice, inside

NEVER: ColumnElement[datetime] = literal_column("'infinity'::timestamptz")
"""What has no deadline is due last; as in the index that such a list is read from."""


@dataclass(frozen=True)
class Due:
    """Where a list that begins with what is due first goes on: after this deadline and case.

    The deadline is kept with the case because it may be another one by the time that the next page is asked for.
    """

    at: datetime | None
    """None: it has no deadline."""
    id: int


@dataclass(frozen=True)
class CaseFilter:
    """Which cases; None does not narrow."""

    category: str | None = None
    item: str | None = None
    state: str | None = None
    stages: tuple[str, ...] | None = None
    channel: str | None = None
    grid_id: int | None = None
    """In it, or so near to it that it sees them."""
    unit: str | None = None
    held_by: int | None = None
    """Token of the desk that has them in hand."""
    is_held: bool | None = None
    is_located: bool | None = None
    is_in_grid: bool | None = None
    """False: those reported here whose place is known and lies in no grid."""
    overdue_at: datetime | None = None
    """Open, and the stage's deadline passed before this."""
    in_time_at: datetime | None = None
    """Open, and the stage's deadline has not passed before this, if it has one."""
    since: datetime | None = None
    before: datetime | None = None
    box: Box | None = None
    area_id: int | None = None
    """Seen from it: in it, near its border, or still to be located."""


def list_cases(
    conn: Connection, wanted: CaseFilter, part: Slice, *, due_first: bool, after: Due | None = None
) -> tuple[int, list[Case]]:
    """How many cases, and a page of them: the newest first, or what is due first and last what has no deadline.

    ``after`` leaves out of the page, not of the count, what comes before in a list that begins with what is due first.
    """
    i = incident.c
    order = _by_due() if due_first else (i.occurred_at.desc(), i.id.desc())
    conditions = [i.retired_at.is_(None), *_conditions(wanted)]
    matched = conn.execute(inside(select(func.count()).where(*conditions), i.geom, wanted.box)).scalar_one()
    chosen = inside(cases_query().where(*conditions), i.geom, wanted.box).order_by(*order)
    if after is not None:
        due = NEVER if after.at is None else literal(after.at)
        chosen = chosen.where(tuple_(*_by_due()) > tuple_(due, literal(after.id)))
    rows = conn.execute(chosen.limit(part.limit).offset(part.offset))
    return matched, [case_of_row(row) for row in rows]


def _by_due() -> tuple[ColumnElement[datetime], ColumnElement[int]]:
    return func.coalesce(incident.c.stage_due_at, NEVER), incident.c.id


def _conditions(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    i = incident.c
    equal = {
        i.category: wanted.category,
        i.item: wanted.item,
        i.state: wanted.state,
        i.channel: wanted.channel,
        i.unit: wanted.unit,
        i.holder_token_id: wanted.held_by,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if wanted.stages is not None:
        yield i.stage == any_(literal(list(wanted.stages)))
    if wanted.grid_id is not None:
        yield or_(i.grid_id == wanted.grid_id, literal(wanted.grid_id) == any_(i.border_grid_ids))
    if wanted.is_held is not None:
        yield i.holder_token_id.is_not(None) if wanted.is_held else i.holder_token_id.is_(None)
    if wanted.is_located is not None:
        yield i.geom.is_not(None) if wanted.is_located else i.geom.is_(None)
    if wanted.is_in_grid is not None:
        # what a file brought as mere points was never put into grids
        is_outside = and_(i.grid_id.is_(None), i.geom.is_not(None), i.reported_at.is_not(None))
        yield i.grid_id.is_not(None) if wanted.is_in_grid else is_outside
    yield from _by_time(wanted)
    if wanted.area_id is not None:
        yield is_seen_from(wanted.area_id)


def _by_time(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    i = incident.c
    if wanted.overdue_at is not None:
        yield i.state == "open"
        yield i.stage_due_at < wanted.overdue_at
    if wanted.in_time_at is not None:
        yield i.state == "open"
        yield func.coalesce(i.stage_due_at, NEVER) >= wanted.in_time_at
    if wanted.since is not None:
        yield i.occurred_at >= wanted.since
    if wanted.before is not None:
        yield i.occurred_at < wanted.before
