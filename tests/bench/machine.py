"""What every bench shares: one core, medians, results compared before a time counts, one table, one file.

A file ``bench_<job>.py`` in this folder has a function ``bench(table)`` that asks ``table`` what to do and hands its
measurements to it. Times are medians; both sides run in turn, after one run each that warms up and is compared.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

LATEST = Path(__file__).parent / "latest.json"
RUNS, QUICK_RUNS = 5, 1
LOOK_S = 0.005
"""How often a process is looked at; what it says must fit its pipe, 64 kB."""
ALL_CORES = frozenset(os.sched_getaffinity(0))
MEASURED = (
    *("numpy", "numba", "scipy", "networkx", "pandana", "pyvalhalla-weekly", "shapely", "osmium"),
    "psycopg2-binary",
)


def use_cores(n: int) -> None:
    """Keep this process, and what it starts from now on, on the last ``n`` cores."""
    os.sched_setaffinity(0, sorted(ALL_CORES)[-n:])


@dataclass(frozen=True)
class Row:
    """One line of the table; None where there is nothing to tell."""

    job: str
    graph: str
    peer: str
    ours_s: float | None = None
    peer_s: float | None = None
    ratio: float | None = None
    """How many times longer the peer takes; None unless the results are equal."""
    equal: bool | None = None
    runs: int = 0
    target: float | None = None
    """The ratio that is to be reached."""
    note: str = ""


class Fresh(NamedTuple):
    """What a process of its own needed."""

    seconds: float
    peak_mb: float
    said: str


@dataclass
class Table:
    """What is asked for, and what has been measured."""

    only: Sequence[str] = ()
    graphs: Sequence[str] = ()
    quick: bool = False
    rows: list[Row] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def wants_graph(self, name: str) -> bool:
        """Whether a graph is among those asked for; all are where none is named."""
        return not self.graphs or name in self.graphs

    def runs(self, usual: int = RUNS) -> int:
        """How many runs a median is taken of."""
        return QUICK_RUNS if self.quick else usual

    def compare(
        self,
        job: str,
        graph: str,
        peer: str,
        ours: Callable[[], Any],
        theirs: Callable[[], Any],
        differ: Callable[[Any, Any], str],
        *,
        target: float | None = None,
        share: float = 1.0,
        runs: int = RUNS,
        note: str = "",
    ) -> None:
        """Time both, if they answer the same.

        Parameters
        ----------
        job, graph, peer
            What the row is called.
        ours, theirs
            One run each, returning its result.
        differ
            What is different between the two results; empty if they are equal.
        target
            The ratio that is to be reached.
        share
            Which share of the job the peer was given; its time is scaled up to the whole, and the note says so.
        runs
            How many runs are timed.
        note
            What a reader must know.
        """
        difference = differ(ours(), theirs())
        if difference:
            self.add(Row(job, graph, peer, equal=False, target=target, note=f"unequal: {difference}"))
            return
        n = self.runs(runs)
        times = [(timed(ours), timed(theirs)) for _ in range(n)]
        ours_s, peer_s = (statistics.median(side) for side in zip(*times, strict=True))
        if share < 1:
            peer_s /= share
            note = f"peer on {share:.0%} of the job, scaled; {note}".rstrip("; ")
        self.add(Row(job, graph, peer, ours_s, peer_s, peer_s / ours_s, True, n, target, note))

    def absent(self, job: str, graph: str, peer: str, why: str) -> None:
        """A peer that is not here."""
        self.add(Row(job, graph, peer, note=f"absent: {why}"))

    def add(self, row: Row) -> None:
        """Keep a row, print it and write the file: an interrupted run keeps what it has."""
        self.rows.append(row)
        print(line_of(row), flush=True)
        self._save()

    def _save(self) -> None:
        known: dict[str, Any] = json.loads(LATEST.read_text(encoding="utf-8")) if LATEST.exists() else {}
        merged = {_key(row): row for row in known.get("rows", [])}
        merged |= {_key(asdict(row)): asdict(row) | {"quick": self.quick} for row in self.rows}
        whole = {
            "machine": machine(),
            "versions": known.get("versions", {}) | versions() | self.versions,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "rows": [merged[key] for key in sorted(merged)],
        }
        LATEST.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def is_here(package: str) -> bool:
    """Whether a peer is installed."""
    return find_spec(package) is not None


def timed(work: Callable[[], Any]) -> float:
    """Seconds one run takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def median_s(work: Callable[[], Any], runs: int) -> float:
    """Median seconds of some runs, after one to warm up."""
    work()
    return statistics.median(timed(work) for _ in range(runs))


def fresh(command: Sequence[str | Path], folder: Path | None = None, **environment: str) -> Fresh:
    """Run a program in a process of its own; ``folder`` is where it stands, and may leave what it likes.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | environment, cwd=folder
    ) as process:
        peak_mb = 0.0
        while process.poll() is None:
            peak_mb = max(peak_mb, _peak_mb(process.pid))
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - begun
        assert process.stdout
        said = process.stdout.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(word) for word in command])
    return Fresh(seconds, peak_mb, said)


def _peak_mb(pid: int) -> float:
    """The most memory a process has held so far: what the system tells at its end counts the parent's, too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    told = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return float(told[0]) / 1024 if told else 0.0


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model, "cores": len(ALL_CORES), "memory_gb": round(memory / 2**30), "system": platform.platform()}


def versions() -> dict[str, str]:
    """Of Python and of the packages that are here."""
    found = {"python": sys.version.split()[0]}
    for name in MEASURED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["job"], row["graph"], row["peer"]


HEADER = f"{'job':38} {'graph':14} {'peer':26} {'ours':>10} {'peer':>10} {'ratio':>8} {'target':>7}  equal runs  note"


def line_of(row: Row) -> str:
    """A row as a line of the table."""
    ratio = "-" if row.ratio is None else f"{row.ratio:.1f}x"
    target = "-" if row.target is None else f"{row.target:g}x"
    missed = " MISSED" if row.ratio is not None and row.target is not None and row.ratio < row.target else ""
    equal = {None: "-", True: "yes", False: "NO"}[row.equal]
    return (
        f"{row.job:38} {row.graph:14} {row.peer:26} {_time(row.ours_s):>10} {_time(row.peer_s):>10} {ratio:>8} "
        f"{target:>7}  {equal:5} {row.runs or '-':>4}  {row.note}{missed}"
    )


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
