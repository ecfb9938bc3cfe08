"""Plans over HTTP: the whole way from a draft to being in force, who may, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from geo.actions.city.create_token import create_token
from geo.rules.plan_edits import plan_edit_rule
from geo.store.database import Database
from tests.plan_towns import PlanTown, unit_no
from tests.small_town import AT, EAST, WEST, lonlat
from tests.web.conftest import ORIGIN

Client = TestClient


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def api(app: FastAPI, town: PlanTown) -> Iterator[TestClient]:
    with TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "en"}, raise_server_exceptions=False) as client:
        yield client


def bearer(db: Database, role: str, area: str | None = None) -> dict[str, str]:
    _, secret = create_token(db, name=f"{role} test", role=role, area_code=area, days=None, at=AT)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def planner(db: Database, town: PlanTown) -> dict[str, str]:
    return bearer(db, "planner")


@pytest.fixture
def publisher(db: Database, town: PlanTown) -> dict[str, str]:
    return bearer(db, "publisher")


@pytest.fixture
def draft(api: TestClient, planner: dict[str, str]) -> int:
    made = api.post("/api/v1/plans", json={"community": WEST, "note": "2027"}, headers=planner)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/api/v1/plans/{made.json()['id']}"
    return int(made.json()["id"])


def edit(api: TestClient, planner: dict[str, str], draft: int, version: int, **body: Any) -> Any:
    return api.post(f"/api/v1/plans/{draft}/edits", json=body, headers={**planner, "If-Match": f'"{version}"'})


def test_from_a_draft_to_being_in_force(
    api: TestClient, planner: dict[str, str], publisher: dict[str, str], town: PlanTown, draft: int
) -> None:
    row = [unit_no(column, 4) for column in range(5)]
    would = edit(api, planner, draft, 1, op="paint", units=row, grid=town.grid[0], dry_run=True).json()
    assert (would["dry_run"], would["plan"]["version"]) == (True, 1)
    assert would["moved"]["residents"] == 200
    did = edit(api, planner, draft, 1, op="paint", units=row, grid=town.grid[0])
    assert did.status_code == 200, did.text
    assert did.headers["ETag"] == '"2"'
    told = did.json()
    assert told["moved"] == would["moved"]
    assert {feature["id"]: feature["properties"]["households"] for feature in told["touched"]} == {
        town.grid[0]: 480,
        town.grid[2]: 320,
    }
    assert (told["can_undo"], told["can_redo"], told["gone"]) == (True, False, [])

    plan = api.get(f"/api/v1/plans/{draft}", headers=planner).json()
    assert plan["plan"]["version"] == 2
    assert (plan["plan"]["community_code"], plan["plan"]["community_name"]) == (WEST, "区001")
    assert (plan["can_undo"], plan["can_redo"]) == (True, False)
    assert len(plan["features"]) == 4
    assert plan["balance"]["grids"] == 4
    problems = api.get(f"/api/v1/plans/{draft}/problems", headers=planner).json()
    rules = {problem["rule"] for problem in problems if problem["severity"] == "warning"}
    listed = api.get(f"/api/v1/plans?community={WEST}&state=draft", headers=planner).json()
    assert [entry["id"] for entry in listed["plans"]] == [draft]

    proposed = api.post(f"/api/v1/plans/{draft}/propose", json={}, headers={**planner, "If-Match": '"2"'})
    assert proposed.json()["state"] == "proposed"
    published = api.post(
        f"/api/v1/plans/{draft}/publish",
        json={"accepted": dict.fromkeys(rules, "试点")},
        headers={**publisher, "If-Match": '"3"'},
    )
    assert published.status_code == 200, published.text
    assert published.json()["plan"]["state"] == "published"
    split = [step for step in published.json()["lineage"] if step["kind"] == "split"]
    assert [(step["old_id"], step["new_id"], round(step["share"], 3)) for step in split] == [
        (town.grid[2], town.grid[0], 0.2)
    ]
    history = api.get(f"/api/v1/plans/{draft}/history", headers=planner).json()
    assert [(line["op"], line["token_name"]) for line in history] == [("paint", "planner test")]
    lon, lat = lonlat(250, 450)
    now = api.get(f"/api/v1/locate?lon={lon}&lat={lat}").json()
    before = api.get(f"/api/v1/locate?lon={lon}&lat={lat}&at=2026-03-02T00:00:00Z").json()
    assert (now["grid"]["id"], before["grid"]["id"]) == (town.grid[0], town.grid[2])


def test_a_plan_says_what_can_be_taken_back(
    api: TestClient, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    def steps() -> tuple[bool, bool]:
        told = api.get(f"/api/v1/plans/{draft}", headers=planner).json()
        return told["can_undo"], told["can_redo"]

    assert steps() == (False, False)
    edit(api, planner, draft, 1, op="rename", grid=town.grid[0], name="x")
    assert steps() == (True, False)
    edit(api, planner, draft, 2, op="undo")
    assert steps() == (False, True)
    edit(api, planner, draft, 3, op="redo")
    assert steps() == (True, False)
    api.post(f"/api/v1/plans/{draft}/propose", json={}, headers={**planner, "If-Match": '"4"'})
    assert steps() == (False, False), "a proposal is not edited"


def test_two_planners_in_one_draft(api: TestClient, planner: dict[str, str], town: PlanTown, draft: int) -> None:
    first = edit(api, planner, draft, 1, op="split", grid=town.grid[0], line=[lonlat(-20, 750), lonlat(520, 750)])
    assert first.status_code == 200, first.text
    second = edit(api, planner, draft, 1, op="rename", grid=town.grid[3], name="x")
    assert second.status_code == 412
    evidence = second.json()["evidence"]
    assert town.grid[0] in evidence["grid_ids"]
    assert evidence["now"] == 2
    again = edit(api, planner, draft, 2, op="rename", grid=town.grid[3], name="x")
    assert again.status_code == 200


def test_every_edit_over_the_wire(api: TestClient, planner: dict[str, str], town: PlanTown, draft: int) -> None:
    one, two, three, four = town.grid
    corners = [lonlat(x, y) for x, y in ((420, 420), (580, 420), (580, 580), (420, 580))]
    edits: list[dict[str, Any]] = [
        {"op": "split", "grid": one, "line": [lonlat(0, 700), lonlat(500, 700)]},
        {"op": "move", "moves": [{"from": lonlat(500, 500), "to": lonlat(520, 530)}]},
        {"op": "carve", "polygon": corners, "name": "商圈"},
        {"op": "merge", "grids": [three, four]},
        {"op": "post", "grid": two, "post": "chief", "is_filled": False, "duty_phone": None},
        {"op": "lock", "grid": two, "is_locked": True},
        {"op": "rename", "grid": two, "name": "河西二格"},
        {"op": "bridge", "units": [unit_no(0, 0), unit_no(9, 9)], "reason": "过街天桥"},
        {"op": "bridge", "units": [unit_no(9, 9), unit_no(0, 0)], "is_open": False},
        {"op": "renumber", "is_reusing": True},
        {"op": "undo"},
        {"op": "redo"},
    ]
    for version, body in enumerate(edits, 1):
        done = edit(api, planner, draft, version, **body)
        assert done.status_code == 200, (body, done.text)
        assert done.json()["plan"]["version"] == version + 1
    units = api.get(f"/api/v1/plans/{draft}/units", headers=planner).json()
    assert units["version"] == len(edits) + 1
    assert sum(feature["properties"]["residents"] for feature in units["features"]) == 4000
    vertices = api.get(f"/api/v1/plans/{draft}/vertices?grid={two}", headers=planner).json()["vertices"]
    assert len(vertices) > 4
    assert not any(vertex["is_movable"] for vertex in vertices)  # the grid is locked


def test_an_edit_tells_what_became_of_the_drawing(
    api: TestClient, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    line = {"op": "split", "grid": town.grid[0], "line": [lonlat(-20, 904), lonlat(520, 904)]}
    over = [lonlat(x, y) for x, y in ((100, 900), (200, 900), (200, 1050), (100, 1050))]
    ring = {"op": "carve", "polygon": over, "name": "商圈"}
    would = edit(api, planner, draft, 1, **line, dry_run=True).json()
    did = edit(api, planner, draft, 1, **line).json()
    assert did["snapped"] == would["snapped"]
    (start,) = did["snapped"]
    assert (start["which"], start["is_corner"], start["distance_m"]) == ("start", True, pytest.approx(4, abs=0.05))
    assert (start["drawn"], start["led"]) == (pytest.approx(lonlat(0, 904)), pytest.approx(lonlat(0, 900)))
    assert edit(api, planner, draft, 2, op="undo").json()["snapped"] == []
    would, did = (edit(api, planner, draft, 3, **ring, dry_run=is_dry).json() for is_dry in (True, False))
    assert did["left_out"] == would["left_out"]
    assert did["left_out"]["outside_m2"] == pytest.approx(5000, rel=1e-3)
    for language, words in (("zh", "位于区001之外，未划入"), ("en", "lie outside 区001 and were left out")):
        told = api.post(
            f"/api/v1/plans/{draft}/edits",
            json={
                "op": "carve",
                "polygon": [*over[:2], lonlat(200, 1040), lonlat(100, 1040)],
                "name": "乙",
                "dry_run": True,
            },
            headers={**planner, "If-Match": '"4"', "Accept-Language": language},
        )
        assert words in told.json()["left_out"]["told"], told.text
    away = [lonlat(x, y + 950) for x, y in ((100, 0), (200, 0), (200, 900), (100, 900))]
    refused = edit(api, planner, draft, 4, op="carve", polygon=away, name="丙")
    assert (refused.status_code, refused.json()["evidence"]["percent"]) == (422, "94")


def test_vertices_say_who_meets_there(api: TestClient, planner: dict[str, str], town: PlanTown, draft: int) -> None:
    vertices = api.get(f"/api/v1/plans/{draft}/vertices?grid={town.grid[0]}", headers=planner).json()["vertices"]
    lon, lat = lonlat(500, 500)
    (middle,) = [v for v in vertices if abs(v["lonlat"][0] - lon) < 1e-6 and abs(v["lonlat"][1] - lat) < 1e-6]
    assert middle["grids"] == sorted(town.grid)
    assert middle["is_node"]
    assert middle["is_movable"]
    lon, lat = lonlat(0, 500)
    (edge,) = [v for v in vertices if abs(v["lonlat"][0] - lon) < 1e-6 and abs(v["lonlat"][1] - lat) < 1e-6]
    assert not edge["is_movable"]


def test_who_may(api: TestClient, db: Database, planner: dict[str, str], town: PlanTown, draft: int) -> None:
    ask = {"op": "rename", "grid": town.grid[0], "name": "x"}
    version = {"If-Match": '"1"'}
    assert api.post(f"/api/v1/plans/{draft}/edits", json=ask, headers=version).status_code == 401
    viewer = bearer(db, "viewer")
    assert api.post(f"/api/v1/plans/{draft}/edits", json=ask, headers={**viewer, **version}).status_code == 403
    assert api.get(f"/api/v1/plans/{draft}", headers=viewer).status_code == 200
    assert api.get(f"/api/v1/plans/{draft}").status_code == 401
    elsewhere = bearer(db, "planner", EAST)
    refused = api.post(f"/api/v1/plans/{draft}/edits", json=ask, headers={**elsewhere, **version})
    assert refused.status_code == 403
    assert api.post(f"/api/v1/plans/{draft}/publish", json={}, headers={**planner, **version}).status_code == 403
    assert api.post("/api/v1/plans", json={"community": WEST}, headers=elsewhere).status_code == 403


READ_OF_A_PLAN = {
    "": "viewer",
    "/problems": "viewer",
    "/history": "viewer",
    "/export.geojson": "viewer",
    "/vertices?grid={grid}": "planner",
    "/origin": "planner",
    "/units": "planner",
    "/consequences": "planner",
    "/consequences.json": "planner",
}
"""Path -> the least role that may read it. The last three tell buildings and posts: of no state to another area."""
OF_THE_AREA_ALONE = tuple(READ_OF_A_PLAN)[-3:]


def test_a_draft_is_read_by_its_own_area_and_a_proposal_by_all(
    api: TestClient, app: FastAPI, db: Database, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    paths = app.openapi()["paths"].items()
    routes = {path.split("{plan_id}")[1] for path, ways in paths if "get" in ways and "/plans/{plan_id}" in path}
    known = {re.sub(r"\.\w+$", ".{ending}", path.split("?")[0]) for path in READ_OF_A_PLAN}
    assert routes - {"/comments"} == known
    tokens = {(role, area): bearer(db, role, area) for role in ("viewer", "planner") for area in (WEST, EAST)}

    def statuses(area: str) -> dict[str, int]:
        paths = {path: path.format(grid=town.grid[0]) for path in READ_OF_A_PLAN}
        read = {
            path: api.get(f"/api/v1/plans/{draft}{asked}", headers=tokens[READ_OF_A_PLAN[path], area]).status_code
            for path, asked in paths.items()
        }
        asked = f"/api/v1/plans/compare?a={town.plan_id}&b={draft}"
        listed = api.get(f"/api/v1/plans?community={WEST}", headers=tokens["viewer", area]).json()
        is_listed = draft in [plan["id"] for plan in listed["plans"]]
        compared = api.get(asked, headers=tokens["viewer", area]).status_code
        return {**read, "compare": compared, "list": 200 if is_listed else 403}

    own = dict.fromkeys((*READ_OF_A_PLAN, "compare", "list"), 200) | {"/origin": 404}
    assert (statuses(WEST), set(statuses(EAST).values())) == (own, {403})
    api.post(f"/api/v1/plans/{draft}/propose", json={}, headers={**planner, "If-Match": '"1"'})
    assert (statuses(WEST), statuses(EAST)) == (own, own | dict.fromkeys(OF_THE_AREA_ALONE, 403))
    api.post(f"/api/v1/plans/{draft}/withdraw", headers={**planner, "If-Match": '"2"'})
    assert (statuses(WEST), set(statuses(EAST).values())) == (own, {403})


@pytest.mark.parametrize(
    "body",
    [
        {"op": "paint", "units": [], "grid": 1},
        {"op": "paint", "units": [1], "grid": "x"},
        {"op": "paint", "units": [1]},
        {"op": "paint", "units": [True], "grid": 1},
        {"op": "paint", "units": ["0"], "grid": 1},
        {"op": "paint", "units": [1], "grid": True},
        {"op": "nonsense"},
        {"units": [1]},
        {"op": "split", "grid": 1, "line": [[103.2, 95], [103.2, 40.4]]},
        {"op": "split", "grid": 1, "line": [[103.2, 40.4]] * 5000},
        {"op": "post", "grid": 1, "post": "king", "is_filled": True},
        {"op": "rename", "grid": 1, "name": " "},
        {"op": "rename", "grid": 1, "name": "a\u0000b"},
        {"op": "rename", "grid": 1, "name": "x" * 300},
        {"op": "undo", "more": 1},
    ],
)
def test_bad_bodies(api: TestClient, planner: dict[str, str], draft: int, body: dict[str, Any]) -> None:
    refused = edit(api, planner, draft, 1, **body)
    assert refused.status_code in {413, 422}, refused.text
    assert api.get(f"/api/v1/plans/{draft}/history", headers=planner).json() == []


@pytest.mark.parametrize("units", [[True], ["0"]])
def test_a_unit_is_a_whole_number_and_the_refusal_names_it(
    api: TestClient, planner: dict[str, str], town: PlanTown, draft: int, units: list[Any]
) -> None:
    refused = edit(api, planner, draft, 1, op="paint", units=units, grid=town.grid[0])
    assert refused.status_code == 422
    assert "body.paint.units.0 must be a whole number" in refused.json()["detail"]


def test_an_edit_that_there_is_not_is_told_which_there_are(
    api: TestClient, planner: dict[str, str], draft: int
) -> None:
    unknown, missing = (edit(api, planner, draft, 1, **body).json()["detail"] for body in ({"op": "burst"}, {}))
    assert "body.op must be one of 'paint', 'split', 'merge'" in unknown
    assert "burst" not in unknown
    assert "body.op is missing" in missing


def test_a_point_moved_to_where_it_is_makes_no_version(
    api: TestClient, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    vertices = api.get(f"/api/v1/plans/{draft}/vertices", params={"grid": town.grid[0]}, headers=planner).json()
    place = next(each["lonlat"] for each in vertices["vertices"] if each["is_movable"])
    refused = edit(api, planner, draft, 1, op="move", moves=[{"from": place, "to": place}])
    assert (refused.status_code, refused.json()["key"]) == (422, "plan_nothing_changes")
    assert api.get(f"/api/v1/plans/{draft}/history", headers=planner).json() == []


def test_a_polygon_of_a_million_vertices_is_not_even_read(
    api: TestClient, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    bomb = [[103.2 + number / 1e9, 40.4] for number in range(1_000_000)]
    refused = edit(api, planner, draft, 1, op="carve", polygon=bomb, name="x")
    assert refused.status_code == 413


def test_all_that_one_edit_may_hold_is_read(
    api: TestClient, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    """As long as it can be written: what is refused is what it says, not how long it is."""
    rule, far = plan_edit_rule(), [-1.2345678901234567e-05, -1.2345678901234567e-05]
    moves = [{"from": far, "to": far}] * rule.most_points
    assert edit(api, planner, draft, 1, op="move", moves=moves).json()["key"] == "plan_nothing_changes"
    units = [2**31 - 1] * rule.most_units
    painted = edit(api, planner, draft, 1, op="paint", units=units, grid=town.grid[0])
    assert painted.json()["key"] == "plan_unit_unknown"
    longer = json.dumps({"op": "paint", "units": units, "grid": town.grid[0]}) + " " * 2**18
    headers = {**planner, "If-Match": '"1"', "Content-Type": "application/json"}
    assert api.post(f"/api/v1/plans/{draft}/edits", content=longer, headers=headers).status_code == 413


def test_a_version_must_be_sent(api: TestClient, planner: dict[str, str], draft: int) -> None:
    missing = api.post(f"/api/v1/plans/{draft}/edits", json={"op": "undo"}, headers=planner)
    assert (missing.status_code, missing.json()["type"]) == (428, "/problems/version-missing")
    assert "ETag" in missing.json()["detail"]
    assert api.post(f"/api/v1/plans/{draft}/edits", json={"op": "undo"}).status_code == 401, "who asks comes first"


def test_comments_wait_are_shown_and_close(
    api: TestClient, db: Database, planner: dict[str, str], town: PlanTown, draft: int
) -> None:
    address = f"/api/v1/plans/{draft}/comments"
    wish = {"grid": town.grid[0], "text": "<b>两条巷应在同一网格</b>"}
    unseen = api.post(address, json=wish)
    unknown = api.post(address.replace(str(draft), "999999"), json=wish)
    assert (
        (unseen.status_code, unseen.json()["key"])
        == (unknown.status_code, unknown.json()["key"])
        == (404, "plan_unknown")
    )
    assert api.post(address, json=wish, headers=planner).status_code == 422  # not laid out yet
    api.post(f"/api/v1/plans/{draft}/propose", json={}, headers={**planner, "If-Match": '"1"'})
    made = api.post(address, json=wish)
    assert made.status_code == 201, made.text
    assert api.get(address).json() == []
    (waiting,) = api.get(address, headers=planner).json()
    assert (waiting["state"], waiting["text"]) == ("waiting", wish["text"])
    shown = api.patch(f"{address}/{waiting['id']}", json={"state": "shown", "answer": "已采纳"}, headers=planner)
    assert shown.status_code == 200
    (public,) = api.get(address).json()
    assert public["answer"] == "已采纳"
    assert api.post(address, json={**wish, "grid": 999_999}).status_code == 404
    assert api.patch(f"{address}/{waiting['id']}", json={"state": "shown"}).status_code == 401
    elsewhere = bearer(db, "planner", EAST)
    assert api.post(address, json={**wish, "text": "待审"}).status_code == 201
    assert [each["state"] for each in api.get(address, headers=elsewhere).json()] == ["shown"]
    assert len(api.get(address, headers=bearer(db, "planner", WEST)).json()) == 2
    assert api.get(f"/api/v1/plans/{draft}/units", headers=elsewhere).status_code == 403
    assert api.patch(f"{address}/{waiting['id']}", json={"state": "hidden"}, headers=elsewhere).status_code == 403


def test_an_imported_plan_is_not_on_units(api: TestClient, planner: dict[str, str], town: PlanTown) -> None:
    refused = api.get(f"/api/v1/plans/{town.plan_id}", headers=planner)
    assert refused.status_code == 422
    assert refused.json()["key"] == "plan_not_on_units"
