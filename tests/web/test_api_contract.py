"""What holds for every route, whoever wrote it: who may ask, and what the documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from api.main import create_app
from geo.settings import Settings
from geo.tokens import ROLES

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def bare() -> FastAPI:
    """The service with no database behind it: enough to read its routes."""
    return create_app(Settings(), "postgresql://nobody@127.0.0.1:1/none")


def needed_roles(dependant: Dependant) -> Iterator[str]:
    if hasattr(dependant.call, "needed"):
        yield dependant.call.needed
    for inner in dependant.dependencies:
        yield from needed_roles(inner)


def routes_of(app: FastAPI) -> list[tuple[str, set[str], list[str]]]:
    """(path, methods, roles asked for) of every route."""
    return [
        (str(route.path), set(route.methods or ()), sorted(set(needed_roles(route.dependant))))
        for route in iter_route_contexts(app.routes)
    ]


def test_every_route_says_who_may_ask_it(bare: FastAPI) -> None:
    routes = routes_of(bare)
    assert len(routes) > 15
    silent = [path for path, _, roles in routes if not roles or not set(roles) <= set(ROLES)]
    assert not silent


def test_no_route_hides_outside_the_framework(bare: FastAPI) -> None:
    """A mounted application or a plain route would pass no dependency at all."""
    assert all(isinstance(route.original_route, APIRoute) for route in iter_route_contexts(bare.routes))


def test_a_route_without_it_would_be_found(bare: FastAPI) -> None:
    app = create_app(Settings(), "postgresql://nobody@127.0.0.1:1/none")
    app.get("/forgotten")(lambda: None)
    assert [path for path, _, roles in routes_of(app) if not roles] == ["/forgotten"]


SAID = "/api/v1/plans/{plan_id}/comments"
"""What the public may say; nobody sees it before somebody has looked at it."""


def test_nothing_is_changed_by_the_public(bare: FastAPI) -> None:
    writing = [(path, roles) for path, methods, roles in routes_of(bare) if methods & WRITING and path != SAID]
    assert writing
    assert all(min(map(ROLES.index, roles)) >= ROLES.index("dispatcher") for _, roles in writing)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def has_example(document: dict[str, Any], schema: Any, seen: frozenset[str] = frozenset()) -> bool:
    """Whether every value that a schema leads to has an example, here or further in."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return name in seen or has_example(document, document["components"]["schemas"][name], seen | {name})
    if schema.keys() & {"examples", "example", "const", "enum"}:
        return True
    for inner in ("anyOf", "oneOf", "allOf"):
        if inner in schema:
            return all(has_example(document, part, seen) for part in schema[inner] if part != {"type": "null"})
    if "properties" in schema:
        return all(has_example(document, part, seen) for part in schema["properties"].values())
    return "items" in schema and has_example(document, schema["items"], seen)


def test_the_checker_of_examples_sees_one_that_is_missing() -> None:
    whole = {"type": "object", "properties": {"a": {"type": "string", "examples": ["x"]}}}
    half = {"type": "object", "properties": {**whole["properties"], "b": {"type": "string"}}}
    assert has_example({}, whole)
    assert not has_example({}, half)


def test_every_route_is_documented_with_examples_and_problems(bare: FastAPI) -> None:
    document = bare.openapi()
    poor: list[str] = []
    for name, operation in operations(document):
        assert operation["summary"]
        assert operation["description"], name
        answers = operation["responses"]
        for status in ("401", "403", "422", "503"):
            content = answers[status]["content"]
            if "application/problem+json" not in content and name != "GET /healthz":
                poor.append(f"{name} {status}: {sorted(content)}")
        for status, answer in answers.items():
            for media_type, content in answer.get("content", {}).items():
                is_json = media_type.endswith("json")
                if is_json and status < "300" and not has_example(document, content.get("schema", {})):
                    poor.append(f"{name} {status}: no example")
    assert not poor
    assert "Problem" in document["components"]["schemas"]


def test_whatever_asks_for_a_version_says_what_comes_without_and_with_an_old_one(bare: FastAPI) -> None:
    asking = {}
    for name, operation in operations(bare.openapi()):
        sent = [one for one in operation.get("parameters", []) if one["name"].lower() == "if-match"]
        if sent:
            asking[name] = (sent[0]["required"], {"412", "428"} <= operation["responses"].keys())
    assert set(asking.values()) == {(True, True)}
    assert len(asking) == 11


