"""A plan, or what it changes, to the formats that planners ask for, by the ending of the file's name."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataSourceError

from geo.errors import BadFile
from geo.files.cells import ABOUT
from geo.files.plan_sheet import GRID_FIELDS, BridgeOut, GridOut, Tables, inert
from geo.files.topojson import Lines, TopoLayer, topology_of
from geo.files.write import About, OutTable, write_tables
from geo.plan_changes import Comparison, Consequences
from geo.plan_problems import Problem
from geo.units import WGS84
from geo.words import LANGUAGES, sentence

WORKBOOK = ".xlsx"
"""The one ending whose headers are in a language; the others are read by programs."""

FIELD_BYTES = 10
"""Longest name of a field in a Shapefile (dBASE III)."""

TEXT_BYTES = 254
"""Longest text in a field of a Shapefile."""

FIELDS_FILE = "FIELDS.md"
"""In the archive of a Shapefile: what its short fields are. Of an ending that no import takes for a table."""


@dataclass(frozen=True)
class PlanFile:
    """A plan as it is written."""

    grids: Sequence[GridOut]
    problems: Sequence[Problem]
    comparison: Comparison | None
    """With the plan that it was drawn from; None: there is none."""
    about: About
    lines: Lines | None = None
    """The borders; None: the plan is not drawn on units."""
    layers: Sequence[TopoLayer] = ()
    """What lies between them: ``grids``, and whatever else is to be told."""
    bridges: Sequence[BridgeOut] = ()


def write_plan(path: Path, plan: PlanFile, language: str) -> None:
    """Write a plan: .gpkg, .geojson, .xlsx, .topojson, or .zip with a Shapefile. It appears only when it is complete.

    Parameters
    ----------
    path
        Its ending says the format.
    plan
        What to write.
    language
        ``zh`` or ``en``: of a workbook, and of sentences about problems.

    Raises
    ------
    BadFile
        If the ending is unknown, the file cannot be written, or the plan has no units to make TopoJSON of.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise BadFile("export_ending_unknown", path=path.name, endings=", ".join(WRITERS))
    write(path, replace(plan, about={key: inert(value) for key, value in plan.about.items()}), language)


def write_changes(path: Path, found: Consequences, problems: Sequence[Problem], about: About, language: str) -> None:
    """Write what a plan changes as .xlsx, .json or .gpkg. It names buildings, so it is for staff only.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    tables = _tables_of_changes(path, language)
    code_of_grid = {change.id: change.name.code for change in found.comparison.grids}
    _write(path, [*tables.consequences(found), tables.problems(problems, code_of_grid)], about)


def write_comparison(path: Path, found: Comparison, about: About, language: str) -> None:
    """Write two plans or days held against each other as .xlsx, .json or .gpkg: counts by grid, no building.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    tables = _tables_of_changes(path, language)
    _write(path, [*tables.comparison(found), tables.ground(found)], about)


def _tables_of_changes(path: Path, language: str) -> Tables:
    if path.suffix.lower() not in CHANGES:
        raise BadFile("export_ending_unknown", path=path.name, endings=", ".join(CHANGES))
    return Tables(language if path.suffix.lower() == WORKBOOK else None)


def _write(path: Path, tables: Sequence[OutTable], about: About) -> None:
    write_tables(path, [_mappable(table) for table in tables], {key: inert(value) for key, value in about.items()})


CHANGES = (WORKBOOK, ".json", ".gpkg")
"""Endings of what a plan changes."""


def _mappable(table: OutTable) -> OutTable:
    """A table all of whose shapes are missing is one without shapes."""
    return table if table.shapes is not None and any(table.shapes) else replace(table, shapes=None)


def _tables(path: Path, plan: PlanFile, language: str) -> None:
    tables = Tables(language if path.suffix.lower() == WORKBOOK else None)
    told = [tables.grids(plan.grids), *(tables.comparison(plan.comparison) if plan.comparison else ())]
    told.append(_mappable(tables.problems(plan.problems, {grid.id: grid.code for grid in plan.grids})))
    if plan.bridges:
        told.append(tables.bridges(plan.bridges))
    write_tables(path, told, plan.about)


