"""Long computations beside the requests that ask for them: started, watched, called off.

Jobs live in this process and end with it; what they compute is stored by the work itself, or kept as their result for a
while. A route starts one and answers at once::

    @router.post("/coverage/runs", status_code=202)
    def compute(..., jobs: Running, response: Response, who: Annotated[Who, asks("planner")]) -> Accepted:
        job = jobs.start("coverage", lambda step: compute_coverage(db, ..., step=step), who.token_id)
        return accepted(job, response)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field

from api.schemas import Shape
from geo.errors import Busy, Cancelled, GridcircleError, NotFound
from geo.rules.request_limits import RequestLimits

log = logging.getLogger(__name__)

Step = Callable[[float], None]
"""Told the share done, 0 to 1. Raises Cancelled once the job is called off, except at 1: then all is stored."""

Work = Callable[[Step], Any]
"""Returns the result, a value for JSON, or a :class:`Link` to where it is stored."""

JobState = Literal["queued", "running", "done", "failed", "cancelled"]

UNFINISHED: tuple[JobState, ...] = ("queued", "running")


@dataclass(frozen=True)
class Link:
    """Where a result is to be found."""

    href: str


@dataclass(frozen=True)
class Job:
    """A job as it was at one moment."""

    id: UUID
    kind: str
    owner: int | None
    """Id of the token that started it."""
    state: JobState
    share: float
    """0 to 1, done so far."""
    is_cancel_asked: bool
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: Any = None
    problem: GridcircleError | None = None
    """Why it failed; None too when the fault is ours, which the server's log tells."""


class Jobs:
    """All jobs of one process. Every method may be called from any thread.

    Parameters
    ----------
    limits
        How many run at once, wait, and are kept.
    clock
        Now.
    new_id
        An id that cannot be guessed.
    """

    def __init__(self, limits: RequestLimits, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._limits, self._clock, self._new_id = limits, clock, new_id
        self._pool = ThreadPoolExecutor(limits.jobs_running, thread_name_prefix="job")
        self._lock = Lock()
        self._job_of_id: dict[UUID, Job] = {}
        self._future_of_id: dict[UUID, Future[Any]] = {}
        self._calls_off: dict[UUID, Event] = {}

    def start(self, kind: str, work: Work, owner: int | None) -> Job:
        """Let some work wait for its turn.

        Raises
        ------
        Busy
            If as many wait as may wait.
        """
        with self._lock:
            self._forget()
            unfinished = sum(job.state in UNFINISHED for job in self._job_of_id.values())
            if unfinished >= self._limits.jobs_unfinished:
                raise Busy("jobs_full", unfinished=unfinished)
            job = Job(self._new_id(), kind, owner, "queued", 0.0, is_cancel_asked=False, created_at=self._clock())
            self._job_of_id[job.id], self._calls_off[job.id] = job, Event()
            future = self._future_of_id[job.id] = self._pool.submit(copy_context().run, self._run, job.id, work)
        future.add_done_callback(lambda ended: self._end(job.id, ended))
        return job

    def find(self, job_id: UUID, owner: int | None, *, sees_all: bool = False) -> Job:
        """A job of an owner, or of anybody.

        Raises
        ------
        NotFound
            If there is none, or it is somebody else's.
        """
        with self._lock:
            self._forget()
            job = self._job_of_id.get(job_id)
        if job is None or not (sees_all or (owner is not None and job.owner == owner)):
            raise NotFound(
                "job_unknown",
                job_id=job_id,
                minutes=self._limits.jobs_kept_minutes,
                kept=self._limits.jobs_kept,
            )
        return job

    def cancel(self, job_id: UUID) -> Job:
        """Call a job off: at once if it still waits, else at its next step. What has ended stays as it is."""
        with self._lock:
            self._replace(job_id, is_cancel_asked=True)
            future = self._future_of_id.get(job_id)
            self._calls_off[job_id].set()
        if future is not None:
            future.cancel()  # outside the lock: it ends the job in this very thread
        with self._lock:
            return self._job_of_id[job_id]

    def close(self) -> None:
        """Call everything off and wait until the last step has been taken."""
        with self._lock:
            unfinished = list(self._future_of_id)
        for job_id in unfinished:
            self.cancel(job_id)
        self._pool.shutdown(wait=True)

    def _run(self, job_id: UUID, work: Work) -> Any:
        def step(share: float) -> None:
            with self._lock:
                self._replace(job_id, share=max(self._job_of_id[job_id].share, min(share, 1.0)))
            if share < 1 and self._calls_off[job_id].is_set():
                raise Cancelled("job_cancelled")

        with self._lock:
            self._replace(job_id, state="running", started_at=self._clock())
        step(0.0)
        return work(step)

    def _end(self, job_id: UUID, ended: Future[Any]) -> None:
        error = CancelledError() if ended.cancelled() else ended.exception()
        if error is None:
            values: dict[str, Any] = {"state": "done", "share": 1.0, "result": ended.result()}
        elif isinstance(error, (Cancelled, CancelledError)):
            values = {"state": "cancelled", "problem": Cancelled("job_cancelled")}
        elif isinstance(error, GridcircleError):
            values = {"state": "failed", "problem": error}
        else:
            log.error("unexpected error in job %s", job_id, exc_info=error)
            values = {"state": "failed"}
        with self._lock:
            self._replace(job_id, finished_at=self._clock(), **values)
            self._future_of_id.pop(job_id, None)

    def _replace(self, job_id: UUID, **values: Any) -> None:
        job = self._job_of_id[job_id]
        if job.state in UNFINISHED:
            self._job_of_id[job_id] = replace(job, **values)

    def _forget(self) -> None:
        """Finished jobs that are too old or too many, the oldest first."""
        oldest = self._clock() - timedelta(minutes=self._limits.jobs_kept_minutes)
        finished = sorted((job.finished_at, job.id) for job in self._job_of_id.values() if job.finished_at is not None)
        surplus = len(finished) - self._limits.jobs_kept
        for index, (at, job_id) in enumerate(finished):
            if at <= oldest or index < surplus:
                del self._job_of_id[job_id], self._calls_off[job_id]


class Accepted(Shape):
    """A computation has been started; where to look for it."""

    id: UUID = Field(examples=["5f0c4a52-9d6f-4a43-8f0e-0f2a7a0c2d11"])
    href: str = Field(examples=["/api/v1/jobs/5f0c4a52-9d6f-4a43-8f0e-0f2a7a0c2d11"])


def accepted(job: Job, response: Response) -> Accepted:
    """The answer of a route (``status_code=202``) that has started a job."""
    href = f"/api/v1/jobs/{job.id}"
    response.headers["Location"] = href
    response.headers["Retry-After"] = "1"
    return Accepted(id=job.id, href=href)
