"""What the error bound of coverage allows for: the typed face of bounds.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class BoundsRule:
    """The numbers of geo/rules/bounds.toml."""

    detour_factor: float
    cell_m: float
    building_m: float
    wall_m: float


@cache
def bounds_rule() -> BoundsRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "bounds.toml").read_text(encoding="utf-8"))
    point = data["point"]
    return BoundsRule(
        detour_factor=float(data["connector"]["detour_factor"]),
        cell_m=float(point["cell_m"]),
        building_m=float(point["building_m"]),
        wall_m=float(data["entrance"]["wall_m"]),
    )
