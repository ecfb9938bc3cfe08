"""Polygons on a lattice of whole ten-millionths of a degree, as the straight sides of their rings.

A corner is one number, its key. Two polygons that share a border have its sides in common, each the other way round, so
that what belongs together is found by sorting and nothing is ever compared with a tolerance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.fabric.exact import do_meet
from geo.compute.kernels import kernel
from geo.compute.units.lattice import Lattice, Shapes, corners_of, keys_of, metres_between
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


class Sides(NamedTuple):
    """Straight sides of patches of ground. The patch lies to the left."""

    start: IntArray
    """(n_sides,) keys."""
    stop: IntArray
    patch: IntArray

    def metres(self, lattice: Lattice) -> FloatArray:
        """(n_sides,) lengths."""
        return metres_between(self.start, self.stop, lattice)


class Rings(NamedTuple):
    """Closed rings of polygons, the last corner not said again. The polygon lies to the left."""

    key: IntArray
    """(n_corners,)"""
    start_of_ring: IntArray
    """(n_rings + 1,) offsets into ``key``."""
    shape_of_ring: IntArray
    """(n_rings,) ascending; the first ring of a shape is its outside."""

    @property
    def shape_of_corner(self) -> IntArray:
        """(n_corners,)"""
        return np.repeat(self.shape_of_ring, np.diff(self.start_of_ring))

    @property
    def next_key(self) -> IntArray:
        """(n_corners,) the corner at the other end of the side that begins at each corner."""
        after = np.arange(1, len(self.key) + 1)
        after[self.start_of_ring[1:] - 1] = self.start_of_ring[:-1]
        return self.key[after]

    @property
    def sides(self) -> Sides:
        """Sides in the order of the corners they begin at; the shape is the patch."""
        return Sides(self.key, self.next_key, self.shape_of_corner)


def areas_m2(sides: Sides, n_patches: int, lattice: Lattice) -> FloatArray:
    """(n_patches,) square metres inside the sides of each."""
    start, stop = corners_of(sides.start) * lattice.metres, corners_of(sides.stop) * lattice.metres
    cross = start[:, 0] * stop[:, 1] - start[:, 1] * stop[:, 0]
    return np.asarray(np.bincount(sides.patch, cross / 2, minlength=n_patches))


def rings_of(polygons: Shapes) -> Rings:
    """The rings of (n,) polygons in whole numbers."""
    if not len(polygons):
        return Rings(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))
    _, xy, (start_of_ring, start_of_shape) = shapely.to_ragged_array(shapely.orient_polygons(polygons))
    is_kept = np.ones(len(xy), np.bool_)
    is_kept[start_of_ring[1:] - 1] = False
    starts = start_of_ring - np.arange(len(start_of_ring))
    shape = np.repeat(np.arange(len(polygons)), np.diff(start_of_shape))
    return Rings(keys_of(xy[is_kept]), starts.astype(np.int64), shape)


def pieces_of(lines: Shapes) -> FloatArray:
    """(n_pieces, 2, 2) where every straight piece of some lines begins and ends."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    is_one = line[1:] == line[:-1]
    return np.stack([xy[:-1][is_one], xy[1:][is_one]], axis=1)


def polygons_of(rings: Rings, n_shapes: int, scale: FloatArray | float = 1.0) -> Shapes:
    """(n_shapes,) polygons of rings, their coordinates times ``scale``; every shape has at least one ring."""
    n_corners = np.diff(rings.start_of_ring)
    closed = np.insert(rings.key, rings.start_of_ring[1:], rings.key[rings.start_of_ring[:-1]])
    start_of_ring = np.concatenate([[0], np.cumsum(n_corners + 1)])
    start_of_shape = np.searchsorted(rings.shape_of_ring, np.arange(n_shapes + 1))
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, corners_of(closed) * scale, (start_of_ring, start_of_shape)))


def together(*some: Rings) -> tuple[Rings, IntArray]:
    """All rings by their shape, those of one shape in the order given; and the corners in that order.

    Returns
    -------
    The rings, and (n_corners,) where each corner stands when the given rings follow one another.
    """
    key = np.concatenate([rings.key for rings in some])
    length = np.concatenate([np.diff(rings.start_of_ring) for rings in some])
    shape = np.concatenate([rings.shape_of_ring for rings in some])
    order = np.argsort(shape, kind="stable")
    old = np.concatenate([[0], np.cumsum(length)])
    new = np.concatenate([[0], np.cumsum(length[order])])
    at = np.arange(len(key)) + np.repeat(old[:-1][order] - new[:-1], length[order])
    return Rings(key[at], new, shape[order]), at


def chosen(rings: Rings, is_chosen: BoolArray) -> tuple[Rings, BoolArray]:
    """The rings of some shapes, which are numbered anew, and (n_corners,) which corners are theirs.

    ``is_chosen`` is told of the first shapes; of those beyond none is chosen.
    """
    shape = rings.shape_of_ring
    is_ours = (shape < len(is_chosen)) & is_chosen[np.minimum(shape, len(is_chosen) - 1)]
    lengths = np.diff(rings.start_of_ring)
    kept = np.repeat(is_ours, lengths)
    starts = np.concatenate([[0], np.cumsum(lengths[is_ours])])
    return Rings(rings.key[kept], starts, (np.cumsum(is_chosen) - 1)[shape[is_ours]]), kept


