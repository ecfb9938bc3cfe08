"""Who is nearest, open and able: drawn towns with round numbers, and brute force over everybody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, text, update

from geo.actions.city.street_cache import Laid, StreetCache
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.dispatch.rank_helpers import Ranking
from geo.actions.imports.import_resources import import_resources
from geo.actions.imports.undo_import import undo_import
from geo.actions.stations.edit_station import edit_station
from geo.errors import BadMove, DatabaseAway, NotAllowed, NotFound, Refused
from geo.hours import state
from geo.imports.options import ImportOptions
from geo.rules.dispatch import dispatch_rule
from geo.store.database import Database
from geo.store.streets import load_graph
from geo.store.tables import area, resource
from tests.db.test_compute_coverage import box
from tests.dispatch_towns import AT, ROUND, STREET, Town, at
from tests.drawn_streets import lonlat_of
from tests.small_town import write_csv
from tests.towns import DS_PER_M, SecondOpinion, block_town
from tests.trips import way

HERE = 1000
"""Where the case is, metres along the street."""


@pytest.fixture
def town(db: Database) -> Town:
    return Town(db).streets(*STREET)


@pytest.fixture
def case(town: Town) -> int:
    return town.add_case(HERE)


def keys(found: Ranking, place: int = 0) -> list[str]:
    return [reason.key for reason in found.helpers[place].reasons]


def test_the_nearest_first_with_minutes_and_metres(town: Town, case: int) -> None:
    for x_m in (3000, 1300, 0, 4000):
        town.add_station(x_m)
    found = town.rank(case)
    assert [one.helper.id for one in found.helpers] == [town.station[i] for i in (1, 2, 0)]
    assert [one.travel_ds for one in found.helpers] == [2700, 9000, 18_000]
    assert [round(one.way_m or 0, 1) for one in found.helpers] == [300, 1000, 2000]
    assert [round(one.air_m, 1) for one in found.helpers] == [300, 1000, 2000]
    assert (found.set_aside, found.n_set_aside, found.degraded, found.service) == ([], 0, None, None)
    assert (found.provenance.method, found.provenance.mode, found.provenance.minutes) == ("reach-2", "planning", 60)
    assert town.told(case, k=1) == [("站1", 2700)]


@pytest.mark.parametrize("stage", ["withdrawn", "evaluated"])
def test_nobody_is_sent_to_what_has_ended(town: Town, db: Database, case: int, stage: str) -> None:
    town.add_station(1300)
    for told in ("closed", stage):  # what is closed may be opened again
        with db.write() as conn:
            conn.execute(text("update incident set stage = :told, state = 'closed'"), {"told": told})
        if told == "closed":
            assert len(town.rank(case).helpers) == 1
    with pytest.raises(BadMove, match="has ended"):
        town.rank(case)


def test_as_far_as_the_minutes_themselves(town: Town, case: int) -> None:
    town.add_station(2000)
    assert town.told(case, minutes=15) == [("站0", 9000)]
    assert town.told(case, minutes=14.99) == []
    assert town.set_aside(case, minutes=14.99) == [("站0", "helper_beyond")]


def test_one_ways_count_from_the_helper_or_to_it(db: Database) -> None:
    town = Town(db).streets(*ROUND)
    case = town.add_case(1500)
    town.add_station(500)
    town.add_station(2500)
    metres = 500 + 1000 + 3000 + 1000 + 1500
    for direction, order in (("from", [0, 1]), ("to", [1, 0])):
        found = town.rank(case, mode="car", direction=direction)
        assert [one.helper.id for one in found.helpers] == [town.station[i] for i in order]
        assert [one.travel_ds for one in found.helpers] == [2000, 2 * metres]
        assert [round(one.way_m or 0) for one in found.helpers] == [1000, metres]
    assert [ds for _, ds in town.told(case)] == [9000, 9000], "walkers go both ways"


def test_the_way_is_told_in_the_direction_of_the_trip(db: Database) -> None:
    town = Town(db).streets(*ROUND)
    case = town.add_case(1500)
    town.add_station(2500)
    for direction in ("from", "to"):
        found = town.rank(case, mode="car", path=True, direction=direction)
        way = found.helpers[0].way
        assert way is not None
        assert way.seconds * 10 == found.helpers[0].travel_ds
        ends = [found.helpers[0].helper.lonlat, found.lonlat][:: 1 if direction == "from" else -1]
        np.testing.assert_allclose([way.line.coords[0], way.line.coords[-1]], ends, atol=1e-7)
    assert town.rank(case, mode="car").helpers[0].way is None


def test_equally_near_ones_by_id_and_stations_before_teams(town: Town, case: int) -> None:
    town.add_team(HERE + 500)
    for x_m in (HERE + 500, HERE - 500, HERE + 500):
        town.add_station(x_m)
    names = [name for name, _ in town.told(case, k=4)]
    assert names == ["站0", "站1", "站2", "队0"]
    assert [name for name, _ in town.told(case, k=2)] == ["站0", "站1"]


def test_only_who_offers_what_is_needed(town: Town) -> None:
    case = town.add_case(HERE, item="0101", catalogue_version="seed-1")
    town.add_station(1100, services=["调解"])
    town.add_station(1200, services=["调解", "垃圾清运"])
    town.add_team(1300, services=["垃圾清运"])
    found = town.rank(case, k=2)
    assert found.service == "垃圾清运"
    assert [one.helper.name for one in found.helpers] == ["站1", "队0"]
    assert keys(found)[0] == "helper_offers"
    assert [(one.helper.name, one.reason.key) for one in found.set_aside] == [("站0", "helper_unfit")]
    assert "垃圾清运" in found.set_aside[0].reason.in_language("zh")
    assert [name for name, _ in town.told(case, service="调解")] == ["站0", "站1"]
    assert town.told(case, service="'; drop table station; --") == []


def test_closed_at_lunch_to_the_minute(town: Town, case: int) -> None:
    town.add_station(1100, opening_hours="Mo-Fr 08:00-12:00,14:00-18:00")
    town.add_station(1200, opening_hours="24/7")
    for moment, first in ((at(11, 59), "站0"), (at(12), "站1"), (at(13, 59), "站1"), (at(14), "站0"), (at(18), "站1")):
        assert town.told(case, at=moment)[0][0] == first, moment
    noon = town.rank(case, at=at(12, 30))
    assert noon.set_aside[0].reason.in_language("en") == "closed until 2026-11-20 14:00"
    assert keys(town.rank(case, at=at(11, 59)))[0] == "helper_open_until"
    assert keys(noon)[0] == "helper_open"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(10, day=(2025, 9, 30)), True),  # a Tuesday
        (at(10, day=(2025, 10, 1)), False),  # National Day, a Wednesday
        (at(10, day=(2025, 10, 8)), False),  # still off, a Wednesday
        (at(10, day=(2025, 10, 11)), True),  # a Saturday that is worked instead
        (at(10, day=(2025, 10, 18)), False),  # an ordinary Saturday
    ],
)
def test_days_off_and_days_worked_instead(town: Town, case: int, moment: Any, is_open: bool) -> None:
    town.add_station(1100, opening_hours="Mo-Fr 08:00-18:00")
    assert bool(town.told(case, at=moment)) is is_open
    assert bool(town.set_aside(case, at=moment)) is not is_open


def test_hours_that_are_not_known_are_said_and_speak_against_nobody(town: Town, case: int) -> None:
    town.add_station(1100, opening_hours=None)
    town.add_station(1200, opening_hours="whenever we like")
    found = town.rank(case)
    assert [one.helper.name for one in found.helpers] == ["站0", "站1"]
    assert keys(found, 0)[0] == keys(found, 1)[0] == "helper_hours_unknown"
    assert found.set_aside == []


def test_a_full_station_until_a_case_is_handled(town: Town, case: int) -> None:
    near = town.add_station(1100, capacity=2, opening_hours="24/7")
    town.add_station(1500, opening_hours="24/7")
    assert keys(town.rank(case))[1] == "helper_has_room"
    first, _ = town.busy(near, 2)
    found = town.rank(case, k=1)
    assert [one.helper.name for one in found.helpers] == ["站1"]
    assert found.set_aside[0].reason.in_language("en") == "full: 2 of 2 places are taken"
    town.send(first, near, stage="handled")
    assert town.told(case, k=1)[0][0] == "站0"


def test_the_case_itself_takes_no_room_from_the_station_that_is_on_it(town: Town, case: int) -> None:
    near = town.add_station(1100, capacity=1)
    town.send(case, near)
    assert town.told(case) == [("站0", 900)]
    assert town.set_aside(town.add_case(HERE)) == [("站0", "helper_full")]


def test_a_team_is_full_while_it_is_on_another_case(town: Town, case: int) -> None:
    team = town.add_team(1100)
    town.add_station(1500)
    other = town.add_case(2500)
    town.send(other, None, team=team)
    assert town.told(case) == [("站0", 4500)]
    assert town.set_aside(case) == [("队0", "helper_full")]
    assert town.told(other)[-1][0] == "队0", "the case itself takes no room"
    for stage in ("handled", "dispatched", "returned"):
        town.send(other, None, stage, team)
        assert (town.told(case, k=1) == [("队0", 900)]) == (stage != "dispatched"), stage
    town.send(town.add_case(5999), town.station[0])
    assert town.told(case, k=1) == [("队0", 900)], "a station and a team of one id are not each other"


def test_room_for_none_is_full(town: Town, case: int) -> None:
    town.add_station(1100, capacity=0)
    assert town.set_aside(case) == [("站0", "helper_full")]


def test_who_has_nobody_on_duty_is_set_aside_and_known_numbers_are_told(town: Town, case: int) -> None:
    for x_m, staff in ((1100, 0), (1200, 3), (1300, None)):
        town.add_station(x_m, staff=staff, capacity=1)
    town.add_team(1400, staff=0)
    town.add_team(1500, staff=2)
    found = town.rank(case)
    assert [(one.helper.name, one.helper.staff) for one in found.helpers] == [("站1", 3), ("站2", None), ("队1", 2)]
    assert [one.reasons[-1].in_language("zh") for one in found.helpers][::2] == ["在岗 3 人", "在岗 2 人"]
    assert "helper_staff" not in keys(found, 1)
    aside = [("站0", "helper_nobody_on_duty"), ("队0", "helper_nobody_on_duty")]
    assert town.set_aside(case) == aside
    assert found.set_aside[0].reason.in_language("en") == "nobody on duty"


def test_hours_speak_before_nobody_on_duty_and_that_before_full(town: Town, case: int) -> None:
    near = town.add_station(1100, staff=0, capacity=0, opening_hours="off")
    team = town.add_team(1200, staff=0, age=dispatch_rule().lost_after + timedelta(minutes=1))
    assert town.set_aside(case) == [("站0", "helper_closed"), ("队0", "helper_position_lost")]
    town.change(near, opening_hours="24/7")
    with town.db.write() as conn:
        conn.execute(update(resource).where(resource.c.id == team).values(position_at=AT))
    town.send(town.add_case(5999), None, team=team)
    assert town.set_aside(case) == [("站0", "helper_nobody_on_duty"), ("队0", "helper_nobody_on_duty")]


def test_a_change_of_staff_shows_at_once_to_another_program(town: Town, case: int, tmp_path: Path) -> None:
    """By hand for a station, by a file for a team; whoever ranked before reads both anew. An import taken back, too."""
    place = dict(zip(("lon", "lat"), lonlat_of([(1100, 0)])[0], strict=True))
    crew = {"id": "T1", "name": "队", "kind": "patrol", "position_at": AT.isoformat(), **place}
    options, other = (
        ImportOptions(source="teams"),
        Database(town.db.engine.url.render_as_string(hide_password=False), size=1),
    )
    near = town.add_station(1200, staff=1)
    try:
        import_resources(other, write_csv(tmp_path / "t1.csv", [{**crew, "在岗人数": 2}]), options, AT)
        assert [name for name, _ in town.told(case)] == ["队", "站0"]
        gone = import_resources(other, write_csv(tmp_path / "t2.csv", [{**crew, "在岗人数": 0}]), options, AT)
        edit_station(other, near, {"staff": 0}, 1, AT)
        assert town.set_aside(case) == [("队", "helper_nobody_on_duty"), ("站0", "helper_nobody_on_duty")]
        edit_station(other, near, {"staff": None}, 2, AT)
        assert gone.import_id is not None
        undo_import(other, gone.import_id, AT + timedelta(minutes=1))
        assert [(one.helper.name, one.helper.staff) for one in town.rank(case).helpers] == [("队", 2), ("站0", None)]
    finally:
        other.close()


def test_old_positions_are_told_and_lost_ones_left_out(town: Town, case: int) -> None:
    rule, moment = dispatch_rule(), timedelta(seconds=1)
    for age in (rule.stale_after, rule.stale_after + moment, rule.lost_after, rule.lost_after + moment):
        town.add_team(1100, age=age)
    found = town.rank(case, k=5)
    assert [(one.helper.name, one.is_stale) for one in found.helpers] == [("队0", False), ("队1", True), ("队2", True)]
    assert [keys(found, place)[-1] for place in (0, 1)] == ["helper_position", "helper_position_stale"]
    assert [(one.helper.name, one.reason.key) for one in found.set_aside] == [("队3", "helper_position_lost")]
    assert "2 h ago" in found.set_aside[0].reason.in_language("en")


def test_a_position_of_later_than_the_moment_asked_about_ages_as_well(town: Town, case: int) -> None:
    town.add_team(1100)
    assert town.rank(case, at=AT - timedelta(minutes=31)).helpers[0].is_stale
    assert town.set_aside(case, at=AT - timedelta(minutes=121)) == [("队0", "helper_position_lost")]


def test_set_aside_are_those_nearer_than_the_last_one_told(town: Town, case: int) -> None:
    town.add_station(1100, opening_hours="off")
    town.add_station(1200)
    town.add_station(1300, opening_hours="off")
    town.add_station(1400, opening_hours="off")
    assert town.set_aside(case, k=1) == [("站0", "helper_closed")]
    assert town.set_aside(case, k=2) == [("站0", "helper_closed"), ("站2", "helper_closed"), ("站3", "helper_closed")]


def test_equally_near_ones_are_set_aside_by_id_whatever_the_reason(town: Town, case: int) -> None:
    town.add_station(1100, services=["别的"])
    town.add_station(1100, opening_hours="off")
    town.add_station(900, services=["别的"])
    aside = [("站0", "helper_unfit"), ("站1", "helper_closed"), ("站2", "helper_unfit")]
    assert town.set_aside(case, service="调解") == aside


def test_most_set_aside_are_told_and_all_are_counted(town: Town, case: int) -> None:
    most = dispatch_rule().most_set_aside
    for number in range(most):
        town.add_station(1100 + number, services=["别的"])
    for number in range(5):
        town.add_station(1200 + number, opening_hours="off")
    town.add_station(1500)
    found = town.rank(case, k=1, service="调解")
    assert (len(found.set_aside), found.n_set_aside) == (most, most + 5)
    reasons = [one.reason.key for one in found.set_aside]
    assert reasons == ["helper_unfit"] * (most - 5) + ["helper_closed"] * 5, "who offers it is never crowded out"


def test_no_street_and_too_far_by_street(db: Database) -> None:
    town = Town(db).streets(*STREET, way((1000, 500), (2500, 500)))
    case = town.add_case(HERE)
    town.add_station(2000)
    town.add_station(1000, 900)  # 400 m from any street
    town.add_station(1000, 450)  # on a street that leads nowhere
    aside = [("站2", "helper_beyond"), ("站1", "helper_no_street")]
    assert town.set_aside(case, k=3) == aside
    assert town.set_aside(case, k=1) == [aside[1]], "searching has stopped before it was known of the other"


class Held(StreetCache):
    """Streets that are being made ready for as long as somebody holds them."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.may_go = threading.Event()

    def live(self) -> Laid:
        assert self.may_go.wait(30)
        return super().live()


