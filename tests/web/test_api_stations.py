"""Stations: reading, adding, changing, closing; who may, where, and what text does; their circles."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text, update

from geo.store import tables
from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import CITY, EAST, HOURS, WEST, World, lonlat

FRIDAY = "at=2026-11-20T10:00:00%2B08:00"
SUNDAY = "at=2026-11-22T10:00:00%2B08:00"

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "${alert(1)}",
    "`${alert(1)}`",
    "\\`; alert(1) //",
    "C:\\path\\2019",
    "'; drop table station; --",
    "{{7*7}} {0} %s",
    '"onmouseover="alert(1)',
    "网格&amp;#x27;<b>",
]


def wish(**changes: Any) -> dict[str, Any]:
    return {"name": "新站", "kind": "compound_station", "lonlat": lonlat(1200, 480), **changes}


def stations(db: Database) -> list[tuple[Any, ...]]:
    """Every row as it is, to see that nothing changed."""
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(select(tables.station).order_by(tables.station.c.id))]


class TestReading:
    def ids(self, client: TestClient, query: str = "") -> list[int]:
        return [feature["id"] for feature in client.get(f"/api/v1/stations?{query}").json()["features"]]

    def test_by_kind_and_box_without_the_closed(self, client: TestClient, world: World) -> None:
        assert self.ids(client) == world.station[:2]
        assert self.ids(client, "kind=party_mass_centre") == world.station[:2]
        assert self.ids(client, "kind=other") == []
        west, south = lonlat(1500, 0)
        east, north = lonlat(2000, 1000)
        assert self.ids(client, f"bbox={west},{south},{east},{north}") == [world.station[1]]

    def test_open_or_not_at_a_time(self, client: TestClient, world: World) -> None:
        told = client.get(f"/api/v1/stations?{FRIDAY}").json()
        first, second = (feature["properties"] for feature in told["features"])
        assert (first["is_open"], first["until"]) == (True, "2026-11-20T18:30:00+08:00")
        assert (second["is_open"], second["until"], second["opens_at"]) == (None, None, None)
        closed = client.get(f"/api/v1/stations/{world.station[0]}?{SUNDAY}").json()["properties"]
        assert (closed["is_open"], closed["opens_at"]) == (False, "2026-11-23T08:30:00+08:00")

    def test_those_open_then_and_how_many_are_not_known(self, client: TestClient, world: World) -> None:
        told = client.get(f"/api/v1/stations?open_{FRIDAY}").json()
        assert [feature["id"] for feature in told["features"]] == [world.station[0]]
        assert (told["numberMatched"], told["numberUnknownHours"]) == (1, 1)
        assert client.get(f"/api/v1/stations?open_{SUNDAY}").json()["numberMatched"] == 0

    def test_a_time_without_a_zone_is_the_citys(self, client: TestClient, world: World) -> None:
        told = client.get("/api/v1/stations?at=2026-11-20T18:29:59").json()["features"][0]["properties"]
        assert told["is_open"] is True

    def test_one(self, client: TestClient, world: World) -> None:
        told = client.get(f"/api/v1/stations/{world.station[0]}")
        assert told.headers["content-type"] == "application/geo+json"
        assert told.headers["etag"] == '"1"'
        assert told.json()["geometry"]["coordinates"] == pytest.approx(lonlat(250, 500), abs=1e-7)
        assert told.json()["properties"]["services"] == ["休息", "咨询"]

    @pytest.mark.parametrize("path", ["/api/v1/stations/99", "/api/v1/stations/3", "/api/v1/stations/3/circle"])
    def test_unknown_and_closed(self, client: TestClient, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["key"]) == (404, "station_unknown")


class TestCircles:
    def test_the_public_sees_rounded_residents(self, client: TestClient, world: World) -> None:
        told = client.get(f"/api/v1/stations/{world.station[0]}/circle").json()
        assert told["geometry"]["type"] == "MultiPolygon"
        properties = told["properties"]
        assert (properties["residents_reached"], properties["residents_in_air_circle"]) == (1130, 1140)
        assert properties["is_rounded"] is True
        run = properties["run"]
        assert (run["minutes"], run["cutoff_ds"], run["mode"], run["network_date"]) == (
            15,
            9000,
            "planning",
            "2026-06-01",
        )
        assert run["inputs_hash"] == "f" * 64

    def test_exact_for_a_viewer_of_the_stations_area(self, client: TestClient, world: World, bearer: Bearer) -> None:
        path = f"/api/v1/stations/{world.station[0]}/circle"
        shown = {
            area: client.get(path, headers=bearer("viewer", area)).json()["properties"]["residents_reached"]
            for area in (None, CITY, WEST, EAST)
        }
        assert shown == {None: 1136.0, CITY: 1136.0, WEST: 1136.0, EAST: 1130.0}

    def test_nothing_computed_for_it_or_at_all(self, client: TestClient, db: Database, world: World) -> None:
        answer = client.get(f"/api/v1/stations/{world.station[1]}/circle")
        assert (answer.status_code, answer.json()["key"]) == (404, "circle_missing")
        with db.write() as conn:
            conn.execute(update(tables.coverage_run).values(is_current=False))
        answer = client.get(f"/api/v1/stations/{world.station[0]}/circle")
        assert (answer.status_code, answer.json()["key"]) == (503, "coverage_missing")


class TestWriting:
    def test_add_change_close(self, client: TestClient, bearer: Bearer) -> None:
        headers = bearer("planner", EAST)
        told = wish(services=["休息"], opening_hours=HOURS, capacity=12, entrance=lonlat(1210, 480))
        made = client.post("/api/v1/stations", headers=headers, json=told)
        assert made.status_code == 201
        path = made.headers["location"]
        assert made.headers["etag"] == '"1"'
        changed = client.patch(path, headers=headers | {"If-Match": '"1"'}, json={"capacity": None, "name": " 新名 "})
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        properties = client.get(path).json()["properties"]
        assert (properties["name"], properties["capacity"], properties["opening_hours"]) == ("新名", None, HOURS)
        assert properties["entrance"] == pytest.approx(lonlat(1210, 480), abs=1e-9)
        assert client.delete(path, headers=headers | {"If-Match": '"2"'}).status_code == 204
        assert client.get(path).status_code == 404

    def test_persons_on_duty_are_a_count_that_the_public_is_not_told(
        self, client: TestClient, db: Database, world: World, bearer: Bearer
    ) -> None:
        path, planner = f"/api/v1/stations/{world.station[0]}", bearer("planner")
        changed = client.patch(path, headers=planner | {"If-Match": '"1"'}, json={"staff": 0})
        assert (changed.status_code, changed.json()["properties"]["staff"]) == (200, 0)
        with db.write() as conn:
            conn.execute(update(tables.resource).values(staff=2))
        for headers, told in ((bearer("viewer"), {0, 2}), ({}, {None})):
            one, team = client.get(path, headers=headers), client.get("/api/v1/resources", headers=headers)
            listed = client.get("/api/v1/stations", headers=headers).json()["features"]
            shown = {one.json()["properties"]["staff"], team.json()["features"][0]["properties"]["staff"]}
            assert shown == told
            assert [feature["properties"]["staff"] for feature in listed[:2]] == [0 if headers else None, None]

    def test_a_closed_station_is_kept(self, client: TestClient, db: Database, world: World, bearer: Bearer) -> None:
        path = f"/api/v1/stations/{world.station[0]}"
        client.delete(path, headers=bearer("planner") | {"If-Match": '"1"'})
        assert len(stations(db)) == 3

    @pytest.mark.parametrize("role", [None, "viewer", "dispatcher"])
    def test_only_planners_and_above(
        self, client: TestClient, db: Database, world: World, bearer: Bearer, role: str | None
    ) -> None:
        before = stations(db)
        headers = (bearer(role) if role else {}) | {"If-Match": '"1"'}
        path = f"/api/v1/stations/{world.station[0]}"
        answers = [
            client.post("/api/v1/stations", headers=headers, json=wish()),
            client.patch(path, headers=headers, json={"name": "x"}),
            client.delete(path, headers=headers),
        ]
        expected = (403, "token_role_low") if role else (401, "token_missing")
        assert [(answer.status_code, answer.json()["key"]) for answer in answers] == [expected] * 3
        assert stations(db) == before

    def test_only_within_the_tokens_area(self, client: TestClient, db: Database, world: World, bearer: Bearer) -> None:
        before = stations(db)
        headers = bearer("administrator", EAST) | {"If-Match": '"1"'}
        west, east = (f"/api/v1/stations/{world.station[number]}" for number in (0, 1))
        answers = [
            client.post("/api/v1/stations", headers=headers, json=wish(lonlat=lonlat(900, 500))),
            client.patch(west, headers=headers, json={"name": "x"}),
            client.patch(west, headers=headers, json={"lonlat": lonlat(1500, 500)}),  # not even into it
            client.patch(east, headers=headers, json={"lonlat": lonlat(500, 500)}),  # nor out of it
            client.delete(west, headers=headers),
        ]
        assert [(a.status_code, a.json()["key"]) for a in answers] == [(403, "token_outside_area")] * 5
        assert stations(db) == before
        assert client.patch(east, headers=headers, json={"name": "x"}).status_code == 200

    def test_a_change_made_on_an_old_version_is_refused(self, client: TestClient, world: World, bearer: Bearer) -> None:
        headers, path = bearer("planner"), f"/api/v1/stations/{world.station[0]}"
        assert client.patch(path, headers=headers | {"If-Match": '"1"'}, json={"name": "a"}).status_code == 200
        for answer in (
            client.patch(path, headers=headers | {"If-Match": '"1"'}, json={"name": "b"}),
            client.delete(path, headers=headers | {"If-Match": '"1"'}),
        ):
            assert (answer.status_code, answer.json()["key"]) == (412, "station_stale")
            assert answer.json()["type"] == "/problems/stale-version"
        assert client.get(path).json()["properties"]["name"] == "a"

    @pytest.mark.parametrize("if_match", [None, "1", "*", 'W/"1"', '"x"', '"1","2"', '"99999999999"'])
    def test_the_version_must_be_sent(
        self, client: TestClient, db: Database, world: World, bearer: Bearer, if_match: str | None
    ) -> None:
        before = stations(db)
        headers = bearer("planner") | ({} if if_match is None else {"If-Match": if_match})
        path = f"/api/v1/stations/{world.station[0]}"
        expected = (428, "version_missing") if if_match is None else (422, "request_faulty")
        for answer in (client.patch(path, headers=headers, json={"name": "a"}), client.delete(path, headers=headers)):
            assert (answer.status_code, answer.json()["key"]) == expected
        assert stations(db) == before

    def test_two_at_once_and_one_wins(self, client: TestClient, world: World, bearer: Bearer) -> None:
        headers = bearer("planner") | {"If-Match": '"1"'}
        path = f"/api/v1/stations/{world.station[0]}"
        start, statuses = threading.Barrier(4), []

        def change(number: int) -> None:
            start.wait()
            statuses.append(client.patch(path, headers=headers, json={"name": f"n{number}"}).status_code)

        threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 412, 412, 412]

    def test_unknown_and_closed_stations_are_not_changed(
        self, client: TestClient, world: World, bearer: Bearer
    ) -> None:
        headers = bearer("planner") | {"If-Match": '"1"'}
        for number in (99, world.station[2]):
            path = f"/api/v1/stations/{number}"
            assert client.patch(path, headers=headers, json={"name": "a"}).status_code == 404
            assert client.delete(path, headers=headers).status_code == 404

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": ""},
            {"name": "   "},
            {"name": None},
            {"name": 5},
            {"name": "x" * 201},
            {"name": "a\u0000b"},
            {"name": "a\u001bb"},
            {"kind": ""},
            {"lonlat": None},
            {"lonlat": [103.2]},
            {"lonlat": [181, 40]},
            {"lonlat": [103.2, 91]},
            {"lonlat": ["a", "b"]},
            {"lonlat": [40.4, 103.2]},
            {"entrance": [103.2]},
            {"services": "休息"},
            {"services": [""]},
            {"services": ["a"] * 51},
            {"opening_hours": "周一至周五"},
            {"opening_hours": "x" * 2000},
            {"capacity": -1},
            {"capacity": 1.5},
            {"capacity": 10**12},
            {"staff": -1},
            {"staff": 0.5},
            {"staff": "张三"},
            {"staff_names": ["张三"]},
            {"colour": "red"},
            {"version": 7},
            {"id": 7},
        ],
    )
    def test_what_cannot_be_kept_is_refused(
        self, client: TestClient, db: Database, world: World, bearer: Bearer, changes: dict[str, Any]
    ) -> None:
        before = stations(db)
        headers = bearer("planner") | {"If-Match": '"1"'}
        added = client.post("/api/v1/stations", headers=headers, json=wish(**changes))
        changed = client.patch(f"/api/v1/stations/{world.station[0]}", headers=headers, json=changes)
        for answer in (added, changed):
            assert answer.status_code == 422
            assert answer.headers["content-type"] == "application/problem+json"
        assert stations(db) == before

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'{"lonlat":[NaN,1]}',
            b'{"lonlat":[1e999,1]}',
            b'{"name":"\xff"}',
            b'{"name":"\\ud800"}',
        ],
    )
    def test_bodies_that_are_not_what_they_should_be(self, client: TestClient, bearer: Bearer, body: bytes) -> None:
        headers = bearer("planner") | {"Content-Type": "application/json", "If-Match": '"1"'}
        assert client.post("/api/v1/stations", headers=headers, content=body).status_code in {400, 422}
        assert client.patch("/api/v1/stations/1", headers=headers, content=body).status_code in {400, 422}

    @pytest.mark.parametrize("trick", ["\x00", "\x7f", "\x9b", "\u202e", "\u2066"])
    def test_names_hold_no_control_and_turn_no_direction(self, client: TestClient, bearer: Bearer, trick: str) -> None:
        answer = client.post("/api/v1/stations", headers=bearer("planner"), json=wish(name=f"a{trick}b"))
        assert answer.status_code == 422

    def test_a_form_from_elsewhere_is_no_json(self, client: TestClient, bearer: Bearer) -> None:
        answer = client.post("/api/v1/stations", headers=bearer("planner"), data={"name": "x"})
        assert answer.status_code == 422

    def test_far_places_and_far_entrances(self, client: TestClient, bearer: Bearer) -> None:
        headers = bearer("planner")
        far = client.post("/api/v1/stations", headers=headers, json=wish(lonlat=lonlat(9000, 500)))
        assert (far.status_code, far.json()["key"]) == (422, "station_outside_town")
        door = client.post("/api/v1/stations", headers=headers, json=wish(entrance=lonlat(1200, 1200)))
        assert (door.status_code, door.json()["key"]) == (422, "station_entrance_far")
        just_outside = client.post("/api/v1/stations", headers=headers, json=wish(lonlat=lonlat(2100, 500)))
        assert just_outside.status_code == 201

    @pytest.mark.parametrize("payload", HOSTILE)
    def test_hostile_text_is_kept_as_it_is_and_never_served_as_a_page(
        self, client: TestClient, db: Database, bearer: Bearer, payload: str
    ) -> None:
        headers = bearer("planner")
        texts = {"name": payload, "kind": payload, "services": [payload], "address": payload, "phone": payload}
        made = client.post("/api/v1/stations", headers=headers, json=wish(**texts))
        path = made.headers["location"]
        changed = client.patch(path, headers=headers | {"If-Match": '"1"'}, json=texts)
        for answer in (
            made,
            changed,
            client.get(path),
            client.get("/api/v1/stations"),
            client.get("/api/v1/search", params={"q": payload}),
        ):
            assert answer.headers["content-type"] in {"application/geo+json", "application/json"}
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert {name: changed.json()["properties"][name] for name in texts} == texts
        with db.read() as conn:
            assert conn.execute(select(func.count()).select_from(tables.station)).scalar_one() == 4

    @pytest.mark.parametrize("payload", HOSTILE)
    def test_hostile_text_in_a_refusal_stays_json(self, client: TestClient, bearer: Bearer, payload: str) -> None:
        answer = client.post("/api/v1/stations", headers=bearer("planner"), json=wish(opening_hours=payload))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert answer.json()["evidence"]["text"] == payload


def test_a_pool_as_large_as_the_threads_serves_many_at_once(client: TestClient, db: Database) -> None:
    """Twelve at once on three connections: all are answered, none waits for a connection in vain."""
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(client.get("/api/v1/areas").status_code)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 12
    with db.read() as conn:
        assert conn.execute(text("select 1")).scalar_one() == 1
