"""Streets as somebody imagines them: ways added, streets cut, without laying out the whole city anew.

What is new is a handful of pieces behind those of the ground. A piece that a new way joins stays as it is and gets its
parts beside it, so that an added way can never make a walk longer, not even by a rounding. A piece that is cut closes,
and its two stubs take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely.ops import substring

from geo.compute.segments import SegmentIndex, index_lines
from geo.compute.streets.ground import Ground
from geo.compute.streets.nearest_piece import nearest_piece
from geo.streets import CLOSED
from geo.units import NONE, FloatArray, Int32Array, IntArray, UInt8Array

AT_END_M = 0.5
"""Nearer than this to a junction is at the junction."""


@dataclass(frozen=True)
class Way:
    """A way that somebody draws; it meets streets at its corners only, not where it crosses them in between."""

    xy_m: FloatArray
    """(n, 2) corners; n is at least 2."""
    access: UInt8Array
    """(2,) forward, backward."""
    highway: str


@dataclass(frozen=True)
class EditedStreets:
    """The ground with what was imagined."""

    ground: Ground
    """All pieces, the new ones last. Its index of streets has the new ones only: who joins the others is known."""
    first_new: int
    """The number of the first new piece."""


@dataclass
class _Pieces:
    """New pieces as they are made."""

    ground: Ground
    n_nodes: int
    ends: list[tuple[int, int]] = field(default_factory=list)
    shapes: list[FloatArray] = field(default_factory=list)
    length_m: list[float] = field(default_factory=list)
    access: list[UInt8Array] = field(default_factory=list)
    like: list[int] = field(default_factory=list)
    """The piece that each is a part of, or NONE."""
    highways: list[str] = field(default_factory=list)

    def node(self) -> int:
        """A node of its own."""
        self.n_nodes += 1
        return self.n_nodes - 1

    def add_way(self, ends: tuple[int, int], way: Way, xy_m: FloatArray) -> None:
        """A stretch of a drawn way between two nodes."""
        length_m = float(np.hypot(*np.diff(xy_m, axis=0).T).sum())
        self._add(ends, xy_m, length_m, way.access, NONE, way.highway)

    def add_part(self, ends: tuple[int, int], piece: int, from_m: float, to_m: float) -> None:
        """A part of an old piece, between two positions along its shape."""
        ground, shape_m = self.ground, self.ground.shape_m_of_piece[piece]
        if to_m <= from_m:
            return
        line = substring(shapely.linestrings(shape_xy_m(ground, piece)), from_m, to_m)
        length_m = float(ground.length_m_of_piece[piece] * (to_m - from_m) / shape_m)
        access = ground.access_of_side[2 * piece : 2 * piece + 2]
        highway = ground.highways[ground.highway_of_piece[piece]]
        self._add(ends, shapely.get_coordinates(line), length_m, access, piece, highway)

    def _add(
        self, ends: tuple[int, int], xy_m: FloatArray, length_m: float, access: UInt8Array, like: int, highway: str
    ) -> None:
        self.ends.append(ends)
        self.shapes.append(xy_m)
        self.length_m.append(length_m)
        self.access.append(access)
        self.like.append(like)
        self.highways.append(highway)


def shape_xy_m(ground: Ground, piece: int) -> FloatArray:
    """(n, 2) points of a piece in the ground's frame."""
    first, last = ground.start_of_piece[piece], ground.start_of_piece[piece + 1]
    return ground.frame.to_xy_m(ground.lonlat_of_point[first:last])


def nearest_spots(ground: Ground, xy_m: FloatArray, max_m: float) -> tuple[Int32Array, FloatArray]:
    """The nearest piece to each place, and how far along it; barriers do not matter.

    Parameters
    ----------
    ground
        The streets.
    xy_m
        (n, 2) places.
    max_m
        How far a piece may be.

    Returns
    -------
    piece, along_m
        (n,) the lowest of equally near pieces; NONE where none is that near.
    """
    found = nearest_piece(ground.streets, xy_m)
    is_near = found.distance_m <= max_m
    return np.where(is_near, found.piece, np.int32(NONE)), np.where(is_near, found.along_m, 0.0)


