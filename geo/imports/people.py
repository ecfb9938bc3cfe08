"""Rows of people: buildings, cells, or outlines of which only the floors are known."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.project import Frame
from geo.errors import BadFile
from geo.files.table import FileTable
from geo.imports.places import is_on_earth, swapped
from geo.imports.report import Fault
from geo.imports.rows import Reading, Rows
from geo.imports.values import CellError, number_of, shown, text_of, whole_number_of, yes_no_of
from geo.rules.homes import home_rules
from geo.rules.import_limits import import_limits

Row = dict[str, Any]

COUNTS = ("households", "residents", "elderly", "children")

_POPULATION = re.compile(r"pop[_ ]?(\d{4})", re.IGNORECASE)
"""How population grids name their column: POP_2015."""

_OF_BUILDINGS = ("name", "compound", "households", "floors", "shops", "unit_entrances", "head_filled", "building")
"""A file with one of these speaks of buildings; with none of them, of cells."""

ROUNDING_SLACK = 1e-6
"""Elderly and children may exceed the residents by this, where fractions were rounded apart."""


@dataclass(frozen=True)
class Surroundings:
    """What is known of the city before its people come."""

    streets: BaseGeometry | None = None
    """Where streets are known; None while none are loaded."""
    town: BaseGeometry | None = None
    """All live areas together; None while none are loaded."""

    def has(self, shape: BaseGeometry) -> bool:
        """Whether a shape touches the city; with nothing known of it, no."""
        known = (self.streets, None if self.town is None else shapely.box(*self.town.bounds))
        return any(extent is not None and extent.intersects(shape) for extent in known)


@dataclass(frozen=True)
class People:
    """Homes as read, and the sums to compare with the file."""

    reading: Reading
    residents_read: float
    """Of all rows, the rejected ones included."""
    residents_rejected: float

    def totals(self, around: Surroundings) -> dict[str, float]:
        """Residents read = placed + outside the streets' extent + not placed (in no area, or in a rejected row)."""
        starts = shapely.get_coordinates([row["start"] for row in self.reading.rows])
        residents = np.array([row["residents"] for row in self.reading.rows], dtype=np.float64)
        outside = np.zeros(len(starts), dtype=np.bool_)
        if around.streets is not None:
            shapely.prepare(around.streets)
            outside = ~shapely.intersects_xy(around.streets, starts[:, 0], starts[:, 1])
        homeless = np.zeros(len(starts), dtype=np.bool_)
        if around.town is not None:
            shapely.prepare(around.town)
            homeless = ~outside & ~shapely.intersects_xy(around.town, starts[:, 0], starts[:, 1])
        return {
            "residents_read": self.residents_read,
            "residents_placed": float(residents[~outside & ~homeless].sum()),
            "residents_outside_streets": float(residents[outside].sum()),
            "residents_not_placed": float(residents[homeless].sum()) + self.residents_rejected,
        }


def read_people(table: FileTable, around: Surroundings, total: float | None = None) -> People:
    """Homes as rows of the store.

    Parameters
    ----------
    table
        Polygons of buildings or cells, or points of cells. The people come from a residents column, else from the
        newest POP_<year> column, else from the outline times the floors (geo/rules/homes.toml).
    around
        What tells a file with latitude and longitude exchanged from one of another city.
    total
        Residents that the good rows shall add up to; their shares stay as they are. None: as the file has them.

    Raises
    ------
    BadFile
        If nothing says how many people there are, or where.
    """
    table = _with_population(table)
    rows = Rows(table, "people")
    if table.shapes is None:
        raise BadFile("positions_missing", path=table.filename, found=", ".join(list(table.columns)[:20]))
    estimated = not rows.has("residents")
    kind = "building" if any(rows.has(name) for name in _OF_BUILDINGS) else "cell"
    shapes = [_shape(rows, index, around) for index in range(len(rows))]
    found = [_home(rows, index, shape, kind) for index, shape in enumerate(shapes)]
    if estimated:
        _estimate(rows, found)
    _give_keys(rows, found)
    reading = rows.reading(found)
    good = set(reading.number_of_row)
    rejected = math.fsum(row["residents"] for index, row in enumerate(found) if rows.number(index) not in good)
    people = People(reading, math.fsum(row["residents"] for row in found), rejected)
    return _scaled(people, total, COUNTS if estimated else COUNTS[1:])


def _with_population(table: FileTable) -> FileTable:
    """A population grid's newest year as ``residents``."""
    years = {match[1]: header for header in table.columns if (match := _POPULATION.fullmatch(header.strip()))}
    if not years or Rows(table, "people").has("residents"):
        return table
    newest = years[max(years)]
    columns = {("residents" if header == newest else header): values for header, values in table.columns.items()}
    note = Fault(0, newest, "people_column", {"column": newest})
    return replace(table, columns=columns, notes=(*table.notes, note))


