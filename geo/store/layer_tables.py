"""The tables of layers: the nets that departments have each drawn, and their zones."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.columns import metadata, row_id, shape
from geo.store.told import Told

layer = Table(
    "layer",
    metadata,
    row_id(),
    Column("name", Told, nullable=False),
    Column("version", Integer, nullable=False),
    Column("department", Told, nullable=False, comment="who runs it"),
    Column("kind", Told, nullable=False, comment="what it is for, in the department's own word"),
    Column("import_id", ForeignKey("import_batch.id"), nullable=False),
    Column("content_hash", Text, nullable=False, comment="sha256 over what the file said and how it was cleaned"),
    Column("gap_width_m", Double, nullable=False),
    Column("changes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("gaps", JSONB, nullable=False, server_default=text("'[]'")),
    UniqueConstraint("name", "version"),
    Index("layer_import_id_idx", "import_id"),
    comment="What a department drew, taken in as a whole. The newest version whose import was not undone counts.",
)

layer_zone = Table(
    "layer_zone",
    metadata,
    Column("layer_id", ForeignKey("layer.id", ondelete="CASCADE"), primary_key=True),
    Column("no", Integer, primary_key=True, comment="position in the file, from 0"),
    Column("code", Text, nullable=False),
    Column("name", Told, nullable=False),
    Column("twin_no", Integer, comment="the zone that has its ground, where it was drawn a second time"),
    shape("MULTIPOLYGON"),
    shape("MULTIPOLYGON", "drawn"),
    Column("unit", Told, comment="the office that looks after it, where the file names one; never a person"),
    CheckConstraint("twin_no <> no", name="twin"),
    Index("layer_zone_geom_idx", "geom", postgresql_using="gist"),
    Index("layer_zone_drawn_idx", "drawn", postgresql_using="gist"),
    comment="Zones of a layer: as they were drawn, and cleaned so that they fit together.",
)
