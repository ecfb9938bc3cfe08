"""In which grid many points lie, and whose borders they are near: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.project import Frame
from geo.units import NONE, FloatArray, IntArray

Shapes = NDArray[np.object_]


def first_holding(lonlat: FloatArray, shapes: Shapes) -> IntArray:
    """(n,) index of the first shape that holds each point or has it on its border; ``NONE``: no shape does.

    Parameters
    ----------
    lonlat
        (n, 2) degrees; nan: lies nowhere.
    shapes
        (m,) polygons in degrees, the one that decides first.
    """
    found = np.full(len(lonlat), len(shapes), dtype=np.int64)
    known = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    point, shape = shapely.STRtree(shapes).query(shapely.points(lonlat[known]), predicate="intersects")
    np.minimum.at(found, known[point], shape)
    found[found == len(shapes)] = NONE
    return found


def near_shapes(lonlat: FloatArray, shapes: Shapes, within_m: float) -> tuple[IntArray, IntArray]:
    """Pairs (index of point, index of shape) no farther apart than so many metres; what holds a point is near it."""
    known = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    frame = Frame.of(lonlat[known])
    flat_m = shapely.transform(shapes, frame.to_xy_m)
    points_m = shapely.points(frame.to_xy_m(lonlat[known]))
    point, shape = shapely.STRtree(flat_m).query(points_m, predicate="dwithin", distance=within_m)
    return known[point], shape.astype(np.int64)
