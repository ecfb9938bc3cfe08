"""The large fictional city in a database of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from geo.actions.load_demo import load_demo
from geo.demo.city import DEFAULT_SEED, build_city
from geo.demo.large import large_plan
from geo.demo.write import write_city
from geo.store.database import Database
from geo.store.migrate import migrate
from tests.bench.peers_postgis import cluster_url
from tests.databases import create_database

GRAPH = "demo city, 2,814 grids"
AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


@contextmanager
def large_city(name: str) -> Iterator[Database]:
    """The city with all that it has, in the database ``name``."""
    db = Database(create_database(cluster_url(), name), size=2)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rng = np.random.default_rng(DEFAULT_SEED)
            write_city(build_city(large_plan(rng), rng), Path(folder))
            migrate(db)
            load_demo(db, Path(folder), AT)
        yield db
    finally:
        db.close()
