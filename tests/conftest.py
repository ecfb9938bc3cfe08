"""The real PostGIS that tests run against: one private cluster a session, a database as new for a test."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from geo.cluster.private import NAME, PrivateCluster
from geo.store.database import Database
from geo.store.migrate import migrate
from tests.databases import Stock, create_database, drop_database, stocked, writes_until_now

TEMPLATE = "template_test"
ROOM_BYTES = 4 << 30
_numbers = itertools.count(1)
_untouched: dict[str, str] = {}
"""URL of a copy that nobody has written to, by what it is a copy of: the next test may have it."""


def pytest_collection_finish() -> None:
    """What is imported by now stays: looking through it for rubbish again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: a worker often waits, for the browser or the database."""
    return -(-3 * len(os.sched_getaffinity(0)) // 2)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder with a short path; run as root, the database's account can enter it, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="gc-", dir=_in_memory()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def _in_memory() -> Path | None:
    """Where files never meet a disk, if all workers have room there: a database of six hundred files is copied in a
    fifth of the time.
    """
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    return memory if has_room else None


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A home for a private cluster."""
    with open_folder() as folder:
        yield folder


class _SmallCluster(PrivateCluster):
    """Tests' databases are copies: without thousands of reference systems that none asks for they are half as large."""

    def _first_words(self) -> str:
        trim = "delete from spatial_ref_sys where srid not in (3857, 4326)\nvacuum full spatial_ref_sys\n"
        return super()._first_words() + trim

    def _make(self) -> None:
        """Without a password: proving it took half the time of every connection (test_cluster.py asks for it)."""
        super()._make()
        (self.data / "pg_hba.conf").write_text(f"host all {NAME} 127.0.0.1/32 trust\n")


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """URL of a private PostGIS, which a crash would lose; gone at the end of the session."""
    with open_folder() as home:
        cluster = _SmallCluster(home, home, durable=False)
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
def db(request: pytest.FixtureRequest, template_url: str) -> Iterator[Database]:
    """A fresh, migrated database: a copy of the stock that the test asks for, or else empty."""
    stocks = [request.getfixturevalue(asked) for asked in request.fixturenames if asked.endswith("_stock")]
    assert len(stocks) <= 1, "a database is a copy of one"
    template = stocks[0].name if stocks else TEMPLATE
    url = _untouched.pop(template, None)
    if url is None:
        url = create_database(template_url, f"gc{os.getpid()}_{next(_numbers)}_test", template=template)
    written = writes_until_now(url)
    db = Database(url)
    yield db
    db.close()
    if writes_until_now(url) == written:
        _untouched[template] = url
    else:
        drop_database(template_url, make_url(url).database or "")


@pytest.fixture(scope="session")
def plan_town_stock(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    from tests.plan_towns import build_plan_town  # not for those who want no database

    folder = tmp_path_factory.mktemp("plan_town")
    with stocked(template_url, "plan_town", lambda db: build_plan_town(db, folder)) as stock:
        yield stock


@pytest.fixture
def plan_town(db: Database, plan_town_stock: Stock) -> Any:
    """The drawn community for plans (tests.plan_towns.PlanTown), in the test's database."""
    return plan_town_stock.made
