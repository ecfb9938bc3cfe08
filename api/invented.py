"""Whether the city is invented, so that no answer of a demo is taken for a real city's."""

from __future__ import annotations

from time import monotonic
from typing import Annotated, Final

from fastapi import Depends, Request
from pydantic import Field

from geo.store.areas import is_invented
from geo.store.database import Database
from geo.words import sentence

KEPT_S: Final = 5.0
"""It changes by imports alone; who is nearest is asked too often to look each time."""

Invented = Annotated[
    str | None,
    Field(
        examples=[None],
        description="That the city is invented, in words: its data describe no real place. None: nobody says so.",
    ),
]
"""A field of answers."""


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


def _invention(request: Request) -> Invention:
    found: Invention = request.app.state.invention
    return found


Told = Annotated[Invention, Depends(_invention)]


def words_of(invention: Invention, language: str) -> str | None:
    """The sentence, or None."""
    return sentence("city_invented", language) if invention.is_so() else None
