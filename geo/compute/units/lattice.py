"""A community's own lattice: whole ten-millionths of a degree, counted from its south-western corner."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.project import Frame
from geo.units import E7, FloatArray, Int32Array, IntArray

Shapes = NDArray[np.object_]

GRAIN = 1.0
"""Corners fall on whole numbers."""

KEY_BITS = 31
"""Of a corner's y; x takes as many above them, which is 200 degrees."""

MARGIN = 1_000
"""Whole numbers that are left free west and south of a community, for lines that reach over its border."""

_NEAR_DEG = 1e-3


class Lattice(NamedTuple):
    """Where whole numbers lie on the earth."""

    west_e7: int
    south_e7: int
    metres: FloatArray
    """(2,) metres of a whole number to the east and to the north, about the middle of the community."""

    @classmethod
    def about(cls, shape: shapely.Geometry) -> Lattice:
        """The lattice of a community in degrees."""
        west, south, east, north = shape.bounds
        lon, lat = (west + east) / 2, (south + north) / 2
        corner = np.floor(np.array([west, south]) * E7).astype(np.int64) - MARGIN
        return cls(int(corner[0]), int(corner[1]), _metres(lon, lat))

    def e7_of(self, keys: IntArray) -> Int32Array:
        """(n, 2) ten-millionths of a degree of corners."""
        return np.asarray(corners_of(keys) + np.array([self.west_e7, self.south_e7]), np.int32)

    def counted(self, e7: Int32Array) -> FloatArray:
        """(n, 2) places in ten-millionths of a degree, counted from the corner."""
        return np.asarray(e7 - np.array([self.west_e7, self.south_e7], np.float64))

    def whole_of(self, lonlat: FloatArray) -> FloatArray:
        """(n, 2) places in degrees, in whole numbers."""
        return np.asarray(np.rint(lonlat * E7) - np.array([self.west_e7, self.south_e7]))

    def whole(self, shapes: Any) -> Any:
        """Shapes in degrees, or an array of them, in whole numbers."""
        return shapely.transform(shapes, self.whole_of)

    def in_metres(self, shapes: Any) -> Any:
        """Shapes in degrees, or an array of them, in metres from the corner."""
        return shapely.transform(shapes, lambda lonlat: self.whole_of(lonlat) * self.metres)

    def in_degrees(self, shapes: Any) -> Any:
        """Shapes in metres from the corner, or an array of them, in degrees."""
        corner = np.array([self.west_e7, self.south_e7])
        return shapely.transform(shapes, lambda xy_m: (xy_m / self.metres + corner) / E7)

    def area_m2(self, shapes: Shapes) -> FloatArray:
        """(n,) square metres of shapes in whole numbers."""
        return np.asarray(shapely.area(shapes) * self.metres.prod())


def _metres(lon: float, lat: float) -> FloatArray:
    frame = _frame(round(lon, 1), round(lat, 1))
    at = frame.to_xy_m(np.array([[lon, lat], [lon + _NEAR_DEG, lat], [lon, lat + _NEAR_DEG]]))
    return np.asarray(np.hypot(*(at[1:] - at[0]).T) / (_NEAR_DEG * E7))


@lru_cache(maxsize=64)
def _frame(lon: float, lat: float) -> Frame:
    """One frame a centre: setting up its projection takes 20 ms."""
    return Frame(lon, lat)


def keys_of(xy: NDArray[Any]) -> IntArray:
    """(n,) keys of (n, 2) corners, ascending from west to east, then from south to north."""
    whole = np.rint(xy).astype(np.int64)
    return np.asarray((whole[..., 0] << KEY_BITS) + whole[..., 1])


def corners_of(keys: IntArray) -> FloatArray:
    """(n, 2) corners of (n,) keys."""
    return np.stack([keys >> KEY_BITS, keys & ((1 << KEY_BITS) - 1)], axis=-1).astype(np.float64)


def metres_between(start: IntArray, stop: IntArray, lattice: Lattice) -> FloatArray:
    """Metres from corners to corners, in an array of any shape."""
    way = (corners_of(stop) - corners_of(start)) * lattice.metres
    return np.asarray(np.hypot(way[..., 0], way[..., 1]))
