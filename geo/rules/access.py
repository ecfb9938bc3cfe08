"""How supply is shared out, and how unevenness is told: the typed face of access.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.access import METHODS


@dataclass(frozen=True)
class AccessRule:
    """The numbers of geo/rules/access.toml."""

    ring_weights: tuple[float, ...]
    tenth: float
    """Share of people at one end, told of by itself."""
    four_tenths: float
    """Share at the other end that it is compared with."""
    per_people: int
    is_verified_of_method: dict[str, bool]


@cache
def access_rule() -> AccessRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "access.toml").read_text(encoding="utf-8"))
    uneven = data["unevenness"]
    return AccessRule(
        ring_weights=tuple(float(weight) for weight in data["e2sfca"]["weights"]),
        tenth=float(uneven["tenth"]),
        four_tenths=float(uneven["four_tenths"]),
        per_people=int(data["supply"]["per_people"]),
        is_verified_of_method={method: bool(data[method]["is_verified"]) for method in METHODS},
    )
