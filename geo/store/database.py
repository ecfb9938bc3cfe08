"""Connections, transactions, and the one place where the driver's errors become ours."""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from importlib import resources
from typing import Any

import psycopg2  # type: ignore[import-untyped]
from sqlalchemy import Connection, Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo.errors import AlreadyLive, Busy, Conflict, DatabaseAway, GridcircleError, Refused, Unready
from geo.store.ear import Ear

CONSTRAINTS: dict[str, tuple[type[GridcircleError], str]] = {
    "one_live_plan_per_community": (AlreadyLive, "plan_already_live"),
    "area_code_live_key": (Conflict, "area_code_taken"),
    "station_source_source_key_key": (Conflict, "source_key_taken"),
    "incident_source_source_key_key": (Conflict, "incident_number_taken"),
}
"""Constraint name -> error class and key of its sentence."""

GONE = ("08", "57P")
"""What the codes of a database begin with that ends or cannot be reached (PostgreSQL, appendix A)."""

AGAIN_S = 1
"""After so long somebody who was refused by a busy database may ask again."""


@cache
def sql(name: str) -> TextClause:
    """The query in ``geo/store/sql/<name>.sql``."""
    return text((resources.files("geo.store") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


GLANCES = 4
"""Connections at most for questions of one statement; each takes one for about as long as the answer takes."""

ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Seconds until the other end of an idle connection is probed, between probes, and how many may go unanswered."""


def _has_word(fileno: int) -> bool:
    """Whether there is anything to read."""
    waiting = select.poll()
    waiting.register(fileno, select.POLLIN)
    return bool(waiting.poll(0))


def _unready(error: BaseException | None) -> Unready:
    """Whether there is no database, or one that is there gave something up: for the driver both are one class."""
    state = getattr(error, "pgcode", None)
    if state is None or state.startswith(GONE):
        return DatabaseAway("database_away")
    return Busy("database_busy", state=state, retry_after_s=AGAIN_S)


def _broken(error: Any) -> GridcircleError:
    """What a constraint that was broken says."""
    name = None if error is None else error.diag.constraint_name
    kind, key = CONSTRAINTS.get(name or "", (Refused, "constraint_broken"))
    return kind(key, constraint=name)


class Database:
    """A pool of connections to one PostGIS database.

    Parameters
    ----------
    url
        ``postgresql://user:password@host:port/name``.
    size
        Connections kept at most; a caller beyond that waits. For glances there are as many besides, but no more than
        ``GLANCES``.
    """

    def __init__(self, url: str, size: int = 4) -> None:
        address = make_url(url)
        self._libpq = address.translate_connect_args(database="dbname", username="user") | dict(address.query)
        # Sessions speak UTC so that what comes back does not depend on the server's own time zone. Nothing is compiled:
        # that takes longer than any tile.
        self.engine = self._pool(url, size)
        # of their own, since to take one out of its transactions and back again takes as long as a short answer
        self._glances = self._pool(url, min(size, GLANCES), isolation_level="AUTOCOMMIT")
        self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction that sees one moment."""
        with self._translated(), self._reader.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction; its end is the commit, an error on the way undoes all of it."""
        with self._translated(), self.engine.begin() as conn:
            yield conn

    def glance(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a question that is one statement, and so sees one moment without a transaction.

        In the driver's own words, ``%(name)s``, and its own row: for what is asked so often that beginning, ending and
        wrapping rows would take longer than the answer.

        Raises
        ------
        DatabaseAway
            If there is no database.
        Busy
            If it could not do it now.
        """
        with self._translated(), closing(self._glances.raw_connection()) as kept:
            try:
                with closing(kept.cursor()) as cursor:
                    cursor.execute(statement, values)
                    return cursor.fetchone()
            except psycopg2.OperationalError as error:
                kept.invalidate()
                raise _unready(error) from error

    def ear(self, channel: str) -> Ear:
        """A connection of its own that is told what others notify a channel of.

        Raises
        ------
        DatabaseAway
            If there is no database.
        """
        return Ear(self._libpq, channel)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._glances.dispose()

    def _pool(self, url: str, size: int, **more: Any) -> Engine:
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg2"),
            pool_size=size,
            max_overflow=0,
            pool_timeout=30,
            connect_args={"options": "-c timezone=UTC -c jit=off", "connect_timeout": 10, **ALIVE},
            **more,
        )
        event.listen(engine, "checkout", self._check)
        return engine

    def _check(self, connection: Any, *_: Any) -> None:
        """Give up a kept connection that has ended.

        A server that ends one says so, and a machine that is gone is noticed by the probes: only then is there anything
        to read. Asking every time would be a round trip more for every question.

        Raises
        ------
        DisconnectionError
            For the pool, which takes another one.
        """
        if _has_word(connection.fileno()):
            try:
                self.engine.dialect.do_ping(connection)
            except psycopg2.Error as error:
                raise DisconnectionError from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise _broken(error.orig) from error
        except psycopg2.IntegrityError as error:  # COPY goes to the driver itself
            raise _broken(error) from error
        except OperationalError as error:
            raise _unready(error.orig) from error
        except psycopg2.OperationalError as error:
            raise _unready(error) from error
        except PoolTimeout as error:
            raise Busy("connections_busy", retry_after_s=AGAIN_S) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseAway("database_away") from error
            raise
