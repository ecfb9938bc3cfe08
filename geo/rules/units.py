"""What communities are cut along into units: the typed face of units.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class UnitRule:
    """The tables of geo/rules/units.toml."""

    streets: frozenset[str]
    """OpenStreetMap classes of streets that part blocks."""
    border_of_barrier: Mapping[str, str]
    """Kind of barrier -> kind of border."""
    lands: frozenset[str]
    """Kinds of land whose outline counts as a wall."""
    largest_land_m2: float
    sliver_m: float
    """Ground without a building is no unit where its mean width is below this."""
    verge_m: float
    """Ground this near to a wall belongs to what lies behind the wall."""
    smallest_m2: float
    step_m: float
    overlap_share: float
    noise_m2: float
    """A border that takes less than this off a building does not cut it."""
    near_m: float
    beside_wall_m: float
    """A border of grids this near to a wall is the wall's."""


@cache
def unit_rule() -> UnitRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "units.toml").read_text(encoding="utf-8"))
    along, widths, buildings = data["along"], data["widths"], data["buildings"]
    return UnitRule(
        streets=frozenset(along["streets"]),
        border_of_barrier=dict(along["barriers"]),
        lands=frozenset(along["lands"]),
        largest_land_m2=float(along["largest_land_m2"]),
        sliver_m=float(widths["sliver_m"]),
        verge_m=float(widths["verge_m"]),
        smallest_m2=float(data["smallest"]["m2"]),
        step_m=float(data["plots"]["step_m"]),
        overlap_share=float(buildings["overlap_share"]),
        noise_m2=float(buildings["noise_m2"]),
        near_m=float(data["kinds"]["near_m"]),
        beside_wall_m=float(data["grids"]["beside_wall_m"]),
    )
