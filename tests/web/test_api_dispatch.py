"""Who can be sent, over HTTP: who may ask, what is told in both languages, and positions of teams."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from geo.store import tables
from geo.store.database import Database
from geo.store.incident_tables import incident
from tests.small_town import everything
from tests.web.conftest import Bearer
from tests.web.test_api_stations import FRIDAY, HOSTILE, SUNDAY
from tests.web.world import EAST, WEST, World, lonlat

LONG_AGO = "2021-03-01T08:00:00+08:00"
"""Of a position that no clock takes for one of the future."""


@pytest.fixture
def case(db: Database, world: World) -> int:
    """In the west, 260 m along the street and 20 m off it."""
    with db.read() as conn:
        return int(conn.execute(select(incident.c.id).order_by(incident.c.id)).scalars().first() or 0)


@pytest.fixture
def team(db: Database, world: World) -> int:
    with db.write() as conn:
        conn.execute(update(tables.resource).values(position_at="2020-01-01T00:00:00Z"))
        return int(conn.execute(select(tables.resource.c.id)).scalar_one())


def path(case: int, query: str = FRIDAY) -> str:
    return f"/api/v1/incidents/{case}/stations?{query}"


class TestRanking:
    def test_nearest_first_with_reasons(self, client: TestClient, bearer: Bearer, world: World, case: int) -> None:
        answer = client.get(path(case), headers=bearer("dispatcher"))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert [(one["family"], one["travel_ds"], one["way_m"]) for one in told["helpers"]] == [
            ("station", 270, 30),
            ("resource", 3240, 360),
            ("station", 13_590, 1510),
        ]
        first, team, last = told["helpers"]
        assert [reason["text"] for reason in first["reasons"]] == [
            "open until 2026-11-20 18:30",
            "0 of 30 places are taken",
        ]
        assert team["reasons"][0]["text"] == "last seen there 0 min ago"
        assert last["reasons"][0]["key"] == "helper_hours_unknown"
        assert (told["is_degraded"], told["detail"], told["service"]) == (False, None, None)
        assert "everybody near is told" in told["note"], "nobody said what is needed"
        assert client.get(path(case, f"{FRIDAY}&service=休息"), headers=bearer("dispatcher")).json()["note"] is None
        assert first["way"] is None

    def test_closed_ones_are_set_aside_in_both_languages(self, client: TestClient, bearer: Bearer, case: int) -> None:
        for language, text in (("en", "closed until 2026-11-23 08:30"), ("zh", "关闭，2026-11-23 08:30 开放")):
            headers = {**bearer("dispatcher"), "Accept-Language": language}
            told = client.get(path(case, f"{SUNDAY}&k=1"), headers=headers).json()
            assert told["set_aside"][0]["reason"]["text"] == text
            assert told["number_set_aside"] == 2, "the team's position is two days old"

    def test_the_way_is_told_on_request(self, client: TestClient, bearer: Bearer, case: int) -> None:
        told = client.get(path(case, f"{FRIDAY}&path=true&k=1&direction=to"), headers=bearer("dispatcher")).json()
        assert told["helpers"][0]["way"]["geometry"]["type"] == "LineString"
        assert told["helpers"][0]["way"]["seconds"] == 27

    def test_without_streets_it_says_that_it_is_degraded(
        self, client: TestClient, db: Database, bearer: Bearer, case: int
    ) -> None:
        with db.write() as conn:
            conn.exec_driver_sql("delete from street_network")
        told = client.get(path(case), headers=bearer("dispatcher")).json()
        assert told["is_degraded"]
        assert told["detail"].startswith("By straight line and a plain pace")
        assert {one["way_m"] for one in told["helpers"]} == {None}

    @pytest.mark.parametrize("word", HOSTILE)
    def test_hostile_words_are_a_service_that_nobody_offers(
        self, client: TestClient, bearer: Bearer, case: int, word: str
    ) -> None:
        answer = client.get(path(case), params={"service": word}, headers=bearer("dispatcher"))
        assert answer.status_code == 200
        assert answer.json()["helpers"] == []
        assert answer.json()["service"] == word

    def test_who_may_ask(self, client: TestClient, bearer: Bearer, case: int) -> None:
        assert client.get(path(case)).status_code == 401
        assert client.get(path(case), headers=bearer("viewer")).status_code == 403
        assert client.get(path(case), headers=bearer("dispatcher", EAST)).status_code == 403
        assert client.get(path(case), headers=bearer("dispatcher", WEST)).status_code == 200

    def test_what_is_refused(self, client: TestClient, db: Database, bearer: Bearer, case: int) -> None:
        headers = bearer("dispatcher")
        for query in ("k=0", "k=21", "minutes=61", "minutes=0", "at=2101-01-01T00:00", "direction=up", "most=3"):
            assert client.get(path(case, query), headers=headers).status_code == 422, query
        assert client.get(path(case, "mode=hurried"), headers=headers).status_code == 404
        missing = client.get(path(10**9), headers=headers)
        assert missing.status_code == 404
        with db.write() as conn:
            conn.execute(update(incident).values(geom=None))
        unplaced = client.get(path(case), headers=headers)
        assert (unplaced.status_code, unplaced.json()["key"]) == (422, "rank_not_located")


class TestCover:
    def test_who_is_there_and_free(self, client: TestClient, bearer: Bearer) -> None:
        told = client.get(f"/api/v1/dispatch/cover?{FRIDAY}", headers=bearer("dispatcher")).json()
        assert [(left["kind"], left["family"], left["present"], left["free"]) for left in told["kinds"]] == [
            ("party_mass_centre", "station", 2, 2),
            ("patrol", "resource", 1, 1),
        ]
        assert [(left["kept_share"], left["is_short"]) for left in told["kinds"]] == [(None, False)] * 2

    def test_who_may_ask(self, client: TestClient, bearer: Bearer) -> None:
        assert client.get("/api/v1/dispatch/cover").status_code == 401
        assert client.get("/api/v1/dispatch/cover", headers=bearer("viewer")).status_code == 403


class TestPosition:
    def send(self, client: TestClient, team: int, headers: dict[str, str], **body: Any) -> Any:
        wish = {"lonlat": lonlat(700, 480), "at": LONG_AGO, **body}
        return client.post(f"/api/v1/resources/{team}/position", json=wish, headers=headers)

    def test_it_is_put_there_and_seen_by_the_next_ranking(
        self, client: TestClient, bearer: Bearer, team: int, case: int
    ) -> None:
        answer = self.send(client, team, bearer("dispatcher"))
        assert answer.status_code == 200, answer.text
        assert answer.json()["geometry"]["coordinates"] == pytest.approx(lonlat(700, 480), abs=1e-7)
        assert answer.json()["properties"]["position_at"] == "2021-03-01T00:00:00Z"
        told = client.get(path(case, f"at={LONG_AGO.replace('+', '%2B')}"), headers=bearer("dispatcher")).json()
        assert ("resource", 9 * 480) in [(one["family"], one["travel_ds"]) for one in told["helpers"]]

    def test_who_may_send_and_what_is_refused(
        self, client: TestClient, db: Database, bearer: Bearer, team: int
    ) -> None:
        before, headers = everything_but_tokens(db), bearer("dispatcher")
        assert self.send(client, team, {}).status_code == 401
        assert self.send(client, team, bearer("viewer")).status_code == 403
        assert self.send(client, team, bearer("dispatcher", EAST)).status_code == 403
        assert self.send(client, 10**9, headers).status_code == 404
        assert self.send(client, team, headers, at="2019-01-01T00:00:00Z").status_code == 409
        for body in (
            {"at": "2098-01-01T00:00:00Z"},
            {"lonlat": [0, 0]},
            {"lonlat": [181, 0]},
            {"datum": "WGS-72"},
            {"track": [[103.2, 40.4]]},
            {"checked_in": True},
            {"at": None},
        ):
            assert self.send(client, team, headers, **body).status_code == 422, body
        assert everything_but_tokens(db) == before


def everything_but_tokens(db: Database) -> dict[str, list[str]]:
    return {name: rows for name, rows in everything(db).items() if name != "token"}
