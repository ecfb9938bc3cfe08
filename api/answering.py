"""Answers at once, or by a job where the asker prefers not to wait: ``Prefer: respond-async`` (RFC 7240, 4.1).

A route that computes hands over the work instead of doing it::

    @router.get("/coverage/honesty", response_model=HonestyShape, responses=problems(404) | LATER)
    def coverage_honesty(..., answering: Answers) -> Any:
        answering.check_size(db, minutes)
        return answering.answer("honesty", lambda step: _shape(compute(..., step)), who)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Response
from fastapi.responses import JSONResponse

from api.deps import Running, Who
from api.jobs import Accepted, Jobs, Step, accepted
from api.limits import check_size
from api.schemas import Shape
from geo.errors import NotAllowed
from geo.store.database import Database

ASYNC = "respond-async"

LATER: dict[int | str, dict[str, Any]] = {
    202: {"model": Accepted, "description": "Asked for by `Prefer: respond-async`."}
}


@dataclass(frozen=True)
class Answering:
    """How one request wants its answer."""

    jobs: Jobs
    is_later: bool

    def check_size(self, db: Database, minutes: float) -> None:
        """Refuse what is too much to wait for; a job may be as large as the city.

        Raises
        ------
        Refused
            Says what was asked, what is allowed, and how to ask for less.
        """
        if not self.is_later:
            check_size(db, minutes)

    def answer(self, kind: str, work: Callable[[Step], Shape], who: Who) -> Shape | JSONResponse:
        """The answer, or where it will be.

        Raises
        ------
        NotAllowed
            If a job is asked for by somebody who may not start one.
        Busy
            If as many wait as may wait.
        """
        if not self.is_later:
            return work(lambda _share: None)
        if not who.may("planner"):
            raise NotAllowed("job_needs_planner")
        job = self.jobs.start(kind, lambda step: work(step).model_dump(mode="json", by_alias=True), who.token_id)
        told = Response()
        body = accepted(job, told)
        headers = {name: told.headers[name] for name in ("Location", "Retry-After")}
        return JSONResponse(body.model_dump(mode="json"), 202, headers={**headers, "Preference-Applied": ASYNC})


async def _answering(
    running: Running,
    prefer: Annotated[
        str | None, Header(max_length=200, description=f"`{ASYNC}`: as a job, with progress.", examples=[ASYNC])
    ] = None,
) -> Answering:
    wishes = re.split(r"[,;]", (prefer or "").lower())
    return Answering(running, ASYNC in (wish.strip() for wish in wishes))


Answers = Annotated[Answering, Depends(_answering)]
