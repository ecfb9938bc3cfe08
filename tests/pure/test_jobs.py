"""Jobs on real threads; they wait for each other by events and joins, never by time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import UUID, uuid4

import pytest

from api.jobs import Job, Jobs, Link, Step
from geo.errors import Busy, Cancelled, NotFound, StreetsMissing
from geo.rules.request_limits import request_limits

LIMITS = replace(request_limits(), jobs_unfinished=3, jobs_running=1, jobs_kept=2, jobs_kept_minutes=60)
OWNER = 7
PATIENCE_S = 10


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(clock: Clock) -> Iterator[Jobs]:
    made = Jobs(LIMITS, clock, uuid4)
    yield made
    made.close()


class Work:
    """Goes on only when it is told to, one step each time."""

    def __init__(self, shares: tuple[float, ...] = (0.5,)) -> None:
        self.shares = shares
        self.began = Event()
        self.go_on = Event()
        self.stored: list[str] = []

    def __call__(self, step: Step) -> str:
        self.began.set()
        assert self.go_on.wait(PATIENCE_S)
        for share in self.shares:
            step(share)
        self.stored.append("result")
        return "result"


def ended(jobs: Jobs, job: Job) -> Job:
    """The job once all that were started have ended."""
    jobs._pool.shutdown(wait=True)
    return jobs.find(job.id, OWNER)


def test_a_job_from_its_start_to_its_result(jobs: Jobs) -> None:
    work = Work()
    job = jobs.start("coverage", work, OWNER)
    assert (job.state, job.share) == ("queued", 0.0)
    assert work.began.wait(PATIENCE_S)
    assert jobs.find(job.id, OWNER).state == "running"
    work.go_on.set()
    done = ended(jobs, job)
    assert (done.state, done.share, done.result, done.problem) == ("done", 1.0, "result", None)


def test_the_share_done_never_falls(jobs: Jobs) -> None:
    seen: list[float] = []
    job_id: list[UUID] = []
    may_begin = Event()

    def work(step: Step) -> Link:
        assert may_begin.wait(PATIENCE_S)
        for share in (0.5, 0.25, 7.0):
            step(share)
            seen.append(jobs.find(job_id[0], OWNER).share)
        return Link("/api/v1/coverage")

    job = jobs.start("coverage", work, OWNER)
    job_id.append(job.id)
    may_begin.set()
    assert ended(jobs, job).result == Link("/api/v1/coverage")
    assert seen == [0.5, 0.5, 1.0]


def test_a_running_job_is_called_off_at_its_next_step_and_stores_nothing(jobs: Jobs) -> None:
    work = Work()
    job = jobs.start("coverage", work, OWNER)
    assert work.began.wait(PATIENCE_S)
    asked = jobs.cancel(job.id)
    assert (asked.state, asked.is_cancel_asked) == ("running", True)
    work.go_on.set()
    gone = ended(jobs, job)
    assert (gone.state, work.stored) == ("cancelled", [])
    assert isinstance(gone.problem, Cancelled)


def test_what_is_stored_is_not_called_off(jobs: Jobs) -> None:
    """The last step comes after the storing: to call that off would be a lie."""
    work = Work(shares=(1.0,))
    job = jobs.start("coverage", work, OWNER)
    assert work.began.wait(PATIENCE_S)
    jobs.cancel(job.id)
    work.go_on.set()
    assert ended(jobs, job).state == "done"


def test_a_waiting_job_is_called_off_at_once_and_never_begins(jobs: Jobs) -> None:
    first, second = Work(), Work()
    jobs.start("coverage", first, OWNER)
    waiting = jobs.start("coverage", second, OWNER)
    assert first.began.wait(PATIENCE_S)
    assert jobs.cancel(waiting.id).state == "cancelled"
    first.go_on.set()
    assert ended(jobs, waiting).state == "cancelled"
    assert not second.began.is_set()


def test_calling_off_what_has_ended_changes_nothing(jobs: Jobs) -> None:
    job = jobs.start("coverage", lambda _step: 1, OWNER)
    ended(jobs, job)
    assert jobs.cancel(job.id) == ended(jobs, job)
    assert ended(jobs, job).state == "done"


def test_a_refusal_and_a_fault_of_ours(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def refuses(_step: Step) -> None:
        raise StreetsMissing("streets_missing")

    def breaks(_step: Step) -> None:
        raise ZeroDivisionError

    refused, broken = jobs.start("coverage", refuses, OWNER), jobs.start("coverage", breaks, OWNER)
    with caplog.at_level(logging.ERROR):
        assert ended(jobs, broken).state == "failed"
    assert ended(jobs, broken).problem is None
    assert "ZeroDivisionError" in caplog.text
    assert isinstance(ended(jobs, refused).problem, StreetsMissing)


def test_no_more_wait_than_may_wait(jobs: Jobs) -> None:
    works = [Work() for _ in range(LIMITS.jobs_unfinished)]
    for work in works:
        jobs.start("coverage", work, OWNER)
    with pytest.raises(Busy) as caught:
        jobs.start("coverage", Work(), OWNER)
    assert caught.value.evidence == {"unfinished": 3}
    for work in works:
        work.go_on.set()


def wait_for(jobs: Jobs, job: Job) -> None:
    """Until one job has ended; the pool goes on."""
    future = jobs._future_of_id.get(job.id)
    if future is not None:
        done = Event()
        future.add_done_callback(lambda _ended: done.set())  # behind the one that keeps the result
        assert done.wait(PATIENCE_S)


def test_finished_jobs_are_kept_for_a_while_and_in_small_number(clock: Clock) -> None:
    jobs = Jobs(LIMITS, clock, uuid4)
    started = []
    for _ in range(3):
        clock.now += timedelta(minutes=1)
        job = jobs.start("coverage", lambda _step: None, OWNER)
        wait_for(jobs, job)
        started.append(job.id)
    with pytest.raises(NotFound):
        jobs.find(started[0], OWNER)
    assert [jobs.find(job_id, OWNER).state for job_id in started[1:]] == ["done", "done"]
    clock.now += timedelta(minutes=LIMITS.jobs_kept_minutes)
    with pytest.raises(NotFound):
        jobs.find(started[2], OWNER)
    jobs.close()


def test_only_the_owner_and_who_sees_all_find_a_job(jobs: Jobs) -> None:
    job = jobs.start("coverage", lambda _step: 1, OWNER)
    for somebody in (8, None):
        with pytest.raises(NotFound):
            jobs.find(job.id, somebody)
    assert jobs.find(job.id, None, sees_all=True).id == job.id


def test_closing_ends_what_runs_and_what_waits(clock: Clock) -> None:
    jobs = Jobs(LIMITS, clock, uuid4)
    running, waiting = Work(), Work()
    first, second = jobs.start("coverage", running, OWNER), jobs.start("coverage", waiting, OWNER)
    assert running.began.wait(PATIENCE_S)
    with ThreadPoolExecutor(1) as other:
        closing = other.submit(jobs.close)
        assert jobs._calls_off[first.id].wait(PATIENCE_S)
        running.go_on.set()
        closing.result(PATIENCE_S)
    assert [jobs.find(job.id, OWNER).state for job in (first, second)] == ["cancelled", "cancelled"]
    assert (running.stored, waiting.began.is_set()) == ([], False)
