"""OpenStreetMap extracts: what is read, what is missing, what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.errors import BadFile
from geo.files.osm import read_streets
from geo.files.osm_things import read_osm_buildings, read_osm_stations
from tests.osm_files import write_pbf

NODES = {
    1: (103.200, 40.400),
    2: (103.201, 40.400),
    3: (103.202, 40.400),
    4: (103.202, 40.401),
    5: (103.201, 40.401),
    6: (103.200, 40.401),
}
SQUARE = [1, 3, 4, 6, 1]


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    ways = [
        ({"highway": "residential", "name": " 青河路 "}, [1, 2, 3]),
        ({"highway": "footway", "bridge": "yes"}, [2, 5]),
        ({"highway": "motorway"}, [4, 5, 6]),
        ({"railway": "rail", "name": "京包线"}, [1, 6]),
        ({"waterway": "river", "tunnel": "culvert"}, [3, 4]),
        ({"landuse": "residential", "name": "阳光新村"}, SQUARE),
        ({"highway": "pedestrian", "area": "yes"}, SQUARE),
        ({"highway": "pedestrian"}, SQUARE),
        ({"power": "line"}, [1, 4]),
    ]
    return write_pbf(tmp_path / "town.osm.pbf", NODES, ways)


def test_streets_barriers_and_lands(extract: Path) -> None:
    file = read_streets(extract)
    assert list(file.lines.highway_of_line) == ["residential", "footway", "motorway", "pedestrian", "pedestrian"]
    assert file.lines.name_of_line[0] == "青河路"
    assert file.lines.is_walkable_of_line.tolist() == [True, True, False, True, True]
    assert file.lines.is_bridge_of_line.tolist() == [False, True, False, False, False]
    assert file.lines.key_of_point[:5].tolist() == [1, 2, 3, 2, 5]
    np.testing.assert_array_equal(file.lines.lonlat_of_point[:2], [NODES[1], NODES[2]])
    assert list(file.barriers.kind_of_line) == ["expressway", "rail", "river"]
    assert file.barriers.stops_walkers_of_line.tolist() == [True, True, False]
    assert sorted(zip(file.lands.kind, file.lands.name, strict=True)) == [("compound", "阳光新村"), ("plaza", None)]
    ring = shapely.Polygon([NODES[node] for node in SQUARE])
    assert all(shapely.from_wkb(wkb).equals(ring) for wkb in file.lands.wkb)
    assert file.file_date == date(2025, 6, 1)
    assert file.n_missing_points == 0


def test_a_gap_is_never_bridged(tmp_path: Path) -> None:
    """Node 9 is not in the file: the way is two stretches, and the lone point behind the last gap is nothing."""
    ways = [({"highway": "path"}, [1, 2, 9, 3, 4, 9, 5])]
    file = read_streets(write_pbf(tmp_path / "cut.osm.pbf", NODES, ways))
    assert file.lines.key_of_point.tolist() == [1, 2, 3, 4]
    assert file.lines.start_of_line.tolist() == [0, 2, 4]
    assert file.n_missing_points == 2


def test_buildings_that_may_be_homes(tmp_path: Path) -> None:
    """One house, one block with a courtyard from a relation; a shop and a garage are none."""
    yard = {11: (103.2005, 40.4002), 12: (103.2015, 40.4002), 13: (103.2015, 40.4008), 14: (103.2005, 40.4008)}
    ways = [
        ({"building": "house", "name": "甲", "building:levels": "2"}, [1, 2, 5, 6, 1]),
        ({"building": "yes", "shop": "supermarket"}, SQUARE),
        ({"building": "garage"}, SQUARE),
        ({}, SQUARE),
        ({}, [11, 12, 13, 14, 11]),
    ]
    block = ({"type": "multipolygon", "building": "apartments"}, [(4, "outer"), (5, "inner")])
    path = write_pbf(tmp_path / "homes.osm.pbf", NODES | yard, ways, relations=[block])
    table = read_osm_buildings(path)
    assert sorted(table.columns["id"]) == ["r1", "w1"]
    at = list(table.columns["id"]).index("r1")
    assert table.shapes is not None
    assert len(table.shapes[at].interiors) == 1
    assert table.columns["building:levels"][1 - at] == "2"
    assert len(table) == len(table.number_of_row) == 2


def test_stations_as_points_and_as_areas(tmp_path: Path) -> None:
    ways = [({"amenity": "library", "opening_hours": "Mo-Fr 09:00-17:00", "name": "书屋"}, SQUARE)]
    tagged = {5: {"amenity": "townhall", "addr:street": "青河路", "addr:housenumber": "8"}, 6: {"amenity": "bench"}}
    table = read_osm_stations(write_pbf(tmp_path / "stations.osm.pbf", NODES, ways, tagged))
    rows = dict(zip(table.columns["id"], table.columns["kind"], strict=True))
    assert rows == {"n5": "service_hall", "w1": "reading_room"}
    assert set(table.columns["address"]) == {"青河路 8", None}
    assert table.shapes is not None
    assert all(shape.geom_type == "Point" for shape in table.shapes)
    assert shapely.Polygon([NODES[node] for node in SQUARE]).contains(table.shapes[list(rows).index("w1")])


def test_what_cannot_be_read(extract: Path, tmp_path: Path) -> None:
    whole = extract.read_bytes()
    spoilt = {
        "cut.osm.pbf": (whole[: len(whole) // 2], "file_truncated"),
        "nothing.osm.pbf": (b"", "file_empty"),
        "text.osm.pbf": (b"lon,lat\n1,2\n" * 20, "file_not_readable"),
        "damaged.osm.pbf": (whole[:200] + b"\xff" * 40 + whole[240:], "file_not_readable"),
    }
    for name, (content, key) in spoilt.items():
        path = tmp_path / name
        path.write_bytes(content)
        for read in (read_streets, read_osm_buildings, read_osm_stations):
            with pytest.raises(BadFile) as error:
                read(path)
            assert error.value.key == key, (name, str(error.value))
            assert name in str(error.value)
    with pytest.raises(BadFile) as error:
        read_streets(tmp_path / "absent.osm.pbf")
    assert error.value.key == "file_missing"


def test_an_extract_without_what_was_asked_for(tmp_path: Path) -> None:
    path = write_pbf(tmp_path / "lines.osm.pbf", NODES, [({"power": "line"}, [1, 2])])
    for read, key in (
        (read_streets, "osm_no_streets"),
        (read_osm_buildings, "osm_no_buildings"),
        (read_osm_stations, "osm_no_stations"),
    ):
        with pytest.raises(BadFile) as error:
            read(path)
        assert error.value.key == key
