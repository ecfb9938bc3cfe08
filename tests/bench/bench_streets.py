"""Streets of a file into arrays that can be routed on, each side in a process of its own: time and memory."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench import peers_valhalla
from tests.bench.graphs import EXTRACTS
from tests.bench.machine import Fresh, Row, Table, fresh, is_here

JOB = "streets from PBF to routable arrays"
PEER = "Valhalla build_tiles"
OURS = """
import sys
from pathlib import Path
from geo.compute.streets.network import build_network
from geo.imports.osm_streets import read_extract
print(len(build_network(read_extract(Path(sys.argv[1]), with_lands=False).lines).length_m_of_piece))
"""


def bench(table: Table) -> None:
    for name, path in EXTRACTS.items():
        if table.wants_graph(name) and path.exists():
            against_valhalla(table, name, path)


def against_valhalla(table: Table, name: str, path: Path) -> None:
    if not is_here("valhalla"):
        table.absent(JOB, name, PEER, "pyvalhalla-weekly is not installed")
        return
    ours, theirs = _ours(path), _theirs(path)
    runs = [(_ours(path), _theirs(path)) for _ in range(table.runs())]
    ours_s, theirs_s = (statistics.median(run.seconds for run in side) for side in zip(*runs, strict=True))
    # What is built is not the same, so that nothing can be compared but that both built something.
    is_built = int(ours.said) > 0
    peaks = f"peak {ours.peak_mb:.0f} MB against {theirs.peak_mb:.0f} MB"
    note = f"{int(ours.said)} pieces; start of Python counted; {peaks}"
    table.add(Row(JOB, name, PEER, ours_s, theirs_s, theirs_s / ours_s, is_built, len(runs), 1, note))


def _ours(path: Path) -> Fresh:
    return fresh([sys.executable, "-c", OURS, path])


def _theirs(path: Path) -> Fresh:
    with tempfile.TemporaryDirectory() as folder:
        return fresh(peers_valhalla.tile_command(path, Path(folder)), Path(folder))
