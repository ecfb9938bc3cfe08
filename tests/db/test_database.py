"""Connections that are kept: they are given up when they have ended, and are as they were after a glance."""

from __future__ import annotations

import pytest
from psycopg2.errors import UndefinedColumn
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geo.errors import Busy, DatabaseAway
from geo.store.database import Database
from tests.databases import writes_until_now

ENDED = text(
    "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and usename = current_user"
)


def number(db: Database) -> int:
    with db.read() as conn:
        return int(conn.execute(text("select 1")).scalar_one())


def test_a_connection_that_has_ended_is_replaced(db: Database) -> None:
    other = Database(db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False), size=1)
    try:
        for ask in (lambda: number(db), lambda: db.glance("select %(n)s", {"n": 1})):
            number(db)
            with other.write() as conn:
                assert conn.execute(ENDED).scalar_one() > 0
            assert ask() in {1, (1,)}
    finally:
        other.close()


def half_done(db: Database) -> None:
    with db.write() as conn:
        conn.execute(text("create table half_done (id int)"))
        conn.execute(text("select no_such_thing"))


def test_after_a_glance_nothing_is_stored_before_the_end(db: Database) -> None:
    with pytest.raises(UndefinedColumn):
        db.glance("select no_such_thing", {})
    assert db.glance("select 1 where %(no)s", {"no": False}) is None
    with pytest.raises(ProgrammingError):
        half_done(db)
    assert db.glance("select to_regclass('half_done')", {}) == (None,)


def test_a_database_that_gives_something_up_is_not_away(db: Database) -> None:
    def given_up() -> None:
        with db.write() as conn:
            conn.execute(text("set local statement_timeout = 1"))
            conn.execute(text("select pg_sleep(10)"))

    def ended() -> None:
        with db.write() as conn:
            conn.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    for ask, kind, key in ((given_up, Busy, "database_busy"), (ended, DatabaseAway, "database_away")):
        with pytest.raises(kind) as refusal:
            ask()
        assert refusal.value.key == key
    assert number(db) == 1


def test_a_copy_is_untouched_until_somebody_writes(db: Database) -> None:
    """What a test may be handed on is never one that another has written to, even if it was taken back."""
    url = db.engine.url.render_as_string(hide_password=False)
    before = writes_until_now(url)
    with db.read() as conn:
        conn.execute(text("select count(*) from area"))
        assert writes_until_now(url) != before, "it goes on"
    assert writes_until_now(url) == before
    with db.write() as conn:
        conn.execute(text("create table of_a_test ()"))
        conn.rollback()
    assert writes_until_now(url) != before