def edit_streets(
    ground: Ground, cuts: tuple[Int32Array, FloatArray], ways: Sequence[Way], join_m: float
) -> EditedStreets:
    """Cut streets and add ways.

    Parameters
    ----------
    ground
        The streets as they are.
    cuts
        Pieces, and how far along each, where nobody passes any more (:func:`nearest_spots`).
    ways
        Ways to add. A corner within ``join_m`` of a street joins it there.
    join_m
        How near a corner must be to a street to join it.
    """
    pieces = _Pieces(ground, ground.n_nodes)
    events: dict[int, list[tuple[float, int, int]]] = {}
    for piece, along_m in zip(*(values.tolist() for values in cuts), strict=True):
        events.setdefault(piece, []).append((along_m, pieces.node(), pieces.node()))
    for way in ways:
        _add_way(pieces, way, events, join_m)
    for piece, splits in sorted(events.items()):
        _add_parts(pieces, piece, sorted(splits))
    cut = np.unique(cuts[0]).astype(np.int32)
    return EditedStreets(_extended(ground, pieces, cut), ground.n_pieces)


def _add_way(pieces: _Pieces, way: Way, events: dict[int, list[tuple[float, int, int]]], join_m: float) -> None:
    """The stretches of a way, from one corner that joins something to the next."""
    ground = pieces.ground
    piece_of_corner, along_m_of_corner = nearest_spots(ground, way.xy_m, join_m)
    xy_m, last = way.xy_m.copy(), len(way.xy_m) - 1
    first, first_node = 0, NONE
    for corner, (piece, along_m) in enumerate(zip(piece_of_corner.tolist(), along_m_of_corner.tolist(), strict=True)):
        if piece == NONE and 0 < corner < last:
            continue
        node = pieces.node() if piece == NONE else _node_at(pieces, piece, along_m, events)
        if piece != NONE:
            line = shapely.linestrings(shape_xy_m(ground, piece))
            xy_m[corner] = shapely.get_coordinates(shapely.line_interpolate_point(line, along_m))[0]
        if first_node not in (NONE, node):
            pieces.add_way((first_node, node), way, xy_m[first : corner + 1])
        first, first_node = corner, node


def _node_at(pieces: _Pieces, piece: int, along_m: float, events: dict[int, list[tuple[float, int, int]]]) -> int:
    """The node where a way joins a piece: its end if that is near, else one that divides it."""
    ground = pieces.ground
    if along_m <= AT_END_M:
        return int(ground.from_node_of_piece[piece])
    if along_m >= ground.shape_m_of_piece[piece] - AT_END_M:
        return int(ground.to_node_of_piece[piece])
    for other_m, before, after in events.get(piece, []):
        if other_m == along_m and before == after:
            return before
    node = pieces.node()
    events.setdefault(piece, []).append((along_m, node, node))
    return node


def _add_parts(pieces: _Pieces, piece: int, splits: list[tuple[float, int, int]]) -> None:
    """The parts of a piece between the places where it is divided or cut."""
    ground = pieces.ground
    node, from_m = int(ground.from_node_of_piece[piece]), 0.0
    for along_m, before, after in splits:
        pieces.add_part((node, before), piece, from_m, along_m)
        node, from_m = after, along_m
    to_node, to_m = int(ground.to_node_of_piece[piece]), float(ground.shape_m_of_piece[piece])
    pieces.add_part((node, to_node), piece, from_m, to_m)


