"""Rings of one polygon in order: what stands there twice once, what crosses itself by a hair untangled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

RingChange = Literal["ring_twice", "untangled"]
"""ring_twice: a ring that stood there twice counts once. untangled: its border crossed itself."""


def mended(shape: BaseGeometry, share: float) -> tuple[BaseGeometry | None, list[RingChange]]:
    """A polygon or multipolygon made valid where nothing is in doubt, and what had to be done.

    Parameters
    ----------
    shape
        Polygonal, not empty.
    share
        A border that crosses itself is untangled if the area changes by no more than this share of it.

    Returns
    -------
    The shape, None where its border crosses itself so that nobody can say which ground is meant; and the changes.
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
    if not is_plain or abs(whole.area - single.area) > share * single.area:
        return None, done
    return whole, [*done, "untangled"]


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
