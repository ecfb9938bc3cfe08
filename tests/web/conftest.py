"""The service on a real database with the drawn city in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.main import create_app
from geo.actions.create_token import create_token
from geo.settings import Settings
from geo.store.database import Database
from tests.web.world import AT, World, build

ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def world(db: Database) -> World:
    return build(db)


@pytest.fixture
def app(db: Database, tmp_path: Path) -> FastAPI:
    url = db.engine.url.render_as_string(hide_password=False)
    return create_app(Settings(home=tmp_path, public_hosts="map.example.cn", workers_db=3), url)


@pytest.fixture
def client(app: FastAPI, world: World) -> Iterator[TestClient]:
    """A client of the service, over the drawn city; an error of ours is an answer, as for everybody."""
    english = {"Accept-Language": "en"}
    with TestClient(app, base_url=ORIGIN, headers=english, raise_server_exceptions=False) as client:
        yield client


Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def bearer(db: Database, world: World) -> Bearer:
    """Headers of a new token with a role, for everywhere or for the area with a code."""

    def make(role: str, area: str | None = None) -> dict[str, str]:
        _, secret = create_token(db, name="test", role=role, area_code=area, days=None, at=AT)  # type: ignore[arg-type]
        return {"Authorization": f"Bearer {secret}"}

    return make
