"""Every node within 15 minutes of 1,000 stations, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from geo.units import Int32Array
from tests.bench import ours, peers_networkx, peers_pandana, peers_postgis, peers_scipy
from tests.bench.answers import Pairs, different_pairs
from tests.bench.graphs import CUTOFF_DS, N_STATIONS, Edges, graphs, random_nodes
from tests.bench.machine import ALL_CORES, Row, Table, is_here, median_s, use_cores

JOB = "circles, 1,000 stations"
MANY = 25
"""Runs where one takes milliseconds."""
SECONDS_LONG = 101
"""Runs of two threads: a host that lends the second core elsewhere does so for some tenths of a second."""


class Peer(NamedTuple):
    """One engine: how it is made ready, asked and understood."""

    name: str
    why_not: Callable[[Edges], str]
    """Why it cannot be asked; empty if it can."""
    target: float
    n_stations: int
    """How many of the 1,000 it is given."""
    ready: Callable[[Edges], Any]
    ask: Callable[[Any, Int32Array, int], Any]
    pairs: Callable[[Any, Int32Array], Pairs]


def _absent(package: str) -> Callable[[Edges], str]:
    return lambda _: "" if is_here(package) else f"{package} is not installed"


def _plain(found: Any, _: Int32Array) -> Any:
    return found


PEERS = (
    Peer("scipy dijkstra(limit)", _absent("scipy"), 25, 200, peers_scipy.matrix_of, peers_scipy.circles, _plain),
    Peer(
        "networkx cutoff",
        _absent("networkx"),
        25,
        200,
        peers_networkx.graph_of,
        peers_networkx.circles,
        peers_networkx.pairs_of,
    ),
    Peer(
        "pandana nodes_in_range",
        peers_pandana.why_not,
        25,
        N_STATIONS,
        peers_pandana.network_of,
        peers_pandana.circles,
        peers_pandana.pairs_of,
    ),
)


def bench(table: Table) -> None:
    for edges in graphs(table):
        nodes = random_nodes(edges)
        net, stations = ours.net_of(edges), ours.stations_at(edges, nodes)
        speed(table, edges, nodes)
        for peer in PEERS:
            if why := peer.why_not(edges):
                table.absent(JOB, edges.name, peer.name, why)
            else:
                against(table, edges, nodes, peer)
        against_pgrouting(table, edges, nodes)
        two_threads(table, edges, net, stations)


def pairs_of(reached: Any) -> Pairs:
    """Ours as pairs."""
    return Pairs(*reached.triples())


def speed(table: Table, edges: Edges, nodes: Int32Array) -> None:
    """Ours alone: nanoseconds for each pair of node and time."""
    net, stations = ours.net_of(edges), ours.stations_at(edges, nodes)
    n_pairs = len(pairs_of(ours.circles(net, stations, CUTOFF_DS)).ds)
    runs = table.runs(MANY)
    ours_s = median_s(lambda: ours.circles(net, stations, CUTOFF_DS), runs)
    note = f"{edges.n_nodes} nodes, {len(edges.ds)} edges, {n_pairs} pairs, {ours_s / n_pairs * 1e9:.1f} ns a pair"
    table.add(Row(JOB, edges.name, "-", ours_s, runs=runs, note=note))


def against(table: Table, edges: Edges, nodes: Int32Array, peer: Peer) -> None:
    """One engine: every pair compared, for the stations it is given; ours always does all."""
    engine, net = peer.ready(edges), ours.net_of(edges)
    stations = ours.stations_at(edges, nodes)
    some = nodes[:: N_STATIONS // peer.n_stations]
    some_stations = ours.stations_at(edges, some)

    def differ(_: Any, theirs: Any) -> str:
        same = pairs_of(ours.circles(net, some_stations, CUTOFF_DS))
        return different_pairs(same, peer.pairs(theirs, some))

    table.compare(
        JOB,
        edges.name,
        peer.name,
        lambda: ours.circles(net, stations, CUTOFF_DS),
        lambda: peer.ask(engine, some, CUTOFF_DS),
        differ,
        target=peer.target,
        share=len(some) / len(nodes),
    )


def against_pgrouting(table: Table, edges: Edges, nodes: Int32Array) -> None:
    """All stations in one call; only a count leaves the server, after all pairs have been compared."""
    name = "pgr_drivingDistance"
    if not peers_postgis.has_pgrouting():
        table.absent(JOB, edges.name, name, "pgRouting is not installed")
        return
    table.versions |= peers_postgis.versions()
    peers_postgis.store_edges(edges)
    net, stations = ours.net_of(edges), ours.stations_at(edges, nodes)
    table.compare(
        JOB,
        edges.name,
        name,
        lambda: ours.circles(net, stations, CUTOFF_DS),
        lambda: peers_postgis.count_circles(nodes, CUTOFF_DS),
        lambda mine, _: different_pairs(pairs_of(mine), peers_postgis.circles(nodes, CUTOFF_DS)),
        target=60,
        note="peer's time without the wire",
    )


def two_threads(table: Table, edges: Edges, net: Any, stations: Any) -> None:
    """The same on two cores; only an idle machine shows what it is worth."""
    if len(ALL_CORES) < 2:
        table.absent("circles, 2 threads", edges.name, "1 thread", "the machine has one core")
        return
    use_cores(2)
    table.compare(
        "circles, 2 threads",
        edges.name,
        "ours, 1 thread",
        lambda: ours.circles(net, stations, CUTOFF_DS, n_threads=2),
        lambda: ours.circles(net, stations, CUTOFF_DS, n_threads=1),
        lambda two, one: different_pairs(pairs_of(two), pairs_of(one)),
        target=1.7,
        runs=SECONDS_LONG,
    )
    use_cores(1)
