"""Paces and the numbers of reach: data with their sources."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest

from geo.errors import NotFound
from geo.rules.paces import pace, paces
from geo.rules.reach import reach_rule


def test_the_planning_pace_is_a_kilometre_in_15_minutes() -> None:
    assert pace("planning").ds_per_m == 9
    assert pace("planning").speed_m_s == pytest.approx(1000 / 900)


def test_every_pace_is_plausible_and_says_where_it_comes_from() -> None:
    for entry in paces().values():
        assert 0.4 <= entry.speed_m_s <= 1.6
        assert entry.source
        assert entry.name_en
        assert entry.name_zh
        assert entry.is_verified or "no verified figure" in entry.source


@pytest.mark.parametrize(
    ("winter", "summer", "more_s_per_km"),
    [
        ("planning_packed_snow", "planning", 60),
        ("planning_ice", "planning", 120),
        ("elderly_75_ice", "elderly_75", 120),
    ],
)
def test_winter_costs_so_many_seconds_a_kilometre(winter: str, summer: str, more_s_per_km: float) -> None:
    assert 1000 / pace(winter).speed_m_s - 1000 / pace(summer).speed_m_s == pytest.approx(more_s_per_km)


def test_an_unknown_pace_is_told_with_those_that_are_known() -> None:
    with pytest.raises(NotFound, match="planning"):
        pace("hurried")


def test_the_search_goes_farther_than_the_default_cutoff() -> None:
    assert reach_rule().horizon_ds > 9000


@pytest.mark.parametrize("name", ["project", "reach"])
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(f"geo.compute.{name}")
    outcome = doctest.testmod(module, extraglobs={"np": np})
    assert outcome.attempted > 0
    assert outcome.failed == 0
