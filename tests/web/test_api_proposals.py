"""Proposed plans over HTTP: what everybody sees of them, what nobody does, and what may be said until when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert

from api import deps
from geo.rules.plan_edits import plan_edit_rule
from geo.store.database import Database
from geo.store.plan_tables import plan_comment
from tests.plan_towns import UNIT_M, PlanTown, unit_no
from tests.small_town import EAST, WEST, lonlat
from tests.web.conftest import ORIGIN
from tests.web.test_api_plans import bearer, edit
from tests.web.test_browser_public import HOSTILE
from tests.web.world import add_figure, add_run

PROPOSAL_KEYS = {
    *("id", "state", "community_code", "community_name", "community_name_en", "centre", "bbox"),
    *("note", "comments_until", "is_open", "comments"),
}
PART_KEYS = {
    "before": {"part", "grid_id", "code", "name", "kind", "is_gone", "residents"},
    "after": {"part", "grid_id", "code", "name", "kind", "change", "comments"},
    "moved": {"part", "from_grid", "to_grid", "area_m2"},
}
COMMENT_KEYS = {"id", "grid_id", "text", "state", "answer", "made_at"}
PHONE = "0999-5559876"
STAFFS = ("post", "elderly", "children", "household", "hours", "problem", "token", "load", "publisher")


class Desk:
    """A planner's and a reader's way to the service."""

    def __init__(self, client: TestClient, db: Database, town: PlanTown) -> None:
        self.client, self.db, self.town = client, db, town
        self.planner = bearer(db, "publisher")

    def get(self, path: str, **headers: str) -> Any:
        """As everybody asks."""
        return self.client.get(f"/api/v1{path}", headers=headers)

    def begin(self) -> int:
        wish = {"community": WEST, "note": "2027"}
        return int(self.client.post("/api/v1/plans", json=wish, headers=self.planner).json()["id"])

    def edit(self, plan: int, version: int, **body: Any) -> None:
        did = edit(self.client, self.planner, plan, version, **body)
        assert did.status_code == 200, did.text

    def move(self, plan: int, step: str, version: int, **body: Any) -> None:
        headers = {**self.planner, "If-Match": f'"{version}"'}
        done = self.client.post(f"/api/v1/plans/{plan}/{step}", json=body or None, headers=headers)
        assert done.status_code == 200, done.text

    def propose(self, plan: int, version: int, until: datetime | None = None) -> None:
        wish = {"comments_until": None if until is None else until.isoformat()}
        self.move(plan, "propose", version, **wish)

    def laid_out(self) -> int:
        """A plan in which the north-western grid gets a row of five units of the south-western one."""
        plan = self.begin()
        row = [unit_no(column, 4) for column in range(5)]
        self.edit(plan, 1, op="paint", units=row, grid=self.town.grid[0])
        self.propose(plan, 2)
        return plan

    def comment(self, plan: int, text: str = "好", grid: int | None = None) -> Any:
        wish = {"grid": grid or self.town.grid[0], "text": text}
        return self.client.post(f"/api/v1/plans/{plan}/comments", json=wish)

    def judge(self, plan: int, comment: int, state: str, answer: str | None = None) -> None:
        address = f"/api/v1/plans/{plan}/comments/{comment}"
        done = self.client.patch(address, json={"state": state, "answer": answer}, headers=self.planner)
        assert done.status_code == 200, done.text

    def problems(self, plan: int) -> list[dict[str, Any]]:
        """What is wrong with a plan."""
        return list(self.client.get(f"/api/v1/plans/{plan}/problems", headers=self.planner).json())

    def parts(self, plan: int) -> dict[str, list[dict[str, Any]]]:
        """Part -> properties of its features."""
        found: dict[str, list[dict[str, Any]]] = {"before": [], "after": [], "moved": []}
        for feature in self.get(f"/proposals/{plan}").json()["features"]:
            found[feature["properties"]["part"]].append(feature["properties"])
        return found


@pytest.fixture
def desk(app: FastAPI, db: Database, plan_town: PlanTown) -> Iterator[Desk]:
    with TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "en"}, raise_server_exceptions=False) as client:
        yield Desk(client, db, plan_town)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let the service's clock stand."""
    monkeypatch.setattr(deps, "clock", lambda: moment)


