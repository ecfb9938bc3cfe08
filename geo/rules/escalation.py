"""What happens by itself when the deadline of a case's stage passes: the typed face of escalation.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

from geo.rules.case_levels import LEVELS, Level

Act = Literal["escalate", "tell"]


@dataclass(frozen=True)
class Up:
    """Whom a case goes to, and who says so."""

    level: Level
    source: str


@dataclass(frozen=True)
class EscalationRule:
    """The tables of geo/rules/escalation.toml."""

    acts: Mapping[str, Act]
    """What is done when a clock (``dispatch``, ``handle``, ``verify``) has run out; nothing for one that is missing."""
    up: Mapping[str | None, Mapping[Level, Up]]
    """By need, by the level that has the case; need None: where nothing is said of the need."""
    warning_share: Mapping[str, float]
    """When so much of a limit has run, its unit is told; clocks without are missing."""
    warning_source: str
    at_once: int
    """So many cases are dealt with before the clock rests."""
    per_s: float
    """So many steps it tells a second at most."""
    work_share: float
    """It works this share of the time at most."""

    def up_from(self, level: Level, need: str | None) -> Up | None:
        """The level that comes next; None: nobody is above.

        >>> [escalation_rule().up_from("grid", need).level for need in ("urgent", "hard")]
        ['subdistrict', 'community']
        """
        return self.up.get(need, {}).get(level) or self.up[None].get(level)

    def rest_s(self, steps: int, took_s: float) -> float:
        """How long the clock rests after some steps that took so long, for others to work.

        >>> rule = EscalationRule({}, {}, {}, "", at_once=5, per_s=10, work_share=0.5)
        >>> [rule.rest_s(steps, 0.2) for steps in (0, 1, 5)]
        [0.2, 0.2, 0.3]
        """
        return max(steps / self.per_s, took_s / self.work_share) - took_s


@cache
def escalation_rule() -> EscalationRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "escalation.toml").read_text(encoding="utf-8"))
    return EscalationRule(
        acts=_said(data["breach"]),
        up={None: _up(data["up"]), **{need: _up(table) for need, table in data["need"].items()}},
        warning_share={clock: share for clock, share in _said(data["warning"]).items() if share},
        warning_source=data["warning"]["source"],
        at_once=data["pace"]["at_once"],
        per_s=data["pace"]["per_s"],
        work_share=data["pace"]["work_share"],
    )


def _said(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name not in {"is_verified", "source"}}


def _up(table: Mapping[str, str]) -> dict[Level, Up]:
    return {level: Up(cast("Level", table[level]), table["source"]) for level in LEVELS if level in table}