def test_without_streets_it_answers_by_air_and_says_so(db: Database) -> None:
    town = Town(db)
    case = town.add_case(HERE)
    town.add_station(1500)
    town.add_station(1250, opening_hours="off")
    town.add_station(9000)
    found = town.rank(case)
    pace_ds_per_m = 36 / dispatch_rule().air_kmh["foot"]
    assert [one.helper.name for one in found.helpers] == ["站0"]
    assert found.helpers[0].travel_ds == pytest.approx(500 * pace_ds_per_m, abs=2)
    assert found.helpers[0].air_m == pytest.approx(500, abs=0.1)
    assert (found.helpers[0].way_m, found.helpers[0].way) == (None, None)
    assert [one.reason.key for one in found.set_aside] == ["helper_closed"]
    assert found.degraded is not None
    assert found.degraded.key == "streets_missing"
    assert found.provenance.method == "air-1"
    town.streets(*STREET)
    assert town.rank(case).degraded is None


def test_while_streets_are_made_ready_it_answers_by_air(town: Town, case: int) -> None:
    town.add_station(1500)
    held = Held(town.db)
    town.cache = HelperCache(held)
    found = town.rank(case, patience_s=0.01)
    assert found.degraded is not None
    assert found.degraded.key == "rank_streets_rebuilt"
    assert "直线" in found.degraded.in_language("zh")
    held.may_go.set()
    assert town.rank(case).degraded is None
    assert town.rank(case, patience_s=0).degraded is None, "ready streets are not waited for"


