"""Importing streets: what lands, what is refused, what a second import does."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely

from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_streets import import_streets
from geo.actions.imports.undo_import import undo_import
from geo.errors import BadFile, BadMove, BadRows
from geo.imports.options import ImportOptions
from geo.store.database import Database
from geo.store.streets import load_graph
from geo.words import catalogue
from tests.drawn_streets import XY, lonlat_of
from tests.osm_files import write_pbf

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
TABLES = ("import_batch", "street_network", "street_node", "street_piece", "barrier", "land")


def counts(db: Database) -> dict[str, int]:
    with db.read() as conn:
        return {table: conn.exec_driver_sql(f"select count(*) from {table}").scalar_one() for table in TABLES}


def street_file(path: Path, *rows: tuple[dict[str, Any], list[XY]]) -> Path:
    """A GeoJSON of lines drawn in metres; an empty line has no shape."""
    features = [
        {
            "type": "Feature",
            "properties": tags,
            "geometry": {"type": "LineString", "coordinates": lonlat_of(way).tolist()} if way else None,
        }
        for tags, way in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


LONG: tuple[dict[str, Any], list[XY]] = ({"highway": "residential", "name": "青河路"}, [(0, 0), (600, 0), (1200, 0)])
SIDE: tuple[dict[str, Any], list[XY]] = ({"highway": "footway"}, [(600, 0), (600, 90)])
ALONE: tuple[dict[str, Any], list[XY]] = ({"highway": "path"}, [(0, 700), (300, 700)])


def test_a_file_of_lines_lands_with_its_sums(db: Database, tmp_path: Path) -> None:
    rail = ({"railway": "rail"}, [(-100, 50), (1300, 50)])
    report = import_streets(db, street_file(tmp_path / "town.geojson", LONG, SIDE, ALONE, rail), ImportOptions(), AT)
    assert (report.read, report.added, report.rejected) == (4, 4, 0)
    assert report.totals == {
        "walkable_km": 1.590,
        "private_km": 0,
        "steps_km": 0,
        "bike_km": 1.5,
        "car_km": 1.2,
        "pieces": 4,
        "junctions": 6,
        "components": 2,
        "components_not_used": 1,
        "components_not_used_km": 0.3,
        "barriers_that_stop": 1,
        "stops_in_ways": 0,
        "gates": 0,
        "compounds_with_gates": 0,
        "turns": 0,
        "turns_not_used": 0,
        "missing_points": 0,
    }
    assert [note.key for note in report.notes if note.key.startswith("streets")] == ["streets_small_components"]
    with db.read() as conn:
        graph = load_graph(conn)
        summary = conn.exec_driver_sql("select summary from street_network").scalar_one()
    assert summary == report.totals
    assert sorted(graph.length_m_of_piece.round(1)) == [90, 300, 600, 600]
    assert sorted(graph.component_m_of_piece.round(1)) == [300, 1290, 1290, 1290]


def test_the_same_file_again_changes_nothing(db: Database, tmp_path: Path) -> None:
    path = street_file(tmp_path / "town.geojson", LONG)
    first = import_streets(db, path, ImportOptions(), AT)
    before = counts(db)
    for options in (ImportOptions(), ImportOptions(replace=True)):
        again = import_streets(db, path, options, AT)
        assert (again.read, again.unchanged, again.added, again.import_id) == (first.read, first.read, 0, None)
    assert counts(db) == before
    assert {f"total_{name}" for name in first.totals} <= catalogue().keys()
    dated = import_streets(db, path, ImportOptions(data_date=date(2024, 5, 1)), AT)
    assert dated.added == 1
    with db.read() as conn:
        assert load_graph(conn).network_date == date(2024, 5, 1)


def test_a_new_version_can_be_taken_back(db: Database, tmp_path: Path) -> None:
    path = street_file(tmp_path / "town.geojson", LONG)
    first = import_streets(db, path, ImportOptions(), AT)
    second = import_streets(db, street_file(path, LONG, SIDE), ImportOptions(), AT)
    with db.read() as conn:
        assert len(load_graph(conn).length_m_of_piece) == 3
    assert first.import_id is not None
    assert second.import_id is not None
    with pytest.raises(BadMove):
        undo_import(db, first.import_id, AT)
    undo_import(db, second.import_id, AT)
    with db.read() as conn:
        assert len(load_graph(conn).length_m_of_piece) == 1
    third = import_streets(db, street_file(path, LONG, SIDE), ImportOptions(), AT)
    assert third.added == 2


def test_every_vector_format_gives_the_same_streets(db: Database, tmp_path: Path) -> None:
    """GeoPackage beside a layer of points, a Shapefile in a metric zone, GeoParquet; multi-part lines are split."""
    lines = shapely.multilinestrings([shapely.linestrings(lonlat_of(way)) for _, way in (LONG, ALONE)])
    rows = geopandas.GeoDataFrame(
        {"highway": ["residential", "footway"], "name": ["青河路", None]},
        geometry=[lines, shapely.LineString(lonlat_of(SIDE[1]))],
        crs=4326,
    )
    points = geopandas.GeoDataFrame({"POP_2020": [3.5]}, geometry=[shapely.Point(103.2, 40.4)], crs=4326)
    rows.to_file(tmp_path / "both.gpkg", layer="roads")
    points.to_file(tmp_path / "both.gpkg", layer="cells")
    rows.to_crs(4522).to_file(tmp_path / "metres.shp", encoding="utf-8")
    rows.to_parquet(tmp_path / "rows.parquet")
    sums = [
        import_streets(db, tmp_path / name, ImportOptions(), AT).totals
        for name in ("both.gpkg", "metres.shp", "rows.parquet")
    ]
    assert sums[0] == sums[1] == sums[2]
    assert sums[0]["walkable_km"] == 1.590
    assert sums[0]["components"] == 2


def test_an_extract_gives_its_date_and_tells_what_it_lacks(db: Database, tmp_path: Path) -> None:
    nodes = {1: (103.2, 40.4), 2: (103.21, 40.4), 3: (103.22, 40.4)}
    path = write_pbf(tmp_path / "town.osm.pbf", nodes, [({"highway": "residential"}, [1, 2, 3, 99])])
    report = import_streets(db, path, ImportOptions(), AT)
    assert report.totals["missing_points"] == 1
    assert "streets_missing_points" in [note.key for note in report.notes]
    with db.read() as conn:
        assert load_graph(conn).network_date == date(2025, 6, 1)


def test_rows_without_shape_or_length_are_told(db: Database, tmp_path: Path) -> None:
    path = street_file(
        tmp_path / "town.geojson", LONG, ({"highway": "path"}, []), ({"highway": "path"}, [(5, 5), (5, 5)])
    )
    report = import_streets(db, path, ImportOptions(), AT)
    (note,) = [note for note in report.notes if note.key == "streets_without_length"]
    assert note.evidence == {"count": 2, "rows": "2, 3"}


def test_a_line_that_says_nothing_is_refused_or_left_out(db: Database, tmp_path: Path) -> None:
    path = street_file(tmp_path / "town.geojson", LONG, ({"highway": None, "power": "line"}, [(0, 0), (9, 9)]))
    before = counts(db)
    with pytest.raises(BadRows) as error:
        import_streets(db, path, ImportOptions(rejected_dir=tmp_path / "rejected"), AT)
    (fault,) = error.value.evidence["faults"]
    assert (fault["row"], fault["key"]) == (2, "street_without_tags")
    assert counts(db) == before
    report = import_streets(db, path, ImportOptions(keep_going=True), AT)
    assert (report.read, report.added, report.rejected) == (2, 1, 1)


BAD_FILES = {
    "absent.geojson": (None, "file_missing"),
    "empty.geojson": (b"", "file_empty"),
    "text.geojson": (b"not json", "file_not_readable"),
    "empty.osm.pbf": (b"", "file_empty"),
    "text.osm.pbf": (b"lon,lat\n" * 50, "file_not_readable"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_leaves_the_store_as_it_was(db: Database, tmp_path: Path, name: str) -> None:
    content, key = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = counts(db)
    with pytest.raises(BadFile) as error:
        import_streets(db, tmp_path / name, ImportOptions(), AT)
    assert error.value.key == key
    assert counts(db) == before


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([({"name": "a line", "kind": "street"}, [(0, 0), (9, 0)])], "streets_without_tags"),
        ([({"highway": "motorway"}, [(0, 0), (900, 0)])], "streets_not_walkable"),
        ([({"highway": "service", "access": "private"}, [(0, 0), (900, 0)])], "streets_not_walkable"),
        ([({"barrier": "wall"}, [(0, 0), (900, 0)])], "streets_without_tags"),
    ],
)
def test_a_file_without_a_street_to_walk_is_refused(db: Database, tmp_path: Path, rows: list, key: str) -> None:
    before = counts(db)
    with pytest.raises(BadFile) as error:
        import_streets(db, street_file(tmp_path / "town.geojson", *rows), ImportOptions(), AT)
    assert error.value.key == key
    assert counts(db) == before


@pytest.mark.parametrize(("stops", "touching"), [((0, 1500), 1), ((0, 700, 1500), 0)])
def test_an_end_on_a_street_without_a_point_there_is_told(
    db: Database, tmp_path: Path, stops: tuple[int, ...], touching: int
) -> None:
    """A side street meets the middle of a long one; and it ends 3 m short of a third, as courtyards do."""
    long = ({"highway": "residential"}, [(x, 0) for x in stops])
    side = ({"highway": "residential"}, [(700, 0), (700, 1200)])
    third = ({"highway": "residential"}, [(0, 1203), (1500, 1203)])
    report = import_streets(db, street_file(tmp_path / "town.geojson", long, side, third), ImportOptions(), AT)
    told = [note.evidence["count"] for note in report.notes if note.key == "streets_ends_not_joined"]
    assert sum(told) == touching


def test_coordinates_that_are_no_degrees(db: Database, tmp_path: Path) -> None:
    """Latitude first: 103 degrees north is nowhere."""
    path = tmp_path / "swapped.geojson"
    swapped = [[lat, lon] for lon, lat in lonlat_of(LONG[1]).tolist()]
    line = {"type": "Feature", "properties": LONG[0], "geometry": {"type": "LineString", "coordinates": swapped}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [line]}))
    before = counts(db)
    with pytest.raises(BadFile) as error:
        import_streets(db, path, ImportOptions(), AT)
    assert error.value.key == "streets_off_the_earth"
    assert counts(db) == before


def test_values_as_other_programs_write_them(db: Database, tmp_path: Path) -> None:
    """Booleans and lists; a walled compound is a surface and a barrier."""
    rows = [
        ({"highway": "['residential', 'service']", "bridge": True, "tunnel": False, "name": "A"}, [(0, 0), (900, 0)]),
        ({"highway": "footway", "bridge": "F", "name": "B"}, [(0, 9), (90, 9)]),
    ]
    path = street_file(tmp_path / "town.geojson", *rows)
    collection = json.loads(path.read_text())
    ring = [*lonlat_of([(0, 20), (50, 20), (50, 60), (0, 60), (0, 20)]).tolist()]
    compound = {"landuse": "residential", "barrier": "wall", "name": "阳光新村"}
    shape = {"type": "Polygon", "coordinates": [ring]}
    collection["features"].append({"type": "Feature", "properties": compound, "geometry": shape})
    path.write_text(json.dumps(collection))
    import_streets(db, path, ImportOptions(), AT)
    with db.read() as conn:
        pieces = conn.exec_driver_sql("select highway, is_bridge, is_tunnel from street_piece order by name").all()
        barriers = conn.exec_driver_sql("select kind, name, stops_walkers, st_npoints(geom) from barrier").all()
        lands = conn.exec_driver_sql("select kind, name from land").all()
    assert [tuple(row) for row in pieces] == [("residential", True, False), ("footway", False, False)]
    assert [tuple(row) for row in barriers] == [("wall", "阳光新村", True, 5)]
    assert [tuple(row) for row in lands] == [("compound", "阳光新村")]


@pytest.mark.parametrize(
    ("lon", "lat", "key"), [(28.1, -15.4, "streets_swapped"), (103.2, 40.4, "streets_elsewhere"), (-15.4, 28.1, None)]
)
def test_streets_of_another_place(db: Database, tmp_path: Path, lon: float, lat: float, key: str | None) -> None:
    """A city at 15.4 west, 28.1 north; streets there, with the two exchanged, and in China."""
    area = {"level": "city", "code": "990100000000", "name": "青河市"}
    shape = shapely.geometry.mapping(shapely.box(-15.5, 28.0, -15.3, 28.2))
    path = tmp_path / "area.geojson"
    feature = {"type": "Feature", "properties": area, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    import_areas(db, path, ImportOptions(), AT)
    nodes = {1: (lon, lat), 2: (lon + 0.01, lat + 0.01)}
    streets = write_pbf(tmp_path / "streets.osm.pbf", nodes, [({"highway": "residential"}, [1, 2])])
    before = counts(db)
    if key is None:
        assert import_streets(db, streets, ImportOptions(), AT).added == 1
        return
    with pytest.raises(BadFile) as error:
        import_streets(db, streets, ImportOptions(), AT)
    assert error.value.key == key
    assert counts(db) == before


def test_a_shapefile_whose_attributes_changed_is_another_file(db: Database, tmp_path: Path) -> None:
    shape = shapely.LineString(lonlat_of(LONG[1]))
    for highway in ("residential", "footway"):
        rows = geopandas.GeoDataFrame({"highway": [highway]}, geometry=[shape], crs=4326)
        rows.to_file(tmp_path / "town.shp", encoding="utf-8")
        assert import_streets(db, tmp_path / "town.shp", ImportOptions(), AT).added == 1
    with db.read() as conn:
        classes = conn.exec_driver_sql("select highway from street_piece order by network_id").scalars().all()
    assert classes == ["residential", "footway"]
