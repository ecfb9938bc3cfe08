"""How time and memory grow with nodes, stations and cutoff: exponents fitted by least squares in logarithms."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.bench.graphs import GENERATED
from tests.bench.machine import Row, Table, fresh

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
QUICK_SIZES = SIZES[:3]
MOST = 1.10
"""The exponent that may not be passed."""


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    told = [measured(n) for n in (QUICK_SIZES if table.quick else SIZES)]
    nodes = [one["nodes"] for one in told]
    add(table, "network, time", "nodes", nodes, [one["net_s"] for one in told])
    add(table, "network, memory", "nodes", nodes, [one["net_mb"] for one in told])
    add(table, "whole process, peak memory", "nodes", nodes, [one["peak_mb"] for one in told])
    add(table, "nearest station of every node", "nodes", nodes, [one["nearest_s"] for one in told])
    largest = told[-1]
    for what, series in (("stations", "by_stations"), ("cutoff", "by_cutoff")):
        rows = list(largest[series].values())
        pairs = [row["pairs"] for row in rows]
        add(table, f"circles, time, more {what}", "pairs", pairs, [row["seconds"] for row in rows])
        add(table, f"circles, memory, more {what}", "pairs", pairs, [row["mb"] for row in rows])
    every = [row for one in told for series in ("by_stations", "by_cutoff") for row in one[series].values()]
    add(table, "circles, time, all cities", "pairs", [r["pairs"] for r in every], [r["seconds"] for r in every])


def measured(n_nodes: int) -> dict[str, Any]:
    """One city, in a fresh process."""
    told: dict[str, Any] = json.loads(fresh([sys.executable, "-m", "tests.bench.growth_step", str(n_nodes)]).said)
    base = told["by_stations"]["1000"]
    print(
        f"  {told['nodes']} nodes: network {told['net_s']:.3f} s, {told['net_mb']:.0f} MB; 1,000 circles "
        f"{base['seconds'] * 1000:.1f} ms, {base['seconds'] / base['pairs'] * 1e9:.0f} ns a pair; union "
        f"{told['union_s'] * 1000:.1f} ms; nearest of all {told['nearest_s'] * 1000:.0f} ms; "
        f"peak {told['peak_mb']:.0f} MB",
        flush=True,
    )
    return told


def add(table: Table, what: str, against: str, size: Sequence[float], cost: Sequence[float]) -> None:
    """A row whose note tells the exponent."""
    exponent = np.polyfit(np.log(size), np.log(cost), 1)[0]
    verdict = "" if exponent <= MOST else f" ABOVE {MOST}"
    span = f"{min(size):,.0f} to {max(size):,.0f} {against}"
    table.add(
        Row(f"growth: {what}", GENERATED, "-", note=f"exponent {exponent:.2f} against {against} ({span}){verdict}")
    )
