"""The local metric frame: a transverse Mercator about the data's own centre.

Lengths are taken here, never in EPSG:3857. The scale is 1 on the central meridian and grows away from it by
``x^2 / (2 R^2)``: 3 parts per million at 15 km, 31 at 50 km, 123 at 100 km east or west of the centre (north and south
cost nothing). The centre is rounded to a tenth of a degree, so that small edits of the data leave the frame, and with
it every length, as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyproj import CRS, Transformer

from geo.units import WGS84, FloatArray

EARTH_RADIUS_M = 6_371_000.0
"""Mean radius; only the stated error bound uses it."""


@dataclass(frozen=True)
class Frame:
    """A metric frame: x to the east, y to the north, metres from a centre.

    Parameters
    ----------
    lon, lat
        Degrees (EPSG:4326) of the centre, which becomes (0, 0).
    """

    lon: float
    lat: float

    @classmethod
    def of(cls, lonlat: FloatArray) -> Frame:
        """The frame about the middle of the bounding box of some places.

        Parameters
        ----------
        lonlat
            (n, 2) degrees; rows that are not finite are passed over; with none left the centre is (0, 0).

        >>> Frame.of(np.array([[103.18, 40.37], [103.26, 40.44]]))
        Frame(lon=103.2, lat=40.4)
        """
        places = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        places = places[np.isfinite(places).all(axis=1)]
        if not len(places):
            return cls(0.0, 0.0)
        lon, lat = (places.min(axis=0) + places.max(axis=0)) / 2
        return cls(round(float(lon), 1), round(float(lat), 1))

    @property
    def _transformer(self) -> Transformer:
        return _transformer_about(self.lon, self.lat)

    def to_xy_m(self, lonlat: FloatArray) -> FloatArray:
        """(n, 2) degrees -> (n, 2) metres; a place that has no image (another side of the earth) gives inf."""
        places = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        x_m, y_m = self._transformer.transform(places[:, 0], places[:, 1])
        return np.column_stack([x_m, y_m])

    def to_lonlat(self, xy_m: FloatArray) -> FloatArray:
        """(n, 2) metres -> (n, 2) degrees, EPSG:4326."""
        places = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
        lon, lat = self._transformer.transform(places[:, 0], places[:, 1], direction="INVERSE")
        return np.column_stack([lon, lat])

    def error_share(self, xy_m: FloatArray) -> float:
        """By what share lengths are overstated at worst among these places: ``x^2 / (2 R^2)``.

        Source
        ------
        Snyder (1987), Map Projections - A Working Manual, USGS PP 1395, eq. 8-7, first term.

        >>> f"{Frame(0.0, 0.0).error_share(np.array([[50_000.0, 0.0]])):.1e}"
        '3.1e-05'
        """
        x_m = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)[:, 0]
        return float((np.abs(x_m).max(initial=0.0) / EARTH_RADIUS_M) ** 2 / 2)


@lru_cache(maxsize=32)
def _transformer_about(lon: float, lat: float) -> Transformer:
    """To metres from a centre. To make one takes longer than to project a community; any thread may use it."""
    local = CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat!r} +lon_0={lon!r} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )
    return Transformer.from_crs(CRS.from_epsg(WGS84), local, always_xy=True)
