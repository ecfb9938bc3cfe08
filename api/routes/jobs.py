"""How a long computation is doing, what came of it, and calling it off."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field

from api.deps import Language, Running, Who, asks
from api.errors import problem_body
from api.jobs import Job, Jobs, Link
from api.schemas import Problem, Shape, problems
from geo.errors import Conflict

router = APIRouter(tags=["jobs"])

JobId = Annotated[UUID, Path(examples=["5f0c4a52-9d6f-4a43-8f0e-0f2a7a0c2d11"])]


class JobShape(Shape):
    """A computation that goes on beside the requests."""

    id: UUID = Field(examples=["5f0c4a52-9d6f-4a43-8f0e-0f2a7a0c2d11"])
    kind: str = Field(examples=["coverage"])
    state: Literal["queued", "running", "done", "failed", "cancelled"] = Field(examples=["running"])
    share: float = Field(examples=[0.4], description="Done so far, 0 to 1.")
    is_cancel_asked: bool = Field(examples=[False], description="It ends at its next step.")
    created_at: datetime = Field(examples=["2026-11-22T02:00:00Z"])
    started_at: datetime | None = Field(examples=["2026-11-22T02:00:01Z"])
    finished_at: datetime | None = Field(examples=[None])
    result_href: str | None = Field(examples=["/api/v1/coverage?by=community"], description="Once it is done.")
    problem: Problem | None = Field(description="Why it failed.")


class JobResult(Shape):
    """What a computation came to."""

    id: UUID = Field(examples=["5f0c4a52-9d6f-4a43-8f0e-0f2a7a0c2d11"])
    kind: str = Field(examples=["honesty"])
    result: Any = Field(examples=[{"residents": 1140}], description="As the computing route describes it.")


@router.get("/jobs/{job_id}", responses=problems(404))
def job(job_id: JobId, jobs: Running, language: Language, who: Annotated[Who, asks("viewer")]) -> JobShape:
    """State and share done; seen by the token that started it and by administrators."""
    return _shape(_found(jobs, job_id, who), language)


@router.get("/jobs/{job_id}/result", responses=problems(404, 409))
def result(job_id: JobId, jobs: Running, who: Annotated[Who, asks("viewer")]) -> JobResult:
    """What came of it, if it was not stored elsewhere; 409 as long as there is nothing."""
    found = _found(jobs, job_id, who)
    if found.state != "done" or isinstance(found.result, Link):
        raise Conflict("job_without_result", job_id=job_id, state=found.state)
    return JobResult(id=found.id, kind=found.kind, result=found.result)


@router.delete("/jobs/{job_id}", responses=problems(404))
def cancel(job_id: JobId, jobs: Running, language: Language, who: Annotated[Who, asks("planner")]) -> JobShape:
    """Call it off: at once if it still waits, else at its next step, and nothing is stored."""
    _found(jobs, job_id, who)
    return _shape(jobs.cancel(job_id), language)


def _found(jobs: Jobs, job_id: UUID, who: Who) -> Job:
    return jobs.find(job_id, who.token_id, sees_all=who.may("administrator"))


def _shape(found: Job, language: str) -> JobShape:
    return JobShape(
        id=found.id,
        kind=found.kind,
        state=found.state,
        share=round(found.share, 3),
        is_cancel_asked=found.is_cancel_asked,
        created_at=found.created_at,
        started_at=found.started_at,
        finished_at=found.finished_at,
        result_href=_result_href(found),
        problem=_problem(found, language),
    )


def _result_href(found: Job) -> str | None:
    if found.state != "done":
        return None
    return found.result.href if isinstance(found.result, Link) else f"/api/v1/jobs/{found.id}/result"


def _problem(found: Job, language: str) -> Problem | None:
    if found.state not in {"failed", "cancelled"}:
        return None
    return Problem.model_validate(problem_body(found.problem, language))
