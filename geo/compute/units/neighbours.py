"""Whether communities that were cut each by itself have the same corners on the border between them.

They have if both were cut from the same streets, walls and buildings: see :mod:`geo.compute.units.borders`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.compute.fabric.faces import Fabric, stops_of_arcs
from geo.compute.units.near import are_near
from geo.units import NONE, FloatArray

REACH = 3.0
"""A corner this near to the other's border lies on it: each bends by less than two ten-millionths of a degree."""


def outer_border(fabric: Fabric) -> FloatArray:
    """(n_pieces, 2, 2) the straight pieces of a community's outer border in ten-millionths of a degree."""
    place, start = stops_of_arcs(fabric)
    e7 = np.concatenate([fabric.node_e7, fabric.inner_e7])[place].astype(np.float64)
    arc = np.repeat(np.arange(len(start) - 1), np.diff(start))
    is_outer = (fabric.left == NONE) | (fabric.right == NONE)
    is_meant = (arc[1:] == arc[:-1]) & is_outer[arc[1:]]
    pieces: FloatArray = np.stack([e7[:-1], e7[1:]], axis=1)[is_meant]
    return pieces


def odd_corners(one: FloatArray, other: FloatArray) -> FloatArray:
    """(n, 2) corners that one of two outer borders has on the other's, which has none there.

    Where the two part, the next corner of one may lie a hair beyond their last common one: that is no misfit.

    >>> south = np.array([[[0.0, 0.0], [50.0, 0.0]], [[50.0, 0.0], [99.0, 0.0]]])
    >>> odd_corners(south, np.array([[[99.0, 0.0], [0.0, 0.0]]])).tolist()
    [[50.0, 0.0]]
    """
    corners = [np.unique(_whole(border)) for border in (one, other)]
    both, times = np.unique(np.concatenate(corners), return_counts=True)
    single, common = (both[is_meant].view(np.float64).reshape(-1, 2) for is_meant in (times == 1, times > 1))
    is_odd = are_near(single, one, REACH) & are_near(single, other, REACH)
    is_odd &= ~are_near(single, np.stack([common, common], axis=1), REACH)
    return np.asarray(single[is_odd])


def _whole(places: FloatArray) -> NDArray[np.complex128]:
    """(n,) each place as one number, in the order of lon, then lat: rows of two are sorted ten times more slowly."""
    return np.ascontiguousarray(places, np.float64).reshape(-1).view(np.complex128)
