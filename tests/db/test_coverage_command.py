"""The command `gridcircle coverage`, and the warming of what is compiled."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from geo.cli import main
from geo.store.database import Database
from tests.db.test_compute_coverage import HOMES, add_area, add_home, add_station, add_streets, box
from tests.drawn_streets import lonlat_of
from tests.small_town import write_csv

ROOT = Path(__file__).parents[2]


def gridcircle(db: Database, *words: str, language: str = "en") -> tuple[int, str]:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {"GRIDCIRCLE_DATABASE_URL": url, "GRIDCIRCLE_LANGUAGE": language}
    result = CliRunner().invoke(main.app, list(words), env=environment)
    return result.exit_code, result.stdout


def fill(db: Database) -> None:
    with db.write() as conn:
        add_streets(conn)
        add_station(conn, 0, 0)
        for name in HOMES:
            add_home(conn, name)
        add_area(conn, "district", "990101000000", box(-10, -10, 5000, 5000))


def test_it_tells_shares_on_foot_and_by_circle(db: Database) -> None:
    fill(db)
    code, text = gridcircle(db, "coverage")
    assert code == 0
    lines = text.splitlines()
    assert "41.2%" in lines[0]  # 10.5 of 25.5
    assert "52.9%" in lines[0]  # 13.5 of 25.5
    # only the half resident up the hill is sure: how large the others' houses are is not known
    assert lines[-4:-2] == [
        "990101000000 district | 18 | 56.8% (2.7-83.8%) | 0.0% | 73.0%",
        "everybody | 26 | 41.2% (1.9-60.8%) | 0.0% | 52.9%",
    ]
    code, text = gridcircle(db, "coverage", language="zh")
    assert code == 0
    assert "输入未变" in text
    assert "全部居民" in text


def test_by_kind_and_into_a_file(db: Database, tmp_path: Path) -> None:
    fill(db)
    out = tmp_path / "kinds.csv"
    code, text = gridcircle(db, "coverage", "--by", "kind", "--out", str(out))
    assert code == 0
    assert "party_mass_centre | 10 | 41.2%" in text
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["level", "code", "name", "key", "residents", "residents_covered", "covered_share"]
    assert rows[1][3:6] == ["party_mass_centre", "25.5", "10.5"]
    assert ["mode", "planning"] in rows
    out = tmp_path / "coverage.json"
    assert gridcircle(db, "coverage", "--by", "district", "--out", str(out))[0] == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["about"]["surface"] == "dry"
    assert [(row["level"], row["residents_covered"]) for row in told["coverage"]] == [("all", 10.5), ("district", 10.5)]


def test_json_says_the_same(db: Database) -> None:
    fill(db)
    code, text = gridcircle(db, "coverage", "--json", "--by", "all", "--minutes", "16")
    assert code == 0
    told = json.loads(text)
    assert told["is_new"] is True
    assert told["run"]["minutes"] == 16
    assert told["run"]["report"]["residents"]["covered"] == 15.5
    assert [row["share"] for row in told["figures"]] == [15.5 / 25.5]
    again = json.loads(gridcircle(db, "coverage", "--json", "--by", "all", "--minutes", "16")[1])
    assert again["is_new"] is False
    assert again["run"]["id"] == told["run"]["id"]


def test_only_imports_that_change_its_inputs_say_that_it_is_behind(db: Database, tmp_path: Path) -> None:
    fill(db)
    assert gridcircle(db, "coverage", "--json")[0] == 0
    lon, lat = lonlat_of([(100, 0)])[0]
    there = {
        "id": "R1",
        "name": "巡查一队",
        "kind": "canteen",
        "position_at": "2026-03-01 08:00",
        "lon": lon,
        "lat": lat,
    }
    file = write_csv(tmp_path / "rows.csv", [there])
    happened = write_csv(
        tmp_path / "happened.csv", [{**there, "occurred_at": "2026-03-01 08:00", "category": "street_light"}]
    )

    def said(*words: str) -> str:
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        environment = {"GRIDCIRCLE_DATABASE_URL": url, "GRIDCIRCLE_LANGUAGE": "en"}
        result = CliRunner().invoke(main.app, list(words), env=environment)
        assert result.exit_code == 0, result.output
        return result.stderr

    assert "coverage" not in said("import", "resources", str(file))
    assert "is older than the data" in said("import", "stations", str(file))
    # it stays behind, and what has nothing to do with it is silent
    assert "coverage" not in said("import", "incidents", str(happened))
    assert "coverage" not in said("import", "stations", str(file))  # nothing changed
    assert "coverage" not in said("imports", "undo", "1")
    assert "is older than the data" in said("imports", "undo", "2")


def test_it_refuses_in_words(db: Database) -> None:
    code, text = gridcircle(db, "coverage", "--json")
    assert code == 1
    assert json.loads(text)["error"] == "StreetsMissing"
    fill(db)
    for words in (("--by", "street"), ("--mode", "hurried"), ("--surface", "lava"), ("--minutes", "0")):
        code, text = gridcircle(db, "coverage", *words, "--json")
        assert code == 1
        assert json.loads(text)["detail"]


WARMED = """
import sys
import numba
from geo.actions.warm import warm
warm()
def compiled():
    return {
        (module.__name__, name): len(value.signatures)
        for module in list(sys.modules.values()) if getattr(module, "__name__", "").startswith("geo.compute")
        for name, value in vars(module).items() if isinstance(value, numba.core.dispatcher.Dispatcher)
    }
after_warming = compiled()
import numpy as np
import shapely
from geo.compute.streets.ground import ground_of
from geo.compute.reach.circles import Pen
from geo.compute.reach.survey import Places, Streets, Terms, survey
from geo.compute.streets.ways import exact_ds_of_sides, net_of
from geo.rules.modes import mode, surface
from geo.streets import read_only
from tests.towns import FRAME, block_town, graph_of
graph = graph_of(block_town(9, 9, 150), [[(10, 10), (60, 10)]])
for values in vars(graph).values():
    if isinstance(values, np.ndarray):
        read_only(values)
homes = read_only(FRAME.to_lonlat(np.random.default_rng(1).uniform(0, 1200, (50, 2))))
terms = Terms(9.0, 9000, 36000, 200.0, 1.4, 1000.0, Pen(30.0, 10.0, 2500.0, 2.5))
none = np.ones((1, 4), dtype=bool)
places = Places(homes, read_only(np.arange(50.0)), read_only(np.ones(50)), homes[:4], none, none)
ground = ground_of(graph, min_component_m=1000)
how = mode("planning"), surface("dry")
streets = Streets(ground, net_of(ground, *how), exact_ds_of_sides(ground, *how), [shapely.box(103, 40, 104, 41)])
survey(streets, places, terms, lambda _: None)
assert compiled() == after_warming, {k: v for k, v in compiled().items() if after_warming.get(k) != v}
"""


def test_warming_compiles_all_that_a_city_needs() -> None:
    """No kernel is compiled a second time for other kinds of arrays, read-only ones for instance."""
    run = subprocess.run([sys.executable, "-c", WARMED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
