"""Corners of a community's outer border, the same ones that its neighbours put there.

Every community is cut by itself. What lies on its outer border is therefore found from what both sides see alike, in
one direction and in whole ten-millionths of a degree counted from the same place; and nothing else ends there.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import shapely

from geo.compute.project import EARTH_RADIUS_M
from geo.compute.units.lattice import Lattice, Shapes, corners_of, keys_of
from geo.compute.units.noding import TOUCH
from geo.compute.units.sides import Rings, Sides, facing, pieces_of, polygons_of, rings_of
from geo.units import E7, NONE, BoolArray, FloatArray, IntArray

SHARED = ("street", "water", "rail", "wall")
"""Kinds of lines that neighbours see alike: they are those of the whole city."""

NEAR = 0.75
"""A whole number is no further from a straight line that goes through it."""

APART = 1.25
"""Corners closer than this are one: what passes the one that is left out still passes the other within ``TOUCH``."""


def with_common_corners(
    ground: shapely.Geometry,
    met: FloatArray,
    lines: Mapping[str, Shapes],
    buildings: Shapes,
    lattice: Lattice,
    step_m: float,
) -> shapely.Geometry:
    """A community with the corners on its outer border that its neighbours have there, too.

    Parameters
    ----------
    ground
        The community in whole numbers.
    met
        (n, 2) corners of neighbours in whole numbers. Those that lie on a side of the community part it first.
    lines
        Kind of border -> lines in whole numbers. Where those of all the city cross or touch the border it has a corner.
    buildings
        Outlines in whole numbers, wherever they stand; they do likewise.
    lattice
        What a whole number is.
    step_m
        About the longest side that is left: corners are put into longer ones.

    Returns
    -------
    The same ground, but that its sides are bent to the corners, those of neighbours ``TOUCH`` away at most, all others
    0.71. As it was given where a side so bent would meet another.
    """
    border = rings_of(shapely.get_parts(ground))
    border = _with_corners(border, *_on_border(border, met), lattice)
    pieces = _pieces_about(border, [lines[kind] for kind in SHARED if kind in lines], buildings)
    border = _with_corners(border, *_meetings(border, pieces), lattice)
    border = _with_corners(border, *_steps(border, lattice, step_m), lattice)
    parts = polygons_of(border, int(border.shape_of_ring.max()) + 1)
    whole = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return whole if whole.is_valid else ground


def on_corners(sides: Sides, corners: IntArray) -> Sides:
    """Sides of units that end on the outer border at given corners only.

    Parameters
    ----------
    sides
        Of all units, each side where another unit or nothing lies beyond; the patch is the unit.
    corners
        Keys that the outer border may have. Others go to the nearest of these along the border; what then has no ground
        is left out.
    """
    is_outer = facing(sides.start, sides.stop, sides) == NONE
    start, stop = sides.start[is_outer], sides.stop[is_outer]
    others = np.setdiff1d(start, corners)
    if not len(others):
        return sides
    nearest = _nearest_along((start, stop), others, set(corners.tolist()))
    moved = Sides(_replaced(sides.start, others, nearest), _replaced(sides.stop, others, nearest), sides.patch)
    back = facing(moved.start, moved.stop, moved)
    is_folded = (back != NONE) & (moved.patch[back] == moved.patch)
    is_kept = (moved.start != moved.stop) & ~is_folded
    return Sides(*(values[is_kept] for values in moved))


def _ends(border: Rings) -> tuple[FloatArray, FloatArray]:
    """(n_corners, 2) each: the lower end of the side that begins at each corner, and the way to the higher."""
    low = corners_of(np.minimum(border.key, border.next_key))
    return low, corners_of(np.maximum(border.key, border.next_key)) - low


def _on_border(border: Rings, met: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Corners of neighbours that lie on sides: the sides, their lower ends, and the way from there."""
    low, way = _ends(border)
    sides = shapely.STRtree(shapely.linestrings(np.stack([low, low + way], axis=1)))
    place, side = sides.query(shapely.points(met), "dwithin", distance=TOUCH)
    is_new = ~np.isin(keys_of(met), border.key)[place]
    place, side = place[is_new], side[is_new]
    return side, low[side], met[place] - low[side]


def _pieces_about(border: Rings, lines: list[Shapes], buildings: Shapes) -> FloatArray:
    """(n, 2, 2) the straight pieces of lines and of the outlines of buildings that may meet the border."""
    low, way = _ends(border)
    tree = shapely.STRtree(shapely.linestrings(np.stack([low, low + way], axis=1)))
    near = np.unique(tree.query(buildings)[0])
    return pieces_of(shapely.get_parts(np.concatenate([*lines, shapely.boundary(buildings[near])])))


