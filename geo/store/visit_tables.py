"""The table of visits that were done: counts by grid, kind and day."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from geo.store.columns import import_id, metadata, row_id, source_key, when

visit_count = Table(
    "visit_count",
    metadata,
    row_id(),
    Column("plan_id", BigInteger, nullable=False, comment="in force at the end of that day"),
    Column("grid_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, comment="one of geo/rules/visits.toml"),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    CheckConstraint("number >= 0", name="number"),
    ForeignKeyConstraint(
        ["plan_id", "grid_id"], ["plan_grid.plan_id", "plan_grid.grid_id"], name="visit_count_grid_fkey"
    ),
    UniqueConstraint("source", "source_key"),
    Index("visit_count_live_key", "grid_id", "kind", "day", unique=True, postgresql_where=text("retired_at is null")),
    comment="Visits that were done, as counts. Never who visited whom, when, where, or by which way.",
)
