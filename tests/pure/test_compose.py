"""The container files say what the code says. No engine is needed to know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.main import create_app
from geo.cluster.programs import OLDEST_POSTGIS, OLDEST_POSTGRESQL
from geo.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SETTINGS = {f"GRIDCIRCLE_{name.upper()}" for name in Settings.model_fields}
FOR_COMPOSE_ALONE = {"GRIDCIRCLE_DB_PASSWORD", "GRIDCIRCLE_DB_PORT"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert set(compose["volumes"]) == {"postgres", "home"}
    services: dict[str, Any] = compose["services"]
    return services


def test_database_is_one_that_the_code_takes(services: dict[str, Any]) -> None:
    found = re.fullmatch(r"postgis/postgis:(\d+)-(\d+)\.(\d+)", services["db"]["image"])
    assert found, "a pinned version"
    postgresql, *postgis = map(int, found.groups())
    assert postgresql >= OLDEST_POSTGRESQL
    assert tuple(postgis) >= OLDEST_POSTGIS


def test_no_password_is_baked_in(services: dict[str, Any]) -> None:
    asked = r"\$\{GRIDCIRCLE_DB_PASSWORD:\?[^}]+\}"
    assert re.fullmatch(asked, services["db"]["environment"]["POSTGRES_PASSWORD"])
    url = services["app"]["environment"]["GRIDCIRCLE_DATABASE_URL"]
    assert re.fullmatch(rf"postgresql://gridcircle:{asked}@db:5432/gridcircle", url)
    assert not re.search(r"(?i)password|secret|token", DOCKERFILE)


def test_data_outlive_the_containers(services: dict[str, Any]) -> None:
    assert services["db"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    home = re.search(r"GRIDCIRCLE_HOME=(\S+)", DOCKERFILE)
    assert home
    assert services["app"]["volumes"] == [f"home:{home[1]}"]


def test_every_variable_is_a_setting(services: dict[str, Any]) -> None:
    named = set(
        re.findall(r"GRIDCIRCLE_[A-Z_]+", (ROOT / "docker-compose.yml").read_text(encoding="utf-8") + DOCKERFILE)
    )
    assert named <= SETTINGS | FOR_COMPOSE_ALONE
    Settings.model_validate(
        {
            name.removeprefix("GRIDCIRCLE_").lower(): value
            for name, value in services["app"]["environment"].items()
            if "$" not in str(value)
        }
    )


def test_only_this_machine_reaches_them(services: dict[str, Any]) -> None:
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_ports_agree(services: dict[str, Any]) -> None:
    default = Settings.model_fields["port"].default
    inside = services["app"]["environment"]["GRIDCIRCLE_PORT"]
    assert services["app"]["ports"] == [f"127.0.0.1:${{GRIDCIRCLE_PORT:-{default}}}:{inside}"]
    assert f"127.0.0.1:{inside}/healthz" in services["app"]["healthcheck"]["test"][-1]
    assert f"EXPOSE {inside}" in DOCKERFILE


def test_app_waits_for_a_database_that_answers(services: dict[str, Any]) -> None:
    assert services["app"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "pg_isready" in services["db"]["healthcheck"]["test"]


def test_health_route_exists() -> None:
    app = create_app(Settings(), "postgresql://nobody@127.0.0.1/none")
    try:
        assert "get" in app.openapi()["paths"]["/healthz"]
    finally:
        app.state.db.close()


def test_image_holds_what_it_needs_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    kept = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert all((ROOT / name).exists() for name in kept)
    assert {"geo", "api", "webmap", "data", "requirements.lock", "pyproject.toml", "README.md"} == kept


def test_image_is_locked_and_unprivileged() -> None:
    steps = [line.split(None, 1) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    base = next(words for step, words in steps if step == "FROM")
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", base)
    assert any(step == "RUN" and "--require-hashes" in words for step, words in steps)
    names = [step for step, _ in steps]
    assert dict(steps)["USER"] != "root"
    assert names.index("USER") < names.index("CMD")
