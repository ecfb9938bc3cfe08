"""Holes among zones that fit together: the narrow ones go to the neighbour with the longest common border.

GEOS fills gaps too, but looks at a zone and all it was given before for every further gap: time grows with the square
of the gaps of a zone (seen in 3.14). Here every gap is measured once, by the edges that it has in common with zones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.layers.edges import Edges, Shapes, edges_of
from geo.units import NONE, BoolArray, FloatArray, IntArray

WIDTH_SHARE = 1e-3
"""How closely the width of a gap is measured, as a share of the width that counts."""

NO_SHAPES: Shapes = np.empty(0, dtype=object)


def holes_of(shapes: Shapes) -> Shapes:
    """Holes in the ground that zones of a coverage have together, less the zones that lie in them as islands."""
    bodies = shapely.get_parts(shapely.coverage_union_all(shapes))
    rings = shapely.get_rings(bodies)
    inner = rings[~_is_outer(bodies)]
    holes: Shapes = shapely.polygons(inner) if len(inner) else NO_SHAPES
    if len(bodies) > 1 and len(holes):
        # an island may touch the hole's border in a corner
        hole, island = shapely.STRtree(bodies).query(holes, predicate="contains")
        outlines = shapely.polygons(shapely.get_exterior_ring(bodies))  # holes of an island are in the list already
        for i in np.unique(hole).tolist():
            holes[i] = shapely.difference(holes[i], shapely.union_all(outlines[island[hole == i]]))
    return np.asarray(shapely.get_parts(holes), dtype=object)


def _is_outer(bodies: Shapes) -> BoolArray:
    """For all rings of polygons in order, whether it is the outline of one."""
    n_rings = shapely.get_num_interior_rings(bodies) + 1
    outer = np.zeros(int(n_rings.sum()), np.bool_)
    outer[np.cumsum(n_rings) - n_rings] = True
    return outer


def without_narrow_gaps(shapes: Shapes, width_m: float) -> Shapes:
    """Zones with the holes between them that are no wider than a width.

    Parameters
    ----------
    shapes
        (n_zones,) multipolygons that fit together, in metres; some may be empty.
    width_m
        The diameter of the largest circle that has room in a hole of that width.

    Returns
    -------
    (n_zones,) Each hole is with the zone that has the longest border on it, the lower number of two alike; unless it is
    more than a strip of that width along that border, as a net of streets between blocks is. Such a one stays open.

    >>> around = shapely.difference(shapely.box(0, 0, 9, 9), shapely.box(2, 2, 4, 4))
    >>> shapely.area(without_narrow_gaps(np.array([shapely.MultiPolygon([around])]), 3.0)).tolist()
    [81.0]
    """
    gaps = holes_of(shapes)
    gaps = gaps[is_narrow(gaps, width_m)]
    grown = shapes.copy()
    for zone, chosen in _by_zone(_longest_beside(gaps, shapes, width_m)):
        grown[zone] = shapely.coverage_union_all(np.array([shapes[zone], *gaps[chosen]], dtype=object))
    return grown


def is_narrow(gaps: Shapes, width_m: float) -> BoolArray:
    """(n_gaps,) whether no circle wider than a width has room in a gap."""
    # no larger circle has room in an outline than area and length allow (Bonnesen: r length <= area + pi r^2)
    outline = shapely.polygons(shapely.get_exterior_ring(gaps)) if len(gaps) else gaps
    m2, around_m = shapely.area(outline), shapely.length(outline)
    most_m = (around_m - np.sqrt(np.maximum(around_m**2 - 4 * np.pi * m2, 0.0))) / np.pi
    roomy = most_m > width_m
    circle = shapely.maximum_inscribed_circle(gaps[roomy], tolerance=width_m * WIDTH_SHARE)
    is_narrow: BoolArray = ~roomy
    is_narrow[roomy] = 2 * shapely.length(circle) <= width_m
    return is_narrow


def _longest_beside(gaps: Shapes, shapes: Shapes, width_m: float) -> IntArray:
    """(n_gaps,) the zone with the longest common border, NONE where a gap is more than a strip along it."""
    around, zones = edges_of(gaps), edges_of(shapes)
    gap, zone = _common_edges(around, zones)
    border_m = np.hypot(*(around.ends[gap, 2:] - around.ends[gap, :2]).T)
    gap, zone = _shape_of_edge(around)[gap], _shape_of_edge(zones)[zone]
    pair, inverse = np.unique(gap * len(shapes) + zone, return_inverse=True)
    length_m = np.bincount(inverse, weights=border_m, minlength=len(pair))
    order = np.lexsort((-pair, length_m))  # the longest comes last, and of several the lowest number
    best, best_m = np.full(len(gaps), NONE, np.int64), np.zeros(len(gaps))
    gap, zone = np.divmod(pair[order], len(shapes))
    best[gap], best_m[gap] = zone, length_m[order]
    return np.where(shapely.area(gaps) <= width_m * best_m, best, NONE)


def _common_edges(a: Edges, b: Edges) -> tuple[IntArray, IntArray]:
    """Numbers of edges of two sets that run between the same two places in opposite ways."""
    there, back = _keys(a.ends), _keys(b.ends[:, [2, 3, 0, 1]])
    order = np.argsort(there)
    place = np.searchsorted(there, back, sorter=order)
    place[place == len(there)] = 0
    found = np.flatnonzero(there[order[place]] == back) if len(there) else np.empty(0, np.int64)
    return order[place[found]], found


def _keys(ends: FloatArray) -> NDArray[np.void]:
    """One value an edge, the same where all four numbers are."""
    return np.ascontiguousarray(ends + 0.0).view(np.dtype((np.void, 32))).ravel()


def _shape_of_edge(edges: Edges) -> IntArray:
    return np.repeat(np.arange(len(edges)), np.diff(edges.start_of_shape))


def _by_zone(zone_of_gap: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Zones that get any gaps, each with the numbers of these."""
    order = np.argsort(zone_of_gap, kind="stable")
    order = order[zone_of_gap[order] != NONE]
    if len(order):
        zones, start = np.unique(zone_of_gap[order], return_index=True)
        yield from zip(zones.tolist(), np.split(order, start[1:]), strict=True)
