"""Streets from an OpenStreetMap extract to what is searched, and from the shelf again: each in a fresh process."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench import peers_valhalla
from tests.bench.graphs import FILES
from tests.bench.machine import Fresh, Row, Table, fresh, is_here
from tests.real_data import FOLDER

JOB, LOAD_JOB = "PBF to routable arrays", "stored arrays, loaded again"
EXTRACTS = {"las_palmas": FOLDER / "las_palmas" / "las_palmas.osm.pbf", "reykjavik": FILES["reykjavik"]}
PEER = "Valhalla tile build"


def bench(table: Table) -> None:
    for name, path in EXTRACTS.items():
        if not table.wants_graph(name):
            continue
        if not path.exists():
            table.absent(JOB, name, PEER, "the extract is not beside the checkout")
            continue
        with tempfile.TemporaryDirectory() as folder:
            built = [step("build", path, folder) for _ in range(table.runs())]
            add_build(table, name, path, built)
            add_load(table, name, path, folder)


def step(what: str, path: Path, folder: str) -> Fresh:
    return fresh([sys.executable, "-m", "tests.bench.fresh_steps", what, path, folder])


def add_build(table: Table, name: str, path: Path, built: list[Fresh]) -> None:
    """Whole processes, interpreter and imports included. The two do not build the same, so nothing is compared."""
    inside_s = statistics.median(json.loads(one.said)["seconds"] for one in built)
    ours_s, ours_mb = (statistics.median(column) for column in list(zip(*built, strict=True))[:2])
    note = f"ours {ours_mb:.0f} MB at most, {inside_s:.2f} s without interpreter and imports"
    if not is_here("valhalla"):
        table.add(Row(JOB, name, PEER, ours_s, runs=len(built), note=f"absent: Valhalla is not installed; {note}"))
        return
    peers = []
    for _ in built:
        with tempfile.TemporaryDirectory() as tiles:
            peers.append(fresh(peers_valhalla.build_command(path, Path(tiles))))
    peer_s, peer_mb = (statistics.median(column) for column in list(zip(*peers, strict=True))[:2])
    note = f"{note}; peer {peer_mb:.0f} MB, builds all modes on several levels"
    table.add(Row(JOB, name, PEER, ours_s, peer_s, peer_s / ours_s, None, len(built), 1, note))


def add_load(table: Table, name: str, path: Path, folder: str) -> None:
    """Inside the process: it is the service that loads, and its imports are done."""
    loaded = [step("load", path, folder) for _ in range(table.runs())]
    told = [json.loads(one.said) for one in loaded]
    seconds, first_s, net_s = (
        statistics.median(one[key] for one in told) for key in ("seconds", "first_net_s", "net_s")
    )
    note = (
        f"{told[0]['pieces']} pieces; to be under 0.3 s; then a network of {told[0]['arcs']} arcs in "
        f"{net_s * 1000:.0f} ms, {first_s:.2f} s the first time in a process, which starts the compiler"
    )
    table.add(Row(LOAD_JOB, name, "-", seconds, runs=len(loaded), note=note))
