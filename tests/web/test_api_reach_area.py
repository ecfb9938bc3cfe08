"""The ground within reach of any station: one street of 2,000 m with stations at 250 m and at 1,750 m."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import insert

from geo.store import tables
from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import World, lonlat, point

PEN_SLACK = 5e-5
"""Degrees, about 5 m: outlines that are drawn apart are simplified apart."""

PEOPLE = {250: 40, 1000: 60, 1400: 101}
"""Residents by metre of the street; 201 in all."""


@pytest.fixture
def town(client: TestClient, db: Database, world: World) -> TestClient:
    with db.write() as conn:
        for x_m, residents in PEOPLE.items():
            where = {"geom": point(x_m, 500), "start": point(x_m, 500), "source": "drawn", "source_key": str(x_m)}
            conn.execute(insert(tables.home).values(kind="building", name=str(x_m), residents=residents, **where))
    return client


def ask(town: TestClient, headers: dict[str, str] | None = None, **query: Any) -> Any:
    return town.get("/api/v1/coverage/area", params=query, headers=headers or {})


def shape_of(answer: Any, of: str) -> shapely.Geometry:
    (feature,) = [each for each in answer["features"] if each["properties"]["of"] == of]
    return shapely.geometry.shape(feature["geometry"])


def test_streets_and_circles_tell_their_ground_and_their_people(town: TestClient, bearer: Bearer) -> None:
    answer = ask(town, bearer("viewer"), minutes=9, compare=True)
    assert answer.headers["content-type"] == "application/geo+json"
    told = answer.json()
    streets, circles = (feature["properties"] for feature in told["features"])
    assert told["circle_m"] == 600.0, "9 minutes of 1,000 m in 15 minutes"
    assert streets == {"of": "streets", "share": round(141 / 201, 4), "residents": 141.0}, "750 m are too far"
    assert circles["residents"] == 141.0
    assert (told["stations"], told["is_rounded"], told["residents"]) == (2, False, 201.0)
    ground, round_ground = shape_of(told, "streets"), shape_of(told, "circles")
    assert ground.is_valid
    assert round_ground.is_valid
    for x_m, is_near in ((250, True), (840, True), (900, False), (1100, False), (1160, True), (2000, True)):
        assert ground.intersects(shapely.Point(lonlat(x_m, 500))) is is_near, x_m
    assert round_ground.contains(shapely.Point(lonlat(250, 1095)))
    assert not ground.intersects(shapely.Point(lonlat(250, 700))), "there is no street"


def test_more_minutes_never_reach_less_and_slower_feet_never_more(town: TestClient) -> None:
    grounds = [shape_of(ask(town, minutes=minutes).json(), "streets") for minutes in (5, 9, 10, 30)]
    for shorter, longer in pairwise(grounds):
        assert longer.buffer(PEN_SLACK).covers(shorter)
    icy = shape_of(ask(town, minutes=9, surface="ice").json(), "streets")
    assert grounds[1].buffer(PEN_SLACK).covers(icy)
    assert icy.area < grounds[1].area


def test_the_public_is_told_rounded_figures_of_the_whole_city(town: TestClient) -> None:
    told = ask(town, minutes=9).json()
    assert told["is_rounded"] is True
    assert told["residents"] == 200
    (streets,) = told["features"]
    assert streets["properties"] == {"of": "streets", "share": 0.7, "residents": 140}


def test_only_stations_known_to_be_open_count_at_a_moment(town: TestClient) -> None:
    on_friday = ask(town, minutes=9, at="2026-11-20T10:00:00").json()
    assert (on_friday["stations"], on_friday["stations_closed"], on_friday["stations_unsaid"]) == (1, 0, 1)
    assert on_friday["features"][0]["properties"]["residents"] == 40
    on_sunday = ask(town, minutes=9, at="2026-11-22T10:00:00", compare=True).json()
    assert (on_sunday["stations"], on_sunday["stations_closed"]) == (0, 1)
    assert [feature["geometry"] for feature in on_sunday["features"]] == [None, None]
    assert [feature["properties"]["residents"] for feature in on_sunday["features"]] == [0, 0]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"minutes": 0}, 422),
        ({"minutes": 7.5}, 422),
        ({"minutes": 61}, 422),
        ({"mode": "flying"}, 404),
        ({"surface": "lava"}, 404),
        ({"kind": "castle"}, 404),
        ({"at": "1066-10-14T09:00:00"}, 422),
    ],
)
def test_bad_questions_get_a_sentence(town: TestClient, query: dict[str, Any], status: int) -> None:
    answer = ask(town, **query)
    assert answer.status_code == status
    assert answer.json()["detail"]
