"""What a command works with: its database, up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from datetime import date
from typing import Any

from geo import settings
from geo.actions.city.about_city import about_city
from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.cli.output import answer, language
from geo.cluster.where import database_url
from geo.provenance import Made
from geo.store.areas import is_invented
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.words import JOINT, catalogue, sentence

HASH_DIGITS = 12
"""Printed of a hash: enough to tell two apart; --json and files have all of it."""


@contextmanager
def open_database() -> Iterator[Database]:
    """The database of this process's settings, started and migrated if need be.

    Raises
    ------
    MissingPiece
        If there is no PostGIS to be had.
    DatabaseAway
        If it does not answer.
    """
    db = Database(database_url(settings.load()))
    try:
        migrate(db)
        with db.read() as conn:
            _city.set(about_city(conn))
        yield db
    finally:
        db.close()


def engine_of(db: Database) -> Engine:
    """What questions about reach are answered from; streets that were laid out before are not laid out again."""
    return Engine(db, StreetCache(db, settings.load().arrays_abs))


_city: ContextVar[dict[str, str] | None] = ContextVar("city", default=None)
"""What files say of the city whose database was opened last."""


def city_of() -> dict[str, str]:
    """What a file says of the city that the command is about: see :func:`geo.actions.city.about_city.about_city`."""
    return dict(_city.get() or {})


def answer_figures(data: dict[str, Any], lines: Sequence[str], made: Made, *, as_json: bool) -> None:
    """The result of a command that tells figures: with how they were made, and that the city is invented if it is."""
    city = sentence("city_invented", language()) if city_of() else None
    told = {**data, "made": asdict(made), "invented": city}
    answer(told, [*lines, _made_line(made), *([city] if city else [])], as_json=as_json)


def _made_line(made: Made) -> str:
    days = JOINT[language()].join(_day(name, day) for name, day in made.dates.items())
    told = {"method": made.method, "hash": made.inputs_hash[:HASH_DIGITS]}
    return sentence("made_line" if days else "made_line_undated", language(), **told, dates=days)


def _day(name: str, day: date | None) -> str:
    key = next((key for key in (f"made_of_{name}", f"plan_column_{name}") if key in catalogue()), None)
    what = name.removeprefix("layer_") if key is None else sentence(key, language())
    return sentence("made_day_unknown" if day is None else "made_day", language(), what=what, day=day)


def told_if_invented(db: Database) -> list[str]:
    """A line to stand beside figures of an invented city, so that nobody takes them for a real one's."""
    with db.read() as conn:
        return [sentence("city_invented", language())] if is_invented(conn) else []
