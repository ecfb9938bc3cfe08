"""Rows of an answer in a file (``--out``) and shares in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import shapely

from geo.cli.output import language
from geo.cli.session import city_of
from geo.files.write import OutTable, write_tables
from geo.provenance import Provenance
from geo.words import catalogue, sentence


def write_out(
    path: Path,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    provenance: Provenance,
    shapes: Sequence[shapely.Geometry] | None = None,
    **more: Any,
) -> None:
    """Write rows to a file; its ending is the format. ``more`` is what else the figures depend on.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    names = list(rows[0]) if rows else []
    told = {**city_of(), **asdict(provenance), **more}
    about = {key: "" if value is None else value for key, value in told.items()}
    cells = [[_plain(row[key]) for key in names] for row in rows]
    write_tables(path, [OutTable(name, headers(path, names), cells, shapes)], about)


def headers(path: Path, keys: Sequence[str]) -> list[str]:
    """What columns are called: in words in a workbook, which people read; by their fields in all else."""
    if path.suffix.lower() != ".xlsx":
        return list(keys)
    return [sentence(f"column_{key}", language()) if f"column_{key}" in catalogue() else key for key in keys]


def _plain(value: Any) -> Any:
    """Lists in one cell: their entries, and of each what it is called."""
    if not isinstance(value, (list, tuple)):
        return value
    return "; ".join(_entry(entry) for entry in value)


def _entry(entry: Any) -> str:
    if isinstance(entry, Mapping):
        return " ".join(str(part) for part in entry.values() if part is not None)
    return "" if entry is None else str(entry)


def percent(share: float | None) -> str:
    """A share in a line of a table."""
    return "–" if share is None else f"{share:.1%}"


def number(value: float | None, digits: int = 1) -> str:
    """A number in a line of a table."""
    return "–" if value is None else f"{value:,.{digits}f}"
