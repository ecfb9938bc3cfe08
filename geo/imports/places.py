"""Points and polygons of rows: where they may lie and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.project import Frame
from geo.errors import BadFile
from geo.imports.rows import Rows
from geo.imports.values import CellError, number_of, shown
from geo.rules.headers import columns_of
from geo.rules.import_limits import import_limits
from geo.units import BoolArray, FloatArray

POINT_DIGITS = 9
"""Decimals of a degree kept of a point: a tenth of a millimetre, and still exact after a way through a spreadsheet."""

_WHERE = re.compile(r"\[(-?[\d.e+-]+) (-?[\d.e+-]+)\]")


@dataclass(frozen=True)
class Town:
    """The ground that rows may lie on: all live areas together."""

    shape: BaseGeometry | None
    """EPSG:4326; None while no areas are loaded, then any place will do."""

    @cached_property
    def _frame(self) -> Frame:
        return frame_about(self.shape)

    @cached_property
    def _reach_xy_m(self) -> BaseGeometry:
        ground = in_metres(self.shape, self._frame).buffer(import_limits().outside_town_m)
        shapely.prepare(ground)
        return ground

    def reaches(self, lon: float, lat: float) -> bool:
        """Whether a place lies in the town or within ``outside_town_m`` of it."""
        return bool(self.reached(np.array([[lon, lat]], dtype=np.float64))[0])

    def reached(self, lonlat: FloatArray) -> BoolArray:
        """(n,) whether each of many places is reached, of (n, 2) degrees."""
        if self.shape is None:
            return np.array([is_on_earth(lon, lat) for lon, lat in lonlat], dtype=bool)
        x_m, y_m = self._frame.to_xy_m(lonlat).T
        inside: BoolArray = shapely.contains_xy(self._reach_xy_m, x_m, y_m)
        return inside


def frame_about(shape: BaseGeometry) -> Frame:
    """The local metric frame of a shape."""
    return _one_of(Frame.of(shapely.get_coordinates(shape)))


@lru_cache(maxsize=64)
def _one_of(frame: Frame) -> Frame:
    """One frame a centre: neighbours share it, and setting up its projection takes 20 ms."""
    return frame


def in_metres(shape: BaseGeometry | None, frame: Frame) -> BaseGeometry:
    """A shape in a local metric frame."""
    return shapely.transform(shape, frame.to_xy_m)


def in_degrees(shape: BaseGeometry, frame: Frame) -> BaseGeometry:
    """A shape of a local metric frame in EPSG:4326."""
    return shapely.transform(shape, frame.to_lonlat)


def is_on_earth(lon: float, lat: float) -> bool:
    """Whether somebody can live at a longitude and latitude."""
    return abs(lon) <= 180 and abs(lat) <= import_limits().highest_latitude and (lon, lat) != (0, 0)


def swapped(shape: BaseGeometry) -> BaseGeometry:
    """A shape with longitude and latitude exchanged."""
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def points_of(rows: Rows, town: Town) -> list[BaseGeometry | None]:
    """One point a row; rows without one, or with one in the wrong place, get a fault.

    Raises
    ------
    BadFile
        If the file has neither shapes nor a longitude and a latitude column.
    """
    if rows.table.shapes is None:
        raise BadFile("positions_missing", path=rows.table.filename, found=", ".join(list(rows.table.columns)[:20]))
    headers = columns_of("position", rows.table.columns)
    return [point_of(rows, index, headers, town) for index in range(len(rows))]


def point_of(rows: Rows, index: int, headers: dict[str, str], town: Town) -> BaseGeometry | None:
    """A row's point; a row without one, or with one in the wrong place, gets a fault.

    ``headers`` are those of the position columns, by field.
    """
    assert rows.table.shapes is not None
    shape = rows.table.shapes[index]
    if shape is None or shape.is_empty:
        _explain_no_point(rows, index, headers)
        return None
    if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if shape.geom_type != "Point":
        rows.fault(index, "geometry", "point_expected", found=shape.geom_type)
        return None
    field = " / ".join(headers.values()) or "geometry"
    if is_on_earth(shape.x, shape.y) and town.reaches(shape.x, shape.y):
        return shapely.Point(round(shape.x, POINT_DIGITS), round(shape.y, POINT_DIGITS))
    if is_on_earth(shape.y, shape.x) and town.reaches(shape.y, shape.x):
        rows.fault(index, field, "lonlat_swapped", lon=f"{shape.x:.6f}", lat=f"{shape.y:.6f}")
    elif not is_on_earth(shape.x, shape.y):
        rows.fault(index, field, "lonlat_range", lon=f"{shape.x:.6g}", lat=f"{shape.y:.6g}")
    else:
        rows.fault(index, field, "outside_town", lon=f"{shape.x:.6f}", lat=f"{shape.y:.6f}")
    return None


def _explain_no_point(rows: Rows, index: int, headers: dict[str, str]) -> None:
    """Which of the position cells is empty or no number."""
    said = False
    for header in headers.values():
        value = rows.table.columns[header][index]
        try:
            if value is not None and str(value).strip():
                number_of(value)
                continue
            rows.fault(index, header, "value_missing")
        except CellError as error:
            rows.fault(index, header, error.key, **error.evidence)
        said = True
    if not said:
        rows.fault(index, "geometry", "shape_missing")


def polygons_of(rows: Rows) -> list[BaseGeometry | None]:
    """One valid multipolygon a row; the others get a fault.

    Raises
    ------
    BadFile
        If the file has no polygons at all.
    """
    if rows.table.shapes is None:
        raise BadFile("polygons_missing", path=rows.table.filename)
    return [polygon_of(rows, index, rows.table.shapes[index]) for index in range(len(rows))]


def polygon_of(rows: Rows, index: int, shape: Any) -> BaseGeometry | None:
    """A row's shape as a valid multipolygon; a row that has none gets a fault."""
    if shape is None:
        rows.fault(index, "geometry", "shape_missing")
        return None
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        rows.fault(index, "geometry", "polygon_expected", found=shape.geom_type)
        return None
    if shape.is_empty or (shape.is_valid and not shape.area):
        rows.fault(index, "geometry", "polygon_empty")
        return None
    west, south, east, north = shape.bounds
    if not (is_on_earth(west, south) and is_on_earth(east, north)):
        key = "shape_swapped" if is_on_earth(south, west) and is_on_earth(north, east) else "shape_range"
        rows.fault(index, "geometry", key, lon=f"{west:.4f}", lat=f"{south:.4f}")
        return None
    if not shape.is_valid:
        reason = str(shapely.is_valid_reason(shape))
        where = _WHERE.search(reason)
        place = f"{float(where[1]):.6f}, {float(where[2]):.6f}" if where else shown(reason)
        rows.fault(index, "geometry", "polygon_crosses_itself", reason=reason.partition("[")[0], place=place)
        return None
    return as_multipolygon(shape)


def as_multipolygon(shape: BaseGeometry) -> BaseGeometry:
    """A polygon as a multipolygon of one part; a multipolygon as it is."""
    return shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape


def as_geojson(shape: BaseGeometry) -> dict[str, Any]:
    """A shape for the evidence of a report, to the decimetre."""
    rounded = shapely.set_precision(shape, 1e-6, mode="pointwise")
    found: dict[str, Any] = shapely.geometry.mapping(rounded)
    return found
