"""Importing people: every count, every fault, and sums that add up."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_people import import_people
from geo.actions.imports.import_streets import import_streets
from geo.actions.imports.undo_import import undo_import
from geo.errors import BadFile, BadRows, GridcircleError
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.rules.homes import home_rules
from geo.store.database import Database
from geo.store.people import load_homes
from geo.words import catalogue
from tests.drawn_streets import XY, lonlat_of
from tests.osm_files import write_pbf

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def load(db: Database, path: Path, **wishes: Any) -> ImportReport:
    return import_people(db, path, ImportOptions(**wishes), AT)


def collection(path: Path, *rows: tuple[dict[str, Any], shapely.Geometry | None]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": values,
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for values, shape in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def box(x: float, y: float, side: float = 20) -> shapely.Polygon:
    corners: list[XY] = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return shapely.Polygon(lonlat_of(corners))


def streets(db: Database, folder: Path) -> None:
    """One street from (0, 0) to (1000, 1000): its box is the extent."""
    line = shapely.LineString(lonlat_of([(0, 0), (1000, 1000)]))
    import_streets(db, collection(folder / "street.geojson", ({"highway": "residential"}, line)), ImportOptions(), AT)


def city(db: Database, folder: Path) -> None:
    """One live area: the western half of the streets' box."""
    half = shapely.Polygon(lonlat_of([(-100, -100), (500, -100), (500, 1100), (-100, 1100)]))
    area = {"level": "city", "code": "990100000000", "name": "青河市"}
    import_areas(db, collection(folder / "area.geojson", (area, half)), ImportOptions(), AT)


BUILDING = {"id": "1", "name": "1号楼", "compound": "阳光新村", "floors": 6, "households": 40, "residents": 100}
MORE = {"elderly": 20, "children": 15, "shops": 2, "unit_entrances": 3, "head_filled": True}


def test_a_building_with_its_entrance(db: Database, tmp_path: Path) -> None:
    (lon, lat), *_ = lonlat_of([(31.0, 9.0)]).tolist()
    row = BUILDING | MORE | {"entrance_lon": lon, "entrance_lat": lat}
    report = load(db, collection(tmp_path / "people.geojson", (row, box(10, 0)), (BUILDING | {"id": "2"}, box(50, 0))))
    assert (report.read, report.added) == (2, 2)
    with db.read() as conn:
        homes = load_homes(conn)
        stored = conn.exec_driver_sql(
            "select kind, name, compound, shops, unit_entrances, head_post_filled from home order by id"
        ).all()
    assert tuple(stored[0]) == ("building", "1号楼", "阳光新村", 2, 3, True)
    assert homes.lonlat_of_start[0].tolist() == [lon, lat]
    assert box(50, 0).contains(shapely.Point(homes.lonlat_of_start[1]))
    assert homes.residents.tolist() == [100, 100]
    assert homes.elderly.tolist() == [20, 0]
    assert homes.children.tolist() == [15, 0]
    assert homes.households.tolist() == [40, 40]
    assert homes.floors.tolist() == [6, 6]
    assert not homes.residents.flags.writeable


