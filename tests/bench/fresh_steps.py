"""What is measured in a process of its own: ``python -m tests.bench.fresh_steps build <file> <folder>``."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from geo.actions.stored_streets import StoredStreets
from geo.compute.ground import ground_of
from geo.compute.network import build_network
from geo.compute.ways import net_of
from geo.files.osm import read_streets
from geo.rules.modes import mode, surface
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph

VERSION = "bench"


def street_graph(path: Path) -> StreetGraph:
    """The streets of a file as they are loaded again, without barriers and gates."""
    network = build_network(read_streets(path).lines)
    told = {name: getattr(network, name) for name in StreetGraph.__dataclass_fields__ if hasattr(network, name)}
    return StreetGraph(
        **told,
        network_ids=(0,),
        arrays_hash="",
        network_date=None,
        lonlat_of_barrier_point=np.empty((0, 2)),
        start_of_barrier=np.zeros(1, np.int64),
    )


def build(path: Path, folder: Path) -> dict[str, float]:
    """From a file to the arrays that are searched, and onto the shelf."""
    begun = time.perf_counter()
    graph = street_graph(path)
    rule = reach_rule()
    ground = ground_of(graph, min_component_m=rule.min_component_m, max_inside_m=rule.max_inside_m)
    net = net_of(ground, mode("planning"), surface("dry"))
    built = time.perf_counter()
    stored = StoredStreets(folder, VERSION)
    stored.keep(graph)
    stored.keep(ground)
    return {"seconds": built - begun, "pieces": ground.n_pieces, "arcs": len(net.arcs)}


def load(_path: Path, folder: Path) -> dict[str, float]:
    """From the shelf to the arrays that are searched."""
    begun = time.perf_counter()
    stored = StoredStreets(folder, VERSION)
    graph, ground = stored.graph(), stored.ground("foot")
    loaded = time.perf_counter()
    assert graph is not None
    assert ground is not None
    net_of(ground, mode("planning"), surface("dry"))
    started = time.perf_counter()
    net = net_of(ground, mode("planning"), surface("dry"))
    return {
        "seconds": loaded - begun,
        "first_net_s": started - loaded,
        "net_s": time.perf_counter() - started,
        "pieces": ground.n_pieces,
        "arcs": len(net.arcs),
    }


if __name__ == "__main__":
    step, path, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    told = {"build": build, "load": load}[step](path, folder)
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))