def test_the_documentation_lists_what_was_agreed(bare: FastAPI) -> None:
    expected = {
        "GET /healthz",
        "GET /api/v1/areas",
        "GET /api/v1/grids",
        "GET /api/v1/grids/{grid_id}",
        "GET /api/v1/stations",
        "POST /api/v1/stations",
        "GET /api/v1/stations/{station_id}",
        "PATCH /api/v1/stations/{station_id}",
        "DELETE /api/v1/stations/{station_id}",
        "GET /api/v1/stations/{station_id}/circle",
        "GET /api/v1/resources",
        "GET /api/v1/resources/assignments",
        "GET /api/v1/resources/assignments.{ending}",
        "GET /api/v1/resources/{resource_id}",
        "PATCH /api/v1/resources/{resource_id}",
        "GET /api/v1/resources/{resource_id}/grids",
        "PUT /api/v1/resources/{resource_id}/grids",
        "POST /api/v1/resources/{resource_id}/position",
        "GET /api/v1/incidents",
        "GET /api/v1/incidents/export.{ending}",
        "POST /api/v1/incidents",
        "GET /api/v1/incidents/{incident_id}",
        "GET /api/v1/incidents/{incident_id}/steps",
        "POST /api/v1/incidents/{incident_id}/steps",
        "PUT /api/v1/incidents/{incident_id}/place",
        "GET /api/v1/addresses",
        "GET /api/v1/events",
        "GET /api/v1/incidents/{incident_id}/stations",
        "GET /api/v1/dispatch/cover",
        "GET /api/v1/figures",
        "GET /api/v1/visits/due",
        "GET /api/v1/visits/tour",
        "PUT /api/v1/grids/{grid_id}/visits-done",
        "GET /api/v1/coverage",
        "POST /api/v1/coverage/runs",
        "GET /api/v1/reach",
        "GET /api/v1/nearest",
        "GET /api/v1/coverage/profile",
        "POST /api/v1/coverage/what-if",
        "GET /api/v1/coverage/area",
        "GET /api/v1/coverage/honesty",
        "GET /api/v1/coverage/crossings",
        "GET /api/v1/coverage/access",
        "GET /api/v1/layers",
        "POST /api/v1/layers",
        "GET /api/v1/layers/at",
        "GET /api/v1/layers/audit",
        "GET /api/v1/layers/crosswalk",
        "GET /api/v1/layers/merge-proposal",
        "POST /api/v1/layers/merge-proposal",
        "GET /api/v1/plans",
        "POST /api/v1/plans",
        "GET /api/v1/plans/compare",
        "GET /api/v1/plans/{plan_id}",
        "GET /api/v1/plans/{plan_id}/units",
        "GET /api/v1/plans/{plan_id}/vertices",
        "POST /api/v1/plans/{plan_id}/edits",
        "GET /api/v1/plans/{plan_id}/problems",
        "GET /api/v1/plans/{plan_id}/consequences",
        "GET /api/v1/plans/{plan_id}/consequences.{ending}",
        "GET /api/v1/plans/{plan_id}/export.{ending}",
        "GET /api/v1/plans/{plan_id}/origin",
        "GET /api/v1/plans/{plan_id}/history",
        "POST /api/v1/plans/{plan_id}/propose",
        "POST /api/v1/plans/{plan_id}/redraft",
        "POST /api/v1/plans/{plan_id}/withdraw",
        "POST /api/v1/plans/{plan_id}/publish",
        "GET /api/v1/plans/{plan_id}/comments",
        "POST /api/v1/plans/{plan_id}/comments",
        "PATCH /api/v1/plans/{plan_id}/comments/{comment_id}",
        "GET /api/v1/communities/{code}/work-counts",
        "PUT /api/v1/communities/{code}/work-counts",
        "GET /api/v1/communities/{code}/work-counts.{ending}",
        "GET /api/v1/proposals",
        "GET /api/v1/proposals/{plan_id}",
        "GET /api/v1/locate",
        "GET /api/v1/search",
        "GET /api/v1/imports",
        "GET /api/v1/jobs/{job_id}",
        "GET /api/v1/jobs/{job_id}/result",
        "DELETE /api/v1/jobs/{job_id}",
        "GET /api/v1/webhooks",
        "POST /api/v1/webhooks",
        "DELETE /api/v1/webhooks/{webhook_id}",
        "GET /api/v1/me",
        "GET /tiles/{layers}/{z}/{x}/{y}.mvt",
    }
    assert {name for name, _ in operations(bare.openapi())} == expected
