"""The real PostGIS that tests run against: one private cluster a session, one fresh database a test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geo.cluster.private import PrivateCluster
from geo.store.database import Database
from geo.store.migrate import migrate
from tests.databases import create_database, drop_database

TEMPLATE = "template_test"
_numbers = itertools.count(1)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder with a short path; run as root, the database's account can enter it, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="gc-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A home for a private cluster."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """URL of a private PostGIS, which a crash would lose; gone at the end of the session."""
    with open_folder() as home:
        cluster = PrivateCluster(home, home, durable=False)
        try:
            yield cluster.start()
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def template_url(cluster_url: str) -> str:
    """URL of an empty, migrated database that every test's database is copied from."""
    url = create_database(cluster_url, TEMPLATE)
    db = Database(url, size=1)
    migrate(db)
    db.close()
    return url


@pytest.fixture
def db(template_url: str) -> Iterator[Database]:
    """A fresh, migrated database."""
    name = f"gc{os.getpid()}_{next(_numbers)}_test"
    db = Database(create_database(template_url, name, template=TEMPLATE))
    yield db
    db.close()
    drop_database(template_url, name)
