"""Bring a database to the newest schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from geo.errors import Conflict, MissingPiece
from geo.publication import rule
from geo.store.database import Database
from geo.store.squares import fit_squares

LOCK = 7_246_391_905
"""Advisory lock held while migrating: two programs that start at once migrate one after the other."""

EXTENSIONS = ("postgis", "btree_gist")


def migrate(db: Database) -> None:
    """Apply all migrations that are missing and count incidents in squares as publication.toml has them.

    All in one transaction.

    Raises
    ------
    DatabaseAway
        If the database does not answer.
    MissingPiece
        If it has no PostGIS and we cannot give it one.
    Conflict
        If a newer version of this program has migrated it.
    """
    config = _config()
    with db.write() as conn:
        conn.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _require_extensions(conn)
        config.attributes["connection"] = conn
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Conflict("schema_newer") from error
        fit_squares(conn, rule().cell_m)


def _require_extensions(conn: Connection) -> None:
    """See that the extensions are there or that we may create them; PostGIS itself is for a superuser to create."""
    query = text(
        "select name from pg_available_extensions where name = any(:names) and"
        " (installed_version is not null or (select rolsuper from pg_roles where rolname = current_user))"
    )
    there = set(conn.scalars(query, {"names": list(EXTENSIONS)}))
    lacking = [name for name in EXTENSIONS if name not in there]
    if lacking:
        raise MissingPiece("database_lacks_extension", name=lacking[0])


def revisions(conn: Connection) -> tuple[str | None, str | None]:
    """The revision a database has (None: none yet) and the newest one there is."""
    return MigrationContext.configure(conn).get_current_revision(), _head()


@cache
def _head() -> str | None:
    """Read once: every migration's file is looked into for it."""
    head: str | None = ScriptDirectory.from_config(_config()).get_current_head()
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
