"""Tags to access codes: what the table says of ways that everybody knows, and that it is whole."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from geo.rules.headers import columns_of
from geo.rules.way_access import OPEN_TO_ALL, access_rules
from geo.streets import BIKE_BACKWARD, BIKE_FORWARD, CAR_BACKWARD, CAR_FORWARD, CLOSED, ENDS_ONLY, FOOT, OPEN

TABLE = tomllib.loads((Path(__file__).parents[2] / "geo" / "rules" / "way_access.toml").read_text(encoding="utf-8"))

X, E, O = CLOSED, ENDS_ONLY, OPEN  # noqa: E741 -- as in the columns below


def tags(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


@pytest.mark.parametrize(
    ("text", "foot"),
    [
        ("highway=footway", O),
        ("highway=steps", O),
        ("highway=primary", O),
        ("highway=residential foot=no", X),
        ("highway=primary foot=use_sidepath", X),
        ("highway=service access=private", E),
        ("highway=footway foot=private", E),
        ("highway=service access=residents", E),
        ("highway=service access=permit", E),
        ("highway=service access=no", X),
        ("highway=service access=private foot=yes", O),
        ("highway=service access=yes foot=private", E),
        ("highway=service access=destination", O),
        ("highway=service access=customers", O),
        ("highway=motorway", X),
        ("highway=trunk", X),
        ("highway=trunk_link", X),
        ("highway=trunk foot=yes", O),
        ("highway=trunk access=yes", X),
        ("highway=trunk sidewalk=both", O),
        ("highway=trunk sidewalk:left=yes", O),
        ("highway=trunk sidewalk=no", X),
        ("highway=trunk sidewalk=both access=no", X),
        ("highway=trunk sidewalk=both access=private", E),
        ("highway=primary motorroad=yes", X),
        ("highway=cycleway", X),
        ("highway=cycleway foot=designated", O),
        ("highway=construction foot=yes", X),
        ("highway=proposed", X),
        ("highway=raceway", X),
        ("railway=rail foot=yes", X),
        ("highway=service access=mystery", O),
        ("highway=service access=no;private", E),
    ],
)
def test_who_may_walk(text: str, foot: int) -> None:
    assert access_rules().way(tags(text)).access[FOOT] == foot


@pytest.mark.parametrize(
    ("text", "forward", "backward"),
    [
        ("highway=residential", O, O),
        ("highway=cycleway", O, O),
        ("highway=footway", X, X),
        ("highway=footway bicycle=yes", O, O),
        ("highway=footway bicycle=dismount", X, X),
        ("highway=pedestrian", X, X),
        ("highway=steps", X, X),
        ("highway=steps bicycle=yes", O, O),
        ("highway=motorway bicycle=yes", O, X),
        ("highway=trunk", X, X),
        ("highway=trunk cycleway:right=track", O, O),
        ("highway=primary bicycle=use_sidepath", X, X),
        ("highway=residential oneway=yes", O, X),
        ("highway=residential oneway=-1", X, O),
        ("highway=residential oneway=yes oneway:bicycle=no", O, O),
        ("highway=residential oneway=yes cycleway=opposite", O, O),
        ("highway=residential oneway=yes cycleway:left=opposite_lane", O, O),
        ("highway=residential oneway=yes cycleway:left:oneway=-1", O, O),
        ("highway=residential oneway=yes cycleway:right:oneway=yes", O, X),
        ("highway=tertiary junction=roundabout", O, X),
        ("highway=service access=private", E, E),
        ("highway=service vehicle=destination", E, E),
        ("highway=service access=no bicycle=yes", O, O),
        ("highway=service vehicle=no access=yes", X, X),
        ("highway=residential bicycle:backward=no", O, X),
        ("highway=residential motor_vehicle=no", O, O),
    ],
)
def test_who_may_ride(text: str, forward: int, backward: int) -> None:
    access = access_rules().way(tags(text)).access
    assert (access[BIKE_FORWARD], access[BIKE_BACKWARD]) == (forward, backward)


@pytest.mark.parametrize(
    ("text", "forward", "backward"),
    [
        ("highway=residential", O, O),
        ("highway=motorway", O, X),
        ("highway=motorway oneway=no", O, O),
        ("highway=motorway_link", O, O),
        ("highway=footway", X, X),
        ("highway=footway access=yes", X, X),
        ("highway=pedestrian motor_vehicle=delivery", E, E),
        ("highway=steps motor_vehicle=yes", X, X),
        ("highway=residential oneway=yes", O, X),
        ("highway=residential oneway=1", O, X),
        ("highway=residential oneway=-1", X, O),
        ("highway=residential oneway=reversible", X, X),
        ("highway=residential oneway=alternating", O, O),
        ("highway=residential oneway=yes oneway:bicycle=no", O, X),
        ("highway=tertiary junction=roundabout", O, X),
        ("highway=tertiary junction=circular oneway=no", O, O),
        ("highway=tertiary junction=roundabout oneway=-1", X, O),
        ("highway=service access=destination", E, E),
        ("highway=service access=private", E, E),
        ("highway=service access=customers", E, E),
        ("highway=service access=delivery", E, E),
        ("highway=service access=private motor_vehicle=yes", O, O),
        ("highway=service motor_vehicle=no", X, X),
        ("highway=service vehicle=no", X, X),
        ("highway=service vehicle=no motor_vehicle=yes", O, O),
        ("highway=service motor_vehicle=yes motorcar=private", E, E),
        ("highway=service motor_vehicle:backward=no", O, X),
        ("highway=residential access=no motor_vehicle=agricultural", X, X),
        ("highway=residential motor_vehicle=agricultural;destination", E, E),
        ("highway=primary motorroad=yes", O, O),
    ],
)
def test_who_may_drive(text: str, forward: int, backward: int) -> None:
    access = access_rules().way(tags(text)).access
    assert (access[CAR_FORWARD], access[CAR_BACKWARD]) == (forward, backward)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("maxspeed=50", 50),
        ("maxspeed=30 maxspeed:backward=20", 20),
        ("maxspeed=60;40", 40),
        ("maxspeed=30mph", 48.28),
        ("maxspeed=none", 0),
        ("maxspeed=CN:urban", 0),
        ("maxspeed=500", 0),
        ("maxspeed=50 motor_vehicle=no", 0),
        ("", 0),
    ],
)
def test_signed_speed(text: str, kmh: float) -> None:
    marks = access_rules().way({"highway": "secondary"} | tags(text))
    assert marks.max_kmh == pytest.approx(kmh, abs=0.01)


def test_miles_with_a_space_as_the_wiki_writes_them() -> None:
    assert access_rules().way({"highway": "primary", "maxspeed": "20 mph"}).max_kmh == pytest.approx(32.18688)


def test_steps_are_marked() -> None:
    assert access_rules().way({"highway": "steps"}).is_steps
    assert not access_rules().way({"highway": "footway"}).is_steps


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("barrier=gate", None),
        ("barrier=gate access=private", (E, E, E)),
        ("barrier=gate access=no", (E, E, E)),
        ("barrier=gate foot=no", (E, O, O)),
        ("barrier=gate locked=yes", (E, E, E)),
        ("barrier=gate locked=yes foot=yes", (O, E, E)),
        ("barrier=lift_gate access=private foot=yes bicycle=yes", (O, O, E)),
        ("barrier=bollard", (O, O, X)),
        ("barrier=bollard motor_vehicle=yes", None),
        ("barrier=bollard foot=no", (X, O, X)),
        ("barrier=stile", (O, X, X)),
        ("barrier=kissing_gate bicycle=yes", (O, O, X)),
        ("barrier=kerb", None),
        ("barrier=fence", None),
        ("entrance=yes", None),
    ],
)
def test_what_stands_in_the_way(text: str, codes: tuple[int, int, int] | None) -> None:
    found = access_rules().stop(tags(text))
    assert found == (codes and (codes[0], codes[1], codes[1], codes[2], codes[2]))
    assert found != OPEN_TO_ALL


@pytest.mark.parametrize(
    ("text", "is_gate"),
    [
        ("barrier=gate", True),
        ("barrier=gate access=private", True),
        ("barrier=gate foot=no", False),
        ("barrier=entrance", True),
        ("entrance=main", True),
        ("entrance=emergency", False),
        ("barrier=kerb", False),
    ],
)
def test_which_points_are_gates(text: str, is_gate: bool) -> None:
    assert (access_rules().gate_nearness_m(tags(text)) is not None) == is_gate


def named_tables(table: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = [(path, table)] if path else []
    for name, value in table.items():
        if isinstance(value, dict):
            found += named_tables(value, f"{path}.{name}")
    return found


def test_every_table_names_its_source_and_nothing_stands_twice() -> None:
    assert not [path for path, table in named_tables(TABLE) if path != ".stops" and not table.get("source", "").strip()]
    for travel in ("foot", "bike", "car"):
        classes = TABLE[travel]["open"] + TABLE[travel]["by_permission"]
        words = [word for name in ("open", "ends_only", "closed") for word in TABLE[travel]["values"][name]]
        assert len(classes) == len(set(classes))
        assert len(words) == len(set(words))
    kinds = [kind for stop in TABLE["stops"].values() for kind in stop["barrier"]]
    assert len(kinds) == len(set(kinds))


def test_every_key_can_be_a_column_of_a_vector_file() -> None:
    keys = {*access_rules().keys, "barrier", "entrance", "locked"}
    assert {key: key for key in keys}.items() <= columns_of("streets", sorted(keys)).items()
