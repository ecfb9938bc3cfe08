"""Cases over HTTP: reporting, steps, who may, and the stream of what is new."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from geo.actions.city.revoke_token import revoke_token
from geo.rules.request_limits import request_limits
from geo.store.database import Database
from tests.web.browser import serving
from tests.web.conftest import Bearer
from tests.web.world import EAST, WEST, World, lonlat

PAST = (datetime.now(UTC) - timedelta(minutes=30)).isoformat(timespec="seconds")
WEST_SPOT, EAST_SPOT = lonlat(250, 250), lonlat(1250, 250)
BORDER_SPOT = lonlat(985, 250)
"""In the west, 15 m from the east."""


def body(**changes: Any) -> dict[str, Any]:
    return {"item": "0101", "occurred_at": PAST, "channel": "hotline", "lonlat": WEST_SPOT, **changes}


def reported(client: TestClient, headers: dict[str, str], **changes: Any) -> Any:
    made = client.post("/api/v1/incidents", json=body(**changes), headers=headers)
    assert made.status_code == 201, made.text
    return made.json()


def step(client: TestClient, headers: dict[str, str], case: Any, move: str, **said: Any) -> Any:
    sent = {**headers, "If-Match": f'"{case["version"]}"'}
    return client.post(f"/api/v1/incidents/{case['id']}/steps", json={"move": move, **said}, headers=sent)


def test_from_a_call_to_the_end(client: TestClient, bearer: Bearer, world: World) -> None:
    desk = bearer("dispatcher")
    case = reported(client, desk, text="楼道堆放杂物，请回电 13800138000", caller="13800138000", number="2026-000123")
    assert (case["stage"], case["grid_id"], case["number"]) == ("filed", world.grid[0], "2026-000123")
    assert case["masked"] == {"phone": 1}
    assert "138" not in case["text"]
    assert case["item_name"]
    assert case["level_reason"]
    assert case["stage_due_at"].endswith("+08:00")
    for move, said in (
        ("claim", {}),
        ("dispatch", {"unit": "环卫", "station_id": world.station[0]}),
        ("handle", {}),
        ("feed_back", {"reason": "已清理"}),
        ("verify", {}),
        ("close", {}),
    ):
        assert move in case["moves"]
        done = step(client, desk, case, move, **said)
        assert done.status_code == 200, done.text
        case = done.json()
        assert done.headers["ETag"] == f'"{case["version"]}"'
    assert (case["state"], case["station_id"], case["holder"]) == ("closed", world.station[0], "test")
    whole = client.get(f"/api/v1/incidents/{case['id']}", headers=desk).json()
    assert [one["move"] for one in whole["steps"]][:3] == ["report", "claim", "dispatch"]
    assert whole["steps"] == client.get(f"/api/v1/incidents/{case['id']}/steps", headers=desk).json()


def test_the_same_request_twice(client: TestClient, bearer: Bearer) -> None:
    desk = {**bearer("dispatcher"), "Idempotency-Key": "8e03978e-40d5"}
    first = reported(client, desk)
    again = reported(client, desk)
    assert (again["id"], again["is_repeat"]) == (first["id"], True)
    other = client.post("/api/v1/incidents", json=body(text="else"), headers=desk)
    assert (other.status_code, other.json()["key"]) == (422, "request_key_reused")
    for key in ("short", "x" * 101, ""):
        refused = client.post("/api/v1/incidents", json=body(), headers={**desk, "Idempotency-Key": key})
        assert (refused.status_code, refused.json()["key"]) == (422, "request_key_form"), key
        assert "8 to 100" in refused.json()["detail"]


def test_whoever_comes_second_is_told(client: TestClient, bearer: Bearer) -> None:
    desk = bearer("dispatcher")
    case = reported(client, desk)
    assert step(client, desk, case, "claim").status_code == 200
    late = step(client, bearer("dispatcher"), case, "dispatch", unit="环卫")
    assert (late.status_code, late.json()["key"]) == (412, "case_stale")
    bare = client.post(f"/api/v1/incidents/{case['id']}/steps", json={"move": "claim"}, headers=desk)
    assert (bare.status_code, bare.json()["key"]) == (428, "version_missing")


def test_a_move_that_is_not_lawful(client: TestClient, bearer: Bearer) -> None:
    desk = bearer("dispatcher")
    case = reported(client, desk)
    refused = step(client, desk, case, "close")
    assert refused.status_code == 422
    assert "dispatch" in refused.json()["detail"].lower()


def test_a_station_that_was_closed_cannot_be_sent(client: TestClient, bearer: Bearer, world: World) -> None:
    desk = bearer("dispatcher")
    case = reported(client, desk)
    refused = step(client, desk, case, "dispatch", unit="环卫", station_id=world.station[2])
    assert refused.status_code == 404
    assert client.get(f"/api/v1/incidents/{case['id']}", headers=desk).json()["version"] == 1


def test_a_station_with_open_cases_stays(client: TestClient, bearer: Bearer, world: World) -> None:
    desk, station = bearer("dispatcher"), f"/api/v1/stations/{world.station[0]}"
    sent = step(client, desk, reported(client, desk), "dispatch", unit="环卫", station_id=world.station[0]).json()
    etag = client.get(station, headers=desk).headers["ETag"]
    boss = {**bearer("administrator"), "If-Match": etag}
    refused = client.delete(station, headers=boss)
    assert refused.status_code == 409
    assert f"the first is {sent['id']}" in refused.json()["detail"]
    assert client.get(station, headers=desk).status_code == 200
    assert step(client, desk, sent, "handle").status_code == 200
    assert client.delete(station, headers=boss).status_code == 204


@pytest.mark.parametrize(("limit", "status"), [("listeners", 503), ("listeners_per_token", 429)])
def test_one_stream_too_many_is_refused_before_it_begins(
    client: TestClient, bearer: Bearer, limit: str, status: int
) -> None:
    client.app.state.events._limits = replace(request_limits(), **{limit: 0})  # type: ignore[attr-defined]
    refused = client.get("/api/v1/events", headers=bearer("dispatcher"))
    assert (refused.status_code, refused.headers["Retry-After"]) == (status, "60")
    assert "0" in refused.json()["detail"]


@pytest.mark.parametrize(("query", "where"), [("stage=filed,nonsense", "stage"), ("item=9999", "item")])
def test_what_no_case_can_be_is_refused_with_what_it_can_be(
    client: TestClient, bearer: Bearer, query: str, where: str
) -> None:
    refused = client.get(f"/api/v1/incidents?{query}", headers=bearer("dispatcher"))
    assert (refused.status_code, refused.json()["key"]) == (422, "filter_unknown")
    assert f"query.{where}" in refused.json()["detail"]
    assert {"stage": "fed_back", "item": "0101"}[where] in refused.json()["detail"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"[" * 30_000, "too deep"),
        (b'{"precision_m": ' + b"9" * 5_000 + b"}", "thousands of digits"),
        (b'{"item": "\xff"}', "UTF-8"),
        (b"[]", "body must be an object"),
        (json.dumps(body(lonlat={"x": 1})).encode(), "body.lonlat must be a list"),
        (json.dumps(body(lonlat=[[103.2], 40.4])).encode(), "body.lonlat.0 must be a number"),
        (json.dumps(body(text={"deep": ["er"]})).encode(), "body.text must be text"),
        (json.dumps(body(text="a\x00b")).encode(), "without control characters"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(client: TestClient, bearer: Bearer, sent: bytes, words: str) -> None:
    headers = {**bearer("dispatcher"), "Content-Type": "application/json"}
    refused = client.post("/api/v1/incidents", content=sent, headers=headers)
    assert refused.status_code == 422
    assert words in refused.json()["detail"]


@pytest.mark.parametrize("told", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_a_body_that_is_not_said_to_be_json_is_told_so(client: TestClient, bearer: Bearer, told: str) -> None:
    headers = {**bearer("dispatcher"), "Content-Type": told}
    refused = client.post("/api/v1/incidents", content=json.dumps(body()).encode(), headers=headers)
    assert (refused.status_code, refused.json()["key"]) == (422, "http_body_type")
    assert "Content-Type: application/json" in refused.json()["detail"]


def test_a_number_with_what_is_not_seen_in_it_is_the_same_number(client: TestClient, bearer: Bearer) -> None:
    desk = bearer("dispatcher")
    first = reported(client, desk, number="GD-77-\u200b0001")
    assert first["number"] == "GD-77-0001"
    again = client.post("/api/v1/incidents", json=body(number="GD-77\u2060-0001\u3164"), headers=desk)
    assert (again.status_code, again.json()["evidence"]["id"]) == (409, first["id"])
    assert step(client, desk, first, "dispatch", unit="\u200b").json()["key"] == "case_detail_missing"


def test_a_team_is_sent_told_and_freed(client: TestClient, bearer: Bearer, world: World) -> None:
    desk, team = bearer("dispatcher"), client.get("/api/v1/resources").json()["features"][0]["id"]
    case, other = reported(client, desk), reported(client, desk)

    def free_for_other() -> bool:
        query = "k=9&service=巡逻&at=2026-11-20T02:00:00Z"
        told = client.get(f"/api/v1/incidents/{other['id']}/stations?{query}", headers=desk).json()
        found = [(one["id"], one["reason"]["key"]) for one in told["set_aside"] if one["family"] == "resource"]
        free = [one["id"] for one in told["helpers"] if one["family"] == "resource"]
        assert (free, found) in [([team], []), ([], [(team, "helper_full")])]
        return free == [team]

    assert free_for_other()
    both = step(client, desk, case, "dispatch", unit="巡逻", station_id=world.station[0], resource_id=team)
    assert (both.status_code, both.json()["key"]) == (422, "case_sent_twice")
    assert step(client, desk, case, "dispatch", unit="巡逻", resource_id=10**9).status_code == 404
    assert step(client, desk, case, "claim", resource_id=team).json()["key"] == "case_station_not_here"
    case = step(client, desk, case, "dispatch", unit="巡逻", resource_id=team).json()
    assert (case["version"], case["station_id"], case["resource_id"]) == (2, None, team)
    steps = client.get(f"/api/v1/incidents/{case['id']}/steps", headers=desk).json()
    assert steps[-1]["said"] == {"unit": "巡逻", "resource_id": team}
    assert not free_for_other()
    case = step(client, desk, case, "hand_over", unit="站", reason="更近", station_id=world.station[0]).json()
    assert (case["station_id"], case["resource_id"]) == (world.station[0], None)
    assert free_for_other()
    case = step(client, desk, case, "hand_over", unit="巡逻", reason="更近", resource_id=team).json()
    assert not free_for_other()
    assert step(client, desk, case, "withdraw", reason="误报").status_code == 200
    assert free_for_other()


def test_a_case_to_be_located(client: TestClient, bearer: Bearer, world: World) -> None:
    desk = bearer("dispatcher")
    case = reported(client, desk, lonlat=None, address="青山路12号")
    assert (case["stage"], case["lonlat"]) == ("collected", None)
    headers = {**desk, "If-Match": '"1"'}
    placed = client.put(f"/api/v1/incidents/{case['id']}/place", json={"lonlat": EAST_SPOT}, headers=headers)
    assert placed.status_code == 200, placed.text
    assert (placed.json()["stage"], placed.json()["grid_id"]) == ("filed", world.grid[2])


@pytest.mark.parametrize("role", [None, "viewer"])
def test_who_may_not(client: TestClient, bearer: Bearer, role: str | None) -> None:
    case = reported(client, bearer("dispatcher"))
    headers = {} if role is None else bearer(role)
    status = 401 if role is None else 403
    assert client.post("/api/v1/incidents", json=body(), headers=headers).status_code == status
    assert client.get(f"/api/v1/incidents/{case['id']}", headers=headers).status_code == status
    assert step(client, headers, case, "claim").status_code == status
    assert client.get("/api/v1/events", headers=headers).status_code == status


def test_an_area_is_all_that_its_desk_sees(client: TestClient, bearer: Bearer) -> None:
    west, east = bearer("dispatcher", WEST), bearer("dispatcher", EAST)
    case = reported(client, west)
    assert client.get(f"/api/v1/incidents/{case['id']}", headers=east).status_code == 403
    assert step(client, east, case, "claim").status_code == 403
    assert client.post("/api/v1/incidents", json=body(), headers=east).status_code == 403


def test_both_sides_of_a_border_see_what_lies_at_it(served: str, http: Any, bearer: Bearer, world: World) -> None:
    west, east, whole = (bearer("dispatcher", code) for code in (WEST, EAST, None))
    streams = {side: Stream(served, headers) for side, headers in (("west", west), ("east", east))}
    for stream in streams.values():
        stream.wait("as_of")
    # the desk of the east was called first: it takes the report in, which lies in the western grid all the same
    inner, border = reported(http, whole), reported(http, east, lonlat=BORDER_SPOT)
    assert (border["grid_id"], border["border_grid_ids"]) == (world.grid[1], [world.grid[2]])
    around = ",".join(map(str, (*lonlat(970, 240), *lonlat(1000, 260))))
    for headers, seen in ((west, {inner["id"], border["id"]}), (east, {border["id"]})):
        for query in ("item=0101", "item=0101&order=due&state=open"):
            told = http.get(f"/api/v1/incidents?{query}", headers=headers).json()
            assert {one["id"] for one in told["features"]} == seen
            assert told["numberMatched"] == len(seen)
        boxed = http.get(f"/api/v1/incidents?bbox={around}", headers=headers).json()
        assert [one["id"] for one in boxed["features"]] == [border["id"]]
        for path in ("", "/steps", "/stations"):
            assert http.get(f"/api/v1/incidents/{border['id']}{path}", headers=headers).status_code == 200
    assert http.get(f"/api/v1/incidents/{inner['id']}", headers=east).status_code == 403
    assert step(http, east, border, "claim").status_code == 200, "whoever takes it first keeps it"
    told = [(one[2]["case"]["id"], one[2]["step"]["move"]) for one in streams["west"].wait("step", 3)]
    assert told == [(inner["id"], "report"), (border["id"], "report"), (border["id"], "claim")]
    assert [one[2]["case"]["id"] for one in streams["east"].wait("step", 2)] == [border["id"]] * 2
    query = f"/api/v1/figures?by=community&month={border['reported_at'][:7]}"
    parts = {row["key"]: row["rates"][0]["denominator"] for row in http.get(query, headers=whole).json()["rows"]}
    assert parts == {WEST: 2, EAST: 0}, "it is counted where it lies, once"
    for stream in streams.values():
        stream.close()


BAD: list[Any] = [
    pytest.param({"lonlat": (120.0, 20.0)}, 422, id="in the sea"),
    pytest.param({"lonlat": (1000.0, 20.0)}, 422, id="on no earth"),
    pytest.param({"occurred_at": "2099-01-01T00:00:00Z"}, 422, id="in the future"),
    pytest.param({"item": "no such thing"}, 422, id="unknown item"),
    pytest.param({"text": "x" * 5000}, 422, id="long text"),
    pytest.param({"text": "x" * 10_000_000}, 413, id="10 MB of text"),
    pytest.param({"text": "a\x00b"}, 422, id="control characters"),
    pytest.param({"photo_required": True}, 422, id="a field that is not known"),
    pytest.param({"caller": "nobody"}, 422, id="no number"),
]


@pytest.mark.parametrize(("changes", "status"), BAD)
def test_bad_reports(client: TestClient, bearer: Bearer, changes: dict[str, Any], status: int) -> None:
    desk = bearer("dispatcher")
    refused = client.post("/api/v1/incidents", json=body(**changes), headers=desk)
    assert refused.status_code == status, refused.text
    assert client.get("/api/v1/incidents", headers=desk).json()["numberMatched"] == 17


def test_script_in_text_stays_text(client: TestClient, bearer: Bearer) -> None:
    script = "<script>alert(1)</script>${alert(1)}"
    assert reported(client, bearer("dispatcher"), text=script)["text"] == script


class Stream:
    """Events as they come, read by a thread of its own."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self.events: list[tuple[str | None, str, Any]] = []
        self._more = threading.Condition()
        self._client = httpx.Client(base_url=address, timeout=30)
        self._thread = threading.Thread(target=self._read, args=[headers], daemon=True)
        self._thread.start()

    def _read(self, headers: dict[str, str]) -> None:
        try:
            with self._client.stream("GET", "/api/v1/events", headers=headers) as answer:
                lines: dict[str, str] = {}
                for line in answer.iter_lines():
                    if line:
                        name, _, value = line.partition(": ")
                        lines[name] = value
                        continue
                    if "event" in lines:
                        with self._more:
                            self.events.append((lines.get("id"), lines["event"], json.loads(lines["data"])))
                            self._more.notify_all()
                    lines = {}
        except httpx.HTTPError:
            pass

    def wait(self, kind: str, count: int = 1) -> list[tuple[str | None, str, Any]]:
        """So many events of a kind, as soon as they are there."""

        def there() -> list[Any]:
            return [one for one in self.events if one[1] == kind]

        with self._more:
            assert self._more.wait_for(lambda: len(there()) >= count, timeout=20), self.events
        return there()

    def has_ended(self) -> bool:
        """Whether the service ends it, soon."""
        self._thread.join(20)
        return not self._thread.is_alive()

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def served(db: Database, world: World) -> Iterator[str]:
    with serving(db.engine.url.render_as_string(hide_password=False)) as address:
        yield address


