"""An ear at the database: a connection that is told what others notify a channel of."""

from __future__ import annotations

from typing import Any

import psycopg2  # type: ignore[import-untyped]
from psycopg2 import sql

from geo.errors import DatabaseAway


class Ear:
    """One connection, outside of any pool, that can be waited for as a file.

    Parameters
    ----------
    address
        As libpq takes it.
    channel
        What is listened to.

    Raises
    ------
    DatabaseAway
        If there is no database.
    """

    def __init__(self, address: dict[str, Any], channel: str) -> None:
        try:
            self._connection = psycopg2.connect(**address)
            self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        except psycopg2.OperationalError as error:
            raise DatabaseAway("database_away") from error

    def fileno(self) -> int:
        """What to wait for until there is something to read."""
        return int(self._connection.fileno())

    def has_heard(self) -> bool:
        """Whether anything was told since last asked; never waits.

        Raises
        ------
        DatabaseAway
            If the connection broke.
        """
        try:
            self._connection.poll()
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise DatabaseAway("database_away") from error
        heard = bool(self._connection.notifies)
        self._connection.notifies.clear()
        return heard

    def close(self) -> None:
        """End it."""
        self._connection.close()
