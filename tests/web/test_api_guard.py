"""What every request passes: Host, Origin, length, unknown parameters; and what every answer carries."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import errors as api_errors
from api.body_bounds import MAX_BODY_BYTES
from api.errors import STATUS, status_of
from api.main import create_app
from geo import errors
from geo.actions.city.create_token import create_token
from geo.actions.city.revoke_token import revoke_token
from geo.settings import Settings
from geo.store.database import Database
from geo.words import catalogue
from tests.web.browser import serving
from tests.web.conftest import Bearer


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "localhost:9", "[::1]:8000", "127.9.9.9", "map.example.cn", "MAP.example.cn:443"],
)
def test_own_loopback_and_named_hosts_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/me", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "map.example.cn.evil.example", "10.0.0.8", "127.0.0.1.evil.example", "", "[", "[::2]", "a b"],
)
def test_foreign_hosts_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/api/v1/me", headers={"Host": host})
    assert (answer.status_code, answer.json()["key"]) == (403, "host_foreign")


def test_the_address_a_connection_came_in_at_is_ours(app: FastAPI) -> None:
    """A phone in the same network asks for the machine's own address, which no setting names."""
    with TestClient(app, base_url="http://192.168.7.2:8000") as client:
        assert client.get("/api/v1/me").status_code == 200
        assert client.get("/api/v1/me", headers={"Host": "192.168.7.3:8000"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_pages_of_others_change_nothing(
    client: TestClient, bearer: Bearer, method: str, headers: dict[str, str]
) -> None:
    answer = client.request(method, "/api/v1/stations/1", headers=bearer("administrator") | headers)
    assert (answer.status_code, answer.json()["key"]) == (403, "origin_foreign")


def test_our_own_page_and_programs_pass_the_origin_check(client: TestClient, bearer: Bearer) -> None:
    for headers in ({"Origin": "http://127.0.0.1:8000"}, {"Sec-Fetch-Site": "same-origin"}, {}):
        answer = client.post("/api/v1/stations", headers=bearer("administrator") | headers, json={})
        assert answer.status_code == 422  # the empty body, not the origin


def test_long_bodies_are_refused_told_or_streamed(client: TestClient, bearer: Bearer) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1000 + 1):
            yield b" " * 1000

    for body in (b" " * (MAX_BODY_BYTES + 1), pieces()):
        headers = bearer("administrator") | {"Content-Type": "application/json"}
        answer = client.post("/api/v1/stations", headers=headers, content=body)
        assert (answer.status_code, answer.json()["key"]) == (413, "http_body_large")
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/me", "/nowhere", "/api/v1/grids/77", "/api/v1/me?x=1"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert {"Authorization", "Accept-Language"} <= {part.strip() for part in headers["vary"].split(",")}


@pytest.mark.parametrize("name", ["bbbox", "Level", "limit ", "geometry[]"])
def test_a_slip_in_a_parameter_is_not_taken_for_none(client: TestClient, name: str) -> None:
    answer = client.get("/api/v1/areas", params={name: "1"})
    assert (answer.status_code, answer.json()["key"]) == (422, "query_unknown")
    assert "level" in answer.json()["evidence"]["known"]


def test_a_parameter_given_twice_is_refused(client: TestClient) -> None:
    answer = client.get("/api/v1/areas?level=city&level=community")
    assert (answer.status_code, answer.json()["key"]) == (422, "query_twice")


def test_what_http_itself_refuses_has_a_problem_body_too(client: TestClient) -> None:
    nowhere = client.get("/nowhere")
    wrong_way = client.post("/api/v1/me")
    assert (nowhere.status_code, wrong_way.status_code) == (404, 405)
    assert wrong_way.headers["allow"] == "GET"
    for answer in (nowhere, wrong_way):
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= answer.json().keys()
        assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/areas", "/nowhere", "/api/v1/imports"])
def test_head_is_get_without_a_body(client: TestClient, path: str) -> None:
    told, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (told.status_code, b"")
    assert asked.headers == told.headers


def test_choices_are_told_without_a_word_of_another_language(client: TestClient) -> None:
    detail = client.get("/api/v1/incidents?state=x", headers={"Accept-Language": "zh"}).json()["detail"]
    assert detail.endswith("应为其中之一：'open', 'closed'")


def test_an_error_of_ours_tells_nothing_of_the_inside(app: FastAPI, client: TestClient, caplog) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("password=hunter2")

    answer = client.get("/broken")
    assert (answer.status_code, answer.json()["key"]) == (500, "inner_error")
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text


def test_sentences_come_in_the_language_asked_for(client: TestClient) -> None:
    path = "/api/v1/me?x=1"
    assert "Unknown query" in client.get(path, headers={"Accept-Language": "fr, en;q=0.5, zh;q=0.2"}).json()["detail"]
    assert "未知的查询参数" in client.get(path, headers={"Accept-Language": "zh-CN"}).json()["detail"]
    assert "未知的查询参数" in client.get(path, headers={"Accept-Language": "fr"}).json()["detail"]


def leaves(kind: type[errors.GridcircleError]) -> Iterator[type[errors.GridcircleError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from leaves(below)


def test_every_error_has_a_status_and_a_title() -> None:
    expected = {
        "WhoAreYou": 401,
        "NotAllowed": 403,
        "NotFound": 404,
        "Conflict": 409,
        "StaleVersion": 412,
        "VersionMissing": 428,
        "TooOften": 429,
        "Unready": 503,
    }
    expected |= {"AlreadyLive": 409, "CoverageMissing": 503, "DatabaseAway": 503, "BadMove": 422, "Refused": 422}
    for kind in leaves(errors.GridcircleError):
        if kind is not errors.GridcircleError:
            status = status_of(kind("token_bad"))
            assert expected.get(kind.__name__, status) == status
            assert 400 <= status < 600
    titles = {f"problem_{api_errors._snake(kind.__name__)}" for kind in STATUS}
    assert titles <= catalogue().keys()
    assert set(api_errors.FAULTS.values()) <= catalogue().keys()


def test_a_database_that_is_away_is_said_so(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path), "postgresql://nobody@127.0.0.1:1/none")
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/api/v1/areas")
        assert (answer.status_code, answer.json()["key"]) == (503, "database_away")
        health = client.get("/healthz")
        assert (health.status_code, health.json()["database"]) == (503, "away")


class TestTokens:
    def ask(self, client: TestClient, secret: str) -> tuple[int, str | None]:
        answer = client.get("/api/v1/imports", headers={"Authorization": f"Bearer {secret}"})
        return answer.status_code, answer.json().get("key")

    def test_none_bad_and_of_another_kind(self, client: TestClient) -> None:
        without = client.get("/api/v1/imports")
        assert (without.status_code, without.json()["key"]) == (401, "token_missing")
        assert without.headers["www-authenticate"] == "Bearer"
        assert self.ask(client, "gc_wrong") == (401, "token_bad")
        basic = client.get("/api/v1/imports", headers={"Authorization": "Basic eDp5"})
        assert (basic.status_code, basic.json()["key"]) == (401, "token_bad")

    def test_a_bad_token_is_refused_even_where_the_public_may_ask(self, client: TestClient) -> None:
        answer = client.get("/api/v1/areas", headers={"Authorization": "Bearer gc_wrong"})
        assert (answer.status_code, answer.json()["key"]) == (401, "token_bad")

    def test_expired_and_revoked(self, client: TestClient, db: Database) -> None:
        now = datetime.now(UTC)
        long_ago = now - timedelta(days=3)
        _, ended = create_token(db, name="a", role="planner", area_code=None, days=2, at=long_ago)
        token, gone = create_token(db, name="b", role="planner", area_code=None, days=None, at=long_ago)
        assert self.ask(client, ended) == (401, "token_expired")
        assert self.ask(client, gone)[0] == 200
        revoke_token(db, token.id, now)
        assert self.ask(client, gone) == (401, "token_revoked")

    def test_a_role_below_is_not_enough_and_one_above_is(self, client: TestClient, bearer: Bearer) -> None:
        statuses = {
            role: client.get("/api/v1/imports", headers=bearer(role)).status_code
            for role in ("viewer", "dispatcher", "planner", "publisher", "administrator")
        }
        assert statuses == {"viewer": 403, "dispatcher": 403, "planner": 200, "publisher": 200, "administrator": 200}

    def test_me_says_who_is_taken_for_whom(self, client: TestClient, bearer: Bearer) -> None:
        assert client.get("/api/v1/me").json()["role"] == "public"
        told = client.get("/api/v1/me", headers=bearer("dispatcher", "990101001002")).json()
        assert (told["role"], told["area_name"], told["name"]) == ("dispatcher", "东社区", "test")


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_long_body_is_told_why_over_a_real_connection(db: Database, is_chunked: bool) -> None:
    """The answer comes only after the whole body was sent, so nothing of it is lost with a connection that is reset."""
    part, n_parts = b"x" * 65_536, 64
    how = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(part) * n_parts}"
    with serving(db.engine.url.render_as_string(hide_password=False)) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            head = f"POST /api/v1/plans HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Language: en\r\n"
            connection.sendall(f"{head}Content-Type: application/json\r\n{how}\r\nConnection: close\r\n\r\n".encode())
            for _ in range(n_parts):
                connection.sendall(b"10000\r\n" + part + b"\r\n" if is_chunked else part)
            connection.sendall(b"0\r\n\r\n" if is_chunked else b"")
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"http_body_large" in answer
