"""Rings of one polygon in order: what stands there twice once, what crosses itself by a hair untangled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

RingChange = Literal["ring_twice", "untangled", "redrawn"]
"""ring_twice: a ring that stood there twice counts once. untangled: its border crossed itself by a hair. redrawn: it
crossed itself so that other ground may be meant; all that it goes around is taken.
"""


def mended(shape: BaseGeometry, share: float) -> tuple[BaseGeometry | None, list[RingChange]]:
    """A polygon or multipolygon made valid, and what had to be done.

    Parameters
    ----------
    shape
        Polygonal, not empty.
    share
        A border that crosses itself is untangled where the area changes by no more than this share of it, else redrawn.

    Returns
    -------
    The shape, None where its border goes around no ground at all; and the changes.
    """
    if shape.is_valid:
        return shape, []
    single = _without_twin_rings(shape)
    done: list[RingChange] = (
        ["ring_twice"] if shapely.get_num_coordinates(single) < shapely.get_num_coordinates(shape) else []
    )
    if single.is_valid:
        return single, done
    whole = shapely.make_valid(single, method="structure", keep_collapsed=False)
    is_plain = whole.geom_type in ("Polygon", "MultiPolygon") and not whole.is_empty
    if not is_plain:
        return None, done
    is_in_doubt = abs(whole.area - single.area) > share * single.area
    return whole, [*done, "redrawn" if is_in_doubt else "untangled"]


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
