"""Rings of one polygon in order: what stands there twice once, what crosses itself by a hair untangled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.kernels import bare_kernel, kernel
from geo.rules.layers import CleanRule
from geo.units import FloatArray

RingChange = Literal["ring_twice", "untangled", "redrawn"]
"""ring_twice: a ring that stood there twice counts once. untangled: its border crossed itself by a hair. redrawn: it
crossed itself so that other ground may be meant; all that it goes around is taken.
"""


def mended(shape: BaseGeometry, rule: CleanRule) -> tuple[BaseGeometry | None, list[RingChange]]:
    """A polygon or multipolygon made valid, and what had to be done.

    Parameters
    ----------
    shape
        Polygonal, not empty.
    rule
        A border that crosses itself is untangled where the area changes by no more than a share of it, else redrawn.

    Returns
    -------
    The shape, None where its border goes around no ground at all or is a scribble; and the changes.
    """
    if shape.is_valid:
        return shape, []
    single = _without_twin_rings(shape)
    done: list[RingChange] = (
        ["ring_twice"] if shapely.get_num_coordinates(single) < shapely.get_num_coordinates(shape) else []
    )
    if single.is_valid:
        return single, done
    if _crossings(_edges(single), rule.most_crossings) >= rule.most_crossings:
        return None, done
    whole = shapely.make_valid(single, method="structure", keep_collapsed=False)
    is_plain = whole.geom_type in ("Polygon", "MultiPolygon") and not whole.is_empty
    if not is_plain:
        return None, done
    is_in_doubt = abs(whole.area - single.area) > rule.mended_share * single.area
    return whole, [*done, "redrawn" if is_in_doubt else "untangled"]


def _edges(shape: BaseGeometry) -> FloatArray:
    """(n, 4) the edges of all rings, by their lower ends."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    first = np.flatnonzero(ring[:-1] == ring[1:])
    ends = np.hstack([xy[first], xy[first + 1]])
    return np.ascontiguousarray(ends[np.argsort(ends[:, 1::2].min(axis=1))])


@bare_kernel
def _side(ends: FloatArray, i: int, x: float, y: float) -> float:
    """On which side of an edge a place lies, by sign."""
    ax, ay, bx, by = ends[i]
    side: float = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return side


@kernel
def _crossings(ends: FloatArray, most: int) -> int:
    """How often edges cross each other, at most so many; meeting at a corner is no crossing."""
    found = 0
    for i in range(len(ends)):
        top = max(ends[i, 1], ends[i, 3])
        west, east = min(ends[i, 0], ends[i, 2]), max(ends[i, 0], ends[i, 2])
        for j in range(i + 1, len(ends)):
            if min(ends[j, 1], ends[j, 3]) > top or found >= most:
                break
            if min(ends[j, 0], ends[j, 2]) > east or max(ends[j, 0], ends[j, 2]) < west:
                continue
            parts_i = _side(ends, j, ends[i, 0], ends[i, 1]) * _side(ends, j, ends[i, 2], ends[i, 3])
            parts_j = _side(ends, i, ends[j, 0], ends[j, 1]) * _side(ends, i, ends[j, 2], ends[j, 3])
            found += parts_i < 0 and parts_j < 0
    return found


def _without_twin_rings(shape: BaseGeometry) -> BaseGeometry:
    """Each part once, and each hole of a part once."""
    parts = [shapely.Polygon(part.exterior, _distinct(part.interiors)) for part in _distinct(shapely.get_parts(shape))]
    return parts[0] if shape.geom_type == "Polygon" or len(parts) == 1 else shapely.MultiPolygon(parts)


def _distinct(shapes: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Shapes that are the same, whatever corner they begin at and whichever way round they go, once."""
    found: dict[bytes, BaseGeometry] = {}
    for shape in shapes:
        found.setdefault(shapely.to_wkb(shapely.normalize(shapely.Polygon(shape) if shape.is_ring else shape)), shape)
    return list(found.values())
