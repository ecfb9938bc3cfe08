"""The nearest stations of any place, with the streets kept in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from geo.actions.city.street_cache import StreetCache
from geo.actions.reach.find_nearest import find_nearest
from geo.compute.streets.network import build_network
from geo.errors import NotFound, Refused, StreetsMissing
from geo.store import stations
from geo.store.database import Database
from geo.store.streets import save_network
from tests.db.test_compute_coverage import AT, add_station, add_streets
from tests.drawn_streets import NO_LANDS, barriers_of, lines_of, lonlat_of


@pytest.fixture
def town(db: Database) -> Database:
    with db.write() as conn:
        add_streets(conn)
        for x, y in ((0, 0), (2000, 50), (0, 900), (2500, 2500)):
            add_station(conn, x, y)
    return db


def told(db: Database, cache: StreetCache, x: float, y: float, **wish: object) -> list[tuple[int, int, float, float]]:
    with db.read() as conn:
        live = stations.live(conn)
    first = live[0].id
    found = find_nearest(cache, live, tuple(lonlat_of([(x, y)])[0]), **wish)
    return [(walk.station_id - first, walk.travel_ds, round(walk.walk_m, 1), round(walk.air_m, 1)) for walk in found]


def test_nearest_on_foot_first(town: Database) -> None:
    cache = StreetCache(town)
    assert told(town, cache, 800, 100) == [
        (0, 900 * 9, 900, 806.2),
        (1, 1350 * 9, 1350, 1201.0),
        (2, 1800 * 9, 1800, 1131.4),
    ]
    assert told(town, cache, 800, 100, k=1) == [(0, 8100, 900, 806.2)]
    assert told(town, cache, 800, 100, limit_minutes=15) == [(0, 8100, 900, 806.2)]
    assert told(town, cache, 800, 100, mode="elderly_75", k=1) == [(0, 12_000, 900, 806.2)]


def test_equally_near_ones_by_number(town: Database) -> None:
    with town.write() as conn:
        add_station(conn, 0, 0)
    assert [walk[0] for walk in told(town, StreetCache(town), 100, 0, k=2)] == [0, 4]


def test_off_the_streets_nothing_is_near(town: Database) -> None:
    assert told(town, StreetCache(town), 9000, 9000) == []


def test_a_new_station_is_seen_at_once(town: Database) -> None:
    cache = StreetCache(town)
    assert told(town, cache, 800, 100, k=1)[0][0] == 0
    with town.write() as conn:
        add_station(conn, 800, 0)
    assert told(town, cache, 800, 100, k=1) == [(4, 900, 100, 100)]


def test_streets_are_read_once_per_version(town: Database) -> None:
    cache = StreetCache(town)
    first = cache.live()
    assert cache.live() is first
    network = build_network(lines_of({"way": [(0, 0), (3000, 0)]}))
    with town.write() as conn:
        given = {"source": "town", "network_date": None, "import_id": None, "at": AT}
        save_network(conn, network, barriers_of(("wall", [(0, 20), (3000, 20)], True)), NO_LANDS, **given)
    assert cache.live() is not first
    assert told(town, cache, 800, 100) == [], "the wall is in the way now"


def test_threads_share_one_reading(town: Database) -> None:
    cache = StreetCache(town)
    with ThreadPoolExecutor(8) as pool:
        laid = list(pool.map(lambda _: cache.live(), range(16)))
        answers = list(pool.map(lambda _: told(town, cache, 800, 100), range(16)))
    assert len({id(one) for one in laid}) == 1
    assert all(answer == answers[0] for answer in answers)


def test_it_refuses_what_it_cannot_do(town: Database, db: Database) -> None:
    cache = StreetCache(town)
    with pytest.raises(NotFound):
        told(town, cache, 0, 0, mode="hurried")
    for limit in (0, 61):
        with pytest.raises(Refused):
            told(town, cache, 0, 0, limit_minutes=limit)


def test_without_streets_it_says_so(db: Database) -> None:
    with pytest.raises(StreetsMissing):
        StreetCache(db).live()
