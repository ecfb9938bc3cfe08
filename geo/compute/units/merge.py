"""Patches become units: those of one owner hang together, and what is too small to be a unit joins a neighbour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.units.cells import Patches
from geo.compute.units.lattice import Lattice
from geo.compute.units.seeds import connected
from geo.compute.units.sides import Sides, areas_m2, facing
from geo.rules.units import UnitRule
from geo.units import NONE, BoolArray, FloatArray, IntArray


class Ground(NamedTuple):
    """Patches, and what is known of them and of their sides."""

    patches: Patches
    is_built: BoolArray
    """(n_patches,) whether a patch is a building."""
    is_hard: BoolArray
    """(n_sides,) whether a side lies on a line that ground does not reach over."""


class _Between(NamedTuple):
    """Sides of patches, and what lies beyond them."""

    patch: IntArray
    beyond: IntArray
    """NONE: outside of the community."""
    metres: FloatArray
    is_hard: BoolArray


def borders_of_units(ground: Ground, lattice: Lattice, rule: UnitRule) -> Sides:
    """The sides of patches beyond which another unit lies, or nothing; their patch is the number of their unit.

    A unit is the patches of one owner that hang together. What holds no building and is smaller or narrower than the
    rule allows joins the neighbour with which it has the longest border; one over a wall goes before one over a street.
    """
    sides, owner = ground.patches.sides, ground.patches.owner
    across = facing(sides.start, sides.stop, sides)
    beyond = np.where(across == NONE, NONE, sides.patch[across])
    is_within = (beyond != NONE) & (owner[sides.patch] == owner[beyond])
    unit = connected(len(owner), sides.patch[is_within], beyond[is_within]).astype(np.int64)
    between = _Between(sides.patch, beyond, sides.metres(lattice), ground.is_hard)
    area_m2 = areas_m2(sides, len(owner), lattice)
    while True:
        small = _small(unit, between, (area_m2, ground.is_built), rule)
        one, other = _joining(unit, between, small)
        if not len(one):
            break
        unit = connected(len(owner), one, other)[unit].astype(np.int64)
    is_border = _is_border(unit, between)
    number = np.unique(unit, return_inverse=True)[1]
    return Sides(sides.start[is_border], sides.stop[is_border], number[sides.patch[is_border]])


def _is_border(unit: IntArray, between: _Between) -> BoolArray:
    """(n_sides,) whether another unit, or nothing, lies beyond."""
    return np.asarray((between.beyond == NONE) | (unit[between.patch] != unit[between.beyond]))


def _small(unit: IntArray, between: _Between, of_patch: tuple[FloatArray, BoolArray], rule: UnitRule) -> BoolArray:
    """(n_patches,) by number of a unit: whether it is too small or too narrow to be one."""
    n, is_border = len(unit), _is_border(unit, between)
    area_m2 = np.bincount(unit, of_patch[0], minlength=n)
    border_m = np.bincount(unit[between.patch[is_border]], between.metres[is_border], minlength=n)
    is_built = np.bincount(unit, of_patch[1], minlength=n) > 0
    is_small = (area_m2 < rule.smallest_m2) | (2 * area_m2 < rule.sliver_m * border_m)
    return np.asarray(is_small & ~is_built)


def _joining(unit: IntArray, between: _Between, is_small: BoolArray) -> tuple[IntArray, IntArray]:
    """Small units, and the unit that each joins: over the longest border that is no hard line, else the longest."""
    asks = np.flatnonzero(_is_border(unit, between) & (between.beyond != NONE) & is_small[unit[between.patch]])
    one, other = unit[between.patch[asks]], unit[between.beyond[asks]]
    code = (one * 2 + between.is_hard[asks]) * len(unit) + other
    known, place = np.unique(code, return_inverse=True)
    metres = np.bincount(place, between.metres[asks])
    (one, is_hard), other = np.divmod(known // len(unit), 2), known % len(unit)
    best = np.lexsort((other, -metres, is_hard, one))
    first = best[np.flatnonzero(np.diff(one[best], prepend=NONE))]
    return one[first], other[first]
