"""The product's kernels on a bench graph, whose pieces are its edges and whose stations stand on nodes."""

from __future__ import annotations

import numpy as np

from geo.compute.reach.minutes import Reached, reach_of_stations, times_of_nodes
from geo.compute.reach.nearest import nearest_of_nodes
from geo.compute.streets.net import Net, Stops, build_net, no_turns
from geo.units import Int32Array
from tests.bench.graphs import Edges


def net_of(edges: Edges) -> Net:
    """Open both ways throughout, so that vertices are the nodes."""
    is_ends_only = np.zeros(2 * len(edges.ds), np.bool_)
    return build_net(edges.n_nodes, edges.from_node, edges.to_node, np.repeat(edges.ds, 2), is_ends_only, no_turns())


def stations_at(edges: Edges, nodes: Int32Array) -> Stops:
    """Stations on nodes: each joins one edge there, at no distance."""
    edge_of_node = np.zeros(edges.n_nodes, np.int32)
    number = np.arange(len(edges.ds), dtype=np.int32)
    edge_of_node[edges.to_node] = number
    edge_of_node[edges.from_node] = number
    piece = edge_of_node[nodes]
    at_ds = np.where(edges.from_node[piece] == nodes, 0, edges.ds[piece])
    at_both_ds = np.stack([at_ds, edges.ds[piece] - at_ds], axis=1).astype(np.int32)
    return Stops(np.arange(len(nodes) + 1), piece, at_both_ds, np.zeros(len(nodes), np.int32))


def circles(net: Net, stations: Stops, cutoff_ds: int, n_threads: int = 1) -> Reached:
    """The pairs of vertex and time of every station."""
    return reach_of_stations(net, stations, cutoff_ds, n_threads)


def nearest(net: Net, stations: Stops, k: int, horizon_ds: int) -> tuple[Int32Array, Int32Array]:
    """(n_nodes, k) times and stations."""
    return nearest_of_nodes(net, stations, k, horizon_ds)


def union(net: Net, stations: Stops, cutoff_ds: int) -> Int32Array:
    """(n_nodes,) times to the nearest station; NONE beyond the cutoff."""
    return times_of_nodes(net, stations, cutoff_ds)