class Away(StreetCache):
    """Streets that cannot be read the first time."""

    n_asked = 0

    def live(self) -> Laid:
        self.n_asked += 1
        if self.n_asked == 1:
            raise DatabaseAway("database_away")
        return super().live()


def test_what_went_wrong_once_is_tried_again(town: Town, case: int) -> None:
    town.add_station(1500)
    town.cache = HelperCache(Away(town.db))
    with pytest.raises(DatabaseAway):
        town.rank(case)
    assert town.told(case) == [("站0", 4500)]


def test_off_the_streets_it_answers_by_air(town: Town) -> None:
    town.add_station(1500)
    found = town.rank(town.add_case(1500, 201))
    assert found.degraded is not None
    assert found.degraded.key == "no_street_near"
    assert [one.helper.name for one in found.helpers] == ["站0"]
    assert town.rank(town.add_case(1500, 199)).degraded is None


def test_it_refuses_what_it_cannot_do(town: Town, case: int) -> None:
    with pytest.raises(BadMove, match="located"):
        town.rank(town.add_case(None))
    with pytest.raises(NotFound):
        town.rank(10**9)
    with pytest.raises(NotFound, match="hurried"):
        town.rank(case, mode="hurried")
    for wish in ({"k": 21}, {"minutes": 0}, {"minutes": 61}):
        with pytest.raises(Refused):
            town.rank(case, **wish)
    with town.db.write() as conn:
        row = {"level": "community", "code": "990101001001", "name": "西", "geom": box(0, -100, 900, 100)}
        west = conn.execute(insert(area).values(**row, source="town", source_key="1").returning(area.c.id)).scalar_one()
    with pytest.raises(NotAllowed, match="西"):
        town.rank(case, area_id=west)
    assert town.rank(town.add_case(500), area_id=west).helpers == []


