"""Lines make faces: everything that a community is cut along, noded on the lattice, and the faces between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.unit_lattice import GRAIN, Lattice, Shapes, corners_of, keys_of
from geo.compute.unit_seeds import Seeds, connected
from geo.compute.unit_sides import (
    Rings,
    Sides,
    backwards,
    do_any_meet,
    each_once,
    facing,
    polygons_of,
    rings_of,
    together,
    with_steps,
)
from geo.units import NONE, BoolArray, FloatArray, IntArray

HARD = ("street", "water", "rail")
"""Kinds of lines that ground does not reach over to what it lies beside. It may reach over a wall."""

TOUCH = 2.0
"""What is as near as this may meet once corners have moved to whole numbers: two centimetres."""


class Faces(NamedTuple):
    """Ground between lines, and buildings: all of the community, every place once."""

    rings: Rings
    """Of all faces: first those of ground, from which buildings are cut out, then the buildings."""
    n_grounds: int
    seed_of_face: IntArray
    """(n_faces,) NONE for ground."""
    is_hard: BoolArray
    """(n_corners,) of the side that begins there: whether it is the community's border, or a line that is no wall."""
    is_wall: BoolArray
    step_keys: IntArray
    """Keys of the corners that were put into long sides, where plots may end; sorted."""

    @property
    def sides(self) -> Sides:
        """The sides of all faces, in the order of the corners they begin at."""
        return self.rings.sides


class _Noded(NamedTuple):
    """Faces of noded lines."""

    shapes: Shapes
    """First those of ground."""
    n_grounds: int
    seed: IntArray
    """(n_faces,) NONE for ground."""
    is_pierced: BoolArray
    """(n_faces,) whether it is a building that a hard line ran through."""


def faces_of(
    ground: shapely.Geometry, lines: Mapping[str, Shapes], seeds: Seeds, lattice: Lattice, step_m: float
) -> Faces:
    """The faces of a community.

    Parameters
    ----------
    ground
        The community, in whole numbers.
    lines
        Kind of border -> lines in whole numbers. Inside a building they count for nothing; what ends there goes on
        around it.
    seeds
        Buildings.
    lattice
        What a whole number is in metres.
    step_m
        Corners are put into longer sides.
    """
    corners = shapely.get_coordinates(ground)
    hard = _through(straight([lines[kind] for kind in HARD]), corners)
    wall = _through(straight([lines["wall"]]), corners)
    is_met = _is_met(ground, np.concatenate([hard, wall]), seeds)
    noded = _noded(ground, (hard, wall), seeds, np.flatnonzero(is_met))
    rings = rings_of(noded.shapes)
    sides = rings.sides
    across = facing(sides.start, sides.stop, sides)
    is_hard = _is_near(sides, hard) | (across == NONE)
    is_hard |= _is_closed(sides, across, is_hard, noded, lattice)
    is_wall = _is_near(sides, wall) & ~is_hard
    whole = Faces(rings, noded.n_grounds, noded.seed, is_hard, is_wall, np.zeros(0, np.int64))
    return _stepped(_with_buildings(whole, seeds, np.flatnonzero(~is_met)), lattice, step_m)


def straight(lines: list[Shapes]) -> Shapes:
    """Every straight piece of some lines as a line of its own."""
    xy, line = shapely.get_coordinates(np.concatenate(lines), return_index=True)
    is_one = line[1:] == line[:-1]
    return np.asarray(shapely.linestrings(np.stack([xy[:-1][is_one], xy[1:][is_one]], axis=1)))


def _through(pieces: Shapes, corners: FloatArray) -> Shapes:
    """Straight pieces, those that pass a corner of the community by a hair led through it.

    Else lines that meet a hair beyond a corner would enclose it, and it would be no corner any more.
    """
    corner, piece = shapely.STRtree(pieces).query(shapely.points(corners), "dwithin", distance=TOUCH)
    led = [pieces]
    for passing in np.unique(piece):
        start, stop = shapely.get_coordinates(pieces[passing])
        near = corners[corner[piece == passing]]
        way = np.vstack([start, near[np.argsort((near - start) @ (stop - start))], stop])
        is_one = (way[1:] != way[:-1]).any(axis=1)
        led.append(shapely.linestrings(np.stack([way[:-1], way[1:]], axis=1)[is_one]))
    return np.delete(np.concatenate(led), np.unique(piece))


