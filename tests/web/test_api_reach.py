"""Reach of a place, the nearest stations, the way to them, and computing anew: one street, known answers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from geo.compute.project import Frame
from geo.store import tables
from geo.store.database import Database
from tests.drawn_streets import FRAME
from tests.web.conftest import Bearer
from tests.web.world import AT, World, lonlat

FRIDAY_NIGHT = "2026-11-20T22:00:00+08:00"


def ask(client: TestClient, route: str, x_m: float, y_m: float, **more: object) -> dict[str, Any]:
    lon, lat = lonlat(x_m, y_m)
    answer = client.get(f"/api/v1/{route}", params={"lon": lon, "lat": lat, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def shapes_of(told: dict[str, Any]) -> list[shapely.Geometry]:
    return [shapely.geometry.shape(each["geometry"]) for each in told["features"]]


class TestReach:
    def test_nested_polygons_with_their_streets(self, client: TestClient) -> None:
        """From the middle of a street of 2 km, at 9 ds a metre: 333 m, 667 m and 1,000 m each way."""
        told = ask(client, "reach", 1000, 520)
        assert [each["properties"]["minutes"] for each in told["features"]] == [5, 10, 15]
        connector_m = 20
        expected = [2 * (minutes * 600 / 9 - connector_m) for minutes in (5, 10, 15)]
        assert [each["properties"]["street_m"] for each in told["features"]] == pytest.approx(expected, abs=1)
        shapes = shapes_of(told)
        assert all(shape.is_valid for shape in shapes)
        assert all(wide.covers(narrow) for narrow, wide in itertools.pairwise(shapes))
        assert told["snapped_m"] == 20
        assert told["snapped"] == pytest.approx(lonlat(1000, 500), abs=1e-6)
        assert told["direction"] == "from"
        assert told["provenance"]["mode"] == "planning"
        assert told["provenance"]["network_date"] == "2026-06-01"
        assert told["provenance"]["data_date"] is None

    def test_of_a_station_people_come_to_it(self, client: TestClient, world: World) -> None:
        told = client.get(f"/api/v1/reach?station_id={world.station[0]}&minutes=15").json()
        assert told["direction"] == "to"
        assert [each["properties"]["street_m"] for each in told["features"]] == pytest.approx([1250], abs=1)
        assert told["lonlat"] == pytest.approx(lonlat(250, 500), abs=1e-6)

    def test_slower_on_ice_and_at_another_pace(self, client: TestClient) -> None:
        def street_m(**more: str) -> float:
            return float(ask(client, "reach", 1000, 500, minutes="10", **more)["features"][0]["properties"]["street_m"])

        assert street_m() == pytest.approx(2 * 600 / 0.9, abs=1)
        assert street_m(surface="ice") == pytest.approx(2 * 600 / 1.02, abs=1)
        assert street_m(mode="elderly_75") == pytest.approx(2 * 450, abs=1)

    def test_where_no_street_is_there_is_nothing(self, client: TestClient) -> None:
        told = ask(client, "reach", 1000, 5000)
        assert (told["snapped"], told["snapped_m"]) == (None, None)
        assert [each["geometry"] for each in told["features"]] == [None] * 3

    @pytest.mark.parametrize(
        ("query", "key"),
        [
            ("lon=103.2&lat=40.4&minutes=61", "request_reach_far"),
            ("lon=103.2&lat=40.4&minutes=16&mode=car", "request_reach_far"),
            ("lon=103.2&lat=40.4&minutes=1,2,3,4,5,6,7", "request_cutoffs_many"),
            ("lon=103.2&lat=40.4&minutes=five", "request_minutes_unreadable"),
            ("lon=103.2&lat=40.4&minutes=nan", "request_minutes_unreadable"),
            ("lon=103.2&lat=40.4&minutes=-5", "request_minutes_unreadable"),
            ("lon=103.2", "request_place_missing"),
            ("lon=103.2&lat=40.4&station_id=1", "request_place_missing"),
            ("", "request_place_missing"),
            ("lon=203.2&lat=40.4", "request_faulty"),
        ],
    )
    def test_what_is_too_much_or_no_place(self, client: TestClient, query: str, key: str) -> None:
        answer = client.get(f"/api/v1/reach?{query}")
        assert (answer.status_code, answer.json()["key"]) == (422, key)

    def test_what_there_is_not(self, client: TestClient) -> None:
        for query in ("lon=103.2&lat=40.4&mode=snail", "lon=103.2&lat=40.4&surface=lava", "station_id=999"):
            assert client.get(f"/api/v1/reach?{query}").status_code == 404


class TestNearest:
    def test_nearest_first_with_how_far(self, client: TestClient, world: World) -> None:
        told = ask(client, "nearest", 600, 540)
        assert [station["id"] for station in told["stations"]] == world.station[:2]
        first = told["stations"][0]
        assert (first["travel_ds"], first["way_m"], first["way"]) == (9 * 390, pytest.approx(390, abs=0.1), None)
        assert told["provenance"]["mode"] == "planning"

    def test_the_way_street_by_street(self, client: TestClient) -> None:
        told = ask(client, "nearest", 600, 540, k=1, path="true")
        way = told["stations"][0]["way"]
        assert [(step["kind"], step["name"]) for step in way["steps"]] == [
            ("connector", None),
            ("street", "一街"),
            ("connector", None),
        ]
        assert [step["metres"] for step in way["steps"]] == pytest.approx([40, 350, 0], abs=0.1)
        assert [step["seconds"] for step in way["steps"]] == [36, 315, 0]
        assert (way["metres"], way["seconds"]) == (pytest.approx(390, abs=0.1), 351)
        drawn = Frame(FRAME.lon, FRAME.lat).to_xy_m(shapely.get_coordinates(shapely.geometry.shape(way["geometry"])))
        assert drawn.tolist() == [pytest.approx(p, abs=0.02) for p in ([600, 540], [600, 500], [250, 500])]

    def test_only_open_ones_and_those_not_known(self, client: TestClient, world: World) -> None:
        assert [s["id"] for s in ask(client, "nearest", 600, 540, at=FRIDAY_NIGHT)["stations"]] == world.station[1:2]
        morning = ask(client, "nearest", 600, 540, at="2026-11-20T09:00:00+08:00")
        assert [s["id"] for s in morning["stations"]] == world.station[:2]
        assert [s["is_open"] for s in morning["stations"]] == [True, None], "the hours of one are not known"

    def test_by_kind_and_service(self, client: TestClient, db: Database, world: World) -> None:
        with db.write() as conn:
            changed = update(tables.station).where(tables.station.c.id == world.station[0])
            conn.execute(changed.values(kind="canteen", services=["午餐"], updated_at=AT))
        assert [s["id"] for s in ask(client, "nearest", 600, 540, kind="canteen")["stations"]] == world.station[:1]
        assert [s["id"] for s in ask(client, "nearest", 600, 540, service="休息")["stations"]] == world.station[1:2]
        nothing = ask(client, "nearest", 600, 540, service="滑雪")
        assert nothing["stations"] == []
        assert nothing["detail"]

    def test_too_many_and_unknown(self, client: TestClient) -> None:
        answer = client.get("/api/v1/nearest?lon=103.2&lat=40.4&k=21")
        assert (answer.status_code, answer.json()["key"]) == (422, "request_nearest_many")
        assert client.get("/api/v1/nearest?lon=103.2&lat=40.4&mode=snail").status_code == 404


class TestRuns:
    def test_a_planner_computes_anew(self, client: TestClient, app: FastAPI, bearer: Bearer) -> None:
        planner = bearer("planner")
        answer = client.post("/api/v1/coverage/runs", json={"minutes": 10}, headers=planner)
        assert answer.status_code == 202, answer.text
        app.state.jobs._pool.shutdown(wait=True)
        job = client.get(answer.json()["href"], headers=planner).json()
        assert job["state"] == "done", job
        run = client.get("/api/v1/coverage?by=city").json()["run"]
        assert (run["minutes"], run["mode"], run["surface"], run["method"]) == (10, "planning", "dry", "reach-2")

    @pytest.mark.parametrize(
        ("wish", "status"), [({"mode": "snail"}, 404), ({"minutes": 61}, 422), ({"minutes": 0}, 422), ({"x": 1}, 422)]
    )
    def test_what_cannot_be_computed_is_refused_at_once(
        self, client: TestClient, bearer: Bearer, wish: dict[str, Any], status: int
    ) -> None:
        answer = client.post("/api/v1/coverage/runs", json=wish, headers=bearer("planner"))
        assert answer.status_code == status

    def test_not_by_anybody(self, client: TestClient, bearer: Bearer) -> None:
        assert client.post("/api/v1/coverage/runs", json={}).status_code == 401
        assert client.post("/api/v1/coverage/runs", json={}, headers=bearer("viewer")).status_code == 403
