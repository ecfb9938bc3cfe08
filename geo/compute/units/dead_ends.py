"""What of lines parts ground: not streets that end before they meet anything, beside which borders are by chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

from geo.compute.units.lattice import Lattice, Shapes

SNAP_M = 0.1
"""What ends so near to a line meets it."""


def without_dead_ends(community: shapely.Geometry, lines: Mapping[str, Shapes]) -> Shapes:
    """What of all lines has a face on each side, of those that lines and a community's border make.

    Parameters
    ----------
    community
        Polygon or multipolygon in degrees.
    lines
        Kind of border -> lines in degrees.

    Returns
    -------
    (n_lines,) in degrees, the community's border among them where lines meet it; none if no line is in the community.

    >>> town = shapely.box(0, 0, 0.01, 0.01)
    >>> through, dead = shapely.linestrings([[[0.005, -0.1], [0.005, 0.1]], [[0.005, 0.005], [0.009, 0.005]]])
    >>> kept = shapely.union_all(without_dead_ends(town, {"street": np.array([through, dead])}))
    >>> bool(kept.dwithin(shapely.Point(0.005, 0.002), 1e-6)), bool(kept.dwithin(shapely.Point(0.008, 0.005), 1e-6))
    (True, False)
    """
    lattice = Lattice.about(community)
    ground = lattice.in_metres(community)
    drawn = shapely.clip_by_rect(lattice.in_metres(np.concatenate([*lines.values()])), *ground.bounds)
    drawn = drawn[~shapely.is_empty(drawn)]
    if not len(drawn):
        return np.zeros(0, dtype=object)
    noded = shapely.union_all([*drawn, ground.boundary], grid_size=SNAP_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts([noded])))
    return np.asarray(lattice.in_degrees(shapely.get_parts(shapely.boundary(faces))))
