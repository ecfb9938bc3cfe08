"""Create and drop the databases of tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg2
from psycopg2.errors import InsufficientPrivilege, ObjectInUse
from sqlalchemy.engine import make_url

from geo.store.database import Database

MOST_TRIES = 5


class Stock(NamedTuple):
    """A database that is filled once, for tests to begin with a copy of it."""

    name: str
    made: Any
    """What filling it gave."""


@contextmanager
def stocked(template_url: str, name: str, fill: Callable[[Database], Any]) -> Iterator[Stock]:
    """A copy of the empty database, filled; dropped at the end."""
    name = f"{name}{os.getpid()}_test"
    db = Database(create_database(template_url, name, template=make_url(template_url).database or ""), size=1)
    try:
        made = fill(db)
    finally:
        db.close()  # of a database with somebody in it no copy is made
    yield Stock(name, made)
    drop_database(template_url, name)


def create_database(url: str, name: str, template: str = "template1") -> str:
    """Create a database in the cluster of ``url`` and return its URL."""
    # file by file, as nothing is to be saved from a crash: two thirds of the work of a copy that is logged
    _command(url, f'create database "{_checked(name)}" template "{template}" strategy file_copy')
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


def writes_until_now(url: str) -> tuple[int, bool]:
    """What grows with every transaction of the cluster that changed anything, and whether one goes on in the database.

    PostgreSQL numbers a transaction when it first writes, also one that takes everything back.
    """
    query = """
        select pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
               exists (select from pg_stat_activity where datname = %s and state <> 'idle')
    """
    with _outside(url) as cursor:
        cursor.execute(query, (make_url(url).database,))
        ((number, goes_on),) = cursor.fetchall()
        return number, goes_on


def _checked(name: str) -> str:
    """A tests' database says so in its name: nobody's data are ever created over or dropped."""
    if not name.endswith("_test"):
        raise ValueError(f"{name} does not end in _test")
    return name


def _command(url: str, command: str) -> None:
    """Run one command outside a transaction."""
    with _outside(url) as cursor:
        cursor.execute(command)


@contextmanager
def _outside(url: str) -> Iterator[Any]:
    """In a database that no test uses, of the same cluster."""
    home = make_url(url).set(database="gridcircle", drivername="postgresql")
    conn = psycopg2.connect(home.render_as_string(hide_password=False))
    try:
        conn.autocommit = True
        with conn.cursor() as cursor:
            yield cursor
    finally:
        conn.close()