def _is_met(ground: shapely.Geometry, lines: Shapes, seeds: Seeds) -> BoolArray:
    """(n_parts,) whether a line, the community's border or another building touches a building, or nearly so.

    A building in the court of another counts as touched, and so does the other.
    """
    parts, tree = seeds.parts, shapely.STRtree(seeds.parts)
    is_met = np.zeros(len(parts), np.bool_)
    border = straight([np.array([ground.boundary], dtype=object)])
    is_met[tree.query(np.concatenate([lines, border]), "dwithin", distance=TOUCH)[1]] = True
    one, other = tree.query(parts, "dwithin", distance=TOUCH)
    is_met[one[one != other]] = True
    courts = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    court, inner = tree.query(_filled(parts[courts]), "contains")
    is_met[courts[court[courts[court] != inner]]] = True
    return is_met


def _filled(polygons: Shapes) -> Shapes:
    """Polygons without their holes."""
    return np.asarray(shapely.polygons(shapely.get_exterior_ring(polygons)))


def _noded(ground: shapely.Geometry, lines: tuple[Shapes, Shapes], seeds: Seeds, met: IntArray) -> _Noded:
    """The faces between the community's border, lines, and the buildings that these touch."""
    parts = seeds.parts[met]
    walls, tree = shapely.boundary(parts), shapely.STRtree(parts)
    drawn = np.concatenate([[ground.boundary], *lines, walls])
    # Noding on the lattice itself takes ten times as long, and is needed only where lines all but coincide.
    for grain in (None, GRAIN):
        start, stop = _edges(drawn, grain)
        middle = shapely.points((corners_of(start) + corners_of(stop)) / 2)
        edge, part = tree.query(middle, "within")
        is_deep = shapely.distance(middle[edge], walls[part]) > TOUCH
        edge, part = edge[is_deep], part[is_deep]
        shapes = polygonized(np.delete(between(start, stop), edge), ground)
        if not do_any_meet(start, stop) and _has_corners(shapes, ground):
            break
    part_of_face = np.full(len(shapes), NONE, np.int64)
    face, owner = tree.query(shapely.point_on_surface(shapes), "within")
    is_built = _has_most(parts[owner], shapes[face])
    part_of_face[face[is_built]] = owner[is_built]
    order = np.argsort(part_of_face != NONE, kind="stable")
    part_of_face = part_of_face[order]
    return _Noded(
        shapes[order],
        int((part_of_face == NONE).sum()),
        np.append(seeds.seed_of_part[met], NONE)[part_of_face],
        np.isin(part_of_face, part[_is_on(middle[edge], lines[0])]),
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


def polygonized(edges: Shapes, ground: shapely.Geometry) -> Shapes:
    """What edges enclose of the community."""
    shapes = shapely.get_parts(shapely.polygonize(edges))
    shapely.prepare(ground)
    is_ours = shapely.contains(ground, shapely.point_on_surface(shapes))
    # A whole number may have moved the border to the other side of the point: what looks foreign, or so thin that it
    # matters, is looked at again.
    unsure = np.flatnonzero(~is_ours | (shapely.area(shapes) < TOUCH * shapely.length(shapes)))
    is_ours[unsure] = _has_most(ground, shapes[unsure])
    return np.asarray(shapes[is_ours])


def is_all(shapes: Shapes, ground: shapely.Geometry) -> bool:
    """Whether polygons make up the community, whose border may have moved by a whole number."""
    return bool(abs(shapely.area(shapes).sum() - ground.area) <= GRAIN * ground.length)


def _has_most(ground: shapely.Geometry | Shapes, shapes: Shapes) -> BoolArray:
    """(n,) whether more than half of each shape lies in some ground."""
    return np.asarray(shapely.area(shapely.intersection(shapes, ground)) > shapely.area(shapes) / 2)


def _is_on(points: Shapes, lines: Shapes) -> BoolArray:
    is_on = np.zeros(len(points), np.bool_)
    is_on[shapely.STRtree(lines).query(points, "dwithin", distance=TOUCH)[0]] = True
    return is_on


def _is_near(sides: Sides, lines: Shapes) -> BoolArray:
    """(n_sides,) whether a side runs along one of some lines."""
    middle = (corners_of(sides.start) + corners_of(sides.stop)) / 2
    return _is_on(shapely.points(middle), lines)


def _is_closed(sides: Sides, across: IntArray, is_hard: BoolArray, noded: _Noded, lattice: Lattice) -> BoolArray:
    """(n_sides,) whether it is the wall of a building that a hard line ran through, on the side that loses it.

    Such a building stands with those on the side of the line on which most of its walls are.
    """
    is_closed = np.zeros(len(across), np.bool_)
    is_soft = (across != NONE) & ~is_hard
    one, other = sides.patch, sides.patch[across]
    is_between = is_soft & ~noded.is_pierced[one] & ~noded.is_pierced[other]
    block = connected(len(noded.shapes), one[is_between], other[is_between])
    metres = sides.metres(lattice)
    for face in np.flatnonzero(noded.is_pierced):
        mine = np.flatnonzero(is_soft & (one == face) & (noded.seed[other] == NONE))
        if len(mine):
            home = np.argmax(np.bincount(block[other[mine]], metres[mine]))
            lost = mine[block[other[mine]] != home]
            is_closed[lost] = is_closed[across[lost]] = True
    return is_closed


def _with_buildings(faces: Faces, seeds: Seeds, free: IntArray) -> Faces:
    """The faces again, with the buildings that no line touches, each cut out of the ground that it stands in."""
    polygons = polygons_of(faces.rings, len(faces.seed_of_face))[: faces.n_grounds]
    built = _filled(seeds.parts[free])
    part, face = shapely.STRtree(polygons).query(shapely.point_on_surface(built), "within")
    assert np.array_equal(part, np.arange(len(free))), "every building stands on one face of ground"
    outer = rings_of(built)
    n_faces = len(faces.seed_of_face)
    holes = backwards(outer)._replace(shape_of_ring=face)
    rings, at = together(faces.rings, holes, outer._replace(shape_of_ring=n_faces + outer.shape_of_ring))
    soft = np.zeros(2 * len(outer.key), np.bool_)
    return faces._replace(
        rings=rings,
        seed_of_face=np.concatenate([faces.seed_of_face, seeds.seed_of_part[free]]),
        is_hard=np.concatenate([faces.is_hard, soft])[at],
        is_wall=np.concatenate([faces.is_wall, soft])[at],
    )


def _stepped(faces: Faces, lattice: Lattice, step_m: float) -> Faces:
    """The faces with corners put into the long sides that lines make.

    Where a corner that moved to a whole number would push a side through another corner, all sides of that face stay.
    """
    is_line, sides = faces.is_hard | faces.is_wall, faces.sides
    while True:
        rings, side, step_keys = with_steps(faces.rings, is_line, step_m, lattice)
        grounds = polygons_of(rings, len(faces.seed_of_face))[: faces.n_grounds]
        is_odd = np.zeros(len(faces.seed_of_face), np.bool_)
        is_odd[: faces.n_grounds] = ~shapely.is_valid(grounds)
        kept = is_line & is_odd[sides.patch]
        if not kept.any():
            break
        across = facing(sides.start[kept], sides.stop[kept], sides)
        is_line = is_line & ~kept
        is_line[across[across != NONE]] = False
    return faces._replace(rings=rings, is_hard=faces.is_hard[side], is_wall=faces.is_wall[side], step_keys=step_keys)
