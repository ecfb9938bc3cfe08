"""Who can help, in which order they are told, and how many must stay behind: the typed face of dispatch.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any

from geo.rules.modes import Travel


@dataclass(frozen=True)
class CoverMinimum:
    """What must stay behind of one kind."""

    kept_share: float
    """Of everybody who is covered while nobody is busy."""
    free: int
    """In every subdistrict that has as many."""


@dataclass(frozen=True)
class CoverRule:
    """How the cover that is left is judged."""

    minutes: float
    mode: str
    surface: str
    most_grids: int
    usual: CoverMinimum
    by_kind: Mapping[str, CoverMinimum]

    def minimum(self, kind: str) -> CoverMinimum:
        """Of a kind of stations or teams; the usual one where nothing is said of the kind.

        >>> dispatch_rule().cover.minimum("health_centre").kept_share, dispatch_rule().cover.minimum("tea").kept_share
        (0.9, 0.8)
        """
        return self.by_kind.get(kind, self.usual)


@dataclass(frozen=True)
class DispatchRule:
    """The numbers of geo/rules/dispatch.toml."""

    k: int
    minutes: float
    steps_minutes: Mapping[Travel, Sequence[float]]
    """Ascending; the cutoff that is asked for comes last whatever they are."""
    most_set_aside: int
    patience_seconds: float
    stale_after: timedelta
    lost_after: timedelta
    forgotten_after: timedelta
    cases_of_team: int
    """How many cases a team is on at once."""
    air_kmh: Mapping[Travel, float]
    cover: CoverRule


@cache
def dispatch_rule() -> DispatchRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "dispatch.toml").read_text(encoding="utf-8"))
    rank, position, cover = data["rank"], data["position"], data["cover"]
    return DispatchRule(
        k=rank["k"],
        minutes=rank["minutes"],
        steps_minutes=rank["steps"],
        most_set_aside=rank["most_set_aside"],
        patience_seconds=rank["patience_seconds"],
        stale_after=timedelta(minutes=position["stale_minutes"]),
        lost_after=timedelta(minutes=position["lost_minutes"]),
        forgotten_after=timedelta(minutes=position["forgotten_minutes"]),
        cases_of_team=data["team"]["cases"],
        air_kmh=data["air"]["kmh"],
        cover=CoverRule(
            minutes=cover["minutes"],
            mode=cover["mode"],
            surface=cover["surface"],
            most_grids=cover["most_grids"],
            usual=_minimum(cover["usual"]),
            by_kind={kind: _minimum(said) for kind, said in cover["kind"].items()},
        ),
    )


def _minimum(said: Mapping[str, Any]) -> CoverMinimum:
    return CoverMinimum(kept_share=said["kept_share"], free=said["free"])