def test_everybody_sees_which_grids_change_and_by_how_much(desk: Desk) -> None:
    with desk.db.write() as conn:
        run = add_run(conn)
        for grid, residents in zip(desk.town.grid, (1004, 1006, 996, 9), strict=True):
            add_figure(conn, run, "grid", area_id=None, grid_id=grid, residents=residents, covered=0)
    north_west, north_east, south_west, south_east = desk.town.grid
    plan = desk.laid_out()
    listed = desk.get("/proposals").json()
    (told,) = listed["proposals"]
    assert (listed["numberMatched"], listed["numberReturned"]) == (1, 1)
    assert (told["id"], told["state"], told["is_open"], told["comments"]) == (plan, "proposed", True, 0)
    assert (told["community_code"], told["community_name"], told["note"]) == (WEST, "区001", "2027")
    detail = desk.get(f"/proposals/{plan}").json()
    assert detail["proposal"] == told
    assert detail["longest_comment"] == plan_edit_rule().longest_comment
    parts = desk.parts(plan)
    assert {grid["grid_id"]: grid["change"] for grid in parts["after"]} == {
        north_west: "changed",
        north_east: "kept",
        south_west: "changed",
        south_east: "kept",
    }
    (ground,) = parts["moved"]
    assert (ground["from_grid"], ground["to_grid"]) == (south_west, north_west)
    assert ground["area_m2"] == pytest.approx(5 * UNIT_M**2, rel=1e-4)
    assert not [grid for grid in parts["before"] if grid["is_gone"]]
    rounded = {north_west: 1000, north_east: 1010, south_west: 1000, south_east: None}
    assert {grid["grid_id"]: grid["residents"] for grid in parts["before"]} == rounded
    (west, south), (east, north) = lonlat(0, 0), lonlat(1000, 1000)
    assert told["bbox"] == pytest.approx([west, south, east, north], abs=1e-5)
    assert west < told["centre"][0] < east
    assert south < told["centre"][1] < north


def test_a_redrawn_grid_has_no_figures_until_they_are_computed_anew(desk: Desk) -> None:
    with desk.db.write() as conn:
        run = add_run(conn)
        for grid in desk.town.grid:
            add_figure(conn, run, "grid", area_id=None, grid_id=grid, residents=1000, covered=500)
    north_west = desk.town.grid[0]

    def told() -> tuple[bool, int, bool, list[int | None]]:
        listed = desk.get("/grids").json()["features"]
        coverage = desk.get("/coverage?by=grid").json()
        one = desk.get(f"/grids/{north_west}").json()["properties"]["figures"]
        return (
            one is not None,
            len(coverage["items"]),
            coverage["is_behind_data"],
            [(grid["properties"]["figures"] or {}).get("residents") for grid in listed],
        )

    plan = desk.laid_out()
    assert told() == (True, 4, False, [1000] * 4)
    reasons = {problem["rule"]: "试点" for problem in desk.problems(plan)}
    desk.move(plan, "publish", 3, accepted=reasons)
    assert told() == (False, 0, True, [None] * 4)
    assert [grid["residents"] for grid in desk.parts(plan)["before"]] == [1000] * 4, "as the plan before had them"


def test_nothing_else_is_in_the_answer(desk: Desk) -> None:
    plan = desk.begin()
    desk.edit(plan, 1, op="post", grid=desk.town.grid[1], post="chief", is_filled=False, duty_phone=PHONE)
    desk.edit(plan, 2, op="paint", units=[unit_no(0, 4)], grid=desk.town.grid[0])
    desk.propose(plan, 3)
    staff = desk.client.get(f"/api/v1/plans/{plan}", headers=desk.planner).text
    assert PHONE in staff
    for seen in (desk.get(f"/proposals/{plan}"), desk.client.get(f"/api/v1/proposals/{plan}", headers=desk.planner)):
        detail = seen.json()
        assert detail.keys() == {"type", "proposal", "longest_comment", "features", "run", "invented"}
        assert detail["proposal"].keys() == PROPOSAL_KEYS
        for feature in detail["features"]:
            assert feature.keys() == {"type", "id", "geometry", "properties"}
            assert feature["geometry"].keys() == {"type", "coordinates"}
            assert feature["properties"].keys() == PART_KEYS[feature["properties"]["part"]]
        for word in (PHONE, *STAFFS):
            assert word not in seen.text, word
        assert "residents" not in json.dumps([each for each in detail["features"] if each["id"] is not None])
    (told,) = desk.get("/proposals").json()["proposals"]
    assert told.keys() == PROPOSAL_KEYS


