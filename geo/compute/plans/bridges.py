"""Bridges: units that hang together though they share no border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.fabric.faces import Fabric, lonlat_of, n_faces_of
from geo.compute.fabric.rings import shapes_of
from geo.compute.project import Frame
from geo.drafts import Draft, DraftBridge
from geo.units import NONE, IntArray


def bridged(piece_of_face: IntArray, label_of_face: IntArray, bridges: Sequence[DraftBridge]) -> IntArray:
    """(n_faces,) the pieces with those joined that a bridge joins and that have one label; still the lowest face."""
    piece = piece_of_face.copy()
    for bridge in bridges:
        if label_of_face[bridge.one] == label_of_face[bridge.other] != NONE:
            one, other = sorted(piece[[bridge.one, bridge.other]].tolist())
            piece[piece == other] = one
    return piece


def lines_of_bridges(draft: Draft) -> NDArray[np.object_]:
    """(n_bridges,) straight lines in degrees from inside the one unit to inside the other: how bridges are drawn."""
    ends = np.array([bridge[:2] for bridge in draft.bridges], np.int64).reshape(-1, 2)
    units, place = np.unique(ends, return_inverse=True)
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes_of_faces(draft.fabric, units)))
    lines: NDArray[np.object_] = shapely.linestrings(inside[place.reshape(-1, 2)])
    return lines


def shapes_of_faces(fabric: Fabric, faces: IntArray) -> NDArray[np.object_]:
    """(n,) multipolygons in degrees of some faces, no two the same."""
    label = np.full(n_faces_of(fabric), NONE)
    label[faces] = np.arange(len(faces))
    return shapes_of(fabric, label, len(faces))


def nearest_faces(fabric: Fabric, ones: IntArray, others: IntArray) -> tuple[int, int]:
    """Two faces, one of each group, that lie nearest to each other; of equals those that stand first."""
    frame = Frame.of(lonlat_of(fabric.node_e7))
    shapes_m = shapely.transform(shapes_of_faces(fabric, np.concatenate([ones, others])), frame.to_xy_m)
    tree = shapely.STRtree(shapes_m[len(ones) :])
    (one, other), metres = tree.query_nearest(shapes_m[: len(ones)], return_distance=True)
    best = np.lexsort((other, one, metres))[0]
    return int(ones[one[best]]), int(others[other[best]])


def after_cut(bridges: Sequence[DraftBridge], fabric: Fabric, parent_of_face: IntArray) -> tuple[DraftBridge, ...]:
    """Bridges when units were cut: each goes on between the parts of its units that lie nearest to each other.

    Parameters
    ----------
    bridges
        As they were before.
    fabric
        Units after the cut.
    parent_of_face
        (n_faces,) the unit that each was part of.
    """
    found = []
    for bridge in bridges:
        ones, others = (np.flatnonzero(parent_of_face == unit) for unit in bridge[:2])
        if len(ones) == len(others) == 1:
            found.append(bridge)
        else:
            one, other = sorted(nearest_faces(fabric, ones, others))
            found.append(DraftBridge(one, other, bridge.reason))
    return tuple(sorted(found))
