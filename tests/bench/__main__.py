"""All benches, or those named: ``python -m tests.bench --only circles --graph reykjavik --quick``."""

from __future__ import annotations

import os

# Before anything that brings threads of its own is imported.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")

import argparse
from importlib import import_module
from pathlib import Path

from tests.bench.graphs import NAMES
from tests.bench.machine import HEADER, LATEST, Table, line_of, use_cores


def jobs() -> list[str]:
    """Every ``bench_<job>.py`` of this folder."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> None:
    asked = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    asked.add_argument("--only", action="append", default=[], choices=jobs(), help="one job (may be repeated)")
    asked.add_argument("--graph", action="append", default=[], choices=NAMES, help="one graph (may be repeated)")
    asked.add_argument("--quick", action="store_true", help="one run each: to see that it works, not to be quoted")
    said = asked.parse_args()
    table = Table(said.only, said.graph, said.quick)
    print(HEADER)
    for job in said.only or jobs():
        use_cores(1)
        import_module(f"tests.bench.bench_{job}").bench(table)
    print(f"\n{HEADER}")
    for row in table.rows:
        print(line_of(row))
    print(f"\nwritten to {LATEST.name}")


if __name__ == "__main__":
    main()
