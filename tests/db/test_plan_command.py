"""The command `gridcircle plan`: a draft from its beginning to being in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from openpyxl import load_workbook

from geo.store.database import Database
from tests.db.test_coverage_command import gridcircle
from tests.plan_towns import PlanTown, build_plan_town, unit_no
from tests.small_town import WEST, lonlat


@pytest.fixture
def town(db: Database, tmp_path: Path) -> PlanTown:
    return build_plan_town(db, tmp_path)


def ask(db: Database, *words: object) -> dict[str, Any]:
    code, told = gridcircle(db, "plan", *map(str, words), "--json")
    assert code == 0, told
    found: dict[str, Any] = json.loads(told)
    return found


def refused(db: Database, *words: object) -> dict[str, Any]:
    code, told = gridcircle(db, "plan", *map(str, words), "--json")
    assert code == 1, told
    found: dict[str, Any] = json.loads(told)
    return found


def place(x_m: float, y_m: float) -> str:
    return ",".join(f"{degrees:.7f}" for degrees in lonlat(x_m, y_m))


def test_from_beginning_to_end(db: Database, town: PlanTown, tmp_path: Path) -> None:
    plan = ask(db, "open", WEST, "--note", "2027")["plan"]["id"]
    one, two, three, four = town.grid
    would = ask(db, "paint", plan, one, unit_no(0, 4), "--dry-run")
    assert (would["plan"]["version"], would["touched"]) == (1, sorted([one, three]))
    assert ask(db, "paint", plan, one, unit_no(0, 4))["plan"]["version"] == 2
    assert ask(db, "split", plan, two, f"{place(500, 700)} {place(1000, 700)}")["can_undo"]
    assert ask(db, "undo", plan)["can_redo"]
    ask(db, "redo", plan)
    ask(db, "merge", plan, three, four)
    ask(db, "move", plan, f"{place(500, 600)} {place(520, 610)}")
    ask(db, "carve", plan, "商圈", " ".join(place(x, y) for x, y in ((620, 620), (680, 620), (680, 680), (620, 680))))
    ask(db, "post", plan, one, "member", "--vacant")
    ask(db, "rename", plan, one, "河西一格")
    ask(db, "lock", plan, one)
    assert "locked" in refused(db, "paint", plan, one, unit_no(1, 4))["detail"]
    ask(db, "lock", plan, one, "--off")
    ask(db, "renumber", plan)
    shown = ask(db, "show", plan)
    assert sum(grid["residents"] for grid in shown["grids"]) == 4000
    assert [edit["op"] for edit in ask(db, "history", plan)["edits"]][:4] == ["paint", "split", "undo", "redo"]
    rules = {row["rule"] for row in ask(db, "problems", plan)["problems"] if row["severity"] == "warning"}
    assert "warnings" in refused(db, "publish", plan)["detail"]
    ask(db, "propose", plan)
    ask(db, "redraft", plan)
    told = ask(db, "consequences", plan, "--out", tmp_path / "changes.xlsx")
    assert told["whole"]["residents"] == 4000
    assert told["moved"]["residents"] > 1000  # a merged grid's people change grid
    assert load_workbook(tmp_path / "changes.xlsx").sheetnames
    for ending in ("gpkg", "geojson", "zip", "topojson"):
        ask(db, "export", plan, "--out", tmp_path / f"plan.{ending}")
    assert len(pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids")) == len(shown["grids"])
    published = ask(db, "publish", plan, *(word for rule in rules for word in ("--accept", f"{rule}=试点")))
    assert published["plan"]["state"] == "published"
    assert ask(db, "list", "--state", "published")["plans"][0]["id"] == plan
    compared = ask(db, "compare", town.plan_id, plan)
    assert compared["moved"] == told["moved"]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("open", "990101001009"), "plan_community_unknown"),
        (("show", 999), "plan_unknown"),
        (("split", 2, 1, "nonsense"), "what_if_lonlat_unread"),
        (("post", 2, 1, "king"), "plan_post_unknown"),
        (("publish", 2, "--accept", "households"), "plan_acceptance_unread"),
        (("rename", 2, 1, "x", "--version", 7), "plan_stale"),
        (("units", "123"), "unit_community_unknown"),
    ],
)
def test_what_is_refused(db: Database, town: PlanTown, words: tuple[object, ...], key: str) -> None:
    ask(db, "open", WEST)
    assert refused(db, *words)["key"] == key


def test_withdrawing(db: Database, town: PlanTown) -> None:
    plan = ask(db, "open", WEST)["plan"]["id"]
    assert ask(db, "withdraw", plan)["plan"]["state"] == "withdrawn"
    assert refused(db, "rename", plan, town.grid[0], "x")["key"] == "plan_wrong_state"
