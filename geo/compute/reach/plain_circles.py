"""Plain circles, as plans are usually drawn with: everything within a straight distance."""

from __future__ import annotations

import numpy as np
import shapely

from geo.units import FloatArray

CORNERS = 96
"""Of a drawn circle: its edge lies at most 0.06 % of the radius inside the true one."""


def union_of_circles(places_xy_m: FloatArray, radius_m: float) -> shapely.Geometry:
    """The ground within a straight distance of any place.

    Parameters
    ----------
    places_xy_m
        (n_places, 2) metres.
    radius_m
        Of each circle.

    Returns
    -------
    A valid polygon or several, in the same metres; empty where there is no place.
    """
    turn = np.linspace(0.0, 2 * np.pi, CORNERS, endpoint=False)
    around = radius_m * np.column_stack([np.cos(turn), np.sin(turn)])
    return shapely.union_all(shapely.polygons(places_xy_m[:, None, :] + around))
