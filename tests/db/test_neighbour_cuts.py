"""Two communities side by side, one of them cut again after something on their border has changed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import shapely
from sqlalchemy import insert

from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.work.check_cuts import check_cuts
from geo.actions.work.store_cuts import cut_and_store
from geo.plan_problems import Problem
from geo.store.database import Database
from geo.store.tables import home
from tests.db.test_coverage_command import gridcircle
from tests.plan_towns import HAND
from tests.small_town import AT, EAST, WEST, load, lonlat, square

LATER = AT + timedelta(days=40)
ON_THE_BORDER = (995, 490, 1025, 530)


@pytest.fixture
def town(db: Database, tmp_path: Path) -> Database:
    load(db, tmp_path)
    assert check_cuts(db, cut_and_store(db, None, AT)) == []
    return db


def build(db: Database, *box: float) -> None:
    """A house."""
    shape = square(*box)
    counts = {"households": 1.0, "residents": 2.0, "elderly": 0.0, "children": 0.0}
    shapes = {"geom": f"SRID=4326;{shape.wkt}", "start": f"SRID=4326;{shape.centroid.wkt}"}
    with db.write() as conn:
        conn.execute(insert(home), [{"kind": "building", **shapes, **counts, "source": "t", "source_key": "1"}])


def begun(db: Database, community: str) -> int:
    return open_plan(db, community, None, None, HAND).plan.id


def told(db: Database, plan_id: int) -> list[Problem]:
    return [problem for problem in view_plan(db, plan_id).problems if problem.rule == "neighbours"]


def test_a_neighbour_that_was_cut_before_is_told_with_its_day(town: Database) -> None:
    draft = begun(town, WEST)
    assert told(town, draft) == []
    build(town, *ON_THE_BORDER)
    (odd,) = check_cuts(town, cut_and_store(town, [EAST], LATER))
    assert (odd.code, odd.neighbour_code, odd.day) == (EAST, WEST, AT.date().isoformat())
    (note,) = told(town, draft)
    assert (note.severity, note.subject, note.evidence["corners"]) == ("note", EAST, odd.corners)
    assert note.evidence["day"] == LATER.date().isoformat()
    assert f"gridcircle plan units {WEST} {EAST}" in note.in_language("zh")
    assert "cut into units on 2026-04-10" in note.in_language("en")
    assert note.shape is not None
    x = shapely.get_coordinates(note.shape)[:, 0]
    assert x == pytest.approx(lonlat(1000, 500)[0], abs=1e-6), "on the border, nowhere else"


def test_the_command_tells_it_until_both_sides_are_cut_again(town: Database) -> None:
    build(town, *ON_THE_BORDER)
    code, words = gridcircle(town, "plan", "units", EAST)
    assert code == 0
    assert f"gridcircle plan units {EAST} {WEST}" in words
    code, words = gridcircle(town, "plan", "units", WEST, "--json")
    assert json.loads(words)["odd_borders"] == []
    assert told(town, begun(town, WEST)) == told(town, begun(town, EAST)) == []


def test_what_changes_within_a_community_is_nothing_to_its_neighbour(town: Database) -> None:
    build(town, 300, 300, 330, 320)
    assert check_cuts(town, cut_and_store(town, [WEST], LATER)) == []
