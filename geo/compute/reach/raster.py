"""Distance to strokes on a raster whose steps are whole millionths of a degree.

Everything that is drawn lies on one lattice: raster lines run at whole multiples of the step from (0, 0) degrees, and
an outline crosses them at whole millionths. So what is computed is what is written, digit for digit, and nothing that
is true of it (validity, nesting) can be lost in rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.units import Float32Array, FloatArray, IntArray

MICRO = 1_000_000
"""Millionths of a degree in a degree: six decimals, 0.11 m."""

SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY2 = 0.006_694_379_990_14
"""Of the WGS84 ellipsoid."""

BLOCK = 16
"""Raster points that are worked on at once."""

WORD = 64


class Lattice(NamedTuple):
    """The raster that all circles of one city share."""

    step_lon: int
    """Millionths of a degree between raster columns."""
    step_lat: int
    reach_m: float
    """How far the pen reaches."""
    hole_m2: float
    simplify_m: float


class Raster(NamedTuple):
    """A rectangle of the lattice."""

    corner_lon: int
    """Millionths of a degree of column 0; a multiple of the step."""
    corner_lat: int
    n_columns: int
    """A multiple of ``WORD``."""
    n_rows: int
    column_m_of_row: FloatArray
    """(n_rows,) metres between columns."""
    row_m: float
    """Metres between rows, about the middle."""


@kernel
def metres_per_micro(lat: float) -> tuple[float, float]:
    """Metres of a millionth of a degree of longitude and of latitude, at a latitude in degrees.

    Source
    ------
    Radii of curvature in the prime vertical and in the meridian: Snyder (1987), Map Projections - A Working Manual,
    USGS PP 1395, eq. 4-20 and 4-18.
    """
    sine, cosine = np.sin(np.radians(lat)), np.cos(np.radians(lat))
    flat = 1.0 - ECCENTRICITY2 * sine * sine
    east = SEMI_MAJOR_M / np.sqrt(flat) * cosine
    north = SEMI_MAJOR_M * (1.0 - ECCENTRICITY2) / flat**1.5
    return np.radians(east) / MICRO, np.radians(north) / MICRO


def lattice_of(lat: float, pen_m: float, raster_m: float, hole_m2: float, simplify_m: float) -> Lattice:
    """The lattice whose steps come nearest to ``raster_m`` at a latitude in degrees.

    >>> lattice_of(60.0, 30.0, 10.0, 0.0, 0.0)[:2]
    (179, 90)
    """
    lon_m, lat_m = metres_per_micro(lat)
    step_lon, step_lat = max(round(raster_m / lon_m), 2), max(round(raster_m / lat_m), 2)
    # whole numbers would have every kernel compiled once more
    return Lattice(step_lon, step_lat, float(pen_m), float(hole_m2), float(simplify_m))


@kernel
def raster_around(lattice: Lattice, strokes: FloatArray) -> Raster:
    """The raster that holds everything within the pen's reach of strokes, (n, 4) degrees, n at least 1."""
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for k in range(len(strokes)):
        west, east = min(west, strokes[k, 0], strokes[k, 2]), max(east, strokes[k, 0], strokes[k, 2])
        south, north = min(south, strokes[k, 1], strokes[k, 3]), max(north, strokes[k, 1], strokes[k, 3])
    step_lon, step_lat = lattice.step_lon, lattice.step_lat
    # columns are widest in metres towards the equator, narrowest, and so the most, towards the pole
    narrow_m = min(metres_per_micro(south)[0], metres_per_micro(north)[0]) * step_lon
    row_m = metres_per_micro((south + north) / 2)[1] * step_lat
    margin_columns, margin_rows = int(lattice.reach_m / narrow_m) + 3, int(lattice.reach_m / row_m) + 3
    first_column = int(np.floor(west * MICRO / step_lon)) - margin_columns
    first_row = int(np.floor(south * MICRO / step_lat)) - margin_rows
    n_columns = int(np.floor(east * MICRO / step_lon)) + margin_columns + 2 - first_column
    n_rows = int(np.floor(north * MICRO / step_lat)) + margin_rows + 2 - first_row
    column_m = np.empty(n_rows)
    for row in range(n_rows):
        column_m[row] = metres_per_micro((first_row + row) * step_lat / MICRO)[0] * step_lon
    n_columns = (n_columns + WORD - 1) // WORD * WORD
    return Raster(first_column * step_lon, first_row * step_lat, n_columns, n_rows, column_m, row_m)


