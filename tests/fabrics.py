"""Fabrics drawn in whole steps of a ten-millionth of a degree, so that every place and area is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.shapes import fabric_of
from geo.units import E7

CORNER_E7 = (1_032_000_000, 404_000_000)
"""Where (0, 0) of the drawings lies."""

XY = tuple[float, float]


def e7_at(*places: XY) -> np.ndarray:
    """Drawn places as whole ten-millionths."""
    return np.array(places, np.int64).reshape(-1, 2) + CORNER_E7


def polygon(shell: Sequence[XY], *holes: Sequence[XY]) -> shapely.Polygon:
    """A drawn polygon in degrees."""
    return shapely.Polygon(*(ring for ring in [e7_at(*shell) / E7]), [e7_at(*hole) / E7 for hole in holes])


def box(west: int, south: int, east: int, north: int) -> list[XY]:
    """The corners of a rectangle, counter-clockwise."""
    return [(west, south), (east, south), (east, north), (west, north)]


def shapes(*drawn: shapely.Geometry) -> NDArray[np.object_]:
    return np.array([*drawn], dtype=object)


def drawn(shape: shapely.Geometry) -> shapely.Geometry:
    """A shape in degrees back in the steps of the drawing."""
    return shapely.transform(shape, lambda lonlat: np.rint(lonlat * E7) - CORNER_E7)


def chequers(n_columns: int, n_rows: int, step: int = 1000) -> Fabric:
    """Squares, numbered from the south-west corner to the east, row by row."""
    squares = [box(i * step, k * step, (i + 1) * step, (k + 1) * step) for k in range(n_rows) for i in range(n_columns)]
    return fabric_of(shapes(*map(polygon, squares)))


def ring_in_ring() -> Fabric:
    """A square of 60 steps in a ring of 20 steps in another."""
    inner, middle, outer = box(40, 40, 100, 100), box(20, 20, 120, 120), box(0, 0, 140, 140)
    return fabric_of(shapes(polygon(outer, middle), polygon(middle, inner), polygon(inner)))


def cells(seed: int, n: int, step: int) -> NDArray[np.object_]:
    """The quarters of a bent lattice of n by n: places are moved by less than a third of a step, but not the rim."""
    rng = np.random.default_rng(seed)
    place = np.stack(np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"), axis=2) * step
    place[1:-1, 1:-1] += rng.integers(-(step // 3) + 1, step // 3, (n - 1, n - 1, 2))
    corners = np.stack([place[:-1, :-1], place[1:, :-1], place[1:, 1:], place[:-1, 1:]], axis=2)
    made: NDArray[np.object_] = shapely.polygons((corners.reshape(-1, 4, 2) + CORNER_E7) / E7)
    return made


def patchwork(seed: int, n: int = 6, step: int = 1000) -> tuple[Fabric, NDArray[np.object_]]:
    """Faces of any form, with holes, islands, parts and corners that touch; and the shapes that it was made from."""
    rng = np.random.default_rng(seed)
    quarters = cells(seed, n, step)
    label = np.unique(rng.integers(0, int(rng.integers(2, n * n)), n * n), return_inverse=True)[1]
    # some ground is nobody's
    if rng.random() < 0.5:
        quarters, label = quarters[label > 0], label[label > 0] - 1
    faces = shapes(*(shapely.coverage_union_all(quarters[label == k]) for k in range(label.max(initial=-1) + 1)))
    return fabric_of(faces), faces


def is_coverage(faces: NDArray[np.object_]) -> bool:
    """Whether faces neither overlap nor lack each other's places.

    GEOS 3.14 takes it for a fault where a hole touches its own shell and a third face ends at the outside: the square
    beside ``POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0), (10 10, 14 4, 16 6, 10 10))`` is told to be wrong. There the
    areas have to do.
    """
    if shapely.coverage_is_valid(faces):
        return True
    has_pinch = any(part.exterior.intersects(hole) for part in shapely.get_parts(faces) for hole in part.interiors)
    return has_pinch and sum(drawn(face).area for face in faces) == drawn(shapely.union_all(faces)).area


def same_shapes(ours: Iterable[shapely.Geometry], theirs: Iterable[shapely.Geometry]) -> bool:
    """Whether shapes are the same places, one by one."""
    return all(
        (one.is_empty and other.is_empty) or shapely.normalize(one).equals(shapely.normalize(other))
        for one, other in zip(ours, theirs, strict=True)
    )


def same_fabric(one: Fabric, other: Fabric) -> bool:
    return all(a.dtype == b.dtype and a.tolist() == b.tolist() for a, b in zip(one, other, strict=True))
