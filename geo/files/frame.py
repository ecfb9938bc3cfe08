"""Foreign coordinate frames to EPSG:4326, with the axes whichever way round the file has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.errors import BadFile
from geo.imports.report import Fault
from geo.units import WGS84

AREA_OF_USE_MARGIN_DEG = 3.0
"""Cities draw on with the zone of their centre: one neighbouring 3-degree zone is still plausible."""

Shapes = NDArray[np.object_]


def frame_called(name: str) -> CRS:
    """The frame that a person named: ``EPSG:4525``, ``4525``, WKT.

    Raises
    ------
    BadFile
        If there is no such frame.
    """
    try:
        return CRS.from_user_input(int(name) if name.strip().isdigit() else name)
    except CRSError as error:
        raise BadFile("crs_unknown", crs=name) from error


def to_lonlat(shapes: Shapes, crs: CRS, filename: str, *, may_swap: bool = True) -> tuple[Shapes, tuple[Fault, ...]]:
    """Shapes in EPSG:4326, two-dimensional, and what had to be decided on the way.

    The registry gives EPSG:4490 and the CGCS2000 zones with latitude or northing first, files mostly the other way
    round. The order is told from where the shapes come to lie: within the frame's own area of use, or not.

    Raises
    ------
    BadFile
        If they lie outside the frame's area of use either way.
    """
    shapes = shapely.force_2d(shapes)
    if crs.equals(CRS.from_epsg(WGS84), ignore_axis_order=True):
        return shapes, ()
    transformer = Transformer.from_crs(crs, CRS.from_epsg(WGS84), always_xy=True)
    straight = shapely.transform(shapes, transformer.transform, interleaved=False)
    if _plausible(straight, crs):
        return straight, ()
    if may_swap:
        swapped = shapely.transform(shapes, lambda x, y: transformer.transform(y, x), interleaved=False)
        if _plausible(swapped, crs):
            return swapped, (Fault(0, "", "axes_swapped", {"crs": name_of(crs)}),)
    west, south, east, north = shapely.total_bounds(shapes)
    raise BadFile(
        "crs_misfit", path=filename, crs=name_of(crs), x=f"{west:.0f} - {east:.0f}", y=f"{south:.0f} - {north:.0f}"
    )


def name_of(crs: CRS) -> str:
    """``EPSG:4525`` where the frame has a number, else its name."""
    number = crs.to_epsg()
    return f"EPSG:{number}" if number else str(crs.name)


def _plausible(shapes: Shapes, crs: CRS) -> bool:
    """Whether most points lie where the frame is meant for."""
    lonlat: NDArray[Any] = shapely.get_coordinates(shapes)
    if not len(lonlat):
        return True
    if not np.isfinite(lonlat).all():
        return False
    area = crs.area_of_use
    if area is None:
        return bool((np.abs(np.median(lonlat, axis=0)) <= (180.0, 90.0)).all())
    lon, lat = np.median(lonlat, axis=0)
    margin = AREA_OF_USE_MARGIN_DEG
    return bool(area.west - margin <= lon <= area.east + margin and area.south - margin <= lat <= area.north + margin)
