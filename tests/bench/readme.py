"""The table of the README, made from the stored file: ``python -m tests.bench.readme`` puts it there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.machine import LATEST

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->\n"
GRAPHS = {"reykjavik": "Reykjavík", "wuhan": "Wuhan", "iceland": "Iceland", "generated": "generated"}
NODES = {"reykjavik": "172 k", "wuhan": "83 k", "iceland": "1.01 M", "generated": "250 k"}


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Jobs and peers by graph; a ratio short of its bar is bold. What concerns one graph or none stands below."""
    by_job: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in rows:
        by_job.setdefault((row["job"], row["peer"]), {})[row["graph"]] = row
    wide = {key: found for key, found in by_job.items() if set(found) <= set(GRAPHS) and len(found) > 1}
    head = " | ".join(f"{name}, {NODES[graph]} nodes" for graph, name in GRAPHS.items())
    lines = [f"| job, against whom (bar) | {head} |", "|---|" + "--:|" * len(GRAPHS)]
    for (job, peer), found in wide.items():
        told = " | ".join(_told(found.get(graph)) for graph in GRAPHS)
        lines.append(f"| {_name(job, peer, found)} | {told} |")
    lines += ["", "| job, against whom (bar) | on | |", "|---|---|--:|"]
    for key, found in by_job.items():
        if key not in wide:
            lines += [f"| {_name(*key, found)} | {GRAPHS.get(on, on)} | {_cell(row)} |" for on, row in found.items()]
    return "\n".join(lines) + "\n"


def _name(job: str, peer: str, found: dict[str, dict[str, Any]]) -> str:
    bars = {row["target"] for row in found.values() if row["target"] is not None}
    bar = f" ({min(bars):g}x)" if bars else ""
    return job if peer == "-" else f"{job}, against {peer}{bar}"


def _cell(row: dict[str, Any] | None) -> str:
    """A ratio; where there is no peer, a time; where there is none either, the note."""
    if row is None:
        return ""
    if row["ratio"] is not None:
        is_short = row["target"] is not None and row["ratio"] < row["target"]
        digits = 1 if row["ratio"] < 10 else 0
        return f"**{row['ratio']:.{digits}f}x**" if is_short else f"{row['ratio']:.{digits}f}x"
    if row["equal"] is False:
        return "**unequal**"
    seconds = row["ours_s"]
    if seconds is None:
        return str(row["note"])
    time = f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"
    per_pair = [part for part in row["note"].split(", ") if part.endswith(" ns a pair")]
    return ", ".join([time, *per_pair])


def _told(row: dict[str, Any] | None) -> str:
    """As :func:`_cell`, and briefly why a peer is absent."""
    return "absent" if row is not None and row["note"].startswith("absent") else _cell(row)


def table() -> str:
    """The table of the stored file."""
    return table_of(json.loads(LATEST.read_text(encoding="utf-8"))["rows"])


def main() -> None:
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
