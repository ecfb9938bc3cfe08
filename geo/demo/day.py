"""What the desks of the fictional city did until now: a table of cases, told by minutes before loading."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

from geo.rules.case_levels import Level


@dataclass(frozen=True)
class DayCase:
    """One case of the day; fields as day.toml explains them."""

    item: str
    ago: int
    channel: str
    moves: Mapping[str, int] = field(default_factory=dict)
    place: Literal["register", "other", "border", "same", "unknown"] = "register"
    text: str | None = None
    sends: Literal["team", "station"] | None = None
    level: Level | None = None
    days: int | None = None
    satisfied: bool | None = None


@dataclass(frozen=True)
class Day:
    """All of it."""

    cases: tuple[DayCase, ...]
    reason: Mapping[str, str]
    """By move."""


@cache
def demo_day() -> Day:
    """The table of ``day.toml``."""
    table = tomllib.loads((resources.files("geo.demo") / "day.toml").read_text(encoding="utf-8"))
    return Day(tuple(DayCase(**case) for case in table["case"]), table["reason"])