def _geojson(path: Path, plan: PlanFile, _language: str) -> None:
    """RFC 7946: longitude and latitude of WGS 84 with seven digits, shells counter-clockwise."""
    table = Tables(None).grids(plan.grids)
    assert table.shapes is not None
    shapes = shapely.orient_polygons(np.array(table.shapes, dtype=object)).tolist()
    write_tables(path, [replace(table, shapes=shapes)], plan.about)


def _topojson(path: Path, plan: PlanFile, _language: str) -> None:
    if plan.lines is None:
        raise BadFile("plan_file_without_units", path=path.name)
    about = {ABOUT: {key: str(value) for key, value in plan.about.items()}}
    layers = [replace(layer, properties=[_inert_row(row) for row in layer.properties]) for layer in plan.layers]
    whole = topology_of(plan.lines, layers, about)
    with written_whole(path) as part:
        part.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _inert_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: inert(value) for key, value in row.items()}


def _shapefile(path: Path, plan: PlanFile, _language: str) -> None:
    """A Shapefile and its side files in one archive, with a list of what the short names of fields mean."""
    field_of = short_fields(GRID_FIELDS)
    table = Tables(None).grids(plan.grids)
    columns = {field_of[name]: [_short(row[i]) for row in table.rows] for i, name in enumerate(GRID_FIELDS)}
    frame = geopandas.GeoDataFrame(columns, geometry=np.array(table.shapes, dtype=object), crs=WGS84)
    with written_whole(path) as part, tempfile.TemporaryDirectory() as folder:
        pyogrio.write_dataframe(frame, Path(folder) / "grids.shp", driver="ESRI Shapefile", encoding="UTF-8")
        (Path(folder) / FIELDS_FILE).write_text(_told_fields(field_of, plan.about), encoding="utf-8")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(folder).iterdir()):
                archive.write(file, file.name)


def short_fields(names: Sequence[str]) -> dict[str, str]:
    """Names of fields -> what a Shapefile can call them: their first ten letters, numbered where that is not enough.

    The import of files knows fields by their first ten letters.

    >>> short_fields(["community_code", "community_name", "community_id"])
    {'community_code': 'community_', 'community_name': 'communit_1', 'community_id': 'communit_2'}
    """
    found: dict[str, str] = {}
    for name in names:
        tries = (name[:FIELD_BYTES], *(f"{name[: FIELD_BYTES - 1 - len(str(n))]}_{n}" for n in range(1, len(names))))
        found[name] = next(short for short in tries if short not in found.values())
    return found


def _short(value: Any) -> Any:
    """Text cut to what a field holds, between two characters."""
    return value.encode()[:TEXT_BYTES].decode(errors="ignore") if isinstance(value, str) else value


def _told_fields(field_of: Mapping[str, str], about: About) -> str:
    """What the fields are, as a table in Markdown, and how the figures came about."""
    meaning = {name: [sentence(f"plan_column_{name}", language) for language in LANGUAGES] for name in field_of}
    lines = ["| field | name | 中文 | English |", "|---|---|---|---|"]
    lines += [f"| {short} | {name} | {' | '.join(meaning[name])} |" for name, short in field_of.items()]
    lines += ["", *(sentence("plan_fields_cut", language, bytes=TEXT_BYTES) for language in LANGUAGES)]
    lines += ["", *(f"* {key}: {' '.join(str(value).split())}" for key, value in about.items())]
    return "\n".join(lines) + "\n"


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Another name to write under; the file gets its own when all is written."""
    if not path.parent.is_dir():
        raise BadFile("export_folder_missing", folder=str(path.parent))
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    except (OSError, DataSourceError) as error:
        raise BadFile("export_not_written", path=path.name, reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)


WRITERS: dict[str, Callable[[Path, PlanFile, str], None]] = {
    ".gpkg": _tables,
    ".geojson": _geojson,
    WORKBOOK: _tables,
    ".topojson": _topojson,
    ".zip": _shapefile,
}
"""Ending -> how to write a plan."""
