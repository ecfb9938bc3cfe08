"""What a plan of grids is held to: the typed face of plan_rules.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.grids import KINDS

SEVERITIES = ("error", "warning", "note")
"""From what stops a plan to what is worth a look."""


@dataclass(frozen=True)
class PlanRule:
    """One rule."""

    key: str
    severity: str
    """One of ``SEVERITIES``."""
    limits: Mapping[str, float]
    kinds: tuple[str, ...]
    """Kinds of grids that it is asked of."""
    along: tuple[str, ...]
    """Kinds of borders that count."""
    is_verified: bool
    source: str


@cache
def plan_rules() -> Mapping[str, PlanRule]:
    """The rules in force by key, in the order in which their breaches are told."""
    data = tomllib.loads((resources.files("geo.rules") / "plan_rules.toml").read_text(encoding="utf-8"))
    return {key: _rule(key, **entry) for key, entry in data.items()}


def _rule(
    key: str,
    severity: str,
    is_verified: bool,
    source: str,
    limits: Mapping[str, float] | None = None,
    kinds: tuple[str, ...] = KINDS,
    along: tuple[str, ...] = (),
) -> PlanRule:
    return PlanRule(key, severity, limits or {}, tuple(kinds), tuple(along), is_verified, source)
