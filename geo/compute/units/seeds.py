"""Buildings as units see them: inside the community, on the lattice, none overlapping another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.kernels import kernel
from geo.compute.units.lattice import GRAIN, Lattice, Shapes
from geo.rules.units import UnitRule
from geo.units import NONE, BoolArray, Int32Array, IntArray

HALF = 0.5
"""A building belongs to a community that has at least this share of it."""


class Seeds(NamedTuple):
    """What units grow around: buildings, and buildings that were drawn over one another as one.

    Of a building whose outline has several parts every part stays whole; parts that lie apart may get a unit each.
    """

    parts: Shapes
    """(n_parts,) polygons in whole numbers, no two of which share ground."""
    seed_of_part: IntArray
    """(n_parts,)"""
    n_seeds: int
    seed_of_building: IntArray
    """(n_buildings,) NONE: the community has none of it, or the lesser part."""
    is_cut: BoolArray
    """(n_buildings,) whether the community's own border cuts it."""


def seeds_of(ground: shapely.Geometry, buildings: Shapes, lattice: Lattice, rule: UnitRule) -> Seeds:
    """The buildings of a community.

    Parameters
    ----------
    ground
        The community in whole numbers.
    buildings
        (n_buildings,) in degrees; what has no area is no building.
    lattice
        The community's own.
    rule
        When two overlap, and when a border cuts.
    """
    whole = _valid(lattice.whole(buildings))
    inside, is_cut = _inside(ground, whole, lattice, rule)
    mine = np.flatnonzero(shapely.area(inside) > 0)
    shapes, group = _apart(inside[mine], rule)
    seed = np.full(len(buildings), NONE, np.int64)
    seed[mine] = np.unique(group, return_inverse=True)[1]
    joined = _joined(shapes, seed[mine])
    parts, seed_of_part = shapely.get_parts(joined, return_index=True)
    is_ground = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)
    return Seeds(parts[is_ground], seed_of_part[is_ground].astype(np.int64), len(joined), seed, is_cut)


def _valid(shapes: Shapes) -> Shapes:
    """Shapes without self-crossings, still in whole numbers."""
    mended = shapes.copy()
    is_odd = ~shapely.is_valid(shapes)
    mended[is_odd] = shapely.set_precision(shapely.make_valid(shapes[is_odd], method="structure"), GRAIN)
    return mended


def _inside(ground: shapely.Geometry, whole: Shapes, lattice: Lattice, rule: UnitRule) -> tuple[Shapes, BoolArray]:
    """What the community has of each building, empty where that is the lesser part, and whether its border cuts it."""
    shapely.prepare(ground)
    inside = whole.copy()
    meets = np.flatnonzero(shapely.intersects(ground, whole) & ~shapely.covers(ground, whole))
    inside[~shapely.intersects(ground, whole)] = shapely.Polygon()
    inside[meets] = shapely.intersection(whole[meets], ground, grid_size=GRAIN)
    here_m2, all_m2 = lattice.area_m2(inside), lattice.area_m2(whole)
    is_cut = (here_m2 > rule.noise_m2) & (all_m2 - here_m2 > rule.noise_m2)
    inside[here_m2 < HALF * all_m2] = shapely.Polygon()
    return inside, is_cut


def _apart(shapes: Shapes, rule: UnitRule) -> tuple[Shapes, Int32Array]:
    """Shapes of which none overlaps another of a different group, and their groups.

    Buildings that share much ground are one group; of a little, the first keeps it.
    """
    one, other = shapely.STRtree(shapes).query(shapes, "intersects")
    pair = np.flatnonzero(one < other)
    one, other = one[pair], other[pair]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    area = shapely.area(shapes)
    is_one = shared > rule.overlap_share * np.minimum(area[one], area[other])
    group = connected(len(shapes), one[is_one].astype(np.int64), other[is_one].astype(np.int64))
    trimmed = shapes.copy()
    for i, j in sorted(zip(one[(shared > 0) & ~is_one], other[(shared > 0) & ~is_one], strict=True)):
        trimmed[j] = shapely.difference(trimmed[j], trimmed[i], grid_size=GRAIN)
    return trimmed, group


def _joined(shapes: Shapes, group: IntArray) -> Shapes:
    """(n_groups,) the shapes of every group as one."""
    n_of_group = np.bincount(group)
    joined = np.empty(len(n_of_group), dtype=object)
    joined[group] = shapes
    for several in np.flatnonzero(n_of_group > 1):
        joined[several] = shapely.union_all(shapes[group == several], grid_size=GRAIN)
    return joined


@kernel
def connected(n: int, one: IntArray, other: IntArray) -> Int32Array:
    """(n,) for each of n things the lowest of those that pairs of things connect it with."""
    lowest = np.arange(n).astype(np.int32)
    for i in range(len(one)):
        a, b = one[i], other[i]
        while lowest[a] != a:
            lowest[a] = lowest[lowest[a]]
            a = lowest[a]
        while lowest[b] != b:
            lowest[b] = lowest[lowest[b]]
            b = lowest[b]
        lowest[max(a, b)] = min(a, b)
    for i in range(n):
        lowest[i] = lowest[lowest[i]]
    return lowest
