"""What figures add to the tables of incidents: the cases of a period are found without reading all of them, and those
of imports that were undone are not forgotten.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.columns import metadata, when
from geo.store.incident_tables import incident

updated = Index("incident_updated_at_idx", incident.c.updated_at)
due = Index("incident_due_at_idx", incident.c.due_at)

_i = incident.c
of_a_month = Index(
    "incident_figures_idx",
    _i.reported_at,
    postgresql_include=[
        *("id", "updated_at", "due_at", "state", "retired_at", "grid_id", "unit", "item", "catalogue_version"),
    ],
    postgresql_where=_i.reported_at.is_not(None),
)
"""Nearly all cases of a month are found by when they were reported, without reading their rows."""

long_updated = Index(
    "incident_long_updated_idx", _i.updated_at, postgresql_where=text("updated_at - reported_at > '60 days'::interval")
)
"""Those that took longer than most."""

long_due = Index(
    "incident_long_due_idx", _i.due_at, postgresql_where=text("due_at - reported_at > '40 days'::interval")
)

unreported = Index(
    "incident_unreported_idx", _i.occurred_at, postgresql_where=text("reported_at is null and retired_at is null")
)

case_log = Table(
    "case_log",
    metadata,
    Column("incident_id", ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("steps", LargeBinary, nullable=False),
    Column("sizes", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
    comment="The steps of each case as figures ask for them, packed;"
    " written with the steps by a trigger on incident_step.",
)

gone_case = Table(
    "gone_case",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("import_id", ForeignKey("import_batch.id"), nullable=False),
    Column("gone_at", DateTime(timezone=True), nullable=False, comment="from then on they do not count"),
    when("reported_at"),
    Column("item", Text),
    Column("catalogue_version", Text),
    Column("grid_id", BigInteger),
    Column("unit", Text),
    Index("gone_case_gone_at_idx", "gone_at"),
    comment="Cases of imports that were undone, for figures as of a moment before: no text, place, address or caller.",
)

gone_step = Table(
    "gone_step",
    metadata,
    Column("incident_id", ForeignKey("gone_case.id"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("move", Text, nullable=False),
    Column("from_stage", Text),
    Column("to_stage", Text, nullable=False),
    when("at"),
    when("known_at"),
    Column("said", JSONB, nullable=False),
    comment="Their steps, as far as figures ask for them.",
)