@pytest.fixture
def http(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, timeout=20) as client:
        yield client


def test_steps_are_told_as_they_are_taken(served: str, http: Any, bearer: Bearer) -> None:
    desk = bearer("dispatcher")
    stream = Stream(served, desk)
    stream.wait("as_of")
    case = reported(http, desk, text="井盖缺失", asset="LD-0017")
    step(http, desk, case, "claim")
    told = stream.wait("step", 2)
    assert [one[2]["step"]["move"] for one in told] == ["report", "claim"]
    assert [one[2]["case"]["id"] for one in told] == [case["id"]] * 2
    assert [told[0][2]["case"][name] for name in ("text", "asset")] == ["井盖缺失", "LD-0017"]
    assert int(told[0][0] or 0) < int(told[1][0] or 0)
    stream.close()


def test_whose_case_was_taken_over_is_told(served: str, http: Any, bearer: Bearer) -> None:
    desks = [bearer("dispatcher") for _ in range(3)]
    streams = [Stream(served, headers) for headers in desks]
    for stream in streams:
        stream.wait("as_of")
    case = step(http, desks[0], reported(http, desks[0]), "claim").json()
    assert (case["is_mine"], case["grid_name"]) == (True, "第1网格")
    held = step(http, {**desks[1], "Accept-Language": "zh"}, case, "dispatch", unit="环卫")
    assert (held.status_code, held.json()["key"]) == (409, "case_held")
    assert "“test”" in held.json()["detail"]
    assert step(http, desks[1], case, "dispatch", unit="环卫", take_over=True).json()["key"] == "case_reason_missing"
    case = step(http, desks[1], case, "dispatch", unit="环卫", take_over=True, reason="交班").json()
    assert (case["version"], case["is_mine"]) == (4, True)
    for number, stream in enumerate(streams):
        told = [one[2] for one in stream.wait("step", 4)]
        assert [one["step"]["move"] for one in told] == ["report", "claim", "take_over", "dispatch"]
        assert [one["was_mine"] for one in told] == [False, False, number == 0, False]
        assert told[-1]["case"]["is_mine"] == (number == 1)
        stream.close()


