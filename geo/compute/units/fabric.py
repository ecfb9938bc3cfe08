"""Borders of units as a fabric: each once, without the corners at which no plot ended after all."""

from __future__ import annotations

import numpy as np

from geo.compute.fabric.edges import Edges, assembled
from geo.compute.fabric.faces import Fabric, stops_of_arcs
from geo.compute.units.lattice import Lattice, keys_of
from geo.compute.units.sides import Sides, facing
from geo.units import NONE, BoolArray, FloatArray, IntArray

WOBBLE = 1.5
"""What whole numbers make of a straight line lies no further from it: both its ends may be off by 0.7."""


def fabric_of_units(sides: Sides, step_keys: IntArray, lattice: Lattice) -> Fabric:
    """The fabric of units.

    Parameters
    ----------
    sides
        Of all units, each side where another unit or nothing lies beyond; the patch is the unit.
    step_keys
        Keys of corners that were put into straight lines; those that no border needs are left out.
    lattice
        What the keys are counted in.
    """
    across = facing(sides.start, sides.stop, sides)
    told = np.flatnonzero((sides.start < sides.stop) | (across == NONE))
    told = told[np.lexsort((sides.stop[told], sides.start[told]))]
    beyond = np.append(sides.patch, NONE)[across].astype(np.int32)
    keys, place = np.unique(np.stack([sides.start[told], sides.stop[told]]), return_inverse=True)
    start, stop = place.reshape(2, -1).astype(np.int32)
    edges = Edges(lattice.e7_of(keys), start, stop, sides.patch[told].astype(np.int32), beyond[told])
    return _without_steps(assembled(edges, np.zeros(len(keys), np.bool_)).fabric, step_keys, lattice)


def _without_steps(fabric: Fabric, step_keys: IntArray, lattice: Lattice) -> Fabric:
    place, start = stops_of_arcs(fabric)
    xy = lattice.counted(np.concatenate([fabric.node_e7, fabric.inner_e7]))[place]
    arc = np.repeat(np.arange(len(start) - 1), np.diff(start))
    is_kept = ~np.isin(keys_of(xy), step_keys) | _turns(xy, arc)
    is_inner = place >= len(fabric.node_e7)
    n_inner = np.bincount(arc[is_inner & is_kept], minlength=len(fabric.left))
    return fabric._replace(
        start_of_inner=np.concatenate([[0], np.cumsum(n_inner)]).astype(np.int64),
        inner_e7=fabric.inner_e7[is_kept[is_inner]],
    )


def _turns(xy: FloatArray, arc: IntArray) -> BoolArray:
    """(n,) whether arcs end or bend at their places; what whole numbers make of a straight line does not bend."""
    turns = np.ones(len(xy), np.bool_)
    before, after = xy[1:-1] - xy[:-2], xy[2:] - xy[:-2]
    off = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    turns[1:-1] = (arc[:-2] != arc[2:]) | (off > WOBBLE * np.hypot(after[:, 0], after[:, 1]))
    return turns