def test_names_new_grids_and_grids_that_go(desk: Desk) -> None:
    north_west, north_east, south_west, south_east = desk.town.grid
    plan = desk.begin()
    desk.edit(plan, 1, op="rename", grid=north_west, name="河畔网格")
    desk.edit(plan, 2, op="merge", grids=[south_west, south_east])
    desk.propose(plan, 3)
    parts = desk.parts(plan)
    changes = {grid["grid_id"]: grid["change"] for grid in parts["after"]}
    assert changes == {north_west: "relabelled", north_east: "kept", south_west: "changed"}
    assert [grid["grid_id"] for grid in parts["before"] if grid["is_gone"]] == [south_east]
    assert [(move["from_grid"], move["to_grid"]) for move in parts["moved"]] == [(south_east, south_west)]
    assert {grid["name"] for grid in parts["after"] if grid["change"] == "relabelled"} == {"河畔网格"}


@pytest.mark.parametrize(("shift_m", "changes"), [(0.5, {"kept"}), (20, {"changed"})])
def test_a_border_drawn_a_little_off_is_no_change(desk: Desk, shift_m: float, changes: set[str]) -> None:
    plan = desk.begin()
    middle = {"from": lonlat(500, 500), "to": lonlat(500 + shift_m, 500 + shift_m)}
    desk.edit(plan, 1, op="move", moves=[middle])
    desk.propose(plan, 2)
    parts = desk.parts(plan)
    assert {grid["change"] for grid in parts["after"]} == changes
    assert bool(parts["moved"]) == ("changed" in changes)


def test_what_is_not_laid_out_is_not_there(desk: Desk) -> None:
    draft = desk.begin()
    for plan in (draft, desk.town.plan_id, 999_999):
        refused = desk.get(f"/proposals/{plan}")
        assert (refused.status_code, refused.json()["key"]) == (404, "proposal_unknown")
        assert refused.headers["content-type"] == "application/problem+json"
    assert desk.get(f"/plans/{draft}/comments").status_code == 404
    assert desk.client.get(f"/api/v1/plans/{draft}/comments", headers=desk.planner).json() == []
    assert desk.get("/proposals").json()["proposals"] == []
    desk.propose(draft, 1)
    assert desk.get(f"/proposals/{draft}").status_code == 200
    desk.move(draft, "redraft", 2)
    assert desk.get(f"/proposals/{draft}").status_code == 404
    desk.propose(draft, 3)
    desk.move(draft, "withdraw", 4)
    assert desk.get(f"/proposals/{draft}").status_code == 404
    assert desk.get(f"/plans/{draft}/comments").status_code == 404
    assert desk.get("/proposals").json()["proposals"] == []


def test_the_rest_of_a_proposed_plan_stays_with_staff(desk: Desk) -> None:
    plan = desk.laid_out()
    for path in ("", "/units", "/problems", "/consequences", "/history", "/vertices?grid=1"):
        assert desk.get(f"/plans/{plan}{path}").status_code == 401, path
    assert desk.get("/plans").status_code == 401


