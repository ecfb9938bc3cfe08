"""Lists of areas, grids, resources, incidents; search; what the public may see of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update

from api.invented import Invention
from geo.publication import rule
from geo.store import tables
from geo.store.database import Database
from geo.words import catalogue
from tests.web.conftest import Bearer
from tests.web.world import AT, CITY, EAST, FIGURES, SUBDISTRICT, WEST, World, box, lonlat, point


def codes(answer: Any) -> list[str]:
    return [feature["properties"]["code"] for feature in answer.json()["features"]]


def rel(answer: Any, name: str) -> str | None:
    return next((link["href"] for link in answer.json()["links"] if link["rel"] == name), None)


class TestAreas:
    def test_all_by_level_by_parent(self, client: TestClient) -> None:
        assert len(codes(client.get("/api/v1/areas"))) == 5
        assert codes(client.get("/api/v1/areas?level=community")) == [WEST, EAST]
        assert codes(client.get(f"/api/v1/areas?parent={SUBDISTRICT}")) == [WEST, EAST]
        assert codes(client.get(f"/api/v1/areas?parent={SUBDISTRICT}&level=city")) == []

    def test_shapes_come_when_asked_for(self, client: TestClient) -> None:
        without = client.get("/api/v1/areas?level=city").json()["features"][0]
        shown = client.get("/api/v1/areas?level=city&geometry=true").json()["features"][0]
        assert without["geometry"] is None
        assert shown["geometry"]["type"] == "MultiPolygon"
        west, south, east, north = shown["properties"]["bbox"]
        assert [west, north] == pytest.approx([*lonlat(0, 1000)], abs=1e-5)
        assert west < shown["properties"]["centre"][0] < east
        assert south < shown["properties"]["centre"][1] < north

    def test_retired_areas_are_not_listed(self, client: TestClient, db: Database) -> None:
        with db.write() as conn:
            conn.execute(update(tables.area).where(tables.area.c.code == EAST).values(retired_at=AT))
        assert EAST not in codes(client.get("/api/v1/areas"))

    @pytest.mark.parametrize(
        "query", ["level=street", "parent=99", "geometry=maybe", "limit=0", "limit=1001", "offset=-1"]
    )
    def test_what_cannot_be_meant_is_refused(self, client: TestClient, query: str) -> None:
        answer = client.get(f"/api/v1/areas?{query}")
        assert (answer.status_code, answer.json()["key"]) == (422, "request_faulty")
        assert answer.json()["evidence"]["faults"][0]["where"] == f"query.{query.partition('=')[0]}"


class TestPages:
    def test_links_lead_through_everything_once(self, client: TestClient) -> None:
        href: str | None = "/api/v1/areas?geometry=false&limit=2"
        seen: list[str] = []
        while href:
            answer = client.get(href)
            assert answer.json()["numberMatched"] == 5
            assert answer.json()["numberReturned"] == len(answer.json()["features"])
            seen += codes(answer)
            href = rel(answer, "next")
        assert seen == codes(client.get("/api/v1/areas"))
        assert rel(answer, "prev") is not None

    def test_beyond_the_end_the_count_stays_honest(self, client: TestClient) -> None:
        answer = client.get("/api/v1/areas?offset=50").json()
        assert (answer["numberMatched"], answer["numberReturned"]) == (5, 0)


class TestGrids:
    def test_by_community_box_and_time(self, client: TestClient) -> None:
        assert codes(client.get("/api/v1/grids")) == [f"{WEST}001", f"{WEST}002", f"{EAST}001", f"{EAST}002"]
        assert codes(client.get(f"/api/v1/grids?community={EAST}")) == [f"{EAST}001", f"{EAST}002"]
        west, south = lonlat(100, 100)
        east, north = lonlat(200, 200)
        assert codes(client.get(f"/api/v1/grids?bbox={west},{south},{east},{north}")) == [f"{WEST}001"]
        assert codes(client.get("/api/v1/grids?at=2020-01-01T00:00:00Z")) == []

    def test_drafts_are_not_shown_and_a_successor_takes_over(
        self, client: TestClient, db: Database, world: World
    ) -> None:
        change = AT - timedelta(days=10)
        with db.write() as conn:
            plan = tables.plan
            conn.execute(update(plan).where(plan.c.id == world.plan[0]).values(state="superseded", effective_to=change))
            told = {"community_id": world.area[WEST], "created_at": AT, "base_plan_id": world.plan[0]}
            for state, begins, code in (("draft", None, "7"), ("published", change, "8")):
                made = insert(plan).values(**told, state=state, effective_from=begins).returning(plan.c.id)
                row = {"plan_id": conn.execute(made).scalar_one(), "grid_id": world.grid[0], "kind": "basic"}
                named = {"code": f"{WEST}00{code}", "name": "新网格", "geom": box(0, 0, 1000, 1000)}
                conn.execute(insert(tables.plan_grid).values(**row, **named))
        assert codes(client.get(f"/api/v1/grids?community={WEST}")) == [f"{WEST}008"]
        before = (change - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
        assert codes(client.get(f"/api/v1/grids?community={WEST}&at={before}")) == [f"{WEST}001", f"{WEST}002"]

    def test_one_grid_with_chain_and_posts(self, client: TestClient, world: World) -> None:
        told = client.get(f"/api/v1/grids/{world.grid[3]}").json()["properties"]
        levels = [link["level"] for link in told["chain"]]
        assert levels == ["city", "district", "subdistrict", "community"]
        assert told["chain"][-1]["code"] == EAST
        assert told["posts"] == [
            {"post": "chief", "is_filled": False, "duty_phone": "0999-5550103"},
            {"post": "member", "is_filled": True, "duty_phone": None},
        ]
        assert told["plan"]["id"] == world.plan[1]

    @pytest.mark.parametrize("path", ["/api/v1/grids/99", "/api/v1/grids/1?at=2020-01-01T00:00:00"])
    def test_no_such_grid(self, client: TestClient, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["key"]) == (404, "grid_not_in_force")

    @pytest.mark.parametrize("id_", ["0", "x", "1.5", "9223372036854775808"])
    def test_what_is_no_number_of_a_grid(self, client: TestClient, id_: str) -> None:
        assert client.get(f"/api/v1/grids/{id_}").status_code == 422

    @pytest.mark.parametrize(
        "query", ["bbox=1,2,3", "bbox=1,2,3,nan", "bbox=1,2,3,inf", "bbox=3,2,1,4", "bbox=1,2,181,4", "bbox=a,b,c,d"]
    )
    def test_what_is_no_box(self, client: TestClient, query: str) -> None:
        answer = client.get(f"/api/v1/grids?{query}")
        assert (answer.status_code, answer.json()["key"]) == (422, "bbox_bad")

    @pytest.mark.parametrize("at", ["noon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "5", "1e400"])
    def test_what_is_no_time(self, client: TestClient, at: str) -> None:
        assert client.get(f"/api/v1/grids?at={at}").status_code == 422

    def test_the_public_sees_rounded_figures_and_no_ages(self, client: TestClient) -> None:
        figures = [feature["properties"]["figures"] for feature in client.get("/api/v1/grids").json()["features"]]
        assert [shown["residents"] for shown in figures] == [1140, None, 1200, None]
        assert [shown["residents_covered"] for shown in figures] == [1140, None, 840, None]
        assert figures[2]["share"] == pytest.approx(840 / 1200)
        for shown in figures:
            assert shown["is_rounded"]
            hidden = ("elderly", "elderly_covered", "children", "children_covered", "homes", "households")
            assert [shown[name] for name in hidden] == [None] * 6

    def test_a_viewer_sees_their_own_area_as_it_is(self, client: TestClient, bearer: Bearer) -> None:
        def shown(headers: dict[str, str]) -> list[bool]:
            features = client.get("/api/v1/grids", headers=headers).json()["features"]
            return [feature["properties"]["figures"]["is_rounded"] for feature in features]

        assert shown(bearer("viewer")) == [False] * 4
        assert shown(bearer("viewer", SUBDISTRICT)) == [False] * 4
        assert shown(bearer("administrator", EAST)) == [True, True, False, False]
        exact = client.get("/api/v1/grids", headers=bearer("viewer")).json()["features"][2]["properties"]["figures"]
        assert (exact["residents"], exact["residents_covered"]) == FIGURES["grid 2"]
        assert exact["elderly"] == pytest.approx(1204.5 / 5)

    def test_without_a_computation_there_are_grids_without_figures(self, client: TestClient, db: Database) -> None:
        with db.write() as conn:
            conn.execute(update(tables.coverage_run).values(is_current=False))
        assert client.get("/api/v1/grids").json()["features"][0]["properties"]["figures"] is None


class TestResources:
    def test_by_kind_and_box(self, client: TestClient) -> None:
        (found,) = client.get("/api/v1/resources?kind=patrol").json()["features"]
        assert found["geometry"]["coordinates"] == pytest.approx(lonlat(600, 500), abs=1e-6)
        assert found["properties"]["position_at"] == "2026-11-20T02:00:00Z"
        assert client.get("/api/v1/resources?kind=van").json()["numberMatched"] == 0
        assert client.get("/api/v1/resources?bbox=0,0,1,1").json()["numberMatched"] == 0

    def test_text_that_no_database_holds_is_refused(self, client: TestClient) -> None:
        assert client.get("/api/v1/resources?kind=%00").status_code == 422
        assert client.get("/api/v1/search?q=a%00").status_code == 422


class TestIncidents:
    def test_the_public_sees_squares_with_enough_of_them(self, client: TestClient) -> None:
        told = client.get("/api/v1/incidents").json()
        assert (told["kind"], told["numberMatched"]) == ("cells", 1)
        (cell,) = told["features"]
        assert cell["properties"] == {"n_class": 10, "n_below": 20}
        ring = cell["geometry"]["coordinates"][0]
        lon, lat = lonlat(260, 520)
        assert min(p[0] for p in ring) <= lon <= max(p[0] for p in ring)
        assert min(p[1] for p in ring) <= lat <= max(p[1] for p in ring)
        words = ("text", "category", "source_key", "occurred_at", "第1件")
        assert not [word for word in words if word in str(told)]

    def test_nine_are_not_shown_ten_are(self, client: TestClient, db: Database) -> None:
        for left, shown in ((10, 1), (9, 0)):
            with db.write() as conn:
                kept = select(tables.incident.c.id).order_by(tables.incident.c.id).limit(left)
                conn.execute(delete(tables.incident).where(tables.incident.c.id.not_in(kept)))
            assert client.get("/api/v1/incidents").json()["numberMatched"] == shown

    def test_a_box_chooses_squares_not_incidents(self, client: TestClient) -> None:
        west, south = lonlat(150, 400)  # cuts the square, but holds none of its incidents
        east, north = lonlat(160, 410)
        told = client.get(f"/api/v1/incidents?bbox={west},{south},{east},{north}").json()
        assert [feature["properties"]["n_class"] for feature in told["features"]] == [10]

    def test_retired_and_old_incidents_do_not_count(self, client: TestClient, db: Database) -> None:
        begin = datetime(2025, 11, 1, tzinfo=UTC)  # the month of the newest, twelve months before
        first = tables.incident.c.source_key.in_(["1", "2", "3"])
        for change, shown in (
            ({"occurred_at": begin}, 1),
            ({"occurred_at": begin - timedelta(microseconds=1)}, 0),
            ({"occurred_at": begin, "retired_at": AT}, 0),
        ):
            with db.write() as conn:
                conn.execute(update(tables.incident).where(first).values(**change))
            assert len(client.get("/api/v1/incidents").json()["features"]) == shown

    @pytest.mark.parametrize(
        "query", ["category=x", "state=open", "since=2026-01-01T00:00:00Z", "before=2026-01-01T00:00:00Z"]
    )
    def test_only_dispatchers_filter(self, client: TestClient, bearer: Bearer, query: str) -> None:
        public = client.get(f"/api/v1/incidents?{query}")
        assert (public.status_code, public.json()["key"]) == (401, "public_no_filter")
        viewer = client.get(f"/api/v1/incidents?{query}", headers=bearer("viewer"))
        assert (viewer.status_code, viewer.json()["key"]) == (403, "token_role_low")
        assert client.get("/api/v1/incidents", headers=bearer("viewer")).json()["kind"] == "cells"

    def test_the_public_learns_the_day_of_the_newest_incident_but_not_its_hour(
        self, client: TestClient, db: Database
    ) -> None:
        late = datetime(2026, 11, 19, 17, 42, 7, tzinfo=UTC)  # the 20th already in Shanghai
        with db.write() as conn:
            conn.execute(update(tables.incident).values(occurred_at=late))
        told = client.get("/api/v1/incidents").json()
        assert (told["since"], told["until"]) == ("2025-11-01", "2026-11-20")

    def test_a_dispatcher_sees_points_newest_first(self, client: TestClient, bearer: Bearer) -> None:
        headers = bearer("dispatcher")
        told = client.get("/api/v1/incidents?limit=3", headers=headers).json()
        assert (told["kind"], told["numberMatched"], told["numberReturned"]) == ("points", 17, 3)
        assert [feature["properties"]["text"] for feature in told["features"]] == ["第0件", "第1件", "第2件"]
        one_day = "since=2026-11-18T02:00:00Z&before=2026-11-19T02:00:00Z"
        assert client.get(f"/api/v1/incidents?{one_day}", headers=headers).json()["numberMatched"] == 1
        assert client.get("/api/v1/incidents?state=closed", headers=headers).json()["numberMatched"] == 9
        assert client.get(f"/api/v1/incidents?category={quote('堆物')}", headers=headers).json()["numberMatched"] == 17
        assert client.get("/api/v1/incidents?bbox=0,0,1,1", headers=headers).json()["numberMatched"] == 0

    def test_an_area_is_a_border(self, client: TestClient, bearer: Bearer) -> None:
        counts = {
            code: client.get("/api/v1/incidents", headers=bearer("dispatcher", code)).json()["numberMatched"]
            for code in (WEST, EAST, CITY)
        }
        assert counts == {WEST: 12, EAST: 5, CITY: 17}


@given(
    places=st.lists(
        st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000), st.integers(1, 30)), min_size=1, max_size=12
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_square_tells_of_fewer_than_k(
    client: TestClient, db: Database, places: list[tuple[float, float, int]]
) -> None:
    """Every square shown holds at least k incidents, its class is true, and no two squares overlap."""
    with db.write() as conn:
        conn.execute(delete(tables.incident))
        rows = [
            {"occurred_at": AT, "category": "c", "geom": point(x, y), "source": "s", "source_key": f"{place}.{n}"}
            for place, (x, y, count) in enumerate(places)
            for n in range(count)
        ]
        conn.execute(insert(tables.incident), rows)
    told = client.get("/api/v1/incidents").json()
    total = 0
    for cell in told["features"]:
        with db.read() as conn:
            shape = func.ST_GeomFromGeoJSON(str(cell["geometry"]).replace("'", '"'))
            inside = func.ST_Intersects(tables.incident.c.geom, shape)
            n = conn.execute(select(func.count()).where(inside)).scalar_one()
        lower, below = cell["properties"]["n_class"], cell["properties"]["n_below"]
        assert n >= max(lower, rule().k)
        total += lower
        if below is not None:
            assert n < below + sum(count for x, y, count in places)  # points on a shared side count for both here
    assert total <= len(rows)


def test_answers_of_an_invented_city_say_so(client: TestClient, db: Database, bearer: Bearer) -> None:
    """Its codes begin with 99; once none does, nothing is said. The public is told, too."""
    desk = {**bearer("dispatcher"), "Accept-Language": "en"}
    with db.read() as conn:
        case = conn.scalars(select(func.min(tables.incident.c.id)).where(tables.incident.c.state == "open")).one()
    asked = ("/incidents", f"/incidents/{case}/stations", "/figures", "/visits/due?at=2026-03-20T10:00")

    def said(path: str, headers: dict[str, str]) -> str | None:
        told = client.get(f"/api/v1{path}", headers=headers)
        assert told.status_code == 200, told.text
        return told.json()["invented"]

    assert {said(path, desk) for path in asked} == {catalogue()["city_invented"]["en"]}
    assert said("/incidents", {"Accept-Language": "zh"}) == catalogue()["city_invented"]["zh"]
    with db.write() as conn:
        conn.execute(update(tables.area).values(code=func.concat("15", func.substr(tables.area.c.code, 3))))
    client.app.state.invention = Invention(db)  # type: ignore[attr-defined]
    assert {said(path, desk) for path in asked} == {None}