def _meetings(border: Rings, pieces: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Where pieces cross sides, or end on them: the sides, their lower ends, and the way from there."""
    low, way = _ends(border)
    tree = shapely.STRtree(shapely.linestrings(np.stack([low, low + way], axis=1)))
    piece, side = tree.query(shapely.linestrings(pieces))
    low, way = low[side], way[side]
    one, step = pieces[piece, 0] - low, pieces[piece, 1] - pieces[piece, 0]
    turn = _cross(way, step)
    slant = np.where(turn == 0, 1.0, turn)
    along, off = _cross(one, step) / slant, _cross(one, way) / slant
    is_crossing = (turn != 0) & (along >= 0) & (along <= 1) & (off >= 0) & (off <= 1)
    ends = [pieces[piece, end] - low for end in (0, 1)]
    is_end = [np.abs(_cross(way, end)) <= NEAR * np.hypot(way[:, 0], way[:, 1]) for end in ends]
    found = [(is_crossing, along[:, None] * way), *zip(is_end, ends, strict=True)]
    return (
        np.concatenate([side[is_meant] for is_meant, _ in found]),
        np.concatenate([low[is_meant] for is_meant, _ in found]),
        np.concatenate([on[is_meant] for is_meant, on in found]),
    )


def _steps(border: Rings, lattice: Lattice, step_m: float) -> tuple[IntArray, FloatArray, FloatArray]:
    """Even steps in long sides: the sides, their lower ends, and the way from there."""
    low, way = _ends(border)
    lat = np.radians((low[:, 1] + lattice.south_e7) / E7)
    metres = np.hypot(way[:, 0] * np.cos(lat), way[:, 1]) * (np.radians(1.0) * EARTH_RADIUS_M / E7)
    n = np.maximum(np.ceil(metres / step_m), 1).astype(np.int64)
    side = np.repeat(np.arange(len(n)), n - 1)
    k = np.arange(len(side)) - np.repeat(np.cumsum(n - 1) - (n - 1), n - 1) + 1
    return side, low[side], way[side] * (k / n[side])[:, None]


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _with_corners(border: Rings, side: IntArray, low: FloatArray, on: FloatArray, lattice: Lattice) -> Rings:
    """The border with more corners in its sides.

    A corner is rounded where the earth's whole ten-millionths are, not the community's: halves would go otherwise.
    """
    corner = np.array([lattice.west_e7, lattice.south_e7], np.float64)
    xy = np.rint(low + corner + on) - corner
    _, way = _ends(border)
    length = np.hypot(way[:, 0], way[:, 1])[side]
    along = ((xy - low) * way[side]).sum(axis=1) / np.where(length == 0, 1.0, length)
    is_within = (along >= APART) & (along <= length - APART)
    side, xy, along = side[is_within], xy[is_within], along[is_within]
    order = np.lexsort((xy[:, 1], xy[:, 0], along, side))
    order = order[_are_apart(side[order], along[order])]
    side, key = side[order], keys_of(xy[order])
    is_forward = (border.key < border.next_key)[side]
    rank = np.arange(1, len(side) + 1)
    all_sides = np.concatenate([np.arange(len(border.key)), side])
    at = np.lexsort(
        (np.concatenate([np.full(len(border.key), -len(key) - 1), np.where(is_forward, rank, -rank)]), all_sides)
    )
    n = np.cumsum(np.concatenate([[0], np.bincount(all_sides, minlength=len(border.key))]))
    return border._replace(key=np.concatenate([border.key, key])[at], start_of_ring=n[border.start_of_ring])


def _are_apart(side: IntArray, along: FloatArray) -> BoolArray:
    """(n,) which of sorted corners are kept, so that no two on one side are closer than ``APART``."""
    kept = np.ones(len(side), np.bool_)
    last_side, last = NONE, 0.0
    for i, (of_side, at) in enumerate(zip(side.tolist(), along.tolist(), strict=True)):
        if of_side == last_side and at - last < APART:
            kept[i] = False
        else:
            last_side, last = of_side, at
    return kept


def _nearest_along(border: tuple[IntArray, IntArray], others: IntArray, corners: set[int]) -> IntArray:
    """(n,) the corner nearest to each other key along a border, told by where its sides start and stop.

    Where a border touches itself several sides start, and as many stop: each way of going is looked up for itself, so
    that from any place there is one to go on.
    """
    start, stop = (keys.tolist() for keys in border)
    ways = dict(zip(start, stop, strict=True)), dict(zip(stop, start, strict=True))
    return np.array([min(_walked(key, way, corners) for way in ways)[1] for key in others.tolist()], np.int64)


def _walked(key: int, way: Mapping[int, int], corners: set[int]) -> tuple[float, int]:
    """How far the next corner is along a border, and which it is."""
    walk = [key]
    while walk[-1] not in corners and len(walk) <= len(way):
        walk.append(way[walk[-1]])
    xy = corners_of(np.array(walk))
    return sum(float(np.hypot(*(other - one))) for one, other in pairwise(xy)), walk[-1]


def _replaced(keys: IntArray, old: IntArray, new: IntArray) -> IntArray:
    """Keys, sorted old ones replaced by new ones."""
    at = np.minimum(np.searchsorted(old, keys), len(old) - 1)
    return np.where(old[at] == keys, new[at], keys)
