"""Posts over the API: who is on duty, whose grids are whose, which grids have nobody; who may, and what is refused."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from sqlalchemy import insert, text

from geo.store import tables
from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import EAST, WEST, World, point

FRIDAY = "at=2026-11-20T10:00:00%2B08:00"
GAPS = "/api/v1/resources/assignments"


@pytest.fixture
def police(db: Database, world: World) -> int:
    """A post in the first grid, version 1."""
    values = {"name": "一社区警务室", "kind": "police_officer", "services": ["纠纷调解"], "staff": 2}
    row = {**values, "geom": point(600, 500), "source": "drawn", "source_key": "P1"}
    with db.write() as conn:
        return conn.execute(insert(tables.resource).values(row).returning(tables.resource.c.id)).scalar_one()


def codes(client: TestClient) -> list[str]:
    return [grid["properties"]["code"] for grid in client.get("/api/v1/grids").json()["features"]]


def counts(told: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {kind["kind"]: (kind["grids"], kind["assigned"], kind["without"]) for kind in told["kinds"]}


def test_a_post_is_read_given_grids_and_read_again(client: TestClient, bearer: Bearer, police: int) -> None:
    planner, path = bearer("planner"), f"/api/v1/resources/{police}"
    read = client.get(path, headers=planner)
    assert (read.status_code, read.headers["etag"], read.json()["properties"]["position_at"]) == (200, '"1"', None)
    assert read.json()["properties"]["staff"] == 2
    assert client.get(path).json()["properties"]["staff"] is None, "the public is told no counts of staff"
    one, two, *_ = codes(client)
    given = client.put(f"{path}/grids", headers=planner | {"If-Match": '"1"'}, json={"codes": [one, two, one]})
    assert (given.status_code, given.headers["etag"]) == (200, '"2"')
    assert [(row["code"], row["until"], row["from_code"]) for row in given.json()["grids"]] == [
        (one, None, None),
        (two, None, None),
    ]
    stale = client.put(f"{path}/grids", headers=planner | {"If-Match": '"1"'}, json={"codes": []})
    assert (stale.status_code, stale.json()["key"]) == (412, "resource_stale")
    ended = client.put(
        f"{path}/grids",
        headers=planner | {"If-Match": '"2"'},
        json={"codes": [two], "since": "2099-01-01T00:00:00+08:00"},
    )
    assert [(row["code"], row["until"]) for row in ended.json()["grids"]] == [
        (one, "2098-12-31T16:00:00Z"),
        (two, None),
    ]
    assert client.get(f"{path}/grids", headers=bearer("viewer")).json() == ended.json()


def test_grids_without_are_counted_and_listed(client: TestClient, bearer: Bearer, police: int) -> None:
    planner = bearer("planner")
    told = client.get(GAPS, headers=planner).json()
    assert counts(told) == dict.fromkeys(("police_officer", "judge", "prosecutor", "lawyer", "mediator"), (4, 0, 4))
    client.put(
        f"/api/v1/resources/{police}/grids", headers=planner | {"If-Match": '"1"'}, json={"codes": codes(client)[:3]}
    )
    now = client.get(GAPS, headers=planner).json()
    assert counts(now)["police_officer"] == (4, 3, 1)
    assert [grid["code"] for grid in now["kinds"][0]["list"]] == codes(client)[3:]
    assert (now["method"], len(now["inputs_hash"])) == ("assigned-1", 64)
    assert now["inputs_hash"] != told["inputs_hash"]
    assert counts(client.get(f"{GAPS}?{FRIDAY}", headers=planner).json())["police_officer"] == (4, 0, 4)
    east = client.get(f"{GAPS}?kind=police_officer&community={EAST}", headers=planner).json()
    assert counts(east) == {"police_officer": (2, 1, 1)}
    own = client.get(f"{GAPS}?kind=police_officer", headers=bearer("viewer", WEST)).json()
    assert counts(own) == {"police_officer": (2, 2, 0)}
    assert client.get(f"{GAPS}?community={EAST}", headers=bearer("viewer", WEST)).status_code == 403
    assert client.get(GAPS).status_code == 401
    assert client.get(f"{GAPS}?kind=patrol", headers=planner).json()["key"] == "assigned_kind_unknown"


def test_the_list_as_files(client: TestClient, bearer: Bearer, police: int) -> None:
    viewer = bearer("viewer")
    book = client.get(f"{GAPS}.xlsx?kind=lawyer", headers=viewer)
    sheets = load_workbook(io.BytesIO(book.content), read_only=True)
    assert sheets.sheetnames == ["posts by kind", "grids without", "about"]
    assert [row[:5] for row in sheets["posts by kind"].values][1] == ("Lawyer's post", 4, 0, 4, 0)
    assert len(list(sheets["grids without"].values)) == 5
    table = client.get(f"{GAPS}.csv?kind=lawyer", headers=viewer).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert sum(WEST in row or EAST in row for row in rows) == 4
    assert {"at", "method", "inputs_hash"} <= {row[0] for row in rows if row}
    assert client.get(f"{GAPS}.pdf", headers=viewer).status_code == 422


def test_who_is_on_duty(client: TestClient, db: Database, bearer: Bearer, police: int) -> None:
    desk, path = bearer("dispatcher"), f"/api/v1/resources/{police}"
    change = {"staff": 0, "duty_hours": "Mo-Fr 09:00-17:00"}
    done = client.patch(path, headers=desk | {"If-Match": '"1"'}, json=change)
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert {name: done.json()["properties"][name] for name in change} == change
    unknown = client.patch(path, headers=desk | {"If-Match": '"2"'}, json={"staff": None})
    assert (unknown.json()["properties"]["staff"], unknown.json()["properties"]["duty_hours"]) == (
        None,
        change["duty_hours"],
    )
    before = rows(db)
    for headers, wish, status in (
        ({}, {"staff": 1}, 428),
        ({"If-Match": '"1"'}, {"staff": 1}, 412),
        ({"If-Match": '"3"'}, {"staff": -1}, 422),
        ({"If-Match": '"3"'}, {"staff": 1.5}, 422),
        ({"If-Match": '"3"'}, {"duty_hours": "上班时"}, 422),
        ({"If-Match": '"3"'}, {"name": "张三"}, 422),
        ({"If-Match": '"3"'}, {"staff_name": "张三"}, 422),
    ):
        assert client.patch(path, headers=desk | headers, json=wish).status_code == status, wish
    assert rows(db) == before
    assert client.patch("/api/v1/resources/99", headers=desk | {"If-Match": '"1"'}, json=change).status_code == 404


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"codes": ["990101001001099"]}, 422),
        ({"codes": ["12"]}, 422),
        ({"codes": ["'; drop table assignment; --"]}, 422),
        ({"codes": ["9" * 15] * 2001}, 422),
        ({}, 422),
        ({"codes": [], "since": "1800-01-01"}, 422),
        ({"codes": [], "person": "张三"}, 422),
    ],
)
def test_wishes_that_are_refused_change_nothing(
    client: TestClient, db: Database, bearer: Bearer, police: int, wish: dict[str, Any], status: int
) -> None:
    before = rows(db)
    path = f"/api/v1/resources/{police}/grids"
    told = client.put(path, headers=bearer("planner") | {"If-Match": '"1"'}, json=wish)
    assert told.status_code == status, told.text
    assert rows(db) == before


def test_who_may(client: TestClient, db: Database, bearer: Bearer, police: int) -> None:
    path, seen = f"/api/v1/resources/{police}", {"If-Match": '"1"'}
    west, *_ = codes(client)
    assert client.patch(path, headers=seen, json={"staff": 1}).status_code == 401
    assert client.patch(path, headers=bearer("viewer") | seen, json={"staff": 1}).status_code == 403
    assert client.patch(path, headers=bearer("dispatcher", EAST) | seen, json={"staff": 1}).status_code == 403
    assert client.put(f"{path}/grids", headers=bearer("dispatcher") | seen, json={"codes": []}).status_code == 403
    outside = client.put(f"{path}/grids", headers=bearer("planner", EAST) | seen, json={"codes": [west]})
    assert outside.status_code == 403
    assert client.get(f"{path}/grids").status_code == 401
    patrol = next(one for one in client.get("/api/v1/resources").json()["features"] if one["id"] != police)
    team = client.put(f"/api/v1/resources/{patrol['id']}/grids", headers=bearer("planner") | seen, json={"codes": []})
    assert (team.status_code, team.json()["key"]) == (422, "assigned_kind_none")


def test_no_position_of_a_post(client: TestClient, bearer: Bearer, police: int) -> None:
    wish = {"lonlat": [103.2, 40.4], "at": "2026-11-20T10:00:00+08:00"}
    told = client.post(f"/api/v1/resources/{police}/position", headers=bearer("dispatcher"), json=wish)
    assert (told.status_code, told.json()["key"]) == (409, "position_of_post")


def test_the_ranking_tells_the_grids_own(client: TestClient, db: Database, bearer: Bearer, police: int) -> None:
    planner = bearer("planner")
    client.put(
        f"/api/v1/resources/{police}/grids", headers=planner | {"If-Match": '"1"'}, json={"codes": codes(client)[:1]}
    )
    lawyer = {"name": "律师岗", "kind": "lawyer", "geom": point(700, 500), "source": "drawn", "source_key": "L"}
    with db.write() as conn:
        conn.execute(insert(tables.resource).values(lawyer))
        grid = conn.execute(text("select grid_id from plan_grid order by code limit 1")).scalar_one()
        case = conn.execute(text("select id from incident where stage = 'filed' order by id limit 1")).scalar_one()
        conn.execute(text("update incident set grid_id = :grid where id = :id"), {"grid": grid, "id": case})
    told = client.get(f"/api/v1/incidents/{case}/stations?minutes=60", headers=bearer("dispatcher")).json()
    assert told["grid_id"] == grid
    assert [(one["kind_name"], one["name"], one["staff"], one["against"]) for one in told["assigned"]] == [
        ("Police post", "一社区警务室", 2, None)
    ]
    assert told["unassigned"] == [], "nobody has assigned a lawyer to any grid"
    marked = [one["name"] for one in told["helpers"] if "helper_assigned" in {why["key"] for why in one["reasons"]}]
    assert marked == ["一社区警务室"]


def rows(db: Database) -> list[tuple[Any, ...]]:
    """Posts and assignments as they are, to see that nothing changed."""
    with db.read() as conn:
        told = conn.execute(text("select id, version, staff, duty_hours, updated_at from resource order by id")).all()
        return [*map(tuple, told), *map(tuple, conn.execute(text("select * from assignment order by id")))]
