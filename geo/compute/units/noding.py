"""Lines noded on the lattice, and the faces between: of ground, and of buildings that lines touch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.units.lattice import GRAIN, Shapes, corners_of, keys_of
from geo.compute.units.near import are_near
from geo.compute.units.seeds import Seeds
from geo.compute.units.sides import each_once, that_meet
from geo.units import NONE, BoolArray, FloatArray, IntArray

TOUCH = 2.0
"""What is as near as this may meet once corners have moved to whole numbers: two centimetres."""


MOST = 0.5
"""A face is a building's where more than this share of it lies in it."""


class Noded(NamedTuple):
    """Faces of noded lines."""

    shapes: Shapes
    """First those of ground."""
    n_grounds: int
    seed: IntArray
    """(n_faces,) NONE for ground."""
    is_pierced: BoolArray
    """(n_faces,) whether it is a building that a hard line ran through."""


def noded_faces(ground: shapely.Geometry, lines: tuple[Shapes, Shapes], seeds: Seeds, met: IntArray) -> Noded:
    """The faces between the community's border, lines, and the buildings that these touch."""
    parts = seeds.parts[met]
    walls, tree = shapely.boundary(parts), shapely.STRtree(parts)
    drawn = np.concatenate([[ground.boundary], *lines, walls])
    # Noding on the lattice itself takes ten times as long, and is needed only where lines all but coincide.
    for grain in (None, GRAIN):
        start, stop = _edges(drawn, grain)
        middle = (corners_of(start) + corners_of(stop)) / 2
        points = shapely.points(middle)
        edge, part = tree.query(points, "within")
        is_deep = shapely.distance(points[edge], walls[part]) > TOUCH
        edge, part = edge[is_deep], part[is_deep]
        shapes, is_clear = _polygonized(np.delete(between(start, stop), edge), ground)
        if is_clear and not that_meet(start, stop).any() and _has_corners(shapes, ground):
            break
    part_of_face = np.full(len(shapes), NONE, np.int64)
    face, owner = tree.query(shapely.point_on_surface(shapes), "within")
    is_built = shapely.area(shapely.intersection(shapes[face], parts[owner])) > MOST * shapely.area(shapes[face])
    part_of_face[face[is_built]] = owner[is_built]
    order = np.argsort(part_of_face != NONE, kind="stable")
    part_of_face = part_of_face[order]
    return Noded(
        shapes[order],
        int((part_of_face == NONE).sum()),
        np.append(seeds.seed_of_part[met], NONE)[part_of_face],
        np.isin(part_of_face, part[is_on(middle[edge], lines[0])]),
    )


def _has_corners(shapes: Shapes, ground: shapely.Geometry) -> bool:
    """Whether polygons have all corners of the community."""
    corners = keys_of(shapely.get_coordinates(ground))
    return bool(np.isin(corners, keys_of(shapely.get_coordinates(shapes))).all())


def between(start: IntArray, stop: IntArray) -> Shapes:
    """Straight lines from corners to corners."""
    return np.asarray(shapely.linestrings(np.stack([corners_of(start), corners_of(stop)], axis=1)))


def _edges(drawn: Shapes, grain: float | None) -> tuple[IntArray, IntArray]:
    """Straight pieces between places where lines meet, each once: the keys of their ends."""
    noded = shapely.get_parts(shapely.union_all(drawn, grid_size=grain))
    xy, line = shapely.get_coordinates(noded, return_index=True)
    key, is_one = keys_of(xy), line[1:] == line[:-1]
    return each_once(key[:-1][is_one], key[1:][is_one])


def _polygonized(edges: Shapes, ground: shapely.Geometry) -> tuple[Shapes, bool]:
    """What edges enclose of the community; and whether that is all of it and no more, but for a hair."""
    shapes = shapely.get_parts(shapely.polygonize(edges))
    shapely.prepare(ground)
    is_ours = shapely.contains(ground, shapely.point_on_surface(shapes))
    # A whole number may have moved the border to the other side of the point: what looks foreign, or so thin that it
    # matters, is looked at again.
    unsure = np.flatnonzero(~is_ours | (shapely.area(shapes) < TOUCH * shapely.length(shapes)))
    inside, outside = shapely.intersection(shapes[unsure], ground), shapely.difference(shapes[unsure], ground)
    is_ours[unsure] = shapely.area(inside) > shapely.area(outside)
    wrong = np.where(is_ours[unsure], outside, inside)
    return shapes[is_ours], bool(shapely.is_empty(shapely.buffer(wrong, -GRAIN, quad_segs=1)).all())


def is_on(xy: FloatArray, lines: Shapes) -> BoolArray:
    """(n_places,) whether one of some straight lines is near."""
    return are_near(xy, shapely.get_coordinates(lines).reshape(-1, 2, 2), TOUCH)
