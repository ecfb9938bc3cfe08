"""Where is this, who answers for it, which stations are near; and coverage by area."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from geo.store import street_tables, tables
from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import CITY, DISTRICT, EAST, FIGURES, SUBDISTRICT, WEST, World, add_figure, lonlat

FRIDAY = "2026-11-20T10:00:00+08:00"
DS_PER_M = 9


def ask(client: TestClient, x_m: float, y_m: float, **more: Any) -> dict[str, Any]:
    lon, lat = lonlat(x_m, y_m)
    answer = client.get("/api/v1/locate", params={"lon": lon, "lat": lat, "at": FRIDAY, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestLocate:
    def test_the_chain_the_grid_and_its_posts(self, client: TestClient, world: World) -> None:
        told = ask(client, 1900, 540)
        assert [link["code"] for link in told["chain"]] == [CITY, DISTRICT, SUBDISTRICT, EAST]
        assert told["chain"][0]["name_en"] == "Qinghe"
        assert (told["grid"]["id"], told["grid"]["code"]) == (world.grid[3], f"{EAST}002")
        assert told["grid"]["posts"][0] == {"post": "chief", "is_filled": False, "duty_phone": "0999-5550103"}
        assert (told["is_inside"], told["detail"]) == (True, None)

    def test_on_a_shared_border_one_grid_answers(self, client: TestClient, world: World) -> None:
        told = ask(client, 1000, 500)
        held = told["chain"][-1]["code"]
        assert held in {WEST, EAST}
        assert told["grid"]["code"].startswith(held)

    def test_stations_by_the_way_on_foot(self, client: TestClient, world: World) -> None:
        """40 m to the street, 350 m along it to one station, 1,150 m to the other."""
        near, far = ask(client, 600, 540)["stations"]
        assert [near["id"], far["id"]] == world.station[:2]
        assert near["travel_ds"] == pytest.approx((40 + 350) * DS_PER_M, abs=2)
        assert far["travel_ds"] == pytest.approx((40 + 1150) * DS_PER_M, abs=2)
        assert near["minutes"] == pytest.approx(390 / 1000 * 15, abs=0.06)
        assert near["street_m"] == pytest.approx(390, abs=0.5)
        assert near["air_m"] == pytest.approx((350**2 + 40**2) ** 0.5, abs=0.5)
        assert near["phone"] == "0999-5550100"

    def test_open_or_not_at_that_time_and_until_when(self, client: TestClient) -> None:
        near, far = ask(client, 600, 540)["stations"]
        assert (near["is_open"], near["until"]) == (True, "2026-11-20T18:30:00+08:00")
        assert (far["is_open"], far["until"]) == (None, None)
        later = ask(client, 600, 540, at="2026-11-22T10:00:00+08:00")["stations"][0]
        assert (later["is_open"], later["opens_at"]) == (False, "2026-11-23T08:30:00+08:00")

    def test_a_slower_walker_and_a_shorter_list(self, client: TestClient) -> None:
        (only,) = ask(client, 600, 540, limit=1, mode="elderly_75")["stations"]
        assert only["travel_ds"] == pytest.approx(390 / 0.75 * 10, abs=3)
        assert only["street_m"] == pytest.approx(390, abs=0.5)

    def test_a_new_station_counts_at_once(self, client: TestClient, bearer: Bearer) -> None:
        assert len(ask(client, 600, 540)["stations"]) == 2
        told = {"name": "新站", "kind": "compound_station", "lonlat": lonlat(620, 500)}
        assert client.post("/api/v1/stations", headers=bearer("planner"), json=told).status_code == 201
        stations = ask(client, 600, 540)["stations"]
        assert stations[0]["name"] == "新站"
        assert stations[0]["travel_ds"] == pytest.approx((40 + 20) * DS_PER_M, abs=2)

    def test_outside_says_so(self, client: TestClient) -> None:
        told = ask(client, 50_000, 500)
        assert (told["is_inside"], told["chain"], told["grid"]) == (False, [], None)
        assert "outside all areas" in told["detail"]
        assert told["no_stations"]["key"] == "no_street_near"

    def test_why_there_is_no_station(self, client: TestClient, db: Database) -> None:
        far_from_streets = ask(client, 600, 900)
        assert (far_from_streets["stations"], far_from_streets["no_stations"]["key"]) == ([], "no_street_near")
        assert "200 m" in far_from_streets["no_stations"]["detail"]
        with db.write() as conn:
            conn.execute(update(tables.station).values(retired_at=FRIDAY))
        assert ask(client, 600, 540)["no_stations"]["key"] == "no_station_within"

    def test_without_streets_the_place_is_still_known(self, client: TestClient, db: Database) -> None:
        with db.write() as conn:
            conn.execute(delete(street_tables.street_network))
        told = ask(client, 600, 540)
        assert (told["grid"]["code"], told["no_stations"]["key"]) == (f"{WEST}002", "streets_missing")

    def test_an_area_without_a_published_plan(self, client: TestClient, db: Database, world: World) -> None:
        with db.write() as conn:
            conn.execute(update(tables.plan).where(tables.plan.c.id == world.plan[1]).values(state="withdrawn"))
        told = ask(client, 1900, 540)
        assert (told["is_inside"], told["grid"]) == (True, None)
        assert "东社区" in told["detail"]

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "lon=103.2",
            "lon=nan&lat=40",
            "lon=103&lat=inf",
            "lon=-inf&lat=40",
            "lon=180.01&lat=40",
            "lon=103&lat=-90.5",
            "lon=1e999&lat=40",
            "lon=a&lat=40",
            "lon=103.2&lat=40.4&limit=0",
            "lon=103.2&lat=40.4&limit=21",
            "lon=103.2&lat=40.4&at=yesterday",
            "lon=103.2&lat=40.4&when=now",
            "lon=103.2&lat=40.4&lon=103.3",
        ],
    )
    def test_what_is_no_place_or_time(self, client: TestClient, query: str) -> None:
        assert client.get(f"/api/v1/locate?{query}").status_code == 422

    def test_an_unknown_mode(self, client: TestClient) -> None:
        answer = client.get("/api/v1/locate?lon=103.2&lat=40.4&mode=snail")
        assert answer.status_code == 404

    @pytest.mark.parametrize(("lon", "lat"), [(180, 90), (-180, -90), (0, 0), (103.2, -40.4)])
    def test_the_ends_of_the_earth_are_outside_not_an_error(self, client: TestClient, lon: float, lat: float) -> None:
        told = client.get(f"/api/v1/locate?lon={lon}&lat={lat}")
        assert (told.status_code, told.json()["is_inside"]) == (200, False)


class TestCoverage:
    def items(self, client: TestClient, query: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        answer = client.get(f"/api/v1/coverage?{query}", headers=headers or {})
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def test_by_level_with_how_it_was_computed(self, client: TestClient) -> None:
        told = client.get("/api/v1/coverage?by=subdistrict").json()
        assert told["run"]["inputs_hash"] == "f" * 64
        assert told["run"]["cutoff_ds"] == 9000
        (item,) = told["items"]
        figures = item["figures"]
        assert (item["code"], figures["residents"], figures["residents_covered"]) == (SUBDISTRICT, 2350, 1980)
        assert figures["share"] == pytest.approx(1980 / 2350, abs=1e-4)
        assert figures["elderly"] == 470
        assert (told["total"]["residents"], told["total"]["elderly"]) == (2400, 480)

    def test_ages_begin_at_the_subdistrict(self, client: TestClient) -> None:
        shown = {
            level: [item["figures"]["elderly"] for item in self.items(client, f"by={level}")]
            for level in ("grid", "community", "subdistrict", "district", "city")
        }
        assert shown["grid"] == [None] * 4
        assert shown["community"] == [None] * 2
        assert all(None not in shown[level] for level in ("subdistrict", "district", "city"))

    def test_inside_one_area(self, client: TestClient) -> None:
        assert [item["code"] for item in self.items(client, f"by=grid&parent={EAST}")] == [f"{EAST}001", f"{EAST}002"]
        assert len(self.items(client, f"by=grid&parent={CITY}")) == 4
        assert [item["code"] for item in self.items(client, f"by=community&parent={DISTRICT}")] == [WEST, EAST]
        assert self.items(client, "by=grid&parent=990199999999") == []

    def test_exact_with_a_viewers_token_for_the_area(self, client: TestClient, bearer: Bearer) -> None:
        exact = self.items(client, "by=grid", bearer("viewer"))
        assert [(i["figures"]["residents"], i["figures"]["residents_covered"]) for i in exact] == [
            FIGURES[f"grid {number}"] for number in range(4)
        ]
        assert [i["figures"]["is_rounded"] for i in self.items(client, "by=grid", bearer("viewer", WEST))] == [
            False,
            False,
            True,
            True,
        ]
        above = self.items(client, "by=city", bearer("viewer", WEST))
        assert above[0]["figures"]["is_rounded"]

    def test_pages_with_honest_counts(self, client: TestClient) -> None:
        told = client.get("/api/v1/coverage?by=grid&limit=3").json()
        assert (told["numberMatched"], told["numberReturned"]) == (4, 3)
        following = next(link["href"] for link in told["links"] if link["rel"] == "next")
        assert len(client.get(following).json()["items"]) == 1

    @pytest.mark.parametrize("query", ["", "by=street", "by=grid&parent=1", "by=grid&level=city"])
    def test_what_is_refused(self, client: TestClient, query: str) -> None:
        assert client.get(f"/api/v1/coverage?{query}").status_code == 422

    def test_nothing_computed_yet(self, client: TestClient, db: Database) -> None:
        with db.write() as conn:
            conn.execute(delete(tables.coverage_run))
        answer = client.get("/api/v1/coverage?by=city")
        assert (answer.status_code, answer.json()["key"]) == (503, "coverage_missing")


COUNTS = (
    "residents",
    "residents_covered",
    "residents_in_air_circle",
    "residents_no_street",
    "residents_outside_streets",
    "elderly",
    "elderly_covered",
    "children",
    "children_covered",
)


@given(people=st.lists(st.tuples(st.floats(0, 60), st.floats(0, 1), st.floats(0, 0.6)), min_size=5, max_size=5))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_public_never_sees_a_count_below_k_nor_ages_below_the_subdistrict(
    client: TestClient, db: Database, world: World, people: list[tuple[float, float, float]]
) -> None:
    levels = ("grid", "community", "subdistrict", "city", "all")
    with db.write() as conn:
        conn.execute(delete(tables.coverage_figure))
        for level, (residents, share, old) in zip(levels, people, strict=True):
            add_figure(
                conn,
                world.run,
                level,
                area_id={
                    "community": world.area[WEST],
                    "subdistrict": world.area[SUBDISTRICT],
                    "city": world.area[CITY],
                }.get(level),
                grid_id=world.grid[0] if level == "grid" else None,
                residents=residents,
                covered=residents * share,
                elderly=residents * old,
            )
    shown = {level: client.get(f"/api/v1/coverage?by={level}").json() for level in levels[:4]}
    figures = {level: told["items"][0]["figures"] for level, told in shown.items()} | {"all": shown["city"]["total"]}
    for level, (residents, share, _) in zip(levels, people, strict=True):
        told = figures[level]
        for name in COUNTS:
            assert told[name] is None or told[name] % 10 == 0
        assert (told["residents"] is None) == (residents < 10)
        assert told["residents"] is None or told["residents"] >= 10
        if told["residents_covered"] is not None:
            is_everybody = residents * share >= residents
            assert told["residents_covered"] <= (told["residents"] if is_everybody else residents * share)
            assert (told["residents_covered"] == told["residents"]) == is_everybody
        assert told["homes"] is None
        assert told["households"] is None
        if level in ("grid", "community"):
            assert [told[name] for name in COUNTS[5:]] == [None] * 4
        if told["elderly"] is None:
            assert told["elderly_covered"] is None
