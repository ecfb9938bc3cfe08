"""Positions of teams: the last one and nothing else, never of the future, of the past, or of elsewhere."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import insert, select

from api.watch import watching
from geo.actions.cases.case_desk import Desk
from geo.actions.city.plan_access import Hand
from geo.actions.dispatch.forget_positions import forget_positions
from geo.actions.dispatch.report_position import report_position
from geo.compute.datums import to_wgs84
from geo.errors import Conflict, NotAllowed, NotFound, Refused
from geo.resources import Resource
from geo.rules.dispatch import dispatch_rule
from geo.rules.import_limits import import_limits
from geo.settings import Settings
from geo.store import lists, resources
from geo.store.database import Database
from geo.store.lists import Slice
from geo.store.tables import area, resource
from tests.db.test_compute_coverage import box
from tests.dispatch_towns import AT, Town
from tests.drawn_streets import lonlat_of
from tests.small_town import everything

MINUTE = timedelta(minutes=1)
LOOKS = 7
"""So often the service looks at its clock at least until it has looked for positions."""


@pytest.fixture
def town(db: Database) -> Town:
    """A team in the west half of a town of 2 km by 1 km."""
    town = Town(db)
    with town.db.write() as conn:
        for code, (west, east) in {"990101001001": (0, 1000), "990101001002": (1000, 2000)}.items():
            row = {"level": "community", "code": code, "name": code, "geom": box(west, 0, east, 1000)}
            conn.execute(insert(area).values(**row, source="town", source_key=code))
    town.add_team(500, 500, age=10 * MINUTE)
    return town


def place(x_m: float, y_m: float) -> tuple[float, float]:
    lon, lat = lonlat_of([(x_m, y_m)])[0]
    return float(lon), float(lat)


def report(town: Town, x_m: float, y_m: float, at: datetime = AT, area_id: int | None = None) -> Resource:
    return report_position(town.db, town.team[0], place(x_m, y_m), at, Hand(AT, area_id))


def known(town: Town) -> Resource:
    with town.db.read() as conn:
        return resources.live(conn)[0]


def test_the_last_position_is_written_over_and_nothing_else_changes(town: Town) -> None:
    before = everything(town.db)
    moved = report(town, 700, 600)
    assert (moved.point.x, moved.point.y) == pytest.approx(place(700, 600), abs=1e-7)
    assert moved.position_at == AT
    assert moved == known(town)
    after = everything(town.db)
    assert [name for name in before if before[name] != after[name]] == ["resource"]
    assert len(after["resource"]) == 1


def test_sent_again_it_changes_nothing(town: Town) -> None:
    first = report(town, 700, 600)
    before = everything(town.db)
    assert report(town, 700, 600) == first
    assert everything(town.db) == before


@pytest.mark.parametrize("age", [timedelta(0), MINUTE])
def test_an_older_one_and_another_of_the_same_time_are_refused(town: Town, age: timedelta) -> None:
    report(town, 700, 600)
    with pytest.raises(Conflict, match="newer position of 队0"):
        report(town, 800, 600, AT - age)
    assert known(town).position_at == AT
    assert known(town).point.x == pytest.approx(place(700, 600)[0], abs=1e-7)


def test_of_the_future_only_as_far_as_clocks_run_ahead(town: Town) -> None:
    ahead = timedelta(minutes=import_limits().future_slack_minutes)
    with pytest.raises(Refused, match="future"):
        report(town, 700, 600, AT + ahead + timedelta(seconds=1))
    assert report(town, 700, 600, AT + ahead).position_at == AT + ahead


def test_outside_of_the_town_or_unknown(town: Town) -> None:
    before = everything(town.db)
    lon, lat = place(700, 600)
    for wrong in ((lat, lon), (0.0, 0.0), (-170.0, -85.0)):
        with pytest.raises(Refused, match="outside"):
            report_position(town.db, town.team[0], wrong, AT, Hand(AT))
    with pytest.raises(NotFound):
        report_position(town.db, 10**9, (lon, lat), AT, Hand(AT))
    with pytest.raises(Refused, match="WGS-84"):
        report_position(town.db, town.team[0], (lon, lat), AT, Hand(AT), datum="WGS-72")
    assert everything(town.db) == before


def test_a_map_programs_own_datum_is_shifted_back(town: Town) -> None:
    lonlat = place(700, 600)
    moved = report_position(town.db, town.team[0], lonlat, AT, Hand(AT), datum="GCJ-02")
    lon, lat = to_wgs84(np.array([lonlat]), "GCJ-02")[0]
    assert (moved.point.x, moved.point.y) == pytest.approx((lon, lat), abs=1e-7)


def test_a_desk_moves_its_own_teams_within_its_own_area(town: Town) -> None:
    with town.db.read() as conn:
        west, east = conn.execute(select(area.c.id).order_by(area.c.code)).scalars()
    with pytest.raises(NotAllowed):
        report(town, 1500, 500, area_id=west)
    with pytest.raises(NotAllowed):
        report(town, 1500, 500, area_id=east)
    assert report(town, 900, 500, area_id=west).position_at == AT


def test_of_many_at_once_the_newest_stays(town: Town) -> None:
    def send(minute: int) -> bool:
        try:
            report(town, 500 + minute, 500, AT - minute * MINUTE)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(send, range(8)))
    assert taken[0]
    assert known(town).position_at == AT


def test_resources_that_are_gone_stay_where_they_were(town: Town) -> None:
    with town.db.write() as conn:
        conn.execute(resource.update().values(retired_at=AT))
    with pytest.raises(NotFound):
        report(town, 700, 600)


def test_after_a_day_it_is_erased_and_may_come_again(town: Town) -> None:
    last = AT - 10 * MINUTE + dispatch_rule().forgotten_after
    assert forget_positions(town.db, last) == 0
    assert known(town).position_at == AT - 10 * MINUTE
    assert forget_positions(town.db, last + MINUTE) == 1
    assert forget_positions(town.db, last + MINUTE) == 0
    with town.db.read() as conn:
        assert resources.live(conn) == []
        assert lists.resources(conn, None, None, Slice(10)) == (0, [])
        assert resources.get(conn, town.team[0]).point.is_empty
        west, east = conn.execute(select(area.c.id).order_by(area.c.code)).scalars()
    with pytest.raises(Conflict, match="newer position"):
        report(town, 700, 600, AT - 11 * MINUTE)
    with pytest.raises(NotAllowed):
        report(town, 700, 600, area_id=east)
    assert report(town, 700, 600, area_id=west) == known(town)


def test_the_service_forgets_by_itself(town: Town) -> None:
    """Its clock goes on by a quarter of an hour whenever it is looked at; what it has begun it ends."""
    asked, seen = list[int](), threading.Event()

    def clock() -> datetime:
        asked.append(1)
        if len(asked) == LOOKS:
            seen.set()
        return AT + dispatch_rule().forgotten_after + len(asked) * 15 * MINUTE

    with watching(town.db, Desk(Settings(escalation=False)), clock):
        assert seen.wait(30)
    with town.db.read() as conn:
        assert resources.live(conn) == []
