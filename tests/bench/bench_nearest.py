"""The nearest stations of every node, and whether any is within 15 minutes."""

from __future__ import annotations

from typing import Any

from geo.units import NONE
from tests.bench import ours, peers_pandana, peers_scipy
from tests.bench.answers import different_times
from tests.bench.graphs import CUTOFF_DS, Edges, graphs, random_nodes
from tests.bench.machine import Table

K = 3
FAR_DS = 1_000_000
"""Farther than any node: the unbounded question."""


def bench(table: Table) -> None:
    for edges in graphs(table):
        nearest_one(table, edges)
        union(table, edges)
        nearest_three(table, edges)


def nearest_three(table: Table, edges: Edges) -> None:
    """Against pandana, both unbounded."""
    job, peer = f"nearest {K} stations of every node", "pandana nearest_pois"
    if why := peers_pandana.why_not(edges):
        table.absent(job, edges.name, peer, why)
        return
    nodes = random_nodes(edges)
    net, stations = ours.net_of(edges), ours.stations_at(edges, nodes)
    network = peers_pandana.network_of(edges)
    peers_pandana.set_stations(network, edges, nodes, K)
    table.compare(
        job,
        edges.name,
        peer,
        lambda: ours.nearest(net, stations, K, FAR_DS),
        lambda: peers_pandana.nearest(network, K),
        lambda mine, theirs: different_times(mine[0], peers_pandana.whole(theirs), peers_pandana.EVERYWHERE_DS),
        target=80,
    )


def nearest_one(table: Table, edges: Edges) -> None:
    """Against one sweep of scipy, both unbounded."""
    nodes = random_nodes(edges)
    net, stations, matrix = ours.net_of(edges), ours.stations_at(edges, nodes), peers_scipy.matrix_of(edges)

    def differ(mine: Any, theirs: Any) -> str:
        ds, station = mine[0][:, 0], mine[1][:, 0]
        if (wrong := int(((ds == NONE) != (station == NONE)).sum())) > 0:
            return f"{wrong} nodes have a time and no station, or a station and no time"
        return different_times(ds, theirs)

    table.compare(
        "nearest station of every node",
        edges.name,
        "scipy min_only",
        lambda: ours.nearest(net, stations, 1, FAR_DS),
        lambda: peers_scipy.union(matrix, nodes),
        differ,
        target=2.5,
    )


def union(table: Table, edges: Edges) -> None:
    """What any of 1,000 stations reaches in 15 minutes."""
    nodes = random_nodes(edges)
    net, stations, matrix = ours.net_of(edges), ours.stations_at(edges, nodes), peers_scipy.matrix_of(edges)
    table.compare(
        "union coverage, 1,000 stations",
        edges.name,
        "scipy min_only, limit",
        lambda: ours.union(net, stations, CUTOFF_DS),
        lambda: peers_scipy.union(matrix, nodes, CUTOFF_DS),
        different_times,
        target=3.5,
        runs=11,
    )
