"""Circles against streets, crossings and access through the door: who may ask, what comes back, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from geo.store import tables
from geo.store.database import Database
from tests import two_streets
from tests.small_town import EAST, WEST, square
from tests.web.conftest import Bearer

HONESTY, CROSSINGS, ACCESS = (f"/api/v1/coverage/{name}" for name in ("honesty", "crossings", "access"))


@pytest.fixture
def world(db: Database, tmp_path: Path) -> None:
    """The town of two streets instead of the drawn city; an official circle of its western half."""
    two_streets.load(db, tmp_path)
    (west_m, south_m), (east_m, north_m) = two_streets.at(-50, -50), two_streets.at(700, 50)
    ground = f"SRID=4326;MULTI{square(west_m, south_m, east_m, north_m).wkt}".replace("((", "(((").replace("))", ")))")
    with db.write() as conn:
        conn.execute(
            insert(tables.official_circle).values(name="drawn", geom=ground, source="drawn", source_key="drawn")
        )


def ask(client: TestClient, path: str, headers: dict[str, str], **query: Any) -> Any:
    answer = client.get(path, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_promises_of_stations_circles_and_areas(client: TestClient, bearer: Bearer) -> None:
    viewer = bearer("viewer")
    told = ask(client, HONESTY, viewer)
    assert [(row["name"], row["promised"], row["promised_not_reached"]) for row in told["promises"]] == [
        ("W", 230, 130),
        ("E", 130, 0),
    ]
    assert told["promises"][0]["kept_share"] == pytest.approx(100 / 230)
    assert (told["official_circles"], told["circle_m"], told["numberMatched"]) == (1, 1000, 2)
    assert told["astray"]["residents_astray"] == 100
    (circle,) = ask(client, HONESTY, viewer, by="circle")["promises"]
    assert (circle["promised"], circle["reached"], circle["reached_not_promised"]) == (190, 100, 40)
    assert circle["stations"] == 1
    page = ask(client, HONESTY, viewer, by="grid", limit=1)
    assert (page["numberMatched"], page["numberReturned"]) == (16, 1)
    assert {link["rel"] for link in page["links"]} >= {"next"}


def test_a_crossing_and_whom_it_brings(client: TestClient, bearer: Bearer) -> None:
    told = ask(client, CROSSINGS, bearer("viewer"), most=1)
    (crossing,) = told["crossings"]
    assert (crossing["residents"], crossing["elderly"], told["helpful"]) == (100, 20, 49)
    assert crossing["barriers"] == [{"kind": "rail", "name": None}]
    assert crossing["geometry"]["type"] == "LineString"
    assert [grid["code"] for grid in crossing["grids"]] == [f"{WEST}001"]


@pytest.mark.parametrize("method", ["2sfca", "e2sfca", "gaussian"])
def test_supply_is_shared_out_whole(client: TestClient, bearer: Bearer, method: str) -> None:
    told = ask(client, ACCESS, bearer("viewer"), method=method, by="grid", missing_capacity=10)
    given = sum((area["supply"] or 0) * area["people"] / told["per_people"] for area in told["areas"])
    assert given == pytest.approx(told["supply"]["shared"]) == pytest.approx(60)
    assert told["is_verified"] == (method == "2sfca")
    assert set(told["groups"]) == {"residents", "elderly", "children"}


def test_a_token_for_an_area_is_told_of_its_people(client: TestClient, bearer: Bearer) -> None:
    west, east = bearer("viewer", WEST), bearer("viewer", EAST)
    assert [row["promised"] for row in ask(client, HONESTY, west)["whole"]] == [160, 160]
    assert ask(client, CROSSINGS, west, most=1)["crossings"][0]["residents"] == 100
    assert ask(client, CROSSINGS, east)["crossings"] == []
    assert [area["code"] for area in ask(client, ACCESS, east)["areas"]] == [EAST]


def test_only_staff_may_ask(client: TestClient, bearer: Bearer) -> None:
    for path in (HONESTY, CROSSINGS, ACCESS):
        assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (HONESTY, {"by": "planet"}, 422),
        (HONESTY, {"circle_m": 0}, 422),
        (HONESTY, {"minutes": 61}, 422),
        (HONESTY, {"mode": "flying"}, 404),
        (HONESTY, {"radius": 500}, 422),
        (CROSSINGS, {"most": 0}, 422),
        (CROSSINGS, {"most": 101}, 422),
        (CROSSINGS, {"mode": "car"}, 422),
        (ACCESS, {"method": "3sfca"}, 422),
        (ACCESS, {"missing_capacity": -1}, 422),
        (ACCESS, {"minutes": "nan"}, 422),
        (ACCESS, {"surface": "lava"}, 404),
    ],
)
def test_bad_questions_get_a_sentence(
    client: TestClient, bearer: Bearer, path: str, query: dict[str, Any], status: int
) -> None:
    answer = client.get(path, params=query, headers=bearer("viewer"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
