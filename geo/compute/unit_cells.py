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

from geo.compute.unit_lattice import Lattice, corners_of, keys_of, metres_between
from geo.compute.unit_sides import Rings, Sides, facing, polygons_of
from geo.units import NONE, BoolArray, IntArray


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
    corner, of_region = shapely.get_coordinates(shapely.constrained_delaunay_triangles(polygons), return_index=True)
    xy, of_region = corner.reshape(-1, 4, 2)[:, :3], of_region[::4]
    one, other = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    is_turned = one[:, 0] * other[:, 1] < one[:, 1] * other[:, 0]
    xy[is_turned] = xy[is_turned][:, ::-1]
    key, region = keys_of(xy / ratio), parted[of_region]
    owner, is_building = _owner_of_corners(regions, key, region)
    return _Triangles(key, region, owner, is_building)


def _owner_of_corners(regions: Regions, key: IntArray, region: IntArray) -> tuple[IntArray, BoolArray]:
    rings = regions.rings
    known = np.unique(rings.key)
    one = rings.shape_of_corner * len(known)
    place = np.concatenate([one + np.searchsorted(known, end) for end in (rings.key, rings.next_key)])
    order = np.argsort(place, kind="stable")
    first = np.flatnonzero(np.diff(place[order], prepend=NONE))
    owner, built = (np.tile(some, 2)[order] for some in (regions.owner_across, regions.is_building))
    lowest, highest = np.minimum.reduceat(owner, first), np.maximum.reduceat(owner, first)
    at = np.searchsorted(place[order][first], region[:, None] * len(known) + np.searchsorted(known, key))
    agreed = np.where(lowest == highest, lowest, NONE)
    return agreed[at], np.logical_or.reduceat(built, first)[at] & (agreed[at] != NONE)


def _is_wide(triangles: _Triangles, lattice: Lattice, verge_m: float) -> BoolArray:
    """(n,) whether one of the edges that leave an owner is longer than a verge is wide."""
    after = [1, 2, 0]
    metres = metres_between(triangles.key, triangles.key[:, after], lattice)
    leaves = triangles.owner != triangles.owner[:, after]
    return np.asarray((leaves & (metres > verge_m)).any(axis=1))


Kind = tuple[tuple[int, tuple[int, ...]], ...]

_WHOLE: Kind = ((0, (0, 1, 2, 3, 4, 5)),)
_TWO_AND_NOBODY: Kind = ((0, (0, 1, 4, 5)), (1, (1, 2, 3, 4)))
_TWO: Kind = ((0, (0, 1, 2, 3, 5)), (2, (3, 4, 5)))
_THREE: Kind = ((0, (0, 1, 6, 5)), (1, (2, 3, 6, 1)), (2, (4, 5, 6, 3)))
"""Patches of a triangle: the corner that owns each, and its places. Place 0 is corner 0, place 1 the middle of the edge
from there, place 2 corner 1, and so on round; place 6 is the middle of all."""


def _parted(triangles: _Triangles, is_wide: BoolArray, regions: Regions, lattice: Lattice) -> Patches:
    """The triangles cut along the middles between owners."""
    owner = np.where(is_wide[:, None] & ~triangles.is_building, NONE, triangles.owner)
    n_owners = (np.diff(np.sort(owner, axis=1), axis=1, prepend=NONE) != 0).sum(axis=1)
    has_nobody = (owner == NONE).any(axis=1)
    turned = (_first_corner(owner, n_owners, has_nobody)[:, None] + np.arange(3)) % 3
    key, was, owner = (np.take_along_axis(some, turned, axis=1) for some in (triangles.key, triangles.owner, owner))
    places, is_whole = _places(key, was), n_owners <= 1
    cut = joined(
        _cut(places[(n_owners == 2) & has_nobody], owner[(n_owners == 2) & has_nobody], _TWO_AND_NOBODY),
        _cut(places[(n_owners == 2) & ~has_nobody], owner[(n_owners == 2) & ~has_nobody], _TWO),
        _cut(places[n_owners == 3], owner[n_owners == 3], _THREE),
    )
    whole = _cut(places[is_whole], owner[is_whole].max(axis=1, keepdims=True), _WHOLE)
    region = triangles.region[is_whole]
    has_building = np.zeros(len(regions.rest), np.bool_)
    has_building[regions.rings.shape_of_corner[regions.is_building]] = True
    whole = _filled_up(whole, cut, has_building[region], lattice)
    return joined(whole._replace(owner=np.where(whole.owner == NONE, regions.rest[region], whole.owner)), cut)


def _first_corner(owner: IntArray, n_owners: IntArray, has_nobody: BoolArray) -> IntArray:
    """The corner after the one that is unlike the other two: nobody's, or that of the owner who has but one."""
    is_unlike = (owner != np.roll(owner, 1, axis=1)) & (owner != np.roll(owner, -1, axis=1))
    odd = np.argmax(np.where(has_nobody[:, None], owner == NONE, is_unlike), axis=1)
    return np.asarray(np.where(n_owners == 2, (odd + 1) % 3, 0))


def _places(key: IntArray, owner: IntArray) -> IntArray:
    """(n, 7) keys of the places of triangles; the middle of an edge that is not parted is its first corner."""
    after = [1, 2, 0]
    xy = corners_of(key)
    is_parted = (owner != NONE) & (owner[:, after] != NONE) & (owner != owner[:, after])
    middle = np.where(is_parted, keys_of((xy + xy[:, after]) / 2), key)
    centre = keys_of(xy.sum(axis=1) / 3)
    return np.stack([key[:, 0], middle[:, 0], key[:, 1], middle[:, 1], key[:, 2], middle[:, 2], centre], axis=1)


def _cut(places: IntArray, owner: IntArray, kind: Kind) -> Patches:
    """Triangles of one kind in patches."""
    return joined(*(_patches(places[:, list(corners)], owner[:, corner]) for corner, corners in kind))


def _patches(corners: IntArray, owner: IntArray) -> Patches:
    """Patches of as many corners each, some of which may be told twice."""
    stop = np.roll(corners, -1, axis=1)
    is_side = corners != stop
    number = np.broadcast_to(np.arange(len(corners))[:, None], corners.shape)
    return Patches(Sides(corners[is_side], stop[is_side], number[is_side]), owner)


def _filled_up(whole: Patches, rest: Patches, is_meant: BoolArray, lattice: Lattice) -> Patches:
    """Triangles that nobody owns go to whom they have the longest side with, and so on inwards, where that is meant."""
    owner = whole.owner.copy()
    sides = joined(whole, rest).sides
    across = facing(whole.sides.start, whole.sides.stop, sides)
    is_inner = across != NONE
    patch, beyond = whole.sides.patch[is_inner], sides.patch[across[is_inner]]
    metres = metres_between(whole.sides.start[is_inner], whole.sides.stop[is_inner], lattice)
    while True:
        known = np.concatenate([owner, rest.owner])[beyond]
        asks = np.flatnonzero((owner[patch] == NONE) & (known != NONE) & is_meant[patch])
        if not len(asks):
            return whole._replace(owner=owner)
        best = asks[np.lexsort((known[asks], -metres[asks], patch[asks]))]
        one = np.flatnonzero(np.diff(patch[best], prepend=NONE))
        owner[patch[best[one]]] = known[best[one]]
