"""Triangles cut between the owners of their corners: by the middles of edges, and the middle of all."""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.units.lattice import KEY_BITS
from geo.units import NONE, IntArray

_PATCHES = np.array(
    [
        [[0, 1, 2, 3, 4, 5], [-1] * 6, [-1] * 6],
        [[0, 1, 4, 5, -1, -1], [1, 2, 3, 4, -1, -1], [-1] * 6],
        [[0, 1, 2, 3, 5, -1], [3, 4, 5, -1, -1, -1], [-1] * 6],
        [[0, 1, 6, 5, -1, -1], [2, 3, 6, 1, -1, -1], [4, 5, 6, 3, -1, -1]],
    ]
)
"""Patches of a triangle: of one owner; of two, the third corner being nobody's; of two, the third corner being the one
of the second owner; of three. Place 0 is the first corner, place 1 the middle of the edge from there, place 2 the
second corner, and so on round; place 6 is the middle of all."""

_CORNER_OF_PATCH = np.array([[0, -1, -1], [0, 1, -1], [0, 2, -1], [0, 1, 2]])
"""Whose each patch is."""


@kernel
def cut_triangles(
    key: IntArray, was: IntArray, owner: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Sides of patches, where they begin, end, and their patch; and of patches the owner, and the triangle.

    An edge is parted where its corners were two owners', even where they count no more: the triangle on its other side
    may need it.
    """
    n_sides, n_patches = 0, 0
    start, stop, patch = np.empty((3, 12 * len(key)), np.int64)
    owner_of_patch, triangle = np.empty((2, 3 * len(key)), np.int64)
    places = np.empty(7, np.int64)
    for t in range(len(key)):
        kind, first = _kind(owner[t])
        _fill(places, key[t], was[t], first)
        for number in range(3):
            ring = _PATCHES[kind, number]
            if ring[0] == NONE:
                break
            n = 6
            while ring[n - 1] == NONE:
                n -= 1
            for k in range(n):
                one, other = places[ring[k]], places[ring[(k + 1) % n]]
                if one != other:
                    start[n_sides], stop[n_sides], patch[n_sides] = one, other, n_patches
                    n_sides += 1
            whose = owner[t, (first + _CORNER_OF_PATCH[kind, number]) % 3]
            owner_of_patch[n_patches] = whose if kind else owner[t].max()
            triangle[n_patches] = t
            n_patches += 1
    return start[:n_sides], stop[:n_sides], patch[:n_sides], owner_of_patch[:n_patches], triangle[:n_patches]


@kernel
def _kind(owner: IntArray) -> tuple[int, int]:
    """How a triangle with these owners of corners is cut, and the corner to begin with: the third is the odd one."""
    a, b, c = owner
    if a not in (b, c) and b != c:
        if NONE not in (a, b, c):
            return 3, 0
        return 1, (1 if a == NONE else 2 if b == NONE else 0)
    odd = 0 if b == c else 1 if a == c else 2
    if a == b == c or owner[odd] == NONE or owner[(odd + 1) % 3] == NONE:
        return 0, 0
    return 2, (odd + 1) % 3


@kernel
def _fill(places: IntArray, key: IntArray, was: IntArray, first: int) -> None:
    """The places of a triangle; the middle of an edge that is not parted is its first corner."""
    x, y = 0, 0
    for k in range(3):
        i, j = (first + k) % 3, (first + k + 1) % 3
        places[2 * k] = places[2 * k + 1] = key[i]
        if was[i] not in (NONE, was[j]) and was[j] != NONE:
            places[2 * k + 1] = _key(_x(key[i]) + _x(key[j]) >> 1, _y(key[i]) + _y(key[j]) >> 1)
        x, y = x + _x(key[i]), y + _y(key[i])
    places[6] = _key((2 * x + 3) // 6, (2 * y + 3) // 6)


@kernel
def _x(key: int) -> int:
    return key >> KEY_BITS


@kernel
def _y(key: int) -> int:
    return key & ((1 << KEY_BITS) - 1)


@kernel
def _key(x: int, y: int) -> int:
    return (x << KEY_BITS) + y
