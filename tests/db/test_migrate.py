"""Migrations and tables.py describe the same database, and two programs may start at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import geo.store
from geo.store.database import Database
from geo.store.migrate import _config, migrate
from geo.store.streets import load_graph
from geo.store.tables import metadata
from geo.streets import OPEN
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
    from pg_constraint where connamespace = 'public'::regnamespace and contype <> 't'
    union all
    select indexdef from pg_indexes where schemaname = 'public'
"""
"""What :func:`compare_metadata` passes over: checks, exclusions, conditions of indexes. Triggers stand in SQL alone."""


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


FIRST_STREETS = """
    insert into street_network (id, source, version, arrays_hash, extent)
    values (1, 'town', 1, 'of then', ST_MakeEnvelope(103, 40, 104, 41, 4326));
    insert into street_piece (network_id, piece, from_node, to_node, length_m, highway, is_walkable, component_m,
                              is_bridge, is_tunnel, geom)
    values (1, 0, 0, 1, 900, 'residential', true, 1000, false, false, 'SRID=4326;LINESTRING(103.2 40.4, 103.21 40.4)'),
           (1, 1, 1, 2, 100, 'steps', true, 1000, false, false, 'SRID=4326;LINESTRING(103.21 40.4, 103.21 40.401)'),
           (1, 2, 2, 3, 500, 'motorway', false, 0, false, false, 'SRID=4326;LINESTRING(103.21 40.401, 103.3 40.4)');
"""


def test_streets_of_the_first_schema_are_walked_as_before(cluster_url: str) -> None:
    url = create_database(cluster_url, "first_test")
    db = Database(url, size=1)
    try:
        config = _config()
        with db.write() as conn:
            config.attributes["connection"] = conn
            command.upgrade(config, "0001")
            conn.exec_driver_sql(FIRST_STREETS)
        migrate(db)
        with db.read() as conn:
            graph = load_graph(conn)
    finally:
        db.close()
        drop_database(cluster_url, "first_test")
    assert graph.length_m_of_piece.tolist() == [900, 100]
    np.testing.assert_array_equal(graph.access_of_piece, [[OPEN, 0, 0, 0, 0]] * 2)
    assert graph.is_steps_of_piece.tolist() == [False, True]
    assert graph.highway_of_piece == ("residential", "steps")
    assert graph.lonlat_of_node[graph.to_node_of_piece].tolist() == [[103.21, 40.4], [103.21, 40.401]]
