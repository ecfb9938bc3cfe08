"""Counts of incidents by square that are kept equal those that are made, whatever happens and whoever else writes."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, text, update

from geo.publication import rule
from geo.store.database import Database
from geo.store.incident_tables import incident
from geo.store.migrate import migrate
from geo.store.squares import fit_squares
from geo.store.tiles import Sight, TileAddress, data_version, tile
from tests.incident_squares import difference, tile_on_the_fly
from tests.web.test_tiles import address_of

CENTRE = (111.6, 41.0)
"""The width of squares changes at whole degrees of latitude."""
END = datetime(2026, 3, 1, tzinfo=UTC)
N_WORKERS = 4


def new_rows(rng: random.Random, n: int, mark: str) -> list[dict[str, Any]]:
    """Incidents of two years, thick in few squares; some have no place."""
    rows = []
    for number in range(n):
        lon, lat = (middle + rng.choice((-1, 1)) * rng.random() ** 3 * 0.02 for middle in CENTRE)
        place = None if rng.random() < 0.1 else f"SRID=4326;POINT({lon} {lat})"
        at = END - timedelta(minutes=rng.randrange(730 * 1440))
        rows.append(
            {"occurred_at": at, "category": "x", "geom": place, "source": "t", "source_key": f"{mark}-{number}"}
        )
    return rows


def some_change(conn: Connection, rng: random.Random, mark: str) -> None:
    """One statement: incidents come, are moved, dated anew, retired, taken back, deleted, or only worked on."""
    some = incident.c.source_key.like(f"{mark[:2]}%{rng.randrange(10)}")
    lon, lat = (middle + (rng.random() - 0.5) * 0.01 for middle in CENTRE)
    changes = (
        insert(incident).values(new_rows(rng, rng.randrange(1, 60), mark)),
        update(incident).where(some).values(geom=f"SRID=4326;POINT({lon} {lat})"),
        update(incident).where(some).values(geom=None),
        update(incident).where(some).values(occurred_at=incident.c.occurred_at - timedelta(days=20)),
        update(incident).where(some).values(retired_at=END),
        update(incident).where(some).values(retired_at=None),
        update(incident).where(some).values(version=incident.c.version + 1),
        delete(incident).where(some),
    )
    conn.execute(changes[0] if rng.random() < 0.4 else rng.choice(changes))


def history(db: Database, seed: int) -> None:
    """Transactions of one desk, some of them undone."""
    rng = random.Random(seed)
    for number in range(12):
        with db.engine.connect() as conn, conn.begin() as transaction:
            for part in range(rng.randrange(1, 4)):
                some_change(conn, rng, f"{seed}/{number}-{part}")
            if rng.random() < 0.2:
                transaction.rollback()


def same_tiles(conn: Connection) -> list[int]:
    """How many bytes the tiles about the centre have, the same both ways."""
    sizes = []
    for z in range(10, 18):
        address = TileAddress(z, *address_of(*CENTRE, z))
        found = tile(conn, ("incident",), address, Sight(), rule())
        assert found == tile_on_the_fly(conn, address, rule())
        sizes.append(len(found))
    return sizes


def test_kept_counts_are_those_that_counting_has_after_any_history_of_many_at_once(db: Database) -> None:
    with ThreadPoolExecutor(N_WORKERS) as workers:
        list(workers.map(lambda seed: history(db, seed), range(N_WORKERS)))
    with db.read() as conn:
        assert difference(conn, rule().cell_m) == set()
        assert same_tiles(conn)[0] > 100, "there must be squares for this to tell anything"


def test_whoever_counts_waits_for_nobody_and_the_next_one_tidies_up(db: Database) -> None:
    place = f"SRID=4326;POINT({CENTRE[0]} {CENTRE[1]})"

    def add(conn: Connection, key: str) -> None:
        values = {"occurred_at": END, "category": "x", "geom": place, "source": "t", "source_key": key}
        conn.execute(insert(incident).values(values))

    with db.write() as conn:
        add(conn, "first")
    with db.write() as slow:
        add(slow, "slow")
        with db.write() as quick:
            quick.execute(text("set local lock_timeout = '1s'"))
            add(quick, "quick")
        with db.read() as conn:
            assert conn.execute(text("select sum(n), count(*) from incident_square")).one() == (2, 2)
    with db.write() as conn:
        add(conn, "last")
        assert conn.execute(text("select sum(n), count(*) from incident_square")).one() == (4, 1)


def test_squares_of_another_width_are_counted_anew_once(db: Database) -> None:
    with db.write() as conn:
        conn.execute(insert(incident).values(new_rows(random.Random(5), 500, "5/")))
        fit_squares(conn, 500)
        assert difference(conn, 500) == set()
        conn.execute(insert(incident).values(new_rows(random.Random(6), 100, "6/")))
        assert difference(conn, 500) == set()
    migrate(db)
    with db.read() as conn:
        assert difference(conn, rule().cell_m) == set()
        before = data_version(conn)
    migrate(db)
    with db.read() as conn:
        assert data_version(conn) == before, "what fits is left as it is"


def test_what_the_public_keeps_is_asked_for_again_when_counts_change_and_not_with_every_step(db: Database) -> None:
    with db.write() as conn:
        conn.execute(insert(incident).values(new_rows(random.Random(7), 50, "7/")))
        first = data_version(conn)
        conn.execute(update(incident).values(version=2))
        assert data_version(conn) == first
        conn.execute(delete(incident))
        assert data_version(conn) != first
