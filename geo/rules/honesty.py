"""What circles promise, and where crossings are looked for: the typed face of honesty.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class CrossingRule:
    """Where crossings are looked for."""

    max_m: float
    step_m: float
    apart_m: float


@dataclass(frozen=True)
class HonestyRule:
    """The numbers of geo/rules/honesty.toml."""

    radius_m_of_minutes: tuple[tuple[int, float], ...]
    """Ascending."""
    crossing: CrossingRule

    def plain_circle_m(self, minutes: float) -> float:
        """The radius of the circle that is drawn for so many minutes.

        >>> [honesty_rule().plain_circle_m(minutes) for minutes in (5, 10, 15, 30)]
        [300.0, 500.0, 1000.0, 2000.0]
        """
        last_minutes, last_m = self.radius_m_of_minutes[-1]
        return dict(self.radius_m_of_minutes).get(
            int(minutes) if minutes % 1 == 0 else -1, last_m * minutes / last_minutes
        )


@cache
def honesty_rule() -> HonestyRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "honesty.toml").read_text(encoding="utf-8"))
    circle, crossing = data["plain_circle"]["radius_m_of_minutes"], data["crossing"]
    return HonestyRule(
        radius_m_of_minutes=tuple(sorted((int(minutes), float(m)) for minutes, m in circle.items())),
        crossing=CrossingRule(float(crossing["max_m"]), float(crossing["step_m"]), float(crossing["apart_m"])),
    )
