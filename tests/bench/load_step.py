"""One process of its own: ``python -m tests.bench.load_step keep <extract> <folder>``, then ``load``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from geo.actions.city.stored_streets import StoredStreets
from geo.compute.streets.ground import ground_of
from geo.compute.streets.network import build_network
from geo.compute.streets.ways import net_of
from geo.imports.osm_streets import read_extract
from geo.rules.modes import mode, surface
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph

VERSION = "bench"


def keep(path: Path, folder: Path) -> dict[str, float]:
    """From an extract onto the shelf, without barriers and gates."""
    network = build_network(read_extract(path, with_lands=False).lines)
    told = {name: getattr(network, name) for name in StreetGraph.__dataclass_fields__ if hasattr(network, name)}
    graph = StreetGraph(
        **told,
        network_ids=(0,),
        arrays_hash="",
        network_date=None,
        lonlat_of_barrier_point=np.empty((0, 2)),
        start_of_barrier=np.zeros(1, np.int64),
    )
    rule = reach_rule()
    ground = ground_of(graph, min_component_m=rule.min_component_m, max_inside_m=rule.max_inside_m)
    stored = StoredStreets(folder, VERSION)
    stored.keep(graph)
    stored.keep(ground)
    return {"pieces": ground.n_pieces}


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
    print(json.dumps({"keep": keep, "load": load}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))))
