"""Moving points of borders: all borders there follow, or nothing does."""

from __future__ import annotations

from math import cos, radians

import numpy as np

from geo.compute.fabric.cross import beside
from geo.compute.fabric.edges import Edges, edges_of
from geo.compute.fabric.faces import Fabric, place_text, places_on_earth
from geo.compute.fabric.fault import MEET, TWICE, first_fault
from geo.errors import BadGeometry
from geo.units import E7, NONE, BoolArray, FloatArray, Int32Array, IntArray


def move_points(
    fabric: Fabric, from_e7: Int32Array, to_e7: Int32Array, may_move: BoolArray, snap_e7: float = 0.0
) -> Fabric:
    """Move places of borders, all at once.

    Parameters
    ----------
    fabric
        Without a fault.
    from_e7
        (n, 2) the places to be moved: a place of a border within ``snap_e7``, or else a new one on the nearest border
        within it.
    to_e7
        (n, 2) where they go, exactly. Whoever goes nowhere stays.
    may_move
        (n_faces,) faces whose borders may change.
    snap_e7
        In ten-millionths of a degree of latitude.

    Returns
    -------
    fabric
        With the same nodes, arcs and faces by number.

    Raises
    ------
    BadGeometry
        If there is no border to be moved, one place is moved twice or two come to be one, the outer border or that of a
        face that may not move would change, borders would meet, or a face would turn over or vanish.
    """
    start, goal = places_on_earth(from_e7), places_on_earth(to_e7)
    if not len(start):
        return fabric
    moved, place = _with_places(fabric, start, snap_e7)
    edges, _ = edges_of(moved)
    is_idle = (edges.e7[place] == goal).all(axis=1)
    place, goal = place[~is_idle], goal[~is_idle]
    e7 = edges.e7.copy()
    e7[place] = goal
    touched = np.isin(edges.a, place) | np.isin(edges.b, place)
    _refuse_kept(edges, place, touched, may_move)
    fault = first_fault(edges._replace(e7=e7), touched)
    if fault is not None:
        told = {TWICE: "fabric_vertices_meet", MEET: "fabric_borders_cross"}
        raise BadGeometry(told.get(fault.what, "fabric_turned_over"), **place_text(fault.e7))
    n_nodes = len(fabric.node_e7)
    return moved._replace(node_e7=e7[:n_nodes], inner_e7=e7[n_nodes:])


def _with_places(fabric: Fabric, points_e7: Int32Array, snap_e7: float) -> tuple[Fabric, IntArray]:
    """The fabric with a place on a border for every point that has none within reach; and the place of every point."""
    edges, arc = edges_of(fabric)
    shrink = cos(radians(float(points_e7[:, 1].mean()) / E7))
    place, edge, onto = beside(edges.e7, edges.a, edges.b, points_e7.astype(np.float64), (snap_e7, shrink))
    lost = np.flatnonzero(edge == NONE)
    if len(lost):
        raise BadGeometry("fabric_no_vertex", **place_text(points_e7[lost[0]]))
    new = np.flatnonzero(place == NONE)
    _refuse_outer(edges, edge[new], points_e7[new])
    a, b = edges.e7[edges.a[edge[new]]].astype(np.float64), edges.e7[edges.b[edge[new]]]
    new = new[np.lexsort((((onto[new] - a) * (b - a)).sum(axis=1), edge[new]))]
    grown, at = _grown(fabric, edge[new], arc, onto[new])
    is_inner = place >= len(fabric.node_e7)
    place[is_inner] += np.searchsorted(at, place[is_inner] - len(fabric.node_e7), side="right")
    place[new] = len(fabric.node_e7) + at + np.arange(len(new))
    twice = np.flatnonzero(np.bincount(place)[place] > 1)
    if len(twice):
        raise BadGeometry("fabric_moved_twice", **place_text(points_e7[twice[0]]))
    return grown, place


def _grown(fabric: Fabric, edge: IntArray, arc: Int32Array, onto_e7: FloatArray) -> tuple[Fabric, IntArray]:
    """The fabric with inner places on edges, ascending and in order along each; before which inner place each comes."""
    at = edge - arc[edge]
    n_new = np.bincount(arc[edge], minlength=len(fabric.left))
    grown = fabric._replace(
        start_of_inner=fabric.start_of_inner + np.concatenate([[0], np.cumsum(n_new)]),
        inner_e7=np.insert(fabric.inner_e7, at, np.rint(onto_e7).astype(np.int32), axis=0),
    )
    return grown, at


def _refuse_outer(edges: Edges, edge: IntArray, points_e7: Int32Array) -> None:
    """Refuse to put places into the outer border, even those that then stay."""
    is_outer = (edges.left[edge] == NONE) | (edges.right[edge] == NONE)
    if is_outer.any():
        raise BadGeometry("fabric_outer_border", **place_text(points_e7[int(np.argmax(is_outer))]))


def _refuse_kept(edges: Edges, place: IntArray, touched: BoolArray, may_move: BoolArray) -> None:
    """Refuse to change the outer border and faces that may not change."""
    faces = np.stack([edges.left, edges.right], axis=1)
    for key, is_wrong in (
        ("fabric_outer_border", touched & (faces == NONE).any(axis=1)),
        ("fabric_face_kept", touched & ~np.append(may_move, True)[faces].all(axis=1)),
    ):
        if is_wrong.any():
            edge = int(np.argmax(is_wrong))
            end = edges.a[edge] if edges.a[edge] in place else edges.b[edge]
            raise BadGeometry(key, face=int(faces[edge].max()), **place_text(edges.e7[end]))
