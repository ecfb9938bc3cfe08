"""Plain tables to XLSX, CSV, JSON, GeoPackage and GeoJSON, by the ending of the file's name."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from pyogrio.errors import DataSourceError

from geo.errors import BadFile
from geo.files.cells import ABOUT, harmless
from geo.provenance import Made
from geo.units import WGS84
from geo.words import LANGUAGES, catalogue

COORDINATE_DIGITS = 7
"""About a centimetre."""


@dataclass(frozen=True)
class OutTable:
    """Rows to write."""

    name: str
    """Of the sheet or layer."""
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    shapes: Sequence[shapely.Geometry] | None = None
    """(n_rows,) EPSG:4326."""


ENDS = ("_date", "_as_of", "_at")
"""Of keys that tell days: what they mean is said once for all of them."""

About = Mapping[str, Any]
"""What the figures are: method, dates, hash of the inputs."""


def about_made(city: About, made: Made, **more: Any) -> dict[str, Any]:
    """What every file says first: of an invented city that it is; how its figures were made, from which days' data, and
    the hash of all that they depend on. A day that nobody said is empty.

    Parameters
    ----------
    city
        What :func:`geo.actions.city.about_city.about_city` says.
    made
        How the figures came about.
    more
        What else the file says of itself.
    """
    days = {f"{name}_date": "" if day is None else day.isoformat() for name, day in made.dates.items()}
    return {**city, "method": made.method, **days, "inputs_hash": made.inputs_hash, **more}


def _explained(about: About) -> list[list[Any]]:
    """What a file says of itself with what each of it means, and last how empty cells and shares are to be read."""
    rows = [[key, value, _meaning(key)] for key, value in about.items()]
    return [*rows, *([key, None, _meaning(key)] for key in ("empty_cell", "share"))]


def _meaning(key: str) -> str | None:
    """In every language; None where a key speaks for itself."""
    names = (f"about_{key}", *(f"about_any{end}" for end in ENDS if key.endswith(end)))
    known = next((name for name in names if name in catalogue()), None)
    return None if known is None else " / ".join(catalogue()[known][language] for language in LANGUAGES)


def write_tables(path: Path, tables: Sequence[OutTable], about: About) -> None:
    """Write tables to one file; it appears only when it is complete.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise BadFile("export_ending_unknown", path=path.name, endings=", ".join(WRITERS))
    if not path.parent.is_dir():
        raise BadFile("export_folder_missing", folder=str(path.parent))
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        part.unlink(missing_ok=True)
        write(part, tables, about)
        part.replace(path)
    except (OSError, DataSourceError) as error:
        part.unlink(missing_ok=True)
        raise BadFile("export_not_written", path=path.name, reason=str(error)) from error


def _xlsx(path: Path, tables: Sequence[OutTable], about: About) -> None:
    book = Workbook(write_only=True)
    for table in (*tables, OutTable(ABOUT, ("key", "value", "meaning"), _explained(about))):
        sheet = book.create_sheet(table.name[:31])
        sheet.freeze_panes = "A2"
        for row in (table.headers, *table.rows):
            sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    """A cell in which text is text: openpyxl takes what begins with = for a formula otherwise."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    cell = WriteOnlyCell(sheet, value=None)
    cell.value = str(value)
    cell.data_type = "s"
    return cell


def _geopackage(path: Path, tables: Sequence[OutTable], about: About) -> None:
    for table in tables:
        columns = {header: [_plain(row[index]) for row in table.rows] for index, header in enumerate(table.headers)}
        if table.shapes is None:
            pyogrio.write_dataframe(pd.DataFrame(columns), path, layer=table.name, driver="GPKG")
            continue
        shapes = np.array(table.shapes, dtype=object)
        frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=WGS84)
        pyogrio.write_dataframe(frame, path, layer=table.name, driver="GPKG")
    said = pd.DataFrame({"key": list(about), "value": [str(value) for value in about.values()]})
    pyogrio.write_dataframe(said, path, layer=ABOUT, driver="GPKG")


def _geojson(path: Path, tables: Sequence[OutTable], about: About) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {h: _plain(value) for h, value in zip(table.headers, row, strict=True)},
            "geometry": None if shape is None else _rounded(shape),
        }
        for table in tables
        for row, shape in zip(table.rows, table.shapes or [None] * len(table.rows), strict=True)
    ]
    whole = {
        "type": "FeatureCollection",
        ABOUT: {key: str(value) for key, value in about.items()},
        "features": features,
    }
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


def _csv(path: Path, tables: Sequence[OutTable], about: About) -> None:
    """One table after the other, an empty line between them, and at the end how the figures came about, if at all."""
    told = [OutTable(ABOUT, (ABOUT, ""), list(about.items()))] if about else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # without the mark spreadsheets guess the encoding
        writer = csv.writer(file)
        for table in (*tables, *told):
            if table is not tables[0]:
                writer.writerow([])
            for row in (table.headers, *table.rows):
                writer.writerow([harmless(_plain(value)) for value in row])


def _json(path: Path, tables: Sequence[OutTable], about: About) -> None:
    rows_of_table = {
        table.name: [{h: _plain(value) for h, value in zip(table.headers, row, strict=True)} for row in table.rows]
        for table in tables
    }
    whole = {ABOUT: {key: _plain(value) for key, value in about.items()}, **rows_of_table}
    path.write_text(json.dumps(whole, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _rounded(shape: shapely.Geometry) -> Any:
    rounded = shapely.transform(shape, lambda lonlat: np.round(lonlat, COORDINATE_DIGITS))
    return shapely.geometry.mapping(rounded)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


WRITERS: dict[str, Callable[[Path, Sequence[OutTable], About], None]] = {
    ".xlsx": _xlsx,
    ".csv": _csv,
    ".json": _json,
    ".gpkg": _geopackage,
    ".geojson": _geojson,
}
"""Ending -> how to write it."""
