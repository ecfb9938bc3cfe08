"""networkx."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.units import Int32Array
from tests.bench.answers import Pairs
from tests.bench.graphs import Edges


def graph_of(edges: Edges) -> Any:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(edges.n_nodes))
    columns = (column.tolist() for column in (edges.from_node, edges.to_node, edges.ds))
    graph.add_weighted_edges_from(zip(*columns, strict=True))
    return graph


def circles(graph: Any, nodes: Int32Array, cutoff_ds: int) -> list[dict[int, int]]:
    """Node -> time, station by station."""
    import networkx as nx

    search = nx.single_source_dijkstra_path_length
    return [search(graph, node, cutoff=cutoff_ds) for node in nodes.tolist()]


def pairs_of(found: list[dict[int, int]], _: Int32Array) -> Pairs:
    n_of_station = [len(times) for times in found]
    node = np.fromiter((node for times in found for node in times), int, sum(n_of_station))
    ds = np.fromiter((ds for times in found for ds in times.values()), float, sum(n_of_station))
    return Pairs(np.repeat(np.arange(len(found)), n_of_station), node, ds)
