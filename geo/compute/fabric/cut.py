"""Cutting faces along a drawn line: only those that it crosses from border to border change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.fabric.cross import MOST_MEETINGS, Split, shrink_of, split_by_line
from geo.compute.fabric.edges import Edges, assembled, edges_of
from geo.compute.fabric.faces import Fabric, n_faces_of, place_text, places_on_earth
from geo.compute.fabric.fault import faces_beside, first_fault, rows_of
from geo.compute.fabric.outer import Reach, refuse_new_places
from geo.compute.fabric.rings import nested, polygon_of_sides
from geo.compute.fabric.walk import rings_of, sides_of_edges, spokes_of
from geo.errors import BadGeometry
from geo.units import NONE, BoolArray, Int32Array, IntArray

MOST_POINTS = 2000


class Cut(NamedTuple):
    """A fabric after a cut.

    Faces and nodes keep their numbers, and new ones come after them. Arcs stand in the order of those they were part
    of, and run the same way; drawn ones come last.
    """

    fabric: Fabric
    parent_of_face: IntArray
    """(n_faces,) the face that each was part of. Of a face in parts the largest keeps the number."""
    arc_before: IntArray
    """(n_arcs,) the arc that each was part of; NONE: it is drawn."""
    is_inside: BoolArray
    """(n_faces,) whether a face lies within the line; never where the line is open or the face may not be cut."""

    @property
    def is_drawn_arc(self) -> BoolArray:
        """(n_arcs,)"""
        return np.asarray(self.arc_before == NONE)


class _Pieces(NamedTuple):
    """Borders, split where something drawn touches them, and after them what is drawn."""

    edges: Edges
    """What is drawn has the face that it lies in on both sides."""
    edge: IntArray
    """(n_edges,) the edge of the fabric that each is part of; NONE: it is drawn."""
    begin: Int32Array
    """(n_edges, 2) where its first piece begins and ends, among the places of all pieces."""


def cut_along(
    fabric: Fabric,
    line_e7: Int32Array,
    may_cut: BoolArray,
    snap_e7: float,
    most_points: int = MOST_POINTS,
    most_meetings: int = MOST_MEETINGS,
    outer_e7: float = 0.0,
) -> Cut:
    """Cut faces along a line.

    Parts of the line that lead nowhere, or lie in faces that may not be cut, are left out. Where the line meets a
    border, this gets a place, and may be bent by a ten-millionth of a degree at most: neighbours that may not be cut
    follow.

    Parameters
    ----------
    fabric
        Without a fault.
    line_e7
        (n, 2) places of the line, which may cross itself.
    may_cut
        (n_faces,)
    snap_e7
        In ten-millionths of a degree of latitude: see :func:`geo.compute.fabric.cross.split_by_line`.
    most_points
        The most points that a line may have.
    most_meetings
        How often it may meet borders and itself.
    outer_e7
        In the same unit: a line that meets the outer border ends at the nearest place there if that is within this.

    Raises
    ------
    BadGeometry
        If the line has too few or too many points or leaves the earth, if it meets too much or cuts nothing, if
        borders lie so close together that it cannot be drawn between them, or if the outer border would get a new
        place though one is within ``outer_e7``.
    """
    line = _line(line_e7, most_points)
    if len(line) < 2:
        raise BadGeometry("fabric_line_short", points=len(line))
    edges, arc = edges_of(fabric)
    reach = Reach(snap_e7, outer_e7, shrink_of(line))
    pieces = _pieces(split_by_line(edges, line, snap_e7, most_meetings, outer_e7), edges, may_cut, reach)
    if (pieces.edge != NONE).all():
        raise BadGeometry("fabric_line_cuts_nothing")
    return _cut(fabric, pieces, arc)[0]


def cut_out(
    fabric: Fabric,
    ring_e7: Int32Array,
    may_cut: BoolArray,
    snap_e7: float,
    most_points: int = MOST_POINTS,
    most_meetings: int = MOST_MEETINGS,
    outer_e7: float = 0.0,
) -> Cut:
    """Cut faces along the border of a drawn area, and tell which lie in it.

    As :func:`cut_along`, with a line that returns to where it begins; where it crosses itself what it goes round twice
    lies outside. Nothing needs to be cut if whole faces lie inside.

    Raises
    ------
    BadGeometry
        As there, and if no face that may be cut has ground inside.
    """
    ring = _line(ring_e7, most_points)
    n_points = len(np.unique(ring, axis=0))
    if n_points < 3:
        raise BadGeometry("fabric_ring_short", points=n_points)
    edges, arc = edges_of(fabric)
    split = split_by_line(edges, np.concatenate([ring, ring[:1]]), snap_e7, most_meetings, outer_e7)
    pieces = _pieces(split, edges, may_cut, Reach(snap_e7, outer_e7, shrink_of(ring)))
    cut, borders = _cut(fabric, pieces, arc)
    is_inside = _are_inside(split, borders, pieces.begin, len(cut.parent_of_face)) & may_cut[cut.parent_of_face]
    if not is_inside.any():
        raise BadGeometry("fabric_ring_holds_nothing")
    return cut._replace(is_inside=is_inside)


def _line(line_e7: Int32Array, most_points: int) -> Int32Array:
    """A line without places that are told twice in a row."""
    if len(line_e7) > most_points:
        raise BadGeometry("fabric_line_long", points=len(line_e7), limit=most_points)
    line = places_on_earth(line_e7)
    is_other = np.ones(len(line), np.bool_)
    is_other[1:] = (line[1:] != line[:-1]).any(axis=1)
    return line[is_other]


def _pieces(split: Split, edges: Edges, may_cut: BoolArray, reach: Reach) -> _Pieces:
    """The borders, split only where what is drawn touches them, and what cuts faces that may be cut."""
    drawn = _cutting(split, edges, may_cut)
    is_needed = np.zeros(len(split.e7), np.bool_)
    is_needed[: len(edges.e7)] = True
    is_needed[drawn.a] = is_needed[drawn.b] = True
    is_border = split.edge != NONE
    a, b, edge = split.a[is_border], split.b[is_border], split.edge[is_border]
    is_new = is_needed[b] & (b >= len(edges.e7))
    refuse_new_places(edges, edge[is_new], split.e7[b[is_new]], reach)
    is_last = is_needed[b] | (np.diff(edge, append=NONE) != 0)
    is_first = np.roll(is_last, 1)
    place = (np.cumsum(is_needed) - 1).astype(np.int32)
    kept = edge[is_first]
    return _Pieces(
        Edges(
            split.e7[is_needed],
            place[np.concatenate([a[is_first], drawn.a])],
            place[np.concatenate([b[is_last], drawn.b])],
            np.concatenate([edges.left[kept], drawn.left]),
            np.concatenate([edges.right[kept], drawn.right]),
        ),
        np.concatenate([kept, np.full(len(drawn.a), NONE)]),
        np.concatenate([np.stack([a, b], axis=1)[is_first], np.stack([drawn.a, drawn.b], axis=1)]).astype(np.int32),
    )


def _cutting(split: Split, edges: Edges, may_cut: BoolArray) -> Edges:
    """What is drawn in faces that may be cut, and parts them; each piece once."""
    is_border = split.edge != NONE
    a, b, edge = (values[is_border].astype(np.int32) for values in (split.a, split.b, split.edge))
    borders = Edges(split.e7, a, b, edges.left[edge], edges.right[edge])
    ends = np.sort(np.stack([split.a, split.b], axis=1), axis=1)
    key = ends[:, 0] * len(split.e7) + ends[:, 1]
    one, other = np.divmod(np.setdiff1d(key[~is_border], key[is_border]), len(split.e7))
    one, other = one.astype(np.int32), other.astype(np.int32)
    face = faces_beside(borders, rows_of(borders, len(one)), len(may_cut), one, other)
    is_meant = np.append(may_cut, [False, False])[face]
    one, other, face = one[is_meant], other[is_meant], face[is_meant]
    everything = (np.concatenate(pair) for pair in zip(borders[1:], (one, other, face, face), strict=True))
    sides = sides_of_edges(Edges(split.e7, *everything))
    walk = rings_of(sides, spokes_of(sides)).walk_of_side[2 * len(a) :]
    # what parts nothing has the same ground all round it
    parts = walk[::2] != walk[1::2]
    return Edges(split.e7, one[parts], other[parts], face[parts], face[parts])


def _cut(fabric: Fabric, pieces: _Pieces, arc: Int32Array) -> tuple[Cut, Edges]:
    """The fabric put together from its pieces, and these with their new faces."""
    n_faces, is_drawn = n_faces_of(fabric), pieces.edge == NONE
    if not is_drawn.any():
        return Cut(fabric, np.arange(n_faces), np.arange(len(fabric.left)), np.zeros(n_faces, np.bool_)), pieces.edges
    face, parent = _new_faces(pieces.edges, np.unique(pieces.edges.left[is_drawn]), n_faces)
    edges = pieces.edges._replace(left=face[::2], right=face[1::2])
    is_split = np.isin(pieces.edge, pieces.edge[1:][np.diff(pieces.edge) == 0])
    fault = first_fault(edges, is_drawn | is_split)
    if fault is not None:
        raise BadGeometry("fabric_cut_unclear", **place_text(fault.e7))
    done = assembled(edges, np.arange(len(edges.e7)) < len(fabric.node_e7))
    before = pieces.edge[done.first_edge]
    return Cut(done.fabric, parent, np.where(before == NONE, NONE, arc[before]), np.zeros(len(parent), np.bool_)), edges


def _new_faces(edges: Edges, cut: Int32Array, n_faces: int) -> tuple[Int32Array, IntArray]:
    """(n_sides,) the face to the left of every side when parts of cut faces are faces; and what each was part of."""
    nest = nested(sides_of_edges(edges), n_faces)
    area2 = np.zeros(len(nest.label), np.int64)
    np.add.at(area2, nest.shell, nest.area2)
    part = np.flatnonzero((nest.shell == np.arange(len(nest.label))) & np.isin(nest.label, cut))
    part = part[np.lexsort((-area2[part], nest.label[part]))]
    is_new = np.diff(nest.label[part], prepend=NONE) == 0
    face_of_ring = np.append(nest.label, NONE)
    face_of_ring[part[is_new]] = n_faces + np.arange(is_new.sum())
    return face_of_ring[polygon_of_sides(nest)], np.concatenate([np.arange(n_faces), nest.label[part[is_new]]])


def _are_inside(split: Split, borders: Edges, begin: Int32Array, n_faces: int) -> BoolArray:
    """(n_faces,) whether the ground of faces that a drawn ring does not cross lies inside of it."""
    is_drawn = split.edge == NONE
    a, b = split.a[is_drawn].astype(np.int32), split.b[is_drawn].astype(np.int32)
    ring = Edges(split.e7, a, b, np.zeros(len(a), np.int32), np.full(len(a), NONE, np.int32))
    # one border of every face, along which to look from within
    face = np.concatenate([borders.left, borders.right])
    way = np.concatenate([begin, begin[:, ::-1]])[face != NONE]
    _, first = np.unique(face[face != NONE], return_index=True)
    assert len(first) == n_faces
    looks = way[first].T.copy()
    return np.asarray(faces_beside(ring, rows_of(ring, n_faces), 1, looks[0], looks[1]) == 0)
