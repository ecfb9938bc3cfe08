"""A fabric taken apart into straight pieces of border, and put together again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.chains import chains_of
from geo.compute.fabric.faces import Fabric, stops_of_arcs
from geo.units import BoolArray, Int32Array, IntArray


class Edges(NamedTuple):
    """Straight pieces of border. No two lie between the same two places."""

    e7: Int32Array
    """(n_places, 2) every place once."""
    a: Int32Array
    """(n_edges,) the place where it begins."""
    b: Int32Array
    left: Int32Array
    """(n_edges,) the face to the left on the way from a to b."""
    right: Int32Array


class Assembled(NamedTuple):
    """A fabric that was put together."""

    fabric: Fabric
    first_edge: IntArray
    """(n_arcs,) the lowest of the edges of each arc: it gives the arc its direction and its place among the arcs."""
    n_edges: IntArray
    """(n_arcs,)"""


def edges_of(fabric: Fabric) -> tuple[Edges, Int32Array]:
    """All edges, arc after arc and along each; and of every edge its arc. Places: the nodes, then the inner places."""
    place, start = stops_of_arcs(fabric)
    is_first, is_last = np.zeros(len(place), np.bool_), np.zeros(len(place), np.bool_)
    is_first[start[:-1]] = is_last[start[1:] - 1] = True
    arc = np.repeat(np.arange(len(fabric.left), dtype=np.int32), np.diff(fabric.start_of_inner) + 1)
    edges = Edges(
        np.concatenate([fabric.node_e7, fabric.inner_e7]),
        place[~is_last].astype(np.int32),
        place[~is_first].astype(np.int32),
        fabric.left[arc],
        fabric.right[arc],
    )
    return edges, arc


def assembled(edges: Edges, is_node: BoolArray) -> Assembled:
    """Edges strung together into arcs.

    Parameters
    ----------
    edges
        Where two edges meet and no other, they have the same faces.
    is_node
        (n_places,) which places are nodes though only two edges meet there. A ring without a node gets its lowest
        place.
    """
    place, start, edge = chains_of(edges.a.astype(np.int64), edges.b.astype(np.int64), is_node)
    chain = np.arange(len(start) - 1)
    first_leg, n_edges = start[:-1] - chain, np.diff(start) - 1
    lowest = np.minimum.reduceat(edge, first_leg) if len(chain) else np.empty(0, np.int64)
    leg = np.flatnonzero(edge == np.repeat(lowest, n_edges))
    is_forward = edges.a[lowest] == place[leg + chain]
    order = np.argsort(lowest)
    stops = place[_along(start, is_forward, order)]
    n_stops = n_edges[order] + 1
    last = np.cumsum(n_stops) - 1
    first = last - n_stops + 1
    is_end = np.zeros(len(stops), np.bool_)
    is_end[first] = is_end[last] = True
    is_used = np.zeros(len(edges.e7), np.bool_)
    is_used[stops[is_end]] = True
    node_of_place = (np.cumsum(is_used) - 1).astype(np.int32)
    fabric = Fabric(
        edges.e7[is_used],
        node_of_place[stops[first]],
        node_of_place[stops[last]],
        edges.left[lowest[order]],
        edges.right[lowest[order]],
        np.concatenate([[0], np.cumsum(n_stops - 2)]).astype(np.int64),
        edges.e7[stops[~is_end]],
    )
    return Assembled(fabric, lowest[order], n_edges[order])


def _along(start: IntArray, is_forward: BoolArray, order: IntArray) -> IntArray:
    """Indices that take chains in a given order, those that are not forward from their end."""
    n = np.diff(start)[order]
    begin = np.where(is_forward, start[:-1], start[1:] - 1)[order]
    step = np.where(is_forward, 1, -1)[order]
    at = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    return np.asarray(np.repeat(begin, n) + at * np.repeat(step, n))
