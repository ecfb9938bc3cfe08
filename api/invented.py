"""Whether the city is invented, so that no answer of a demo is taken for a real city's.

Every answer of figures is a :class:`api.schemas.CityAnswer`, and says it by itself: who asks in which language is noted
when a request comes in, and looked at where the answer is made. Routes have nothing to hand on, and cannot forget it.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import monotonic
from typing import Final

from fastapi import Request

from api.errors import language_of
from geo.store.areas import is_invented
from geo.store.database import Database
from geo.words import sentence

KEPT_S: Final = 5.0
"""It changes by imports alone; who is nearest is asked too often to look each time."""


class Invention:
    """What was found when it was last looked at. Threads may share it: at worst two look at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._found = (False, 0.0)

    def is_so(self) -> bool:
        """Whether it is; what was found a few seconds ago counts."""
        found, until_s = self._found
        if monotonic() >= until_s:
            with self._db.read() as conn:
                found = is_invented(conn)
            self._found = (found, monotonic() + KEPT_S)
        return found


_asked: ContextVar[tuple[Invention, str] | None] = ContextVar("asked", default=None)


async def note_asker(request: Request) -> None:
    """Note of which city a request asks, and in which language: a dependency of all routes.

    It is no plain function: what those note in a thread of their own nobody else would see.
    """
    _asked.set((request.app.state.invention, language_of(request)))


def told_if_invented() -> str | None:
    """The sentence for whoever asked; None if the city is not known to be invented, or nobody asked.

    Answers are made outside an open transaction: looking takes a connection of its own.
    """
    invention, language = _asked.get() or (None, "")
    return sentence("city_invented", language) if invention is not None and invention.is_so() else None