@kernel
def on_raster(lattice: Lattice, raster: Raster, strokes: FloatArray) -> FloatArray:
    """Strokes in degrees as strokes in columns and rows."""
    placed = np.empty_like(strokes)
    for k in range(len(strokes)):
        for end in range(0, 4, 2):
            placed[k, end] = (strokes[k, end] * MICRO - raster.corner_lon) / lattice.step_lon
            placed[k, end + 1] = (strokes[k, end + 1] * MICRO - raster.corner_lat) / lattice.step_lat
    return placed


@kernel
def burn(raster: Raster, reach_m: float, strokes: FloatArray, rows: IntArray, square: Float32Array) -> None:
    """Lower squared distances, in metres, to those to the nearest stroke, out to one step beyond the reach.

    Parameters
    ----------
    raster, reach_m
        The raster and the pen's reach.
    strokes
        (n, 4) in columns and rows of the raster.
    rows
        (2,) first row of the strip that is worked on, and the row after its last.
    square
        (rows of the strip * n_columns,) changed in place.
    """
    one, nothing = np.float32(1.0), np.float32(0.0)
    row_m = raster.row_m
    for k in range(len(strokes)):
        ay, by = strokes[k, 1], strokes[k, 3]
        column_m = raster.column_m_of_row[min(max(int((ay + by) / 2), 0), raster.n_rows - 1)]
        far_m = reach_m + max(column_m, row_m)
        ax_m, bx_m = strokes[k, 0] * column_m, strokes[k, 2] * column_m
        first_row = max(int(np.ceil(min(ay, by) - far_m / row_m)), rows[0])
        last_row = min(int(max(ay, by) + far_m / row_m), rows[1] - 1)
        dx_m, dy_m = bx_m - ax_m, (by - ay) * row_m
        length2 = dx_m * dx_m + dy_m * dy_m
        dx, dy = np.float32(dx_m), np.float32(dy_m)
        per_length2 = np.float32(1.0 / length2) if length2 > 0.0 else nothing
        slope = dx_m / dy_m if dy_m != 0.0 else 0.0
        for row in range(first_row, last_row + 1):
            y_m = (row - ay) * row_m
            # the stretch of the stroke that lies within reach of this row
            low_m, high_m = min(ax_m, bx_m), max(ax_m, bx_m)
            if dy_m != 0.0:
                one_m, other_m = ax_m + slope * (y_m - far_m), ax_m + slope * (y_m + far_m)
                low_m, high_m = max(low_m, min(one_m, other_m)), min(high_m, max(one_m, other_m))
            first = int((low_m - far_m) / column_m) // BLOCK
            last = int((high_m + far_m) / column_m) // BLOCK
            y = np.float32(y_m)
            ydy = y * dy
            step = np.float32(column_m)
            for block in range(max(first, 0), min(last, raster.n_columns // BLOCK - 1) + 1):
                base = (row - rows[0]) * raster.n_columns + block * BLOCK
                x0 = np.float32(block * BLOCK * column_m - ax_m)
                for i in range(BLOCK):
                    x = x0 + np.float32(i) * step
                    share = min(max((x * dx + ydy) * per_length2, nothing), one)
                    ex, ey = x - share * dx, y - share * dy
                    at = np.uint64(base + i)  # unsigned: only then are the steps of this loop taken at once
                    square[at] = min(square[at], ex * ex + ey * ey)
