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
from tests.plan_towns import PlanTown, unit_no
from tests.small_town import WEST, lonlat


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


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
    line = gridcircle(db, "plan", "list")[1].splitlines()[0]
    assert "区001" in line
    assert line.endswith("2027")
    compared = ask(db, "compare", town.plan_id, plan)
    assert compared["moved"] == told["moved"]


def test_days_say_what_plans_say(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """Five units with 40 residents each come to the northern grid; the plan before is in force since March 2026."""
    plan = ask(db, "open", WEST)["plan"]["id"]
    ask(db, "paint", plan, town.grid[0], *(unit_no(column, 4) for column in range(5)))
    rules = {row["rule"] for row in ask(db, "problems", plan)["problems"] if row["severity"] == "warning"}
    ask(db, "publish", plan, *(word for rule in rules for word in ("--accept", f"{rule}=试点")))
    days = ("compare", "--from", "2026-04-01", "--to", "2199-01-01")
    told = ask(db, *days, "--community", WEST, "--out", tmp_path / "days.xlsx")
    assert {**told, "made": None} == {**ask(db, *days), "made": None}
    by_plan = ask(db, "compare", town.plan_id, plan)
    assert {**told, "made": None} == {**by_plan, "made": None}  # which days were asked about is part of the inputs
    assert (told["moved"]["residents"], told["whole"]["residents"]) == (200, 4000)
    book = load_workbook(tmp_path / "days.xlsx")
    moves = [row for row in book.worksheets[1].iter_rows(min_row=2, values_only=True) if row[4] == "yes"]
    assert [(row[0], row[2], row[5]) for row in moves] == [(f"{WEST}003", f"{WEST}001", 200)]
    assert book.sheetnames == ["before and after", "moves", "matrix", "ground", "about"]
    same = ask(db, "compare", "--from", "2026-04-01", "--to", "2026-04-02")
    assert same["moved"]["residents"] == 0
    one = ask(db, "compare", town.plan_id, plan, "--out", tmp_path / "plans.json")
    assert one == by_plan
    assert json.loads((tmp_path / "plans.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("open", "990101001009"), "plan_community_unknown"),
        (("show", 999), "plan_unknown"),
        (("split", 2, 1, "nonsense"), "what_if_lonlat_unread"),
        (("split", 2, 1, "--dryrun"), "what_if_lonlat_unread"),
        (("split", 2, 1, "-70.9,40 -70.8,40"), "plan_line_does_not_cross"),
        (("move", 2, "-70.9,40 -70.8,40"), "fabric_no_vertex"),
        (("move", 2, " "), "what_if_lonlat_unread"),
        (("carve", 2, "商圈", "-70.9,40 -70.8,40 -70.8,41"), "plan_ring_outside"),
        (("post", 2, 1, "king"), "plan_post_unknown"),
        (("publish", 2, "--accept", "households"), "plan_acceptance_unread"),
        (("rename", 2, 1, "x", "--version", 7), "plan_stale"),
        (("units", "123"), "unit_community_unknown"),
        (("compare",), "plans_compare_which"),
        (("compare", 1), "plans_compare_which"),
        (("compare", 1, 2, "--from", "2026-01-01"), "plans_compare_which"),
        (("compare", 1, 2, "--community", WEST), "plans_compare_which"),
        (("compare", "--from", "2026-01-01"), "plans_compare_which"),
        (("compare", "--from", "2026-01-01", "--to", "2026-02-01", "--community", "1"), "plan_community_unknown"),
        (("compare", 1, 2, "--out", "x.pdf"), "export_ending_unknown"),
    ],
)
def test_what_is_refused(db: Database, town: PlanTown, words: tuple[object, ...], key: str) -> None:
    ask(db, "open", WEST)
    assert refused(db, *words)["key"] == key


def test_bridges_schemes_and_old_codes(db: Database, town: PlanTown) -> None:
    one, two, _, four = town.grid
    plan = ask(db, "open", WEST, "--codes", "street_of_four")["plan"]
    assert plan["code_scheme"] == "street_of_four"
    far, near = unit_no(9, 0), unit_no(0, 9)
    assert refused(db, "bridge", plan["id"], far, near)["key"] == "plan_bridge_needs_reason"
    done = ask(db, "bridge", plan["id"], far, near, "--reason", "天桥")
    assert done["touched"] == sorted([one, four])
    ask(db, "paint", plan["id"], one, far)
    ask(db, "bridge", plan["id"], near, far, "--gone")
    (breach,) = [row for row in ask(db, "problems", plan["id"])["problems"] if row["severity"] == "error"]
    assert breach["rule"] == "one_piece"
    ask(db, "undo", plan["id"])
    ask(db, "merge", plan["id"], two, one)
    ask(db, "renumber", plan["id"], "--reuse")
    assert sorted(grid["code"][-3:] for grid in ask(db, "show", plan["id"])["grids"]) == ["001", "002", "003"]
    (story,) = ask(db, "code", f"{WEST}002")["grids"]
    assert (story["id"], story["until"], [heir["code"] for heir in story["today"]]) == (two, None, [f"{WEST}002"])
    assert ask(db, "code", f"{WEST}009")["grids"] == []
    assert refused(db, "code", "9")["key"] == "grid_code_bad"
    assert refused(db, "open", WEST, "--codes", "roman")["key"] == "code_scheme_unknown"
    code, lines = gridcircle(db, "plan", "code", f"{WEST}002", "--at", "2026-03-05")
    assert (code, len(lines.splitlines())) == (0, 2)
    assert f"grid {two}" in lines
    assert "100" in lines


def test_withdrawing(db: Database, town: PlanTown) -> None:
    plan = ask(db, "open", WEST)["plan"]["id"]
    assert ask(db, "withdraw", plan)["plan"]["state"] == "withdrawn"
    assert refused(db, "rename", plan, town.grid[0], "x")["key"] == "plan_wrong_state"
