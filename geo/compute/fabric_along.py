"""Which borders a drawn line runs along."""

from __future__ import annotations

import numpy as np
import shapely

from geo.compute.fabric import Fabric, stops_of_arcs
from geo.units import E7, BoolArray, Int32Array


def arcs_along(fabric: Fabric, line_e7: Int32Array, within_e7: float) -> BoolArray:
    """(n_arcs,) whether all of an arc lies beside a line.

    Parameters
    ----------
    fabric
        Nodes and arcs.
    line_e7
        (n, 2) at least two different places.
    within_e7
        How far off an arc may be, in ten-millionths of a degree of latitude.
    """
    # a degree of longitude is shorter than one of latitude
    scale = np.array([np.cos(np.radians(line_e7[:, 1].mean() / E7)), 1.0])
    place, start_of_arc = stops_of_arcs(fabric)
    arc = np.repeat(np.arange(len(start_of_arc) - 1), np.diff(start_of_arc))
    lines = shapely.linestrings(np.concatenate([fabric.node_e7, fabric.inner_e7])[place] * scale, indices=arc)
    beside = shapely.buffer(shapely.LineString(line_e7 * scale), within_e7)
    shapely.prepare(beside)
    return np.asarray(shapely.covers(beside, lines))
