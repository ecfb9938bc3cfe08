"""Streets from the shelf of arrays to what is searched, in a fresh process."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile

from tests.bench.graphs import EXTRACTS
from tests.bench.machine import Row, Table, fresh

JOB = "stored arrays, loaded again"


def bench(table: Table) -> None:
    for name, path in EXTRACTS.items():
        if not table.wants_graph(name) or not path.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            step = [sys.executable, "-m", "tests.bench.load_step"]
            fresh([*step, "keep", path, folder])
            loaded = [json.loads(fresh([*step, "load", path, folder]).said) for _ in range(table.runs())]
        # Inside the process: it is the service that loads, and its imports are done.
        seconds, first_s, net_s = (
            statistics.median(one[key] for one in loaded) for key in ("seconds", "first_net_s", "net_s")
        )
        note = (
            f"{loaded[0]['pieces']} pieces; to be under 0.3 s; then a network of {loaded[0]['arcs']} arcs in "
            f"{net_s * 1000:.0f} ms, {first_s:.2f} s the first time in a process, which starts the compiler"
        )
        table.add(Row(JOB, name, "-", seconds, runs=len(loaded), note=note))
