"""Computations that the asker does not wait for: the same answer by way of a job, and how much one may wait for."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from geo.rules import request_limits
from geo.store.database import Database
from tests import two_streets
from tests.web.conftest import Bearer

LATER = {"Prefer": "return=minimal, respond-async; wait=0"}
MOVED = {"changes": [{"kind": "add_station", "lonlat": [103.4, 40.32], "name": "N"}], "at": "2026-11-23T10:00:00+08:00"}
QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/api/v1/coverage/honesty", {"params": {"by": "grid", "limit": 3}}),
    ("GET", "/api/v1/coverage/crossings", {"params": {"most": 2}}),
    ("GET", "/api/v1/coverage/access", {"params": {"method": "gaussian"}}),
    ("POST", "/api/v1/coverage/what-if", {"json": MOVED}),
]


@pytest.fixture
def world(db: Database, tmp_path: Path) -> None:
    """The town of two streets instead of the drawn city."""
    two_streets.load(db, tmp_path)


def told_by(client: TestClient, app: FastAPI, href: str, headers: dict[str, str]) -> Any:
    """What a job came to; it has ended once the pool has."""
    app.state.jobs._pool.shutdown(wait=True)
    job = client.get(href, headers=headers).json()
    assert (job["state"], job["share"], job["problem"]) == ("done", 1.0, None)
    return client.get(job["result_href"], headers=headers).json()


@pytest.mark.parametrize(("method", "path", "asked"), QUESTIONS)
def test_a_job_answers_what_the_request_would(
    client: TestClient, app: FastAPI, bearer: Bearer, method: str, path: str, asked: dict[str, Any]
) -> None:
    planner = bearer("planner")
    at_once = client.request(method, path, headers=planner, **asked)
    assert at_once.status_code == 200, at_once.text
    accepted = client.request(method, path, headers={**planner, **LATER}, **asked)
    assert (accepted.status_code, accepted.headers["Preference-Applied"]) == (202, "respond-async")
    assert accepted.headers["Location"] == accepted.json()["href"]
    result = told_by(client, app, accepted.json()["href"], planner)
    assert result["kind"].replace("_", "-") == path.rsplit("/", 1)[1]
    assert unstamped(result["result"]) == unstamped(at_once.json())


def unstamped(answer: Any) -> str:
    """Without the moment it was computed at."""
    return re.sub(r'"(computed_at|at)": "[^"]*"', "", str(answer).replace("'", '"'))


@pytest.mark.parametrize(("method", "path", "asked"), QUESTIONS)
def test_too_much_to_wait_for_is_no_more_than_a_job(
    client: TestClient,
    app: FastAPI,
    bearer: Bearer,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    asked: dict[str, Any],
) -> None:
    few = replace(request_limits.request_limits(), station_minutes=10)
    monkeypatch.setattr(request_limits, "request_limits", lambda: few)
    planner = bearer("planner")
    refused = client.request(method, path, headers=planner, **asked)
    assert (refused.status_code, refused.json()["key"]) == (422, "request_stations_many")
    accepted = client.request(method, path, headers={**planner, **LATER}, **asked)
    assert accepted.status_code == 202
    told_by(client, app, accepted.json()["href"], planner)


def test_a_profile_is_bounded_too(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(request_limits.request_limits(), station_minutes=10)
    monkeypatch.setattr(request_limits, "request_limits", lambda: few)
    refused = client.get("/api/v1/coverage/profile")
    assert (refused.status_code, refused.json()["key"]) == (422, "request_stations_many")


def test_jobs_are_for_planners(client: TestClient, bearer: Bearer) -> None:
    refused = client.get("/api/v1/coverage/honesty", headers={**bearer("viewer"), **LATER})
    assert (refused.status_code, refused.json()["key"]) == (403, "job_needs_planner")


def test_a_question_is_called_off_while_it_finds_out_who_reaches_whom(
    client: TestClient, app: FastAPI, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its next step it ends; the question asked again is answered as if nothing had been."""
    began, go_on = threading.Event(), threading.Event()
    engine = app.state.engine
    base = engine.base

    def slow(*words: Any, step: Any = None, **more: Any) -> Any:
        def held(share: float) -> None:
            began.set()
            assert go_on.wait(10)
            step(share)

        return base(*words, step=held, **more)

    monkeypatch.setattr(engine, "base", slow)
    planner = bearer("planner")
    href = client.get("/api/v1/coverage/honesty", headers={**planner, **LATER}).json()["href"]
    assert began.wait(10)
    assert client.delete(href, headers=planner).json()["is_cancel_asked"]
    go_on.set()
    app.state.jobs._pool.shutdown(wait=True)
    assert client.get(href, headers=planner).json()["state"] == "cancelled"
    monkeypatch.undo()
    assert client.get("/api/v1/coverage/honesty", headers=planner).status_code == 200
