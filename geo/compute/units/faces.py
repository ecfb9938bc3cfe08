"""Lines make faces: everything that a community is cut along, noded on the lattice, and the faces between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.units.lattice import Lattice, Shapes, corners_of
from geo.compute.units.noding import TOUCH, Noded, is_on, noded_faces
from geo.compute.units.seeds import Seeds, connected
from geo.compute.units.sides import (
    Rings,
    Sides,
    backwards,
    each_once,
    facing,
    pieces_of,
    polygons_of,
    rings_of,
    that_meet,
    together,
    with_steps,
)
from geo.units import NONE, BoolArray, FloatArray, IntArray

HARD = ("street", "water", "rail", "drawn")
"""Kinds of lines that ground does not reach over to what it lies beside. It may reach over a wall."""


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


def faces_of(
    ground: shapely.Geometry, lines: Mapping[str, Shapes], seeds: Seeds, lattice: Lattice, step_m: float
) -> Faces:
    """The faces of a community.

    Parameters
    ----------
    ground
        The community, in whole numbers, with all corners that its border is to have.
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
    noded = noded_faces(ground, (hard, wall), seeds, np.flatnonzero(is_met))
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
    return np.asarray(shapely.linestrings(pieces_of(np.concatenate(lines))))


def _through(pieces: Shapes, corners: FloatArray) -> Shapes:
    """Straight pieces, those that pass a corner of the community by a hair led through it.

    Else lines that meet a hair beyond a corner would enclose it, and it would be no corner any more.
    """
    corner, piece = shapely.STRtree(pieces).query(shapely.points(corners), "dwithin", distance=TOUCH)
    ends = shapely.get_coordinates(pieces).reshape(-1, 2, 2)
    is_passing = (corners[corner][:, None] != ends[piece]).any(axis=2).all(axis=1)
    corner, piece = corner[is_passing], piece[is_passing]
    led = [pieces]
    for passing in np.unique(piece):
        start, stop = ends[passing]
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


def _is_near(sides: Sides, lines: Shapes) -> BoolArray:
    """(n_sides,) whether a side runs along one of some lines."""
    middle = (corners_of(sides.start) + corners_of(sides.stop)) / 2
    return is_on(middle, lines)


def _is_closed(sides: Sides, across: IntArray, is_hard: BoolArray, noded: Noded, lattice: Lattice) -> BoolArray:
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

    Where a corner that moved to a whole number would fall on another or push a side through it, the sides there stay.
    The community's own border has its corners already.
    """
    outer = facing(faces.sides.start, faces.sides.stop, faces.sides) == NONE
    is_line = (faces.is_hard | faces.is_wall) & ~outer
    while True:
        rings, side, is_step = with_steps(faces.rings, is_line, step_m, lattice)
        kept = np.unique(side[_is_astray(rings, is_step)])
        kept = kept[is_line[kept]]
        if not len(kept):
            break
        across = facing(faces.sides.start[kept], faces.sides.stop[kept], faces.sides)
        is_line = is_line.copy()
        is_line[kept] = is_line[across[across != NONE]] = False
    return faces._replace(
        rings=rings,
        is_hard=faces.is_hard[side],
        is_wall=faces.is_wall[side],
        step_keys=np.unique(rings.key[is_step]),
    )


def _is_astray(rings: Rings, is_step: BoolArray) -> BoolArray:
    """(n_corners,) whether the side that begins there meets another, or ends where a corner fell on another.

    A corner that was put in is told twice, by the faces on both sides of the line.
    """
    keys, n = np.unique(rings.key[is_step], return_counts=True)
    fell = keys[(n > 2) | np.isin(keys, rings.key[~is_step])]
    low, high = each_once(rings.key, rings.next_key)
    meets = that_meet(low, high)
    is_astray = np.isin(rings.key, fell) | np.isin(rings.next_key, fell)
    if meets.any():
        wrong = Sides(high[meets], low[meets], np.zeros(int(meets.sum()), np.int64))
        is_astray |= facing(np.minimum(rings.key, rings.next_key), np.maximum(rings.key, rings.next_key), wrong) != NONE
    return is_astray
