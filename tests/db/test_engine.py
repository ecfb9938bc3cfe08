"""What is kept in memory: the same answers as the stored run, read once, and anew after any change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import update

from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.reach.compute_coverage import compute_coverage
from geo.compute.reach.pairs import is_covered
from geo.errors import NotFound, Refused, StreetsMissing
from geo.store.database import Database
from geo.store.tables import home, plan, station
from tests.db.test_compute_coverage import AT, LATER, add_home, add_station, add_streets, fill_town


@pytest.fixture
def town(db: Database) -> Database:
    fill_town(db)
    return db


def engine_of(db: Database) -> Engine:
    return Engine(db, StreetCache(db))


def test_it_knows_what_the_stored_run_knows(town: Database) -> None:
    run = compute_coverage(town, at=AT)
    base = engine_of(town).base("planning", "dry", 15, AT)
    everywhere = np.ones(len(base.stations), dtype=np.bool_)
    covered = is_covered(base.of_homes, everywhere, base.cutoff_ds)
    assert base.homes.residents[covered].sum() == run.report["residents"]["covered"]
    assert [station.kind for station in base.stations] == ["party_mass_centre"], "only those that serve residents"
    assert base.provenance.inputs_hash == run.inputs_hash
    assert (base.provenance.mode, base.provenance.minutes) == ("planning", 15)
    assert base.grid_of_home.tolist() == [0, 1, -1, -1, -1]
    assert [len(array) for array in (base.doors.start_of_point, base.home_stops.start_of_point)] == [2, 6]


def test_it_is_read_once_and_anew_after_any_change(town: Database) -> None:
    engine = engine_of(town)
    with ThreadPoolExecutor(4) as pool:
        bases = list(pool.map(lambda _: engine.base("planning", "dry", 15, AT), range(8)))
    assert len({id(base) for base in bases}) == 1
    first = bases[0]
    slow = engine.base("elderly_75", "dry", 15, AT)
    assert slow.city is first.city, "another mode needs no second reading"
    assert engine.base("planning", "dry", 15, AT) is first
    for change in (
        update(station).values(updated_at=LATER),
        update(plan).values(version=plan.c.version + 1),
    ):
        with town.write() as conn:
            conn.execute(change)
        assert engine.base("planning", "dry", 15, AT) is not first
        first = engine.base("planning", "dry", 15, AT)
    with town.write() as conn:
        add_station(conn, 500, 0)
    assert len(engine.base("planning", "dry", 15, AT).stations) == 2


def test_on_foot_there_and_back_is_one(town: Database) -> None:
    engine = engine_of(town)
    there, back = (engine.base("planning", "dry", 20, AT, direction) for direction in ("to", "from"))
    for one, other in zip(there.pairs, back.pairs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_refuses_what_it_cannot_do(town: Database) -> None:
    engine = engine_of(town)
    with pytest.raises(NotFound, match="hurried"):
        engine.base("hurried", "dry", 15, AT)
    with pytest.raises(NotFound, match="lava"):
        engine.base("planning", "lava", 15, AT)
    with pytest.raises(Refused):
        engine.base("planning", "dry", 61, AT)


def test_without_streets_homes_or_stations(db: Database) -> None:
    engine = engine_of(db)
    with pytest.raises(StreetsMissing):
        engine.base("planning", "dry", 15, AT)
    with db.write() as conn:
        add_streets(conn)
    assert len(engine.base("planning", "dry", 15, AT).pairs.ds_of_pair) == 0
    with db.write() as conn:
        add_home(conn, "at the cutoff")
        conn.execute(update(home).values(retired_at=None))
    assert len(engine.base("planning", "dry", 15, AT).homes) == 1
