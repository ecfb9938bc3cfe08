"""Many rows at once, through COPY."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

import numpy as np
import shapely
from pydantic_core import to_json
from sqlalchemy import Connection, Table
from sqlalchemy.types import TypeEngine

from geo.store.told import is_told, stored
from geo.units import WGS84

T = TypeVar("T")

_NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_SPECIAL = re.compile(r"[\\\t\n\r]")
_PLAIN = {bool, int, float, date, datetime}
"""What Python writes as PostgreSQL reads it."""


def copy_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows to a table, in the caller's transaction.

    Each row has a value for each of ``columns``, in that order: None, bool, int, float, str, date, datetime (aware),
    list of str or int, dict (jsonb), bytes, or a shapely geometry in EPSG:4326.
    """
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    copy_columns(conn, table, dict(zip(columns, by_column, strict=True)))


def copy_columns(conn: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """As :func:`copy_rows`, of rows that are given by column."""
    fields = [_fields(_stored(table.c[name].type, column)) for name, column in columns.items()]
    text = io.StringIO("".join("\t".join(line) + "\n" for line in zip(*fields, strict=True)))
    quote = conn.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    cursor = conn.connection.cursor()
    cursor.copy_expert(f"copy {quote(table.name)} ({names}) from stdin", text)
    cursor.close()


def _stored(column_type: TypeEngine[Any], column: Sequence[Any]) -> Sequence[Any]:
    """A column as it is stored: without numbers of persons where people wrote it."""
    return _once(partial(stored, column_type), column, None) if is_told(column_type) else column


def _fields(column: Sequence[Any]) -> list[str]:
    """A column in COPY's text format. What it holds is looked at once: value by value takes three times as long."""
    kinds = set(map(type, column)) - {type(None)}
    if any(issubclass(kind, shapely.Geometry) for kind in kinds):
        shapes = shapely.set_srid(np.asarray(column, dtype=object), WGS84)
        texts = shapely.to_wkb(shapes, hex=True, include_srid=True, output_dimension=2)
        return [_NULL if text is None else text for text in texts]
    if kinds == {str}:
        return _escaped(column)
    if kinds == {dict}:
        return _escaped([None if value is None else to_json(value).decode() for value in column])
    return _once(str if kinds and kinds <= _PLAIN else _field, column, _NULL)


def _escaped(column: Sequence[str | None]) -> list[str]:
    """A column of texts; one look for what COPY reads otherwise is enough where there is none."""
    if _SPECIAL.search(" ".join(filter(None, column))):
        return [_NULL if value is None else _text(value) for value in column]
    return [_NULL if value is None else value for value in column]


def _once(of: Callable[[Any], T], column: Sequence[Any], nothing: T) -> list[T]:
    """``of`` every value, reckoned once for each object: most columns hold a few things again and again."""
    values = dict(zip(map(id, column), column, strict=True))
    values.pop(id(None), None)
    found = dict(zip(values, map(of, values.values()), strict=True))
    found[id(None)] = nothing
    return [found[key] for key in map(id, column)]


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _field(value: Any) -> str:
    if isinstance(value, list):
        quoted = ",".join('"' + str(item).replace("\\", r"\\").replace('"', r"\"") + '"' for item in value)
        return _text(f"{{{quoted}}}")
    if isinstance(value, dict):
        return _text(to_json(value).decode())
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return _text(value) if isinstance(value, str) else str(value)


def ewkb_hex(shape: shapely.Geometry) -> str:
    """A shape in EPSG:4326 as PostGIS reads it from text."""
    return str(shapely.to_wkb(shapely.set_srid(shape, WGS84), hex=True, include_srid=True, output_dimension=2))
