"""New steps of cases, told to whoever listens: one ear at the database, one queue for each listener.

The database tells the number of every step once it can be read (LISTEN/NOTIFY). One task of the process then reads all
steps that are new and hands them to the queues. It looks every few seconds besides, so that a lost notice costs seconds
and not the step, and tells at each look that what was told is complete until then. The same look tells whose tokens
have ended: their streams end. Steps are numbered in the order in which they can be read (geo/store/cases.py), so a
listener that names the last one it has seen misses none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from anyio import to_thread

from geo.cases import CaseNews
from geo.errors import Busy, DatabaseAway, TooOften
from geo.rules.request_limits import RequestLimits
from geo.store import case_news, tokens
from geo.store.database import Database
from geo.store.ear import Ear

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
"""How often is looked even if nothing was told."""

TOGETHER_S: Final = 0.05
"""Between two looks: what comes in between is read together. The first is told at once."""

REST_S: Final = 1.0
"""After a look that failed."""

QUEUE: Final = 1000
"""News that a listener may be behind; then it is let go, and asks again from the last that it has seen."""

AT_ONCE: Final = 500


@dataclass(frozen=True)
class Look:
    """What one look at the database brought."""

    news: Sequence[CaseNews]
    as_of: datetime
    """Everything that could be read then was told."""
    ended: frozenset[int] = frozenset()
    """Tokens of listeners that open nothing any more."""
    lines: dict[Hashable, str] = field(default_factory=dict)
    """What was written of the news: fifty boards are told nearly the same, and it need not be written fifty times."""


@dataclass(eq=False)
class Listener:
    """One stream."""

    area_id: int | None
    token_id: int | None
    queue: asyncio.Queue[Look | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    """None: there is no more."""


class Events:
    """All listeners of one process.

    Parameters
    ----------
    db
        Where steps are.
    limits
        How many may listen.
    clock
        Now.
    """

    def __init__(self, db: Database, limits: RequestLimits, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._limits = limits
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._newest: int | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen as long as the service runs."""
        task = asyncio.create_task(self._listen())
        task.add_done_callback(lambda _: self.end())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def end(self) -> None:
        """Let all listeners go; they may come back."""
        for listener in list(self._listeners):
            _end(listener)

    def check_room(self, token_id: int | None) -> None:
        """Refuse one more listener than may listen.

        Raises
        ------
        TooOften
            If as many listen with a token as may.
        Busy
            If as many listen as may.
        """
        limits, again = self._limits, self._limits.listen_again_s
        if len(self._listeners) >= limits.listeners:
            raise Busy("listeners_many", most=limits.listeners, retry_after_s=again)
        if sum(listener.token_id == token_id for listener in self._listeners) >= limits.listeners_per_token:
            raise TooOften("listeners_of_token_many", most=limits.listeners_per_token, retry_after_s=again)

    @asynccontextmanager
    async def listener(self, area_id: int | None, token_id: int | None) -> AsyncIterator[Listener]:
        """A queue that gets all that is new from now on, until the token ends."""
        found = Listener(area_id, token_id)
        self._listeners.add(found)
        try:
            yield found
        finally:
            self._listeners.discard(found)

    async def _listen(self) -> None:
        """Tell what is new; where the database went away, wait and begin anew."""
        while True:
            try:
                ear = await to_thread.run_sync(self._db.ear, case_news.CHANNEL)
            except DatabaseAway:
                await asyncio.sleep(LOOK_S)
                continue
            try:
                await self._tell(ear)
            except (DatabaseAway, Busy) as error:
                log.warning("new steps of cases cannot be read: %s", error.key)
                await asyncio.sleep(REST_S)
            finally:
                ear.close()

    async def _tell(self, ear: Ear) -> None:
        """Hand on what is new as often as something is heard, and every few seconds besides.

        Raises
        ------
        DatabaseAway
            If the database went away.
        """
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(ear.fileno(), ready.set)
        try:
            while True:
                look = await to_thread.run_sync(self._look)
                if look is None:
                    self.end()
                    continue
                for listener in list(self._listeners):
                    if listener.token_id in look.ended:
                        _end(listener)
                    else:
                        _put(listener, look)
                if len(look.news) < AT_ONCE:
                    await asyncio.sleep(TOGETHER_S)
                    await _heard(ear, ready)
        finally:
            loop.remove_reader(ear.fileno())

    def _look(self) -> Look | None:
        """What is new; None: so much (a file came in) that whoever comes back is better told to read the lists anew."""
        as_of = self._clock()
        with self._db.read() as conn:
            newest = case_news.newest(conn)
            if self._newest is None:
                self._newest = newest
            # asked after the newest was read: whoever comes from now on reads for itself up to here at least
            if not self._listeners:
                self._newest = newest
                return Look((), as_of)
            if newest - self._newest > self._limits.listen_replay:
                self._newest = newest
                return None
            news = case_news.after(conn, self._newest, AT_ONCE, sorted(self._areas()))
            ended = tokens.ended(conn, sorted(self._tokens()), as_of)
        if news:
            self._newest = news[-1].step.id
        return Look(news, as_of, frozenset(ended))

    def _areas(self) -> set[int]:
        return {listener.area_id for listener in list(self._listeners) if listener.area_id is not None}

    def _tokens(self) -> set[int]:
        return {listener.token_id for listener in list(self._listeners) if listener.token_id is not None}


async def _heard(ear: Ear, ready: asyncio.Event) -> None:
    """Wait until the ear was told something, but not for long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            while not ear.has_heard():
                ready.clear()
                await ready.wait()


def _put(listener: Listener, look: Look) -> None:
    """Hand on what a listener may see; one that is too far behind is let go."""
    seen = [news for news in look.news if news.is_seen_from(listener.area_id)]
    try:
        listener.queue.put_nowait(replace(look, news=seen))
    except asyncio.QueueFull:
        _end(listener)


def _end(listener: Listener) -> None:
    while not listener.queue.empty():
        listener.queue.get_nowait()
    listener.queue.put_nowait(None)