def test_a_stream_ends_with_its_token(db: Database, served: str, http: Any, bearer: Bearer) -> None:
    stays, revoked, expired = (bearer("dispatcher") for _ in range(3))
    streams = [Stream(served, headers) for headers in (stays, revoked, expired)]
    for stream in streams:
        stream.wait("as_of")
    with db.read() as conn:
        _, second, third = conn.execute(text("select id from token order by id")).scalars()
    revoke_token(db, second, datetime.now(UTC))
    assert streams[1].has_ended()
    with db.write() as conn:
        conn.execute(text("update token set expires_at = now() where id = :id"), {"id": third})
    reported(http, stays)
    assert streams[2].has_ended()
    assert [one[2]["step"]["move"] for one in streams[0].wait("step")] == ["report"]
    assert [one for stream in streams[1:] for one in stream.events if one[1] == "step"] == []
    for stream in streams:
        stream.close()


def test_what_was_missed_is_told_again(served: str, http: Any, bearer: Bearer) -> None:
    desk = bearer("dispatcher")
    stream = Stream(served, desk)
    stream.wait("as_of")
    first = reported(http, desk)
    seen = stream.wait("step")[0][0]
    stream.close()
    second = reported(http, desk, lonlat=EAST_SPOT)
    again = Stream(served, {**desk, "Last-Event-ID": str(seen)})
    third = reported(http, desk, lonlat=EAST_SPOT, item="0102")
    told = [one[2]["case"]["id"] for one in again.wait("step", 2)]
    assert told == [second["id"], third["id"]]
    assert next(kind for _, kind, _ in again.events) == "step", "as of now only when all that was missed is told"
    newest = again.wait("step", 2)[-1][0]
    unknown = Stream(served, {**desk, "Last-Event-ID": str(10**9)})
    assert unknown.wait("reset")[0][0] == newest, "of a database that was put back: lists are read anew"
    unknown.close()
    assert first["id"] not in told
    again.close()


