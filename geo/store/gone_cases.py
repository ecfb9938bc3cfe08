"""Cases that go with the import that brought them: what figures as of a moment before still count, and no more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, exists, func, insert, literal, or_, select

from geo.store.figure_tables import gone_case, gone_step
from geo.store.incident_tables import incident, incident_step
from geo.store.tables import grid

SAID = ("grid_id", "from_grid_id", "unit", "arrived_at", "satisfied", "undone")
"""What figures ask of steps."""


def keep_for_figures(conn: Connection, import_id: int, at: datetime, left: Collection[int] = ()) -> None:
    """Before an import is undone: keep of the cases it brought what figures count. They count until ``at``.

    ``left``: cases that stay.
    """
    i, s = incident.c, incident_step.c
    case_names = ("reported_at", "item", "catalogue_version", "grid_id", "unit")
    ours = select(i.id, literal(import_id), literal(at), *(i[name] for name in case_names))
    ours = ours.where(i.import_id == import_id, i.reported_at.is_not(None), i.id.not_in(left))
    conn.execute(insert(gone_case).from_select(["id", "import_id", "gone_at", *case_names], ours))
    step_names = ("incident_id", "seq", "move", "from_stage", "to_stage", "at", "known_at")
    pairs = func.jsonb_each(s.said).table_valued("key", "value")
    said = select(func.jsonb_object_agg(pairs.c.key, pairs.c.value)).where(pairs.c.key.in_(SAID)).scalar_subquery()
    steps = select(*(s[name] for name in step_names), func.coalesce(said, func.jsonb_build_object()))
    steps = steps.join(gone_case, gone_case.c.id == s.incident_id).where(gone_case.c.import_id == import_id)
    conn.execute(insert(gone_step).from_select([*step_names, "said"], steps))


def cases_in_grids(import_id: int) -> ColumnElement[bool]:
    """Whether cases lie, or lay, in grids that an import brought: figures by grid count them there."""
    ours = select(grid.c.id).where(grid.c.import_id == import_id)
    now = exists(select(1).where(incident.c.reported_at.is_not(None), incident.c.grid_id.in_(ours)))
    said = [cast(incident_step.c.said[name].astext, BigInteger) for name in ("grid_id", "from_grid_id")]
    once = exists(select(1).where(or_(*(place.in_(ours) for place in said))))
    return exists(ours) & or_(now, once)
