"""The flat frame in which the demo city is drawn, and its way to degrees.

Metres east and north of the city's middle. Scale is exact there and wrong by under 0.2 % fifteen kilometres away,
which nobody can hold against a city that does not exist.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import shapely

from geo.units import FloatArray

MIDDLE_LONLAT: Final = (103.2, 40.4)
DECIMALS: Final = 7
"""Of a degree: about a centimetre. Whatever shares a node in metres shares it to the last digit in degrees."""

_AXIS_M: Final = 6378137.0
_E2: Final = 0.00669437999014


def to_lonlat(xy_m: FloatArray) -> FloatArray:
    """Degrees, rounded as they are written, of points in the frame; (n, 2) both."""
    sin2 = math.sin(math.radians(MIDDLE_LONLAT[1])) ** 2
    across_m = _AXIS_M / math.sqrt(1 - _E2 * sin2)
    along_m = across_m * (1 - _E2) / (1 - _E2 * sin2)
    per_degree = np.radians([across_m * math.cos(math.radians(MIDDLE_LONLAT[1])), along_m])
    degrees: FloatArray = np.round(np.asarray(MIDDLE_LONLAT) + xy_m / per_degree, DECIMALS)
    return degrees


def shape_to_lonlat(shapes: Any) -> Any:
    """The same for one geometry or an array of them."""
    return shapely.transform(shapes, to_lonlat)
