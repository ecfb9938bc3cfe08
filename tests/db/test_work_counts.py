"""Counts of work: what a file may say, what grids make of it, what a plan moves; exact, since every unit is drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from geo.actions.imports.undo_import import undo_import
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.export_plan import export_changes, print_changes
from geo.actions.plans.plan_consequences import compare_days, compare_plans, consequences_of
from geo.actions.plans.plan_view import PlanView, view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.actions.work.export_work import export_work
from geo.actions.work.import_work import import_work
from geo.actions.work.list_work import list_work
from geo.errors import BadFile, BadMove, BadRows, GridcircleError, NotFound, Refused
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.plan_changes import Consequences
from geo.plan_ops import Merge, Paint, Split, Undo
from geo.plans import Plan
from geo.rules.load import load_rule
from geo.store import drafts, plans
from geo.store.database import Database
from geo.store.imports import list_batches
from geo.work import WORK_KINDS
from tests.db.test_coverage_command import gridcircle
from tests.db.test_plans import LATER, accepted
from tests.plan_towns import HAND, HOUSEHOLDS, N, PlanTown, begin, unit_no
from tests.small_town import AT, EAST, SUBDISTRICT, WEST, everything, lonlat, write_csv

DAY = date(2026, 2, 1)
OF_GRID = HOUSEHOLDS * 25
RULE = load_rule()
Writer = Callable[[Path], Path]


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def draft(db: Database, town: PlanTown) -> Plan:
    return begin(db).plan


def row(column: int, line: int, **numbers: Any) -> dict[str, Any]:
    """A row of a file: counts of a unit by its number."""
    return {"community_code": WEST, "unit_no": unit_no(column, line), **numbers}


def placed(x_m: float, y_m: float, **numbers: Any) -> dict[str, Any]:
    """A row of a file: counts of a place."""
    lon, lat = lonlat(x_m, y_m)
    return {"经度": lon, "纬度": lat, **numbers}


def take_in(
    db: Database, folder: Path, rows: Sequence[Mapping[str, Any]], source: str = "work", at: datetime = AT, **more: Any
) -> ImportReport:
    """Import a table of counts as they are on ``DAY``."""
    names = list(dict.fromkeys(name for one in rows for name in one))
    path = write_csv(folder / f"{source}.csv", [{name: one.get(name) for name in names} for one in rows])
    return import_work(db, path, ImportOptions(source=source, **{"data_date": DAY, **more}), at)


def live(db: Database) -> dict[tuple[str, str], float]:
    """Kind and place -> number, of all counts that count."""
    query = text("select kind, ST_AsText(geom, 6) place, number from work_count where retired_at is null")
    with db.read() as conn:
        found = conn.execute(query).all()
    assert len({(count.kind, count.place) for count in found}) == len(found), "a unit has two counts of a kind"
    return {(count.kind, count.place): count.number for count in found}


def by_kind(db: Database) -> dict[str, list[float]]:
    told: dict[str, list[float]] = {}
    for (kind, _), number in live(db).items():
        told.setdefault(kind, []).append(number)
    return {kind: sorted(numbers) for kind, numbers in told.items()}


def by_grid(view: PlanView, town: PlanTown, name: str) -> list[float]:
    """Hours of one part of the load, north-west, north-east, south-west, south-east."""
    place = {grid.id: at for at, grid in enumerate(view.draft.grids)}
    hours = getattr(view.load, name)
    return [float(hours[place[grid]]) for grid in town.grid]


class TestLoad:
    def test_hours_by_hand(self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path) -> None:
        before = view_plan(db, draft.id)
        estimate = OF_GRID * RULE.special_share + OF_GRID * (1 - RULE.special_share) / 3
        assert by_grid(before, town, "visits") == pytest.approx([estimate * 20 / 60] * 4)
        rows = [
            row(0, 0, cases_a_month=3, open_cases=50),
            row(1, 0, cases_a_month=2.5),
            row(9, 9, cases_a_month=4),
            row(0, 9, visits_due=30),
            row(9, 0, special_households=40),
        ]
        report = take_in(db, tmp_path, rows)
        assert report.totals == {
            "work_open_cases": 50, "work_cases_a_month": 9.5, "work_visits_due": 30, "work_special_households": 40,
        }  # fmt: skip
        after = view_plan(db, draft.id)
        assert by_grid(after, town, "cases") == [0.0, 4 * 60 / 60, 5.5 * 60 / 60, 0.0]
        others = OF_GRID - HOUSEHOLDS
        by_cycle = others * RULE.special_share + others * (1 - RULE.special_share) / 3
        special = 40 + others * RULE.special_share
        visits = [30 + by_cycle, estimate, estimate, special + (OF_GRID - special) / 3]
        assert by_grid(after, town, "visits") == pytest.approx([number * 20 / 60 for number in visits])
        assert by_grid(after, town, "patrol") == by_grid(before, town, "patrol")
        assert after.inputs_hash != before.inputs_hash
        assert after.counts.dates == dict.fromkeys(WORK_KINDS, DAY)

    def test_none_counted_is_not_the_same_as_counted_none(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        before = by_grid(view_plan(db, draft.id), town, "visits")
        take_in(db, tmp_path, [row(0, 9, visits_due=0), row(9, 9, visits_due=None)])
        after = by_grid(view_plan(db, draft.id), town, "visits")
        assert after == pytest.approx([before[0] * (OF_GRID - HOUSEHOLDS) / OF_GRID, *before[1:]])

    def test_work_of_a_plan_that_was_only_drawn_is_the_same(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        take_in(db, tmp_path, [row(0, 0, cases_a_month=3), row(0, 9, visits_due=30)])
        for change in compare_plans(db, town.plan_id, draft.id).grids:
            assert change.before is not None
            assert change.after is not None
            assert change.before.load is not None
            assert change.after.load is not None
            assert change.after.load.hours == pytest.approx(change.before.load.hours, rel=1e-6)

    def test_a_line_through_a_counted_unit_keeps_all_work_and_days_tell_it_too(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        """The line leaves the unit's home on one side and the place of its count on the other."""
        take_in(db, tmp_path, [row(0, 5, visits_due=30), row(1, 5, visits_due=2)])
        cut = edit_plan(db, draft.id, 1, Split(town.grid[0], (lonlat(-50, 562), lonlat(550, 562))), HAND)
        edit_plan(db, draft.id, cut.plan.version, Paint((unit_no(5, 9),), town.grid[0]), HAND)
        told = compare_plans(db, town.plan_id, draft.id)
        share = told.made.work_counted["visits_due"]
        assert share == (2, N * N, 2 * HOUSEHOLDS, N * N * HOUSEHOLDS)
        assert view_plan(db, draft.id).counted_shares == {"visits_due": share}
        by_cycle = (N * N - 2) * HOUSEHOLDS * (RULE.special_share + (1 - RULE.special_share) / 3)
        assert view_plan(db, draft.id).load.visits.sum() == pytest.approx((32 + by_cycle) * 20 / 60)

    def test_days_tell_the_load_that_plans_tell(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        take_in(db, tmp_path, [row(0, 9, visits_due=30, cases_a_month=2)])
        edit_plan(db, draft.id, 1, Paint((unit_no(0, 4),), town.grid[0]), HAND)
        publish_plan(db, draft.id, 2, accepted(view_plan(db, draft.id)), None, LATER)
        plans_told, days_told = (
            compare_plans(db, town.plan_id, draft.id),
            compare_days(db, AT + timedelta(minutes=1), LATER.at + timedelta(days=1), WEST),
        )
        for one, other in zip(plans_told.grids, days_told.grids, strict=True):
            pairs = ((one.before, other.before), (one.after, other.after))
            hours = [[side.load.hours for side in pair if side and side.load] for pair in pairs]
            assert [len(each) for each in hours] == [2, 2]
            assert [each[1] for each in hours] == pytest.approx([each[0] for each in hours], rel=1e-6)
        assert days_told.made.work_counted == plans_told.made.work_counted


def work_of(changes: Consequences, town: PlanTown, kind: str) -> list[tuple[float, float]]:
    """Before and after, by grid of the town."""
    told = {work.grid.id: (work.before.get(kind, 0.0), work.after.get(kind, 0.0)) for work in changes.work}
    return [told[grid] for grid in town.grid]


class TestMoves:
    ROWS = (row(0, 4, open_cases=7, visits_due=3), row(1, 4, open_cases=5), row(0, 9, open_cases=11, visits_due=2))

    def test_painting_a_unit_moves_what_was_counted_in_it(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        take_in(db, tmp_path, self.ROWS)
        edit_plan(db, draft.id, 1, Paint((unit_no(0, 4),), town.grid[0]), HAND)
        changes = consequences_of(db, draft.id).changes
        assert changes.of_units_whole == {"open_cases": 23, "visits_due": 5}
        assert changes.of_units_moved == {"open_cases": 7, "visits_due": 3}
        assert work_of(changes, town, "open_cases") == [(11, 18), (0, 0), (12, 5), (0, 0)]
        assert work_of(changes, town, "visits_due") == [(2, 5), (0, 0), (3, 0), (0, 0)]
        assert changes.comparison.made.work_dates == {"open_cases": DAY, "visits_due": DAY}
        edit_plan(db, draft.id, 2, Undo(), HAND)
        assert consequences_of(db, draft.id).changes.of_units_moved == {"open_cases": 0, "visits_due": 0}

    def test_a_unit_cut_by_a_line_keeps_its_count_in_the_part_that_has_its_place(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        rows = [row(c, r, open_cases=1 + c + N * r, cases_a_month=1) for r in range(N) for c in range(N)]
        take_in(db, tmp_path, rows)
        before = view_plan(db, draft.id)
        line = tuple(lonlat(x, 260) for x in (-50, 550))  # through the units of row 2, north of their middle
        edit_plan(db, draft.id, 1, Split(town.grid[2], line), HAND)
        after, changes = view_plan(db, draft.id), consequences_of(db, draft.id).changes
        assert len(after.draft.unit_no) == N * N + 5
        assert after.load.cases.sum() == before.load.cases.sum() == N * N * RULE.minutes_of_case / 60
        whole = sum(range(1, N * N + 1))
        assert changes.of_units_whole["open_cases"] == whole
        for side in ("before", "after"):
            assert sum(getattr(work, side).get("open_cases", 0.0) for work in changes.work) == whole
        south, north = (sum(1 + c + N * r for r in some for c in range(5)) for some in (range(3), range(3, 5)))
        parts = sorted(
            work.after["open_cases"] for work in changes.work if work.grid.id not in {*town.grid[:2], town.grid[3]}
        )
        assert parts == sorted([south, north])
        assert changes.of_units_moved["open_cases"] in (south, north)  # one of the parts is still the grid that was cut

    def test_random_edits_against_the_rows_of_the_plan(
        self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path
    ) -> None:
        """An oracle that knows no place: who has which unit, from the stored rows, before and after."""
        rng = np.random.default_rng(7)
        count = {int(unit): int(rng.integers(0, 50)) for unit in rng.choice(N * N, 60, replace=False)}
        rows = [{"community_code": WEST, "unit_no": unit, "open_cases": number} for unit, number in count.items()]
        take_in(db, tmp_path, rows)
        old = units_of(db, draft)
        version = 1
        for unit in rng.choice(N * N, 70, replace=False).tolist():
            try:
                version = edit_plan(
                    db, draft.id, version, Paint((unit,), int(rng.choice(town.grid))), HAND
                ).plan.version
            except GridcircleError:
                continue
        new = units_of(db, draft)
        assert version > 5, "some units were given away"
        changes = consequences_of(db, draft.id).changes
        assert changes.of_units_whole["open_cases"] == sum(count.values())
        assert changes.of_units_moved["open_cases"] == sum(n for unit, n in count.items() if old[unit] != new[unit])
        for work in changes.work:
            for side, units in ((work.before, old), (work.after, new)):
                assert side["open_cases"] == sum(n for unit, n in count.items() if units[unit] == work.grid.id)

    def test_a_merge_and_days(self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path) -> None:
        take_in(db, tmp_path, self.ROWS)
        edit_plan(db, draft.id, 1, Merge((town.grid[0], town.grid[2])), HAND)
        changes = consequences_of(db, draft.id).changes
        assert changes.of_units_moved == {"open_cases": 12, "visits_due": 3}
        gone = next(work for work in changes.work if work.grid.id == town.grid[2])
        assert (gone.before, gone.after) == ({"open_cases": 12, "visits_due": 3}, {})
        publish_plan(db, draft.id, 2, accepted(view_plan(db, draft.id)), None, LATER)
        told = compare_days(db, AT + timedelta(days=1), LATER.at + timedelta(days=1), WEST)
        assert told.made.work_dates == {"open_cases": DAY, "visits_due": DAY}
        assert {change.id: change.state for change in told.grids}[town.grid[2]] == "gone"

    def test_a_first_plan_takes_all(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        with db.write() as conn:
            conn.exec_driver_sql("update plan set state = 'withdrawn'")
        take_in(db, tmp_path, self.ROWS)
        changes = consequences_of(db, begin(db).plan.id).changes
        assert changes.of_units_moved == changes.of_units_whole == {"open_cases": 23, "visits_due": 5}
        assert [(dict(work.before), dict(work.after)) for work in changes.work] == [({}, changes.of_units_whole)]

    def test_without_counts_nothing_is_told(self, db: Database, draft: Plan) -> None:
        changes = consequences_of(db, draft.id).changes
        assert (changes.of_units_whole, changes.of_units_moved, changes.work) == ({}, {}, [])
        assert changes.comparison.made.work_dates == {}

    def test_files_tell_it(self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path) -> None:
        take_in(db, tmp_path, self.ROWS)
        edit_plan(db, draft.id, 1, Paint((unit_no(0, 4),), town.grid[0]), HAND)
        book = load_workbook(export_changes(db, draft.id, tmp_path / "changes.xlsx", "zh"))
        rows = list(book["工作量统计"].iter_rows(values_only=True))
        sides = ("调整前未结事件（统计）", "调整后未结事件（统计）", "调整前每月应走访", "调整后每月应走访")
        assert rows[0][2:] == sides
        assert [line[2:] for line in rows[1:]] == [(11, 18, 2, 5), (0, 0, 0, 0), (12, 5, 3, 0), (0, 0, 0, 0)]
        summary = {line[0]: line[1:] for line in book["概要"].iter_rows(values_only=True)}
        assert summary["未结事件（统计）"] == (23, 7, pytest.approx(7 / 23))
        assert summary["每月应走访"] == (5, 3, pytest.approx(3 / 5))
        assert dict(book["about"].iter_rows(max_col=2, values_only=True))["open_cases_as_of"] == str(DAY)
        print_changes(db, draft.id, tmp_path / "changes.pdf", "en", DAY)
        code, told = gridcircle(db, "plan", "consequences", str(draft.id))
        assert code == 0
        assert "open cases (counted), as of 2026-02-01: 7 of 23 come into another grid" in told


def units_of(db: Database, plan: Plan) -> dict[int, int]:
    with db.read() as conn:
        found = plans.get_plan(conn, plan.id)
        assert found.fabric_id is not None
        return dict(drafts.rows_of_plan(conn, plan.id, found.fabric_id).units)


class TestReplacing:
    FIRST = (row(0, 0, open_cases=3, visits_due=4), row(1, 1, open_cases=5, visits_due=6))

    def test_a_kind_is_replaced_as_a_whole_whoever_counted_it(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        first = take_in(db, tmp_path, self.FIRST, "may")
        assert (first.read, first.added, first.retired) == (4, 4, 0)
        second = take_in(db, tmp_path, [row(1, 1, open_cases=1), row(2, 2, open_cases=9)], "june")
        assert (second.added, second.missing, second.retired) == (2, 2, 2)
        assert by_kind(db) == {"open_cases": [1, 9], "visits_due": [4, 6]}
        with db.read() as conn:
            assert conn.exec_driver_sql("select count(*) from work_count").scalar_one() == 6, "nothing is deleted"

    def test_the_same_source_again(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take_in(db, tmp_path, self.FIRST)
        before = everything(db)
        again = take_in(db, tmp_path, self.FIRST[::-1])
        assert (again.import_id, again.unchanged) == (None, 4)
        assert everything(db) == before
        third = take_in(db, tmp_path, [row(0, 0, open_cases=8)])
        assert (third.added, third.changed, third.unchanged, third.retired) == (0, 1, 0, 1)
        assert by_kind(db) == {"open_cases": [8], "visits_due": [4, 6]}
        back = take_in(db, tmp_path, self.FIRST)
        assert (back.changed, back.unchanged) == (2, 2)
        assert by_kind(db) == {"open_cases": [3, 5], "visits_due": [4, 6]}

    def test_undoing(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        first = take_in(db, tmp_path, self.FIRST, "may")
        before = everything(db)
        second = take_in(db, tmp_path, [row(2, 2, open_cases=9)], "june")
        third = take_in(db, tmp_path, self.FIRST[:1], "may")
        assert first.import_id is not None
        assert second.import_id is not None
        assert third.import_id is not None
        with pytest.raises(BadMove, match="changed since"):
            undo_import(db, first.import_id, AT)
        undo_import(db, third.import_id, AT)
        assert by_kind(db) == {"open_cases": [9], "visits_due": [4, 6]}
        undo_import(db, second.import_id, AT)
        assert everything(db) == before
        undo_import(db, first.import_id, AT)
        assert by_kind(db) == {}

    def test_areas_that_work_was_counted_in_are_not_undone(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take_in(db, tmp_path, [row(0, 0, open_cases=1)])
        with db.write() as conn:
            for table in ("fabric", "plan", "grid"):  # which would forbid it, too
                conn.exec_driver_sql(f"delete from {table}")
            areas = conn.exec_driver_sql("select id from import_batch where kind = 'areas'").scalar_one()
        with pytest.raises(BadMove, match="counts of work"):
            undo_import(db, areas, AT)

    def test_another_day_is_a_change(self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path) -> None:
        take_in(db, tmp_path, self.FIRST)
        one = view_plan(db, draft.id).inputs_hash
        assert take_in(db, tmp_path, self.FIRST, data_date=date(2026, 2, 2)).changed == 4
        assert view_plan(db, draft.id).counts.dates["open_cases"] == date(2026, 2, 2)
        assert view_plan(db, draft.id).inputs_hash != one

    def test_the_hash_tells_numbers_apart(self, db: Database, town: PlanTown, draft: Plan, tmp_path: Path) -> None:
        hashes = []
        for number in (1, 2, 1):
            take_in(db, tmp_path, [row(0, 0, open_cases=number)])
            view, told = view_plan(db, draft.id), consequences_of(db, draft.id).changes.comparison.made
            hashes.append((view.inputs_hash, told.inputs_hash))
        assert hashes[0] == hashes[2]
        assert not set(hashes[0]) & set(hashes[1])

    def test_two_at_once(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """Whoever comes second replaces the first: never are both counted."""
        ready = threading.Barrier(4)
        failed: list[BaseException] = []

        def send(number: int) -> None:
            folder = tmp_path / str(number)
            folder.mkdir()
            rows = [row(c, number, open_cases=10**number) for c in range(N)]
            ready.wait(20)
            try:
                take_in(db, folder, rows, f"source{number}")
            except BaseException as error:  # noqa: BLE001 -- told below
                failed.append(error)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not failed
        counted = by_kind(db)["open_cases"]
        assert len(counted) == N
        assert len(set(counted)) == 1


class TestPlaces:
    def test_places_are_added_up_by_unit_and_not_kept(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [placed(x, y, 未结事件=1) for x, y in ((12, 17), (83, 91), (12, 17), (912, 55))]
        report = take_in(db, tmp_path, rows)
        assert [note.key for note in report.notes] == ["work_put_into_units"]
        assert (report.read, report.totals) == (2, {"work_open_cases": 4})
        work = list_work(db, WEST, HAND)
        counted = {
            int(no): number
            for no, number in zip(work.unit_no, work.of_kind["open_cases"], strict=True)
            if not np.isnan(number)
        }
        assert counted == {unit_no(0, 0): 3, unit_no(9, 0): 1}
        with db.read() as conn:
            rows_told = "\n".join(conn.exec_driver_sql("select t::text || ST_AsText(geom) from work_count t").scalars())
            report_told = str(list_batches(conn)[0].report)
            inside = conn.exec_driver_sql("select ST_X(geom) x, ST_Y(geom) y from work_count").all()
        for place in rows:
            for degrees in (place["经度"], place["纬度"]):
                assert f"{degrees:.5f}" not in rows_told + report_told
        for x_m, y_m in ((12, 17), (83, 91), (912, 55)):
            exact = shapely.Point(*lonlat(x_m, y_m))
            assert min(exact.distance(shapely.Point(spot.x, spot.y)) for spot in inside) > 1e-5

    def test_a_community_that_is_not_cut_yet_is_cut(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take_in(db, tmp_path, [placed(1500, 500, open_cases=4), placed(300, 300, open_cases=2)])
        with db.read() as conn:
            cut = conn.exec_driver_sql("select a.code from fabric f join area a on a.id = f.community_id where is_cut")
            assert sorted(cut.scalars()) == [WEST, EAST]
        assert np.nansum(list_work(db, EAST, HAND).of_kind["open_cases"]) == 4

    def test_a_bad_file_cuts_nothing(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        before = everything(db)
        with pytest.raises(BadRows):
            take_in(db, tmp_path, [placed(1500, 500, open_cases=4), placed(300, 300, open_cases=-2)])
        assert everything(db) == before

    def test_units_and_places_in_one_file(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        lon, lat = lonlat(55, 55)
        rows = [{**row(0, 0, open_cases=2), "lon": lon, "lat": lat}, {"lon": lon, "lat": lat, "open_cases": 1}]
        assert take_in(db, tmp_path, rows).totals == {"work_open_cases": 3}
        assert by_kind(db) == {"open_cases": [3]}


def table(*rows: dict[str, Any], encoding: str = "utf-8") -> Writer:
    names = list(dict.fromkeys(name for one in rows for name in one))
    filled = [{name: one.get(name) for name in names} for one in rows]
    return lambda folder: write_csv(folder / "rows.csv", filled, encoding)


def workbook(*rows: Sequence[Any]) -> Writer:
    def write(folder: Path) -> Path:
        book = Workbook()
        for one in rows:
            book.active.append(list(one))  # type: ignore[union-attr]
        book.save(folder / "rows.xlsx")
        return folder / "rows.xlsx"

    return write


BAD_ROWS: dict[str, tuple[Writer, int, str]] = {
    "negative": (table(row(0, 0, open_cases=1), row(1, 0, open_cases=-1)), 3, "work_count_expected"),
    "huge": (table(row(0, 0, visits_due=10**6)), 2, "work_count_expected"),
    "beyond all numbers": (table(row(0, 0, visits_due="1e999")), 2, "work_count_expected"),
    "not a number": (table(row(0, 0, open_cases="NaN")), 2, "work_count_expected"),
    "a word": (table(row(0, 0, open_cases="三件")), 2, "work_count_expected"),
    "a formula": (table(row(0, 0, open_cases='=HYPERLINK("http://x")')), 2, "work_count_expected"),
    "a fraction of a case": (table(row(0, 0, open_cases=1.5)), 2, "work_count_expected"),
    "a telephone number": (table(row(0, 0, special_households="13800138000")), 2, "work_count_expected"),
    "markup": (table(row(0, 0, open_cases="<script>alert(1)</script>")), 2, "work_count_expected"),
    "a truth": (workbook(["community_code", "unit_no", "open_cases"], [WEST, 3, True]), 2, "work_count_expected"),
    "no such community": (table({**row(0, 0, open_cases=1), "community_code": "990101001009"}), 2, "community_unknown"),
    "a subdistrict": (table({**row(0, 0, open_cases=1), "community_code": SUBDISTRICT}), 2, "community_unknown"),
    "a code that a spreadsheet broke": (
        table({**row(0, 0, open_cases=1), "community_code": "9.90101E+11"}), 2, "code_scientific",
    ),
    "no such unit": (table({**row(0, 0, open_cases=1), "unit_no": 100}), 2, "work_unit_unknown"),
    "a unit beyond all numbers": (table({**row(0, 0, open_cases=1), "unit_no": "9" * 40}), 2, "whole_number_expected"),
    "a unit below zero": (table({**row(0, 0, open_cases=1), "unit_no": -1}), 2, "whole_number_expected"),
    "no unit": (table({**row(0, 0, open_cases=1), "unit_no": None}), 2, "value_missing"),
    "a community that is not cut": (table({**row(0, 0, open_cases=1), "community_code": EAST}), 2, "work_not_cut"),
    "outside of every community": (table(placed(-800, 500, open_cases=1)), 2, "work_outside"),
    "far away": (table(placed(90_000, 500, open_cases=1)), 2, "outside_town"),
    "the wrong way round": (
        table({"lon": lonlat(50, 50)[1], "lat": lonlat(50, 50)[0], "open_cases": 1}), 2, "lonlat_swapped",
    ),
    "no place": (table({"lon": "", "lat": lonlat(50, 50)[1], "open_cases": 1}), 2, "value_missing"),
    "a place in another community": (
        table({**placed(50, 50, open_cases=1), "community_code": EAST}), 2, "work_other_community",
    ),
    "a place in another unit": (
        table({**row(3, 3, open_cases=1), **placed(50, 50)}), 2, "work_unit_elsewhere",
    ),
    "a unit twice": (
        table(row(0, 0, open_cases=1), row(1, 0, open_cases=1), row(0, 0, open_cases=1)), 4, "work_unit_twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_named_and_nothing_changes(case: str, db: Database, town: PlanTown, tmp_path: Path) -> None:
    write, number, key = BAD_ROWS[case]
    take_in(db, tmp_path, [row(5, 5, open_cases=6)], "before")
    before = everything(db)
    with pytest.raises(BadRows) as refused:
        import_work(db, write(tmp_path), ImportOptions(data_date=DAY, rejected_dir=tmp_path / "rejected"), AT)
    faults = refused.value.evidence["faults"]
    assert [(fault["row"], fault["key"]) for fault in faults] == [(number, key)]
    for language in ("zh", "en"):
        assert str(number) in faults[0][language]
        assert "{" not in faults[0][language]
    assert everything(db) == before
    assert not (tmp_path / "rejected").exists(), "of places nothing is kept"


BAD_FILES: dict[str, tuple[Writer, str]] = {
    "nothing counted": (table(row(0, 0, open_cases=None)), "work_nothing_counted"),
    "no column of counts": (table(row(0, 0, remarks="x")), "work_columns_missing"),
    "no place": (table({"community_code": WEST, "open_cases": 3}), "work_columns_missing"),
    "a unit of nowhere": (table({"unit_no": 3, "open_cases": 3}), "work_columns_missing"),
    "empty": (lambda folder: _written(folder / "rows.csv", b""), "file_empty"),
    "a picture": (lambda folder: _written(folder / "rows.xlsx", b"\x89PNG\r\n" + bytes(100)), "file_is_something_else"),
}


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(case: str, db: Database, town: PlanTown, tmp_path: Path) -> None:
    write, key = BAD_FILES[case]
    before = everything(db)
    with pytest.raises(BadFile) as refused:
        import_work(db, write(tmp_path), ImportOptions(), AT)
    assert refused.value.key == key
    assert everything(db) == before


def test_half_of_the_rows_are_no_counts(db: Database, town: PlanTown, tmp_path: Path) -> None:
    before = everything(db)
    with pytest.raises(Refused, match="--keep-going"):
        take_in(db, tmp_path, [row(0, 0, open_cases=1), row(0, 0, open_cases="x")], keep_going=True)
    with pytest.raises(Refused, match="still to come"):
        take_in(db, tmp_path, [row(0, 0, open_cases=1)], data_date=AT.date() + timedelta(days=1))
    assert everything(db) == before


def test_a_day_that_nobody_gave_is_told(db: Database, town: PlanTown, tmp_path: Path) -> None:
    report = take_in(db, tmp_path, [row(0, 0, open_cases=1)], data_date=None)
    assert [(note.key, note.evidence) for note in report.notes] == [("work_day_assumed", {"day": "2026-03-01"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese_tables_in_any_encoding(encoding: str, db: Database, town: PlanTown, tmp_path: Path) -> None:
    rows = [{"社区代码": WEST, "单元编号": "１２", "未结事件（件）": "３", "重点户数": "1", "备注": "老旧小区"}]
    report = import_work(db, write_csv(tmp_path / "统计.csv", rows, encoding), ImportOptions(data_date=DAY), AT)
    assert report.totals == {"work_open_cases": 3, "work_special_households": 1}


def test_a_workbook_with_numbers_for_codes(db: Database, town: PlanTown, tmp_path: Path) -> None:
    write = workbook(["河西社区统计"], ["社区代码", "单元编号", "每月应走访"], [int(WEST), 3, 12], [int(WEST), 4, None])
    report = import_work(db, write(tmp_path), ImportOptions(data_date=DAY), AT)
    assert report.totals == {"work_visits_due": 12}
    assert "codes_from_numbers" in [note.key for note in report.notes]


class TestTemplate:
    @pytest.mark.parametrize(("name", "language"), [("a.xlsx", "zh"), ("a.xlsx", "en"), ("a.csv", "zh")])
    def test_what_is_written_can_be_imported(
        self, name: str, language: str, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        take_in(db, tmp_path, [row(0, 0, open_cases=3, cases_a_month=0.5), row(4, 7, visits_due=0)])
        before = live(db)
        assert export_work(db, WEST, tmp_path / name, HAND, language) == N * N
        again = import_work(db, tmp_path / name, ImportOptions(source="work", data_date=DAY), AT)
        assert (again.import_id, again.unchanged) == (None, 3)
        assert live(db) == before

    def test_filled_in_by_hand(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        export_work(db, WEST, tmp_path / "a.xlsx", HAND, "zh")
        book = load_workbook(tmp_path / "a.xlsx")
        sheet = book.worksheets[0]
        headers = [cell.value for cell in sheet[1]]
        assert headers[:5] == ["社区代码", "单元编号", "经度", "纬度", "户数"]
        assert [cell.value for cell in sheet[2]] == [WEST, 0, *(cell.value for cell in sheet[2][2:4]), 16, *[None] * 4]
        for number in range(2, sheet.max_row + 1):
            sheet.cell(number, headers.index("未结事件（统计）") + 1).value = number
        book.save(tmp_path / "a.xlsx")
        report = import_work(db, tmp_path / "a.xlsx", ImportOptions(data_date=DAY), AT)
        assert report.totals == {"work_open_cases": sum(range(2, N * N + 2))}

    def test_a_table_from_before_a_new_cut_is_refused(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take_in(db, tmp_path, [row(0, 0, open_cases=3), row(9, 9, open_cases=4)])
        export_work(db, WEST, tmp_path / "a.csv", HAND, "zh")
        with db.write() as conn:  # the units are numbered from the other end
            conn.exec_driver_sql(
                "update fabric_arc set left_unit = 99 - left_unit, right_unit = 99 - right_unit where fabric_id ="
                " (select id from fabric where is_cut)"
            )
        with pytest.raises(BadRows) as refused:
            import_work(db, tmp_path / "a.csv", ImportOptions(data_date=DAY), AT)
        assert {fault["key"] for fault in refused.value.evidence["faults"]} == {"work_unit_elsewhere"}
        work = list_work(db, WEST, HAND)  # counts lie where they lay, whatever the unit is called
        assert {int(no): n for no, n in zip(work.unit_no, work.of_kind["open_cases"], strict=True) if n > 0} == {
            99: 3,
            0: 4,
        }

    def test_looking_cuts_nothing(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        before = everything(db)
        with pytest.raises(NotFound) as refused:
            export_work(db, EAST, tmp_path / "east.csv", HAND, "en")
        assert refused.value.key == "work_nothing_to_list"
        assert everything(db) == before

    def test_what_is_refused(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        with pytest.raises(NotFound):
            export_work(db, "990101001009", tmp_path / "a.csv", HAND, "en")
        with pytest.raises(BadFile):
            export_work(db, WEST, tmp_path / "a.gpkg", HAND, "en")


def test_the_commands(db: Database, town: PlanTown, tmp_path: Path) -> None:
    out = tmp_path / "work.xlsx"
    assert gridcircle(db, "export", "work", str(out), "--community", WEST)[0] == 0
    file = write_csv(tmp_path / "work.csv", [row(0, 0, open_cases=3)])
    code, told = gridcircle(db, "import", "work", str(file), "--data-date", "2026-02-01")
    assert code == 0, told
    assert "open cases: 3" in told
    code, told = gridcircle(db, "import", "work", str(write_csv(file, [row(0, 0, open_cases="x")])), "--json")
    assert code == 1
    assert "work_count_expected" in told
    assert "counts of work" in gridcircle(db, "imports")[1]
