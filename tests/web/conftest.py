"""The service on a real database with the drawn city in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, sync_playwright

from api.main import create_app
from geo.actions.city.create_token import create_token
from geo.settings import Settings
from geo.store.database import Database
from tests.databases import Stock, create_database, drop_database, stocked
from tests.web.browser import launch, load_city, serving
from tests.web.world import AT, World, build

ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def world_stock(template_url: str) -> Iterator[Stock]:
    with stocked(template_url, "world", build) as stock:
        yield stock


@pytest.fixture
def world(db: Database, world_stock: Stock) -> World:
    """The drawn city, in the test's database."""
    return deepcopy(world_stock.made)


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser; not for the whole session, for it keeps a loop running that other tests would meet."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def city(template_url: str) -> Iterator[Database]:
    """The demo city, for readers who change nothing."""
    name = f"browser{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    load_city(db)
    yield db
    db.close()
    drop_database(template_url, name)


@pytest.fixture(scope="session")
def address(city: Database) -> Iterator[str]:
    """Where the demo city is served."""
    with serving(city.engine.url.render_as_string(hide_password=False), map_approval_number="QS(2026)0001") as address:
        yield address
