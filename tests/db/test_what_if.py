"""A what-if says what really comes of it: the change is made in the database, and everything computed anew."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from shapely.geometry import Point
from sqlalchemy import text

from geo.actions.city.engine import Base, Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.load_demo import load_demo
from geo.actions.reach.what_if import what_if
from geo.actions.stations.add_station import add_station
from geo.actions.stations.close_station import close_station
from geo.actions.stations.edit_station import edit_station
from geo.changes import AddGate, AddStation, AddStreet, Change, ChangeHours, CloseStation, CutStreet, MoveStation
from geo.errors import NotFound, Refused
from geo.store.database import Database
from geo.units import NONE
from geo.what_if import WhatIf, WhatIfWish

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
POCKET = (103.21, 40.392)
"""In the corner of Qinghe that no station reaches."""
KEY = UUID("6f0f3a52-6f6e-4d59-9d2c-7e2a3b1c4d5e")


@pytest.fixture
def city(db: Database) -> tuple[Database, Engine]:
    load_demo(db, BOUNDARIES, AT)
    return db, Engine(db, StreetCache(db))


def ask(city: tuple[Database, Engine], *changes: Change, **more: Any) -> WhatIf:
    wish = {"mode": "planning", "surface": "dry", "minutes": 15, "at": AT, **more}
    return what_if(*city, WhatIfWish(changes=changes, **wish))


def base_of(city: tuple[Database, Engine]) -> Base:
    return city[1].base("planning", "dry", 15, AT)


def covered(base: Base) -> np.ndarray:
    return np.diff(base.of_homes.start_of_home) > 0


def covered_of_grid(base: Base) -> dict[str, float]:
    inside = covered(base) & (base.grid_of_home != NONE)
    sums = np.bincount(base.grid_of_home[inside], weights=base.homes.residents[inside], minlength=len(base.grids))
    return {grid.code: float(sum_) for grid, sum_ in zip(base.grids, sums, strict=True)}


def counts(db: Database) -> list[tuple[Any, ...]]:
    tables = ("station", "station_before", "street_piece", "coverage_run", "home", "import_batch")
    with db.read() as conn:
        return [tuple(conn.execute(text(f"select count(*) from {table}")).one()) for table in tables]


def test_stations_closed_moved_and_added_are_foretold(city: tuple[Database, Engine]) -> None:
    db, _ = city
    before = base_of(city)
    closed, moved = (station for station in before.stations if station.id in {5, 12})
    told = ask(city, CloseStation(closed.id), MoveStation(moved.id, (103.206, 40.392)), AddStation(POCKET, "new"))
    close_station(db, closed.id, closed.version, AT)
    edit_station(db, moved.id, {"geom": Point(103.206, 40.392), "entrance": None}, moved.version, AT)
    values = {"name": "new", "kind": closed.kind, "geom": Point(*POCKET), "services": []}
    add_station(db, values, KEY, AT)
    after = base_of(city)

    residents = before.homes.residents
    assert told.before.residents == pytest.approx(residents[covered(before)].sum())
    assert told.after.residents == pytest.approx(residents[covered(after)].sum())
    assert told.gained.residents == pytest.approx(residents[covered(after) & ~covered(before)].sum())
    assert told.lost.residents == pytest.approx(residents[covered(before) & ~covered(after)].sum())
    was, now = covered_of_grid(before), covered_of_grid(after)
    gain = {code: now[code] - was[code] for code in was}
    assert {grid.code: grid.covered_after - grid.covered_before for grid in told.grids} == pytest.approx(
        {code: change for code, change in gain.items() if change} | {g.code: gain[g.code] for g in told.grids}
    )
    reached = {s.id: residents[after.pairs.home_of_pair[a:b]].sum() for s, a, b in rows(after)}
    reached[None] = reached.pop(max(reached))
    for station in told.stations:
        assert station.residents_after == pytest.approx(reached.get(station.station_id, 0.0))


def rows(base: Base) -> list[tuple[Any, int, int]]:
    start = base.pairs.start_of_station.tolist()
    return list(zip(base.stations, start[:-1], start[1:], strict=True))


def test_nothing_is_stored_names_add_up_and_areas_count_their_own(city: tuple[Database, Engine]) -> None:
    kept = counts(city[0])
    first = ask(city, CloseStation(5), AddStreet((POCKET, (103.205, 40.4))), CutStreet((103.205, 40.4)))
    assert counts(city[0]) == kept
    again = ask(city, CloseStation(5), AddStreet((POCKET, (103.205, 40.4))), CutStreet((103.205, 40.4)))
    assert again == first
    assert ask(city, ChangeHours(5, "24/7")).after == ask(city, ChangeHours(5, "24/7")).before

    told = ask(city, AddStation(POCKET))
    assert told.gained.residents > 0
    assert sum(place.residents for place in told.winners) == pytest.approx(told.gained.residents)
    assert all(place.name and place.minutes_before is None for place in told.winners)
    assert told.losers == []
    assert sum(grid.gained for grid in told.grids) == pytest.approx(told.gained.residents)


def test_hours_are_worth_person_hours(city: tuple[Database, Engine]) -> None:
    night = datetime(2026, 11, 2, 20, 0, tzinfo=UTC)  # four in the morning there
    station = base_of(city).stations[0]
    told = ask(city, ChangeHours(station.id, "24/7"), open_only=True, at=night)
    alone = next(row for row in rows(base_of(city)) if row[0].id == station.id)
    reach = base_of(city).homes.residents[base_of(city).pairs.home_of_pair[alone[1] : alone[2]]].sum()
    assert told.before.residents < told.after.residents <= told.before.residents + reach
    assert told.week is not None
    assert told.week.gained_person_hours > 0
    assert told.week.lost_person_hours == 0

    with city[0].read() as conn:
        community, residents = conn.execute(
            text(
                "select a.id, sum(h.residents) from area a join home h on st_intersects(a.geom, h.start)"
                " where a.level = 'community' group by a.id order by a.id limit 1"
            )
        ).one()
    told = ask(city, CloseStation(5), area_id=community)
    assert told.everybody.residents == pytest.approx(residents)
    assert told.before.residents <= residents


REFUSED: list[tuple[list[Change], type[Exception], str]] = [
    ([CloseStation(999)], NotFound, "what_if_station_unknown"),
    ([AddStation((500.0, 40.0))], Refused, "what_if_place_bad"),
    ([AddStation((float("nan"), 40.0))], Refused, "what_if_place_bad"),
    ([AddStreet(((103.2, 40.4),))], Refused, "what_if_way_short"),
    ([AddStreet(((103.2, 40.4), (103.21, 40.4)), highway="motorway")], Refused, "what_if_way_closed"),
    ([CutStreet((104.0, 41.0))], Refused, "what_if_no_street_to_cut"),
    ([AddGate((104.0, 41.0))], Refused, "what_if_no_wall"),
    ([ChangeHours(5, "whenever")], Refused, "hours_unreadable"),
    ([], Refused, "what_if_nothing"),
    ([CloseStation(5), CloseStation(5)], Refused, "what_if_station_twice"),
    ([CloseStation(5), MoveStation(5, POCKET)], Refused, "what_if_station_twice"),
]


def test_what_cannot_be_meant_is_refused(city: tuple[Database, Engine]) -> None:
    for changes, error, key in REFUSED:
        with pytest.raises(error) as caught:
            ask(city, *changes)
        assert caught.value.key == key  # type: ignore[attr-defined]
