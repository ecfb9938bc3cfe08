"""pandana: contraction hierarchies, built before the clock starts. AGPL: only benches may import it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from geo.units import FloatArray, Int32Array
from tests.bench.answers import Pairs
from tests.bench.graphs import Edges
from tests.bench.machine import is_here

EVERYWHERE_DS = 1_000_000.0
"""Farther than any node: the unbounded question."""


N_MOST = 400_000
"""Nodes: the hierarchy of Iceland's million was not built after ten minutes."""


def why_not(edges: Edges) -> str:
    """Why a graph is not put to pandana; empty if it is."""
    if not is_here("pandana"):
        return "pandana is not installed"
    return "" if edges.n_nodes <= N_MOST else "its hierarchy takes more than ten minutes to build"


def network_of(edges: Edges) -> Any:
    """Built once for all benches of one run, as that takes most of the time."""
    if edges.name not in _NETWORKS:
        _NETWORKS[edges.name] = _built(edges)
    return _NETWORKS[edges.name]


_NETWORKS: dict[str, Any] = {}


def _built(edges: Edges) -> Any:
    import pandana
    import pandas as pd

    nodes = pd.DataFrame(edges.lonlat, columns=["x", "y"])
    ends = pd.DataFrame({"from": edges.from_node, "to": edges.to_node, "ds": edges.ds.astype(float)})
    with _unheard():
        return pandana.Network(nodes.x, nodes.y, ends["from"], ends["to"], ends[["ds"]], twoway=True)


@contextmanager
def _unheard() -> Iterator[None]:
    """Without what its C++ prints while it builds."""
    kept = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def circles(network: Any, nodes: Int32Array, cutoff_ds: int) -> Any:
    return network.nodes_in_range(nodes.tolist(), float(cutoff_ds))


def pairs_of(found: Any, nodes: Int32Array) -> Pairs:
    source, node, ds = (found[name].to_numpy() for name in ("source", "destination", "ds"))
    return Pairs(np.searchsorted(nodes, source), node, ds)


def set_stations(network: Any, edges: Edges, nodes: Int32Array, k: int) -> None:
    x, y = edges.lonlat[nodes].T
    network.set_pois("stations", EVERYWHERE_DS, k, x, y)


def nearest(network: Any, k: int) -> FloatArray:
    """(n_nodes, k) times; ``EVERYWHERE_DS`` where there is no station."""
    found: FloatArray = network.nearest_pois(EVERYWHERE_DS, "stations", num_pois=k).to_numpy()
    return found


def whole(ds: FloatArray) -> FloatArray:
    """Times as they were put in: single precision, in which they come back, is off by hundredths beyond 131,072."""
    return np.rint(ds)
