"""The ground around buildings, shared out among them: who is nearest, by the middle lines of a triangulation.

The free ground of a face is cut into triangles whose corners are those of walls and of the face's own border. A corner
of a building's wall is owned by that building; corners on streets are nobody's. An edge between two owners is parted
in its middle, so borders run midway between walls and end on streets, and since no edge of a triangle crosses a wall,
no border does.

Source
------
The chordal axis: Prasad (1997), Morphological analysis of shapes, CNLS Newsletter 139; the use for plots is ours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.kernels import kernel
from geo.compute.units.lattice import Lattice, keys_of, metres_between
from geo.compute.units.sides import Rings, Sides, facing, place_of, polygons_of
from geo.compute.units.triangles import cut_triangles
from geo.units import NONE, BoolArray, IntArray

_CLASH = -2
"""Of several owners, and so nobody's."""


class Patches(NamedTuple):
    """Patches of ground with an owner each."""

    sides: Sides
    owner: IntArray
    """(n_patches,)"""


class Regions(NamedTuple):
    """Ground that is to be shared out."""

    rings: Rings
    owner_across: IntArray
    """(n_corners,) who owns what lies beyond the side that begins there and may grow over it; NONE: nobody."""
    is_building: BoolArray
    """(n_corners,) whether what lies beyond is a building."""
    rest: IntArray
    """(n_regions,) owner of ground that nobody else gets."""


class _Asked(NamedTuple):
    """Triangles whose corners' owners are asked for."""

    key: IntArray
    """(n, 3)"""
    region: IntArray


class _Triangles(NamedTuple):
    """Free ground in triangles, counterclockwise."""

    key: IntArray
    """(n, 3)"""
    region: IntArray
    owner: IntArray
    """(n, 3) of the corners; NONE: nobody's."""
    is_building: BoolArray
    """(n, 3) whether the corner is one of a building's wall."""


def joined(*some: Patches) -> Patches:
    """Patches one after another."""
    before = np.cumsum([0, *(len(patches.owner) for patches in some)])
    patch = [patches.sides.patch + n for patches, n in zip(some, before[:-1], strict=True)]
    return Patches(
        Sides(
            np.concatenate([patches.sides.start for patches in some]),
            np.concatenate([patches.sides.stop for patches in some]),
            np.concatenate(patch),
        ),
        np.concatenate([patches.owner for patches in some]),
    )


def shared_out(regions: Regions, lattice: Lattice, verge_m: float | None = None) -> Patches:
    """Regions in patches, each owned by one of those around or inside.

    Parameters
    ----------
    regions
        Their rings with the owners across. Where only one owner is, all is that one's; where none is, all is the rest.
    lattice
        What a whole number is in metres.
    verge_m
        Owners that are no building get only ground this near to them; None: all owners alike.
    """
    n_owners, only = _owners(regions)
    is_whole = n_owners <= (1 if verge_m is None else 0)
    whole = _whole(regions, is_whole, np.where(n_owners == 1, only, regions.rest))
    parted = np.flatnonzero(~is_whole)
    if not len(parted):
        return whole
    triangles = _triangles(regions, parted, lattice)
    wide = np.zeros(len(triangles.key), np.bool_) if verge_m is None else _is_wide(triangles, lattice, verge_m)
    return joined(whole, _parted(triangles, wide, regions, lattice))


def _owners(regions: Regions) -> tuple[IntArray, IntArray]:
    """(n_regions,) how many owners are around each, and the lowest of them; NONE without any."""
    is_owned = regions.owner_across != NONE
    n_owners = regions.owner_across.max(initial=NONE) + 1
    region, owner = regions.rings.shape_of_corner[is_owned], regions.owner_across[is_owned]
    region, owner = np.divmod(np.unique(region * n_owners + owner), max(n_owners, 1))
    only = np.full(len(regions.rest), NONE, np.int64)
    only[region[::-1]] = owner[::-1]
    return np.bincount(region, minlength=len(regions.rest)), only


def _whole(regions: Regions, is_whole: BoolArray, owner: IntArray) -> Patches:
    rings = regions.rings
    kept = is_whole[rings.shape_of_corner]
    number = np.cumsum(is_whole) - 1
    sides = Sides(rings.key[kept], rings.next_key[kept], number[rings.shape_of_corner[kept]])
    return Patches(sides, owner[is_whole])


