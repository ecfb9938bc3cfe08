"""Going round what lies to the left of borders: the rings that bound it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.fabric.edges import Edges
from geo.compute.fabric.exact import comes_first
from geo.compute.fabric.faces import Fabric
from geo.compute.groups import grouped_as
from geo.compute.kernels import kernel
from geo.units import NONE, BoolArray, Int32Array, IntArray, Whole


class Sides(NamedTuple):
    """Both sides of every arc: 2 * arc on the way along it, 2 * arc + 1 on the way back.

    A side lies to the left of its way.
    """

    e7: Int32Array
    """(n_places, 2) nodes first."""
    n_nodes: int
    start_of_inner: IntArray
    """(n_arcs + 1,) offsets into the places after the nodes."""
    node: Int32Array
    """(n_sides,) where its way begins."""
    label: Int32Array
    """(n_sides,) what lies there; NONE: nothing that is asked about."""
    is_border: BoolArray
    """(n_arcs,) whether it is walked along."""


class Spokes(NamedTuple):
    """The sides whose ways begin at a node, counter-clockwise; only those of borders."""

    start_of_node: IntArray
    side: Int32Array
    at: Int32Array
    """(n_sides,) where a side stands among all spokes."""


class Rings(NamedTuple):
    """Simple rings, each with its label on the left."""

    side: Int32Array
    """The ways along the rings, ring after ring."""
    start_of_ring: IntArray
    walk_of_side: Int32Array
    """(n_sides,) sides of one walk are rings that touch each other. NONE where there is no label."""


def sides_of(fabric: Fabric, label_of_face: IntArray) -> Sides:
    """The sides of a fabric; borders are the arcs between different labels."""
    label = np.append(label_of_face, NONE).astype(np.int32)
    left, right = label[fabric.left], label[fabric.right]
    return Sides(
        np.concatenate([fabric.node_e7, fabric.inner_e7]),
        len(fabric.node_e7),
        fabric.start_of_inner,
        both(fabric.from_node, fabric.to_node),
        both(left, right),
        left != right,
    )


def sides_of_edges(edges: Edges) -> Sides:
    """The sides of edges; all are borders, and labels are faces."""
    n_edges = len(edges.a)
    return Sides(
        edges.e7,
        len(edges.e7),
        np.zeros(n_edges + 1, np.int64),
        both(edges.a, edges.b),
        both(edges.left, edges.right),
        np.ones(n_edges, np.bool_),
    )


def both(along: Int32Array, back: Int32Array) -> Int32Array:
    """Values of the sides, from those on the way along each arc and back."""
    return np.stack([along, back], axis=1).reshape(-1).astype(np.int32)


@kernel
def _toward(sides: Sides, side: Whole) -> int:
    """The next place on a side's way."""
    first, last = sides.start_of_inner[side >> 1], sides.start_of_inner[(side >> 1) + 1]
    if first == last:
        return int(sides.node[side ^ 1])
    return sides.n_nodes + int(last - 1 if side & 1 else first)


@kernel
def spokes_of(sides: Sides) -> Spokes:
    """Sort the sides of borders around every node."""
    n_sides = len(sides.node)
    is_meant = np.repeat(sides.is_border, 2)
    start, spoke = grouped_as(sides.node, sides.n_nodes, np.flatnonzero(is_meant).astype(np.int32))
    for node in range(sides.n_nodes):
        if start[node + 1] - start[node] < 3:
            continue
        for i in range(start[node] + 1, start[node + 1]):
            side, k = spoke[i], i
            place = _toward(sides, side)
            while k > start[node] and comes_first(sides.e7, node, place, _toward(sides, spoke[k - 1])):
                spoke[k] = spoke[k - 1]
                k -= 1
            spoke[k] = side
    at = np.full(n_sides, NONE, np.int32)
    for i in range(len(spoke)):
        at[spoke[i]] = i
    return Spokes(start, spoke, at)


@kernel
def next_side(sides: Sides, spokes: Spokes, side: Whole) -> int:
    """The next side around the same ground: at the end of its way, the first border clockwise from the way back."""
    node, at = sides.node[side ^ 1], spokes.at[side ^ 1]
    first = spokes.start_of_node[node]
    return int(spokes.side[at - 1 if at > first else spokes.start_of_node[node + 1] - 1])


@kernel
def first_torn_node(sides: Sides, spokes: Spokes) -> int:
    """A node where two borders that follow on each other disagree about what lies between them; NONE: there is none."""
    for side in range(len(sides.node)):
        if spokes.at[side] != NONE and sides.label[next_side(sides, spokes, side)] != sides.label[side]:
            return int(sides.node[side ^ 1])
    return NONE


@kernel
def rings_of(sides: Sides, spokes: Spokes) -> Rings:
    """Walk around all labelled ground.

    A walk passes a node as often as its ground touches itself there. Whatever lies between two visits is a ring of its
    own: so shells touch their holes, and holes each other, at nodes only, and no ring touches itself.
    """
    n_sides = len(sides.node)
    walk_of_side = np.full(n_sides, NONE, np.int32)
    told, start = np.empty(n_sides, np.int32), np.zeros(n_sides + 1, np.int64)
    way, depth_of_node = np.empty(n_sides, np.int32), np.full(sides.n_nodes, NONE, np.int32)
    n_told = n_rings = n_walks = 0
    for first in range(n_sides):
        if spokes.at[first] == NONE or walk_of_side[first] != NONE or sides.label[first] < 0:
            continue
        side, n = first, 0
        while True:
            is_done = n > 0 and side == first
            depth = 0 if is_done else depth_of_node[sides.node[side]]
            if depth != NONE:
                for i in range(depth, n):
                    told[n_told + i - depth] = way[i]
                    depth_of_node[sides.node[way[i]]] = NONE
                n_told += n - depth
                n_rings += int(n > depth)
                start[n_rings] = n_told
                n = depth
            if is_done:
                break
            depth_of_node[sides.node[side]] = n
            way[n] = side
            walk_of_side[side] = n_walks
            n += 1
            side = next_side(sides, spokes, side)
        n_walks += 1
    return Rings(told[:n_told].copy(), start[: n_rings + 1].copy(), walk_of_side)
