"""The table of tags: what it says of ways that everybody knows, and that it is whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from geo.rules.walkable import way_rules

TABLE = tomllib.loads((Path(__file__).parents[2] / "geo" / "rules" / "walkable.toml").read_text(encoding="utf-8"))

LANDS = {"water", "green", "compound", "school", "industry", "plaza"}
BARRIERS = {"rail", "river", "wall", "expressway"}


def tags(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


@pytest.mark.parametrize(
    ("text", "walkable"),
    [
        ("highway=footway", True),
        ("highway=steps", True),
        ("highway=primary", True),
        ("highway=residential foot=no", False),
        ("highway=primary foot=use_sidepath", False),
        ("highway=service access=private", False),
        ("highway=service access=no", False),
        ("highway=service access=private foot=yes", True),
        ("highway=service access=destination", True),
        ("highway=motorway", False),
        ("highway=trunk", False),
        ("highway=trunk_link", False),
        ("highway=trunk foot=yes", True),
        ("highway=trunk sidewalk=both", True),
        ("highway=trunk sidewalk:left=yes", True),
        ("highway=trunk sidewalk=no", False),
        ("highway=trunk sidewalk=both access=no", False),
        ("highway=cycleway", False),
        ("highway=cycleway foot=designated", True),
        ("highway=construction foot=yes", False),
        ("highway=proposed", False),
        ("highway=raceway", False),
        ("railway=rail foot=yes", False),
    ],
)
def test_who_may_walk(text: str, walkable: bool) -> None:
    assert way_rules().is_walkable(tags(text)) is walkable


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
    rules = way_rules()
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
    assert way_rules().land_kind(tags(text)) == kind


def test_kinds_are_those_of_the_store() -> None:
    assert set(TABLE["land"]) == LANDS
    assert set(TABLE["barrier"]) == BARRIERS


def test_every_table_names_its_source_and_no_class_stands_twice() -> None:
    tables = [TABLE[name] for name in ("walkable", "by_permission", "permission", "stops")]
    tables += [*TABLE["barrier"].values(), *TABLE["land"].values()]
    assert all(table["source"].strip() for table in tables)
    classes = TABLE["walkable"]["highway"] + TABLE["by_permission"]["highway"]
    assert len(classes) == len(set(classes))
    assert set(TABLE["permission"]["foot_yes"]).isdisjoint(TABLE["permission"]["foot_no"])
