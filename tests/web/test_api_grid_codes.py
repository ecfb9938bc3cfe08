"""Codes of grids over HTTP: which grid has or had one, when, and where its ground is today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.plan_ops import Renumber, Split
from geo.store.database import Database
from tests.db.test_plans import accepted, do
from tests.plan_towns import HAND, PlanTown
from tests.small_town import AT, WEST, lonlat
from tests.web.conftest import ORIGIN

LATER = replace(HAND, at=AT + timedelta(days=10))
ALONG_600 = (lonlat(-20, 600), lonlat(520, 600))
"""Cuts the north-western grid: 80 % in the north."""


@pytest.fixture
def town(db: Database, plan_town: PlanTown) -> PlanTown:
    plan = open_plan(db, WEST, None, None, LATER).plan
    version = do(db, plan, do(db, plan, 1, Split(plan_town.grid[0], ALONG_600)), Renumber())
    publish_plan(db, plan.id, version, accepted(view_plan(db, plan.id)), None, LATER)
    return plan_town


@pytest.fixture
def api(app: FastAPI, town: PlanTown) -> Iterator[TestClient]:
    with TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "en"}, raise_server_exceptions=False) as client:
        yield client


def asked(api: TestClient, query: str) -> list[dict[str, Any]]:
    answer = api.get(f"/api/v1/grids?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert answer.json()["numberMatched"] == len(answer.json()["features"])
    return [feature["properties"] for feature in answer.json()["features"]]


def test_an_old_code_leads_to_the_grids_of_today(api: TestClient, town: PlanTown) -> None:
    """From the north-west: 001 stays, the north-eastern grid stays 002, the southern 20 % of the first become 003."""
    one, two, three, four = town.grid
    now = {grid["code"]: grid["id"] for grid in asked(api, f"community={WEST}&geometry=false")}
    (new,) = set(now.values()) - set(town.grid)
    assert now == {f"{WEST}{n:03}": grid for n, grid in enumerate([one, two, new, three, four], 1)}
    (first,) = asked(api, f"code={WEST}001")
    assert first["until"] is None
    assert first["since"].startswith("2026-03-01")
    heirs = [(heir["id"], heir["kind"], round(heir["ground_share"], 3)) for heir in first["today"]]
    assert heirs == [(one, "kept", 0.8), (new, "split", 0.2)]
    held = [(grid["id"], grid["since"][:10], grid["until"]) for grid in asked(api, f"code={WEST}003")]
    assert held == [(three, "2026-03-01", LATER.at.isoformat().replace("+00:00", "Z")), (new, "2026-03-11", None)]
    assert [heir["code"] for heir in asked(api, f"code={WEST}003")[0]["today"]] == [f"{WEST}004"]
    assert asked(api, f"code={WEST}009") == []


def test_with_a_moment_the_one_that_had_it_then(api: TestClient, town: PlanTown) -> None:
    for at, grid in (("2026-03-05T00:00:00Z", town.grid[2]), ("2026-03-05", town.grid[2])):
        assert [found["id"] for found in asked(api, f"code={WEST}003&at={at}")] == [grid]
    (new,) = asked(api, f"code={WEST}003&at=2026-03-15T00:00:00Z")
    assert new["id"] not in town.grid
    assert asked(api, f"code={WEST}003&at=2020-01-01T00:00:00Z") == []


def test_it_tells_of_ground_and_never_of_people(api: TestClient) -> None:
    answer = api.get(f"/api/v1/grids?code={WEST}001").json()
    (feature,) = answer["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert set(feature["properties"]) == {
        "id", "code", "name", "kind", "community_code", "community_name", "centre", "bbox", "since", "until", "today",
    }  # fmt: skip
    assert set(feature["properties"]["today"][0]) == {"id", "code", "name", "kind", "ground_share"}
    bare = api.get(f"/api/v1/grids?code={WEST}001&geometry=false").json()["features"][0]
    assert bare == {**feature, "geometry": None}


def test_pages(api: TestClient) -> None:
    answer = api.get(f"/api/v1/grids?code={WEST}003&limit=1").json()
    assert (answer["numberMatched"], answer["numberReturned"]) == (2, 1)
    (href,) = [link["href"] for link in answer["links"] if link["rel"] == "next"]
    assert api.get(href).json()["features"][0]["properties"]["until"] is None


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("code=12", "grid_code_bad"),
        ("code=", "grid_code_bad"),
        (f"code={WEST}", "grid_code_bad"),
        (f"code={WEST}00x", "grid_code_bad"),
        (f"code={WEST}001%27--", "grid_code_bad"),
        ("code=" + "9" * 101, "request_faulty"),
        (f"code={WEST}0%000", "request_faulty"),
        (f"code={WEST}001&community={WEST}", "grid_code_alone"),
        (f"code={WEST}001&bbox=103,40,104,41", "grid_code_alone"),
    ],
)
def test_what_is_refused(api: TestClient, query: str, key: str) -> None:
    answer = api.get(f"/api/v1/grids?{query}")
    assert (answer.status_code, answer.json()["key"]) == (422, key)
    assert answer.json()["detail"]
