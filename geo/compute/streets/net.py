"""The graph that every search reads: directed, with no-through roads and turn restrictions written into its vertices.

A *side* is one direction of a piece: ``2 * piece`` from its from-node to its to-node, ``2 * piece + 1`` back. Where all
sides are open to through traffic and no turn is forbidden, vertices are the nodes. Else a node has several vertices,
one per state in which a trip may stand there:

* A side that may begin or end a trip and never be a shortcut (``ENDS_ONLY``) gives both its nodes three vertices, by
  phase: *public*; *inside* the zone the trip began in; *entered*, inside the zone in which it must end.
* A side with a turn restriction at its head leads to copies of that node's vertices which lack the forbidden sides.

A search then needs no rule of its own, and so is exact. Turning back at a node is allowed unless a restriction forbids
it.

Source
------
Expanded vertices for turns: Winter (2002), Modeling costs of turns in route planning, GeoInformatica 6, 345-361.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.compute.groups import grouped
from geo.compute.kernels import kernel
from geo.compute.streets.skeleton import Skeleton, skeleton_of
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

if TYPE_CHECKING:
    from geo.compute.streets.ground import Ground
    from geo.compute.streets.snap import Joints

PUBLIC, INSIDE, ENTERED = 0, 1, 2
"""Phases of a trip; also the order of the vertices of a node that touches an ``ENDS_ONLY`` side."""


class Net(NamedTuple):
    """The network of one mode in one direction."""

    start_of_vertex: IntArray
    """(n_vertices + 1,) offsets into the arcs."""
    arcs: Int32Array
    """(n_arcs, 2) vertex at the head, deciseconds."""
    side_of_arc: Int32Array
    ds_of_side: Int32Array
    """(2 * n_pieces,) NONE where closed."""
    start_of_leave: IntArray
    """(2 * n_pieces + 1,) offsets: where a trip that starts on the piece and moves along the side arrives."""
    vertex_of_leave: Int32Array
    start_of_enter: IntArray
    """(2 * n_pieces + 1,) offsets: where a trip that ends on the piece, moving along the side, comes from."""
    vertex_of_enter: Int32Array
    node_of_vertex: Int32Array
    """(n_vertices,) ascending; every node has at least one vertex."""
    skeleton: Skeleton
    """What searches walk: made from the arcs."""


class Turns(NamedTuple):
    """Turn restrictions; several that begin with the same piece at the same node count together."""

    from_piece: Int32Array
    via_node: Int32Array
    to_piece: Int32Array
    is_only: BoolArray
    """Whether this is the only way on (of all such), or a forbidden one."""


class Stops(NamedTuple):
    """Joints of points, as times: joints ``start_of_point[i]`` up to ``start_of_point[i + 1]`` are those of ``i``."""

    start_of_point: IntArray
    piece_of_joint: Int32Array
    at_ds_of_joint: Int32Array
    """(n_joints, 2) from the piece's from-node moving forward, and from its to-node moving backward. Meaningless in a
    direction that is closed."""
    connector_ds_of_joint: Int32Array


class StopsOfPieces(NamedTuple):
    """The same joints, sorted by the piece they lie on; within a piece by point."""

    start_of_piece: IntArray
    point_of_joint: Int32Array
    at_ds_of_joint: Int32Array
    connector_ds_of_joint: Int32Array


def no_turns() -> Turns:
    """No restrictions."""
    none = np.empty(0, np.int32)
    return Turns(none, none, none, np.empty(0, np.bool_))


def round_half_up(values: FloatArray) -> Int32Array:
    """The nearest whole number, halves upwards.

    >>> round_half_up(np.array([0.49, 0.5, 1.5, 2.5])).tolist()
    [0, 1, 2, 3]
    """
    rounded: Int32Array = np.floor(values + 0.5).astype(np.int32)
    return rounded


def build_net(
    n_nodes: int,
    from_node: Int32Array,
    to_node: Int32Array,
    ds_of_side: Int32Array,
    is_ends_only_of_side: BoolArray,
    turns: Turns,
) -> Net:
    """The graph of pieces.

    Parameters
    ----------
    n_nodes
        How many nodes there are.
    from_node, to_node
        (n_pieces,) ends of the pieces.
    ds_of_side
        (2 * n_pieces,) deciseconds, 0 or more, along each side; NONE where closed.
    is_ends_only_of_side
        (2 * n_pieces,) sides that may begin or end a trip and never be a shortcut.
    turns
        Turn restrictions. One whose pieces do not meet at its node, or may not be driven, changes nothing.
    """
    ends = np.ascontiguousarray(np.stack([from_node, to_node, to_node, from_node], axis=1), np.int32).reshape(-1, 2)
    ds_of_side = np.array(ds_of_side, np.int32)
    is_ends_only = np.array(is_ends_only_of_side, np.bool_) & (ds_of_side != NONE)
    leaving = grouped(np.where(ds_of_side == NONE, n_nodes, ends[:, 0]).astype(np.int32), n_nodes + 1)
    forbidden = _forbidden(ends, leaving, ds_of_side, turns)
    copied = np.unique(forbidden // len(ends)).astype(np.int32)
    is_zone_node = np.zeros(n_nodes, np.bool_)
    is_zone_node[ends[is_ends_only].ravel()] = True
    n_of_node = np.where(is_zone_node, 3, 1) + np.bincount(
        ends[copied, 1], weights=1 + is_ends_only[copied], minlength=n_nodes
    ).astype(np.int64)
    first_of_node = np.concatenate([[0], np.cumsum(n_of_node)])
    copy_of_side = _copies(ends, is_ends_only, copied, first_of_node + np.append(np.where(is_zone_node, 3, 1), 0))
    vertices = _vertices(is_zone_node, is_ends_only, copied, copy_of_side, first_of_node)
    start, arcs, side_of_arc = _arcs(vertices, leaving, (ds_of_side, is_ends_only, ends), copy_of_side, forbidden)
    enter = grouped(side_of_arc, len(ends))
    tail_of_arc = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
    is_open = ds_of_side != NONE
    begun = np.where(copy_of_side != NONE, copy_of_side, first_of_node[ends[:, 1]] + is_ends_only * INSIDE)
    return Net(
        start,
        arcs,
        side_of_arc,
        ds_of_side,
        np.concatenate([[0], np.cumsum(is_open)]).astype(np.int64),
        begun[is_open].astype(np.int32),
        enter[0],
        tail_of_arc[enter[1]],
        vertices[0],
        skeleton_of(start, arcs),
    )


def _forbidden(
    ends: Int32Array, leaving: tuple[IntArray, Int32Array], ds_of_side: Int32Array, turns: Turns
) -> IntArray:
    """Forbidden turns as ``side in * n_sides + side out``, ascending."""
    n_sides = len(ends)
    banned: set[tuple[int, int]] = set()
    only: dict[int, set[int]] = {}
    for from_piece, via, to_piece, is_only in zip(*(values.tolist() for values in turns), strict=True):
        arriving = [s for s in (2 * from_piece, 2 * from_piece + 1) if ends[s, 1] == via and ds_of_side[s] != NONE]
        going = [s for s in (2 * to_piece, 2 * to_piece + 1) if ends[s, 0] == via and ds_of_side[s] != NONE]
        if is_only and going:
            for side in arriving:
                only.setdefault(side, set()).update(going)
        elif not is_only:
            banned.update((side, onward) for side in arriving for onward in going)
    start, side_of_leaving = leaving
    for side, allowed in only.items():
        via = ends[side, 1]
        onwards = side_of_leaving[start[via] : start[via + 1]].tolist()
        banned.update((side, onward) for onward in onwards if onward not in allowed)
    return np.array(sorted(side * n_sides + onward for side, onward in banned), dtype=np.int64)


def _copies(ends: Int32Array, is_ends_only: BoolArray, copied: Int32Array, free_of_node: IntArray) -> IntArray:
    """(n_sides,) the first copy that a restricted side leads to, else NONE; an ``ENDS_ONLY`` side has two copies."""
    copy_of_side = np.full(len(ends), NONE, np.int64)
    for side in copied.tolist():
        node = ends[side, 1]
        copy_of_side[side] = free_of_node[node]
        free_of_node[node] += 1 + is_ends_only[side]
    return copy_of_side


def _vertices(
    is_zone_node: BoolArray,
    is_ends_only: BoolArray,
    copied: Int32Array,
    copy_of_side: IntArray,
    first_of_node: IntArray,
) -> tuple[Int32Array, Int32Array, Int32Array, IntArray]:
    """Node, phase and restricted side of every vertex, and the first vertex of every node."""
    n = int(first_of_node[-1])
    node = np.repeat(np.arange(len(is_zone_node), dtype=np.int32), np.diff(first_of_node))
    phase, side = np.full(n, PUBLIC, np.int32), np.full(n, NONE, np.int32)
    zone = first_of_node[:-1][is_zone_node]
    phase[zone + INSIDE], phase[zone + ENTERED] = INSIDE, ENTERED
    copies, is_private = copy_of_side[copied], is_ends_only[copied]
    side[copies] = copied
    phase[copies[is_private]], phase[copies[is_private] + 1] = INSIDE, ENTERED
    side[copies[is_private] + 1] = copied[is_private]
    return node, phase, side, first_of_node.astype(np.int64)


@kernel
def _arcs(
    vertices: tuple[Int32Array, Int32Array, Int32Array, IntArray],
    leaving: tuple[IntArray, Int32Array],
    sides: tuple[Int32Array, BoolArray, Int32Array],
    copy_of_side: IntArray,
    forbidden: IntArray,
) -> tuple[IntArray, Int32Array, Int32Array]:
    """Offsets, (head, deciseconds) and side of all arcs, by the vertex they leave."""
    node_of_vertex, phase_of_vertex, restricted_of_vertex, first_of_node = vertices
    start_of_node, side_of_leaving = leaving
    ds_of_side, is_ends_only, ends = sides
    n_sides = len(ds_of_side)
    n_most = 0
    for vertex in range(len(node_of_vertex)):
        n_most += start_of_node[node_of_vertex[vertex] + 1] - start_of_node[node_of_vertex[vertex]]
    start = np.zeros(len(node_of_vertex) + 1, np.int64)
    arcs, side_of_arc = np.empty((n_most, 2), np.int32), np.empty(n_most, np.int32)
    n = 0
    for vertex in range(len(node_of_vertex)):
        node, phase, restricted = node_of_vertex[vertex], phase_of_vertex[vertex], restricted_of_vertex[vertex]
        for i in range(start_of_node[node], start_of_node[node + 1]):
            side = side_of_leaving[i]
            if phase == ENTERED and not is_ends_only[side]:
                continue
            if restricted != NONE:
                turn = np.int64(restricted) * n_sides + side
                k = np.searchsorted(forbidden, turn)
                if k < len(forbidden) and forbidden[k] == turn:
                    continue
            then = 0
            if is_ends_only[side]:
                then = INSIDE if phase == INSIDE else ENTERED
            head = first_of_node[ends[side, 1]] + then
            if copy_of_side[side] != NONE:
                head = copy_of_side[side] + max(then - 1, 0)
            arcs[n, 0], arcs[n, 1], side_of_arc[n] = head, ds_of_side[side], side
            n += 1
        start[vertex + 1] = n
    return start, arcs[:n].copy(), side_of_arc[:n].copy()


def reverse(net: Net) -> Net:
    """The graph with every trip turned round; searched with :func:`reversed_stops`."""
    start, order = grouped(np.ascontiguousarray(net.arcs[:, 0]), len(net.node_of_vertex))
    tail_of_arc = np.repeat(np.arange(len(net.node_of_vertex), dtype=np.int32), np.diff(net.start_of_vertex))
    arcs = np.stack([tail_of_arc[order], net.arcs[order, 1]], axis=1)
    return Net(
        start,
        arcs,
        net.side_of_arc[order] ^ np.int32(1),
        _swapped(net.ds_of_side),
        *_swapped_lists(net.start_of_enter, net.vertex_of_enter),
        *_swapped_lists(net.start_of_leave, net.vertex_of_leave),
        net.node_of_vertex,
        skeleton_of(start, arcs),
    )


def _swapped(value_of_side: Int32Array) -> Int32Array:
    """Values of each side, given to the other side of its piece."""
    return np.ascontiguousarray(value_of_side.reshape(-1, 2)[:, ::-1]).reshape(-1)


@kernel
def _swapped_lists(start: IntArray, values: Int32Array) -> tuple[IntArray, Int32Array]:
    """Lists of each side, given to the other side of its piece."""
    n_sides = len(start) - 1
    other_start, other_values = np.zeros(n_sides + 1, np.int64), np.empty(len(values), np.int32)
    n = 0
    for side in range(n_sides):
        for i in range(start[side ^ 1], start[(side ^ 1) + 1]):
            other_values[n] = values[i]
            n += 1
        other_start[side + 1] = n
    return other_start, other_values


def stops_of(ground: Ground, net: Net, joints: Joints, connector_ds_per_m: float) -> Stops:
    """Joints as times; joints on pieces that are closed both ways are left out.

    ``net`` is the one built, not its reverse.
    """
    connectors = joints.along_m_of_joint, joints.distance_m_of_joint, float(connector_ds_per_m)
    sides = net.ds_of_side, ground.shape_m_of_piece
    return Stops(*_as_times(joints.start_of_point, joints.piece_of_joint, connectors, sides))


@kernel
def _as_times(
    start_of_point: IntArray,
    piece_of_joint: Int32Array,
    connectors: tuple[FloatArray, FloatArray, float],
    sides: tuple[Int32Array, FloatArray],
) -> tuple[IntArray, Int32Array, Int32Array, Int32Array]:
    """In one go, because a single place is asked for as often as many."""
    along_m, distance_m, connector_ds_per_m = connectors
    ds_of_side, shape_m = sides
    start = np.zeros(len(start_of_point), np.int64)
    pieces, connector_ds = np.empty(len(piece_of_joint), np.int32), np.empty(len(piece_of_joint), np.int32)
    at_ds = np.empty((len(piece_of_joint), 2), np.int32)
    n = 0
    for point in range(len(start_of_point) - 1):
        for j in range(start_of_point[point], start_of_point[point + 1]):
            piece = piece_of_joint[j]
            forward_ds, backward_ds = np.int64(ds_of_side[2 * piece]), np.int64(ds_of_side[2 * piece + 1])
            if forward_ds == NONE and backward_ds == NONE:
                continue
            length_m = shape_m[piece] if shape_m[piece] > 0 else np.inf
            at_ds[n, 0] = min(np.int64(np.floor(forward_ds * along_m[j] / length_m + 0.5)), forward_ds)
            behind_ds = min(np.int64(np.floor(backward_ds * along_m[j] / length_m + 0.5)), backward_ds)
            at_ds[n, 1] = backward_ds - behind_ds
            pieces[n], connector_ds[n] = piece, np.int32(np.floor(distance_m[j] * connector_ds_per_m + 0.5))
            n += 1
        start[point + 1] = n
    return start, pieces[:n].copy(), at_ds[:n].copy(), connector_ds[:n].copy()


def reversed_stops(net: Net, stops: Stops) -> Stops:
    """Joints as times of trips turned round; ``net`` is the one that ``stops`` were made for."""
    ds = net.ds_of_side.reshape(-1, 2)[stops.piece_of_joint]
    return stops._replace(at_ds_of_joint=np.ascontiguousarray((ds - stops.at_ds_of_joint)[:, ::-1]))


def stops_of_pieces(stops: Stops, n_pieces: int) -> StopsOfPieces:
    """Sort joints by piece."""
    start, order = grouped(stops.piece_of_joint, n_pieces)
    n_of_point = np.diff(stops.start_of_point)
    point = np.repeat(np.arange(len(n_of_point), dtype=np.int32), n_of_point)
    return StopsOfPieces(start, point[order], stops.at_ds_of_joint[order], stops.connector_ds_of_joint[order])
