"""Nets of departments through the door: who may ask, what comes back, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from fastapi.testclient import TestClient
from shapely.geometry import mapping

from geo.actions.work.store_cuts import cut_and_store
from geo.store.database import Database
from tests.drawn_layers import RESIDENTS, load_town
from tests.small_town import AT, EAST, WEST, everything, lonlat, square
from tests.web.conftest import Bearer

LAYERS, AT_DOOR, AUDIT, CROSSWALK, MERGE = (
    f"/api/v1/layers{rest}" for rest in ("", "/at", "/audit", "/crosswalk", "/merge-proposal")
)


@pytest.fixture
def world(db: Database, tmp_path: Path) -> None:
    """The small town with three nets instead of the drawn city."""
    load_town(db, tmp_path)


def ask(client: TestClient, path: str, headers: dict[str, str], **query: Any) -> Any:
    answer = client.get(path, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def door(x_m: float, y_m: float) -> dict[str, float]:
    lon, lat = lonlat(x_m, y_m)
    return {"lon": lon, "lat": lat}


def test_the_layers_that_count(client: TestClient, bearer: Bearer) -> None:
    told = ask(client, LAYERS, bearer("viewer"), limit=2)
    assert [(one["name"], one["department"], one["zones"]) for one in told["layers"]] == [
        ("fire", "消防队", 2),
        ("health", "卫健委", 4),
    ]
    assert (told["numberMatched"], told["layers"][0]["changes"], told["layers"][0]["gap_width_m"]) == (3, 0, 10)


def test_every_net_at_a_door(client: TestClient, bearer: Bearer) -> None:
    told = ask(client, AT_DOOR, bearer("dispatcher"), **door(1800, 200))
    assert [(net["layer"], net["department"], net["zone_code"]) for net in told["nets"]] == [
        ("health", "卫健委", "H2"),
        ("police", "公安局", "P2"),
    ]
    assert told["layers_without"] == ["fire"]
    only = ask(client, AT_DOOR, bearer("dispatcher"), layer="fire,police", **door(200, 200))
    assert [net["zone_code"] for net in only["nets"]] == ["F1", "P1"]


def test_a_token_for_an_area_asks_about_its_doors(client: TestClient, bearer: Bearer) -> None:
    west = bearer("dispatcher", WEST)
    assert len(ask(client, AT_DOOR, west, **door(200, 200))["nets"]) == 3
    refused = client.get(AT_DOOR, params=door(1800, 200), headers=west)
    assert (refused.status_code, refused.json()["key"]) == (403, "token_outside_area")
    for path in (AUDIT, f"{MERGE}?base=police", f"{CROSSWALK}?from_layer=police&to_layer=fire"):
        refused = client.get(path, headers=bearer("planner", EAST))
        assert (refused.status_code, refused.json()["key"]) == (403, "token_city_only")


def test_the_audit(client: TestClient, bearer: Bearer) -> None:
    told = ask(client, AUDIT, bearer("planner"))
    assert (told["residents"], told["homes"], len(told["pairs"])) == (RESIDENTS, 200, 3)
    assert [one["residents"] for one in told["doors"]] == [0, 0, 500, 1500]
    assert [one["residents_in_none"] for one in told["layers"]] == [500, 0, 0]
    pair = ask(client, AUDIT, bearer("planner"), layer="fire,police")["pairs"]
    assert [(one["residents_both"], one["residents_only_a"], one["residents_only_b"]) for one in pair] == [
        (1500, 0, 500)
    ]


def test_a_crosswalk_in_pages(client: TestClient, bearer: Bearer) -> None:
    told = ask(client, CROSSWALK, bearer("planner"), from_layer="police", to_layer="health", limit=2)
    assert (told["numberMatched"], told["numberReturned"]) == (6, 2)
    assert told["rows"][0] == {
        "from_code": "P1",
        "to_code": "H1",
        "homes": 45,
        "households": 180,
        "residents": 450,
        "share_of_from": 0.45,
        "share_of_to": 1,
    }


def test_a_proposal_on_stored_units(client: TestClient, bearer: Bearer, db: Database) -> None:
    planner = bearer("planner")
    refused = client.get(MERGE, params={"base": "police"}, headers=planner)
    assert (refused.status_code, refused.json()["key"]) == (404, "layer_no_units")
    cut_and_store(db, None, AT)
    told = ask(client, MERGE, planner, base="police")
    assert (told["type"], told["base"], told["layers"]) == ("FeatureCollection", "police", ["fire", "health", "police"])
    assert sum(zone["properties"]["residents"] for zone in told["features"]) == RESIDENTS
    assert {zone["geometry"]["type"] for zone in told["features"]} == {"MultiPolygon"}
    assert sum(row["residents"] for row in told["crosswalks"]["health"]) == RESIDENTS
    assert {unit["code"] for unit in told["zone_of_unit"]} == {"P1", "P2"}
    part = ask(client, MERGE, planner, base="police", community=WEST, layer="police,health")
    assert (part["residents"], [zone["properties"]["code"] for zone in part["features"]]) == (1000, ["P1"])


def test_a_proposal_taken_up(client: TestClient, bearer: Bearer, db: Database) -> None:
    cut_and_store(db, None, AT)
    planner = bearer("planner")
    seen = ask(client, MERGE, planner, base="police")
    wish = {"base": "police", "note": "多网合一", "inputs_hash": seen["inputs_hash"]}
    made = client.post(MERGE, json=wish, headers=planner)
    assert made.status_code == 201, made.text
    assert made.json()["inputs_hash"] == seen["inputs_hash"]
    west, east = made.json()["drafts"]
    assert [draft["plan"]["community_code"] for draft in (west, east)] == [WEST, EAST]
    assert [draft["residents"] for draft in (west, east)] == [1000, 1000]
    plan = ask(client, f"/api/v1/plans/{west['plan']['id']}", planner)
    assert [(grid["properties"]["code"], grid["properties"]["residents"]) for grid in plan["features"]] == [
        (f"{WEST}005", 1000)
    ]
    origin = ask(client, f"/api/v1/plans/{west['plan']['id']}/origin", planner)
    assert (origin["base"], origin["grids"][0]["zone_code"], origin["grids"][0]["is_kept"]) == ("police", "P1", False)
    assert sum(row["residents"] for row in origin["crosswalks"]["health"]) == 1000
    assert {row["to_code"] for rows in origin["crosswalks"].values() for row in rows} == {f"{WEST}005"}
    stale = client.post(MERGE, json={**wish, "inputs_hash": "0" * 64}, headers=planner)
    assert (stale.status_code, stale.json()["key"]) == (409, "layer_merge_moved")


def test_a_token_for_an_area_takes_up_its_own_part(client: TestClient, bearer: Bearer, db: Database) -> None:
    cut_and_store(db, None, AT)
    east = bearer("planner", EAST)
    for wish, key in (({}, "token_city_only"), ({"community": WEST}, "token_outside_area")):
        refused = client.post(MERGE, json={"base": "police", **wish}, headers=east)
        assert (refused.status_code, refused.json()["key"]) == (403, key)
    made = client.post(MERGE, json={"base": "police", "community": EAST}, headers=east)
    assert (made.status_code, len(made.json()["drafts"])) == (201, 1)
    assert client.post(MERGE, json={"base": "police"}, headers=bearer("dispatcher")).status_code == 403
    origin = f"/api/v1/plans/{made.json()['drafts'][0]['plan']['id']}/origin"
    assert client.get(origin).status_code == 401
    assert client.get(origin, headers=bearer("viewer")).status_code == 403


def test_taken_up_as_a_job(client: TestClient, app: FastAPI, bearer: Bearer, db: Database) -> None:
    cut_and_store(db, None, AT)
    planner = bearer("planner")
    accepted = client.post(MERGE, json={"base": "police"}, headers={**planner, "Prefer": "respond-async"})
    assert accepted.status_code == 202
    app.state.jobs._pool.shutdown(wait=True)
    job = client.get(accepted.json()["href"], headers=planner).json()
    assert (job["state"], job["problem"]) == ("done", None)
    result = client.get(job["result_href"], headers=planner).json()["result"]
    assert [draft["plan"]["state"] for draft in result["drafts"]] == ["draft", "draft"]


@pytest.mark.parametrize(
    ("wish", "status", "key"),
    [
        ({}, 422, "request_faulty"),
        ({"base": " "}, 422, "request_faulty"),
        ({"base": "nobody"}, 404, "layer_not_stored"),
        ({"base": "police", "layers": ["police"]}, 422, "layer_two_needed"),
        ({"base": "police", "community": "990101001999"}, 404, "plan_community_unknown"),
        ({"base": "police", "inputs_hash": "x"}, 422, "request_faulty"),
        ({"base": "police", "more": 1}, 422, "request_faulty"),
    ],
)
def test_what_cannot_be_taken_up(
    client: TestClient, bearer: Bearer, db: Database, wish: dict[str, Any], status: int, key: str
) -> None:
    cut_and_store(db, None, AT)
    planner = bearer("planner")
    answer = client.post(MERGE, json=wish, headers=planner)
    assert (answer.status_code, answer.json()["key"]) == (status, key)
    assert ask(client, "/api/v1/plans", planner, state="draft")["plans"] == []


@pytest.mark.parametrize(("path", "query"), [(AUDIT, {}), (MERGE, {"base": "police"})])
def test_as_a_job(
    client: TestClient, app: FastAPI, bearer: Bearer, db: Database, path: str, query: dict[str, str]
) -> None:
    cut_and_store(db, None, AT)
    planner = bearer("planner")
    accepted = client.get(path, params=query, headers={**planner, "Prefer": "respond-async"})
    assert accepted.status_code == 202
    app.state.jobs._pool.shutdown(wait=True)
    job = client.get(accepted.json()["href"], headers=planner).json()
    assert (job["state"], job["problem"]) == ("done", None)
    result = client.get(job["result_href"], headers=planner).json()["result"]
    assert result == ask(client, path, planner, **query)


@pytest.mark.parametrize(
    ("path", "query", "role"),
    [
        (LAYERS, {}, "viewer"),
        (AT_DOOR, {"lon": 103.2, "lat": 40.4}, "dispatcher"),
        (AUDIT, {}, "planner"),
        (CROSSWALK, {"from_layer": "police", "to_layer": "fire"}, "planner"),
        (MERGE, {"base": "police"}, "planner"),
    ],
)
def test_who_may_ask(client: TestClient, bearer: Bearer, path: str, query: dict[str, Any], role: str) -> None:
    assert client.get(path, params=query).status_code == 401
    below = {"dispatcher": "viewer", "planner": "dispatcher"}.get(role)
    if below is not None:
        assert client.get(path, params=query, headers=bearer(below)).status_code == 403


@pytest.mark.parametrize(
    ("path", "query", "status", "key"),
    [
        (AT_DOOR, {"lon": 200, "lat": 40}, 422, "request_faulty"),
        (AT_DOOR, {"lon": 0, "lat": 0}, 422, "layer_place_bad"),
        (AT_DOOR, {"lon": 103.2, "lat": 40.4, "layer": "nobody"}, 404, "layer_not_stored"),
        (AUDIT, {"layer": "police,nobody"}, 404, "layer_not_stored"),
        (AUDIT, {"layers": "police"}, 422, "query_unknown"),
        (CROSSWALK, {"from_layer": "police"}, 422, "request_faulty"),
        (CROSSWALK, {"from_layer": "police", "to_layer": "police"}, 422, "layer_two_needed"),
        (MERGE, {}, 422, "request_faulty"),
        (MERGE, {"base": "nobody"}, 404, "layer_not_stored"),
        (MERGE, {"base": "police", "layer": "police"}, 422, "layer_two_needed"),
        (MERGE, {"base": "police", "community": "99"}, 422, "request_faulty"),
        (MERGE, {"base": "police", "community": "990101001999"}, 404, "layer_no_units"),
    ],
)
def test_bad_questions_get_a_sentence(
    client: TestClient, bearer: Bearer, db: Database, path: str, query: dict[str, Any], status: int, key: str
) -> None:
    cut_and_store(db, None, AT)
    answer = client.get(path, params=query, headers=bearer("planner"))
    assert (answer.status_code, answer.json()["key"]) == (status, key)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def net(*zones: tuple[str, tuple[float, ...] | shapely.Geometry]) -> dict[str, Any]:
    """A body: zones by code, each a box in metres or a shape in degrees."""
    features = [
        {
            "type": "Feature",
            "geometry": mapping(square(*ground) if isinstance(ground, tuple) else ground),
            "properties": {"code": code, "网格名称": f"{code}格", "负责人": "张三"},
        }
        for code, ground in zones
    ]
    words = {"name": "water", "department": "水务局", "kind": "河长"}
    return {**words, "zones": {"type": "FeatureCollection", "features": features}}


WATER = net(("W1", (0, 0, 1020, 1000)), ("W2", (1000, 0, 2000, 1000)))


def test_a_layer_is_sent_cleaned_and_told(client: TestClient, db: Database, bearer: Bearer) -> None:
    """An overlap of 20 m goes to one of them, 2 % of the other; a column with somebody's name stays outside."""
    planner = bearer("planner")
    landed = client.post(LAYERS, json=WATER, headers={**planner, "Accept-Language": "en"})
    assert landed.status_code == 201, landed.text
    told = landed.json()
    assert (told["name"], told["version"], told["read"], told["added"], told["faults"]) == ("water", 1, 2, 2, [])
    (change,) = told["changes"]
    assert (change["kind"], round(change["moved_m2"], -2)) == ("reshaped", 20_000)
    assert "after cleaning" in next(note["text"] for note in told["notes"] if note["key"] == "layer_reshaped")
    (batch,) = [one for one in ask(client, "/api/v1/imports", planner)["items"] if one["id"] == told["import_id"]]
    assert (batch["kind"], batch["source"], batch["filename"]) == ("layers", "water", "layer.geojson")
    nets = ask(client, AT_DOOR, bearer("dispatcher"), layer="water", **door(1800, 200))["nets"]
    assert [(one["zone_code"], one["zone_name"], one["department"]) for one in nets] == [("W2", "W2格", "水务局")]
    assert "张三" not in str(everything(db))


