"""Incidents counted by square and month: kept by triggers on the incidents' own table, read by tiles and lists."""

from __future__ import annotations

from sqlalchemy import Column, Date, Double, Index, Integer, Table

from geo.store.columns import metadata, row_id

incident_lattice = Table(
    "incident_lattice",
    metadata,
    Column("cell_m", Double, primary_key=True),
    comment="How wide the squares are that incidents are counted in: one row.",
)

incident_square = Table(
    "incident_square",
    metadata,
    row_id(),
    Column("row_number", Integer, nullable=False),
    Column("column_number", Integer, nullable=False),
    Column("month", Date, nullable=False, comment="its first day, by UTC"),
    Column("n", Integer, nullable=False, comment="more incidents; below 0: fewer"),
    Index("incident_square_place_idx", "row_number", "column_number", "month", postgresql_include=["n"]),
    comment="Incidents by square and month; the rows of one square and month are added up.",
)
