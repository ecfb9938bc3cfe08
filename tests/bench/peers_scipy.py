"""scipy's Dijkstra."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.units import FloatArray, Int32Array
from tests.bench.answers import Pairs
from tests.bench.graphs import Edges

BLOCK = 50
"""Stations a call: each costs a row of all nodes."""


def matrix_of(edges: Edges) -> csr_array:
    ends = (
        np.concatenate([edges.from_node, edges.to_node]),
        np.concatenate([edges.to_node, edges.from_node]),
    )
    weight = np.concatenate([edges.ds, edges.ds]).astype(float)
    return csr_array((weight, ends), shape=(edges.n_nodes, edges.n_nodes))


def circles(matrix: csr_array, nodes: Int32Array, cutoff_ds: int) -> Pairs:
    """One-way arcs both ways, which scipy searches faster than it does an undirected matrix."""
    stations, reached, times = [], [], []
    for first in range(0, len(nodes), BLOCK):
        ds = dijkstra(matrix, indices=nodes[first : first + BLOCK], limit=cutoff_ds)
        station, node = np.nonzero(np.isfinite(ds))
        stations.append(station + first)
        reached.append(node)
        times.append(ds[station, node])
    return Pairs(np.concatenate(stations), np.concatenate(reached), np.concatenate(times))


def union(matrix: csr_array, nodes: Int32Array, cutoff_ds: float = np.inf) -> FloatArray:
    """(n_nodes,) times to the nearest station; inf beyond the cutoff."""
    found: FloatArray = dijkstra(matrix, indices=nodes, min_only=True, limit=cutoff_ds)
    return found