def test_a_layer_sent_twice_is_once_and_another_needs_the_version_it_replaces(
    client: TestClient, db: Database, bearer: Bearer
) -> None:
    planner = bearer("planner")
    assert client.post(LAYERS, json=WATER, headers=planner).status_code == 201
    before = everything(db)
    again = client.post(LAYERS, json=WATER, headers=planner).json()
    assert (again["version"], again["unchanged"], again["import_id"]) == (1, 2, None)
    other = net(("W1", (0, 0, 900, 1000)), ("W3", (900, 0, 2000, 1000)))
    for seen in (0, 2):
        refused = client.post(LAYERS, json={**other, "seen_version": seen}, headers=planner)
        assert (refused.status_code, refused.json()["key"]) == (409, "layer_version_other")
        assert refused.json()["evidence"] == {"name": "water", "version": 1, "seen": seen}
    assert everything(db) == before
    taken = client.post(LAYERS, json={**other, "seen_version": 1}, headers=planner).json()
    assert [taken[name] for name in ("version", "added", "changed", "retired")] == [2, 1, 1, 1]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"zones": net(("W1", (0, 0, 9, 9)), ("W1", (9, 0, 20, 9)))["zones"]}, "rows_refused"),
    ({"zones": {"type": "FeatureCollection", "features": []}}, "request_faulty"),
    ({"zones": {"type": "FeatureCollection", "features": [{"type": "Feature"}]}}, "request_faulty"),
    ({"department": "张三 13812345678"}, "layer_word_bad"),
    ({"name": "po\u202elice"}, "request_faulty"),
    ({"gap_width_m": 51}, "layer_gap_width_bad"),
    ({"crs": "EPSG:nonsense"}, "crs_unknown"),
    ({"checkIns": 3}, "burden_refused"),
]


