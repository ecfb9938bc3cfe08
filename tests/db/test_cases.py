"""Cases in a real database: reported, placed, dated, taken on, merged; what must not happen does not."""

from __future__ import annotations

import hmac
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.report_incident import Report, Reported, report_incident
from geo.actions.cases.step_incident import Outcome, Placing, Sent, Stepped, place_incident, step_incident, store_step
from geo.actions.city.create_token import create_token
from geo.actions.city.plan_access import Hand
from geo.actions.city.revoke_token import revoke_token
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_incidents import import_incidents
from geo.actions.imports.import_stations import import_stations
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.actions.plans.rehome_incidents import rehome_left_behind
from geo.caller import caller_hash, request_hash
from geo.case_reasons import level_reason, reason_of
from geo.case_states import Said
from geo.cases import CLOCK
from geo.compute.datums import from_wgs84
from geo.errors import BadMove, Conflict, GridcircleError, NotAllowed, NotFound, Refused, StaleVersion
from geo.imports.options import ImportOptions
from geo.plan_ops import Paint
from geo.rules.incidents import incident_rule
from geo.settings import Settings
from geo.store import cases
from geo.store.case_lists import CaseFilter, list_cases
from geo.store.database import Database
from geo.store.incident_tables import request_key
from geo.store.lists import Slice
from geo.text_masks import masked
from tests.plan_towns import PlanTown, unit_no
from tests.small_town import EAST, WEST, everything, grid_boxes, grids, lonlat, stations, write_csv, write_geojson

CITY = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=CITY)
DESK = Desk(Settings(caller_key=SecretStr("k" * 40)))
LITTER = "0101"  # dispatch 2 work hours, handle 1 work day, total 3 work days

REPORT = Report(item=LITTER, occurred_at=MONDAY - timedelta(minutes=20), channel="hotline", lonlat=lonlat(250, 750))
"""In the north-western grid, 250 m from its borders."""


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def desks(db: Database, town: PlanTown) -> tuple[Hand, Hand]:
    """Two dispatchers of the whole city."""
    one, two = (
        create_token(db, name=f"desk {n}", role="dispatcher", area_code=None, days=None, at=MONDAY)[0] for n in (1, 2)
    )
    return Hand(MONDAY, None, one.id, one.name), Hand(MONDAY, None, two.id, two.name)


def report(db: Database, hand: Hand, key: str | None = None, **changes: Any) -> Reported:
    return report_incident(db, replace(REPORT, **changes), DESK, hand, uuid4().hex, key)


def step(db: Database, found: Reported | Stepped, move: str, hand: Hand, **said: Any) -> Stepped:
    more = {name: said.pop(name) for name in ("sent", "outcome", "take_over") if name in said}
    told = Said(at=hand.at, **said)
    return step_incident(db, found.case.id, found.case.version, move, told, hand, DESK, **more)


def count(db: Database, table: str) -> int:
    with db.read() as conn:
        return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())


def later(hand: Hand, **after: float) -> Hand:
    return replace(hand, at=hand.at + timedelta(**after))


