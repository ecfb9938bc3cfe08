"""Polygons told as arcs of a fabric, so that a border between two of them is told once."""

from __future__ import annotations

import numpy as np

from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.rings import nested_rings
from geo.units import IntArray

Ring = list[int]
"""Arcs along a ring by number; ``~arc`` where one is walked from its last place to its first."""

Polygons = list[list[Ring]]
"""Of each polygon its shell, then its holes."""


def polygons_of_labels(fabric: Fabric, label_of_face: IntArray, n_labels: int) -> list[Polygons]:
    """The ground of every label: shells counter-clockwise, holes clockwise, all along arcs.

    Parameters
    ----------
    fabric
        Without a fault.
    label_of_face
        (n_faces,) below ``n_labels``; NONE: no label.
    n_labels
        How many there are.

    Returns
    -------
    (n_labels,) polygons; none where no face has the label.
    """
    nested = nested_rings(fabric, label_of_face, n_labels)
    side = nested.rings.side.astype(np.int64)
    arcs = np.where(side & 1, ~(side >> 1), side >> 1)
    rings: list[Ring] = [part.tolist() for part in np.split(arcs, nested.rings.start_of_ring[1:-1])]
    shell_of_ring = nested.shell.tolist()
    polygon_of_shell = {ring: [rings[ring]] for ring, shell in enumerate(shell_of_ring) if shell == ring}
    for ring, shell in enumerate(shell_of_ring):
        if shell != ring:
            polygon_of_shell[shell].append(rings[ring])
    found: list[Polygons] = [[] for _ in range(n_labels)]
    for shell, polygon in polygon_of_shell.items():
        found[nested.label[shell]].append(polygon)
    return found
