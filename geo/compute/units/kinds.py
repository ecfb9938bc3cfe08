"""What borders run along: streets, water, railways, walls, or nothing but the ground between two plots."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

from geo.compute.fabric.faces import Fabric, lonlat_of, stops_of_arcs
from geo.compute.units.lattice import Lattice, Shapes
from geo.compute.units.near import are_near
from geo.compute.units.sides import pieces_of
from geo.drafts import BORDER_KINDS
from geo.units import NONE, FloatArray, Int32Array, IntArray

LINES = ("street", "water", "rail", "wall", "drawn")
"""Kinds of lines; where a border runs along several as far, the first counts."""

STEP_M = 10.0
"""Borders are looked at every so many metres."""

MOST = 0.5
"""A border runs along lines where more than this share of it does."""


def kinds_of_arcs(fabric: Fabric, lines: Mapping[str, Shapes], near_m: float) -> Int32Array:
    """What each border runs along for most of its length.

    Parameters
    ----------
    fabric
        Borders of units.
    lines
        Kind of border (street, water, rail, drawn, wall) -> lines in degrees.
    near_m
        A border runs along a line where it is this near to it.

    Returns
    -------
    (n_arcs,) place in ``BORDER_KINDS``: community where one side is outside; else the kind of line that it runs along
    most, if it does so along any for more than half its length; else plot.
    """
    n_arcs = len(fabric.left)
    kinds = np.full(n_arcs, BORDER_KINDS.index("plot"), np.int32)
    if n_arcs:
        xy_m, at_m, arc = _looks(fabric)
        near = _near(xy_m, lines, fabric, near_m)
        along_m = np.stack([np.bincount(arc, at_m * is_near, minlength=n_arcs) for is_near in near])
        any_m = np.bincount(arc, at_m * near.any(axis=0), minlength=n_arcs)
        is_along = any_m > MOST * np.bincount(arc, at_m, minlength=n_arcs)
        place = np.array([BORDER_KINDS.index(kind) for kind in LINES], np.int32)
        kinds[is_along] = place[np.argmax(along_m, axis=0)][is_along]
    kinds[(fabric.left == NONE) | (fabric.right == NONE)] = BORDER_KINDS.index("community")
    return kinds


def _lattice(fabric: Fabric) -> Lattice:
    return Lattice.about(shapely.multipoints(lonlat_of(fabric.node_e7)))


def _looks(fabric: Fabric) -> tuple[FloatArray, FloatArray, IntArray]:
    """Places along all borders in metres, the metres that each stands for, and its border."""
    place, start = stops_of_arcs(fabric)
    lattice = _lattice(fabric)
    lonlat = lonlat_of(np.concatenate([fabric.node_e7, fabric.inner_e7]))
    xy_m = (lattice.whole_of(lonlat) * lattice.metres)[place]
    arc_of_stop = np.repeat(np.arange(len(start) - 1), np.diff(start))
    side = np.flatnonzero(arc_of_stop[1:] == arc_of_stop[:-1])
    way = xy_m[side + 1] - xy_m[side]
    metres = np.hypot(way[:, 0], way[:, 1])
    n = np.maximum(np.ceil(metres / STEP_M), 1).astype(np.int64)
    of_look = np.repeat(np.arange(len(side)), n)
    k = np.arange(len(of_look)) - np.repeat(np.cumsum(n) - n, n)
    looks = xy_m[side[of_look]] + way[of_look] * ((k + 0.5) / n[of_look])[:, None]
    return looks, (metres / n)[of_look], arc_of_stop[side[of_look]]


def _near(xy_m: FloatArray, lines: Mapping[str, Shapes], fabric: Fabric, near_m: float) -> FloatArray:
    """(n_kinds, n_looks) 1 where a line of the kind is near."""
    lattice = _lattice(fabric)
    near = np.zeros((len(LINES), len(xy_m)))
    for kind, is_near in zip(LINES, near, strict=True):
        drawn = pieces_of(lattice.in_metres(lines.get(kind, np.zeros(0, dtype=object))))
        is_near[:] = are_near(xy_m, drawn, near_m)
    return near
