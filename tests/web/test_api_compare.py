"""Two plans or two days held against each other over HTTP: who moves, which ground, who may ask, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from fastapi.testclient import TestClient
from shapely.geometry import shape

from geo.actions.plans.edit_plan import edit_plan
from geo.imports.places import in_metres
from geo.plan_ops import Paint
from geo.store.database import Database
from tests.plan_towns import HAND, PlanTown, begin, unit_no
from tests.small_town import FRAME, WEST
from tests.web.conftest import ORIGIN
from tests.web.test_api_plans import bearer

COMPARE = "/api/v1/plans/compare"


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def draft(db: Database, town: PlanTown) -> int:
    """A draft in which five units of the south-western grid belong to the north-western one."""
    plan_id = begin(db).plan.id
    row = tuple(unit_no(column, 4) for column in range(5))
    edit_plan(db, plan_id, 1, Paint(row, town.grid[0]), HAND)
    return plan_id


@pytest.fixture
def api(app: FastAPI, town: PlanTown) -> Iterator[TestClient]:
    with TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "en"}, raise_server_exceptions=False) as client:
        yield client


def ask(api: TestClient, db: Database, **query: Any) -> Any:
    answer = api.get(COMPARE, params=query, headers=bearer(db, "viewer"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_two_plans_with_the_ground_that_changes_hands(
    api: TestClient, db: Database, town: PlanTown, draft: int
) -> None:
    told = ask(api, db, a=town.plan_id, b=draft)
    assert (told["moved"]["residents"], told["moved"]["buildings"], told["moved_share"]) == (200, 5, 0.05)
    (ground,) = told["ground"]
    assert (ground["before"]["id"], ground["after"]["id"]) == (town.grid[2], town.grid[0])
    assert ground["area_m2"] == pytest.approx(50_000, rel=1e-3)
    strip = in_metres(shape(ground["shape"]), FRAME)
    assert strip.symmetric_difference(shapely.box(0, 400, 500, 500)).area < 50
    flows = {(flow["before"]["id"], flow["after"]["id"]): flow["counts"]["residents"] for flow in told["flows"]}
    assert sum(flows.values()) == told["whole"]["residents"] == 4000
    assert flows[town.grid[2], town.grid[0]] == 200
    back = ask(api, db, a=draft, b=town.plan_id)
    assert [each["after"]["id"] for each in back["ground"]] == [town.grid[2]]


def test_two_days_before_the_draft_are_the_same(api: TestClient, db: Database, town: PlanTown, draft: int) -> None:
    told = ask(api, db, from_day="2026-04-01T00:00:00", to_day="2026-05-01T00:00:00", community=WEST)
    assert (told["moved"]["residents"], told["ground"]) == (0, [])
    assert told["made"]["before"] == {"plan_ids": [town.plan_id], "version": None, "day": "2026-04-01", "n_grids": 4}
    early = ask(api, db, from_day="2020-01-01T00:00:00", to_day="2026-05-01T00:00:00", community=WEST)
    assert {change["state"] for change in early["grids"]} == {"new"}
    assert [each["before"] for each in early["ground"]] == [None] * 4


@pytest.mark.parametrize(
    ("query", "status", "key"),
    [
        ({}, 422, "plans_compare_what"),
        ({"a": 1}, 422, "plans_compare_what"),
        ({"a": 1, "b": 2, "to_day": "2026-04-01T00:00:00"}, 422, "plans_compare_what"),
        ({"from_day": "2026-04-01T00:00:00"}, 422, "plans_compare_what"),
        ({"a": 1, "b": 999}, 404, "plan_unknown"),
        ({"a": 0, "b": 1}, 422, "request_faulty"),
        ({"from_day": "yesterday", "to_day": "2026-04-01T00:00:00"}, 422, "request_faulty"),
        ({"from_day": "0001-01-01T00:00:00", "to_day": "2026-04-01T00:00:00"}, 422, "time_out_of_range"),
    ],
)
def test_what_is_refused(
    api: TestClient, db: Database, town: PlanTown, query: dict[str, Any], status: int, key: str
) -> None:
    answer = api.get(COMPARE, params=query, headers=bearer(db, "viewer"))
    assert (answer.status_code, answer.json()["key"]) == (status, key)


def test_who_may_ask(api: TestClient, db: Database, town: PlanTown, draft: int) -> None:
    assert api.get(COMPARE, params={"a": town.plan_id, "b": draft}).status_code == 401
