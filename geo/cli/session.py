"""What a command works with: its database, up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from geo import settings
from geo.actions.engine import Engine
from geo.actions.street_cache import StreetCache
from geo.cli.output import language
from geo.cluster.where import database_url
from geo.store.areas import is_invented
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.words import sentence


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
        yield db
    finally:
        db.close()


def engine_of(db: Database) -> Engine:
    """What questions about reach are answered from; streets that were laid out before are not laid out again."""
    return Engine(db, StreetCache(db, settings.load().arrays_abs))


def told_if_invented(db: Database) -> list[str]:
    """A line to stand beside figures of an invented city, so that nobody takes them for a real one's."""
    with db.read() as conn:
        return [sentence("city_invented", language())] if is_invented(conn) else []
