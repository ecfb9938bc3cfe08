"""The table of work that somebody has counted: cases, visits, special households."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Double, ForeignKey, Index, Table, Text, UniqueConstraint

from geo.store.columns import import_id, metadata, row_id, shape, source_key, when

work_count = Table(
    "work_count",
    metadata,
    row_id(),
    Column("community_id", ForeignKey("area.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Double, nullable=False),
    Column("as_of", Date, nullable=False, comment="day that the count speaks of"),
    shape("POINT"),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    CheckConstraint("kind in ('open_cases','cases_a_month','visits_due','special_households')", name="kind"),
    CheckConstraint("number >= 0", name="number"),
    UniqueConstraint("source", "source_key"),
    Index("work_count_community_id_idx", "community_id"),
    comment="Counts at a place inside a unit, never where a case or a household is. For staff only.",
)
