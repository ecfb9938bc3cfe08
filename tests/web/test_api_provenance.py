"""Whoever reads a figure learns how it was made, from which days and inputs, and whether the city is invented.

The first half reads the documentation, so that a new route cannot forget it. The second asks the real service, over the
demo city and two drawn towns, and looks at what comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.main import create_app
from geo.actions.city.create_token import create_token
from geo.actions.work.store_cuts import cut_and_store
from geo.publication import rule
from geo.settings import Settings
from geo.store.database import Database
from geo.words import catalogue
from tests.drawn_layers import load_town
from tests.plan_towns import PlanTown
from tests.small_town import AT, EAST, WEST
from tests.web.conftest import ORIGIN

ASPECTS = {
    "method": {"method"},
    "dates": {"network_date", "data_date", "homes_date", "as_of", "dates{}"},
    "hash": {"inputs_hash"},
    "invented": {"invented"},
}
"""What must be said of figures -> the fields that say it."""

NO_FIGURE = re.compile(
    r"(^|_)(id|ids\[\]|no|seq|version|status|row|target|from_grid|to_grid)$"
    r"|^(numberMatched|numberReturned|gone\[\]|grids\[\]|longest_comment|digits|smallest|k|lineage\[\]\{\})$"
    # what whoever reported a case, or its source, says itself
    r"|^(precision_m|capacity|staff|unsure_years\[\])$"
)
"""Numbers that name, page or limit things, or were said by somebody; a figure is one that was counted or measured."""

NOTHING_COMPUTED = "tells what one action did, or a file held; what it did it to is told by its own route"
EXEMPT: dict[str, tuple[set[str], str]] = {
    "POST /api/v1/incidents": (
        {"method", "dates", "hash"},
        "metres between two reports, whose places and times stand by",
    ),
    "GET /api/v1/incidents/{incident_id}": ({"method", "dates", "hash"}, "the same"),
    "POST /api/v1/plans": ({"method", "dates", "hash"}, NOTHING_COMPUTED),
    "POST /api/v1/plans/{plan_id}/edits": (
        {"method", "dates", "hash"},
        "a draft between two edits: its version names it",
    ),
    "POST /api/v1/plans/{plan_id}/publish": ({"method", "dates", "hash"}, NOTHING_COMPUTED),
    "PUT /api/v1/communities/{code}/work-counts": (set(ASPECTS), NOTHING_COMPUTED),
    "PUT /api/v1/grids/{grid_id}/visits-done": (set(ASPECTS), NOTHING_COMPUTED),
    "POST /api/v1/layers": (set(ASPECTS), NOTHING_COMPUTED),
    "GET /api/v1/layers": ({"method", "hash"}, "what a file held, and the day that it speaks of"),
    "GET /api/v1/proposals": ({"method", "dates", "hash"}, "comments that are shown, which can be counted beside it"),
    "GET /api/v1/stations": (set(ASPECTS), "how many of the list have unknown hours"),
    "GET /api/v1/addresses": (set(ASPECTS), "a bare list; how well words fit names is no figure of the city"),
    "GET /api/v1/resources/assignments": ({"dates"}, "grids and assignments of the moment that stands beside them"),
    "GET /api/v1/jobs/{job_id}": (set(ASPECTS), "how far a job is"),
    "DELETE /api/v1/jobs/{job_id}": (set(ASPECTS), "how far a job was"),
    "GET /api/v1/webhooks": (set(ASPECTS), "messages sent to an address"),
}
"""Route -> what it does not say, and why. Whoever adds to it must have a reason that a planner would accept."""


def leaves(schemas: Any, schema: Any, name: str = "", seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """(name, type) of every value that a schema leads to; ``[]``: one of a list, ``{}``: one of a mapping."""
    if "$ref" in schema:
        ref = schema["$ref"].rsplit("/", 1)[1]
        if ref not in seen:
            yield from leaves(schemas, schemas[ref], name, seen | {ref})
        return
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from leaves(schemas, part, name, seen)
    for inner, part in schema.get("properties", {}).items():
        yield from leaves(schemas, part, inner, seen)
    if isinstance(schema.get("items"), dict):
        yield from leaves(schemas, schema["items"], f"{name}[]", seen)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from leaves(schemas, schema["additionalProperties"], f"{name}{{}}", seen)
    if "type" in schema:
        yield name, schema["type"]


def told_by(document: dict[str, Any]) -> dict[str, tuple[set[str], set[str]]]:
    """Route -> its figures, and which of what must be said of them its answer has no field for."""
    schemas, found = document["components"]["schemas"], {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = [answer for status, answer in operation["responses"].items() if status in {"200", "201"}]
            contents = [one for answer in answers for one in answer.get("content", {}).values()]
            fields = [leaf for one in contents for leaf in leaves(schemas, one.get("schema", {}))]
            figures = {name for name, kind in fields if kind in {"number", "integer"} and not NO_FIGURE.search(name)}
            names = {name for name, _ in fields}
            lacking = {aspect for aspect, saying in ASPECTS.items() if not saying & names}
            if figures and not path.endswith("/events"):  # a stream of steps, no answer
                found[f"{method.upper()} {path}"] = figures, lacking
    return found


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[set[str], set[str]]]:
    return told_by(create_app(Settings(), "postgresql://nobody@127.0.0.1:1/none").openapi())


def test_every_route_of_figures_says_how_they_were_made(told: dict[str, tuple[set[str], set[str]]]) -> None:
    assert len(told) > 30
    silent = {
        route: (sorted(lacking), sorted(figures))
        for route, (figures, lacking) in told.items()
        if lacking - EXEMPT.get(route, (set(), ""))[0]
    }
    assert not silent


def test_no_route_is_excused_from_what_it_does(told: dict[str, tuple[set[str], set[str]]]) -> None:
    assert {route: told.get(route, (set(), set()))[1] for route in EXEMPT} == {
        route: lacking for route, (lacking, _) in EXEMPT.items()
    }


def test_a_route_that_forgets_would_be_found() -> None:
    app = create_app(Settings(), "postgresql://nobody@127.0.0.1:1/none")

    def forgotten() -> dict[str, float]:
        return {}

    app.get("/api/v1/forgotten")(forgotten)
    assert told_by(app.openapi())["GET /api/v1/forgotten"] == ({"{}"}, set(ASPECTS))


# Of real cities


DATED = text("update import_batch set data_date = '2026-06-01'")


def said_in(answer: Any) -> dict[str, list[Any]]:
    """Every field of an answer, wherever it stands, with its values."""
    found: dict[str, list[Any]] = {}
    for key, value in answer.items() if isinstance(answer, dict) else ():
        found.setdefault(key, []).append(value)
    for inner in answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ():
        for key, values in said_in(inner).items():
            found.setdefault(key, []).extend(values)
    return found


def is_silent(answer: dict[str, Any], excused: set[str], language: str = "en") -> list[str]:
    """What an answer does not say."""
    said, silent = said_in(answer), []
    words = catalogue()["city_invented"][language]
    if words not in said.get("invented", ()):
        silent.append("invented")
    if not any(said.get("method", ())):
        silent.append("method")
    if not any(re.fullmatch("[0-9a-f]{64}", value or "") for value in said.get("inputs_hash", ())):
        silent.append("hash")
    days = [value for name in ASPECTS["dates"] for value in said.get(name, ())]
    days += [day for group in said.get("dates", ()) for day in group.values()]
    if not any(days):
        silent.append("dates")
    return [aspect for aspect in silent if aspect not in excused]


Routes = dict[str, tuple[str, dict[str, Any]]]
"""Route -> address, and what else is asked with it."""


def asked_of(client: TestClient, staff: dict[str, str], routes: Routes) -> dict[str, list[str]]:
    """Route -> what its answer does not say, of those that do not say all."""
    silent = {}
    for route, (path, more) in routes.items():
        answer = client.request(route.split()[0], f"/api/v1{path}", headers=staff, **more)
        assert answer.status_code in {200, 201}, (route, answer.text)
        lacking = is_silent(answer.json(), EXEMPT.get(route, (set(), ""))[0])
        if lacking:
            silent[route] = lacking
    return silent


def service(db: Database, folder: Path) -> TestClient:
    url = db.engine.url.render_as_string(hide_password=False)
    return TestClient(create_app(Settings(home=folder, workers_db=3), url), ORIGIN, headers={"Accept-Language": "en"})


def token(db: Database) -> dict[str, str]:
    _, secret = create_token(db, name="t", role="administrator", area_code=None, days=None, at=datetime.now(UTC))
    return {"Authorization": f"Bearer {secret}"}


def routes_of_demo(client: TestClient, staff: dict[str, str]) -> Routes:
    station = client.get("/api/v1/stations?limit=1").json()["features"][0]
    grid = client.get("/api/v1/grids?limit=1&geometry=false").json()["features"][0]["properties"]
    case = client.get("/api/v1/incidents?state=open&located=true&limit=1", headers=staff).json()["features"][0]["id"]
    lon, lat = station["geometry"]["coordinates"]
    days = {
        "from_day": datetime(2026, 1, 1, tzinfo=UTC),
        "to_day": datetime.now(UTC),
        "community": grid["community_code"],
    }
    change = {"kind": "move_station", "station_id": station["id"], "lonlat": [lon + 0.003, lat]}
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    return {
        "GET /api/v1/coverage": ("/coverage?by=grid", {}),
        "GET /api/v1/grids": ("/grids?limit=1", {}),
        "GET /api/v1/grids/{grid_id}": (f"/grids/{grid['id']}", {}),
        "GET /api/v1/stations/{station_id}/circle": (f"/stations/{station['id']}/circle", {}),
        "GET /api/v1/locate": ("/locate", {"params": {"lon": lon, "lat": lat}}),
        "GET /api/v1/nearest": ("/nearest", {"params": {"lon": lon, "lat": lat}}),
        "GET /api/v1/reach": ("/reach", {"params": {"lon": lon, "lat": lat}}),
        "GET /api/v1/coverage/area": ("/coverage/area", {}),
        "GET /api/v1/coverage/profile": (
            "/coverage/profile",
            {"params": {"from": monday, "to": monday + timedelta(hours=3)}},
        ),
        "GET /api/v1/coverage/honesty": ("/coverage/honesty", {}),
        "GET /api/v1/coverage/crossings": ("/coverage/crossings", {}),
        "GET /api/v1/coverage/access": ("/coverage/access", {}),
        "POST /api/v1/coverage/what-if": ("/coverage/what-if", {"json": {"changes": [change]}}),
        "GET /api/v1/incidents/{incident_id}": (f"/incidents/{case}", {}),
        "GET /api/v1/incidents/{incident_id}/stations": (f"/incidents/{case}/stations", {}),
        "GET /api/v1/resources/assignments": ("/resources/assignments", {}),
        "GET /api/v1/dispatch/cover": ("/dispatch/cover", {}),
        "GET /api/v1/figures": ("/figures", {}),
        "GET /api/v1/visits/due": ("/visits/due", {}),
        "GET /api/v1/visits/tour": ("/visits/tour", {"params": {"grid": grid["code"]}}),
        "GET /api/v1/plans/compare": ("/plans/compare", {"params": days}),
    }


def routes_of_plan(town: PlanTown, client: TestClient, staff: dict[str, str]) -> Routes:
    opened = client.post("/api/v1/plans", json={"community": WEST}, headers=staff).json()
    plan, grid = opened["id"], town.grid[0]
    edit = {"op": "lock", "grid": grid, "is_locked": True}
    return {
        "POST /api/v1/plans/{plan_id}/edits": (
            f"/plans/{plan}/edits",
            {"json": {**edit, "dry_run": True}},
        ),
        "GET /api/v1/plans/{plan_id}": (f"/plans/{plan}", {}),
        "GET /api/v1/plans/{plan_id}/units": (f"/plans/{plan}/units", {}),
        "GET /api/v1/plans/{plan_id}/consequences": (f"/plans/{plan}/consequences", {}),
        "GET /api/v1/communities/{code}/work-counts": (f"/communities/{WEST}/work-counts", {}),
    }


ROUTES_OF_LAYERS: Routes = {
    "GET /api/v1/layers": ("/layers", {}),
    "GET /api/v1/layers/audit": ("/layers/audit", {}),
    "GET /api/v1/layers/crosswalk": ("/layers/crosswalk?from_layer=police&to_layer=health", {}),
    "GET /api/v1/layers/merge-proposal": ("/layers/merge-proposal?base=police", {}),
    "POST /api/v1/layers/merge-proposal": (
        "/layers/merge-proposal",
        {"json": {"base": "police", "layers": ["health"]}},
    ),
}

ASKED_ELSEWHERE = {
    "GET /api/v1/incidents": "test_figures_of_the_demo_city_say_how_they_were_made, as the public",
    "POST /api/v1/incidents": "tests/web/test_api_cases.py",
    "POST /api/v1/plans": "routes_of_plan",
    "POST /api/v1/plans/{plan_id}/publish": "tests/web/test_api_plans.py",
    "GET /api/v1/plans/{plan_id}/origin": "test_figures_of_layers_say_how_they_were_made",
    "GET /api/v1/proposals": "tests/web/test_api_proposals.py",
    "GET /api/v1/proposals/{plan_id}": "tests/web/test_api_proposals.py",
}


def test_figures_of_the_demo_city_say_how_they_were_made(city: Database, tmp_path: Path) -> None:
    with service(city, tmp_path) as client:
        staff = token(city)
        assert not asked_of(client, staff, routes_of_demo(client, staff))
        public = client.get("/api/v1/incidents", headers={"Accept-Language": "zh"}).json()
        assert public["kind"] == "cells"
        assert not is_silent(public, set(), "zh")
        points = client.get("/api/v1/incidents?limit=1", headers=staff).json()
        assert (points["kind"], is_silent(points, {"method", "hash", "dates"})) == ("points", [])
        job = client.get("/api/v1/coverage/access", headers={**staff, "Prefer": "respond-async"})
        client.app.state.jobs._pool.shutdown(wait=True)  # type: ignore[attr-defined]  # until it is done
        assert not is_silent(client.get(f"{job.json()['href']}/result", headers=staff).json(), set())


COUNTED = re.compile("^(residents|elderly|children|households|homes|people)(?!.*share)")


def test_the_public_is_told_no_small_number_of_people(city: Database, tmp_path: Path) -> None:
    """Every count is in whole tens, whatever is asked, so that two answers differ by tens or not at all."""
    with service(city, tmp_path) as client:
        routes = routes_of_demo(client, token(city)).values()
        level = ("grid", "community", "subdistrict", "district", "city")
        paths = [
            *((path, more) for path, more in routes if "json" not in more),
            *((f"/coverage?by={by}&limit=1000", {}) for by in level),
            *((f"/coverage/area?minutes={minutes}&compare=true", {}) for minutes in (3, 4, 15)),
            ("/coverage/profile?minutes=3.07&by=kind&step_minutes=1440&extra=all: Sa 09:00-17:00", {}),
        ]
        answers = [client.get(f"/api/v1{path}", **more) for path, more in paths]
    public = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(public) > 15
    counts = [
        (name, count)
        for answer in public
        for name, values in said_in(answer).items()
        if COUNTED.match(name)
        for value in values
        for count in (value if isinstance(value, list) else [value])
        if isinstance(count, int | float) and not isinstance(count, bool)
    ]
    assert len(counts) > 500
    assert [pair for pair in counts if pair[1] % rule().round_to] == []


def test_figures_of_plans_say_how_they_were_made(db: Database, plan_town: PlanTown, tmp_path: Path) -> None:
    with db.write() as conn:
        conn.execute(text("update home set import_id = (select min(id) from import_batch)"))
        conn.execute(DATED)
    with service(db, tmp_path) as client:
        staff = token(db)
        routes = routes_of_plan(plan_town, client, staff)
        assert not asked_of(client, {**staff, "If-Match": '"1"'}, routes)


def test_figures_of_layers_say_how_they_were_made(db: Database, tmp_path: Path) -> None:
    load_town(db, tmp_path)
    cut_and_store(db, [WEST, EAST], AT)
    with db.write() as conn:
        conn.execute(DATED)
    with service(db, tmp_path) as client:
        staff = token(db)
        assert not asked_of(client, staff, ROUTES_OF_LAYERS)
        plan = client.get("/api/v1/plans?state=draft", headers=staff).json()["plans"][0]["id"]
        origin = client.get(f"/api/v1/plans/{plan}/origin", headers=staff).json()
        assert not is_silent(origin, set())


def test_every_route_of_figures_is_asked(
    told: dict[str, tuple[set[str], set[str]]], city: Database, db: Database, plan_town: PlanTown, tmp_path: Path
) -> None:
    """A new one has to be asked above, too: a field in the documentation may be empty in every answer."""
    with service(city, tmp_path) as client, service(db, tmp_path) as plans:
        routes = {*routes_of_demo(client, token(city)), *routes_of_plan(plan_town, plans, token(db))}
    speaking = {route for route in told if EXEMPT.get(route, (set(), ""))[0] != set(ASPECTS)}
    assert speaking == {*routes, *ROUTES_OF_LAYERS, *ASKED_ELSEWHERE}
