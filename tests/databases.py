"""Create and drop the databases of tests."""

from __future__ import annotations

from contextlib import suppress

import psycopg2
from psycopg2.errors import InsufficientPrivilege, ObjectInUse
from sqlalchemy.engine import make_url

MOST_TRIES = 5


def create_database(url: str, name: str, template: str = "template1") -> str:
    """Create a database in the cluster of ``url`` and return its URL."""
    _command(url, f'create database "{_checked(name)}" template "{template}"')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str, name: str) -> None:
    """Drop a database, whoever is still in it."""
    for _ in range(MOST_TRIES):
        try:
            _command(url, f'drop database "{_checked(name)}" with (force)')
        except InsufficientPrivilege:
            # the cluster's own vacuum is at work there: force may not end it, a plain drop asks it to go
            with suppress(ObjectInUse):  # others are there, too: now force ends them
                _command(url, f'drop database "{_checked(name)}"')
                return
        else:
            return
    raise RuntimeError(f"{name} could not be dropped")


def _checked(name: str) -> str:
    """A tests' database says so in its name: nobody's data are ever created over or dropped."""
    if not name.endswith("_test"):
        raise ValueError(f"{name} does not end in _test")
    return name


def _command(url: str, command: str) -> None:
    """Run one command outside a transaction, from a database that no test uses."""
    home = make_url(url).set(database="gridcircle", drivername="postgresql")
    conn = psycopg2.connect(home.render_as_string(hide_password=False))
    try:
        conn.autocommit = True
        with conn.cursor() as cursor:
            cursor.execute(command)
    finally:
        conn.close()
