"""Coverage by the hour over HTTP: rounded for the public, exact for who sees the whole city."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from geo.store import tables
from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import World, point

ADDRESS = "/api/v1/coverage/profile"
WEEK = {"from": "2026-11-23T00:00:00+08:00"}


RESIDENTS_OF_X_M = {100: 512, 600: 1988, 1990: 600}
"""Along the street; the western station at 250 m has hours, those of the eastern one at 1,750 m are not known.

In a quarter of an hour a way of 1,000 m is walked: the east reaches the last home only.
"""


@pytest.fixture(autouse=True)
def homes(db: Database, world: World) -> None:
    with db.write() as conn:
        for x_m, residents in RESIDENTS_OF_X_M.items():
            place = {"geom": point(x_m, 500), "start": point(x_m, 500), "source": "drawn", "source_key": str(x_m)}
            counts = {"households": 1, "residents": residents, "elderly": residents / 4, "children": residents / 8}
            conn.execute(insert(tables.home).values(kind="building", name=str(x_m), **place, **counts))


def ask(client: TestClient, headers: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
    answer = client.get(ADDRESS, params={**WEEK, **values}, headers=headers)
    assert answer.status_code == 200, answer.json()
    told: dict[str, Any] = answer.json()
    return told


def test_a_week_is_168_moments_and_follows_the_hours(client: TestClient) -> None:
    told = ask(client)
    moments = told["moments"]
    assert len(moments) == 168
    assert (moments[0]["at"], moments[-1]["at"]) == ("2026-11-23T00:00:00+08:00", "2026-11-29T23:00:00+08:00")
    shares = [moment["share"] for moment in moments]
    by_day = shares[9], shares[5 * 24 + 9], shares[6 * 24 + 9]  # Monday, Saturday, Sunday
    assert by_day[0] == by_day[1] > 0
    assert by_day[2] == 0
    assert shares[8] < shares[9]  # opens at half past eight
    assert told["provenance"]["inputs_hash"]
    assert moments[9]["unsaid_share"] == 0.1935  # 600 of 3,100, who have the eastern station only


def test_the_public_sees_tens_and_staff_sees_people(client: TestClient, bearer: Bearer) -> None:
    public, staff = ask(client), ask(client, bearer("viewer"))
    assert (public["is_rounded"], staff["is_rounded"]) == (True, False)
    counts = [count for moment in public["moments"] for count in moment["covered"].values() if count is not None]
    assert counts
    assert all(count % 10 == 0 for count in counts)
    for rounded, exact in zip(public["moments"], staff["moments"], strict=True):
        if rounded["covered"]["residents"] is not None:
            assert rounded["covered"]["residents"] <= exact["covered"]["residents"] + 5
    of_an_area = ask(client, bearer("viewer", "990101001001"))
    assert of_an_area["is_rounded"] is True


def test_additional_hours_bring_people(client: TestClient, bearer: Bearer, world: World) -> None:
    staff = bearer("viewer")
    west = ask(client, staff, extra=f"id={world.station[0]}: Su 09:00-12:00")["gain"]
    assert west["stations"] == 1
    assert [west[what]["residents"] for what in ("person_hours", "newly_reached", "gaining")] == [7500, 0, 2500]
    both = ask(client, staff, extra="all: Su 09:00-12:00")["gain"]
    assert [both[what]["residents"] for what in ("person_hours", "newly_reached", "gaining")] == [9300, 600, 3100]
    public = ask(client, extra=f"id={world.station[0]}: Su 09:00-10:00")["gain"]
    assert public["person_hours"] == {"residents": 2500, "elderly": 620, "children": 310}  # of 625 and 312.5


def test_what_is_refused(client: TestClient) -> None:
    cases = (
        ({"to": "2026-11-22T00:00:00+08:00"}, 422, "profile_no_instants"),
        ({"to": "2027-11-22T00:00:00+08:00"}, 422, "request_instants_many"),
        ({"step_minutes": 1}, 422, "request_instants_many"),
        ({"extra": "all"}, 422, "profile_extra_bad"),
        ({"kind": "circus"}, 404, "profile_no_stations"),
        ({"mode": "flying"}, 404, "mode_unknown"),
        ({"minutes": 1000}, 422, "request_minutes_many"),
        ({"unknown": "maybe"}, 422, "request_faulty"),
    )
    for values, status, key in cases:
        answer = client.get(ADDRESS, params={**WEEK, **values})
        assert (answer.status_code, answer.json()["key"]) == (status, key)
