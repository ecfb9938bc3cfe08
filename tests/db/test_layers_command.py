"""The command `gridcircle layers`: every question as lines, as JSON and into files, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import pytest
from openpyxl import load_workbook

from geo.actions.work.store_cuts import cut_and_store
from geo.store.database import Database
from tests import small_town as town
from tests.db.test_coverage_command import gridcircle
from tests.drawn_layers import load_town, zone
from tests.small_town import AT, lonlat, write_geojson

IMPORT = ("--name", "water", "--department", "水务局", "--kind", "河长")


@pytest.fixture
def loaded(db: Database, tmp_path: Path) -> Database:
    load_town(db, tmp_path)
    return db


def asked(db: Database, *words: str) -> Any:
    code, text = gridcircle(db, "layers", *words, "--json")
    assert code == 0, text
    return json.loads(text)


def lines(db: Database, *words: str, language: str = "en") -> list[str]:
    code, text = gridcircle(db, "layers", *words, language=language)
    assert code == 0, text
    return text.splitlines()


def door(x_m: float, y_m: float) -> str:
    return "{:.7f},{:.7f}".format(*lonlat(x_m, y_m))


def test_a_layer_is_taken_in_listed_and_undone(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    assert "No layers are loaded" in lines(db, "list")[0]
    path = write_geojson(tmp_path / "w.geojson", [zone("A", 0, 0, 1020, 1000), zone("B", 1000, 0, 2000, 1000)])
    told = lines(db, "import", str(path), *IMPORT)
    assert told[0].startswith("departmental layers: 2 rows read = 2 added")
    (change,) = [line for line in told if " after cleaning (" in line]
    assert change.startswith(("Row 1, geometry: A had 1020", "Row 2, geometry: B had 1000")), change
    assert "water (version 1): 河长, run by 水务局; 2 zones, 1 changed by cleaning" in lines(db, "list")
    (layer,) = asked(db, "list")["layers"]
    assert (layer["name"], layer["zones"]) == ("water", 2)
    told = lines(db, "changes", "water", "--out", str(tmp_path / "changes.csv"))
    rows = (tmp_path / "changes.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "kind,zone,row,twin_of,lon,lat,before_m2,after_m2,moved_m2"
    assert rows[1].startswith("reshaped,")
    assert told[0] == "Cleaning water changed 1 zones, left 0 gaps open and put 0 homes elsewhere."
    code, text = gridcircle(db, "imports", "undo", str(layer["import_id"]))
    assert (code, "departmental layers" in text) == (0, True)
    assert asked(db, "list") == {"layers": []}


def test_what_is_refused_is_said(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    path = write_geojson(
        tmp_path / "w.geojson", [zone("A", 0, 0, 1000, 1000), ({"code": "B"}, None), ({"code": "C"}, None)]
    )
    code, text = gridcircle(db, "layers", "import", str(path), *IMPORT, "--json")
    assert code == 1
    assert [fault["row"] for fault in json.loads(text)["evidence"]["faults"]] == [2, 3]
    code, text = gridcircle(db, "layers", "audit", "--json")
    assert (code, json.loads(text)["key"]) == (1, "layer_none")
    for place in ("here", "103.2", "103.2,40.4,5", "0,0", "nan,40"):
        code, text = gridcircle(db, "layers", "at", place, "--json")
        assert (code, json.loads(text)["key"]) == (1, "layer_place_bad")


def test_the_nets_at_a_door(loaded: Database) -> None:
    told = lines(loaded, "at", door(1800, 200))
    assert told == [
        "2 nets here, of 3 layers:",
        "health (卫生网格): H2 zone H2, run by 卫健委",
        "police (警务网格): P2 zone P2, run by 公安局",
        "No net here of: fire",
    ]
    assert lines(loaded, "at", door(1800, 200), language="zh")[0] == "此处有 2 个网格（共 3 个图层）："
    assert asked(loaded, "at", "-121.5,38.5", "--layer", "fire") == {
        "lonlat": [-121.5, 38.5],
        "nets": [],
        "layers_without": ["fire"],
    }


def test_the_audit_in_lines_and_files(loaded: Database, tmp_path: Path) -> None:
    book, doors = tmp_path / "audit.xlsx", tmp_path / "doors.geojson"
    told = lines(loaded, "audit", "--out", str(book), "--doors", str(doors))
    assert told[0] == "3 layers over 2,000 residents. Nets at the door:"
    assert told[3:5] == ["  2: 500 residents in 50 homes", "  3: 1,500 residents in 150 homes"]
    assert "police | 公安局 | 2 | 2.00 | 2,000 | 0 | 0 | 0 | 0 | 0" in told
    # F2 has three columns of homes in the west and five in the east; P1 gives seven of ten to F1
    assert "fire | police | 1,500 | 0 | 500 | 80.0% | 80.0% | 0 | 0" in told
    sheets = load_workbook(book)
    assert sheets.sheetnames == ["layers", "pairs", "doors", "slivers", "about"]
    assert [row[0] for row in sheets["layers"].iter_rows(min_row=2, values_only=True)] == ["fire", "health", "police"]
    features = json.loads(doors.read_text(encoding="utf-8"))["features"]
    assert len(features) == 200
    assert sum(f["properties"]["residents"] for f in features if f["properties"]["nets"] == 3) == 1500
    assert asked(loaded, "audit", "--layer", "police")["pairs"] == []


def test_a_crosswalk_into_a_file(loaded: Database, tmp_path: Path) -> None:
    told = lines(loaded, "crosswalk", "police", "health", "--out", str(tmp_path / "both.csv"))
    assert told[:2] == [
        "police | health | residents | share of the first | share of the second",
        "P1 | H1 | 450 | 45.0% | 100.0%",
    ]
    rows = (tmp_path / "both.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "from_code,to_code,homes,households,residents,share_of_from,share_of_to"
    assert rows[1] == "P1,H1,45,180.0,450.0,0.45,1.0"


def test_a_proposal_into_a_map(loaded: Database, tmp_path: Path) -> None:
    cut_and_store(loaded, None, AT)
    out = tmp_path / "merged.gpkg"
    told = lines(loaded, "merge", "--base", "police", "--out", str(out))
    assert told[0].startswith("fire, health, police on police: 2 zones of ")
    zones = geopandas.read_file(out, layer="zones")
    assert (zones["code"].tolist(), zones["residents"].tolist()) == (["P1", "P2"], [1000, 1000])
    assert set(zones.geometry.geom_type) == {"MultiPolygon"}
    units = geopandas.read_file(out, layer="units")
    assert set(units["code"]) == {"P1", "P2"}
    told = asked(loaded, "merge", "--base", "police", "--layer", "health", "--community", town.WEST)
    assert [zone["code"] for zone in told["zones"]] == ["P1"]
    assert "shape" not in told["zones"][0]


def test_a_proposal_taken_up_and_where_it_came_from(loaded: Database, tmp_path: Path) -> None:
    cut_and_store(loaded, None, AT)
    code, text = gridcircle(
        loaded, "layers", "merge", "--base", "police", "--community", town.WEST, "--open-plan", language="en"
    )
    assert code == 0, text
    assert text.splitlines()[-3].endswith(
        "of 区001 begun: 1 grids with 1,000 residents, 0 of them kept; 2 doubts of the layers to look at."
    )
    (draft,) = asked(loaded, "merge", "--base", "police", "--community", town.EAST, "--open-plan", "--note", "2027")[
        "drafts"
    ]
    assert (draft["plan"]["note"], draft["residents"], len(draft["grids"])) == ("2027", 1000, 1)
    plan = str(draft["plan"]["id"])
    told = lines(loaded, "origin", plan, "--out", str(tmp_path / "origin.xlsx"))
    assert told[0].startswith(f"Plan {plan} was begun with fire, health, police on police (")
    assert told[1] == f"  {town.EAST}005 zone P2: zone P2, new"
    book = load_workbook(tmp_path / "origin.xlsx")
    assert book.sheetnames == ["grids", "crosswalks", "about"]
    rows = list(book["crosswalks"].iter_rows(min_row=2, values_only=True))
    assert sum(row[5] for row in rows if row[0] == "health") == 1000
    code, text = gridcircle(loaded, "layers", "origin", "1", "--json")
    assert (code, json.loads(text)["key"]) == (1, "plan_not_merged")
