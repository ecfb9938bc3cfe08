"""One size of city in a process of its own: ``python -m tests.bench.growth_step 1000000``."""

from __future__ import annotations

import json
import resource
import statistics
import sys
from typing import Any

import numpy as np

from tests.bench import ours
from tests.bench.graphs import CUTOFF_DS, generated, random_nodes
from tests.bench.machine import median_s, timed

RUNS = 5
SETS = RUNS + 1
"""Of stations: one to warm up."""
STATIONS = (100, 300, 1000, 3000)
CUTOFFS_DS = (3000, 6000, 9000, 18_000)
BASE_STATIONS = 1000
FAR_DS = 1_000_000
PAIR_MB = 8 / 2**20


def array_mb(arrays: tuple[Any, ...]) -> float:
    return sum(array_mb(array) if isinstance(array, tuple) else array.nbytes / 2**20 for array in arrays)


def measure(n_nodes: int) -> dict[str, Any]:
    """Seconds, pairs and megabytes."""
    edges = generated(n_nodes)
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    net = ours.net_of(edges)
    told: dict[str, Any] = {"nodes": edges.n_nodes, "edges": len(edges.ds), "net_mb": array_mb(net)}
    told["net_s"] = median_s(lambda: ours.net_of(edges), 3)

    shuffled = np.random.default_rng(1).permutation(random_nodes(edges, min(max(STATIONS) * SETS, n_nodes // 2)))

    def circles(n_stations: int, cutoff_ds: int) -> dict[str, float]:
        """Every run asks other stations: the fewer there are, the more of the same ones a core would still have."""
        sets = np.split(np.resize(shuffled, n_stations * SETS), SETS)
        drawn = [ours.stations_at(edges, np.sort(nodes)) for nodes in sets]
        found = [ours.circles(net, stations, cutoff_ds) for stations in drawn]
        pairs = [int((one.end_of_station - one.begin_of_station).sum()) for one in found]
        seconds = [timed(lambda stations=stations: ours.circles(net, stations, cutoff_ds)) for stations in drawn]
        mb = max(int(one.end_of_station.max()) for one in found) * PAIR_MB
        return {"pairs": statistics.mean(pairs), "mb": mb, "seconds": statistics.median(seconds)}

    stations = ours.stations_at(edges, random_nodes(edges, BASE_STATIONS))
    told["union_s"] = median_s(lambda: ours.union(net, stations, CUTOFF_DS), RUNS)
    told["nearest_s"] = median_s(lambda: ours.nearest(net, stations, 1, FAR_DS), 3)
    told["by_stations"] = {n: circles(n, CUTOFF_DS) for n in STATIONS}
    told["by_cutoff"] = {cutoff_ds: circles(BASE_STATIONS, cutoff_ds) for cutoff_ds in CUTOFFS_DS}
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["peak_of_generator_mb"] = peak_before / 1024
    return told


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