@pytest.mark.parametrize("path", ["/proposals/0", "/proposals/x", "/proposals?limit=0", "/proposals?state=draft"])
def test_questions_that_cannot_be_meant(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 422


def test_the_newest_comes_first_and_pages_lead_on(desk: Desk) -> None:
    plans = [desk.laid_out(), desk.laid_out()]
    whole = desk.get("/proposals").json()
    assert [each["id"] for each in whole["proposals"]] == plans[::-1]
    first = desk.get("/proposals?limit=1").json()
    (link,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    rest = desk.client.get(link).json()
    assert [each["id"] for each in (*first["proposals"], *rest["proposals"])] == plans[::-1]


def test_what_has_not_changed_is_not_sent_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = desk.laid_out()
    for path in ("/proposals", f"/proposals/{plan}"):
        first = desk.get(path)
        assert first.headers["cache-control"] == "public, no-cache"
        again = desk.get(path, **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    seen = [desk.get(path).headers["etag"] for path in ("/proposals", f"/proposals/{plan}")]
    made = desk.comment(plan).json()["id"]
    assert desk.get("/proposals").headers["etag"] == seen[0], "a comment that waits changes nothing"
    desk.judge(plan, made, "shown")
    assert desk.get("/proposals").headers["etag"] != seen[0]
    now = desk.get(f"/proposals/{plan}", **{"If-None-Match": seen[1]})
    assert now.status_code == 200
    at(monkeypatch, datetime.now(UTC) + timedelta(days=plan_edit_rule().comment_days + 1))
    closed = desk.get(f"/proposals/{plan}", **{"If-None-Match": now.headers["etag"]})
    assert (closed.status_code, closed.json()["proposal"]["is_open"]) == (200, False)


def test_comments_are_taken_up_to_the_closing_date_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # noon in China, so that the day is the same there and in UTC
    until = (datetime.now(UTC) + timedelta(days=3)).replace(hour=4, microsecond=0)
    plan = desk.begin()
    desk.propose(plan, 1, until)
    at(monkeypatch, until)
    assert desk.get("/proposals").json()["proposals"][0]["is_open"]
    assert desk.comment(plan).status_code == 201
    at(monkeypatch, until + timedelta(seconds=1))
    (told,) = desk.get("/proposals").json()["proposals"]
    assert not told["is_open"]
    late = desk.comment(plan)
    assert (late.status_code, late.json()["key"]) == (422, "plan_comments_closed")
    assert str(until.astimezone(ZoneInfo("Asia/Shanghai")).date()) in late.json()["detail"]
    waiting = desk.client.get(f"/api/v1/plans/{plan}/comments", headers=desk.planner).json()
    assert len(waiting) == 1


def test_only_what_somebody_looked_at_is_shown_and_counted(desk: Desk) -> None:
    plan = desk.laid_out()
    first, second = (desk.comment(plan, text).json()["id"] for text in ("一", "二"))
    assert desk.get(f"/plans/{plan}/comments").json() == []
    assert desk.parts(plan)["after"][0]["comments"] == 0
    desk.judge(plan, first, "shown", "已采纳")
    desk.judge(plan, second, "hidden", "含个人信息")
    (shown,) = desk.get(f"/plans/{plan}/comments").json()
    assert shown.keys() == COMMENT_KEYS
    assert (shown["text"], shown["answer"], shown["grid_id"]) == ("一", "已采纳", desk.town.grid[0])
    numbers = {grid["grid_id"]: grid["comments"] for grid in desk.parts(plan)["after"]}
    assert numbers == {grid: int(grid == desk.town.grid[0]) for grid in desk.town.grid}
    assert desk.get("/proposals").json()["proposals"][0]["comments"] == 1
    desk.judge(plan, first, "hidden")
    desk.judge(plan, second, "shown")
    assert [each["text"] for each in desk.get(f"/plans/{plan}/comments").json()] == ["二"]


def test_the_public_moderates_nothing_nor_do_planners_of_elsewhere(desk: Desk) -> None:
    plan = desk.laid_out()
    made = desk.comment(plan).json()["id"]
    verdict = {"state": "shown"}
    address = f"/api/v1/plans/{plan}/comments/{made}"
    assert desk.client.patch(address, json=verdict).status_code == 401
    assert desk.client.patch(address, json=verdict, headers=bearer(desk.db, "dispatcher")).status_code == 403
    assert desk.client.patch(address, json=verdict, headers=bearer(desk.db, "planner", EAST)).status_code == 403
    comments = f"/api/v1/plans/{plan}/comments"
    elsewhere = bearer(desk.db, "planner", EAST)
    assert desk.get(f"/plans/{plan}/comments").json() == desk.client.get(comments, headers=elsewhere).json() == []
    desk.move(plan, "redraft", 3)
    assert desk.client.get(comments, headers=elsewhere).status_code == 404, "a draft is its own area's"
    assert len(desk.client.get(comments, headers=desk.planner).json()) == 1


@pytest.mark.parametrize("text", ["", "  \n ", "a\u0000b", "a\u202eb", "x" * (plan_edit_rule().longest_comment + 1)])
def test_what_is_no_comment_is_refused(desk: Desk, text: str) -> None:
    plan = desk.laid_out()
    assert desk.comment(plan, text).status_code == 422
    assert desk.client.get(f"/api/v1/plans/{plan}/comments", headers=desk.planner).json() == []


def test_no_more_wait_than_somebody_can_read(desk: Desk) -> None:
    plan = desk.laid_out()
    most = plan_edit_rule().most_waiting
    day_before = datetime.now(UTC) - timedelta(days=1)
    row = {"plan_id": plan, "grid_id": desk.town.grid[0], "text": "x", "made_at": day_before}
    with desk.db.write() as conn:
        conn.execute(insert(plan_comment), [row] * (most - 1))
    assert desk.comment(plan).status_code == 201
    full = desk.comment(plan)
    assert (full.status_code, full.json()["key"]) == (503, "plan_comments_full")


def test_an_hour_takes_so_many_comments_on_a_plan_and_says_when_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, other = desk.laid_out(), desk.laid_out()
    now, most = datetime.now(UTC).replace(microsecond=0), plan_edit_rule().most_an_hour
    for second in range(most):
        at(monkeypatch, now + timedelta(seconds=second))
        assert desk.comment(plan).status_code == 201
    early = desk.comment(plan)
    assert (early.status_code, early.json()["key"]) == (429, "plan_comments_too_often")
    assert early.headers["retry-after"] == str(3600 - (most - 1))
    assert "60 minutes" in early.json()["detail"]
    assert desk.comment(other).status_code == 201, "each plan has its own hour"
    at(monkeypatch, now + timedelta(seconds=3599))
    assert desk.comment(plan).headers["retry-after"] == "1"
    at(monkeypatch, now + timedelta(hours=1))
    assert [desk.comment(plan).status_code for _ in range(2)] == [201, 429], "what was refused was not kept"


def test_hostile_text_comes_back_as_it_was_and_never_as_a_page(desk: Desk) -> None:
    plan = desk.begin()
    desk.edit(plan, 1, op="rename", grid=desk.town.grid[0], name=HOSTILE[:100])
    desk.propose(plan, 2)
    made = desk.comment(plan, HOSTILE)
    desk.judge(plan, made.json()["id"], "shown", HOSTILE)
    (shown,) = desk.get(f"/plans/{plan}/comments").json()
    assert (shown["text"], shown["answer"]) == (HOSTILE, HOSTILE)
    answer = desk.get(f"/proposals/{plan}")
    assert HOSTILE[:100] in {feature["properties"].get("name") for feature in answer.json()["features"]}
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_comments_travel_with_the_plan(desk: Desk) -> None:
    plan = desk.laid_out()
    shown, hidden, _waits = (desk.comment(plan, text).json()["id"] for text in ("一", "二", "三"))
    desk.judge(plan, shown, "shown", "已采纳")
    desk.judge(plan, hidden, "hidden")
    problems = desk.client.get(f"/api/v1/plans/{plan}/problems", headers=desk.planner).json()
    accepted = {each["rule"]: "试点" for each in problems if each["severity"] == "warning"}
    desk.move(plan, "publish", 3, accepted=accepted)
    assert desk.get("/proposals").json()["proposals"] == []
    detail = desk.get(f"/proposals/{plan}").json()
    assert (detail["proposal"]["state"], detail["proposal"]["is_open"]) == ("published", False)
    assert detail["proposal"]["comments"] == 1
    assert [move["area_m2"] for move in desk.parts(plan)["moved"]] == [pytest.approx(5 * UNIT_M**2, rel=1e-4)]
    assert [(each["text"], each["answer"]) for each in desk.get(f"/plans/{plan}/comments").json()] == [("一", "已采纳")]
    late = desk.comment(plan)
    assert (late.status_code, late.json()["key"]) == (422, "plan_not_open_for_comments")
    every = desk.client.get(f"/api/v1/plans/{plan}/comments", headers=desk.planner).json()
    assert [each["state"] for each in every] == ["shown", "hidden", "waiting"]
    after = desk.begin()
    assert after != plan
    assert desk.get(f"/plans/{plan}/comments").json(), "a draft that goes on from it takes nothing away"
