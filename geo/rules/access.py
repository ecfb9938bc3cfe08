"""How supply is shared out, and how unevenness is told: the typed face of access.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class AccessRule:
    """The numbers of geo/rules/access.toml."""

    ring_weights: tuple[float, ...]
    worst_off: float
    best_off: float
    per_people: int
    is_verified_of_method: dict[str, bool]


@cache
def access_rule() -> AccessRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "access.toml").read_text(encoding="utf-8"))
    uneven = data["unevenness"]
    return AccessRule(
        ring_weights=tuple(float(weight) for weight in data["e2sfca"]["weights"]),
        worst_off=float(uneven["worst_off"]),
        best_off=float(uneven["best_off"]),
        per_people=int(uneven["per_people"]),
        is_verified_of_method={
            "2sfca": True,
            "e2sfca": bool(data["e2sfca"]["is_verified"]),
            "gaussian": bool(data["gaussian"]["is_verified"]),
        },
    )
