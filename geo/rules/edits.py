"""How imagined changes are read and told: the typed face of edits.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class EditRule:
    """The numbers of geo/rules/edits.toml."""

    join_m: float
    cut_m: float
    gate_m: float
    places: int
    """Winners and losers named at most."""


@cache
def edit_rule() -> EditRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "edits.toml").read_text(encoding="utf-8"))
    return EditRule(
        join_m=float(data["join"]["metres"]),
        cut_m=float(data["cut"]["metres"]),
        gate_m=float(data["gate"]["metres"]),
        places=data["told"]["places"],
    )