def test_whatever_changes_is_seen_at_once(town: Town, case: int) -> None:
    near = town.add_station(1500, opening_hours="24/7")
    assert town.told(case, k=1) == [("站0", 4500)]
    town.add_station(1400)
    assert town.told(case, k=1) == [("站1", 3600)]
    town.change(town.station[1], opening_hours="off")
    assert town.told(case, k=1) == [("站0", 4500)]
    team = town.add_team(1300)
    assert town.told(case, k=1) == [("队0", 2700)]
    moved = {"geom": text("ST_Translate(geom, 0.02, 0)"), "position_at": AT + timedelta(seconds=1)}
    with town.db.write() as conn:
        conn.execute(update(resource).where(resource.c.id == team).values(moved))
    assert town.told(case, k=1) == [("站0", 4500)]
    town.change(near, retired_at=AT)
    assert town.told(case, k=1) != [("站0", 4500)]
    town.streets(way((0, 0), (900, 0)), way((1100, 0), (6000, 0)))
    assert town.rank(case, k=1).degraded is None
    assert town.told(case, k=1)[0][0] == "队0"


def test_the_hash_changes_with_all_that_it_depends_on(town: Town, case: int) -> None:
    near = town.add_station(1100, capacity=3)
    hashes = [town.rank(case).provenance.inputs_hash]
    assert town.rank(case).provenance.inputs_hash == hashes[0]
    town.busy(near, 1)
    hashes.append(town.rank(case).provenance.inputs_hash)
    hashes.append(town.rank(case, k=2).provenance.inputs_hash)
    town.change(near, opening_hours="24/7")
    hashes.append(town.rank(case).provenance.inputs_hash)
    assert len(set(hashes)) == 4


