"""Whether what was made each by itself fits together to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from geo.units import E7


def twice_area(shape: Any) -> int:
    """Twice the ground inside, in whole squared ten-millionths, to the last digit (the shoelace formula)."""
    twice = 0
    for ring in shapely.get_rings(shapely.orient_polygons(shapely.get_parts(shape))):
        xy = np.rint(shapely.get_coordinates(ring) * E7).astype(np.int64).tolist()
        twice += sum(ax * by - ay * bx for (ax, ay), (bx, by) in pairwise(xy))
    return twice


def fits(parts: Sequence[Sequence[Any]]) -> None:
    """All shapes of all parts together are a valid coverage, and the ground of all is the sum of theirs, exactly."""
    shapes = np.concatenate([np.asarray(part, dtype=object) for part in parts])
    assert shapely.coverage_is_valid(shapes)
    assert sum(map(twice_area, shapes)) == twice_area(shapely.coverage_union_all(shapes))
