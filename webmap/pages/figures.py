"""The page of figures about cases: a map by rate, and beside it the table that adds up.

It knows the rates and the catalogue, and no figure: those come to whoever signs in.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from geo.rules.figures import figure_rule
from geo.words import sentence
from webmap.figure import Page
from webmap.layers import FiguresMap
from webmap.pages.dispatch import ItemChoice
from webmap.pages.public import PublicView, Shell, built

FIGURES = Shell(
    "figures.html",
    FiguresMap,
    "fig_title",
    ("map.css", "reach.css", "figures.css"),
    "figures_main.js",
    ("plan_", "redraw_", "twin_", "dispatch_", "laid_"),
)


def figures_page(view: PublicView, items: tuple[ItemChoice, ...] = ()) -> Page:
    """The page; empty until somebody signs in. ``items``: those of the catalogue in force."""
    return built(view, FIGURES, _desk(items, view.language))


def _desk(items: tuple[ItemChoice, ...], language: str) -> dict[str, Any]:
    rule = figure_rule()
    rates = [
        {"key": rate, "name": sentence(f"rate_{rate}", language), "way": "low" if rate in rule.better_low else "high"}
        for rate in rule.cohort_of_rate
    ]
    return {
        "rates": rates,
        "classes": {way: list(bounds) for way, bounds in rule.classes.items()},
        "items": [asdict(item) for item in items],
        "arrival_minutes": rule.arrival_minutes,
        "published_after_days": rule.published_after_days,
        "roundings": {key: sentence(f"rounding_{key}", language) for key in ("half_up", "truncated")},
        "clocks": {
            key: sentence(f"clock_{key}", language)
            for key in ("urgent_hours", "work_hours", "work_days", "natural_days")
        },
    }
