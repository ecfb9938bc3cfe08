"""What is left while stations are full: one street of 6 km, a minute's walk is 67 m, 15 minutes reach 1,000 m."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.cover_left import cover_left
from geo.cover_left import CoverLeft, KindLeft
from geo.errors import StreetsMissing
from geo.rules.dispatch import dispatch_rule
from geo.store.database import Database
from geo.store.tables import area, grid, home, plan, plan_grid
from tests.db.test_compute_coverage import box
from tests.dispatch_towns import AT, STREET, Town, at, point

HOMES = {0: 10.0, 1400: 4.0, 3500: 5.0, 5500: 7.0}
"""Where people live, and how many: the first two are near the western station alone, the third near the eastern."""

KIND = "party_mass_centre"


@pytest.fixture
def town(db: Database) -> Town:
    """Stations at 500 m and 3,500 m; a subdistrict on each side of 3,000 m; in the west a community of one grid."""
    town = Town(db).streets(*STREET)
    with db.write() as conn:
        for x_m, residents in HOMES.items():
            row = {"kind": "building", "geom": point(x_m, 0), "start": point(x_m, 0), "residents": residents}
            conn.execute(insert(home).values(source="town", source_key=str(x_m), **row))
        for level, code, west, east in (
            ("subdistrict", "990101001000", -100, 3000),
            ("subdistrict", "990101002000", 3000, 6100),
            ("community", "990101001001", -100, 3000),
        ):
            row = {"level": level, "code": code, "name": code, "geom": box(west, -100, east, 100)}
            made = conn.execute(insert(area).values(**row, source="town", source_key=code).returning(area.c.id))
            community = made.scalar_one()
        begun = {"state": "published", "effective_from": AT - timedelta(days=1), "created_at": AT}
        plan_id = conn.execute(insert(plan).values(community_id=community, **begun).returning(plan.c.id)).scalar_one()
        grid_id = conn.execute(insert(grid).values(community_id=community).returning(grid.c.id)).scalar_one()
        row = {"code": "990101001001001", "name": "西一格", "kind": "basic", "geom": box(-100, -100, 1300, 100)}
        conn.execute(insert(plan_grid).values(plan_id=plan_id, grid_id=grid_id, **row))
    town.add_station(500, capacity=1)
    town.add_station(3500)
    return town


def left(town: Town, area_id: int | None = None, moment: object = AT) -> CoverLeft:
    return cover_left(town.db, Engine(town.db, StreetCache(town.db)), town.cache, moment, area_id)  # type: ignore[arg-type]


def of_kind(found: CoverLeft, kind: str = KIND) -> KindLeft:
    return next(one for one in found.kinds if one.kind == kind)


def test_nobody_is_busy(town: Town) -> None:
    found = of_kind(left(town))
    assert (found.present, found.free, found.residents_present, found.residents_free) == (2, 2, 19, 19)
    assert (found.kept_share, found.is_short, found.thin, found.without, found.move_up) == (1, False, [], [], None)


def test_a_full_station_leaves_its_people_without_and_another_moves_up(town: Town) -> None:
    town.add_station(5500)
    town.busy(town.station[0], 1)
    found = of_kind(left(town))
    assert (found.present, found.free, found.residents_present, found.residents_free) == (3, 2, 26, 12)
    assert found.kept_share == pytest.approx(12 / 26)
    assert found.is_short
    assert [(grid.name, grid.residents) for grid in found.without] == [("西一格", 10)], "others live in no grid"
    assert [(thin.name, thin.present, thin.free, thin.minimum) for thin in found.thin] == [("990101001000", 1, 0, 1)]
    assert found.move_up is not None
    assert (found.move_up.helper.id, found.move_up.station.id) == (town.station[1], town.station[0])
    assert found.move_up.residents == 14 - 5


def test_nobody_moves_up_who_is_needed_where_they_are(town: Town) -> None:
    town.busy(town.station[0], 1)
    found = of_kind(left(town))
    assert found.is_short
    assert found.move_up is None, "the east would be left without any"


def test_a_token_of_an_area_moves_its_own_alone_and_not_at_the_cost_of_others(town: Town) -> None:
    with town.db.read() as conn:
        ids = {row.code: row.id for row in conn.execute(area.select())}
    town.busy(town.station[0], 1)
    west = town.add_station(2700)
    town.add_station(5500)
    assert of_kind(left(town)).move_up is not None, "two of three are free in the east"
    own = of_kind(left(town, ids["990101001000"])).move_up
    assert own is not None
    assert (own.helper.id, own.residents) == (west, 14), "not one of the neighbours', though they lose nobody of ours"
    town.change(town.station[1], capacity=0)
    assert of_kind(left(town, ids["990101001000"])).move_up is None, "whoever lives at 3,500 m would be without"


def test_with_everybody_busy_nobody_can_move(town: Town) -> None:
    town.change(town.station[1], capacity=0)
    town.busy(town.station[0], 1)
    found = of_kind(left(town))
    assert (found.free, found.residents_free, found.kept_share, found.move_up) == (0, 0, 0, None)
    assert len(found.thin) == 2


def test_what_is_closed_is_neither_there_nor_missed(town: Town) -> None:
    town.change(town.station[0], opening_hours="Mo-Fr 08:00-12:00")
    open_then = of_kind(left(town))
    closed_then = of_kind(left(town, moment=at(12)))
    assert (open_then.present, closed_then.present) == (2, 1)
    assert (closed_then.residents_present, closed_then.residents_free, closed_then.is_short) == (5, 5, False)


def test_teams_cover_from_where_they_were_last_seen(town: Town) -> None:
    town.add_team(5000)
    town.add_team(500, age=dispatch_rule().lost_after + timedelta(seconds=1))
    found = of_kind(left(town), "patrol")
    assert (found.family, found.present, found.free) == ("resource", 1, 1)
    assert (found.residents_present, found.residents_free) == (7, 7)
    town.send(town.add_case(5999), None, team=town.team[0])
    sent = of_kind(left(town), "patrol")
    assert (sent.present, sent.free, sent.residents_present, sent.residents_free) == (1, 0, 7, 0)


def test_a_token_of_an_area_counts_its_people_and_subdistricts_alone(town: Town) -> None:
    town.busy(town.station[0], 1)
    with town.db.read() as conn:
        ids = {row.code: row.id for row in conn.execute(area.select())}
    west, east = of_kind(left(town, ids["990101001000"])), of_kind(left(town, ids["990101002000"]))
    assert (west.residents_present, west.residents_free, len(west.thin)) == (14, 0, 1)
    assert (east.residents_present, east.residents_free, len(east.thin)) == (5, 5, 0)


def test_stations_for_workers_cover_no_homes(town: Town) -> None:
    town.add_station(5500, kind="energy_station")
    assert [one.kind for one in left(town).kinds] == [KIND]


def test_without_streets_it_says_so(db: Database) -> None:
    with pytest.raises(StreetsMissing):
        left(Town(db))