def test_cells_keep_their_fractions_and_the_newest_year_counts(db: Database, tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(
        ",POP_2015,POP_2020,lng,lat\n0,1.25,2.5,103.2,40.4\n1,9,0.125,103.201,40.4\n", encoding="utf-8"
    )
    report = load(db, tmp_path / "cells.csv")
    with db.read() as conn:
        homes = load_homes(conn)
        kinds = conn.exec_driver_sql("select distinct kind from home").scalars().all()
    assert homes.residents.tolist() == [2.5, 0.125]
    assert kinds == ["cell"]
    assert report.totals["residents_read"] == 2.625
    assert "people_column" in [note.key for note in report.notes]


def test_chinese_headers_in_gb18030(db: Database, tmp_path: Path) -> None:
    text = "编号,常住人口,户数,老年人,儿童,经度,纬度\nA1,12,5,3,2,103.2,40.4\n"
    (tmp_path / "人口.csv").write_bytes(text.encode("gb18030"))
    load(db, tmp_path / "人口.csv")
    with db.read() as conn:
        homes = load_homes(conn)
    assert [homes.residents[0], homes.households[0], homes.elderly[0], homes.children[0]] == [12, 5, 3, 2]


def test_the_totals_add_up(db: Database, tmp_path: Path) -> None:
    """In the area; near the streets but in no area; beyond the streets; and a rejected row with people."""
    streets(db, tmp_path)
    city(db, tmp_path)
    rows = [
        (BUILDING | {"residents": 10.1}, box(100, 100)),
        (BUILDING | {"id": "2", "residents": 20.2}, box(800, 700)),
        (BUILDING | {"id": "3", "residents": 30.3}, box(900, 100)),
        (BUILDING | {"id": "4", "residents": 40.4, "households": -1}, box(200, 100)),
    ]
    report = load(db, collection(tmp_path / "people.geojson", *rows), keep_going=True)
    totals = {name: round(value, 6) for name, value in report.totals.items()}
    assert totals == {
        "residents_read": 101.0,
        "residents_placed": 10.1,
        "residents_outside_streets": 30.3,
        "residents_not_placed": 60.6,
    }
    assert {f"total_{name}" for name in totals} <= catalogue().keys()
    parts = [value for name, value in report.totals.items() if name != "residents_read"]
    assert math.fsum(parts) == pytest.approx(report.totals["residents_read"], rel=1e-12)
    with db.read() as conn:
        assert len(load_homes(conn)) == 3


def test_the_same_file_again_changes_nothing_and_a_missing_row_is_told(db: Database, tmp_path: Path) -> None:
    rows = [(BUILDING, box(0, 0)), (BUILDING | {"id": "2"}, box(50, 0))]
    path = collection(tmp_path / "people.geojson", *rows)
    first = load(db, path)
    again = load(db, path)
    assert (again.unchanged, again.changed, again.added, again.import_id) == (2, 0, 0, None)
    collection(path, (BUILDING | {"residents": 90}, box(0, 0)))
    less = load(db, path)
    assert (less.changed, less.missing, less.retired) == (1, 1, 0)
    gone = load(db, path, replace=True)
    assert (gone.missing, gone.retired) == (1, 1)
    with db.read() as conn:
        assert load_homes(conn).residents.tolist() == [90]
    for report in (gone, less, first):
        assert report.import_id is not None
        undo_import(db, report.import_id, AT)
    with db.read() as conn:
        assert len(load_homes(conn)) == 0


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"residents": "many"}, "number_expected"),
        ({"residents": -3}, "number_negative"),
        ({"residents": None}, "value_missing"),
        ({"residents": 30, "elderly": 20, "children": 15}, "people_parts_exceed"),
        ({"shops": 1.5}, "whole_number_expected"),
        ({"id": "2"}, "value_twice"),
        ({"entrance_lon": 40.4, "entrance_lat": 103.2}, "lonlat_range"),
    ],
)
def test_what_is_wrong_with_a_row(db: Database, tmp_path: Path, change: dict[str, Any], key: str) -> None:
    rows = [(BUILDING | {"id": "2"}, box(0, 0)), (BUILDING | MORE | change, box(50, 0))]
    refused(db, collection(tmp_path / "people.geojson", *rows), key)


@pytest.mark.parametrize(
    ("shape", "key"),
    [
        (None, "shape_missing"),
        (shapely.Polygon(), "shape_missing"),
        (shapely.LineString([(103.2, 40.4), (103.3, 40.4)]), "home_shape_expected"),
        (shapely.Point(40.4, 103.2), "shape_swapped"),
        (shapely.Point(37_500_000, 4_400_000), "lonlat_range"),
        (shapely.Polygon([(103.2, 40.4), (103.2, 40.5), (103.2, 40.4)]), "polygon_empty"),
    ],
)
def test_what_is_wrong_with_a_shape(db: Database, tmp_path: Path, shape: shapely.Geometry | None, key: str) -> None:
    refused(db, collection(tmp_path / "people.geojson", (BUILDING, box(0, 0)), (BUILDING | {"id": "2"}, shape)), key)