def _triangles(regions: Regions, parted: IntArray, lattice: Lattice) -> _Triangles:
    """The triangles of some regions, each corner with its owner.

    A corner at which sides of different owners meet, or an owner's and nobody's, is nobody's.
    """
    ratio = np.array([lattice.metres[0] / lattice.metres[1], 1.0])
    polygons = polygons_of(regions.rings, len(regions.rest), ratio)[parted]
    found, of_region = shapely.get_coordinates(shapely.constrained_delaunay_triangles(polygons), return_index=True)
    xy, of_region = found.reshape(-1, 4, 2)[:, :3], of_region[::4]
    one, other = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    is_turned = one[:, 0] * other[:, 1] < one[:, 1] * other[:, 0]
    xy[is_turned] = xy[is_turned][:, ::-1]
    asked = _Asked(keys_of(xy / ratio), parted[of_region])
    rings = regions.rings
    corner = np.concatenate([rings.key, rings.next_key])
    region, owner = np.tile(rings.shape_of_corner, 2), np.tile(regions.owner_across, 2)
    return _Triangles(*asked, *_owner_of_corners(corner, region, owner, np.tile(regions.is_building, 2), asked))


@kernel
def _owner_of_corners(
    corner: IntArray, region_of_corner: IntArray, owner: IntArray, is_building: BoolArray, asked: _Asked
) -> tuple[IntArray, BoolArray]:
    """(n, 3) who owns each corner of triangles, and whether it is a building's.

    Told of corners, as often as sides end there: their keys, their regions, the owner across the side, and whether that
    is a building.
    """
    n_places = 8
    while n_places < 2 * len(corner):
        n_places *= 2
    first = np.full(n_places, NONE, np.int64)
    agreed, built = np.empty(n_places, np.int64), np.zeros(n_places, np.bool_)
    for i in range(len(corner)):
        place = _place(first, corner, region_of_corner, corner[i], region_of_corner[i])
        if first[place] == NONE:
            first[place], agreed[place] = i, owner[i]
        elif agreed[place] != owner[i]:
            agreed[place] = _CLASH
        built[place] |= is_building[i]
    found, is_built = np.empty(asked.key.shape, np.int64), np.empty(asked.key.shape, np.bool_)
    for t in range(len(asked.key)):
        for k in range(3):
            place = _place(first, corner, region_of_corner, asked.key[t, k], asked.region[t])
            found[t, k] = agreed[place] if agreed[place] != _CLASH else NONE
            is_built[t, k] = built[place] and found[t, k] != NONE
    return found, is_built


@kernel
def _place(first: IntArray, corner: IntArray, region_of_corner: IntArray, key: int, region: int) -> int:
    """Where a corner of a region stands in the table, or would."""
    place = place_of(key, region, len(first))
    while first[place] != NONE and (corner[first[place]] != key or region_of_corner[first[place]] != region):
        place = (place + 1) & (len(first) - 1)
    return place


def _is_wide(triangles: _Triangles, lattice: Lattice, verge_m: float) -> BoolArray:
    """(n,) whether one of the edges that leave an owner is longer than a verge is wide."""
    after = [1, 2, 0]
    metres = metres_between(triangles.key, triangles.key[:, after], lattice)
    leaves = triangles.owner != triangles.owner[:, after]
    return np.asarray((leaves & (metres > verge_m)).any(axis=1))


def _parted(triangles: _Triangles, is_wide: BoolArray, regions: Regions, lattice: Lattice) -> Patches:
    """The triangles cut along the middles between owners."""
    owner = np.where(is_wide[:, None] & ~triangles.is_building, NONE, triangles.owner)
    start, stop, patch, owner_of_patch, triangle = cut_triangles(triangles.key, triangles.owner, owner)
    region = triangles.region[triangle]
    has_building = np.zeros(len(regions.rest), np.bool_)
    has_building[regions.rings.shape_of_corner[regions.is_building]] = True
    found = Patches(Sides(start, stop, patch), owner_of_patch)
    patches = _filled_up(found, region, has_building[region], lattice)
    return patches._replace(owner=np.where(patches.owner == NONE, regions.rest[region], patches.owner))


def _filled_up(patches: Patches, region: IntArray, is_meant: BoolArray, lattice: Lattice) -> Patches:
    """Patches that nobody owns go to whom they have the longest side with, and so on inwards, where that is meant.

    Told of every patch: its region, which ground does not leave, and whether that is meant there.
    """
    sides, owner = patches.sides, patches.owner.copy()
    asking = np.flatnonzero(((owner == NONE) & is_meant)[sides.patch])
    across = facing(sides.start[asking], sides.stop[asking], sides)
    is_same = (across != NONE) & (region[sides.patch[asking]] == region[sides.patch[across]])
    asking, across = asking[is_same], across[is_same]
    patch, beyond = sides.patch[asking], sides.patch[across]
    metres = metres_between(sides.start[asking], sides.stop[asking], lattice)
    while True:
        asks = np.flatnonzero((owner[patch] == NONE) & (owner[beyond] != NONE))
        if not len(asks):
            return patches._replace(owner=owner)
        best = asks[np.lexsort((owner[beyond[asks]], -metres[asks], patch[asks]))]
        one = best[np.flatnonzero(np.diff(patch[best], prepend=NONE))]
        owner[patch[one]] = owner[beyond[one]]
