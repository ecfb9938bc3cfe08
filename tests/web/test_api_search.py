"""Search by name or code; and whether the service is fit to answer."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text, update

from geo.store import tables
from geo.store.database import Database
from tests.web.world import EAST, lonlat


class TestSearch:
    def found(self, client: TestClient, words: str, **more: Any) -> list[tuple[str, str, str]]:
        answer = client.get("/api/v1/search", params={"q": words, **more})
        assert answer.status_code == 200
        return [(item["kind"], item["name"], item["match"]) for item in answer.json()["items"]]

    def test_exact_before_prefix_before_contains(self, client: TestClient, db: Database) -> None:
        with db.write() as conn:
            conn.execute(update(tables.area).where(tables.area.c.code == EAST).values(name="一街"))
        assert self.found(client, "一街") == [("area", "一街", "exact"), ("road", "一街", "exact")]
        assert self.found(client, "一") == [
            ("area", "一街", "prefix"),
            ("compound", "一家园", "prefix"),
            ("road", "一街", "prefix"),
        ]
        assert self.found(client, "街")[0] == ("area", "一街", "contains")

    def test_kinds_codes_case_and_width(self, client: TestClient) -> None:
        assert self.found(client, "西党群") == [("station", "西党群中心", "prefix")]
        assert self.found(client, "第4网格") == [("grid", "第4网格", "exact")]
        assert self.found(client, "第４网格") == [("grid", "第4网格", "exact")]
        assert self.found(client, f"{EAST}002") == [("grid", "第4网格", "exact")]
        assert self.found(client, " qinGHE ") == [("area", "青河市", "exact")]
        assert self.found(client, "旧站") == []  # closed for good

    @pytest.mark.parametrize("words", ["%", "_", "\\", "'; drop table area; --", "[a-z]", ".*"])
    def test_no_character_means_anything_but_itself(self, client: TestClient, db: Database, words: str) -> None:
        assert self.found(client, words) == []
        with db.write() as conn:
            conn.execute(update(tables.area).where(tables.area.c.code == EAST).values(name=f"a{words}b"))
        assert [name for _, name, _ in self.found(client, words)] == [f"a{words}b"]

    def test_the_count_is_honest_and_the_place_is_on_the_map(self, client: TestClient) -> None:
        told = client.get("/api/v1/search?q=网格&limit=1").json()
        assert (told["numberMatched"], told["numberReturned"]) == (4, 1)
        road = client.get("/api/v1/search?q=一街").json()["items"][0]
        assert road["centre"] == pytest.approx(lonlat(1000, 500), abs=1e-5)
        assert road["bbox"][0] == pytest.approx(lonlat(0, 500)[0], abs=1e-7)

    @pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=a&limit=0", f"q={'x' * 101}"])
    def test_nothing_asked_is_refused(self, client: TestClient, query: str) -> None:
        assert client.get(f"/api/v1/search?{query}").status_code == 422


def test_healthz_is_ok_once_the_assets_are_there(client: TestClient, db: Database, monkeypatch) -> None:
    assert client.get("/healthz").json()["assets"] == "missing"
    monkeypatch.setattr("api.routes.health.missing", lambda home: [])
    told = client.get("/healthz")
    assert (told.status_code, told.json()["status"]) == (200, "ok")
    assert told.json()["migration"] == told.json()["migration_head"]
    with db.write() as conn:
        conn.execute(text("update alembic_version set version_num = '0000'"))
    told = client.get("/healthz")
    assert (told.status_code, told.json()["migration"]) == (503, "0000")
