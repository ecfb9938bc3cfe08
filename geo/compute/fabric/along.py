"""Which borders a drawn line runs along."""

from __future__ import annotations

import numpy as np
import shapely

from geo.compute.fabric.faces import Fabric, stops_of_arcs
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
    stops = np.concatenate([fabric.node_e7, fabric.inner_e7])[place] * scale
    line = shapely.LineString(line_e7 * scale)
    shapely.prepare(line)
    # ground beside a long winding line takes long to draw, and as a rule few arcs can lie in it
    is_along = np.logical_and.reduceat(shapely.dwithin(line, shapely.points(stops), within_e7), start_of_arc[:-1])
    if is_along.any():
        lines = shapely.linestrings(stops, indices=arc)[is_along]
        box = shapely.total_bounds(lines) + within_e7 * np.array([-2, -2, 2, 2])
        beside = shapely.buffer(shapely.clip_by_rect(line, *box), within_e7, quad_segs=4)
        shapely.prepare(beside)
        is_along[is_along] = shapely.covers(beside, lines)
    return np.asarray(is_along)
