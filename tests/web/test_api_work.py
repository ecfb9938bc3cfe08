"""Counts of work over HTTP: for planners alone, all or nothing, and told nowhere else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from geo.store.database import Database
from tests.plan_towns import PlanTown, unit_no
from tests.small_town import EAST, WEST, everything
from tests.web.conftest import ORIGIN
from tests.web.test_api_contract import needed_roles
from tests.web.test_api_plans import bearer

WORK = f"/api/v1/communities/{WEST}/work-counts"
MARK = 73_513
"""A count that no other figure of the town looks like."""


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def api(app: FastAPI, town: PlanTown) -> Iterator[TestClient]:
    with TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "en"}, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def planner(db: Database, town: PlanTown) -> dict[str, str]:
    return bearer(db, "planner")


def send(api: TestClient, headers: dict[str, str], *counts: dict[str, Any], as_of: str = "2026-02-01") -> Any:
    return api.put(WORK, json={"as_of": as_of, "counts": list(counts)}, headers=headers)


def unit(column: int, line: int, **numbers: Any) -> dict[str, Any]:
    return {"unit_no": unit_no(column, line), **numbers}


def test_sent_told_and_moved(api: TestClient, planner: dict[str, str], town: PlanTown) -> None:
    first = send(api, planner, unit(0, 4, open_cases=7, cases_a_month=2.5), unit(0, 9, open_cases=11))
    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["added"], told["retired"]) == (3, 0)
    assert told["totals"] == {"work_open_cases": 18, "work_cases_a_month": 2.5}
    again = send(api, planner, unit(0, 9, open_cases=11), unit(0, 4, open_cases=7, cases_a_month=2.5)).json()
    assert (again["import_id"], again["unchanged"]) == (None, 3)
    listed = api.get(WORK, headers=planner).json()
    assert listed["as_of"] == {"open_cases": "2026-02-01", "cases_a_month": "2026-02-01"}
    assert len(listed["units"]) == 100
    assert listed["units"][unit_no(0, 4)] | {"lonlat": None} == {
        "unit_no": unit_no(0, 4), "lonlat": None, "households": 16, "open_cases": 7, "cases_a_month": 2.5,
        "visits_due": None, "special_households": None,
    }  # fmt: skip

    draft = api.post("/api/v1/plans", json={"community": WEST}, headers=planner).json()["id"]
    detail = api.get(f"/api/v1/plans/{draft}", headers=planner).json()
    assert detail["work_dates"] == listed["as_of"]
    paint = {"op": "paint", "units": [unit_no(0, 4)], "grid": town.grid[0]}
    did = api.post(f"/api/v1/plans/{draft}/edits", json=paint, headers={**planner, "If-Match": '"1"'}).json()
    hours = {feature["id"]: feature["properties"]["hours_per_month"] for feature in did["touched"]}
    without = send(api, planner, unit(0, 4, cases_a_month=0)).json()
    assert without["retired"] == 0
    after = api.get(f"/api/v1/plans/{draft}", headers=planner).json()
    now = {feature["id"]: feature["properties"]["hours_per_month"] for feature in after["features"]}
    assert hours[town.grid[0]] - now[town.grid[0]] == pytest.approx(2.5, abs=0.02)
    assert hours[town.grid[2]] == now[town.grid[2]]
    assert after["inputs_hash"] != detail["inputs_hash"]

    changes = api.get(f"/api/v1/plans/{draft}/consequences", headers=planner).json()
    assert changes["of_units_whole"] == {"open_cases": 18, "cases_a_month": 0}
    assert changes["of_units_moved"] == {"open_cases": 7, "cases_a_month": 0}
    work = {
        entry["grid"]["id"]: (entry["before"]["open_cases"], entry["after"]["open_cases"]) for entry in changes["work"]
    }
    assert [work[grid] for grid in town.grid] == [(11, 18), (0, 0), (7, 0), (0, 0)]
    assert changes["comparison"]["made"]["work_dates"]["open_cases"] == "2026-02-01"


@pytest.mark.parametrize(
    ("count", "key"),
    [
        ({"unit_no": 100, "open_cases": 1}, "rows_refused"),
        ({"unit_no": 3}, "work_nothing_counted"),
        ({"unit_no": 3, "open_cases": -1}, None),
        ({"unit_no": 3, "open_cases": 1.5}, None),
        ({"unit_no": 3, "open_cases": 10**9}, None),
        ({"unit_no": 3, "open_cases": "=1+1"}, None),
        ({"unit_no": 3, "cases_a_month": "Infinity"}, None),
        ({"unit_no": -1, "open_cases": 1}, None),
        ({"unit_no": 10**30, "open_cases": 1}, None),
        ({"unit_no": 3, "open_cases": 1, "member": "somebody"}, None),
    ],
)
def test_what_is_refused_changes_nothing(
    api: TestClient, planner: dict[str, str], db: Database, count: dict[str, Any], key: str | None
) -> None:
    send(api, planner, unit(1, 1, open_cases=5))
    before = everything(db)
    answer = send(api, planner, unit(5, 5, open_cases=2) if key == "rows_refused" else unit(5, 5), count)
    assert answer.status_code == 422, answer.text
    assert key is None or answer.json()["key"] == key
    assert everything(db) == before


def test_faults_name_the_row(api: TestClient, planner: dict[str, str]) -> None:
    faults = send(api, planner, unit(0, 0, open_cases=1), unit(0, 0, open_cases=2)).json()["evidence"]["faults"]
    assert [(fault["row"], fault["key"]) for fault in faults] == [(2, "work_unit_twice")]


def test_days_and_places(api: TestClient, planner: dict[str, str]) -> None:
    assert send(api, planner, unit(0, 0, open_cases=1), as_of="2999-01-01").json()["key"] == "work_day_to_come"
    assert send(api, planner, unit(0, 0, open_cases=1), as_of="yesterday").status_code == 422
    assert send(api, planner).status_code == 422
    other = "/api/v1/communities/990101001009/work-counts"
    assert api.get(other, headers=planner).status_code == 404
    assert api.put(other, json={"as_of": "2026-02-01", "counts": [{"unit_no": 1}]}, headers=planner).status_code == 404
    assert api.get("/api/v1/communities/x/work-counts", headers=planner).status_code == 422


def test_only_planners_and_only_within_their_area(api: TestClient, db: Database) -> None:
    body = {"as_of": "2026-02-01", "counts": [unit(0, 0, open_cases=1)]}
    files = (WORK, f"{WORK}.xlsx", f"{WORK}.csv")
    for headers, status in (({}, 401), (bearer(db, "viewer"), 403), (bearer(db, "dispatcher"), 403)):
        assert {api.get(path, headers=headers).status_code for path in files} == {status}
        assert api.put(WORK, json=body, headers=headers).status_code == status
    stranger, here = bearer(db, "planner", EAST), bearer(db, "planner", WEST)
    assert {api.get(path, headers=stranger).json()["key"] for path in files} == {"token_outside_area"}
    assert api.put(WORK, json=body, headers=stranger).json()["key"] == "token_outside_area"
    assert api.put(WORK, json=body, headers=here).status_code == 200
    assert {api.get(path, headers=here).status_code for path in files} == {200}


def test_the_file_to_fill_in(api: TestClient, planner: dict[str, str]) -> None:
    send(api, planner, unit(0, 0, visits_due=9))
    answer = api.get(f"{WORK}.xlsx", headers={**planner, "Accept-Language": "zh"})
    assert answer.headers["content-disposition"] == f'attachment; filename="work-{WEST}.xlsx"'
    sheet = load_workbook(io.BytesIO(answer.content))["工作量统计"]
    headers, first = (list(line) for line in sheet.iter_rows(max_row=2, values_only=True))
    assert dict(zip(headers, first, strict=True))["每月应走访"] == 9
    assert api.get(f"{WORK}.csv", headers=planner).text.startswith("\ufeffcommunity_code,unit_no,lon,lat,households,")


def test_counts_do_not_follow_from_the_load_that_others_are_told(
    api: TestClient, planner: dict[str, str], db: Database, town: PlanTown
) -> None:
    """Viewers know households, shops and ways: the hours of a grid would say how many of special groups it has."""
    viewer = bearer(db, "viewer")
    moved = api.post("/api/v1/plans", json={"community": WEST}, headers=planner).json()["id"]
    paint = {"op": "paint", "units": [unit_no(4, row) for row in range(5, 10)], "grid": town.grid[1]}
    api.post(f"/api/v1/plans/{moved}/edits", json=paint, headers={**planner, "If-Match": '"1"'}).raise_for_status()
    api.post(f"/api/v1/plans/{moved}/propose", json={}, headers={**planner, "If-Match": '"2"'}).raise_for_status()
    asked = f"/api/v1/plans/{moved}", f"/api/v1/plans/compare?a={town.plan_id}&b={moved}"
    asked += (f"/api/v1/plans/{moved}/export.geojson", "/api/v1/plans/compare?from_day=2026-03-02&to_day=2026-03-03")
    before = [api.get(path, headers=viewer).content for path in asked]
    sent = send(
        api, planner, *(unit(*divmod(place, 10), special_households=3, cases_a_month=2) for place in range(100))
    )
    assert sent.status_code == 200, sent.text
    assert api.get(asked[0], headers=planner).content != before[0]
    assert [api.get(path, headers=viewer).content for path in asked] == before


def test_counts_are_told_nowhere_else(
    api: TestClient, app: FastAPI, planner: dict[str, str], db: Database, town: PlanTown
) -> None:
    draft = api.post("/api/v1/plans", json={"community": WEST}, headers=planner).json()["id"]
    counts = {"open_cases": MARK, "special_households": MARK}
    assert send(api, planner, unit(0, 4, **counts)).status_code == 200
    propose = api.post(f"/api/v1/plans/{draft}/propose", json={}, headers={**planner, "If-Match": '"1"'})
    assert propose.status_code == 200
    viewer, n_asked = bearer(db, "viewer"), 0
    plan = {"plan_id": draft, "grid_id": town.grid[0], "ending": "geojson"}
    values = {**plan, "station_id": 1, "layers": "public", "z": 14, "x": 12888, "y": 6190}
    for route in iter_route_contexts(app.routes):
        roles = set(needed_roles(route.dependant))
        if (
            "GET" not in (route.methods or ())
            or roles.isdisjoint({"public", "viewer"})
            or "{job_id}" in str(route.path)
        ):
            continue
        try:
            path = str(route.path).format(**values)
        except KeyError:
            continue
        query = {"a": town.plan_id, "b": draft} if path.endswith("/compare") else {}
        answer = api.get(path, params=query, headers=viewer if roles == {"viewer"} else {})
        n_asked += answer.status_code == 200
        assert str(MARK).encode() not in answer.content, path
    assert n_asked > 8
    book = load_workbook(io.BytesIO(api.get(f"/api/v1/plans/{draft}/export.xlsx", headers=viewer).content))
    assert not any(MARK in line for sheet in book.worksheets for line in sheet.iter_rows(values_only=True))
