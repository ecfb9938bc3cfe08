"""Overlaps and gaps of one community's grids: narrow ones are repaired, wide ones told with their shapes.

All in a local metric frame. A part is narrow if nothing of it is left when it is shrunk by half the width from both
sides. The repair itself is GEOS's coverage cleaning, which may lose or merge polygons on bad input, so its result is
checked before it is used; and where GEOS's check sees a fault, arithmetic has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.compute.layers.clean import is_coverage
from geo.imports.places import frame_about, in_degrees, in_metres
from geo.rules.import_limits import ImportLimits, import_limits

Shapes = NDArray[np.object_]

GRAIN_M = 0.001
"""Set operations round to this, so that neighbours get the same new corners."""

OVERLAP, GAP, OUTSIDE, UNCOVERED = "overlap", "gap", "outside", "uncovered"


@dataclass(frozen=True)
class Defect:
    """A place where grids do not fit together."""

    kind: str
    """overlap, gap (between grids), outside (of the community), uncovered (at the community's edge)."""
    grids: tuple[int, ...]
    """Indices of the grids concerned; for an overlap the later one last."""
    shape: BaseGeometry
    """EPSG:4326."""
    area_m2: float
    is_wide: bool


@dataclass(frozen=True)
class Fitting:
    """How the grids of a community fit together."""

    defects: tuple[Defect, ...]
    shapes: Shapes | None
    """(n_grids,) EPSG:4326, repaired, by the order given; None if the repair failed."""


def fit(grids: Sequence[BaseGeometry], community: BaseGeometry) -> Fitting:
    """Find what does not fit and repair what is narrow; wide defects are left as they are.

    Grids that fit already come back exactly as they were given.
    """
    frame = frame_about(community)
    limits = import_limits()
    shapes = np.array([in_metres(grid, frame) for grid in grids], dtype=object)
    ground = in_metres(community, frame)
    found = [*_overlaps(shapes, limits), *_outside(shapes, ground, limits), *_uncovered(shapes, ground, limits)]
    defects = tuple(
        Defect(kind, who, in_degrees(part, frame), float(part.area), _is_wide(part, limits.sliver_width_m))
        for kind, who, part in found
    )
    fits = not any(d.kind != UNCOVERED and not d.is_wide for d in defects)
    if fits and is_coverage(shapes):
        return Fitting(defects, np.array(grids, dtype=object))
    mended = _mended(shapes, ground, limits)
    if mended is None:
        return Fitting(defects, None)
    stored = np.array([_multi(in_degrees(shape, frame)) for shape in mended], dtype=object)
    return Fitting(defects, stored if is_coverage(stored) else None)


def _is_wide(part: BaseGeometry, width_m: float) -> bool:
    return not shapely.buffer(part, -width_m / 2, quad_segs=4).is_empty


Found = tuple[str, tuple[int, ...], BaseGeometry]


def _parts(shape: BaseGeometry, limits: ImportLimits) -> list[BaseGeometry]:
    """The polygons of a shape that are more than rounding."""
    return [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > limits.noise_m2]


def _overlaps(shapes: Shapes, limits: ImportLimits) -> list[Found]:
    tree = shapely.STRtree(shapes)
    pairs = sorted((int(a), int(b)) for a, b in tree.query(shapes, predicate="intersects").T if a < b)
    return [
        (OVERLAP, pair, part)
        for pair in pairs
        for part in _parts(shapely.intersection(shapes[pair[0]], shapes[pair[1]]), limits)
    ]


def _outside(shapes: Shapes, ground: BaseGeometry, limits: ImportLimits) -> list[Found]:
    beyond = shapely.difference(shapes, ground)
    return [(OUTSIDE, (i,), part) for i, shape in enumerate(beyond) for part in _parts(shape, limits)]


def _uncovered(shapes: Shapes, ground: BaseGeometry, limits: ImportLimits) -> list[Found]:
    """Uncovered ground: a gap if it is narrow or mostly enclosed by grids, else an edge that no grid was drawn for."""
    found: list[Found] = []
    touch_m = limits.snap_m
    for part in _parts(ground.difference(shapely.union_all(shapes)), limits):
        near = shapely.dwithin(shapes, part, touch_m)
        edge = shapely.union_all(shapes[near]).buffer(touch_m)
        share = part.exterior.intersection(edge).length / part.exterior.length
        narrow = not _is_wide(part, limits.sliver_width_m)
        kind = GAP if narrow or share >= limits.gap_enclosed_share else UNCOVERED
        found.append((kind, tuple(int(i) for i in np.flatnonzero(near)), part))
    return found


def _mended(shapes: Shapes, ground: BaseGeometry, limits: ImportLimits) -> Shapes | None:
    """The grids clipped to the community, drawn out into narrow strips along its border, and cleaned.

    None if the result is no coverage, lost a grid, or moved more ground than slivers hold.
    """
    width_m = limits.sliver_width_m
    clipped = _polygonal(shapely.intersection(shapes, ground, grid_size=GRAIN_M))
    free = shapely.difference(ground, shapely.union_all(clipped), grid_size=GRAIN_M)
    strips = shapely.union_all([part for part in _parts(free, limits) if not _is_wide(part, width_m)])
    reach = shapely.buffer(clipped, width_m * 1.1, join_style="mitre")
    pieces = _polygonal(shapely.intersection(reach, strips, grid_size=GRAIN_M))
    drawn_out = _polygonal(shapely.union(clipped, pieces, grid_size=GRAIN_M))
    cleaned: Shapes = shapely.coverage_clean(drawn_out, gap_width=width_m, snapping_distance=limits.snap_m)
    if len(cleaned) != len(shapes) or shapely.is_empty(cleaned).any():
        return None
    bound_m2 = shapely.length(shapes) * width_m + limits.noise_m2
    moved_m2 = np.abs(shapely.area(cleaned) - shapely.area(clipped))
    if (moved_m2 > bound_m2).any() or not is_coverage(cleaned):
        return None
    return cleaned


def _polygonal(shapes: Shapes) -> Shapes:
    """The areas of shapes, without the lines and points that a set operation leaves."""
    parts = [[part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"] for shape in shapes]
    return np.array([shapely.union_all(polygons) for polygons in parts], dtype=object)


def _multi(shape: BaseGeometry) -> BaseGeometry:
    return shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
