"""What a command works with: its database, up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from geo import settings
from geo.cluster.where import database_url
from geo.store.database import Database
from geo.store.migrate import migrate


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
