"""Which figures there are about cases and how they are printed: the typed face of figures.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Rounding = Literal["half_up", "truncated"]

Cohort = Literal["reported", "answer_due", "due", "closed", "rated", "sent"]
"""Which cases a rate is about: those reported, due to be answered, due to be closed, closed, rated or sent help in the
period."""


@dataclass(frozen=True)
class FigureRule:
    """The numbers of geo/rules/figures.toml."""

    rounding: Rounding
    percent_digits: int
    hour_digits: int
    median: int
    """Per cent."""
    high: int
    arrival_minutes: float
    cohort_of_rate: Mapping[str, Cohort]
    """In the order in which rates are told."""
    better_low: frozenset[str]
    """Rates of which less is better."""
    classes: Mapping[str, tuple[int, ...]]
    """``high`` and ``low``: where classes of per cent begin on maps, by which way is better."""
    staff_words: frozenset[str]
    published_after_days: int
    """After the end of a month: as of then viewers are told of it."""
    settled_after_minutes: float
    """What was known at a moment is stored so long after it."""
    longest_days: int
    years: tuple[int, int]
    """The first and the last of which there are figures."""

    @property
    def cohorts(self) -> tuple[Cohort, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys(self.cohort_of_rate.values()))

    def rates_of(self, cohort: Cohort) -> tuple[str, ...]:
        """The rates of a cohort.

        >>> figure_rule().rates_of("due")
        ('closing', 'on_time', 'on_time_less_deferred')
        """
        return tuple(rate for rate, of in self.cohort_of_rate.items() if of == cohort)


@cache
def figure_rule() -> FigureRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "figures.toml").read_text(encoding="utf-8"))
    return FigureRule(
        rounding=data["percent"]["rounding"],
        percent_digits=data["percent"]["digits"],
        hour_digits=data["hours"]["digits"],
        median=data["percentiles"]["median"],
        high=data["percentiles"]["high"],
        arrival_minutes=data["arrival"]["minutes"],
        cohort_of_rate={rate["key"]: rate["cohort"] for rate in data["rate"]},
        better_low=frozenset(rate["key"] for rate in data["rate"] if rate.get("is_better_low")),
        classes={way: tuple(data["classes"][way]) for way in ("high", "low")},
        staff_words=frozenset(data["staff"]["words"]),
        published_after_days=data["moments"]["published_after_days"],
        settled_after_minutes=data["moments"]["settled_after_minutes"],
        longest_days=data["period"]["longest_days"],
        years=(data["period"]["first_year"], data["period"]["last_year"]),
    )
