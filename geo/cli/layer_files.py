"""Tables of audits and proposals as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from shapely.geometry.base import BaseGeometry

from geo.cli.tables import headers
from geo.files.write import OutTable, write_tables
from geo.layers import (
    AuditReport,
    CrosswalkRow,
    DoorPlace,
    Doors,
    Doubt,
    GivenCell,
    LayerFigures,
    MergedZone,
    MergeOrigin,
    MergeProposal,
    MovedHome,
    OriginGrid,
    PairFigures,
    Sliver,
    SplitZone,
)

CHANGE_KEYS = ("kind", "zone", "row", "twin_of", "lonlat", "before_m2", "after_m2", "moved_m2")
GAP_KEYS = ("lonlat", "m2")


class NamedRows(NamedTuple):
    """A table, which may have no rows."""

    name: str
    keys: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    shapes: Sequence[BaseGeometry] | None = None


def write_layers(path: Path, tables: Sequence[NamedRows], about: Mapping[str, Any]) -> None:
    """Write tables to a file; its ending is the format. GeoJSON gets only those with shapes, if any have.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    if path.suffix.lower() == ".geojson":
        tables = [table for table in tables if table.shapes is not None] or tables
    write_tables(path, [_out(path, table) for table in tables], about)


def _out(path: Path, table: NamedRows) -> OutTable:
    """A place takes two columns, so that a spreadsheet or a map can use it."""
    keys = [part for key in table.keys for part in (("lon", "lat") if key == "lonlat" else (key,))]
    cells = [[cell for key in table.keys for cell in _cells(key, row[key])] for row in table.rows]
    return OutTable(table.name, headers(path, keys), cells, table.shapes)


def _cells(key: str, value: Any) -> Sequence[Any]:
    if key == "lonlat":
        return tuple(value)
    return ("; ".join(str(entry) for entry in value) if isinstance(value, (list, tuple)) else value,)


def keys_of(kind: type) -> list[str]:
    """Columns of a table of such values: all but the shape."""
    return [field.name for field in fields(kind) if field.name != "shape"]


def plain_rows(values: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of a table, without their shapes."""
    return [{key: getattr(value, key) for key in keys_of(type(value))} for value in values]


def table_of(name: str, kind: type, values: Sequence[Any]) -> NamedRows:
    """A table of values of one kind, with their shapes if they have any."""
    has_shape = any(field.name == "shape" for field in fields(kind))
    shapes = [value.shape for value in values] if has_shape else None
    return NamedRows(name, keys_of(kind), plain_rows(values), shapes)


def audit_tables(found: AuditReport) -> list[NamedRows]:
    """Every table of an audit."""
    return [
        table_of("layers", LayerFigures, found.layers),
        table_of("pairs", PairFigures, found.pairs),
        table_of("doors", Doors, found.doors),
        table_of("slivers", Sliver, found.slivers),
    ]


def doors_table(places: Sequence[DoorPlace]) -> list[NamedRows]:
    """The map of doors."""
    return [table_of("doors", DoorPlace, places)]


def crosswalk_table(rows: Sequence[CrosswalkRow]) -> list[NamedRows]:
    """One table of two layers."""
    return [table_of("crosswalk", CrosswalkRow, rows)]


def change_tables(
    changes: Sequence[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]], homes: Sequence[MovedHome]
) -> list[NamedRows]:
    """What cleaning did to a layer."""
    moved = table_of("homes", MovedHome, homes)
    return [NamedRows("changes", CHANGE_KEYS, changes), NamedRows("gaps", GAP_KEYS, gaps), moved]


def merge_tables(found: MergeProposal) -> list[NamedRows]:
    """Every table of a proposal; its zones have shapes."""
    unit_keys = ("community_id", "unit_no", "code")
    units = [dict(zip(unit_keys, unit, strict=True)) for unit in found.zone_of_unit]
    return [
        table_of("zones", MergedZone, found.zones),
        table_of("given", GivenCell, found.given),
        table_of("split", SplitZone, found.split),
        table_of("doubts", Doubt, found.doubts),
        _crosswalks(found.crosswalks),
        NamedRows("units", unit_keys, units),
    ]


def origin_tables(found: MergeOrigin) -> list[NamedRows]:
    """The grids that a draft began with, and whom they have in common with the zones of each layer."""
    return [table_of("grids", OriginGrid, found.grids), _crosswalks(found.crosswalks)]


def _crosswalks(of_layer: Mapping[str, Sequence[CrosswalkRow]]) -> NamedRows:
    rows = [{"layer": layer, **row} for layer, rows in of_layer.items() for row in plain_rows(rows)]
    return NamedRows("crosswalks", ["layer", *keys_of(CrosswalkRow)], rows)
