"""Posts of professionals in a real database: imported, changed by hand, followed through plans, ranked, missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geo.actions.city.plan_access import Hand
from geo.actions.dispatch.forget_positions import forget_positions
from geo.actions.dispatch.report_position import report_position
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_resources import import_resources
from geo.actions.imports.undo_import import undo_import
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_states import withdraw_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.actions.posts.assign_grids import assign_grids
from geo.actions.posts.edit_resource import edit_resource
from geo.actions.posts.read_assignments import read_assignments
from geo.actions.posts.tell_assignments import tell_gaps, tell_grids_of
from geo.errors import BadFile, BadMove, BadRows, Conflict, NotAllowed, NotFound, Refused, StaleVersion
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.plan_ops import Merge, Split
from geo.rules.professionals import professional_kinds
from geo.store import resources
from geo.store.database import Database
from tests.db.test_coverage_command import gridcircle
from tests.db.test_plan_codes import ALONG_700, DAY, edited, in_force
from tests.db.test_plans import accepted
from tests.plan_towns import HAND, PlanTown
from tests.small_town import AT, EAST, WEST, grid_boxes, grids, lonlat, write_csv, write_geojson
from webmap.pages.public import words

CODES = tuple(f"{WEST}{number:03}" for number in (1, 2, 3, 4))
OLD = f"{WEST}004"


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


def post(key: str, kind: str, codes: Sequence[str] | str, **more: Any) -> dict[str, Any]:
    lon, lat = lonlat(250, 750)
    told = codes if isinstance(codes, str) else ";".join(codes)
    return {"编号": key, "名称": f"岗{key}", "类型": kind, "经度": lon, "纬度": lat, "网格编码": told, **more}


def bring(db: Database, folder: Path, *rows: dict[str, Any], at: datetime = AT, **options: Any) -> ImportReport:
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = write_csv(folder / "posts.csv", [{name: row.get(name, "") for name in names} for row in rows])
    return import_resources(db, path, ImportOptions(source="posts", **options), at)


def ids(db: Database) -> list[int]:
    with db.read() as conn:
        return [one.id for one in resources.live(conn)]


def held(db: Database, post_id: int, at: datetime) -> set[int]:
    with db.read() as conn:
        return set(read_assignments(conn).grids_of(post_id, at))


def refused(db: Database, folder: Path, *rows: dict[str, Any]) -> list[tuple[int, str]]:
    with pytest.raises(BadRows) as error:
        bring(db, folder, *rows)
    with db.read() as conn:
        assert (
            conn.execute(text("select (select count(*) from resource) + (select count(*) from assignment)")).scalar()
            == 0
        )
    return [(fault["row"], fault["key"]) for fault in error.value.evidence["faults"]]


class TestImport:
    def test_posts_with_their_grids(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        one, two, three, _ = town.grid
        report = bring(
            db, tmp_path, post("1", "驻格民警", CODES[:2]), post("2", "律师", CODES[2], 值班时间="Mo-Fr 09:00-17:00")
        )
        assert (report.added, report.totals["grids_assigned"]) == (2, 3)
        with db.read() as conn:
            police, lawyer = resources.live(conn)
        assert (police.kind, police.position_at, police.services) == ("police_officer", None, ("纠纷调解", "治安"))
        assert (lawyer.kind, lawyer.duty_hours) == ("lawyer", "Mo-Fr 09:00-17:00")
        assert held(db, police.id, AT) == {one, two}
        assert held(db, lawyer.id, AT) == {three}
        assert held(db, police.id, AT - timedelta(seconds=1)) == set()

    def test_once_more_changes_nothing_and_another_file_ends_and_begins(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        one, two, three, _ = town.grid
        bring(db, tmp_path, post("1", "police_officer", CODES[:2]))
        again = bring(db, tmp_path, post("1", "police_officer", CODES[:2]), at=AT + DAY)
        assert (again.import_id, again.unchanged) == (None, 1)
        other = bring(db, tmp_path, post("1", "police_officer", CODES[1:3]), at=AT + 2 * DAY)
        assert (other.changed, other.unchanged) == (1, 0), "the grids are the post's, too"
        (police,) = ids(db)
        assert [held(db, police, AT + days * DAY) for days in (0, 1, 2)] == [{one, two}, {one, two}, {two, three}]
        assert other.import_id is not None
        undo_import(db, other.import_id, AT + 3 * DAY)
        assert held(db, police, AT + 3 * DAY) == {one, two}

    def test_a_file_without_a_column_of_grids_says_nothing_of_them(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        bring(db, tmp_path, post("1", "法官", CODES[:2]))
        row = post("1", "法官", "")
        bring(db, tmp_path, {name: value for name, value in row.items() if name != "网格编码"}, at=AT + DAY)
        assert len(held(db, ids(db)[0], AT + 2 * DAY)) == 2
        bring(db, tmp_path, row, at=AT + 2 * DAY)  # an empty cell says that there are none
        assert held(db, ids(db)[0], AT + 2 * DAY) == set()

    def test_days_of_the_file(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        bring(db, tmp_path, post("1", "检察官", CODES[0], 起始日期="2026-03-10", 截止日期="2026-04-01"))
        (only,) = ids(db)
        days = ("2026-03-09T23:59+08:00", "2026-03-10T00:00+08:00", "2026-03-31T23:59+08:00", "2026-04-01T00:00+08:00")
        assert [bool(held(db, only, datetime.fromisoformat(at))) for at in days] == [False, True, True, False]

    @pytest.mark.parametrize(
        ("row", "key"),
        [
            (post("1", "民警", f"{WEST}099"), "assigned_grid_unknown"),
            (post("1", "民警", f"{WEST}001;12"), "code_length"),
            (post("1", "民警", "一号网格"), "code_not_digits"),
            (post("1", "民警", CODES[0], 起始日期="2026-03-10", 截止日期="2026-03-10"), "assigned_backwards"),
            (post("1", "民警", CODES[0], 起始日期="2020-01-01"), "assigned_grid_unknown"),
            (post("1", "patrol", CODES[0], 定位时间="2026-03-01 08:00"), "assigned_kind_without"),
            (post("1", "patrol", "", 定位时间=""), "value_missing"),
            (post("1", "民警", CODES[0], 值班时间="上班时"), "row_hours_unreadable"),
        ],
    )
    def test_rows_that_are_refused_change_nothing(
        self, db: Database, town: PlanTown, tmp_path: Path, row: dict[str, Any], key: str
    ) -> None:
        rows = row, post("2", "法官", CODES[0])
        if "定位时间" in row:
            rows = row, {**rows[1], "定位时间": ""}
        assert refused(db, tmp_path, *rows) == [(2, key)]

    def test_one_grid_for_two_posts_of_a_kind(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = post("1", "民警", CODES[:2]), post("2", "警务岗", CODES[1:3]), post("3", "法官", CODES[:2])
        assert refused(db, tmp_path, *rows) == [(3, "assigned_twice")]

    @pytest.mark.parametrize(
        "name", ["姓名", "民警姓名", "手机号", "联系电话", "负责人", "officer_name", "Mobile", "id card", "警号"]
    )
    def test_who_holds_a_post_is_not_asked(self, db: Database, town: PlanTown, tmp_path: Path, name: str) -> None:
        with pytest.raises(Refused) as error:
            bring(db, tmp_path, {**post("1", "民警", CODES[0]), name: "张三 13800000000"})
        assert error.value.key == "burden_refused"
        assert "张三" not in error.value.in_language("zh")
        assert ids(db) == []

    @pytest.mark.parametrize("name", ["值班电话", "duty_phone", "备注"])
    def test_what_is_the_posts_own_passes(self, db: Database, town: PlanTown, tmp_path: Path, name: str) -> None:
        assert bring(db, tmp_path, {**post("1", "民警", CODES[0]), name: "0999-5550100"}).added == 1

    def test_what_moves_was_somewhere_at_some_time(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        with pytest.raises(BadFile, match="position_at"):
            bring(db, tmp_path, post("1", "patrol", ""))

    def test_a_warm_team_of_many_grids_is_told(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        report = bring(db, tmp_path, post("1", "暖心小分队", CODES[:2]))
        assert "assigned_many" in {note.key for note in report.notes}

    def test_grids_that_somebody_has_are_not_undone(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        posts = bring(db, tmp_path, post("1", "民警", CODES[:2]))
        with db.read() as conn:
            brought = conn.execute(text("select max(id) from import_batch where kind = 'grids'")).scalar_one()
        with pytest.raises(BadMove, match="use"):
            undo_import(db, brought, AT)
        undo_import(db, posts.import_id or 0, AT)
        assert ids(db) == []


class TestPlans:
    def test_split_and_merge(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """The north-western grid is cut in two, the southern ones become one: who had them has what they became."""
        one, two, three, four = town.grid
        bring(db, tmp_path, post("1", "民警", CODES[0]), post("2", "警务岗", CODES[3]), post("3", "法官", CODES[1:3]))
        in_force(db, 10, Split(one, ALONG_700), Merge((three, four)))
        with db.read() as conn:
            (new,) = conn.execute(text("select max(grid_id) from plan_grid")).scalars()
        north, south, judge = ids(db)
        days = AT + 9 * DAY, AT + 10 * DAY
        assert [held(db, north, at) for at in days] == [{one}, {one, new}]
        assert [held(db, south, at) for at in days] == [{four}, {three}]
        assert [held(db, judge, at) for at in days] == [{two, three}] * 2
        last = tell_grids_of(db, south)
        assert [(row.code, row.from_code, row.until is None) for row in last] == [
            (OLD, None, False),
            (CODES[2], OLD, True),
        ]
        gaps = {one.kind.key: one for one in tell_gaps(db, AT + 10 * DAY).kinds}
        assert (gaps["police_officer"].grids, [grid.id for grid in gaps["police_officer"].without]) == (4, [two])

    def test_a_plan_of_a_later_day_that_is_withdrawn_changes_nothing(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        three, four = town.grid[2:]
        bring(db, tmp_path, post("1", "民警", CODES[3]))
        plan = open_plan(db, WEST, None, None, HAND).plan
        version = edited(db, plan, Merge((three, four)))
        done = publish_plan(db, plan.id, version, accepted(view_plan(db, plan.id)), AT + 20 * DAY, HAND)
        assert done.followed == 1
        (only,) = ids(db)
        assert [held(db, only, AT + days * DAY) for days in (19, 20)] == [{four}, {three}]
        withdraw_plan(db, plan.id, done.plan.version, HAND)
        assert held(db, only, AT + 20 * DAY) == {four}

    def test_a_file_with_a_code_that_is_no_longer_in_use(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        three, four = town.grid[2:]
        in_force(db, 10, Merge((three, four)))
        report = bring(db, tmp_path, post("1", "民警", OLD), at=AT + 11 * DAY)
        assert held(db, ids(db)[0], AT + 11 * DAY) == {three}
        (note,) = [note for note in report.notes if note.key == "assigned_code_old"]
        assert (note.evidence["code"], note.evidence["heirs"]) == (OLD, CODES[2])

    def test_a_file_of_grids_that_says_nothing_of_what_became_of_one(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        three, four = town.grid[2:]
        bring(db, tmp_path, post("1", "民警", CODES[3]))
        boxes = {code: box for code, box in grid_boxes().items() if code in CODES[:2]}
        boxes[CODES[2]] = (0, 0, 1000, 500)
        path = write_geojson(tmp_path / "new.geojson", grids(boxes, chief_filled="yes", member_filled="yes"))
        import_grids(db, path, ImportOptions(source="test", publish=True, replace=True), AT + 5 * DAY)
        (only,) = ids(db)
        assert [held(db, only, AT + days * DAY) for days in (4, 5)] == [{four}, {three}]


class TestByHand:
    def test_grids_from_a_moment_on(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        one, two, three, _ = town.grid
        bring(db, tmp_path, post("1", "民警", CODES[:2]))
        (only,) = ids(db)
        hand = Hand(AT + DAY)
        changed = assign_grids(db, only, CODES[1:3], None, 1, hand)
        assert (changed.version, held(db, only, AT), held(db, only, AT + DAY)) == (2, {one, two}, {two, three})
        with pytest.raises(StaleVersion):
            assign_grids(db, only, [], None, 1, hand)
        with pytest.raises(Refused, match=f"{WEST}099"):
            assign_grids(db, only, [f"{WEST}099"], None, 2, hand)
        with pytest.raises(NotFound):
            assign_grids(db, 99, [], None, 1, hand)
        assign_grids(db, only, [], AT + 3 * DAY, 2, hand)
        assert [len(held(db, only, AT + days * DAY)) for days in (2, 3)] == [2, 0]
        assign_grids(db, only, CODES[:1], AT + 9 * DAY, 3, hand)
        assign_grids(db, only, CODES[1:2], AT + 2 * DAY, 4, hand)  # and no others, whatever was to come
        assert [held(db, only, AT + days * DAY) for days in (2, 9)] == [{two}, {two}]

    def test_what_was_said_here_since_is_not_undone_by_a_file(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        bring(db, tmp_path, post("1", "民警", CODES[:2], 起始日期="2026-03-02"))
        (only,) = ids(db)
        assign_grids(db, only, CODES[2:], None, 1, Hand(AT + DAY))
        report = bring(db, tmp_path, post("1", "民警", CODES[:2], 起始日期="2026-03-02"), at=AT + 2 * DAY)
        assert "assigned_newer_here" in {note.key for note in report.notes}
        assert held(db, only, AT + 2 * DAY) == set(town.grid[2:])

    def test_an_import_that_was_changed_by_hand_since_stays(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        report = bring(db, tmp_path, post("1", "民警", CODES[:2]))
        assign_grids(db, ids(db)[0], [], None, 1, Hand(AT + DAY))
        with pytest.raises(BadMove, match="since"):
            undo_import(db, report.import_id or 0, AT + 2 * DAY)

    def test_within_the_area_alone(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        bring(db, tmp_path, post("1", "民警", CODES[:2]))
        with db.read() as conn:
            east, west = (
                conn.execute(text("select id from area where code = :code"), {"code": code}).scalar_one()
                for code in (EAST, WEST)
            )
        (only,) = ids(db)
        with pytest.raises(NotAllowed):
            assign_grids(db, only, CODES[:1], None, 1, Hand(AT + DAY, east))
        with pytest.raises(NotAllowed):
            edit_resource(db, only, {"staff": 0}, 1, Hand(AT + DAY, east))
        assert assign_grids(db, only, CODES[:1], None, 1, Hand(AT + DAY, west)).version == 2

    def test_staff_and_hours(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        bring(db, tmp_path, post("1", "民警", CODES[:2]))
        (only,) = ids(db)
        changed = edit_resource(db, only, {"staff": 3, "duty_hours": "Mo-Fr 09:00-12:00"}, 1, HAND)
        assert (changed.staff, changed.duty_hours, changed.version) == (3, "Mo-Fr 09:00-12:00", 2)
        with pytest.raises(StaleVersion):
            edit_resource(db, only, {"staff": 1}, 1, HAND)
        with pytest.raises(Refused):
            edit_resource(db, only, {"duty_hours": "上班时"}, 2, HAND)

    def test_no_grids_for_a_team_and_no_track_of_a_post(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        bring(
            db,
            tmp_path,
            {**post("1", "patrol", ""), "定位时间": "2026-03-01 08:00"},
            {**post("2", "民警", ""), "定位时间": ""},
        )
        team, police = ids(db)
        with pytest.raises(BadMove, match="patrol"):
            assign_grids(db, team, CODES[:1], None, 1, HAND)
        with pytest.raises(Conflict, match="fixed place"):
            report_position(db, police, lonlat(100, 100), AT, HAND)
        forget_positions(db, AT + 40 * DAY)
        assert ids(db) == [police], "the place of a post is no trace of anybody"


def test_gaps_by_kind_area_and_day(db: Database, town: PlanTown, tmp_path: Path) -> None:
    bring(db, tmp_path, post("1", "民警", CODES[:3]), post("2", "暖心小分队", CODES[0]), post("3", "调解员", CODES))
    told = tell_gaps(db, AT)
    counts = {one.kind.key: (one.posts, one.grids, one.assigned, len(one.without)) for one in told.kinds}
    assert counts == {
        "police_officer": (1, 4, 3, 1),
        "judge": (0, 4, 0, 4),
        "prosecutor": (0, 4, 0, 4),
        "lawyer": (0, 4, 0, 4),
        "mediator": (1, 4, 4, 0),
        "warm_team": (1, 4, 1, 3),
    }
    assert [grid.code for grid in told.kinds[0].without] == [OLD]
    assert tell_gaps(db, AT - timedelta(minutes=1)).kinds[0].grids == 0, "no grid was in force then"
    assert [one.kind.key for one in tell_gaps(db, AT, "lawyer", WEST).kinds] == ["lawyer"]
    assert tell_gaps(db, AT).inputs_hash == told.inputs_hash != tell_gaps(db, AT, "lawyer").inputs_hash
    assign_grids(db, ids(db)[0], CODES, None, 1, replace(HAND, at=AT + DAY))
    assert tell_gaps(db, AT + DAY).kinds[0].without == []
    assert tell_gaps(db, AT).inputs_hash == told.inputs_hash, "of that day nothing has changed"
    with pytest.raises(Refused, match="patrol"):
        tell_gaps(db, AT, "patrol")


def test_the_commands(db: Database, town: PlanTown, tmp_path: Path) -> None:
    bring(db, tmp_path, post("1", "律师", CODES[:3]))
    (only,) = ids(db)
    out = tmp_path / "gaps.csv"
    code, told = gridcircle(db, "dispatch", "assigned", "--kind", "lawyer", "--out", str(out))
    assert code == 0, told
    assert told.splitlines()[0] == "Lawyer's post: 1 of 4 grids have none (posts: 1, grids with one: 3)."
    assert OLD in told.splitlines()[1]
    assert "assigned-1" in told
    assert OLD in out.read_text(encoding="utf-8-sig")
    code, told = gridcircle(db, "dispatch", "assign", str(only), *CODES[2:], "--json")
    assert code == 0, told
    assert [row["code"] for row in json.loads(told)["grids"] if row["until"] is None] == list(CODES[2:])
    code, told = gridcircle(db, "dispatch", "assigned", "--kind", "lawyer", "--json")
    (kind,) = json.loads(told)["kinds"]
    assert [grid["code"] for grid in kind["list"]] == list(CODES[:2])
    assert gridcircle(db, "dispatch", "assign", str(only), f"{WEST}099")[0] == 1


def test_pages_call_kinds_as_the_catalogue_does() -> None:
    for kind in professional_kinds().values():
        if kind.family == "resource":
            said = words()[f"resource_{kind.key}"]
            assert (said["zh"], said["en"]) == (kind.name.name_zh, kind.name.name_en)
