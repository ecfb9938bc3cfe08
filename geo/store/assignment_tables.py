"""The table of grids that were given to posts of professionals, as it was said and when."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, column, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from geo.store.columns import import_id, metadata, row_id, source_key, when

assignment = Table(
    "assignment",
    metadata,
    row_id(),
    Column("resource_id", ForeignKey("resource.id", ondelete="CASCADE"), nullable=False),
    Column("grid_id", ForeignKey("grid.id"), nullable=False),
    when("since"),
    when("until", nullable=True),
    when("updated_at"),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    CheckConstraint("until > since", name="period"),
    ExcludeConstraint(
        (column("resource_id"), "="),
        (column("grid_id"), "="),
        (func.tstzrange(column("since"), column("until")), "&&"),
        where=text("retired_at is null"),
        using="gist",
        name="assignment_once",
    ),
    UniqueConstraint("source", "source_key"),
    Index("assignment_grid_id_idx", "grid_id"),
    comment="Which grids a post was given, and when, as it was said; what plans made of these grids since is followed"
    " when it is read.",
)
