"""What-ifs through the door: who may ask, what comes back, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, insert, select

from geo.store import tables
from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import EAST, WEST, World, lonlat, point

PLACES = {"一号楼": (100, 40), "二号楼": (1000, 60), "三号楼": (1900, 80)}
"""Residents along the one street of 2,000 m, whose stations stand at 250 m and at 1,750 m."""


@pytest.fixture
def town(client: TestClient, db: Database, world: World) -> TestClient:
    with db.write() as conn:
        for name, (x_m, residents) in PLACES.items():
            where = {"geom": point(x_m, 500), "start": point(x_m, 500), "source": "drawn", "source_key": name}
            conn.execute(insert(tables.home).values(kind="building", name=name, residents=residents, **where))
    return client


def ask(town: TestClient, headers: dict[str, str], *changes: dict[str, Any], **more: Any) -> Any:
    return town.post("/api/v1/coverage/what-if", json={"changes": list(changes), **more}, headers=headers)


def test_a_closed_station_loses_who_reaches_no_other(town: TestClient, world: World, bearer: Bearer) -> None:
    told = ask(town, bearer("planner"), {"kind": "close_station", "station_id": world.station[0]}).json()
    assert (told["before"]["residents"], told["after"]["residents"]) == (180.0, 140.0)
    assert told["lost"]["residents"] == 40.0
    assert [place["name"] for place in told["losers"]] == ["一号楼"]
    assert told["losers"][0]["minutes_before"] == 2.25
    assert [(grid["code"], grid["lost"]) for grid in told["grids"]] == [(f"{WEST}001", 40.0)]
    assert told["residents_farther"] == 0.0, "in the middle both are equally far"
    assert told["provenance"]["mode"] == "planning"


def test_a_station_where_a_planner_points(town: TestClient, world: World, bearer: Bearer) -> None:
    move = {"kind": "move_station", "station_id": world.station[0], "lonlat": lonlat(1900, 500)}
    told = ask(town, bearer("planner"), move, minutes=5).json()
    assert (told["before"]["residents"], told["after"]["residents"]) == (120.0, 80.0)
    slow = ask(town, bearer("planner"), {"kind": "add_station", "lonlat": lonlat(1000, 500)}, mode="elderly_75").json()
    assert slow["gained"]["residents"] == 60.0, "750 m in 15 minutes at 0.75 m/s are too far, 0 m are not"


def test_only_planners_ask_and_each_for_their_own(town: TestClient, world: World, bearer: Bearer) -> None:
    change = {"kind": "close_station", "station_id": world.station[0]}
    assert ask(town, {}, change).status_code == 401
    assert ask(town, bearer("dispatcher"), change).status_code == 403
    east = ask(town, bearer("planner", EAST), change).json()
    assert east["everybody"]["residents"] in {80.0, 140.0}
    assert east["losers"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"changes": []}, 422),
        ({"changes": [{"kind": "close_station", "station_id": 999}]}, 404),
        ({"changes": [{"kind": "close_station", "station_id": 1, "reason": "none"}]}, 422),
        ({"changes": [{"kind": "burn_station", "station_id": 1}]}, 422),
        ({"changes": [{"kind": "close_station", "station_id": 1}] * 300}, 422),
        ({"changes": [{"kind": "add_station", "lonlat": [1e99, 0]}]}, 422),
        ({"changes": [{"kind": "add_station", "lonlat": [103.2, 40.4]}], "minutes": 100000}, 422),
        ({"changes": [{"kind": "add_station", "lonlat": [103.2, 40.4]}], "mode": "flying"}, 404),
        ({"changes": [{"kind": "cut_street", "lonlat": [104.2, 41.4]}]}, 422),
    ],
)
def test_bad_questions_get_a_sentence_and_change_nothing(
    town: TestClient, db: Database, bearer: Bearer, body: dict[str, Any], status: int
) -> None:
    answer = town.post("/api/v1/coverage/what-if", json=body, headers=bearer("planner"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    with db.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.station)).scalar_one() == 3
