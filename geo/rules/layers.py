"""How layers of departments are handled: the typed face of layers.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class CleanRule:
    """What cleaning may change by itself, and what it tells."""

    gap_width_m: float
    widest_gap_m: float
    snap_m: float
    told_share: float
    twin_share: float
    mended_share: float
    most_crossings: int
    most_points: int
    most_points_of_zone: int


@dataclass(frozen=True)
class LayerRules:
    """The numbers of geo/rules/layers.toml."""

    clean: CleanRule
    sure_share: float
    sliver_share: float
    most_slivers: int
    least_border_m: float
    kept_share: float


@cache
def layer_rules() -> LayerRules:
    """The rules in force."""
    data = tomllib.loads((resources.files("geo.rules") / "layers.toml").read_text(encoding="utf-8"))
    clean = {name: value for name, value in data["clean"].items() if name != "source"}
    return LayerRules(
        clean=CleanRule(**clean),
        sure_share=data["rebase"]["sure_share"],
        sliver_share=data["audit"]["sliver_share"],
        most_slivers=data["audit"]["most_slivers"],
        least_border_m=data["merge"]["least_border_m"],
        kept_share=data["merge"]["kept_share"],
    )
