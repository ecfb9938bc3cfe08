"""Rows of a department's layer: polygons with a code or a name, which may be drawn badly but not senselessly."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.layers.rings import RingChange, mended
from geo.errors import BadFile
from geo.files.table import FileTable
from geo.imports.places import Town, polygon_of, swapped
from geo.imports.report import Fault
from geo.imports.rows import Reading, Rows
from geo.imports.values import shown, text_of
from geo.rules.import_limits import import_limits
from geo.rules.layers import CleanRule
from geo.text_masks import without_numbers

Row = dict[str, Any]


def read_layer(table: FileTable, town: Town, rule: CleanRule) -> Reading:
    """Zones as rows of the store: code, name, office, and the shape as it was drawn; ``as_filed`` is no column.

    A row without a code goes by its name, one without either by its number.

    Raises
    ------
    BadFile
        If there are no polygons, no rows, or too many corners.
    """
    if table.shapes is None:
        raise BadFile("layer_without_polygons", path=table.filename)
    if not len(table):
        raise BadFile("layer_without_rows", path=table.filename)
    points = int(shapely.get_num_coordinates(table.shapes).sum())
    if points > rule.most_points:
        raise BadFile("layer_too_many_points", path=table.filename, points=points, limit=rule.most_points)
    rows = Rows(table, "layers")
    found = [_row(rows, index, town, rule) for index in range(len(rows))]
    _refuse_other_ground(rows, found)
    return rows.reading(found)


def _row(rows: Rows, index: int, town: Town, rule: CleanRule) -> Row:
    word = partial(text_of, limit=import_limits().longest_name)
    code, name = rows.read(index, "code", word), without_numbers(rows.read(index, "name", word))
    unit = without_numbers(rows.read(index, "unit", word))
    drawn, as_filed = _drawn(rows, index, town, rule)
    return {
        "code": code or name or str(rows.number(index)),
        "name": name or code or str(rows.number(index)),
        "unit": unit,
        "drawn": drawn,
        "as_filed": as_filed,
    }


def _drawn(rows: Rows, index: int, town: Town, rule: CleanRule) -> tuple[BaseGeometry | None, BaseGeometry | None]:
    """The shape with its rings in order, a fault where there is none; where it is redrawn, the one in the file too."""
    assert rows.table.shapes is not None
    filed, done = rows.table.shapes[index], list[RingChange]()
    shape, points = filed, int(shapely.get_num_coordinates(filed))
    if points > rule.most_points_of_zone:
        rows.fault(index, "geometry", "layer_zone_too_many_points", points=points, limit=rule.most_points_of_zone)
        return None, None
    if _can_be_mended(filed):
        whole, done = mended(filed, rule)
        shape = filed if whole is None else whole
    shape = polygon_of(rows, index, shape)
    if shape is None:
        return None, None
    middle = shapely.point_on_surface(shape)
    if not town.reaches(middle.x, middle.y):
        turned = shapely.point_on_surface(swapped(shape))
        key = "shape_swapped" if town.reaches(turned.x, turned.y) else "outside_town"
        rows.fault(index, "geometry", key, lon=f"{middle.x:.4f}", lat=f"{middle.y:.4f}")
        return None, None
    for kind in done:
        if kind != "redrawn":  # that one is told as a change, with its ground
            rows.note(index, "geometry", f"layer_{kind}", place=f"{middle.x:.6f}, {middle.y:.6f}")
    return shape, filed if "redrawn" in done else None


def _can_be_mended(shape: Any) -> bool:
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        return False
    return bool(np.isfinite(shapely.get_coordinates(shape)).all())


def _refuse_other_ground(rows: Rows, found: list[Row]) -> None:
    """A fault where a code stands for two grounds; the same row twice is left to the cleaning, which tells of it."""
    first: dict[str, int] = {}
    for index, row in enumerate(found):
        before = first.setdefault(row["code"], index)
        if before == index or row["drawn"] is None or found[before]["drawn"] is None:
            continue
        if not row["drawn"].equals_exact(found[before]["drawn"], normalize=True):
            rows.fault(index, "code", "value_twice", value=shown(row["code"]), first=rows.number(before))


def without(reading: Reading, faults: dict[int, Fault]) -> Reading:
    """A reading less some of its rows, by position, each with what is wrong with it."""
    kept = [index for index in range(len(reading.rows)) if index not in faults]
    return replace(
        reading,
        rows=[reading.rows[index] for index in kept],
        number_of_row=[reading.number_of_row[index] for index in kept],
        faults=tuple(sorted((*reading.faults, *faults.values()), key=lambda fault: fault.row)),
    )