class TestReporting:
    def test_it_lies_in_its_grid_by_the_plan_in_force(self, db: Database, town: PlanTown, desks: Any) -> None:
        case = report(db, desks[0]).case
        assert (case.grid_id, case.plan_id, case.plan_version) == (town.grid[0], town.plan_id, 1)
        assert (case.stage, case.state, case.version) == ("filed", "open", 1)
        assert case.border_grid_ids == ()

    @pytest.mark.parametrize(("x", "seen_by"), [(480, [1]), (520, [0]), (460, [])])
    def test_within_thirty_metres_of_a_border_the_net_next_door_sees_it(
        self, db: Database, town: PlanTown, desks: Any, x: float, seen_by: list[int]
    ) -> None:
        case = report(db, desks[0], lonlat=lonlat(x, 750)).case
        assert case.border_grid_ids == tuple(town.grid[place] for place in seen_by)

    def test_a_corner_is_seen_by_all_grids_that_meet_there(self, db: Database, town: PlanTown, desks: Any) -> None:
        case = report(db, desks[0], lonlat=lonlat(490, 510)).case
        assert {case.grid_id, *case.border_grid_ids} == set(town.grid)

    def test_deadlines_are_those_of_the_catalogue(self, db: Database, desks: Any) -> None:
        case = report(db, desks[0]).case
        assert case.stage_due_at == MONDAY + timedelta(hours=2)
        assert case.due_at == datetime(2026, 3, 5, 18, tzinfo=CITY)
        assert case.is_due_sure

    def test_whoever_answers_for_the_ground_is_responsible(self, db: Database, desks: Any) -> None:
        case = report(db, desks[0]).case
        assert case.level == DESK.catalogue(MONDAY).item(LITTER).level
        with db.read() as conn:
            names = set(conn.execute(text("select name from area")).scalars())
        assert case.unit in names
        assert report(db, desks[0], unit="市容环卫中心").case.unit == "市容环卫中心"

    def test_a_place_of_a_shifted_map_is_put_right(self, db: Database, town: PlanTown, desks: Any) -> None:
        shifted = from_wgs84(np.array([lonlat(250, 750)]), "GCJ-02")[0].tolist()
        case = report(db, desks[0], lonlat=tuple(shifted), datum="GCJ-02").case
        assert case.grid_id == town.grid[0]
        assert case.lonlat == pytest.approx(lonlat(250, 750), abs=1e-7)

    def test_without_a_place_it_waits_to_be_located(self, db: Database, town: PlanTown, desks: Any) -> None:
        found = report(db, desks[0], lonlat=None, address="青山路12号")
        assert (found.case.stage, found.case.grid_id, found.case.unit) == ("collected", None, None)
        placed = place_incident(
            db, found.case.id, 1, Placing(lonlat(750, 250), precision_m=30), later(desks[1], hours=1), DESK
        )
        assert (placed.case.stage, placed.case.grid_id) == ("filed", town.grid[3])
        assert placed.case.unit is not None
        assert placed.case.stage_due_at == found.case.stage_due_at  # the clock did not begin anew
        # nobody had it in hand: who places it does, and both are in the log
        assert (placed.case.holder, placed.case.version) == ("desk 2", 3)
        with db.read() as conn:
            assert [one.move for one in cases.steps_of(conn, placed.case.id)] == ["report", "claim", "locate"]
        again = place_incident(db, found.case.id, 3, Placing(lonlat(250, 250)), later(desks[1], hours=2), DESK)
        assert again.case.version == 4, "it is claimed once"

    # Grids hold the western square kilometre; the community to the east has none, and the areas end 1 km to the north.
    @pytest.mark.parametrize(
        ("item", "place_m", "sees_to_it", "distance_m"),
        [
            ("0602", (1250, 250), ("community", "区002"), 250),
            ("0101", (1250, 250), ("subdistrict", "区000"), 250),
            ("0602", (250, 3000), ("city", "区000"), 2000),
        ],
    )
    def test_in_no_grid_the_next_level_up_sees_to_it_and_why(
        self, db: Database, town: PlanTown, desks: Any, item: str, place_m: Any, sees_to_it: Any, distance_m: int
    ) -> None:
        found = report(db, desks[0], item=item, lonlat=lonlat(*place_m))
        case = found.case
        assert (case.stage, case.grid_id, (case.level, case.unit)) == ("filed", None, sees_to_it)
        with db.read() as conn:
            (made,) = cases.steps_of(conn, case.id)
        assert made.said["distance_m"] == pytest.approx(distance_m, rel=0.002)
        assert made.said["beside_grid_id"] in town.grid
        assert f"{made.said['distance_m']:,.0f} m" in (reason_of(made, "en") or "")
        told = level_reason(case, found.item, "zh") or ""
        assert ("不在任何网格内" in told) == (case.level != found.item.level)

    def test_what_lies_in_no_grid_is_a_queue_of_its_own(self, db: Database, town: PlanTown, desks: Any) -> None:
        inside, outside, nowhere = (
            report(db, desks[0], item="0602", lonlat=where) for where in (lonlat(250, 750), lonlat(250, 3000), None)
        )
        with db.read() as conn:
            for is_in_grid, wanted in ((False, outside), (True, inside)):
                filtered = CaseFilter(is_in_grid=is_in_grid)
                matched, listed = list_cases(conn, filtered, Slice(10), due_first=True)
                assert (matched, [case.id for case in listed]) == (1, [wanted.case.id])
        # the place was wrong: it lies in a grid after all
        hand = later(desks[1], hours=1)
        placed = place_incident(db, outside.case.id, 1, Placing(lonlat(250, 750)), hand, DESK).case
        assert (placed.grid_id, placed.level, placed.unit) == (town.grid[0], inside.case.level, inside.case.unit)
        # and the one that was to be located lies in none
        placed = place_incident(db, nowhere.case.id, 1, Placing(lonlat(1250, 250)), hand, DESK).case
        assert (placed.stage, placed.grid_id, placed.level, placed.unit) == ("filed", None, "community", "区002")

    def test_personal_numbers_are_not_kept(self, db: Database, desks: Any) -> None:
        found = report(db, desks[0], text="请回电 138-0013-8000", address="张某 13900139000", caller="138 0013 8000")
        assert found.masked == {"phone": 2}
        with db.read() as conn:
            stored = str(conn.execute(text("select i::text, s::text from incident i, incident_step s")).all())
        assert "0013" not in stored
        assert "139" not in stored.replace("1390", "") or "139001" not in stored
        assert found.case.text is not None

    def test_the_same_item_nearby_within_a_day_is_told(self, db: Database, desks: Any) -> None:
        first = report(db, desks[0]).case
        near = report(db, desks[0], lonlat=lonlat(290, 750))
        assert [(other.id, other.why) for other in near.suggestions] == [(first.id, "place")]
        assert near.suggestions[0].distance_m == pytest.approx(40, abs=0.2)
        assert report(db, desks[0], lonlat=lonlat(250, 640)).suggestions == []
        assert report(db, desks[0], item="0102").suggestions == []
        assert report(db, desks[0], occurred_at=REPORT.occurred_at - timedelta(hours=25)).suggestions == []

    def test_the_same_item_of_the_same_thing_is_told_however_far_and_however_written(
        self, db: Database, desks: Any
    ) -> None:
        first = report(db, desks[0], asset="ld-0017 b").case
        assert first.asset == "LD-0017B"
        far = report(db, desks[0], asset="ＬＤ－００１７Ｂ", lonlat=lonlat(750, 250))
        assert [(other.id, other.why) for other in far.suggestions] == [(first.id, "asset")]
        assert far.suggestions[0].distance_m == pytest.approx(500 * 2**0.5, rel=0.01)
        nowhere = report(db, desks[0], asset="LD-0017B", lonlat=None)
        assert [(other.id, other.distance_m) for other in nowhere.suggestions] == [
            (far.case.id, None),
            (first.id, None),
        ]
        beside = report(db, desks[0], asset="LD-0017B", lonlat=lonlat(250, 760))
        assert [(one.id, one.why) for one in beside.suggestions] == [
            (nowhere.case.id, "asset"),
            (far.case.id, "asset"),
            (first.id, "asset"),
        ], "once each, though one is near as well"
        assert report(db, desks[0], asset="LD-0018B", lonlat=lonlat(750, 700)).suggestions == []
        assert report(db, desks[0], asset="LD-0017B", item="0102").suggestions == []

    @pytest.mark.parametrize(("after_days", "is_told"), [(6.9, True), (7.1, False)])
    def test_of_the_same_thing_what_is_open_is_told_and_what_ended_lately(
        self, db: Database, desks: Any, after_days: float, is_told: bool
    ) -> None:
        asked = {"asset": "LD-0017", "lonlat": None, "occurred_at": REPORT.occurred_at + timedelta(days=after_days)}
        first = report(db, desks[0], asset="LD-0017")
        hand = later(desks[0], days=8)
        still_open = report(db, hand, **asked)
        assert [other.id for other in still_open.suggestions] == [first.case.id]
        for found in (first, still_open):
            step(db, found, "withdraw", hand, reason="mended")
        assert (first.case.id in {other.id for other in report(db, hand, **asked).suggestions}) == is_told

    def test_a_code_by_the_standard_is_no_bank_card(self, db: Database, desks: Any) -> None:
        code = next(code for n in range(10) if masked(code := f"990101010200000{n}").total)
        assert report(db, desks[0], asset=code).case.asset == code
        card = next(code for n in range(10) if masked(code := f"622202010200000{n}").total)
        for number in (card, "138-0013-8000", "路灯", "A" * 41, " "):
            with pytest.raises(Refused, match="thing") as refusal:
                report(db, desks[0], asset=number)
            assert number.strip() == "" or number not in f"{refusal.value}{refusal.value.evidence}"
        assert count(db, "incident") == 1

    def test_the_same_caller_is_told_however_the_number_is_written(self, db: Database, desks: Any) -> None:
        first = report(db, desks[0], caller="+86 471-6543210").case
        again = report(db, desks[0], caller="(0471) 6543210", lonlat=lonlat(750, 250), item="0102")
        assert [(other.id, other.why) for other in again.suggestions] == [(first.id, "caller")]
        other = report(db, desks[0], caller="0471 6543211", lonlat=lonlat(750, 350), item="0102")
        assert [suggestion.why for suggestion in other.suggestions] == []

    def test_nobody_is_told_of_cases_that_they_may_not_see(self, db: Database, desks: Any) -> None:
        with db.read() as conn:
            area = dict(conn.execute(text("select code, id from area")).all())
        caller = "0471 6543210"
        far = report(db, desks[0], caller=caller, lonlat=lonlat(1010, 750)).case
        nowhere = report(db, desks[0], caller=caller, lonlat=None, item="0102").case
        here = {"caller": caller, "lonlat": lonlat(980, 750)}
        assert {one.id for one in report(db, desks[0], **here).suggestions} == {far.id, nowhere.id}
        own = {one.id for one in report(db, replace(desks[0], area_id=area[WEST]), **here).suggestions}
        assert nowhere.id in own
        assert far.id not in own