def test_threads_share_one_memory(town: Town, case: int) -> None:
    for x_m in range(0, 6000, 100):
        town.add_station(x_m)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: town.told(case, k=9), range(24)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == ("站10", 0)


HOURS = (None, "24/7", "off", "Mo-Fr 08:00-12:00,14:00-18:00")
SERVICES = ("调解", "清扫")


def random_town(town: Town, rng: np.random.Generator) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """A chequerboard with streets left out, and stations of all sorts: places, and what is known of each."""
    ways = [drawn for drawn in block_town(12, 12, 200.0) if rng.random() < 0.75]
    town.streets(*({"way": drawn} for drawn in ways))
    places = rng.integers(-100, 2300, (60, 2)).astype(float)
    facts = []
    for x_m, y_m in places.tolist():
        fact = {
            "services": [service for service in SERVICES if rng.random() < 0.6],
            "opening_hours": HOURS[rng.integers(len(HOURS))],
            "capacity": [None, 1, 2][rng.integers(3)],
            "staff": [None, 0, 1, 2][rng.integers(4)],
            "busy": int(rng.integers(0, 3)),
        }
        number = town.add_station(x_m, y_m, **{name: value for name, value in fact.items() if name != "busy"})
        town.busy(number, fact["busy"])
        facts.append(fact)
    return places, facts


