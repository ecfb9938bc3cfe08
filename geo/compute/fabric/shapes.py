"""A fabric from polygons that share their borders place by place."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.fabric.edges import Edges, assembled
from geo.compute.fabric.faces import Fabric, e7_of, keys_of, place_text
from geo.compute.fabric.fault import Fault, first_fault
from geo.errors import BadGeometry
from geo.units import NONE, Int32Array, IntArray

POLYGON = 3
"""The type of shapely."""


def fabric_of(shapes: NDArray[np.object_]) -> Fabric:
    """The borders of polygons, each once.

    A node is a place where other than two borders meet; a ring without one gets its westernmost place. Arcs and nodes
    do not depend on how the polygons are written down, but for the numbers of the faces.

    Parameters
    ----------
    shapes
        (n_faces,) polygons or multipolygons in degrees, to be rounded to whole ten-millionths. Where two touch, both
        have the same places.

    Raises
    ------
    BadGeometry
        If one is empty, or crosses or overlaps another, or has places on a border that its neighbour lacks.
    """
    ends_e7, face = _edges_of_rings(shapes)
    _, first, place = np.unique(keys_of(ends_e7.reshape(-1, 2)), return_index=True, return_inverse=True)
    e7 = ends_e7.reshape(-1, 2)[first]
    edges = _paired(e7, place.reshape(-1, 2), face)
    missing = np.flatnonzero(np.bincount(face, minlength=len(shapes)) == 0)
    if len(missing):
        raise BadGeometry("fabric_face_empty", face=int(missing[0]))
    fault = first_fault(edges)
    if fault is not None:
        raise _not_fitting(fault)
    return assembled(edges, np.zeros(len(e7), np.bool_)).fabric


def _edges_of_rings(shapes: NDArray[np.object_]) -> tuple[Int32Array, IntArray]:
    """(n, 2, 2) where every step around a polygon begins and ends, its ground to the left; and whose it is."""
    parts, face_of_part = shapely.get_parts(shapes, return_index=True)
    other = np.flatnonzero(shapely.get_type_id(parts) != POLYGON)
    if len(other):
        raise BadGeometry("fabric_face_empty", face=int(face_of_part[other[0]]))
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    e7 = e7_of(lonlat)
    is_step = (ring[1:] == ring[:-1]) & ((e7[1:, 0] != e7[:-1, 0]) | (e7[1:, 1] != e7[:-1, 1]))
    ends = np.stack([e7[:-1], e7[1:]], axis=1)[is_step]
    ring_of_step = ring[:-1][is_step]
    x, y = ends[:, :, 0].astype(np.int64), ends[:, :, 1].astype(np.int64)
    area2 = np.zeros(len(rings), np.int64)
    np.add.at(area2, ring_of_step, x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0])
    is_shell = np.diff(part_of_ring, prepend=NONE) != 0
    is_turned = ((area2 > 0) != is_shell)[ring_of_step]
    ends[is_turned] = ends[is_turned, ::-1]
    return ends, face_of_part[part_of_ring[ring_of_step]]


def _paired(e7: Int32Array, ends: IntArray, face: IntArray) -> Edges:
    """Steps between the same places, one each way, become one edge; beyond a step that is alone lies the outside."""
    is_back = ends[:, 0] > ends[:, 1]
    low, high = np.minimum(ends[:, 0], ends[:, 1]), np.maximum(ends[:, 0], ends[:, 1])
    key = 2 * (low * len(e7) + high) + is_back
    order = np.argsort(key)
    key, is_back = key[order], is_back[order]
    is_first = np.diff(key >> 1, prepend=NONE) != 0
    edge = np.cumsum(is_first) - 1
    left, right = np.full((2, int(is_first.sum())), NONE, np.int32)
    left[edge[~is_back]] = face[order[~is_back]]
    right[edge[is_back]] = face[order[is_back]]
    twice = np.flatnonzero(np.diff(key) == 0) + 1
    if len(twice):
        step = order[twice[0]]
        raise _not_fitting(Fault("twice", e7[ends[step, 0]], int(face[step])))
    return Edges(e7, low[order][is_first].astype(np.int32), high[order][is_first].astype(np.int32), left, right)


def _not_fitting(fault: Fault) -> BadGeometry:
    evidence: dict[str, Any] = {"face": fault.face, **place_text(fault.e7)}
    return BadGeometry("fabric_not_fitting", **evidence)