class TestRequests:
    def test_the_same_request_again_does_nothing_again(self, db: Database, desks: Any) -> None:
        first = report(db, desks[0], "request-1")
        again = report(db, later(desks[0], hours=23), "request-1")
        assert (again.case.id, again.is_repeat) == (first.case.id, True)
        assert count(db, "incident") == count(db, "incident_step") == 1

    def test_a_key_belongs_to_the_desk_and_to_a_day(self, db: Database, desks: Any) -> None:
        ids = {
            report(db, hand, "request-1").case.id for hand in (desks[0], desks[1], later(desks[0], hours=24, seconds=1))
        }
        assert len(ids) == 3

    def test_the_same_key_for_something_else_is_refused(self, db: Database, desks: Any) -> None:
        report(db, desks[0], "request-1")
        with pytest.raises(Refused, match="another report"):
            report(db, desks[0], "request-1", text="something else")
        with pytest.raises(Refused, match="another report"):
            report(db, desks[0], "request-1", asset="LD-0017")
        assert count(db, "incident") == 1

    def test_nothing_of_the_key_is_kept_but_a_hash_that_needs_the_secret(self, db: Database, desks: Any) -> None:
        report(db, desks[0], "13800138000")
        with db.read() as conn:
            kept = [bytes(kept) for kept in conn.scalars(select(request_key.c.key_hash))]
        secret = DESK.caller_key
        assert kept == [hmac.digest(secret, b"request 13800138000", "sha256")]
        assert kept != [caller_hash("13800138000", secret)], "keys cannot be looked up among callers"

    def test_a_key_from_before_keys_were_hashed_is_known_for_its_day(self, db: Database, desks: Any) -> None:
        first = report(db, desks[0], "request-1")
        with db.write() as conn:
            conn.execute(update(request_key).values(key_hash=b"request-1"))
        assert report(db, later(desks[0], hours=23), "request-1").case.id == first.case.id
        assert report(db, later(desks[0], hours=25), "request-1").case.id != first.case.id

    @pytest.mark.parametrize("key", ["seven77", "a" * 101, "eight\t88", "键" * 9, "with blank", ""])
    def test_a_key_without_the_form_of_one_is_refused(self, db: Database, desks: Any, key: str) -> None:
        with pytest.raises(Refused, match="8 to 100 signs"):
            report(db, desks[0], key)
        assert count(db, "incident") == 0

    def test_while_the_first_is_carried_out_the_second_is_told_so(self, db: Database, desks: Any) -> None:
        with db.write() as conn:
            assert cases.hold_request(conn, desks[0].token_id, request_hash("request-1", DESK.caller_key))
            with pytest.raises(Conflict, match="at this moment"):
                report(db, desks[0], "request-1")
        assert report(db, desks[0], "request-1").case.version == 1

    def test_many_at_once_make_one_case(self, db: Database, desks: Any) -> None:
        outcomes: list[str] = []

        def send() -> None:
            try:
                report(db, desks[0], "request-1")
                outcomes.append("done")
            except Conflict:
                outcomes.append("running")

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 4
        assert "done" in outcomes
        assert count(db, "incident") == 1

    def test_an_order_of_the_hotline_comes_once(self, db: Database, desks: Any) -> None:
        first = report(db, desks[0], source_key="2026-000123").case
        with pytest.raises(Conflict, match=f"it is incident {first.id}"):
            report(db, desks[1], source_key="2026-000123")
        assert report(db, desks[1], source_key="2026-000123", channel="member").case.id != first.id


