"""Extracts and vector files say the same of gates, bollards, turns and who may go where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo.compute.streets.network import build_network
from geo.compute.streets.outlines import gates_of
from geo.files.osm import read_streets
from geo.files.read import read_table
from geo.files.street_lines import StreetFile
from geo.files.street_table import streets_of_table
from geo.rules.way_access import access_rules
from geo.streets import ENDS_ONLY, OPEN, Gates
from geo.units import NONE
from tests.osm_files import write_pbf

NODES = {
    1: (103.200, 40.400),
    2: (103.201, 40.400),
    3: (103.202, 40.400),
    4: (103.203, 40.400),
    5: (103.202, 40.401),
    6: (103.201, 40.401),
    11: (103.2005, 40.3995),
    12: (103.2005, 40.4005),
    13: (103.1995, 40.4005),
    14: (103.1995, 40.3995),
}
WAYS = [
    ({"highway": "primary", "oneway": "yes", "maxspeed": "60"}, [1, 2]),
    ({"highway": "primary", "oneway": "yes", "maxspeed": "60"}, [2, 3]),
    ({"highway": "service", "access": "private"}, [3, 4]),
    ({"highway": "steps"}, [3, 5]),
    ({"highway": "residential", "oneway": "-1"}, [2, 6]),
    ({"landuse": "residential", "name": "阳光新村"}, [11, 12, 13, 14, 11]),
    ({"barrier": "wall"}, [5, 6]),
]
TAGGED = {
    1: {"barrier": "bollard"},
    2: {"barrier": "bollard"},
    4: {"barrier": "gate", "access": "private"},
    6: {"barrier": "gate", "foot": "yes", "access": "private"},
    11: {"barrier": "gate"},
    12: {"entrance": "main"},
}


@pytest.fixture
def extract(tmp_path: Path) -> StreetFile:
    return read_streets(write_pbf(tmp_path / "town.osm.pbf", NODES, WAYS, TAGGED))


def vector_file(path: Path) -> StreetFile:
    """The same town as GeoJSON."""
    shapes: list[tuple[dict[str, str], shapely.Geometry]] = []
    for tags, refs in WAYS:
        points = [NODES[ref] for ref in refs]
        shapes.append((tags, shapely.Polygon(points) if "landuse" in tags else shapely.LineString(points)))
    shapes += [(tags, shapely.Point(NODES[ref])) for ref, tags in TAGGED.items()]
    features = [
        {"type": "Feature", "properties": tags, "geometry": shapely.geometry.mapping(shape)} for tags, shape in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return streets_of_table(read_table(path))[0]


def gates_in(file: StreetFile, max_m2: float = 1e6) -> Gates:
    return gates_of(file.lonlat_of_gate, file.nearness_m_of_gate, file.lands, file.barriers, max_m2)


def test_both_kinds_of_file_give_the_same_network_and_gates(extract: StreetFile, tmp_path: Path) -> None:
    other = vector_file(tmp_path / "town.geojson")
    one, two = build_network(extract.lines), build_network(other.lines)
    for name, values in vars(one).items():
        np.testing.assert_array_equal(values, getattr(two, name), err_msg=name)
    for name, values in vars(gates_in(extract)).items():
        np.testing.assert_array_equal(values, getattr(gates_in(other), name), err_msg=name)


def test_a_bollard_between_three_ways_and_limits_per_line(extract: StreetFile) -> None:
    network = build_network(extract.lines)
    of_class = dict(zip(network.highway_of_piece, network.access_of_piece.tolist(), strict=True))
    assert of_class["steps"] == [OPEN, 0, 0, 0, 0]
    assert of_class["service"] == [ENDS_ONLY] * 5
    assert network.is_steps_of_piece.sum() == 1
    assert set(network.max_kmh_of_piece.tolist()) == {0, 60}
    links = network.length_m_of_piece == 0
    assert links.sum() == 3
    assert (network.access_of_piece[links][:, 3:] == 0).all()
    assert (network.access_of_piece[links][:, 0] == OPEN).all()


def test_gates_of_an_outline_and_of_a_wall(extract: StreetFile) -> None:
    """Two corners of the compound; the wall's end; the bollards and the private drive's gate are near neither."""
    gates = gates_in(extract)
    assert gates.outline_of_gate.tolist() == [0, 0, NONE]
    np.testing.assert_allclose(gates.lonlat_of_gate, [NODES[11], NODES[12], NODES[6]], atol=1e-9)
    assert shapely.Polygon(gates.lonlat_of_outline_point).equals(shapely.Polygon([NODES[n] for n in (11, 12, 13, 14)]))
    assert gates.start_of_outline.tolist() == [0, 5]


def test_a_district_is_no_compound(extract: StreetFile) -> None:
    """The square measures 85 m by 111 m."""
    assert gates_in(extract, 9300).outline_of_gate.tolist() == [NONE]
    assert len(gates_in(extract, 9600).outline_of_gate) == 3


def test_a_gate_is_drawn_near_and_a_door_is_not_one(tmp_path: Path) -> None:
    """2 m beside the outline a gate is moved onto it; an entrance there is the door of a house; 5 m away is not."""
    beside = {
        21: (103.2005 + 2 / 84_800, 40.4),
        22: (103.2005 + 2 / 84_800, 40.4001),
        23: (103.2005 + 5 / 84_800, 40.4002),
    }
    tagged = {21: {"barrier": "gate"}, 22: {"entrance": "yes"}, 23: {"barrier": "gate"}}
    file = read_streets(write_pbf(tmp_path / "near.osm.pbf", NODES | beside, WAYS, tagged))
    gates = gates_in(file, access_rules().gates.largest_compound_m2)
    assert gates.outline_of_gate.tolist() == [0]
    np.testing.assert_allclose(gates.lonlat_of_gate, [[103.2005, 40.4]], atol=1e-8)


def relation(from_way: int, via: tuple[str, int], to_way: int, **tags: str) -> tuple[dict[str, str], list]:
    told = {"type": "restriction"} | {key.replace("__", ":"): value for key, value in tags.items()}
    return told, [(from_way, "from"), (*via, "via"), (to_way, "to")]


@pytest.mark.parametrize(
    ("given", "found", "unused"),
    [
        (relation(1, ("n", 2), 2, restriction="no_straight_on"), (1, 2, 3, False, True, True), (0, 0, 0)),
        (relation(1, ("n", 2), 5, restriction="only_left_turn"), (1, 2, 6, True, True, True), (0, 0, 0)),
        (
            relation(1, ("n", 2), 2, restriction="no_straight_on", **{"except": "bicycle"}),
            (1, 2, 3, False, False, True),
            (0, 0, 0),
        ),
        (
            relation(1, ("n", 2), 2, restriction="no_straight_on", **{"except": "psv;motorcar"}),
            (1, 2, 3, False, True, False),
            (0, 0, 0),
        ),
        (relation(1, ("n", 2), 2, restriction__motorcar="no_straight_on"), (1, 2, 3, False, False, True), (0, 0, 0)),
        (relation(1, ("n", 2), 2, restriction__hgv="no_straight_on"), None, (0, 0, 0)),
        (relation(1, ("w", 2), 3, restriction="no_u_turn"), None, (1, 0, 0)),
        (relation(1, ("n", 2), 2, restriction="no_straight_on", day_on="Monday"), None, (0, 1, 0)),
        (relation(1, ("n", 2), 2, restriction__conditional="no_straight_on @ (07:00-09:00)"), None, (0, 1, 0)),
        (relation(1, ("n", 3), 2, restriction="no_straight_on"), None, (0, 0, 1)),
        (relation(99, ("n", 2), 2, restriction="no_straight_on"), None, (0, 0, 1)),
        (relation(1, ("n", 2), 2, restriction="give_way"), None, (0, 0, 0)),
    ],
)
def test_turn_restrictions(tmp_path: Path, given: Any, found: tuple | None, unused: tuple[int, int, int]) -> None:
    file = read_streets(write_pbf(tmp_path / "turns.osm.pbf", NODES, WAYS, relations=[given]))
    lines = file.lines
    columns = (
        lines.from_key_of_turn,
        lines.via_key_of_turn,
        lines.to_key_of_turn,
        lines.is_only_of_turn,
        lines.is_for_bike_of_turn,
        lines.is_for_car_of_turn,
    )
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == ([found] if found else [])
    assert (file.n_turns_over_ways, file.n_turns_timed, file.n_turns_broken) == unused
    assert len(build_network(lines).from_piece_of_turn) == (found is not None)