def test_a_layer_that_is_refused_leaves_nothing(client: TestClient, db: Database, bearer: Bearer) -> None:
    planner = bearer("planner")
    before = everything(db)
    answers = [client.post(LAYERS, json={**WATER, **change}, headers=planner) for change, _ in REFUSED]
    assert [(answer.status_code, answer.json()["key"]) for answer in answers] == [(422, key) for _, key in REFUSED]
    assert everything(db) == before


def test_properties_that_watch_people_and_bombs_are_refused(client: TestClient, db: Database, bearer: Bearer) -> None:
    planner, watched = bearer("planner"), net(("W1", (0, 0, 900, 900)))
    before = everything(db)
    watched["zones"]["features"][0]["properties"]["打卡次数"] = 3
    refused = client.post(LAYERS, json=watched, headers=planner)
    assert (refused.status_code, refused.json()["key"]) == (422, "burden_refused")
    ring = shapely.segmentize(square(0, 0, 900, 900), 5e-7).exterior
    bomb = client.post(LAYERS, json=net(("W1", (900, 0, 1800, 900)), ("W2", shapely.Polygon(ring))), headers=planner)
    fault = bomb.json()["evidence"]["faults"][0]
    assert (bomb.status_code, fault["row"], fault["key"]) == (422, 2, "layer_zone_too_many_points")
    assert fault["evidence"]["limit"] == 50_000
    long = {**planner, "Content-Type": "application/json"}
    assert client.post(LAYERS, content=b" " * (2**24 + 1), headers=long).status_code == 413
    assert everything(db) == before


def test_who_may_send_a_layer_and_as_a_job(app: FastAPI, client: TestClient, bearer: Bearer) -> None:
    assert client.post(LAYERS, json=WATER).status_code == 401
    assert client.post(LAYERS, json=WATER, headers=bearer("dispatcher")).status_code == 403
    refused = client.post(LAYERS, json=WATER, headers=bearer("planner", EAST))
    assert (refused.status_code, refused.json()["key"]) == (403, "token_city_only")
    planner = bearer("planner")
    later = client.post(LAYERS, json=WATER, headers={**planner, "Prefer": "respond-async"})
    assert later.status_code == 202
    app.state.jobs._pool.shutdown(wait=True)
    assert ask(client, later.json()["href"], planner)["state"] == "done"
    assert ask(client, f"{later.json()['href']}/result", planner)["result"]["version"] == 1
