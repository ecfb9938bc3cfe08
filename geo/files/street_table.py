"""Streets from any vector file: lines and surfaces with OpenStreetMap's keys as columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError

from geo.errors import BadFile
from geo.files.street_lines import Gatherer, StreetFile
from geo.files.table import FileTable
from geo.imports.report import Fault
from geo.rules.headers import columns_of
from geo.rules.surroundings import KEYS_OF_LINES, KEYS_OF_POINTS
from geo.streets import PLACES_PER_DEGREE, place_keys

Tags = dict[str, str]
Line = tuple[list[int], list[int], list[int]]
"""Keys, longitudes and latitudes of the points of a line."""

LINE_TYPES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)

_FIRST_OF_LIST = re.compile(r"^\[\s*['\"]([^'\"]*)")
"""Where a way was merged of several, some programs write ``['residential', 'service']``."""

_NO_WORDS = frozenset({"false", "f", "0", "n", "none", "否", "无"})
_YES_WORDS = frozenset({"true", "t", "1", "y", "是", "有"})


def street_layer(path: Path) -> str | None:
    """The only layer of a GeoPackage that has lines; None leaves the choice to the reader."""
    return _only_layer(path, with_lines=True)


def people_layer(path: Path) -> str | None:
    """The only layer of a GeoPackage that has points or polygons; None leaves the choice to the reader."""
    return _only_layer(path, with_lines=False)


def streets_of_table(table: FileTable) -> tuple[StreetFile, tuple[Fault, ...]]:
    """Lines become streets and barriers, polygons surfaces, points gates and bollards; other points are passed over.

    Places where ways meet are those whose coordinates agree to 1e-7 degree.

    Returns
    -------
    file
        What the rows are.
    faults
        Rows that cannot be taken: lines without any tag, coordinates that are no longitude and latitude.

    Raises
    ------
    BadFile
        If not one line of the file is a street, or none of its places is on earth.
    """
    gatherer = Gatherer()
    faults: list[Fault] = []
    header_of_key = columns_of("streets", table.columns)
    shapes = table.shapes if table.shapes is not None else np.full(len(table), None, dtype=object)
    lines_of_row = _lines_of_row(shapes)
    bounds = shapely.bounds(shapes)
    is_off_the_earth = (np.abs(bounds) > (180.0, 90.0, 180.0, 90.0)).any(axis=1)
    is_empty = ~np.isfinite(bounds).all(axis=1)
    for row, number in enumerate(table.number_of_row):
        tags = _tags({key: table.columns[header][row] for key, header in header_of_key.items()})
        if is_empty[row]:
            gatherer.empty_rows.append(number)
        elif is_off_the_earth[row]:
            x, y = bounds[row, :2].round(1).tolist()
            faults.append(Fault(number, "geometry", "street_off_the_earth", {"x": x, "y": y}))
        elif row not in lines_of_row:
            _add_other(gatherer, shapes[row], tags)
        elif any(key in tags for key in KEYS_OF_LINES):
            _add_lines(gatherer, number, lines_of_row[row], tags)
        else:
            faults.append(Fault(number, "highway", "street_without_tags", {"keys": ", ".join(KEYS_OF_LINES)}))
    if not gatherer.n_streets:
        if is_off_the_earth.any():
            x, y = bounds[is_off_the_earth][0, :2].round(4).tolist()
            raise BadFile("streets_off_the_earth", path=table.filename, x=x, y=y)
        keys, columns = ", ".join(KEYS_OF_LINES), ", ".join(table.columns)
        raise BadFile("streets_without_tags", path=table.filename, keys=keys, columns=columns)
    return gatherer.finish(None), tuple(faults)


def _lines_of_row(shapes: NDArray[np.object_]) -> dict[int, list[Line]]:
    """Keys and whole coordinates of the parts of every row that is a line."""
    rows = np.flatnonzero(np.isin(shapely.get_type_id(shapes), LINE_TYPES))
    parts, row_index = shapely.get_parts(shapes[rows], return_index=True)
    lonlat = np.nan_to_num(shapely.get_coordinates(parts))
    whole = np.rint(lonlat * PLACES_PER_DEGREE).astype(np.int64)
    keys, lons, lats = place_keys(lonlat).tolist(), whole[:, 0].tolist(), whole[:, 1].tolist()
    ends = np.cumsum(shapely.get_num_coordinates(parts)).tolist()
    lines: dict[int, list[Line]] = {row: [] for row in rows.tolist()}
    for row, start, end in zip(rows[row_index].tolist(), [0, *ends], ends, strict=False):
        lines[row].append((keys[start:end], lons[start:end], lats[start:end]))
    return lines


def _add_lines(gatherer: Gatherer, number: int, lines: list[Line], tags: Tags) -> None:
    """Every part that leads somewhere."""
    leading = [line for line in lines if len(set(line[0])) > 1]
    for line in leading:
        gatherer.add_line(tags, *line)
    if not leading:
        gatherer.empty_rows.append(number)


def _add_other(gatherer: Gatherer, shape: shapely.Geometry, tags: Tags) -> None:
    """A point in a way or a wall, or a polygon: a surface of the map, and where it is walled a barrier as well."""
    if "Polygon" not in shape.geom_type:
        if any(key in tags for key in KEYS_OF_POINTS):
            lonlat = shapely.get_coordinates(shape)
            whole = np.rint(lonlat * PLACES_PER_DEGREE).astype(np.int64).tolist()
            for key, (lon, lat) in zip(place_keys(lonlat).tolist(), whole, strict=True):
                gatherer.add_point(tags, key, lon, lat)
        return
    gatherer.add_land(tags, shapely.to_wkb(shape))
    if "barrier" in tags:
        outline = np.array([shape.boundary], dtype=object)
        for line in _lines_of_row(outline)[0]:
            gatherer.add_line({"barrier": tags["barrier"], "name": tags.get("name", "")}, *line)


def _tags(values: Mapping[str, Any]) -> Tags:
    """Tags of a row: yes and no however the program writes them, the first where it lists several."""
    tags: Tags = {}
    for key, value in values.items():
        text = _text(value)
        if key == "name" and text:
            tags[key] = text
        elif text:
            word = text.lower()
            tags[key] = "no" if word in _NO_WORDS else "yes" if word in _YES_WORDS else word
    return tags


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    if value is None or value != value:  # noqa: PLR0124 -- not a number
        return ""
    text = str(value).strip()
    several = _FIRST_OF_LIST.match(text)
    return several.group(1) if several else text


def _only_layer(path: Path, *, with_lines: bool) -> str | None:
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return None
    try:
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except DataSourceError:
        return None  # the reader says what is wrong with it
    fitting = [name for name, kind in layers if ("Line" in kind) == with_lines]
    return fitting[0] if len(layers) > 1 and len(fitting) == 1 else None
