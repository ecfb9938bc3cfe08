"""Many rows at once, through COPY."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, Table

from geo.units import WGS84

_NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows to a table, in the caller's transaction.

    Each row has a value for each of ``columns``, in that order: None, bool, int, float, str, date, datetime (aware),
    list of str or int, dict (jsonb), bytes, or a shapely geometry in EPSG:4326.
    """
    fields = [_fields(column) for column in zip(*rows, strict=True)]
    text = io.StringIO("".join("\t".join(line) + "\n" for line in zip(*fields, strict=True)))
    quote = conn.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    cursor = conn.connection.cursor()
    cursor.copy_expert(f"copy {quote(table.name)} ({names}) from stdin", text)
    cursor.close()


def _fields(column: Sequence[Any]) -> list[str]:
    """A column in COPY's text format. Shapes are turned all at once: one by one is ten times slower."""
    if not any(isinstance(value, shapely.Geometry) for value in column):
        return [_field(value) for value in column]
    shapes = shapely.set_srid(np.asarray(column, dtype=object), WGS84)
    texts = shapely.to_wkb(shapes, hex=True, include_srid=True, output_dimension=2)
    return [_NULL if text is None else text for text in texts]


def _field(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, list):
        quoted = ",".join('"' + str(item).replace("\\", r"\\").replace('"', r"\"") + '"' for item in value)
        return f"{{{quoted}}}".translate(_ESCAPES)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)


def ewkb_hex(shape: shapely.Geometry) -> str:
    """A shape in EPSG:4326 as PostGIS reads it from text."""
    return str(shapely.to_wkb(shapely.set_srid(shape, WGS84), hex=True, include_srid=True, output_dimension=2))
