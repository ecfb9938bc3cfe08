"""Jobs over HTTP: watched, called off, read, and nobody else's business."""

from __future__ import annotations

from threading import Event
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.jobs import Jobs, Link, Step
from geo.errors import StreetsMissing
from geo.store.database import Database
from tests.web.conftest import Bearer

PATIENCE_S = 10


@pytest.fixture
def jobs(app: FastAPI) -> Jobs:
    found: Jobs = app.state.jobs
    return found


@pytest.fixture
def owner_id(db: Database, client: TestClient, planner: dict[str, str]) -> int:
    """Id of the planner's token."""
    with db.read() as conn:
        found: int = conn.exec_driver_sql("select max(id) from token").scalar_one()
    return found


@pytest.fixture
def planner(bearer: Bearer) -> dict[str, str]:
    return bearer("planner")


def ended(jobs: Jobs) -> None:
    jobs._pool.shutdown(wait=True)


def test_a_job_is_watched_until_its_result_can_be_read(
    client: TestClient, jobs: Jobs, planner: dict[str, str], owner_id: int
) -> None:
    half, go_on = Event(), Event()

    def work(step: Step) -> dict[str, int]:
        step(0.5)
        half.set()
        assert go_on.wait(PATIENCE_S)
        return {"residents": 1140}

    href = f"/api/v1/jobs/{jobs.start('honesty', work, owner_id).id}"
    assert half.wait(PATIENCE_S)
    running = client.get(href, headers=planner).json()
    assert (running["state"], running["share"], running["result_href"]) == ("running", 0.5, None)
    early = client.get(f"{href}/result", headers=planner)
    assert (early.status_code, early.json()["key"]) == (409, "job_without_result")
    go_on.set()
    ended(jobs)
    done = client.get(href, headers=planner).json()
    assert (done["state"], done["share"], done["problem"]) == ("done", 1.0, None)
    assert client.get(done["result_href"], headers=planner).json()["result"] == {"residents": 1140}


def test_a_result_that_is_stored_is_linked_to(
    client: TestClient, jobs: Jobs, planner: dict[str, str], owner_id: int
) -> None:
    job = jobs.start("coverage", lambda _step: Link("/api/v1/coverage?by=community"), owner_id)
    ended(jobs)
    done = client.get(f"/api/v1/jobs/{job.id}", headers=planner).json()
    assert done["result_href"] == "/api/v1/coverage?by=community"
    assert client.get(f"/api/v1/jobs/{job.id}/result", headers=planner).status_code == 409


def test_a_job_is_called_off(client: TestClient, jobs: Jobs, planner: dict[str, str], owner_id: int) -> None:
    began, go_on = Event(), Event()

    def work(step: Step) -> None:
        began.set()
        assert go_on.wait(PATIENCE_S)
        step(0.5)

    href = f"/api/v1/jobs/{jobs.start('coverage', work, owner_id).id}"
    assert began.wait(PATIENCE_S)
    asked = client.delete(href, headers=planner)
    assert (asked.status_code, asked.json()["is_cancel_asked"]) == (200, True)
    go_on.set()
    ended(jobs)
    gone = client.get(href, headers=planner).json()
    assert (gone["state"], gone["problem"]["key"], gone["problem"]["status"]) == ("cancelled", "job_cancelled", 409)


def test_why_a_job_failed_is_told_in_the_language_of_who_asks(
    client: TestClient, jobs: Jobs, planner: dict[str, str], owner_id: int
) -> None:
    def refuses(_step: Step) -> None:
        raise StreetsMissing("streets_missing")

    def breaks(_step: Step) -> None:
        raise ZeroDivisionError

    refused, broken = (jobs.start("coverage", work, owner_id) for work in (refuses, breaks))
    ended(jobs)
    chinese = client.get(f"/api/v1/jobs/{refused.id}", headers={**planner, "Accept-Language": "zh"}).json()
    english = client.get(f"/api/v1/jobs/{refused.id}", headers=planner).json()
    assert chinese["problem"]["key"] == english["problem"]["key"] == "streets_missing"
    assert chinese["problem"]["detail"] != english["problem"]["detail"]
    ours = client.get(f"/api/v1/jobs/{broken.id}", headers=planner).json()
    assert (ours["state"], ours["problem"]["key"]) == ("failed", "inner_error")
    assert "ZeroDivision" not in str(ours)


def test_a_job_is_seen_by_its_owner_and_administrators_only(
    client: TestClient, jobs: Jobs, bearer: Bearer, planner: dict[str, str], owner_id: int
) -> None:
    job = jobs.start("coverage", lambda _step: 1, owner_id)
    ended(jobs)
    href = f"/api/v1/jobs/{job.id}"
    assert client.get(href).status_code == 401
    for role, status in (("planner", 404), ("publisher", 404), ("administrator", 200)):
        assert client.get(href, headers=bearer(role)).status_code == status
    assert client.delete(href, headers=bearer("viewer")).status_code == 403
    assert client.delete(href, headers=bearer("planner")).status_code == 404
    unknown = client.get(f"/api/v1/jobs/{uuid4()}", headers=planner)
    assert (unknown.status_code, unknown.json()["key"]) == (404, "job_unknown")
    assert client.get("/api/v1/jobs/7", headers=planner).status_code == 422


def test_the_service_ends_its_jobs_when_it_ends(app: FastAPI, jobs: Jobs) -> None:
    began = Event()
    stored: list[str] = []

    def work(step: Step) -> None:
        began.set()
        assert ending.wait(PATIENCE_S)
        step(0.5)
        stored.append("result")

    ending = Event()
    with TestClient(app):
        job = jobs.start("coverage", work, 1)
        assert began.wait(PATIENCE_S)
        jobs._calls_off[job.id] = ending  # what the end of the service sets
    assert jobs.find(job.id, 1).state == "cancelled"
    assert not stored