def _extended(ground: Ground, pieces: _Pieces, cut: Int32Array) -> Ground:
    """The ground with the new pieces last and the cut ones closed."""
    like = np.array(pieces.like, dtype=np.int64)
    ends = np.array(pieces.ends, dtype=np.int32).reshape(-1, 2)
    xy_m = np.concatenate([np.empty((0, 2)), *pieces.shapes])
    start = np.concatenate([[0], np.cumsum([len(shape) for shape in pieces.shapes])]).astype(np.int64)
    access = ground.access_of_side.copy()
    access[2 * cut], access[2 * cut + 1] = CLOSED, CLOSED
    highways = [*ground.highways, *sorted(set(pieces.highways) - set(ground.highways))]
    highway = np.array([highways.index(name) for name in pieces.highways], dtype=np.int32)
    streets = index_lines(xy_m, start)
    from_piece, via, to_piece, is_only = _turns(ground, ends, like)
    return replace(
        ground,
        n_nodes=pieces.n_nodes,
        number_of_piece=np.append(ground.number_of_piece, np.full(len(like), NONE, np.int32)),
        from_node_of_piece=np.append(ground.from_node_of_piece, ends[:, 0]),
        to_node_of_piece=np.append(ground.to_node_of_piece, ends[:, 1]),
        length_m_of_piece=np.append(ground.length_m_of_piece, np.array(pieces.length_m, dtype=np.float64)),
        shape_m_of_piece=np.append(ground.shape_m_of_piece, _shape_m(streets, len(like))),
        access_of_side=np.append(access, np.array(pieces.access, dtype=np.uint8).reshape(-1)),
        is_steps_of_piece=np.append(ground.is_steps_of_piece, _of_old(ground.is_steps_of_piece, like)),
        max_kmh_of_piece=np.append(ground.max_kmh_of_piece, _of_old(ground.max_kmh_of_piece, like)),
        highways=highways,
        highway_of_piece=np.append(ground.highway_of_piece, highway),
        from_piece_of_turn=from_piece,
        via_node_of_turn=via,
        to_piece_of_turn=to_piece,
        is_only_of_turn=is_only,
        lonlat_of_point=np.concatenate([ground.lonlat_of_point, ground.frame.to_lonlat(xy_m)]),
        start_of_piece=np.append(ground.start_of_piece, ground.start_of_piece[-1] + start[1:]),
        streets=streets._replace(line_of_segment=streets.line_of_segment + np.int32(ground.n_pieces)),
    )


def _of_old(values: np.ndarray, like: IntArray) -> np.ndarray:
    """What the old piece of each part has; nothing for a drawn way."""
    return np.where(like == NONE, values.dtype.type(0), values[np.maximum(like, 0)] if len(values) else 0)


def _shape_m(streets: SegmentIndex, n_pieces: int) -> FloatArray:
    """Length of every new shape, summed as positions along it are."""
    length_m = np.zeros(n_pieces)
    ends_m = streets.along_m_of_segment + np.hypot(*(streets.b_xy_m - streets.a_xy_m).T)
    np.maximum.at(length_m, streets.line_of_segment, ends_m)
    return length_m


def _turns(ground: Ground, ends: Int32Array, like: IntArray) -> tuple[Int32Array, Int32Array, Int32Array, np.ndarray]:
    """Turn restrictions, said once more of the parts that lie at the turn."""
    parts: dict[tuple[int, int], list[int]] = {}
    for i, (piece, pair) in enumerate(zip(like.tolist(), ends.tolist(), strict=True)):
        for node in pair if piece != NONE else ():
            parts.setdefault((piece, node), []).append(ground.n_pieces + i)
    rows = []
    columns = ground.from_piece_of_turn, ground.via_node_of_turn, ground.to_piece_of_turn, ground.is_only_of_turn
    for from_piece, via, to_piece, is_only in zip(*(values.tolist() for values in columns), strict=True):
        for one in [from_piece, *parts.get((from_piece, via), [])]:
            rows += [(one, via, other, is_only) for other in [to_piece, *parts.get((to_piece, via), [])]]
    table = np.array(rows, dtype=np.int32).reshape(-1, 4)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].astype(np.bool_)