def test_a_desk_hears_of_its_own_area_only(served: str, http: Any, bearer: Bearer) -> None:
    west, whole = Stream(served, bearer("dispatcher", WEST)), Stream(served, bearer("dispatcher"))
    for stream in (west, whole):
        stream.wait("as_of")
    desk = bearer("dispatcher")
    far = reported(http, desk, lonlat=EAST_SPOT)
    near = reported(http, desk)
    nowhere = reported(http, desk, lonlat=None, address="青山路12号")
    assert [one[2]["case"]["id"] for one in whole.wait("step", 3)] == [far["id"], near["id"], nowhere["id"]]
    assert [one[2]["case"]["id"] for one in west.wait("step", 2)] == [near["id"], nowhere["id"]]
    for stream in (west, whole):
        stream.close()


def test_many_streams_leave_the_rest_of_the_service_free(served: str, http: Any, bearer: Bearer) -> None:
    """More streams than threads: were each to hold one, nobody else would be answered."""
    desk = bearer("dispatcher")
    streams = [Stream(served, desk) for _ in range(50)]
    for stream in streams:
        stream.wait("as_of")
    case = reported(http, desk)
    for stream in streams:
        assert stream.wait("step")[0][2]["case"]["id"] == case["id"]
        stream.close()


def test_an_address_has_candidates_and_no_guess(client: TestClient, bearer: Bearer) -> None:
    desk = bearer("dispatcher")
    found = client.get("/api/v1/addresses", params={"q": "河西街道东边"}, headers=desk)
    assert found.status_code == 200, found.text
    best = found.json()[0]
    assert (best["kind"], best["name"]) == ("area", "河西街道")
    assert best["score"] == pytest.approx(4 / 6, abs=0.001)
    assert client.get("/api/v1/addresses", params={"q": "火星基地"}, headers=desk).json() == []
    assert client.get("/api/v1/addresses", params={"q": "河西街道"}).status_code == 401


