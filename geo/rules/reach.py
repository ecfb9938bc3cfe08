"""What reach and circles are computed with: the typed face of reach.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.units import DS_PER_MINUTE


@dataclass(frozen=True)
class ReachRule:
    """The numbers of geo/rules/reach.toml."""

    max_connector_m: float
    max_inside_m: float
    min_component_m: float
    horizon_ds: int
    air_circle_m: float
    pen_m: float
    raster_m: float
    hole_m2: float
    simplify_m: float
    most_services: int
    """Figures by service are made for so many at most: those that most stations offer."""


@cache
def reach_rule() -> ReachRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "reach.toml").read_text(encoding="utf-8"))
    walk, circle = data["walk"], data["circle"]
    return ReachRule(
        max_connector_m=float(walk["max_connector_m"]),
        max_inside_m=float(data["gate"]["max_inside_m"]),
        min_component_m=float(walk["min_component_m"]),
        horizon_ds=walk["horizon_minutes"] * DS_PER_MINUTE,
        air_circle_m=float(data["air_circle"]["radius_m"]),
        pen_m=float(circle["pen_m"]),
        raster_m=float(circle["raster_m"]),
        hole_m2=float(circle["hole_m2"]),
        simplify_m=float(circle["simplify_m"]),
        most_services=data["services"]["at_most"],
    )
