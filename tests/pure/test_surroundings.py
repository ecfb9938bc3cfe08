"""What stops walkers, what is drawn as a surface, and that the tables are whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from geo.rules.surroundings import surroundings

TABLE = tomllib.loads((Path(__file__).parents[2] / "geo" / "rules" / "surroundings.toml").read_text(encoding="utf-8"))

LANDS = {"water", "green", "compound", "school", "industry", "plaza"}
BARRIERS = {"rail", "river", "wall", "expressway"}


def tags(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


@pytest.mark.parametrize(
    ("text", "kind", "stops"),
    [
        ("railway=rail", "rail", True),
        ("railway=light_rail bridge=viaduct", "rail", False),
        ("railway=subway tunnel=yes", "rail", False),
        ("railway=subway location=underground", "rail", False),
        ("railway=tram", None, True),
        ("railway=abandoned", None, True),
        ("waterway=river", "river", True),
        ("waterway=canal tunnel=culvert", "river", False),
        ("waterway=river tunnel=no", "river", True),
        ("waterway=stream", None, True),
        ("barrier=wall", "wall", True),
        ("barrier=city_wall", "wall", True),
        ("barrier=fence", None, True),
        ("highway=motorway", "expressway", True),
        ("highway=trunk_link bridge=yes", "expressway", False),
        ("highway=trunk sidewalk=both", None, True),
        ("highway=primary", None, True),
    ],
)
def test_what_stops_walkers(text: str, kind: str | None, stops: bool) -> None:
    rules = surroundings()
    assert rules.barrier_kind(tags(text)) == kind
    assert rules.stops_walkers(tags(text)) is stops


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("natural=water", "water"),
        ("leisure=park landuse=residential", "green"),
        ("landuse=residential", "compound"),
        ("amenity=school landuse=grass", "school"),
        ("landuse=industrial", "industry"),
        ("highway=pedestrian", "plaza"),
        ("building=yes", None),
    ],
)
def test_which_surfaces_are_drawn(text: str, kind: str | None) -> None:
    assert surroundings().land_kind(tags(text)) == kind


def test_kinds_are_those_of_the_store() -> None:
    assert set(TABLE["land"]) == LANDS
    assert set(TABLE["barrier"]) == BARRIERS


def test_every_table_names_its_source() -> None:
    assert all(
        table["source"].strip() for table in [TABLE["stops"], *TABLE["barrier"].values(), *TABLE["land"].values()]
    )