def test_swapped_where_both_are_on_earth_is_told_by_the_streets(db: Database, tmp_path: Path) -> None:
    """28 east, 15 north is a place; but the streets lie at 15 east, 28 north."""
    line = shapely.LineString([(15.40, 28.10), (15.42, 28.12)])
    import_streets(db, collection(tmp_path / "s.geojson", ({"highway": "path"}, line)), ImportOptions(), AT)
    (tmp_path / "cells.csv").write_text("POP_2020,lng,lat\n5,28.11,15.41\n5,15.41,28.11\n5,103.2,40.4\n")
    error = refused(db, tmp_path / "cells.csv", "lonlat_swapped")
    assert [fault["row"] for fault in error.evidence["faults"]] == [2]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("absent.csv", None, "file_missing"),
        ("empty.csv", "", "file_empty"),
        ("nobody.csv", "name,lng,lat\nx,103.2,40.4\n", "people_missing"),
        ("nowhere.csv", "residents\n3\n", "positions_missing"),
    ],
)
def test_files_that_cannot_be_taken(db: Database, tmp_path: Path, name: str, content: str | None, key: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    refused(db, tmp_path / name, key)


def refused(db: Database, path: Path, key: str) -> GridcircleError:
    with pytest.raises((BadRows, BadFile)) as error:
        load(db, path)
    keys = {fault["key"] for fault in error.value.evidence.get("faults", [])} or {error.value.key}
    assert keys == {key}, str(error.value)
    with db.read() as conn:
        assert len(load_homes(conn)) == 0
        batches = conn.exec_driver_sql("select count(*) from import_batch where kind = 'people'").scalar_one()
    assert batches == 0
    return error.value


def test_outlines_with_floors_are_estimated_and_scaled(db: Database, tmp_path: Path) -> None:
    """40 m x 40 m x 6 floors without a count, beside one of 3 m x 3 m that is a shed."""
    nodes, ways = {}, []
    outlines = [(box(0, 0, 40), "6"), (box(100, 0, 3), "1"), (box(200, 0, 40), None)]
    for number, (outline, levels) in enumerate(outlines):
        refs = [10 * number + corner for corner in range(1, 5)]
        nodes |= dict(zip(refs, outline.exterior.coords[:4], strict=True))
        tags = {"building": "house"} | ({"building:levels": levels} if levels else {})
        ways.append((tags, [*refs, refs[0]]))
    path = write_pbf(tmp_path / "homes.osm.pbf", nodes, ways)
    load(db, path)
    with db.read() as conn:
        homes = load_homes(conn)
    floor_m2 = [9600, 0, 1600]
    assert homes.residents.tolist() == pytest.approx([m2 / home_rules().m2_per_person for m2 in floor_m2], rel=1e-3)
    assert homes.households.tolist() == pytest.approx([m2 / home_rules().m2_per_household for m2 in floor_m2], rel=1e-3)
    report = load(db, path, residents=700)
    with db.read() as conn:
        homes = load_homes(conn)
    assert homes.residents.tolist() == pytest.approx([600, 0, 100], rel=1e-3)
    assert math.fsum(homes.residents) == pytest.approx(700)
    assert report.changed == 2
    assert report.totals["residents_read"] == pytest.approx(700)


def test_a_polygon_that_crosses_itself_is_mended_and_told(db: Database, tmp_path: Path) -> None:
    bow = shapely.Polygon(lonlat_of([(0, 0), (20, 20), (20, 0), (0, 20)]))
    report = load(db, collection(tmp_path / "people.geojson", (BUILDING, bow)))
    assert "home_shape_mended" in [note.key for note in report.notes]
    with db.read() as conn:
        assert conn.exec_driver_sql("select st_isvalid(geom) from home").scalar_one()
