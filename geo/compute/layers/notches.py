"""Narrow gaps that are open at the edge of a layer: coverage cleaning fills holes, and these are none.

Two zones at the edge of a town, each digitised for itself, leave a strip between them that reaches the outside. It is
found as what the layer gains when it is widened and narrowed again by half the width that counts as a gap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.layers.edges import Shapes
from geo.units import BoolArray, FloatArray, IntArray

LEAST_M2 = 1.0
"""Smaller ones are corners of the outline."""

TOUCH_M = 0.05
"""How near a zone is that borders on a notch."""

LEAST_BORDER_M = 1.0
"""With less border on a notch a zone only touches it."""


class Notches(NamedTuple):
    """Narrow ground between two or more zones that is open to the outside."""

    shapes: Shapes
    """(n_notches,)"""
    zone: IntArray
    """(n_notches,) the zone with the longest border on it."""
    is_its: BoolArray
    """(n_notches,) whether it is no more than a strip along that border; else it goes on along other zones' borders."""


def notches_of(shapes: Shapes, width_m: float) -> Notches:
    """The notches of a coverage that are narrower than a width.

    Parameters
    ----------
    shapes
        (n_zones,) polygons that fit together, in metres.
    width_m
        What counts as narrow.
    """
    outlines = [shapely.Polygon(part.exterior) for part in shapely.get_parts(shapely.coverage_union_all(shapes))]
    body = shapely.union_all(outlines)
    half_m = width_m / 2
    closed = shapely.buffer(shapely.buffer(body, half_m, join_style="mitre"), -half_m, join_style="mitre")
    found = shapely.get_parts(shapely.difference(closed, body))
    found = found[(shapely.get_type_id(found) == shapely.GeometryType.POLYGON) & (shapely.area(found) >= LEAST_M2)]
    zone, border_m, n_zones = _bordering(found, shapes)
    between = n_zones > 1
    is_its = shapely.area(found) <= width_m * border_m
    return Notches(found[between], zone[between], is_its[between])


def _bordering(notches: Shapes, shapes: Shapes) -> tuple[IntArray, FloatArray, IntArray]:
    """(n_notches,) the zone with most border on each notch, how many metres, and how many zones have any."""
    notch, zone = shapely.STRtree(shapes).query(notches, predicate="dwithin", distance=TOUCH_M)
    border_m = borders_m(notches[notch], shapes[zone])
    counts = np.bincount(notch[border_m >= LEAST_BORDER_M], minlength=len(notches))
    best, best_m = np.zeros(len(notches), np.int64), np.zeros(len(notches))
    order = np.lexsort((-zone, border_m))  # the longest comes last, and of several the lowest number
    best[notch[order]], best_m[notch[order]] = zone[order], border_m[order]
    return best, best_m, counts


def borders_m(parts: Shapes, beside: Shapes) -> FloatArray:
    """(n,) how many metres of border each part has with the polygon beside it; about, and hardly less."""
    border_m: FloatArray = shapely.area(shapely.intersection(shapely.buffer(parts, TOUCH_M), beside)) / TOUCH_M
    return border_m


def filled(shapes: Shapes, notches: Notches, snap_m: float) -> Shapes | None:
    """The zones with those notches that are theirs; None if something gets lost on the way."""
    chosen, zone = notches.shapes[notches.is_its], notches.zone[notches.is_its]
    pieces = snapped(np.concatenate([shapes, chosen]), snap_m)
    if pieces is None or shapely.is_empty(pieces[: len(shapes)]).any():
        return None
    grown: Shapes = pieces[: len(shapes)].copy()
    for one in np.unique(zone).tolist():
        grown[one] = shapely.coverage_union_all(np.array([grown[one], *pieces[len(shapes) :][zone == one]]))
    return grown


def snapped(shapes: Shapes, snap_m: float) -> Shapes | None:
    """Polygons with corners nearer than a distance made one and overlaps given to one, gaps left open, by GEOS.

    None where it trips over its own rounding: "cannot process overlapping inputs", at one distance in many (3.14).
    """
    try:
        found: Shapes = shapely.coverage_clean(shapes, gap_width=0.0, snapping_distance=snap_m)
    except shapely.GEOSException:
        return None
    return found
