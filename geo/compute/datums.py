"""Places as Chinese maps have them, and as they are: GCJ-02 and BD-09 from and to WGS-84.

GCJ-02 shifts every place in China by 30 to 700 m, by a formula that was never published officially; the one below is
what the world's map software uses. BD-09 shifts GCJ-02 once more. CGCS2000 differs from WGS-84 by less than a metre and
counts as the same. Neither shift may be guessed from a place alone: whoever gives places must say which they are.

Source
------
Ellipsoid of Krassowsky 1940; the formula as first read out of a map library in 2010 and found in every converter since.
Measured for the cities of Inner Mongolia, the inverse by iteration is exact to a tenth of a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from geo.units import FloatArray

DATUMS: Final = ("WGS-84", "CGCS2000", "GCJ-02", "BD-09")

_AXIS_M = 6_378_245.0
_SQUARED_ECCENTRICITY = 0.006_693_421_622_965_943

_BAIDU_TURN = np.pi * 3000 / 180
_BAIDU_SHIFT_DEG = 0.0065, 0.006

_EXACT_DEG = 1e-10
_MOST_STEPS = 30

SHIFTED_WEST, SHIFTED_EAST, SHIFTED_SOUTH, SHIFTED_NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""The box within which map software shifts; it reaches beyond China, and there shifts as well."""


def to_wgs84(lonlat: FloatArray, datum: str) -> FloatArray:
    """Places as they are.

    Parameters
    ----------
    lonlat
        (n, 2) degrees.
    datum
        One of ``DATUMS``.

    Examples
    --------
    >>> to_wgs84(np.array([[111.76, 40.84]]), "WGS-84")
    array([[111.76,  40.84]])
    """
    if datum == "GCJ-02":
        return _inverse(_gcj02, lonlat)
    if datum == "BD-09":
        return _inverse(_gcj02, _inverse(_bd09, lonlat))
    _known(datum)
    return np.asarray(lonlat, np.float64)


def from_wgs84(lonlat: FloatArray, datum: str) -> FloatArray:
    """Places as a map of another datum has them; as :func:`to_wgs84`."""
    if datum == "GCJ-02":
        return _gcj02(np.asarray(lonlat, np.float64))
    if datum == "BD-09":
        return _bd09(_gcj02(np.asarray(lonlat, np.float64)))
    _known(datum)
    return np.asarray(lonlat, np.float64)


def _known(datum: str) -> None:
    assert datum in DATUMS, datum


def _inverse(shifted: Callable[[FloatArray], FloatArray], lonlat: FloatArray) -> FloatArray:
    """Places that a shift takes to others: corrected until they do; at the box's edge, where none does: the last."""
    wanted = np.asarray(lonlat, np.float64)
    found = wanted.copy()
    for _ in range(_MOST_STEPS):
        off = wanted - shifted(found)
        found += off
        if np.abs(off).max(initial=0.0) < _EXACT_DEG:
            break
    return found


def _gcj02(lonlat: FloatArray) -> FloatArray:
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    wave = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (wave + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (wave + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    sine = np.sin(np.radians(lat))
    flat = 1 - _SQUARED_ECCENTRICITY * sine * sine
    meridian_m = _AXIS_M * (1 - _SQUARED_ECCENTRICITY) / (flat * np.sqrt(flat))
    parallel_m = _AXIS_M / np.sqrt(flat) * np.cos(np.radians(lat))
    off = np.degrees(np.stack([east / parallel_m, north / meridian_m], axis=1))
    within = (lon >= SHIFTED_WEST) & (lon <= SHIFTED_EAST) & (lat >= SHIFTED_SOUTH) & (lat <= SHIFTED_NORTH)
    return lonlat + np.where(within[:, None], off, 0.0)


def _bd09(lonlat: FloatArray) -> FloatArray:
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TURN)
    east, north = _BAIDU_SHIFT_DEG
    return np.stack([radius * np.cos(angle) + east, radius * np.sin(angle) + north], axis=1)
