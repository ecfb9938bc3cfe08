"""What is exported says how it came about, can be imported again, and runs nothing in a spreadsheet."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import openpyxl
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_stations import import_stations
from geo.actions.plans.export_grids import export_grids
from geo.actions.reach.export_coverage import export_coverage
from geo.actions.stations.export_stations import export_stations
from geo.errors import BadFile, CoverageMissing
from geo.files.read import read_table
from geo.files.write import OutTable, write_tables
from geo.imports.options import ImportOptions
from geo.store.database import Database
from tests import small_town as town
from tests.small_town import AT, everything, square, write_csv

LATER = AT + timedelta(days=1)


@pytest.mark.parametrize("ending", ["xlsx", "gpkg", "geojson"])
def test_stations_come_back_unchanged(ending: str, db: Database, tmp_path: Path) -> None:
    rows = town.stations(3, staff=4)
    rows[1] |= {"name": "=HYPERLINK(1)", "opening_hours": "", "capacity": "", "staff": 0}
    rows[2] |= {"staff": ""}
    import_stations(db, write_csv(tmp_path / "s.csv", rows), ImportOptions(source="s"), AT)
    before = everything(db)
    out = tmp_path / f"stations.{ending}"
    assert export_stations(db, out, LATER) == 3
    layer = "stations" if ending == "gpkg" else None
    report = import_stations(db, out, ImportOptions(source="s", layer=layer), LATER)
    assert (report.read, report.changed + report.unchanged) == (3, 3)
    if ending != "geojson":  # rounded to a centimetre there
        assert report.unchanged == 3
        assert everything(db) == before


def test_grids_come_back_unchanged(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    before = everything(db)
    out = tmp_path / "out.gpkg"
    assert export_grids(db, out, LATER) == 8
    assert [name for name, _ in pyogrio.list_layers(out)] == ["grids", "about"]
    report = import_grids(db, out, ImportOptions(source="grids"), LATER)
    assert (report.unchanged, report.import_id) == (8, None)
    assert everything(db) == before


def test_every_file_of_an_invented_city_says_so(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    said = []
    for write in (export_stations, export_grids):
        write(db, tmp_path / "out.geojson", LATER)
        said.append(json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))["about"]["invented"])
    assert all("这座城市是虚构的" in told and "describe no real place" in told for told in said)
    with db.write() as conn:
        conn.execute(text("update area set code = '15' || substr(code, 3)"))
    export_stations(db, tmp_path / "out.geojson", LATER)
    assert "invented" not in json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))["about"]


def test_formulas_are_text(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    hostile = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "青河"]
    write_tables(out, [OutTable("t", ["=h"], [[text] for text in hostile])], {"=k": "=v"})
    for sheet in openpyxl.load_workbook(out).worksheets:
        assert {cell.data_type for row in sheet.rows for cell in row if cell.value is not None} == {"s"}
    assert [row[0].value for row in list(openpyxl.load_workbook(out)["t"].rows)[1:]] == hostile


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    table = OutTable("t", ["a"], [[1]], [square(0, 0, 1, 1)])
    for name in ("out.docx", "nowhere/out.xlsx", "nowhere/out.gpkg", "nowhere/out.geojson"):
        with pytest.raises(BadFile):
            write_tables(tmp_path / name, [table], {})
    assert not list(tmp_path.iterdir())


def test_geojson_says_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out.geojson"
    write_tables(out, [OutTable("t", ["a"], [[1], [None]], [square(0, 0, 9, 9), shapely.Point(1, 2)])], {"hash": "ab"})
    whole = json.loads(out.read_text(encoding="utf-8"))
    assert whole["about"] == {"hash": "ab"}
    assert [feature["properties"] for feature in whole["features"]] == [{"a": 1}, {"a": None}]
    table = read_table(out)
    assert table.shapes is not None
    assert table.shapes[1].equals(shapely.Point(1, 2))


def test_coverage_must_have_been_computed(db: Database, tmp_path: Path) -> None:
    with pytest.raises(CoverageMissing):
        export_coverage(db, tmp_path / "out.xlsx", LATER, "zh")