@pytest.mark.parametrize(
    ("query", "matched"),
    [
        ("state=open", 11),
        ("stage=filed", 9),
        ("stage=dispatched,returned", 1),
        ("item=0101", 2),
        ("channel=hotline", 2),
        ("holder=me", 1),
        ("holder=somebody", 1),
        ("holder=nobody", 19),
        ("located=false", 1),
        ("unit=环卫", 1),
        ("overdue=yes", 0),
        ("overdue=no", 11),
        ("in_grid=true", 2),
        ("in_grid=false", 0),
    ],
)
def test_the_queue_is_narrowed(client: TestClient, bearer: Bearer, query: str, matched: int) -> None:
    """Seventeen incidents were there before, eight of them open; three are new."""
    desk = bearer("dispatcher")
    held = reported(client, desk)
    step(client, desk, held, "claim")
    sent = reported(client, desk, lonlat=EAST_SPOT)
    step(client, desk, sent, "dispatch", unit="环卫")
    reported(client, desk, item="0102", lonlat=None, address="青山路", channel="member")
    told = client.get(f"/api/v1/incidents?{query}", headers=desk)
    assert told.status_code == 200, told.text
    assert told.json()["numberMatched"] == matched


def test_pages_of_what_is_due_hold_every_case_once(client: TestClient, bearer: Bearer) -> None:
    """Links lead through all of them in order, also where a case on the page before got another deadline meanwhile."""
    desk = bearer("dispatcher")
    for item in ("0101", "0103", "0101"):
        reported(client, desk, item=item)
    whole = client.get("/api/v1/incidents?state=open&order=due", headers=desk).json()
    wanted = [one["id"] for one in whole["features"]]
    assert whole["features"][-1]["properties"]["stage_due_at"] is None
    told = client.get("/api/v1/incidents?state=open&order=due&limit=2", headers=desk).json()
    held = told["features"][-1]["properties"]
    moved = step(client, desk, {**held, "id": told["features"][-1]["id"]}, "dispatch", unit="环卫")
    assert moved.json()["stage_due_at"] != held["stage_due_at"]
    found = [one["id"] for one in told["features"]]
    for _ in wanted:
        on = [link["href"] for link in told["links"] if link["rel"] == "next"]
        if not on:
            break
        told = client.get(on[0], headers=desk).json()
        assert told["numberMatched"] == len(wanted)
        found += [one["id"] for one in told["features"] if one["id"] != held["id"]]
    assert found == wanted


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("due", "x"),
        ("due", "1.2.3"),
        ("due", "' or 1=1"),
        ("due", urlsafe_b64encode(b"never.9223372036854775808").decode()),
        ("due", urlsafe_b64encode(b"-99999999999999999.1").decode()),
        ("due", urlsafe_b64encode(b"never.1").decode().rstrip("=") + "&offset=1"),
        ("newest", urlsafe_b64encode(b"never.1").decode().rstrip("=")),
    ],
)
def test_a_cursor_that_no_list_gave_out_is_refused(client: TestClient, bearer: Bearer, order: str, said: str) -> None:
    told = client.get(f"/api/v1/incidents?order={order}&cursor={said}", headers=bearer("dispatcher"))
    assert told.status_code == 422
    assert "cursor" in told.json()["detail"]


def test_what_is_due_first_comes_first(client: TestClient, bearer: Bearer, world: World) -> None:
    desk = bearer("dispatcher")
    slow, quick = reported(client, desk, item="0101"), reported(client, desk, item="0103")
    told = client.get("/api/v1/incidents?order=due&limit=2", headers=desk).json()
    assert [one["id"] for one in told["features"]] == [quick["id"], slow["id"]]
    near = client.get(f"/api/v1/incidents?grid={world.grid[0]}&item=0103", headers=desk).json()
    assert [one["id"] for one in near["features"]] == [quick["id"]]