BAD_REPORTS = [
    pytest.param({"lonlat": (120.0, 20.0)}, Refused, "datum", id="in the sea"),
    pytest.param({"occurred_at": MONDAY + timedelta(minutes=6)}, Refused, "not come yet", id="in the future"),
    pytest.param({"occurred_at": datetime(1903, 1, 1, tzinfo=CITY)}, Refused, "1990", id="long ago"),
    pytest.param({"item": "9999"}, Refused, "catalogue", id="unknown item"),
    pytest.param({"datum": "Pulkovo"}, Refused, "datum", id="unknown datum"),
    pytest.param({"caller": "call me"}, Refused, "number", id="no number"),
]


@pytest.mark.parametrize(("changes", "error", "words"), BAD_REPORTS)
def test_a_bad_report_changes_nothing(
    db: Database, desks: Any, changes: dict[str, Any], error: type[GridcircleError], words: str
) -> None:
    with pytest.raises(error, match=words):
        report(db, desks[0], "request-1", **changes)
    assert count(db, "incident") == count(db, "incident_step") == count(db, "request_key") == 0


class TestSteps:
    def test_a_case_goes_its_way_and_every_step_is_kept(self, db: Database, desks: Any) -> None:
        found: Any = report(db, desks[0])
        way = [
            ("dispatch", {"unit": "市容环卫中心"}),
            ("handle", {}),
            ("feed_back", {"reason": "已清理"}),
            ("verify", {}),
            ("close", {}),
            ("evaluate", {}),
        ]
        for hours, (move, said) in enumerate(way, 1):
            found = step(db, found, move, later(desks[1], hours=hours), **said)
        assert (found.case.stage, found.case.state, found.case.version) == ("evaluated", "closed", 7)
        assert found.case.stage_due_at is None
        with db.read() as conn:
            steps = cases.steps_of(conn, found.case.id)
        assert [one.move for one in steps] == ["report", *(move for move, _ in way)]
        assert [one.seq for one in steps] == list(range(1, 8))
        assert [one.from_stage for one in steps[1:]] == [one.to_stage for one in steps[:-1]]
        assert {one.token_name for one in steps} == {"desk 1", "desk 2"}

    def test_a_move_that_does_not_lead_on_is_refused(self, db: Database, desks: Any) -> None:
        found = report(db, desks[0])
        with pytest.raises(BadMove):
            step(db, found, "verify", desks[0])
        with pytest.raises(BadMove):
            step(db, found, "explode", desks[0])
        with pytest.raises(BadMove):
            step(db, found, "dispatch", desks[0])  # to nobody
        assert count(db, "incident_step") == 1

    def test_of_two_desks_one_has_it_and_the_other_is_told_who(self, db: Database, desks: Any) -> None:
        found = report(db, desks[0])
        step(db, found, "claim", desks[0])
        with pytest.raises(StaleVersion, match="desk 1"):
            step(db, found, "claim", desks[1])
        with db.read() as conn:
            now = Reported(cases.get_case(conn, found.case.id), found.item, {}, ())
        with pytest.raises(Conflict, match="desk 1"):
            step(db, now, "claim", desks[1])
        with pytest.raises(NotAllowed, match="desk 1"):
            step(db, now, "release", desks[1])
        assert step(db, now, "release", desks[0]).case.holder is None

    def test_both_at_once(self, db: Database, desks: Any) -> None:
        found = report(db, desks[0])
        outcomes: list[str] = []

        def claim(hand: Hand) -> None:
            try:
                outcomes.append(f"mine: {step(db, found, 'claim', hand).case.holder}")
            except StaleVersion as error:
                outcomes.append(f"told: {error.evidence['desk']}")

        threads = [threading.Thread(target=claim, args=[hand]) for hand in desks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winner = next(outcome for outcome in outcomes if outcome.startswith("mine"))[6:]
        assert f"told: {winner}" in outcomes
        assert count(db, "incident_step") == 2

    def test_sent_in_time_has_the_next_clock(self, db: Database, desks: Any) -> None:
        sent = step(db, report(db, desks[0]), "dispatch", later(desks[0], hours=1), unit="市容环卫中心")
        assert sent.case.stage_due_at == datetime(2026, 3, 3, 18, tzinfo=CITY)  # the work day after
        assert sent.case.due_at == datetime(2026, 3, 5, 18, tzinfo=CITY)

    def test_deferred_stands_still_and_goes_on(self, db: Database, desks: Any) -> None:
        sent = step(db, report(db, desks[0]), "dispatch", desks[0], unit="市容环卫中心")
        until = datetime(2026, 3, 9, 9, tzinfo=CITY)
        waits = step(db, sent, "defer", later(desks[0], hours=1), reason="待配件", until=until)
        assert (waits.case.stage_due_at, waits.case.due_at, waits.case.deferred_until) == (until, None, until)
        goes_on = step(db, waits, "resume", replace(desks[0], at=until))
        # Monday to Friday ended while it was deferred: the first work day is the one on which it goes on
        assert goes_on.case.stage_due_at == datetime(2026, 3, 9, 18, tzinfo=CITY)
        assert goes_on.case.due_at == datetime(2026, 3, 11, 18, tzinfo=CITY)
        assert goes_on.case.deferred_until is None

    def test_nothing_is_deferred_for_ever(self, db: Database, desks: Any) -> None:
        sent = step(db, report(db, desks[0]), "dispatch", desks[0], unit="市容环卫中心")
        most = incident_rule().deferred_most
        with pytest.raises(Refused, match="180"):
            step(db, sent, "defer", desks[0], reason="待配件", until=MONDAY + most + timedelta(minutes=1))
        assert step(db, sent, "defer", desks[0], reason="待配件", until=MONDAY + most).case.stage == "deferred"

    def test_what_another_desk_has_in_hand_is_left_alone(self, db: Database, desks: Any) -> None:
        other, held = report(db, desks[0]), step(db, report(db, desks[0]), "claim", desks[0])
        for move, said in (
            ("claim", {}),
            ("dispatch", {"unit": "环卫一队"}),
            ("handle", {}),
            ("escalate", {"level": "city"}),
            ("merge", {"into": other.case.id}),
            ("withdraw", {}),
        ):
            with pytest.raises(Conflict, match=rf"“desk 1” \(no. {desks[0].token_id}\) since 2026-03-02 09:00"):
                step(db, held, move, later(desks[1], hours=2), reason="重复", **said)
        placing = Placing(lonlat(750, 250))
        with pytest.raises(Conflict, match="desk 1"):
            place_incident(db, held.case.id, held.case.version, placing, desks[1], DESK)
        with pytest.raises(NotAllowed, match="desk 1"):
            step(db, held, "release", desks[1], reason="交班", take_over=True)
        assert step(db, held, "withdraw", desks[0], reason="误报").case.version == 3, "nothing else was done"

    def test_it_may_be_taken_over_for_a_reason_which_is_a_step(self, db: Database, desks: Any) -> None:
        held: Any = step(db, report(db, desks[0]), "claim", desks[0])
        with pytest.raises(BadMove, match="reason"):
            step(db, held, "dispatch", desks[1], unit="环卫一队", take_over=True)
        held = step(db, held, "dispatch", desks[1], unit="环卫一队", reason="交班", take_over=True)
        assert (held.case.holder, held.case.stage, held.case.version) == ("desk 2", "dispatched", 4)
        held = step(db, held, "handle", desks[1], take_over=True)
        held = step(db, held, "claim", desks[0], reason="回岗", take_over=True)
        placing = Placing(lonlat(750, 250), reason="定位有误", take_over=True)
        held = place_incident(db, held.case.id, held.case.version, placing, desks[1], DESK)
        with db.read() as conn:
            steps = cases.steps_of(conn, held.case.id)
        told = [(one.move, one.token_name, one.said.get("from_holder")) for one in steps[1:]]
        assert told == [
            ("claim", "desk 1", None),
            ("take_over", "desk 2", "desk 1"),
            ("dispatch", "desk 2", None),
            ("handle", "desk 2", None),
            ("take_over", "desk 1", "desk 2"),
            ("take_over", "desk 2", "desk 1"),
            ("locate", "desk 2", None),
        ]
        assert [one.reason for one in steps if one.move == "take_over"] == ["交班", "回岗", "定位有误"]
        assert steps[-1].reason == "定位有误"
        assert [one.seq for one in steps] == list(range(1, 9))

    def test_a_desk_whose_token_ended_holds_nothing(self, db: Database, desks: Any) -> None:
        held = step(db, report(db, desks[0]), "claim", desks[0])
        revoke_token(db, desks[0].token_id, MONDAY)
        assert step(db, held, "claim", desks[1]).case.holder == "desk 2"

    def test_no_step_keeps_a_number_of_a_person(self, db: Database, desks: Any) -> None:
        found = report(db, desks[0], unit="王五13800138000")
        sent = step(db, found, "dispatch", desks[0], unit="李四 138-0013-8000", reason="身份证 150203199001011231")
        assert (found.case.unit, sent.case.unit, sent.step.reason) == ("王五***", "李四 ***", "身份证 ***")
        with db.read() as conn:
            kept = str(conn.execute(text("select said, reason from incident_step")).all())
        assert "138" not in kept
        assert "1502" not in kept

    def test_escalation_goes_up_and_to_whoever_answers_there(self, db: Database, desks: Any) -> None:
        found = report(db, desks[0])
        up = step(db, found, "escalate", desks[0], reason="跨街道", level="city")
        assert (up.case.level, up.case.stage) == ("city", "escalated")
        with pytest.raises(BadMove):
            step(db, up, "escalate", desks[0], reason="again", level="grid")

    def test_what_came_of_it_is_kept_with_the_step(self, db: Database, desks: Any) -> None:
        found: Any = step(db, report(db, desks[0]), "dispatch", desks[0], unit="环卫")
        hand, when = later(desks[0], hours=1), desks[0].at + timedelta(minutes=12)
        for wrong in (desks[0].at - timedelta(minutes=1), hand.at + timedelta(minutes=1)):
            with pytest.raises(Refused, match="cannot have come"):
                step(db, found, "handle", hand, outcome=Outcome(arrived_at=wrong))
        done = step(db, found, "handle", hand, outcome=Outcome(satisfied=True, arrived_at=when))
        assert done.step.said == {"satisfied": True, "arrived_at": when.isoformat()}

    def test_merged_cases_keep_both_histories(self, db: Database, desks: Any) -> None:
        first = report(db, desks[0])
        second = report(db, desks[1], lonlat=lonlat(260, 750))
        merged = step(db, second, "merge", desks[1], into=first.case.id)
        assert (merged.case.stage, merged.case.merged_into_id) == ("merged", first.case.id)
        with db.read() as conn:
            assert [one.move for one in cases.steps_of(conn, first.case.id)] == ["report", "absorb"]
            assert [one.move for one in cases.steps_of(conn, second.case.id)] == ["report", "merge"]
            assert cases.get_case(conn, first.case.id).version == 2

    def test_two_that_are_merged_into_each_other_at_once(self, db: Database, desks: Any) -> None:
        one, two = report(db, desks[0]), report(db, desks[1])
        outcomes: list[str] = []

        def merge(found: Reported, into: Reported, hand: Hand) -> None:
            try:
                outcomes.append(step(db, found, "merge", hand, into=into.case.id).case.stage)
            except (StaleVersion, BadMove) as error:
                outcomes.append(type(error).__name__)

        pairs = [(one, two, desks[0]), (two, one, desks[1])]
        threads = [threading.Thread(target=merge, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["StaleVersion", "merged"]

    @pytest.mark.parametrize("into", ["itself", "ended", "nobody"])
    def test_into_what_it_cannot_be_merged(self, db: Database, desks: Any, into: str) -> None:
        found, other = report(db, desks[0]), report(db, desks[0], item="0102")
        step(db, other, "withdraw", desks[0], reason="误报")
        target = {"itself": found.case.id, "ended": other.case.id, "nobody": 999}[into]
        before = count(db, "incident_step")
        with pytest.raises((BadMove, NotFound)):
            step(db, found, "merge", desks[0], into=target)
        assert count(db, "incident_step") == before

    def test_who_answers_for_one_area_sees_its_cases_only(self, db: Database, desks: Any) -> None:
        with db.read() as conn:
            area = dict(conn.execute(text("select code, id from area")).all())
        west, east = replace(desks[0], area_id=area[WEST]), replace(desks[1], area_id=area[EAST])
        found = report(db, west)
        with pytest.raises(NotAllowed):
            step(db, found, "claim", east)
        with pytest.raises(NotAllowed):
            report(db, east)

    def test_steps_are_never_changed(self, db: Database, desks: Any) -> None:
        report(db, desks[0])
        for change in ("update incident_step set reason = 'x'", "delete from incident_step"):
            with pytest.raises(DBAPIError, match="never changed"), db.write() as conn:
                conn.execute(text(change))


class TestNewPlans:
    def test_open_cases_follow_the_grids(self, db: Database, town: PlanTown, desks: Any) -> None:
        moves, stays, ended = (
            report(db, desks[0], lonlat=lonlat(x, 750), item=item, unit=unit)
            for x, item, unit in ((450, "0602", None), (250, "0602", None), (450, "0102", "环卫中心"))
        )
        step(db, ended, "withdraw", desks[0], reason="误报")
        hand = later(desks[0], days=30)
        draft = open_plan(db, WEST, None, None, hand).plan
        column = tuple(unit_no(4, row) for row in range(5, 10))
        edited = edit_plan(db, draft.id, 1, Paint(column, town.grid[1]), hand).plan
        warned = {problem.rule for problem in view_plan(db, draft.id).problems if problem.severity == "warning"}
        publish_plan(db, draft.id, edited.version, dict.fromkeys(warned, "测试"), None, hand)
        with db.read() as conn:
            found = [cases.get_case(conn, one.case.id) for one in (moves, stays, ended)]
            steps = [cases.steps_of(conn, one.case.id)[-1] for one in (moves, stays, ended)]
        assert [case.grid_id for case in found] == [town.grid[1], town.grid[0], town.grid[0]]
        assert [case.plan_id for case in found] == [draft.id, draft.id, town.plan_id]
        assert [one.move for one in steps] == ["rehome", "rehome", "withdraw"]
        for case, before in ((found[0], moves.case), (found[1], stays.case)):
            kept = ("stage", "level", "holder", "stage_since", "stage_due_at", "due_at")
            assert [getattr(case, name) for name in kept] == [getattr(before, name) for name in kept]
        # the unit follows where it was the grid itself, and stays where somebody else had the case
        assert [case.unit for case in found] == ["网格002", "网格001", "环卫中心"]
        told = steps[0].said
        assert (told["from_plan_id"], told["plan_id"], told["from_grid_id"]) == (town.plan_id, draft.id, town.grid[0])
        assert (told["from_plan_version"], told["plan_version"]) == (1, found[0].plan_version)
        assert "由“网格001”转至“网格002”" in (reason_of(steps[0], "zh") or "")
        assert "stays in 网格001" in (reason_of(steps[1], "en") or "")

    def test_a_plan_of_later_moves_nothing_yet(self, db: Database, town: PlanTown, desks: Any) -> None:
        case = report(db, desks[0]).case
        draft = open_plan(db, WEST, None, None, later(desks[0], days=1)).plan
        begins = later(desks[0], days=9)
        warned = {problem.rule for problem in view_plan(db, draft.id).problems if problem.severity == "warning"}
        hand = later(desks[0], days=2)
        publish_plan(db, draft.id, 1, dict.fromkeys(warned, "测试"), begins.at, hand)
        for at, plan_id in ((hand.at, town.plan_id), (begins.at, draft.id), (begins.at, draft.id)):
            assert rehome_left_behind(db, lambda at=at: at) == 0  # the grid is the same
            with db.read() as conn:
                assert cases.get_case(conn, case.id).plan_id == plan_id
        with db.read() as conn:
            assert [one.token_name for one in cases.steps_of(conn, case.id)] == ["desk 1", CLOCK]

    def test_grids_of_a_file_take_what_lies_in_them_and_see_what_is_near(
        self, db: Database, town: PlanTown, desks: Any, tmp_path: Path
    ) -> None:
        """The east had no grids; now it gets some, without anybody publishing a plan."""
        near = report(db, desks[0], lonlat=lonlat(990, 750)).case
        for_grids = {"item": "0602", "lonlat": lonlat(1250, 750)}
        inside, named, raised = (report(db, desks[0], **for_grids, unit=unit) for unit in (None, "环卫中心", None))
        escalated = step(db, raised, "escalate", desks[0], level="city", reason="事关全区").case
        inside, named = inside.case, named.case
        assert (near.border_grid_ids, inside.grid_id) == ((), None)
        assert (inside.level, inside.unit) == ("community", "区002"), "no grid could see to it"
        boxes = {code: box for code, box in grid_boxes().items() if code.startswith(EAST)}
        path = write_geojson(tmp_path / "east.geojson", grids(boxes))
        import_grids(db, path, ImportOptions(source="test", publish=True), MONDAY)
        assert rehome_left_behind(db, lambda: MONDAY) == 3
        assert rehome_left_behind(db, lambda: MONDAY) == 0
        with db.read() as conn:
            first = conn.execute(text("select grid_id, name from plan_grid where code = :code"), {"code": f"{EAST}001"})
            grid_id, name = first.one()
            found = [cases.get_case(conn, case.id) for case in (inside, named, escalated)]
            assert [case.grid_id for case in found] == [grid_id] * 3
            # what a level above had for want of a grid is the grid's now; what was raised on purpose is not
            assert [(case.level, case.unit) for case in found] == [
                ("grid", name),
                ("grid", "环卫中心"),
                ("city", escalated.unit),
            ]
            told = cases.steps_of(conn, inside.id)[-1]
            assert f"in no grid until now, lies in {name}; the level grid sees to it" in (reason_of(told, "en") or "")
            assert (told.said["from_level"], told.said["level"]) == ("community", "grid")
            assert cases.get_case(conn, near.id).border_grid_ids == (grid_id,)
            assert cases.get_case(conn, near.id).version == 2
            assert "next door" in (reason_of(cases.steps_of(conn, near.id)[-1], "en") or "")
        self._follows_the_tree_of_areas(db, near.id)

    def _follows_the_tree_of_areas(self, db: Database, near: int) -> None:
        """Who sees a case across a border depends on what holds the grids next door now, not on what held them once."""
        seen = text(
            "select array(select code from area where id = any (border_area_ids) order by code)"
            " from incident where id = :near"
        )
        with db.write() as conn:
            assert conn.execute(seen, {"near": near}).scalar_one() == [EAST]
            above = conn.execute(text("select code from area where level = 'subdistrict'")).scalar_one()
            conn.execute(text("update area set parent_id = null where code = :west"), {"west": WEST})
            assert conn.execute(seen, {"near": near}).scalar_one() == [above, EAST]

    def test_whoever_has_a_case_in_hand_waits_for_no_plan(
        self, db: Database, town: PlanTown, desks: Any, tmp_path: Path
    ) -> None:
        """Both change cases and tell of it: neither holds the one and waits for the other."""
        first, second = (report(db, desks[0], lonlat=lonlat(x, 750)).case for x in (1250, 1350))
        boxes = {code: box for code, box in grid_boxes().items() if code.startswith(EAST)}
        path = write_geojson(tmp_path / "east.geojson", grids(boxes))
        import_grids(db, path, ImportOptions(source="test", publish=True), MONDAY)
        moved: list[int] = []
        follows = threading.Thread(target=lambda: moved.append(rehome_left_behind(db, lambda: MONDAY)))
        with db.write() as conn:
            case = cases.get_case(conn, second.id, lock=True)
            follows.start()
            while not conn.execute(WAITS).scalar_one():
                assert follows.is_alive()
            store_step(conn, case, {"stage": case.stage}, ("note", "看过了", {}), later(desks[0], days=1), DESK)
        follows.join()
        assert moved == [2]
        with db.read() as conn:
            told = [cases.steps_of(conn, one.id) for one in (first, second)]
        assert [[one.move for one in steps] for steps in told] == [["report", "rehome"], ["report", "note", "rehome"]]
        assert told[1][2].at == told[1][1].at, "not before what was done while it was waited for"

    def test_what_takes_a_case_in_goes_on_from_its_last_step(self, db: Database, town: PlanTown, desks: Any) -> None:
        into, other = report(db, desks[0]), report(db, desks[0])
        claimed = step(db, into, "claim", later(desks[0], days=1))
        step(db, other, "merge", desks[0], into=into.case.id)
        with db.read() as conn:
            absorbed = cases.steps_of(conn, into.case.id)[-1]
        assert (absorbed.move, absorbed.at) == ("absorb", claimed.case.updated_at)


WAITS = text("select exists (select from pg_locks where not granted)")


class TestWithImports:
    ROWS = "source_key,occurred_at,category,lon,lat,state\nA1,2026-03-01 08:00,litter,{0},{1},open\n"

    def load(self, db: Database, folder: Path, text: str) -> Any:
        path = folder / "orders.csv"
        path.write_text(text, encoding="utf-8")
        options = ImportOptions(source="hotline", timezone="Asia/Shanghai", replace=True)
        return import_incidents(db, path, options, MONDAY - timedelta(days=1))

    def test_a_file_does_not_undo_what_was_done_here(self, db: Database, desks: Any, tmp_path: Path) -> None:
        rows = self.ROWS.format(*lonlat(250, 750))
        self.load(db, tmp_path, rows)
        with db.read() as conn:
            case = cases.get_case(conn, 1)
        assert (case.stage, case.state) == ("filed", "open")
        step_incident(db, 1, 1, "dispatch", Said(MONDAY, unit="环卫"), desks[0], DESK)
        done = self.load(db, tmp_path, rows.replace("open", "closed"))
        assert (done.changed, done.unchanged) == (0, 1)
        assert [note.key for note in done.notes] == ["incident_in_hand"]
        with db.read() as conn:
            assert cases.get_case(conn, 1).stage == "dispatched"

    def test_until_then_it_does(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = self.ROWS.format(*lonlat(250, 750))
        self.load(db, tmp_path, rows)
        assert self.load(db, tmp_path, rows.replace("open", "closed")).changed == 1
        with db.read() as conn:
            assert cases.get_case(conn, 1).stage == "closed"


def test_events_come_in_the_order_in_which_they_can_be_read(db: Database, desks: Any) -> None:
    """A step that is stored first but committed last must not be missed by who has read up to a later one."""
    seen: list[int] = []
    stop = threading.Event()

    def read() -> None:
        last = 0
        while not stop.is_set() or last < 40:
            with db.read() as conn:
                new = cases.steps_after(conn, last, 100)
            seen.extend(one.id for one in new)
            last = seen[-1] if seen else 0
            if len(seen) >= 40:
                return

    def write(hand: Hand) -> None:
        for _ in range(10):
            found = report(db, hand)
            step(db, found, "claim", hand)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=[hand]) for hand in desks]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join(timeout=30)
    assert seen == sorted(seen)
    assert len(seen) == 40


def test_a_file_retires_no_station_under_a_case(
    db: Database, town: PlanTown, desks: tuple[Hand, Hand], tmp_path: Path
) -> None:
    """Refused with station and case as when it is closed by hand, and nothing changes; free of cases it may go."""
    both, one = write_csv(tmp_path / "both.csv", stations(2)), write_csv(tmp_path / "one.csv", stations(1))
    import_stations(db, both, ImportOptions(source="s"), MONDAY)
    with db.read() as conn:
        ids = {row.source_key: row.id for row in conn.execute(text("select id, source_key from station"))}
    case = report_incident(db, REPORT, DESK, desks[0], uuid4().hex).case
    said = Said(MONDAY, unit="环卫")
    sent = step_incident(
        db, case.id, case.version, "dispatch", said, desks[0], DESK, sent=Sent(station_id=ids["S1"])
    ).case
    before = everything(db)
    with pytest.raises(Conflict) as refused:
        import_stations(db, one, ImportOptions(source="s", replace=True), MONDAY)
    assert (refused.value.key, refused.value.evidence) == (
        "station_has_cases",
        {"id": ids["S1"], "count": 1, "first": case.id},
    )
    assert everything(db) == before
    step_incident(db, case.id, sent.version, "handle", Said(MONDAY), desks[0], DESK)
    assert import_stations(db, one, ImportOptions(source="s", replace=True), MONDAY).retired == 1
