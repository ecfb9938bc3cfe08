"""Migrations and tables.py describe the same database, and two programs may start at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import geo.store
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.store.tables import metadata
from tests.databases import create_database, drop_database


def is_ours(_item: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Leave out what PostGIS and Alembic bring."""
    return kind != "table" or name not in {"spatial_ref_sys", "alembic_version"}


def test_migrated_database_equals_tables(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"include_object": is_ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


RULES = """
    select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select indexdef from pg_indexes where schemaname = 'public'
"""
"""What :func:`compare_metadata` passes over: checks, exclusions, the conditions of indexes."""


def test_rules_of_a_migrated_database_are_those_of_tables(db: Database, cluster_url: str) -> None:
    made = Database(create_database(cluster_url, "made_test"), size=1)
    try:
        with made.write() as conn:
            metadata.create_all(conn)
            wanted = set(conn.scalars(text(RULES)))
    finally:
        made.close()
        drop_database(cluster_url, "made_test")
    with db.read() as conn:
        found = {rule for rule in conn.scalars(text(RULES)) if "alembic_version" not in rule}
    assert found == wanted


def test_one_head() -> None:
    folder = Path(geo.store.__file__).parent / "migrations"
    assert len(ScriptDirectory(str(folder)).get_heads()) == 1


def test_migrating_again_changes_nothing(db: Database) -> None:
    with db.read() as conn:
        before = inspect(conn).get_table_names()
    migrate(db)
    with db.read() as conn:
        assert inspect(conn).get_table_names() == before


def test_two_programs_migrate_at_once(cluster_url: str) -> None:
    url = create_database(cluster_url, "twice_test")
    databases = [Database(url, size=1) for _ in range(2)]
    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(migrate, databases))
        with databases[0].read() as conn:
            assert set(metadata.tables) <= set(inspect(conn).get_table_names())
    finally:
        for db in databases:
            db.close()
        drop_database(cluster_url, "twice_test")
