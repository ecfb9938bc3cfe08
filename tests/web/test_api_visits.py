"""Visits over HTTP: counts in, due and overdue out, rounds; what burdens staff is refused with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from geo.actions.cases.figure_periods import last_published
from geo.store.database import Database
from geo.store.tables import home
from tests.web.conftest import Bearer
from tests.web.world import EAST, WEST, World, point

CITY = ZoneInfo("Asia/Shanghai")
DUE = "/api/v1/visits/due"
AT = {"at": "2026-03-20T12:00:00+08:00"}


@pytest.fixture
def homes(db: Database, world: World) -> None:
    """Twelve buildings of 40 households in the first grid, along the street."""
    rows = [
        {
            "kind": "building",
            "geom": point(20 + 40 * number, 510),
            "start": point(20 + 40 * number, 510),
            "households": 40.0,
            "residents": 100.0,
            "shops": 1,
            "source": "drawn",
            "source_key": f"visits {number}",
        }
        for number in range(12)
    ]
    with db.write() as conn:
        conn.execute(insert(home), rows)


def put(client: TestClient, world: World, headers: dict[str, str], **count: Any) -> Any:
    body = {"counts": [{"kind": "special_households", "day": "2026-03-10", "number": 9, **count}]}
    return client.put(f"/api/v1/grids/{world.grid[0]}/visits-done", json=body, headers=headers)


def test_from_counts_to_what_is_due(client: TestClient, world: World, bearer: Bearer, homes: None) -> None:
    desk = bearer("dispatcher")
    landed = put(client, world, desk)
    assert landed.status_code == 200, landed.text
    assert landed.json()["added"] == 1
    assert put(client, world, desk).json()["unchanged"] == 1
    told = client.get(DUE, params={**AT, "community": WEST}, headers=desk)
    assert told.status_code == 200, told.text
    special = {one["kind"]: one for one in told.json()["whole"]["kinds"]}["special_households"]
    assert special["running"] | {"hours": None} == {"due": 24, "done": 9, "open": 15, "percent": "62.50", "hours": None}
    assert [row["key"] for row in told.json()["rows"]] == [f"{WEST}001", f"{WEST}002"]
    assert {term["kind"]: term["running"]["due"] for term in told.json()["terms"]}["elder_day"] == "2026-04-10"


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"staff": "x"}, "visits_field_refused"),
        ({"photo": "x"}, "visits_field_refused"),
        ({"track": []}, "burden_refused"),
        ({"checkIn": True}, "burden_refused"),
        ({"lon": 103.2}, "visits_field_refused"),
        ({"colour": "red"}, "visits_field_unknown"),
        ({"kind": "patrol"}, "rows_refused"),
        ({"day": "2199-01-01"}, "rows_refused"),
    ],
)
def test_what_is_refused(client: TestClient, world: World, bearer: Bearer, more: dict[str, Any], key: str) -> None:
    refused = put(client, world, bearer("dispatcher"), **more)
    assert refused.status_code == 422, refused.text
    assert refused.json()["key"] == key
    assert all(name in refused.text for name in more)


def test_who_may(client: TestClient, world: World, bearer: Bearer, homes: None) -> None:
    viewer, desk, east = bearer("viewer"), bearer("dispatcher"), bearer("dispatcher", EAST)
    assert client.get(DUE).status_code == 401
    assert put(client, world, viewer).status_code == 403
    assert put(client, world, east).status_code == 403
    assert client.get(DUE, params={"community": WEST}, headers=east).status_code == 403
    assert client.get(DUE, params=AT, headers=viewer).json()["key"] == "visits_whole_months"
    seen = client.get(DUE, params={"by": "community"}, headers=viewer).json()
    assert seen["smallest"] == 10
    ended = last_published(datetime.now(UTC), CITY)[1] - timedelta(microseconds=1)
    assert datetime.fromisoformat(seen["at"]) == ended, "ten days after a month's end"
    numbers = [
        one[side][name]
        for row in (*seen["rows"], seen["whole"])
        for one in row["kinds"]
        if one["kind"].endswith("households")
        for side in ("ended", "running")
        for name in ("due", "done", "open")
    ]
    assert all(number is None or number == 0 or number >= 10 for number in numbers)
    tour = {"grid": f"{WEST}001"}
    assert client.get("/api/v1/visits/tour", params=tour, headers=viewer).status_code == 403
    assert client.get("/api/v1/visits/tour", params=tour, headers=east).status_code == 403
    found = client.get("/api/v1/visits/tour", params={**tour, "path": True}, headers=desk)
    assert found.status_code == 200, found.text
    assert found.json()["is_within"]
    assert found.json()["way"]["type"] == "MultiLineString"
    assert "track" in found.json()["note"]
    assert client.get("/api/v1/visits/tour", params={**tour, "lon": 103.2}, headers=desk).status_code == 422