def _shape(rows: Rows, index: int, around: Surroundings) -> BaseGeometry | None:
    assert rows.table.shapes is not None
    shape = rows.table.shapes[index]
    if shape is None or shape.is_empty:
        rows.fault(index, "geometry", "shape_missing")
        return None
    if shape.geom_type not in ("Point", "Polygon", "MultiPolygon"):
        rows.fault(index, "geometry", "home_shape_expected", found=shape.geom_type)
        return None
    west, south, east, north = shape.bounds
    lon, lat = f"{west:.6g}", f"{south:.6g}"
    fits = is_on_earth(west, south) and is_on_earth(east, north)
    may_be_swapped = is_on_earth(south, west) and is_on_earth(north, east)
    if not fits:
        rows.fault(index, "geometry", "shape_swapped" if may_be_swapped else "lonlat_range", lon=lon, lat=lat)
        return None
    if may_be_swapped and not around.has(shape) and around.has(swapped(shape)):
        rows.fault(index, "geometry", "lonlat_swapped", lon=lon, lat=lat)
        return None
    if not shape.is_valid:
        rows.note(index, "geometry", "home_shape_mended")
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if shape.geom_type != "Point" and not shape.area:
        rows.fault(index, "geometry", "polygon_empty")
        return None
    return shape


def _home(rows: Rows, index: int, shape: BaseGeometry | None, kind: str) -> Row:
    name = partial(text_of, limit=import_limits().longest_name)
    counts = {count: rows.read(index, count, _count_of) for count in COUNTS}
    _check_counts(rows, index, counts)
    return {
        "kind": kind,
        "name": rows.read(index, "name", name),
        "compound": rows.read(index, "compound", name),
        "geom": shape,
        "start": _start(rows, index, shape),
        **{count: number or 0.0 for count, number in counts.items()},
        "floors": rows.read(index, "floors", _floors_of),
        "shops": rows.read(index, "shops", whole_number_of) or 0,
        "unit_entrances": rows.read(index, "unit_entrances", whole_number_of) or 0,
        "head_post_filled": rows.read(index, "head_filled", yes_no_of),
        "source_key": rows.read(index, "source_key", name),
    }


def _check_counts(rows: Rows, index: int, counts: Row) -> None:
    """Residents are there, where the file has them at all, and are not fewer than the old and the young among them."""
    residents, elderly, children = counts["residents"], counts["elderly"] or 0.0, counts["children"] or 0.0
    if rows.has("residents") and rows.value(index, "residents") is None:
        rows.fault(index, "residents", "value_missing")
    if residents is None:
        return
    if elderly + children > residents + ROUNDING_SLACK:
        evidence = {"elderly": f"{elderly:g}", "children": f"{children:g}", "residents": f"{residents:g}"}
        rows.fault(index, "residents", "people_parts_exceed", **evidence)


def _start(rows: Rows, index: int, shape: BaseGeometry | None) -> BaseGeometry | None:
    """Where the walk begins: the entrance, else a point inside."""
    lon, lat = rows.read(index, "entrance_lon", number_of), rows.read(index, "entrance_lat", number_of)
    if lon is not None and lat is not None:
        if is_on_earth(lon, lat):
            return shapely.Point(lon, lat)
        rows.fault(index, "entrance_lon", "lonlat_range", lon=lon, lat=lat)
    return None if shape is None else shapely.point_on_surface(shape)


def _count_of(value: Any) -> float:
    number = number_of(value)
    if number < 0:
        raise CellError("number_negative", value=shown(value))
    return number


def _floors_of(value: Any) -> int:
    """Whole floors, at least one; OpenStreetMap also has 2.5 and lists of parts."""
    return max(round(_count_of(str(value).split(";")[0])), 1)


def _estimate(rows: Rows, found: list[Row]) -> None:
    """People and households from the gross floor area: footprint x floors."""
    if not any(rows.has(name) for name in ("floors", "building")):
        columns = ", ".join(list(rows.table.columns)[:20])
        raise BadFile("people_missing", path=rows.table.filename, columns=columns)
    outlines = np.array([row["geom"] for row in found], dtype=object)
    frame = Frame.of(shapely.get_coordinates(outlines))
    footprint_m2 = np.nan_to_num(shapely.area(shapely.transform(outlines, frame.to_xy_m))).tolist()
    rules = home_rules()
    for index, row in enumerate(found):
        floors = row["floors"] or rules.floors_of_building.get(str(rows.value(index, "building")), 1)
        floor_m2 = footprint_m2[index] * floors if footprint_m2[index] >= rules.smallest_m2 else 0.0
        row["residents"] = floor_m2 / rules.m2_per_person
        row["households"] = row["households"] or floor_m2 / rules.m2_per_household
        _check_counts(rows, index, row)
    rows.notes.append(Fault(0, "", "people_estimated", {"m2": rules.m2_per_person}))


def _give_keys(rows: Rows, found: list[Row]) -> None:
    """Every row's own key: the file's, or where it has none, the place (to a decimetre)."""
    if not rows.has("source_key"):
        rows.notes.append(Fault(0, "", "keys_made", {}))
        for row in found:
            row["source_key"] = f"{row['start'].x:.6f},{row['start'].y:.6f}" if row["start"] is not None else None
    for index, row in enumerate(found):
        if row["source_key"] is None and row["start"] is not None:
            rows.fault(index, "source_key", "value_missing")
    rows.refuse_twins("source_key", [row["source_key"] for row in found])


def _scaled(people: People, total: float | None, counts: tuple[str, ...]) -> People:
    residents = sum(row["residents"] for row in people.reading.rows)
    if total is None or not residents:
        return people
    factor = total / residents
    rows = [row | {count: row[count] * factor for count in counts} for row in people.reading.rows]
    note = Fault(0, "", "people_scaled", {"factor": f"{factor:.4g}"})
    reading = replace(people.reading, rows=rows, notes=(*people.reading.notes, note))
    return People(reading, people.residents_read * factor, people.residents_rejected * factor)
