"""The columns that many tables share, and the metadata that all tables hang from."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, MetaData, Text

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def row_id() -> Column[int]:
    """The table's own number."""
    return Column("id", BigInteger, Identity(), primary_key=True)


def shape(kind: str, name: str = "geom", *, nullable: bool = False) -> Column[object]:
    """A shape in degrees; its index is named by the table."""
    return Column(name, Geometry(kind, srid=4326, spatial_index=False), nullable=nullable)


def when(name: str, *, nullable: bool = False) -> Column[object]:
    """An instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def import_id() -> Column[int]:
    """The import that brought the row; null: none did."""
    return Column("import_id", ForeignKey("import_batch.id"), nullable=True)


def source_key() -> tuple[Column[str], Column[str]]:
    """Who speaks, and by what key of theirs the row is found again."""
    return Column("source", Text, nullable=False), Column("source_key", Text, nullable=False)
