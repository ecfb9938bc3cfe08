"""What the work in a grid takes: the typed face of load.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.rules.modes import mode


@dataclass(frozen=True)
class LoadRule:
    """The numbers of geo/rules/load.toml."""

    special_every_months: float
    others_every_months: float
    special_share: float
    """Of households, where nobody has counted them."""
    minutes_of_visit: float
    minutes_of_case: float
    minutes_of_shop: float
    shops_every_months: float
    rounds_a_work_day: float
    speed_m_s: float
    detour_factor: float
    work_days: float
    """Of a month."""
    hours_a_day: float
    bin_hours: float
    last_hours: float
    """Where the last bar of the histogram begins."""

    @property
    def full_time_hours(self) -> float:
        """What one full-time member works in a month."""
        return self.work_days * self.hours_a_day


@cache
def load_rule() -> LoadRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "load.toml").read_text(encoding="utf-8"))
    walking = mode(data["walking"]["mode"])
    return LoadRule(
        special_every_months=data["visits"]["special_every_months"],
        others_every_months=data["visits"]["others_every_months"],
        special_share=data["special"]["share"],
        minutes_of_visit=data["minutes"]["visit"],
        minutes_of_case=data["minutes"]["case"],
        minutes_of_shop=data["minutes"]["shop"],
        shops_every_months=data["shops"]["every_months"],
        rounds_a_work_day=data["patrol"]["rounds_a_work_day"],
        speed_m_s=walking.metres / walking.seconds,
        detour_factor=data["walking"]["detour_factor"],
        work_days=data["month"]["work_days"],
        hours_a_day=data["month"]["hours_a_day"],
        bin_hours=data["histogram"]["bin_hours"],
        last_hours=data["histogram"]["last_hours"],
    )
