"""Official circles come in drawn or as a list of communities, land whole, twice the same is once, and can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo.actions.imports.import_official_circles import import_official_circles
from geo.actions.imports.import_stations import import_stations
from geo.actions.imports.undo_import import undo_import
from geo.errors import BadFile, BadRows
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.official_circles import OfficialCircle
from geo.store import official_circles
from geo.store.database import Database
from tests import small_town as town
from tests.small_town import AT, EAST, WEST, everything, square, write_csv, write_geojson

PLAIN = ImportOptions()
LATER = AT + timedelta(days=1)


@pytest.fixture
def loaded(db: Database, tmp_path: Path) -> Database:
    """The town with three stations."""
    town.load(db, tmp_path)
    import_stations(db, write_csv(tmp_path / "stations.csv", town.stations(3)), PLAIN, AT)
    return db


def drawn(db: Database, folder: Path, *features: town.Feature, options: ImportOptions = PLAIN) -> ImportReport:
    return import_official_circles(db, write_geojson(folder / "circles.geojson", features), options, AT)


def listed(db: Database, folder: Path, *rows: dict[str, Any]) -> ImportReport:
    return import_official_circles(db, write_csv(folder / "circles.csv", rows), PLAIN, AT)


def live(db: Database) -> list[OfficialCircle]:
    with db.read() as conn:
        return official_circles.live(conn)


def test_a_drawn_circle_knows_its_station(loaded: Database, tmp_path: Path) -> None:
    report = drawn(loaded, tmp_path, ({"名称": "河西服务圈", "所属站点": "S1"}, square(0, 0, 800, 900)))
    assert (report.kind, report.added) == ("circles", 1)
    (circle,) = live(loaded)
    assert (circle.name, circle.station_source, circle.station_key) == ("河西服务圈", "stations", "S1")
    assert circle.community_codes is None
    assert circle.shape.equals_exact(shapely.MultiPolygon([square(0, 0, 800, 900)]), 1e-9)


def test_a_circle_of_communities_is_their_ground_together(loaded: Database, tmp_path: Path) -> None:
    listed(loaded, tmp_path, {"name": "一圈", "社区代码": f"{WEST}、{EAST}"})
    (circle,) = live(loaded)
    assert circle.community_codes == (WEST, EAST)
    assert circle.station_key is None
    west, east = square(0, 0, 1000, 1000), square(1000, 0, 2000, 1000)
    assert circle.shape.area == pytest.approx(west.area + east.area)
    assert len(circle.shape.geoms) == 1, "the border between them is gone"
    assert shapely.covers(circle.shape, shapely.centroid([west, east])).all()


def test_the_same_file_twice_is_once_and_undo_brings_back_what_was(loaded: Database, tmp_path: Path) -> None:
    first = ({"id": "C1", "name": "one"}, square(0, 0, 800, 900))
    drawn(loaded, tmp_path, first)
    before = everything(loaded)
    again = drawn(loaded, tmp_path, first)
    assert (again.unchanged, again.import_id) == (1, None)
    assert everything(loaded) == before

    moved = drawn(
        loaded,
        tmp_path,
        ({"id": "C1", "name": "moved"}, square(0, 0, 700, 900)),
        ({"id": "C2", "name": "two"}, square(0, 0, 9, 9)),
    )
    assert (moved.added, moved.changed) == (1, 1)
    assert moved.import_id is not None
    undo_import(loaded, moved.import_id, LATER)
    assert everything(loaded) == before


def test_circles_that_a_file_no_longer_has_are_retired_with_replace(loaded: Database, tmp_path: Path) -> None:
    both = [({"id": f"C{i}", "name": f"circle {i}"}, square(0, 0, 800, 900)) for i in (1, 2)]
    drawn(loaded, tmp_path, *both)
    report = drawn(loaded, tmp_path, both[1], options=replace(PLAIN, replace=True))
    assert report.retired == 1
    assert [circle.source_key for circle in live(loaded)] == ["C2"]


BOW_TIE = shapely.Polygon([town.lonlat(*xy) for xy in ((0, 0), (500, 500), (500, 0), (0, 500))])

FAULTS: dict[str, tuple[dict[str, Any], Any]] = {
    "value_missing": ({"name": ""}, square(0, 0, 800, 900)),
    "polygon_crosses_itself": ({"name": "one"}, BOW_TIE),
    "shape_missing": ({"name": "one"}, None),
    "polygon_expected": ({"name": "one"}, shapely.Point(town.lonlat(5, 5))),
    "outside_town": ({"name": "one"}, square(90_000, 0, 90_800, 900)),
    "circle_drawn_and_listed": ({"name": "one", "communities": WEST}, square(0, 0, 800, 900)),
    "community_unknown": ({"name": "one", "communities": "990101001999"}, None),
    "code_length": ({"name": "one", "communities": "9901"}, None),
    "circle_station_unknown": ({"name": "one", "station": "S9"}, square(0, 0, 800, 900)),
    "circle_station_several": ({"name": "one", "station": "S0"}, square(0, 0, 800, 900)),
}


@pytest.mark.parametrize("key", FAULTS)
def test_faults_are_told_by_row(key: str, loaded: Database, tmp_path: Path) -> None:
    twins = write_csv(tmp_path / "twins.csv", town.stations(1))
    import_stations(loaded, twins, PLAIN, AT)
    good = ({"name": "good"}, square(0, 0, 800, 900))
    with pytest.raises(BadRows) as refused:
        drawn(loaded, tmp_path, good, FAULTS[key])
    assert [(fault["row"], fault["key"]) for fault in refused.value.evidence["faults"]] == [(2, key)]
    assert live(loaded) == []
    assert drawn(loaded, tmp_path, good, FAULTS[key], options=replace(PLAIN, keep_going=True)).rejected == 1
    assert [circle.name for circle in live(loaded)] == ["good"]


def test_a_key_of_several_sources_is_told_apart_by_the_source(loaded: Database, tmp_path: Path) -> None:
    import_stations(loaded, write_csv(tmp_path / "twins.csv", town.stations(1)), PLAIN, AT)
    properties = {"name": "one", "station": "S0", "station_source": "twins"}
    drawn(loaded, tmp_path, (properties, square(0, 0, 800, 900)))
    assert live(loaded)[0].station_source == "twins"


def test_a_file_that_says_nowhere_where_circles_are(loaded: Database, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        listed(loaded, tmp_path, {"name": "one"})
    assert refused.value.key == "circles_without_ground"
