"""Visits that fall due, rounds, and what may not be said of visits: the typed face of visits.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from geo.rules.load import load_rule

Cycle = Literal["day", "week", "month", "quarter"]
DueDay = Literal["last_work_day", "second_week_friday", "second_friday"]
Moves = Literal["before", "after", "stays"]
Counted = Literal["special_households", "other_households", "shops", "one"]


@dataclass(frozen=True)
class VisitKind:
    """One kind of visits."""

    key: str
    counts: Counted
    """What a grid has of it."""
    cycle: Cycle
    day: DueDay
    moves: Moves
    """Where a due day goes that is a day off."""
    minutes: float
    """Each takes."""
    is_told: bool
    """Whether done visits may be told; else it is counted in hours only."""
    is_verified: bool
    source: str

    @property
    def is_of_households(self) -> bool:
        """Whether it tells households apart by what they are: one class follows from all and the other."""
        return self.counts in {"special_households", "other_households"}


@dataclass(frozen=True)
class TourRule:
    """Of rounds."""

    most_ratio: float
    """A round is to be at most so many times its lower bound."""
    most_stops: int
    stop_m: float
    """Places in one square of this side are one stop; of twice the side until there are few enough."""
    hours_a_day: float
    source: str


@dataclass(frozen=True)
class VisitRule:
    """The whole of geo/rules/visits.toml."""

    kinds: Mapping[str, VisitKind]
    tour: TourRule
    refused: Mapping[str, tuple[str, ...]]
    """Why -> words of headers that are refused."""
    beside: tuple[str, ...]
    """Headers that are passed over."""

    @property
    def told(self) -> tuple[str, ...]:
        """Kinds of which done visits may be told.

        >>> visit_rule().told
        ('special_households', 'other_households', 'shops', 'elder_day')
        """
        return tuple(key for key, kind in self.kinds.items() if kind.is_told)


@cache
def visit_rule() -> VisitRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "visits.toml").read_text(encoding="utf-8"))
    refused = {why: tuple(words) for why, words in data["refused"].items() if why != "source"}
    return VisitRule(
        {said["key"]: _kind(said) for said in data["kind"]},
        TourRule(**data["tour"]),
        refused,
        tuple(data["beside"]["words"]),
    )


def _kind(said: Mapping[str, Any]) -> VisitKind:
    plain = {name: value for name, value in said.items() if name != "load"}
    minutes = {"visit": load_rule().minutes_of_visit, "shop": load_rule().minutes_of_shop}
    return VisitKind(**{**plain, "minutes": minutes[said["load"]] if "load" in said else said["minutes"]})
