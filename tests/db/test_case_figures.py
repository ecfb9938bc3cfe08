"""Figures about cases from a real database: as of any moment, by the grid and unit of that moment; sums and sight."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from pydantic import SecretStr
from sqlalchemy import text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.figure_periods import last_published, period_of, published_at
from geo.actions.cases.import_orders import import_orders
from geo.actions.cases.published_figures import PublishedFigures
from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.cases.step_incident import Placing, place_incident, step_incident
from geo.actions.cases.tell_figures import FigureSight, grouping, tell_figures
from geo.actions.city.plan_access import Hand
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_incidents import import_incidents
from geo.actions.imports.undo_import import undo_import
from geo.case_figures import BYS, HIDDEN, PLACES, By, FigureTable, FigureWish, Ratio
from geo.case_states import Said
from geo.cases import Case, Step
from geo.errors import BadMove, GridcircleError, NotAllowed, Refused
from geo.imports.options import ImportOptions
from geo.orders import OrderWish
from geo.settings import Settings
from geo.store import cases
from geo.store.database import Database
from tests.db.test_coverage_command import gridcircle
from tests.order_files import order
from tests.order_files import write as write_orders
from tests.plan_towns import PlanTown
from tests.small_town import (
    SUBDISTRICT,
    WEST,
    areas,
    grid_boxes,
    grids,
    incidents,
    lonlat,
    square,
    write_csv,
    write_geojson,
)

CITY = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=CITY)
MARCH = datetime(2026, 3, 1, tzinfo=CITY), datetime(2026, 4, 1, tzinfo=CITY)
TOLD = datetime(2026, 4, 11, tzinfo=CITY)
"""As of when viewers are told of March."""
LATER = datetime(2026, 6, 1, tzinfo=CITY)
DESK = Desk(Settings(caller_key=SecretStr("k" * 40)))
LITTER = "0101"  # dispatch 2 work hours, handle 1 work day, total 3 work days
EXACT = FigureSight(is_exact=True)
NORTH_WEST, NORTH_EAST = lonlat(250, 750), lonlat(750, 750)


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


def hand(at: datetime) -> Hand:
    return Hand(at, None, None, "desk 1")


def report(db: Database, at: datetime = MONDAY, **told: Any) -> Case:
    values = {"item": LITTER, "occurred_at": at, "channel": "hotline", "lonlat": NORTH_WEST, **told}
    return report_incident(db, Report(**values), DESK, hand(at), uuid4().hex).case


def move(db: Database, case: Case, key: str, at: datetime, **said: Any) -> Case:
    told = Said(at=at, **{"reason": "测试", **said})
    return step_incident(db, case.id, case.version, key, told, hand(at), DESK).case


def through(db: Database, case: Case, at: datetime, *keys: str, **said: Any) -> Case:
    """Some moves, an hour apart."""
    for key in keys or ("dispatch", "handle", "feed_back", "verify", "close"):
        case = move(db, case, key, at, **({"unit": "环卫站", **said} if key in {"dispatch", "reopen"} else {}))
        at += timedelta(hours=1)
    return case


def say(db: Database, case: Case, at: datetime, **said: Any) -> None:
    """A step that says something more, as a field added to a form will."""
    with db.write() as conn:
        known = cases.get_case(conn, case.id, lock=True)
        version = cases.change_case(conn, known, {"stage": known.stage}, at)
        cases.insert_step(conn, Step(0, case.id, version, "note", known.stage, known.stage, at, None, None, said))


def tell(
    db: Database, by: str = "all", as_of: datetime = LATER, sight: FigureSight = EXACT, **wish: Any
) -> FigureTable:
    asked = FigureWish(*MARCH, as_of, grouping(by))
    return tell_figures(db, DESK, replace(asked, **wish), LATER, sight)


def ratios(found: FigureTable, rate: str) -> dict[str | None, tuple[int | None, int | None]]:
    rows = {row.key or row.why: row.rates[rate] for row in found.rows}
    return {key: (ratio.numerator, ratio.denominator) for key, ratio in rows.items() if ratio != Ratio(0, 0, None)}


def whole(found: FigureTable, rate: str) -> tuple[int | None, int | None]:
    return found.whole.rates[rate].numerator, found.whole.rates[rate].denominator


class TestAsOf:
    def test_each_moment_has_its_own_figures(self, db: Database, town: PlanTown) -> None:
        through(db, report(db), MONDAY + timedelta(minutes=30))
        report(db, lonlat=None)
        at = MONDAY + timedelta(hours=4)  # it is being verified
        assert whole(tell(db, as_of=at), "solved") == (0, 2)
        assert whole(tell(db, as_of=at), "closing") == (0, 0)
        assert whole(tell(db), "solved") == (1, 2)
        assert whole(tell(db), "filing") == (1, 2)
        assert whole(tell(db), "on_time") == (1, 2)
        assert str(tell(db).whole.rates["on_time"].percent) == "50.00"

    def test_the_same_table_comes_out_again_after_more_was_done(self, db: Database, town: PlanTown) -> None:
        case = through(db, report(db, unit="甲"), MONDAY + timedelta(minutes=30))
        stuck, other = report(db, MONDAY - timedelta(days=30), lonlat=None), report(db, lonlat=None, unit="甲")
        other = place_incident(db, other.id, 1, Placing(NORTH_EAST), hand(MONDAY), DESK).case
        as_of = MONDAY + timedelta(days=1)
        before = {by: tell(db, by, as_of) for by in BYS}
        move(db, case, "reopen", as_of + timedelta(hours=1), unit="乙")
        place_incident(db, other.id, other.version, Placing(NORTH_WEST), hand(as_of + timedelta(hours=2)), DESK)
        place_incident(db, stuck.id, 1, Placing(NORTH_EAST), hand(as_of + timedelta(hours=3)), DESK)
        assert {by: tell(db, by, as_of) for by in BYS} == before
        assert tell(db).inputs_hash != replace(before["all"], wish=tell(db).wish).inputs_hash

    def test_a_unit_is_the_one_of_that_moment(self, db: Database, town: PlanTown) -> None:
        case = report(db, unit="甲")
        case = move(db, case, "dispatch", MONDAY + timedelta(hours=1), unit="乙")
        move(db, case, "hand_over", MONDAY + timedelta(hours=3), unit="丙")
        for hours, unit in ((0.5, "甲"), (2, "乙"), (3, "丙")):
            found = tell(db, "unit", MONDAY + timedelta(hours=hours))
            assert ratios(found, "filing") == {unit: (1, 1)}

    def test_a_case_lies_where_it_lay(self, db: Database, town: PlanTown) -> None:
        case = report(db, lonlat=None)
        case = place_incident(db, case.id, 1, Placing(NORTH_WEST), hand(MONDAY + timedelta(hours=1)), DESK).case
        place_incident(db, case.id, 2, Placing(NORTH_EAST), hand(MONDAY + timedelta(hours=2)), DESK)
        assert ratios(tell(db, "grid", MONDAY + timedelta(hours=1)), "filing") == {f"{WEST}001": (1, 1)}
        assert ratios(tell(db, "grid"), "filing") == {f"{WEST}002": (1, 1)}

    def test_a_rehomed_case_is_counted_where_it_lies_and_said_to_have_moved(self, db: Database, town: PlanTown) -> None:
        case, at = report(db), MONDAY + timedelta(hours=1)
        say_rehome(db, case, at, town.grid[0], town.grid[1])
        found = tell(db, "grid")
        assert ratios(found, "filing") == {f"{WEST}002": (1, 1)}
        assert found.notes["figures_note_moved"] == 1
        earlier = tell(db, "grid", at - timedelta(minutes=1))
        assert ratios(earlier, "filing") == {f"{WEST}001": (1, 1)}
        assert "figures_note_moved" not in earlier.notes


class TestTheSameAgain:
    """A table of a moment counts what was stored by then: nothing that comes or goes later changes it."""

    AS_OF, THEN = datetime(2026, 4, 5, tzinfo=CITY), datetime(2026, 4, 20, tzinfo=CITY)

    def tables(self, db: Database, as_of: datetime) -> dict[str, FigureTable]:
        viewer = FigureSight(is_exact=False)
        exact = {by: tell(db, by, as_of) for by in BYS}
        return exact | {f"viewer {by}": tell(db, by, TOLD, viewer) for by in ("all", *PLACES, "item")}

    def test_when_older_orders_come_and_are_taken_back(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        through(db, report(db, unit="甲"), MONDAY + timedelta(minutes=30))
        joined = report(db, MONDAY + timedelta(hours=5), lonlat=NORTH_EAST)
        before = self.tables(db, self.AS_OF)
        done = f"{MONDAY + timedelta(days=1):%Y-%m-%d %H:%M}"
        late = [order(f"L{n}", MONDAY + timedelta(minutes=n), (250, 150), 办结时间=done) for n in range(3)]
        late += [order("L4", MONDAY, (900, 100)), order("L5", MONDAY + timedelta(hours=6), (752, 752))]
        late += [order("L6", MONDAY + timedelta(hours=7), None)]
        brought = import_orders(
            db, write_orders(tmp_path / "late.csv", late), ImportOptions(), OrderWish(), DESK, self.THEN
        )
        assert brought.totals["merged_by_place"] == 3  # two of their own, one into the case of a desk
        assert self.tables(db, self.AS_OF) == before
        between = self.tables(db, self.THEN)
        assert whole(between["all"], "filing") == (7, 8)
        assert whole(tell(db, as_of=self.THEN - timedelta(microseconds=1)), "filing") == (2, 2)
        gone_at = self.THEN + timedelta(days=1)
        undo_import(db, brought.import_id or 0, gone_at)
        assert self.tables(db, self.AS_OF) == before
        assert self.tables(db, self.THEN) == between
        assert whole(tell(db, as_of=gone_at), "filing") == (2, 2)
        move(db, replace(joined, version=3), "withdraw", gone_at)  # what stays goes on
        import_orders(db, tmp_path / "late.csv", ImportOptions(), OrderWish(), DESK, gone_at + timedelta(days=1))
        assert self.tables(db, self.THEN) == between
        with db.read() as conn:
            kept = str(conn.execute(text("select c::text, s::text from gone_case c, gone_step s")).all())
        assert "垃圾" not in kept

    def test_a_place_that_becomes_known_later(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [order("P1", place=None)]
        import_orders(db, write_orders(tmp_path / "o.csv", rows), ImportOptions(), OrderWish(), DESK, MONDAY)
        with db.read() as conn:
            case = cases.get_case(conn, cases.find_by_source(conn, "hotline", "P1") or 0)
        before = self.tables(db, self.AS_OF)
        place_incident(db, case.id, case.version, Placing(NORTH_EAST), hand(self.THEN), DESK)
        assert self.tables(db, self.AS_OF) == before

    def test_names_codes_and_new_areas(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        report(db)
        before = self.tables(db, self.AS_OF)
        renamed = [({**told, "name": "新名"}, shape) for told, shape in areas()]
        renamed.append(({**renamed[0][0], "code": "990101002000"}, square(2000, 0, 2100, 100)))
        path = write_geojson(tmp_path / "renamed.geojson", renamed)
        import_areas(db, path, ImportOptions(source="test"), self.THEN)
        boxes = {code: box for code, box in grid_boxes().items() if code.startswith(WEST)}
        backdated = ImportOptions(source="test", publish=True, effective_from=datetime(2026, 3, 10, tzinfo=CITY))
        named = [({**told, "name": "新格"}, shape) for told, shape in grids(boxes)]
        import_grids(db, write_geojson(tmp_path / "named.geojson", named), backdated, self.THEN)
        assert self.tables(db, self.AS_OF) == before
        assert {row.name for row in tell(db, "grid").rows if row.key} == {"新格"}
        assert {row.name for row in tell(db, "community").rows if row.key} == {"新名"}

    def test_grids_in_which_cases_lie_are_not_taken_back(self, db: Database, town: PlanTown) -> None:
        report(db)
        with db.read() as conn:
            import_id = conn.execute(text("select max(id) from import_batch where kind = 'grids'")).scalar_one()
        with pytest.raises(BadMove) as refused:
            undo_import(db, import_id, LATER)
        assert refused.value.key == "import_in_use"

    def test_a_file_that_replaces_its_source_takes_no_case_away(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        report(db, channel="member")
        before = self.tables(db, self.AS_OF)
        path = write_csv(tmp_path / "members.csv", incidents(1))
        import_incidents(db, path, ImportOptions(source="member", replace=True), self.THEN)
        assert self.tables(db, self.AS_OF) == before
        assert whole(tell(db), "filing") == (1, 1)

    def test_it_says_while_it_is_not_final(self, db: Database, town: PlanTown) -> None:
        assert not tell(db, as_of=LATER - timedelta(minutes=59)).is_final
        assert tell(db, as_of=LATER - timedelta(minutes=60)).is_final


def say_rehome(db: Database, case: Case, at: datetime, before: int, after: int) -> None:
    with db.write() as conn:
        known = cases.get_case(conn, case.id, lock=True)
        version = cases.change_case(conn, known, {"stage": known.stage, "grid_id": after}, at)
        said = {"from_grid_id": before, "grid_id": after, "plan_id": known.plan_id}
        cases.insert_step(conn, Step(0, case.id, version, "rehome", known.stage, known.stage, at, None, None, said))


class TestSums:
    @pytest.fixture
    def busy(self, db: Database, town: PlanTown) -> None:
        """Thirty cases: in two grids, in none, and to be located."""
        for number in range(30):
            at = MONDAY + timedelta(hours=7 * number)
            place = (NORTH_WEST, NORTH_EAST, None)[number % 3]
            case = report(db, at, lonlat=place, item=("0101", "0102")[number % 2])
            if place is not None and number % 4:
                through(db, case, at + timedelta(hours=number), "dispatch", "handle", "feed_back", "verify", "close")

    @pytest.mark.parametrize("by", BYS[1:])
    def test_parts_add_up_to_the_whole(self, db: Database, busy: None, by: str) -> None:
        found, everything = tell(db, by), tell(db)
        assert found.whole == everything.whole
        for rate, ratio in everything.whole.rates.items():
            parts = [row.rates[rate] for row in found.rows]
            assert sum(part.numerator or 0 for part in parts) == ratio.numerator
            assert sum(part.denominator or 0 for part in parts) == ratio.denominator
        assert everything.whole.rates["filing"].denominator == 30

    def test_what_lies_nowhere_is_a_part_and_said(self, db: Database, busy: None) -> None:
        found = tell(db, "community")
        assert ratios(found, "filing") == {WEST: (20, 20), "without_grid": (0, 10)}
        assert found.notes == {"figures_note_without_grid": 10}

    def test_of_one_item_and_of_one_unit(self, db: Database, busy: None) -> None:
        by_item = ratios(tell(db, "item"), "filing")
        one = tell(db, "community", item="0102")
        assert whole(one, "filing") == by_item["0102"] == (10, 15)
        assert one.notes == {"figures_note_without_grid": 5}
        assert one.inputs_hash != tell(db, "community").inputs_hash
        by_unit = ratios(tell(db, "unit"), "closing")
        assert whole(tell(db, "all", unit="环卫站"), "closing") == by_unit["环卫站"]

    def test_rows_come_in_the_order_of_keys(self, db: Database, busy: None) -> None:
        keys = [row.key for row in tell(db, "grid").rows if row.key]
        assert keys == sorted(keys)
        assert len(keys) == 4

    def test_an_import_without_steps_is_said(self, db: Database, busy: None) -> None:
        with db.write() as conn:
            conn.execute(
                text(
                    "insert into incident (occurred_at, category, source, source_key) values (:at, 'litter', 'x', '1')"
                ),
                {"at": MONDAY},
            )
        found = tell(db)
        assert (found.notes, found.remarks) == ({}, {"figures_note_without_report": 1})
        assert found.whole.rates["filing"].denominator == 30

    def test_a_case_without_its_report_is_left_out(self, db: Database, busy: None) -> None:
        before = tell(db, "grid")
        with db.write() as conn:
            made = text(
                "insert into incident (occurred_at, reported_at, updated_at, category, source, source_key, grid_id) "
                "select :at, :at, :at, 'litter', 'x', n::text, (select min(id) from grid) from generate_series(1, 2) n "
                "returning id"
            )
            first, _ = conn.execute(made, {"at": MONDAY}).scalars()
            said = {"unit": "甲", "grid_id": 1, "satisfied": True, "arrived_at": MONDAY.isoformat()}
            cases.insert_step(conn, Step(0, first, 2, "dispatch", "filed", "dispatched", MONDAY, None, None, said))
        found = tell(db, "grid")
        assert (found.rows, found.whole) == (before.rows, before.whole)

    def test_a_token_of_an_area_is_told_of_its_cases(self, db: Database, busy: None, town: PlanTown) -> None:
        mine = tell(db, "grid", sight=FigureSight(is_exact=True, area_id=town.community_id))
        assert whole(mine, "filing") == (20, 20)
        assert mine.notes["figures_note_outside_area"] == 10
        assert whole(tell(db, "month", sight=FigureSight(is_exact=True, area_id=town.community_id)), "filing") == (
            20,
            20,
        )


class TestSaid:
    def test_help_in_time_and_too_late(self, db: Database, town: PlanTown) -> None:
        for minutes in (15, 16, -1, None):
            case = move(db, report(db), "dispatch", MONDAY, unit="环卫站")
            if minutes is not None:
                say(db, case, MONDAY + timedelta(hours=1), arrived_at=(MONDAY + timedelta(minutes=minutes)).isoformat())
        say(db, move(db, report(db), "dispatch", MONDAY, unit="环卫站"), MONDAY, arrived_at="<script>")
        assert ratios(tell(db, "grid"), "arrival") == {f"{WEST}001": (1, 2)}

    def test_satisfied(self, db: Database, town: PlanTown) -> None:
        for answer in (True, False, True, "true", None):
            say(db, through(db, report(db), MONDAY), MONDAY + timedelta(days=1), satisfied=answer)
        assert whole(tell(db), "satisfied") == (2, 3)

    def test_rework_and_second_dispatch(self, db: Database, town: PlanTown) -> None:
        through(db, report(db), MONDAY)
        moves = ("dispatch", "handle", "feed_back", "rework", "handle", "feed_back", "verify", "close", "reopen")
        through(db, report(db), MONDAY, *moves)
        found = tell(db)
        assert {rate: whole(found, rate) for rate in ("first_pass", "rework", "second_dispatch")} == {
            "first_pass": (1, 2),
            "rework": (1, 2),
            "second_dispatch": (1, 2),
        }
        assert whole(found, "solved") == (1, 2)

    def test_times_on_their_own_clock_and_on_the_wall(self, db: Database, town: PlanTown) -> None:
        friday = datetime(2026, 3, 6, 17, 0, tzinfo=CITY)  # the office closes at 18 and opens on Monday at 8
        through(db, report(db, friday), friday + timedelta(days=2, hours=16), "dispatch")  # Monday, 9:00
        (time,) = tell(db).whole.times
        assert (time.stage, time.clock, time.n) == ("dispatch", "work_hours", 1)
        assert (str(time.median), str(time.high)) == ("2.00", "2.00")
        assert str(time.wall_median_h) == "64.00"
        assert whole(tell(db), "response") == (1, 1)


class TestSight:
    VIEWER = FigureSight(is_exact=False)

    @pytest.fixture
    def mixed(self, db: Database, town: PlanTown) -> None:
        report(db, MONDAY - timedelta(days=20), lonlat=None)
        for place, n in ((NORTH_WEST, 12), (NORTH_EAST, 3), (lonlat(250, 250), 14)):
            for _ in range(n):
                report(db, lonlat=place)

    def test_small_numbers_are_hidden_and_cannot_be_worked_out(self, db: Database, mixed: None) -> None:
        found = tell(db, "grid", as_of=TOLD, sight=self.VIEWER)
        # the three, and with them the next smallest; the whole is told
        assert ratios(found, "filing") == {
            f"{WEST}001": (None, None),
            f"{WEST}002": (None, None),
            f"{WEST}003": (14, 14),
        }
        assert whole(found, "filing") == (29, 29)
        assert found.smallest == 10
        assert found.notes == {}

    def test_who_has_the_right_sees_them(self, db: Database, mixed: None) -> None:
        assert ratios(tell(db, "grid"), "filing")[f"{WEST}002"] == (3, 3)

    def test_the_levels_agree_with_each_other(self, db: Database, mixed: None) -> None:
        for by, code in (("community", WEST), ("subdistrict", SUBDISTRICT)):
            assert ratios(tell(db, by, as_of=TOLD, sight=self.VIEWER), "filing")[code] == (29, 29)

    @pytest.mark.parametrize(
        ("key", "wish"),
        [
            ("figures_whole_months", {"before": MARCH[1] - timedelta(days=1)}),
            ("figures_whole_months", {"before": datetime(2026, 5, 1, tzinfo=CITY)}),
            ("figures_whole_months", {"as_of": MARCH[1]}),
            ("figures_by_not_for_role", {"by": "unit"}),
            ("figures_by_not_for_role", {"by": "day"}),
            ("figures_filter_not_for_role", {"item": LITTER}),
            ("figures_filter_not_for_role", {"unit": "环卫站"}),
        ],
    )
    def test_nothing_that_could_be_subtracted(
        self, db: Database, town: PlanTown, key: str, wish: dict[str, Any]
    ) -> None:
        with pytest.raises(NotAllowed) as refused:
            tell(db, **{"as_of": TOLD, "sight": self.VIEWER, **wish})
        assert refused.value.key == key

    def test_nothing_is_told_of_the_first_month(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """Else 12 reported less 10 closed are the 2 open at its end, and so on with the sums of all months."""
        for n in range(12):
            through(db, report(db), MONDAY + timedelta(days=1 if n < 10 else 30))
        found = {by: tell(db, by, as_of=TOLD, sight=self.VIEWER) for by in ("all", "grid", "community", "item")}
        rows = [row for table in found.values() for row in (*table.rows, table.whole)]
        assert all(ratio == HIDDEN for row in rows for ratio in row.rates.values())
        assert all(time.wall_median_h is None for row in rows for time in row.times)
        assert all(table.remarks == {"figures_note_first_month": 0} for table in found.values()), "and it says why"
        assert not tell(db).is_first_month
        february = MONDAY - timedelta(days=20)
        rows = [order("F1", february)]
        import_orders(db, write_orders(tmp_path / "o.csv", rows), ImportOptions(), OrderWish(), DESK, LATER)
        assert whole(tell(db, as_of=TOLD, sight=self.VIEWER), "first_pass") == (None, None), "it was not known then"
        report(db, february, lonlat=None)
        assert whole(tell(db, as_of=TOLD, sight=self.VIEWER), "first_pass") == (10, 10)
        assert not tell(db, as_of=TOLD, sight=self.VIEWER).remarks

    def test_what_was_published_is_counted_once(self, db: Database, mixed: None) -> None:
        kept = PublishedFigures()

        def told(by: By, sight: FigureSight) -> FigureTable:
            return kept.tell(db, DESK, FigureWish(*MARCH, TOLD, by), LATER, sight)

        first = told("grid", self.VIEWER)
        assert first == tell(db, "grid", as_of=TOLD, sight=self.VIEWER)
        assert told("grid", self.VIEWER) is first
        assert told("community", self.VIEWER) != first
        assert told("grid", EXACT) is not told("grid", EXACT), "beside it stands what is known as of now"
        with pytest.raises(NotAllowed):
            kept.tell(db, DESK, FigureWish(*MARCH, MARCH[1], "grid"), LATER, self.VIEWER)

    def test_one_of_an_area_is_not_told_by_item(self, db: Database, town: PlanTown) -> None:
        with pytest.raises(NotAllowed):
            tell(db, "item", as_of=TOLD, sight=replace(self.VIEWER, area_id=town.community_id))
        tell(db, "item", as_of=TOLD, sight=self.VIEWER)


class TestRefused:
    @pytest.mark.parametrize("by", ["token_name", "desk", "holder", "网格员", " Staff "])
    def test_nobody_gets_figures_by_people(self, by: str) -> None:
        with pytest.raises(Refused) as refused:
            grouping(by)
        assert refused.value.key == "burden_refused"
        assert "国办函" in refused.value.in_language("zh")

    def test_no_column_of_desks_is_read(self) -> None:
        store = Path(__file__).parents[2] / "geo/store"
        files = [store / f"sql/{name}.sql" for name in ("cases_of_period", "cases_by_id", "cases_gone", "packed_logs")]
        for file in (*files, store / "migrations/versions/0034_case_log.sql"):
            words = file.read_text(encoding="utf-8")
            assert "token" not in words
            assert "holder" not in words

    @pytest.mark.parametrize(
        ("key", "wish"),
        [
            ("figures_period_backwards", {"before": MARCH[0]}),
            ("figures_period_long", {"since": datetime(2020, 1, 1, tzinfo=CITY)}),
            ("figures_as_of_early", {"as_of": MARCH[0]}),
            ("incident_item_unknown", {"item": "垃圾"}),
            ("figures_as_of_future", {"as_of": LATER + timedelta(microseconds=1)}),
        ],
    )
    def test_times_that_make_no_sense(self, db: Database, key: str, wish: dict[str, Any]) -> None:
        with pytest.raises(Refused) as refused:
            tell(db, **wish)
        assert refused.value.key == key

    @pytest.mark.parametrize("month", ["2026-13", "2026-3", "", "0001-01", "9999-12", "2026-03-01"])
    def test_no_month(self, month: str) -> None:
        with pytest.raises(GridcircleError):
            period_of(month, None, None, LATER, CITY)

    def test_periods(self) -> None:
        assert period_of(None, None, None, LATER, CITY) == (datetime(2026, 5, 1, tzinfo=CITY), LATER)
        assert period_of("2026-03", None, None, LATER, CITY) == MARCH
        assert period_of(None, MARCH[0].date(), MARCH[1].date(), LATER, CITY) == MARCH
        with pytest.raises(Refused, match="since and before"):
            period_of("2026-03", MARCH[0].date(), MARCH[1].date(), LATER, CITY)
        with pytest.raises(Refused, match="since and before"):
            period_of(None, MARCH[0].date(), None, LATER, CITY)

    def test_viewers_are_told_of_a_month_once_its_files_are_in(self) -> None:
        assert published_at(MARCH[1], CITY) == TOLD
        february = datetime(2026, 2, 1, tzinfo=CITY), MARCH[0]
        assert last_published(TOLD + timedelta(minutes=59), CITY) == february
        assert last_published(TOLD + timedelta(minutes=60), CITY) == MARCH

    def test_nothing_at_all(self, db: Database) -> None:
        for by in BYS:
            found = tell(db, by)
            assert whole(found, "filing") == (0, 0)
            assert found.whole.rates["filing"].percent is None


class TestCommand:
    def test_figures(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        through(db, report(db), MONDAY)
        words = ("figures", "--month", "2026-03", "--by", "grid", "--as-of", "2026-05-01")
        code, told = gridcircle(db, *words, "--json")
        assert code == 0, told
        found = json.loads(told)
        assert (found["whole"]["rates"]["on_time"]["numerator"], found["rounding"]) == (1, "half_up")
        assert found["queried_at"] > found["as_of"] > found["since"]
        code, told = gridcircle(db, *words)
        assert code == 0
        assert "closed in time of due: 1 / 1 = 100.00 %" in told
        assert "seed-1" in told.splitlines()[0]
        for ending in ("xlsx", "csv"):
            code, told = gridcircle(db, *words, "--out", str(tmp_path / f"march.{ending}"))
            assert code == 0, told
        rows = list(load_workbook(tmp_path / "march.xlsx")["rates"].values)
        assert rows[0] == ("code", "part", "rate", "numerator", "denominator", "per cent")
        assert (f"{WEST}001", "网格001", "closed in time of due", 1, 1, "100.00") in rows
        with (tmp_path / "march.csv").open(encoding="utf-8-sig") as file:
            assert [f"{WEST}001", "网格001", "closed in time of due", "1", "1", "100.00"] in list(csv.reader(file))

    def test_check_sum(self, db: Database) -> None:
        code, told = gridcircle(db, "check-sum", "5,647", "4984", "711", "--percent", "87.52%", "--percent", "12.48")
        assert code == 0, told
        lines = told.splitlines()
        assert "5695" in lines[0]
        assert "-48" in lines[0]
        assert "sum of the parts" in lines[1]
        code, told = gridcircle(
            db, "check-sum", "3413", "3232", "181", "--percent", "94.69", "--percent", "5.30", "--json"
        )
        found = json.loads(told)
        assert (found["adds_up"], found["base"], found["rounding"]) == (True, "both", ["truncated"])

    @pytest.mark.parametrize(
        "words", [("x", "1"), ("10", "4", "6", "--percent", "NaN"), ("10", "4", "6", "--percent", "4")]
    )
    def test_check_sum_refuses(self, db: Database, words: tuple[str, ...]) -> None:
        code, told = gridcircle(db, "check-sum", *words, "--json")
        assert code == 1
        assert json.loads(told)["detail"]