def can_be_sent(fact: dict[str, Any], moment: Any) -> bool:
    is_full = fact["capacity"] is not None and fact["busy"] >= fact["capacity"]
    return state(fact["opening_hours"], moment).is_open is not False and fact["staff"] != 0 and not is_full


@pytest.mark.parametrize("seed", range(3))
def test_brute_force_over_everybody_says_the_same(db: Database, seed: int) -> None:
    """scipy's Dijkstra from every station on the same streets, then one after the other."""
    town, rng = Town(db), np.random.default_rng(seed)
    places, facts = random_town(town, rng)
    with db.read() as conn:
        graph = load_graph(conn)
    frame = StreetCache(db).live().ground.frame
    spots = rng.integers(0, 2200, (12, 2)).astype(float)
    opinion = SecondOpinion(graph, frame, ds_per_m=DS_PER_M, max_m=200.0, min_component_m=1000.0)
    ds_of_spot = opinion.times(*(frame.to_xy_m(lonlat_of(drawn.tolist())) for drawn in (spots, places)))
    for (x_m, y_m), all_ds in zip(spots.tolist(), ds_of_spot, strict=True):
        case, moment = town.add_case(x_m, y_m), at(int(rng.integers(7, 19)), 30)
        k, minutes, service = int(rng.integers(1, 6)), float(rng.choice([6, 15, 60])), str(rng.choice(SERVICES))
        order = sorted((ds, i) for i, ds in enumerate(all_ds.tolist()) if ds <= minutes * 600)
        fit = [(ds, i) for ds, i in order if service in facts[i]["services"] and can_be_sent(facts[i], moment)][:k]
        last = fit[-1] if len(fit) == k else (np.inf, 0)
        nearer = [(ds, i) for ds, i in order if (ds, i) not in fit and (ds, i) < last]
        found = town.rank(case, k=k, minutes=minutes, service=service, at=moment)
        assert [(one.travel_ds, one.helper.id) for one in found.helpers] == [(ds, town.station[i]) for ds, i in fit]
        reached = {one.helper.id: one.travel_ds for one in found.set_aside if one.travel_ds is not None}
        assert reached.items() <= {town.station[i]: ds for ds, i in nearer}.items()
        passed_over = {town.station[i] for _, i in nearer if service in facts[i]["services"]}
        assert passed_over <= reached.keys() or len(found.set_aside) == dispatch_rule().most_set_aside
