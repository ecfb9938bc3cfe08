"""Webhooks over HTTP: who may, what is told once, what is refused."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.import_orders import import_orders
from geo.imports.options import ImportOptions
from geo.orders import OrderWish
from geo.rules.request_limits import request_limits
from geo.settings import Settings
from geo.store.database import Database
from tests.db.test_coverage_command import gridcircle
from tests.receivers import web_receiver
from tests.small_town import write_csv
from tests.web.browser import serving
from tests.web.conftest import Bearer
from tests.web.test_api_cases import EAST_SPOT, Stream, reported, step
from tests.web.world import WEST

PATH = "/api/v1/webhooks"


def wish(**changes: Any) -> dict[str, Any]:
    return {"name": "platform", "target": "https://city.example/cases", **changes}


def test_made_listed_ended(client: TestClient, bearer: Bearer) -> None:
    boss = bearer("administrator")
    made = client.post(PATH, json=wish(name="平台 13800138000", moves=["report"], area=WEST), headers=boss)
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    listed = client.get(PATH, headers=boss)
    assert secret not in listed.text
    (one,) = listed.json()
    assert one["name"] == "平台 ***"
    assert (one["id"], one["moves"], one["sees"], one["waiting"]) == (made.json()["id"], ["report"], "viewer", 0)
    assert client.delete(f"{PATH}/{one['id']}", headers=boss).status_code == 204
    assert client.delete(f"{PATH}/{one['id']}", headers=boss).status_code == 404
    assert client.get(PATH, headers=boss).json() == []


def test_administrators_of_everything_only(client: TestClient, bearer: Bearer) -> None:
    assert client.get(PATH).status_code == 401
    assert client.post(PATH, json=wish(), headers=bearer("publisher")).status_code == 403
    for answer in (
        client.get(PATH, headers=bearer("administrator", WEST)),
        client.post(PATH, json=wish(), headers=bearer("administrator", WEST)),
        client.delete(f"{PATH}/1", headers=bearer("administrator", WEST)),
    ):
        assert answer.status_code == 403
        assert "everything" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"target": "http://127.0.0.1:8000/"}, 422),
        ({"target": "https://169.254.169.254/latest"}, 422),
        ({"target": "https://u:p@city.example/"}, 422),
        ({"target": "mailto:a@b.cd\nBcc: e@f.gh"}, 422),
        ({"moves": ["explode"]}, 422),
        ({"sees": "administrator"}, 422),
        ({"name": ""}, 422),
        ({"area": "999999999999"}, 404),
        ({"secret": "mine"}, 422),
    ],
)
def test_bad_wishes(client: TestClient, bearer: Bearer, changes: dict[str, Any], status: int) -> None:
    boss = bearer("administrator")
    answer = client.post(PATH, json=wish(**changes), headers=boss)
    assert answer.status_code == status, answer.text
    assert client.get(PATH, headers=boss).json() == []


def test_a_file_does_not_flood_the_boards(db: Database, bearer: Bearer, tmp_path: Path) -> None:
    """Boards are let go, come back, and are told to read their lists anew; then they go on as before."""
    desk, begun = bearer("dispatcher"), datetime(2026, 3, 2, 9, tzinfo=UTC)
    rows = [
        {
            "工单编号": f"F{n}",
            "来电时间": f"{begun + timedelta(days=2 * n % 200, minutes=n):%Y-%m-%d %H:%M}",
            "分类": "0101",
        }
        for n in range(request_limits().listen_replay + 1)
    ]
    path = write_csv(tmp_path / "o.csv", rows)
    with serving(db.engine.url.render_as_string(hide_password=False)) as served, httpx.Client(base_url=served) as http:
        stream = Stream(served, desk)
        last = stream.wait("as_of")[0][0]
        import_orders(
            db,
            path,
            ImportOptions(),
            OrderWish(),
            Desk(Settings(caller_key=SecretStr("k" * 40))),
            begun + timedelta(days=201),
        )
        stream._thread.join(20)
        assert not stream._thread.is_alive()
        stream.close()
        assert {kind for _, kind, _ in stream.events} == {"as_of"}
        back = Stream(served, {**desk, "Last-Event-ID": last or "0"})
        back.wait("reset")
        body = {"item": "0101", "occurred_at": datetime.now(UTC).isoformat(), "channel": "member"}
        made = http.post("/api/v1/incidents", json=body, headers=desk)
        assert made.status_code == 201, made.text
        assert back.wait("step")[0][2]["case"]["id"] == made.json()["id"]
        back.close()


def test_the_service_sends_by_itself(db: Database, bearer: Bearer) -> None:
    """Nobody asks for a round; a receiver that hangs does not keep the service from ending."""
    url = db.engine.url.render_as_string(hide_password=False)
    body = {"item": "0101", "occurred_at": datetime.now(UTC).isoformat(), "channel": "member"}
    with web_receiver() as web:
        with serving(url, outside_private=True) as served, httpx.Client(base_url=served) as http:
            made = http.post(PATH, json=wish(target=web.url), headers=bearer("administrator"))
            assert made.status_code == 201, made.text
            for gate in (None, threading.Event()):
                web.gate = gate
                web.entered.clear()
                assert http.post("/api/v1/incidents", json=body, headers=bearer("dispatcher")).status_code == 201
                assert web.entered.wait(20)
        assert [json.loads(one.body)["step"]["move"] for one in web.got] == ["report", "report"]
        with db.read() as conn:
            assert conn.execute(text("select count(sent_at) from outbox")).scalar_one() == 1
        assert gate is not None
        gate.set()


class TestExport:
    PATH = "/api/v1/incidents/export"

    def rows(self, client: TestClient, headers: dict[str, str], query: str = "") -> list[dict[str, str]]:
        told = client.get(f"{self.PATH}.csv?{query}", headers=headers)
        assert told.status_code == 200, told.text
        assert told.headers["content-type"].startswith("text/csv")
        assert 'filename="cases-' in told.headers["content-disposition"]
        table = told.content.decode("utf-8-sig").split("\r\n\r\nabout")[0]
        return list(csv.DictReader(StringIO(table)))

    @pytest.mark.parametrize("query", ["", "state=open", "holder=me", "bbox=103.2,40.4,103.21,40.41", "item=0101"])
    def test_a_file_has_what_the_list_has(self, client: TestClient, bearer: Bearer, query: str) -> None:
        desk = bearer("dispatcher")
        step(client, desk, reported(client, desk), "claim")
        listed = client.get(f"/api/v1/incidents?{query}", headers=desk).json()
        assert len(self.rows(client, desk, query)) == listed["numberMatched"]

    def test_the_command_line_writes_the_same(
        self, client: TestClient, bearer: Bearer, db: Database, tmp_path: Path
    ) -> None:
        desk, out = bearer("dispatcher"), tmp_path / "out.csv"
        reported(client, desk)
        told = client.get(f"{self.PATH}.csv?state=open", headers={**desk, "Accept-Language": "zh"}).text
        assert gridcircle(db, "cases", "export", str(out), "--state", "open", language="zh")[0] == 0
        ours, theirs = (text.replace("\r\n", "\n").split("\n") for text in (told, out.read_text(encoding="utf-8")))
        assert [line for line in ours if not line.startswith("exported_at")] == [
            line for line in theirs if not line.startswith("exported_at")
        ]
        assert any(line.startswith("rows_sha256,") for line in ours)

    def test_a_desk_has_its_own_area_only(self, client: TestClient, bearer: Bearer) -> None:
        desk = bearer("dispatcher")
        west = reported(client, desk, text="in the west")
        reported(client, desk, text="in the east", lonlat=EAST_SPOT)
        told = str(self.rows(client, bearer("dispatcher", WEST)))
        assert "in the west" in told, west
        assert "in the east" not in told

    @pytest.mark.parametrize("role", [None, "viewer"])
    def test_for_dispatchers(self, client: TestClient, bearer: Bearer, role: str | None) -> None:
        told = client.get(f"{self.PATH}.csv", headers=bearer(role) if role else {})
        assert told.status_code == (403 if role else 401)

    def test_too_many_for_one_file(self, client: TestClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch) -> None:
        few = replace(request_limits(), export_cases=2)
        monkeypatch.setattr("api.routes.incidents.request_limits", lambda: few)
        told = client.get(f"{self.PATH}.xlsx", headers=bearer("dispatcher"))
        assert told.status_code == 422
        assert "one file takes 2" in told.json()["detail"]
