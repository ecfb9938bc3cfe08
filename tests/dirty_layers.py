"""Ways in which a clean layer gets dirty: each takes polygons in metres and gives back what somebody might hand in."""

from __future__ import annotations

import numpy as np
import shapely

from geo.compute.layers.edges import Shapes


def jittered(shapes: Shapes, rng: np.random.Generator, noise_m: float = 0.2) -> Shapes:
    """Every corner of every polygon moved for itself."""
    parts, _ = shapely.get_parts(shapes, return_index=True)
    rings, _ = shapely.get_rings(parts, return_index=True)
    xy_m, ring = shapely.get_coordinates(rings, return_index=True)
    moved = xy_m + rng.normal(0, noise_m, xy_m.shape)
    first = np.searchsorted(ring, np.arange(len(rings)))
    last = np.append(first[1:], len(xy_m)) - 1
    moved[last] = moved[first]
    dirty: Shapes = shapely.set_coordinates(shapes.copy(), moved)
    return dirty


def simplified(shapes: Shapes, tolerance_m: float = 5.0) -> Shapes:
    """Every polygon simplified for itself."""
    dirty: Shapes = shapely.simplify(shapes, tolerance_m, preserve_topology=True)
    return dirty


def shifted(shapes: Shapes, which: np.ndarray, rng: np.random.Generator, by_m: float = 8.0) -> Shapes:
    """Some polygons moved as a whole."""
    dirty = shapes.copy()
    ways = rng.uniform(-by_m, by_m, (len(which), 2))
    for k, way in zip(which.tolist(), ways, strict=True):
        dirty[k] = shapely.transform(shapes[k], way.__radd__)
    return dirty


def with_twin_rings(shapes: Shapes, which: np.ndarray) -> Shapes:
    """Some polygons with one of their parts in them a second time."""
    dirty = shapes.copy()
    for k in which.tolist():
        parts = list(shapely.get_parts(shapes[k]))
        dirty[k] = shapely.MultiPolygon([*parts, parts[0]])
    return dirty
