"""Ways of moving, surfaces and the numbers of reach: data with their sources."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest

from geo.errors import NotFound
from geo.rules.modes import mode, modes, surface, surfaces
from geo.rules.reach import reach_rule

KEYS = ["planning", "adult", "elderly_60_74", "elderly_75", "with_child", "wheelchair", "e_bike", "car"]


def test_the_planning_mode_is_a_kilometre_in_15_minutes() -> None:
    assert mode("planning").ds_per_m_on(surface("dry")) == 9
    assert mode("planning").speed_m_s_on(surface("dry")) == pytest.approx(1000 / 900)


def test_the_ways_of_moving_are_those_that_are_asked_for() -> None:
    assert list(modes()) == KEYS
    assert [key for key, entry in modes().items() if entry.travel != "foot"] == ["e_bike", "car"]
    assert [key for key, entry in modes().items() if not entry.uses_steps] == ["wheelchair", "e_bike", "car"]
    assert list(surfaces()) == ["dry", "packed_snow", "ice"]


@pytest.mark.parametrize("entry", [*modes().values(), *surfaces().values()], ids=lambda entry: entry.key)
def test_every_number_says_where_it_comes_from(entry: object) -> None:
    assert entry.source and entry.name_en and entry.name_zh  # type: ignore[attr-defined]  # noqa: PT018
    assert entry.is_verified or "no verified figure" in entry.source  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", KEYS)
def test_everybody_walks_at_a_plausible_speed(key: str) -> None:
    assert 0.4 <= mode(key).speed_m_s_on(surface("dry")) <= 1.6


def test_riding_and_driving_stay_below_what_the_law_allows() -> None:
    assert 0 < mode("e_bike").kmh <= 15
    car = mode("car")
    assert 0 < car.factor < 1
    assert all(0 < kmh <= 120 for kmh in car.kmh_of_highway.values())
    assert car.limit_kmh("residential") == 30
    assert car.limit_kmh("no_such_class") == car.kmh_of_highway["other"]


@pytest.mark.parametrize(("key", "more_s_per_km"), [("dry", 0), ("packed_snow", 60), ("ice", 120)])
@pytest.mark.parametrize("who", KEYS)
def test_winter_costs_so_many_seconds_a_kilometre(who: str, key: str, more_s_per_km: float) -> None:
    on_it, on_dry = (1000 / mode(who).speed_m_s_on(surface(kind)) for kind in (key, "dry"))
    assert on_it - on_dry == pytest.approx(more_s_per_km)


def test_unknown_ones_are_told_with_those_that_are_known() -> None:
    with pytest.raises(NotFound, match="planning"):
        mode("hurried")
    with pytest.raises(NotFound, match="packed_snow"):
        surface("slush")


def test_the_search_goes_farther_than_the_default_cutoff() -> None:
    assert reach_rule().horizon_ds > 9000


@pytest.mark.parametrize("name", ["project", "streets.net"])
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(f"geo.compute.{name}")
    outcome = doctest.testmod(module, extraglobs={"np": np})
    assert outcome.attempted > 0
    assert outcome.failed == 0
