"""New steps of cases as they are taken: the one route that holds no thread while it waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from api.case_shapes import NewsTold, Reader, news_told, whose
from api.deps import CaseDesk, Db, Language, News, Who, asks, clock
from api.events import Events, Listener, Look
from api.schemas import problems
from geo.actions.cases.case_desk import Desk
from geo.cases import CaseNews
from geo.rules.request_limits import request_limits
from geo.store import case_news
from geo.store.database import Database

router = APIRouter(tags=["incidents"])

QUIET_S: Final = 15.0
"""After so long without a word a line is sent, so that both ends know that the other is there."""

LastSeen = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern="^[0-9]{1,18}$", description="The last step that was seen.", examples=["41"]),
]


class EventStream(StreamingResponse):
    """Server-sent events (the HTML standard, section 9.2)."""

    media_type = "text/event-stream"


@router.get("/events", response_class=EventStream, responses={200: {"model": NewsTold}, **problems(429, 503)})
async def events(
    db: Db,
    news: News,
    desk: CaseDesk,
    language: Language,
    who: Annotated[Who, asks("dispatcher")],
    last: LastSeen = None,
) -> EventStream:
    """Every step from now on, or from the last one that was seen.

    Events: `step` (its id is the step's), `as_of` (all that could be read then was told), `reset` (more was missed than
    is told again, or the last one that was seen is not known here: read the lists anew). It ends when the token does.
    """
    news.check_room(who.token_id)  # once the answer has begun, nothing can be refused any more
    told = _Telling(db, news, desk, language, who)
    return EventStream(told.lines(None if last is None else int(last)), headers={"Cache-Control": "no-store"})


class _Telling:
    """One stream."""

    def __init__(self, db: Database, events: Events, desk: Desk, language: str, who: Who) -> None:
        self._db, self._events, self._desk, self._language, self._who = db, events, desk, language, who

    async def lines(self, last: int | None) -> AsyncIterator[str]:
        async with self._events.listener(self._who.area_id, self._who.token_id) as listener:
            at = clock()
            newest, missed = await to_thread.run_sync(self._missed, last)
            if missed is None:
                yield _event("reset", {}, newest)
            else:
                for one in missed:
                    yield self._step(one)
                yield _event("as_of", {"at": at.isoformat()}, newest)
            async for line in self._new(listener, newest):
                yield line

    async def _new(self, listener: Listener, newest: int) -> AsyncIterator[str]:
        while True:
            try:
                look = await asyncio.wait_for(listener.queue.get(), QUIET_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if look is None:
                return
            steps = [self._line(one, look) for one in look.news if one.step.id > newest]
            yield "".join([*steps, _event("as_of", {"at": look.as_of.isoformat()})])

    def _line(self, one: CaseNews, look: Look) -> str:
        """What is told of a step, as it was written for another reader who is told the same."""
        key = (one.step.id, self._language, *whose(one, self._who.token_id))
        if key not in look.lines:
            look.lines[key] = self._step(one)
        return look.lines[key]

    def _missed(self, last: int | None) -> tuple[int, Sequence[CaseNews] | None]:
        """The newest step, and those after the last seen; None: too many, or the last seen was never told here."""
        most, area_id = request_limits().listen_replay, self._who.area_id
        with self._db.read() as conn:
            newest = case_news.newest(conn)
            if last is None or last == newest:
                return newest, ()
            if last > newest:  # of another database, or of this one before it was put back to an earlier day
                return newest, None
            found = case_news.after(conn, last, most + 1, [] if area_id is None else [area_id])
        if len(found) > most:
            return newest, None
        return newest, [one for one in found if one.is_seen_from(area_id)]

    def _step(self, one: CaseNews) -> str:
        told = news_told(one, Reader(self._desk, self._language, clock(), self._who.token_id))
        return _event("step", told.model_dump(mode="json"), one.step.id)


def _event(kind: str, data: dict[str, Any], number: int | None = None) -> str:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
