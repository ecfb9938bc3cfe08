"""Numbers along a Hilbert curve: places near each other on the ground get numbers near each other."""

from __future__ import annotations

import numpy as np

from geo.units import FloatArray, IntArray

BITS = 20
"""Cells per side are 2**BITS: about 5 cm in a city of 50 km."""


def hilbert_order(lonlat: FloatArray) -> IntArray:
    """The order in which a Hilbert curve over the places' own box visits them.

    Parameters
    ----------
    lonlat
        (n, 2) degrees; may be empty.

    Returns
    -------
    order
        (n,) a permutation of 0 .. n-1; places in one cell of the curve keep their order.

    Source
    ------
    Hilbert (1891), Math. Ann. 38, 459-460; the rotation step by step as in Warren (2012), Hacker's Delight, 16-2.

    >>> hilbert_order(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])).tolist()
    [0, 3, 2, 1]
    """
    places = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    if not len(places):
        return np.empty(0, dtype=np.int64)
    low = places.min(axis=0)
    side = max(float((places.max(axis=0) - low).max()), 1e-12)
    cell = ((places - low) / side * (2**BITS - 1)).astype(np.int64)
    x, y = cell[:, 0], cell[:, 1]
    along = np.zeros(len(places), dtype=np.int64)
    for bit in reversed(range(BITS)):
        in_x, in_y = (x >> bit) & 1, (y >> bit) & 1
        along = (along << 2) | ((3 * in_x) ^ in_y)
        mirrored = (in_y == 0) & (in_x == 1)
        x, y = np.where(mirrored, ~x, x), np.where(mirrored, ~y, y)
        swapped = in_y == 0
        x, y = np.where(swapped, y, x), np.where(swapped, x, y)
    return np.argsort(along, kind="stable").astype(np.int64)
