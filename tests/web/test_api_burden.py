"""Whatever takes a body refuses fields that watch people at work, with the reason and the law."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.web.conftest import Bearer


def bodies(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path with numbers in it, what chooses among several forms) of every route that takes a body."""
    document, found = app.openapi(), []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if content:
                assert list(content) == ["application/json"], path
                choice = content["application/json"]["schema"].get("discriminator")
                chosen = {} if choice is None else {choice["propertyName"]: next(iter(choice["mapping"]))}
                found.append((method, re.sub(r"\{\w+\}", "1", path), chosen))
    return found


def test_every_door_refuses_a_check_in(app: FastAPI, client: TestClient, bearer: Bearer) -> None:
    admin, doors = bearer("administrator"), bodies(app)
    assert len(doors) > 15
    silent = []
    for method, path, chosen in doors:
        answer = client.request(method, path, json={**chosen, "сheckedIn": True, "colour": "red"}, headers=admin)
        if (answer.status_code, answer.json()["key"]) != (422, "burden_refused"):
            silent.append((method, path, answer.status_code, answer.text[:200]))
    assert not silent


def test_fields_further_in_are_looked_at_too(client: TestClient, bearer: Bearer) -> None:
    body = {"move": "claim", "said": [{"at": {"簽到": "8:00"}}]}
    steps = client.post("/api/v1/incidents/1/steps", json=body, headers=bearer("dispatcher") | {"If-Match": '"1"'})
    assert (steps.status_code, steps.json()["key"]) == (422, "burden_refused")
    assert "簽到" in steps.text


def test_other_unknown_fields_are_told_as_such(client: TestClient, bearer: Bearer) -> None:
    answer = client.post("/api/v1/incidents", json={"colour": "red"}, headers=bearer("dispatcher"))
    assert (answer.status_code, answer.json()["key"]) == (422, "request_faulty")
