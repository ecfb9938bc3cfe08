"""A planar cut of ground into faces: every border is stored once, with the face on either side of it.

Places are whole ten-millionths of a degree (``_e7``, about a centimetre), so that two faces which share a border share
it to the last digit and sums of areas come out even. What a border encloses is derived, never stored: gaps and overlaps
cannot be said in this form.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.project import Frame
from geo.errors import BadGeometry
from geo.units import E7, FloatArray, Int32Array, IntArray


class Fabric(NamedTuple):
    """Nodes, and the arcs between them.

    Faces are numbered from 0; NONE is the outside. Two arcs meet at nodes only, and no arc crosses itself or another.
    """

    node_e7: Int32Array
    """(n_nodes, 2) lon, lat. Every place where arcs end, once."""
    from_node: Int32Array
    """(n_arcs,) A ring that meets no other arc begins and ends at one node."""
    to_node: Int32Array
    left: Int32Array
    """(n_arcs,) the face to the left on the way from ``from_node`` to ``to_node``; NONE: outside. Never that of
    ``right``."""
    right: Int32Array
    start_of_inner: IntArray
    """(n_arcs + 1,) offsets into ``inner_e7``."""
    inner_e7: Int32Array
    """(n_inner, 2) the places that an arc passes between its ends."""

    def is_same(self, other: Fabric) -> bool:
        """Whether the other has the same arcs, in the same order, between the same faces."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in self._fields)


def e7_of(lonlat: FloatArray) -> Int32Array:
    """(n, 2) degrees as whole ten-millionths.

    Raises
    ------
    BadGeometry
        If a place is not finite or not on the earth.
    """
    return places_on_earth(np.rint(np.asarray(lonlat, np.float64) * E7))


def places_on_earth(e7: Int32Array) -> Int32Array:
    """Places (n, 2) that somebody gave as whole ten-millionths.

    Raises
    ------
    BadGeometry
        If one is not finite or not on the earth.
    """
    places = np.asarray(e7).reshape(-1, 2)
    is_on_earth = np.abs(places) <= (180 * E7, 90 * E7)
    if not is_on_earth.all():
        lon, lat = (places[np.argmin(is_on_earth.all(axis=1))] / E7).tolist()
        raise BadGeometry("fabric_place_outside", lon=f"{lon:g}", lat=f"{lat:g}")
    return places.astype(np.int32)


def lonlat_of(e7: Int32Array) -> FloatArray:
    """(n, 2) degrees."""
    return np.asarray(e7 / E7)


def keys_of(e7: Int32Array) -> IntArray:
    """(n,) one number for every place, in the order of lon, then lat."""
    return np.asarray(e7[:, 0].astype(np.int64) * (1 << 32) + e7[:, 1])


def place_text(e7: Int32Array) -> dict[str, str]:
    """(2,) a place as evidence: lon and lat in degrees."""
    return {"lon": f"{e7[0] / E7:.7f}", "lat": f"{e7[1] / E7:.7f}"}


def n_faces_of(fabric: Fabric) -> int:
    """How many faces there are."""
    return int(max(fabric.left.max(initial=-1), fabric.right.max(initial=-1))) + 1


def stops_of_arcs(fabric: Fabric) -> tuple[IntArray, IntArray]:
    """All places along the arcs by number, nodes first, then inner places; ends included, arc after arc.

    And (n_arcs + 1,) offsets into them.
    """
    n_arcs = len(fabric.left)
    start = fabric.start_of_inner + 2 * np.arange(n_arcs + 1)
    place = np.empty(start[-1], np.int64)
    is_inner = np.ones(len(place), np.bool_)
    is_inner[start[:-1]] = is_inner[start[1:] - 1] = False
    place[start[:-1]], place[start[1:] - 1] = fabric.from_node, fabric.to_node
    place[is_inner] = len(fabric.node_e7) + np.arange(len(fabric.inner_e7))
    return place, start


def lengths_m_of_arcs(fabric: Fabric, frame: Frame) -> FloatArray:
    """(n_arcs,) metres."""
    if not len(fabric.left):
        return np.empty(0)
    place, start = stops_of_arcs(fabric)
    xy_m = frame.to_xy_m(lonlat_of(np.concatenate([fabric.node_e7, fabric.inner_e7])))[place]
    step = np.hypot(*np.diff(xy_m, axis=0).T)
    # the steps from one arc to the next count nothing
    step[start[1:-1] - 1] = 0.0
    return np.add.reduceat(step, start[:-1])