def backwards(rings: Rings) -> Rings:
    """Every ring the other way round: what lay inside lies outside."""
    last = np.repeat(rings.start_of_ring[:-1] + rings.start_of_ring[1:] - 1, np.diff(rings.start_of_ring))
    return rings._replace(key=rings.key[last - np.arange(len(rings.key))])


def with_steps(
    rings: Rings, is_stepped: BoolArray, step_m: float, lattice: Lattice
) -> tuple[Rings, IntArray, BoolArray]:
    """Rings with corners put into their long sides, at the same places whichever way round a side is.

    Parameters
    ----------
    rings
        Their sides begin at their corners.
    is_stepped
        (n_corners,) whether corners may be put into the side that begins there.
    step_m
        No part of a side is longer.
    lattice
        What a whole number is in metres.

    Returns
    -------
    The rings, (n_corners,) the corner at which the side that each lies in began, and (n_corners,) which were put in.
    """
    start, stop = rings.key, rings.next_key
    n = np.where(is_stepped, np.ceil(metres_between(start, stop, lattice) / step_m), 1).astype(np.int64)
    side = np.repeat(np.arange(len(start)), n)
    first = np.concatenate([[0], np.cumsum(n)])
    k = np.arange(len(side)) - first[side]
    low, high = corners_of(np.minimum(start, stop))[side], corners_of(np.maximum(start, stop))[side]
    share = np.where((start > stop)[side], n[side] - k, k) / n[side]
    key = np.where(k == 0, start[side], keys_of(low + (high - low) * share[:, None]))
    return Rings(key, first[rings.start_of_ring], rings.shape_of_ring), side, k > 0


def facing(start: IntArray, stop: IntArray, known: Sides) -> IntArray:
    """(n,) for sides from start to stop the known side that runs the other way, NONE where there is none."""
    return np.asarray(_facing(start, stop, known.start, known.stop))


@kernel
def _facing(start: IntArray, stop: IntArray, known_start: IntArray, known_stop: IntArray) -> IntArray:
    """By a table of known sides that is at most half full; of sides told twice the first counts."""
    n_places = 8
    while n_places < 2 * len(known_start):
        n_places *= 2
    table = np.full(n_places, NONE, np.int64)
    for side in range(len(known_start)):
        place = place_of(known_start[side], known_stop[side], n_places)
        while table[place] != NONE:
            place = (place + 1) & (n_places - 1)
        table[place] = side
    found = np.full(len(start), NONE, np.int64)
    for i in range(len(start)):
        place = place_of(stop[i], start[i], n_places)
        while table[place] != NONE:
            side = table[place]
            if known_start[side] == stop[i] and known_stop[side] == start[i]:
                found[i] = side
                break
            place = (place + 1) & (n_places - 1)
    return found


@kernel
def place_of(one: int, other: int, n_places: int) -> int:
    """Where the search for two numbers begins in a table of 2^k places.

    Multipliers without pattern spread neighbours apart (Knuth, The Art of Computer Programming 3, 6.4).
    """
    mixed = (one * 7_046_029_254_386_353_131) ^ (other * 3_935_559_000_370_003_845)
    return (mixed ^ (mixed >> 32)) & (n_places - 1)


def each_once(start: IntArray, stop: IntArray) -> tuple[IntArray, IntArray]:
    """Sides from corners to corners, each once whichever way round it was told, and none without length."""
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    is_first = (np.diff(low, prepend=NONE) != 0) | (np.diff(high, prepend=NONE) != 0)
    return low[is_first & (low != high)], high[is_first & (low != high)]


def that_meet(start: IntArray, stop: IntArray) -> BoolArray:
    """(n,) which straight pieces between corners, each told once, meet another anywhere but where both end."""
    keys, place = np.unique(np.concatenate([start, stop]), return_inverse=True)
    one, other = np.sort(place.reshape(2, -1), axis=0)
    order = np.argsort(one, kind="stable")
    meets = np.zeros(len(start), np.bool_)
    meets[order] = _that_meet(corners_of(keys).astype(np.int32), one[order], other[order])
    return meets


@kernel
def _that_meet(places: Int32Array, one: IntArray, other: IntArray) -> BoolArray:
    """Corners are numbered from west to east, and pieces sorted by their western end."""
    meets = np.zeros(len(one), np.bool_)
    west, east = places[one, 0], places[other, 0]
    south, north = np.minimum(places[one, 1], places[other, 1]), np.maximum(places[one, 1], places[other, 1])
    for i in range(len(one)):
        k = i + 1
        while k < len(one) and west[k] <= east[i]:
            if south[k] <= north[i] and south[i] <= north[k] and do_meet(places, one[i], other[i], one[k], other[k]):
                meets[i] = meets[k] = True
            k += 1
    return meets
