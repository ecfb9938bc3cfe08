"""Orders of a hotline in a real database: read, placed, merged, dated; the same file twice is one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from openpyxl import Workbook
from sqlalchemy import text

from geo.actions.cases.import_orders import import_orders
from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.cases.step_incident import Placing, place_incident, step_incident
from geo.actions.city.create_token import create_token
from geo.actions.city.plan_access import Hand
from geo.actions.imports.undo_import import undo_import
from geo.case_clocks import Passage, dues_of
from geo.case_reasons import reason_of
from geo.case_states import Said, Stage
from geo.cases import Step
from geo.compute.datums import from_wgs84
from geo.errors import BadFile, BadRows, Conflict, Refused
from geo.imports.options import ImportOptions
from geo.orders import OrderWish
from geo.store import cases
from geo.store.database import Database
from geo.text_masks import masked
from tests.order_files import (
    CITY,
    DESK,
    DONE,
    HOUR,
    MONDAY,
    NEWER,
    NOW,
    SENT,
    Row,
    asked,
    at,
    case,
    count,
    desk_moves,
    done,
    moves,
    newer,
    order,
    refuse_unlawful,
    sent,
    steps,
    take,
    warn_at,
    write,
)
from tests.plan_towns import PlanTown
from tests.small_town import everything, lonlat


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


class TestOne:
    def test_it_is_the_case_that_a_desk_would_have_made(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """Place, grid, neighbours, unit, level, deadlines: the same as of a report taken in at that moment."""
        for number, (x, y) in enumerate([(250, 750), (485, 750), (490, 510), (1500, 400)]):
            take(db, tmp_path, [order(f"F{number}", place=(x, y), 问题分类=["0101", "0302", "0401", "9003"][number])])
            told = Report(["0101", "0302", "0401", "9003"][number], MONDAY, "member", "…", lonlat(x, y))
            byhand = report_incident(db, told, DESK, Hand(MONDAY), uuid4().hex).case
            brought = case(db, f"F{number}")
            for name in (
                "stage",
                "state",
                "category",
                "item",
                "catalogue_version",
                "need",
                "level",
                "unit",
                "grid_id",
                "plan_id",
                "plan_version",
                "border_grid_ids",
                "stage_since",
                "stage_due_at",
                "due_at",
                "is_due_sure",
                "version",
                "occurred_at",
                "reported_at",
            ):
                assert getattr(brought, name) == getattr(byhand, name), name
            assert brought.lonlat == pytest.approx(byhand.lonlat, abs=2e-7)
        assert case(db, "F2").border_grid_ids

    def test_its_unit_is_warned_as_of_a_report_by_hand(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """At the same moment; not where the deadline had passed when the file came, and anew when it is sent on."""
        take(db, tmp_path, [order("W1")], at=MONDAY)
        told = Report("0101", MONDAY, "member", "…", lonlat(900, 100))
        byhand = report_incident(db, told, DESK, Hand(MONDAY), uuid4().hex).case
        assert warn_at(db, case(db, "W1").id) == warn_at(db, byhand.id)
        take(db, tmp_path, [sent("W1")], at=SENT)
        step_incident(db, byhand.id, 1, "dispatch", Said(SENT, unit="队"), Hand(SENT), DESK)
        assert warn_at(db, case(db, "W1").id) == warn_at(db, byhand.id) is not None
        take(db, tmp_path, [order("W2", place=(100, 100)), sent("W3", place=(500, 100))], at=NOW)
        assert [warn_at(db, case(db, number).id) for number in ("W2", "W3")] == [None, None]

    def test_one_that_was_closed_comes_in_closed_with_its_times(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        sent, done = MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=5)
        row = order(
            "A1",
            承办单位="市容环卫中心",
            派单时间=f"{sent:%Y/%m/%d %H:%M}",
            办结时间=f"{done:%Y年%m月%d日 %H:%M}",
            办理结果="已清运",
        )
        take(db, tmp_path, [row])
        found = case(db, "A1")
        assert (found.stage, found.state, found.unit, found.version) == ("closed", "closed", "市容环卫中心", 3)
        assert (found.stage_since, found.stage_due_at) == (done, None)
        assert [(s.move, s.from_stage, s.to_stage, s.at, s.seq) for s in steps(db, "A1")] == [
            ("report", None, "filed", MONDAY, 1),
            ("dispatch", "filed", "dispatched", sent, 2),
            ("settle", "dispatched", "closed", done, 3),
        ]
        assert steps(db, "A1")[2].reason == "已清运"

    def test_one_that_was_sent_on_has_the_handling_clock(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [order("A1", 承办单位="市容环卫中心", 派单时间="2026-03-02 10:00")])
        found = case(db, "A1")
        assert found.stage == "dispatched"
        assert found.stage_due_at == datetime(2026, 3, 3, 18, tzinfo=CITY)  # one work day
        assert found.due_at == datetime(2026, 3, 5, 18, tzinfo=CITY)

    def test_without_a_place_it_waits_to_be_located(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        report = take(db, tmp_path, [order("A1", place=None), order("A2", place=None, 办结时间="2026-03-03 10:00")])
        assert (case(db, "A1").stage, case(db, "A1").unit) == ("collected", None)
        assert case(db, "A2").stage == "closed"
        assert report.totals["to_locate"] == 1

    def test_nothing_and_nowhere(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [order("A1", place=None, 经度="0", 纬度="0.0")])
        assert case(db, "A1").lonlat is None

    def test_no_number_of_a_person_is_kept(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        row = order(
            "A1",
            诉求内容="张某 138-0013-8000 来电",
            联系电话="13900139000",
            办理结果="已联系 15020319900101123X",
            办结时间="2026-03-03 10:00",
        )
        report = take(db, tmp_path, [row])
        assert report.totals["numbers_masked"] == 2
        assert "order_numbers_masked" in {note.key for note in report.notes}
        with db.read() as conn:
            kept = str(
                conn.execute(
                    text("select i::text, s::text, b::text from incident i, incident_step s, import_batch b")
                ).all()
            )
        for digits in ("0013", "13900139000", "19900101"):
            assert digits not in kept
        assert case(db, "A1").text == "张某 *** 来电"

    @pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
    def test_a_shifted_place_is_put_right(self, db: Database, town: PlanTown, tmp_path: Path, datum: str) -> None:
        lon, lat = from_wgs84(np.array([lonlat(250, 750)]), datum)[0].tolist()
        shifted = {"place": None, "经度": lon, "纬度": lat}
        take(db, tmp_path, [order("A1", **shifted)], OrderWish(datum=datum))
        take(db, tmp_path, [order("A2", MONDAY + timedelta(days=3), **shifted, 坐标系=datum)])
        for number in ("A1", "A2"):
            assert case(db, number).lonlat == pytest.approx(lonlat(250, 750), abs=1e-6)

    def test_the_narrowest_word_that_is_known_says_the_item(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [
            order("A1", 问题分类="垃圾 > 噪音扰民"),
            order("A2", 问题分类="不详", 三级分类="欠薪"),
            order("A3", 问题分类=""),
        ]
        rows[0] |= {"三级分类": ""}
        rows[2] |= {"三级分类": "", "place": ""}
        with pytest.raises(BadRows):
            take(db, tmp_path, [{k: v for k, v in row.items() if k != "place"} for row in rows])
        report = take(
            db, tmp_path, [{k: v for k, v in row.items() if k != "place"} for row in rows], OrderWish(else_item="供热")
        )
        assert report.added == 3
        assert [case(db, n).item for n in ("A1", "A2", "A3")] == ["0302", "9003", "9001"]


class TestMerging:
    def test_the_same_matter_is_one_and_both_sides_keep_it(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        later = MONDAY + timedelta(hours=2)
        report = take(db, tmp_path, [order("B2", later, (290, 750)), order("B1"), order("B3", later, (310, 750))])
        assert report.totals["matters"] == 2  # 60 m are too far
        assert report.totals["merged_by_place"] == 1
        first, second = case(db, "B1"), case(db, "B2")
        assert (second.stage, second.merged_into_id, second.state) == ("merged", first.id, "closed")
        assert [(s.move, s.at, s.said.get("merged")) for s in steps(db, "B1")] == [
            ("report", MONDAY, None),
            ("absorb", later, second.id),
        ]
        assert steps(db, "B1")[1].said["number"] == "B2"
        assert [s.move for s in steps(db, "B2")] == ["report", "merge"]
        assert (first.version, second.version, first.stage) == (2, 2, "filed")
        assert case(db, "B3").stage == "filed"

    def test_the_same_caller_with_the_same_matter(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [
            order("B1", 联系电话="0471-6543210"),
            order("B2", MONDAY + timedelta(days=3), (900, 100), 联系电话="+86 471 6543210"),
            order("B3", MONDAY + timedelta(days=3), (900, 400), 联系电话="04716543211"),
            order("B4", MONDAY + timedelta(days=3), (100, 100), 联系电话="04716543210", 问题分类="欠薪"),
        ]
        report = take(db, tmp_path, rows)
        assert (report.totals["matters"], report.totals["merged_by_caller"]) == (3, 1)
        assert case(db, "B2").merged_into_id == case(db, "B1").id

    def test_the_code_of_the_thing_comes_along(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        code = next(code for n in range(10) if masked(code := f"990101010200000{n}").total)
        known = dict(enumerate(("ld-0017", code, "13800138000", "路灯", ""), start=1))
        report = take(db, tmp_path, [order(f"B{n}", place=(300 * n, 100), 部件编码=said) for n, said in known.items()])
        assert [case(db, f"B{n}").asset for n in known] == ["LD-0017", code, None, None, None]
        assert [note.evidence for note in report.notes if note.key == "order_assets_unknown"] == [{"count": 2}]

    def test_an_order_that_names_the_other(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [
            order("B1"),
            order("B2", MONDAY + timedelta(days=2), None, 重复工单号="B1", 问题分类="欠薪"),
            order("B3", MONDAY + timedelta(days=3), None, 重复工单号="B2"),
            order("B4", MONDAY + timedelta(days=3), None, 重复工单号="nobody"),
        ]
        report = take(db, tmp_path, rows)
        assert report.totals["merged_by_link"] == 2
        assert {case(db, n).merged_into_id for n in ("B2", "B3")} == {case(db, "B1").id}
        assert "orders_repeat_apart" in {note.key for note in report.notes}
        assert steps(db, "B4")[0].said["repeat_of"] == "nobody"

    def test_what_had_ended_takes_in_nobody(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        done = f"{MONDAY + timedelta(hours=3):%Y-%m-%d %H:%M}"
        rows = [
            order("B1", 办结时间=done),
            order("B2", MONDAY + timedelta(hours=1)),
            order("B3", MONDAY + timedelta(hours=4), 重复工单号="B1"),
        ]
        take(db, tmp_path, rows)
        assert case(db, "B2").stage == "merged"
        assert case(db, "B3").stage == "filed"
        assert [s.move for s in steps(db, "B1")] == ["report", "absorb", "settle"]

    def test_a_case_of_a_desk_takes_in_calls_of_a_file(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        told = Report("0101", MONDAY, "member", "…", lonlat(260, 750))
        there = report_incident(db, told, DESK, Hand(MONDAY), uuid4().hex).case
        take(db, tmp_path, [order("B1", MONDAY + timedelta(hours=1)), order("B2", MONDAY + timedelta(hours=2))])
        with db.read() as conn:
            now, done = cases.get_case(conn, there.id), cases.steps_of(conn, there.id)
        assert [(s.move, s.seq) for s in done] == [("report", 1), ("absorb", 2), ("absorb", 3)]
        assert (now.version, now.stage) == (3, "filed")
        assert {case(db, n).merged_into_id for n in ("B1", "B2")} == {there.id}
        step_incident(db, there.id, 3, "dispatch", Said(NOW, unit="x"), Hand(NOW), DESK)  # and goes on as any other

    def test_an_order_taken_in_by_hand_is_known_to_the_file(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        report_incident(db, Report("0101", MONDAY, "hotline", source_key="B1"), DESK, Hand(MONDAY), uuid4().hex)
        report = take(db, tmp_path, [order("B1", 诉求内容="别的说法")])
        assert (report.added, report.changed, count(db, "incident")) == (0, 1, 1)
        assert (case(db, "B1").text, moves(db, "B1")[1][0]) == (None, "file")  # it is located, its words are the desk's
        assert case(db, "B1").grid_id is not None


class TestFiles:
    def test_the_same_file_again_changes_nothing(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [order(f"C{n}", MONDAY + timedelta(hours=n), (100 + 30 * n, 300)) for n in range(20)]
        first = take(db, tmp_path, rows)
        before = everything(db)
        again = take(db, tmp_path, rows, at=NOW + timedelta(days=1))
        assert (again.added, again.unchanged, again.import_id) == (0, 20, None)
        assert everything(db) == before
        assert first.totals["matters"] + first.totals["merged_by_place"] == 20

    def test_two_at_once_are_one(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        numbers = {letter: [f"{letter}{n}" for n in range(60)] for letter in "Cc"}
        paths = [
            write(tmp_path / f"{letter}.csv", [order(number, MONDAY + n * HOUR) for n, number in enumerate(some)])
            for letter, some in numbers.items()
        ]
        with ThreadPoolExecutor(2) as two:
            reports = list(
                two.map(lambda path: import_orders(db, path, ImportOptions(), OrderWish(), DESK, NOW), paths)
            )
        assert sorted((report.added, report.unchanged) for report in reports) == [(0, 60), (60, 0)]
        refuse_unlawful(db)

    @pytest.mark.parametrize("typed", ["gd-Ab１", "GD-AB1", " ＧＤ-ab1\u3000"])
    def test_a_number_written_otherwise_is_the_same(
        self, db: Database, town: PlanTown, tmp_path: Path, typed: str
    ) -> None:
        take(db, tmp_path, [order("Gd-aB1"), order("GD-AB2", MONDAY + HOUR, (900, 100))])
        report_incident(db, Report("0101", MONDAY, "hotline", source_key="x-9"), DESK, Hand(MONDAY), uuid4().hex)
        rows = [
            order(typed),
            order("X-9"),
            order("GD-3", MONDAY + 9 * HOUR, None, 问题分类="欠薪", 重复工单号="gd-ab2"),
        ]
        report = take(db, tmp_path, rows)
        known = (report.unchanged, report.changed)  # the desk's had no place
        assert (report.added, *known, report.totals["merged_by_link"]) == (1, 1, 1, 1)
        assert case(db, "Gd-aB1").source_key == "Gd-aB1"  # as it was typed
        with pytest.raises(Conflict, match="X-9"):
            report_incident(db, Report("0101", MONDAY, "hotline", source_key="X-9"), DESK, Hand(MONDAY), uuid4().hex)
        with pytest.raises(BadRows, match="row 2"):
            take(db, tmp_path, [order("GD-7"), order("gd-7")])

    def test_numbers_taken_out_are_counted_once(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [order("C1", 诉求内容="回电 13800138000"), order("C2", MONDAY + HOUR)]
        feedback = "已回电 13900139000"
        counted = []
        for row in (rows[1], done("C2", 来电时间=at(MONDAY + HOUR)) | {"办理结果": feedback}):
            report = take(db, tmp_path, [rows[0], row])
            noted = [note.evidence["phone"] for note in report.notes if note.key == "order_numbers_masked"]
            counted.append((report.totals["numbers_masked"], noted))
        assert counted == [(1, [1]), (1, [1])]  # the text's, then the feedback's
        again = take(db, tmp_path, [rows[0]])
        assert again.totals["numbers_masked"] == 0
        assert "order_numbers_masked" not in {note.key for note in again.notes}

    def test_an_order_whose_number_is_a_phone(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        phones = ["13800138000", "13800138001"]
        rows = [order(phone, place=(100 + 300 * n, 300)) for n, phone in enumerate(phones)]
        rows.append(order("C3", MONDAY + 30 * HOUR, None, 重复工单号=phones[1]))
        assert take(db, tmp_path, rows).totals["merged_by_link"] == 1
        assert "1380013" not in str(everything(db))
        assert take(db, tmp_path, rows).unchanged == 3
        with db.write() as conn:  # as it was kept before numbers were masked
            first = text("update incident set source_key = :key where id = (select min(id) from incident)")
            conn.execute(first, {"key": phones[0]})
        assert take(db, tmp_path, rows).unchanged == 3

    def test_rejected_rows_hold_no_number_of_a_person(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """Not in the file to be mended, nor in the reasons, nor in what is kept of the report; codes stay."""
        row = order("C1", 来电时间="13800138000", 诉求内容="卡 4111 1111 1111 1111", 联系电话="13900139000")
        row["网格编码"] = "150102320101001"
        good = order("C2") | {"网格编码": ""}
        report = take(db, tmp_path, [row, good], keep_going=True, rejected_dir=tmp_path / "rejected")
        written = Path(report.rejected_file or "").read_text(encoding="utf-8-sig")
        for told in (written, str(report.as_dict()), str(everything(db))):
            assert not any(number in told for number in ("13800138000", "4111 1111", "13900139000"))
        assert "150102320101001" in written
        assert "***" in written

    def test_in_parts_is_as_lawful_as_at_once(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [order(f"C{n}", MONDAY + timedelta(hours=n), (100 + 30 * n, 300)) for n in range(20)]
        for part in (rows[:7], rows[7:13], rows):
            take(db, tmp_path, part)
        refuse_unlawful(db)
        assert count(db, "incident") == 20

    def test_a_trial_changes_nothing_and_says_the_same(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows, before = [order("C1"), order("C2", MONDAY + timedelta(hours=1))], everything(db)
        trial = take(db, tmp_path, rows, OrderWish(is_dry_run=True, headers={"title": "承办单位"}))
        assert everything(db) == before
        real = take(db, tmp_path, rows)
        assert (trial.added, trial.totals) == (real.added, real.totals)
        assert trial.import_id is None

    def test_it_is_taken_back_as_a_whole(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        before = everything(db)
        report = take(db, tmp_path, [order("C1"), order("C2", MONDAY + timedelta(hours=1))])
        undo_import(db, report.import_id or 0, NOW + timedelta(hours=1))
        assert everything(db) == before

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
    def test_encodings_and_full_width_digits(self, db: Database, town: PlanTown, tmp_path: Path, encoding: str) -> None:
        row = order("２０２６００１", 来电时间="２０２６-０３-０２ ０９:００")
        path = write(tmp_path / "o.csv", [row], encoding)
        import_orders(db, path, ImportOptions(), OrderWish(), DESK, NOW)
        assert case(db, "2026001").occurred_at == MONDAY

    def test_a_workbook_with_merged_headers_and_numbers_for_codes(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        book = Workbook()
        sheet = book.active
        sheet.append(["12345 工单明细"])
        sheet.append(["工单编号", "诉求信息", None, None, "位置", None])
        sheet.append([None, "来电时间", "诉求内容", "问题分类", "经度", "纬度"])
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B2:D2")
        sheet.merge_cells("E2:F2")
        sheet.append([990101001001001, MONDAY.replace(tzinfo=None), "垃圾", "暴露垃圾", *lonlat(250, 750)])
        book.save(tmp_path / "o.xlsx")
        import_orders(db, tmp_path / "o.xlsx", ImportOptions(), OrderWish(), DESK, NOW)
        assert case(db, "990101001001001").occurred_at == MONDAY

    def test_headers_of_a_source_are_said_once(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        row = order("D1") | {"单据": "D1"}
        del row["工单编号"]
        with pytest.raises(BadFile, match="source_key"):
            take(db, tmp_path, [row])
        wish = OrderWish(headers={"source_key": "单据"})
        take(db, tmp_path, [row], wish, source="巴彦热线")
        assert case(db, "D1", "巴彦热线").stage == "filed"
        take(db, tmp_path, [row | {"单据": "D2"}], source="巴彦热线")
        assert case(db, "D2", "巴彦热线").id != case(db, "D1", "巴彦热线").id
        with pytest.raises(BadFile, match="单据"):
            take(db, tmp_path, [order("D3")], source="巴彦热线")


class TestLaterFiles:
    """What the register tells later, the case follows; what was done here meanwhile is not overwritten."""

    def test_the_case_follows_through_lawful_steps(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [order("L1"), order("L2", place=None, 问题分类="9003"), order("L3", place=(900, 100))])
        report = take(db, tmp_path, [done("L1"), sent("L2", place=None), done("L3", place=(900, 100))])
        assert (report.added, report.changed, report.unchanged) == (0, 3, 0)
        assert (report.totals["told_closed"], report.totals["told_sent"]) == (2, 3)
        assert moves(db, "L1")[1:] == [("dispatch", "dispatched", SENT), ("settle", "closed", DONE)]
        assert moves(db, "L2")[1:] == [("file", "filed", SENT), ("dispatch", "dispatched", SENT)]
        last = steps(db, "L1")[-1]
        assert (last.reason, last.said["import_id"], last.said["imported"]) == ("已清运", report.import_id, True)
        found = case(db, "L1")
        assert (found.state, found.stage_since, found.stage_due_at, found.updated_at) == ("closed", DONE, None, NOW)
        lived: list[tuple[datetime, Stage]] = [(MONDAY, "collected"), (SENT, "filed"), (SENT, "dispatched")]
        due = dues_of([Passage(*one) for one in lived], DESK.limits_of(case(db, "L2")), DESK.week)
        assert due.stage is not None
        assert case(db, "L2").stage_due_at == due.stage.at
        refuse_unlawful(db)

    def test_bit_by_bit_is_as_at_once(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        places = {"place": (900, 100)}
        for rows in ([order("L1")], [sent("L1")], [done("L1")], [done("L2", **places)]):
            take(db, tmp_path, rows)
        assert moves(db, "L1") == moves(db, "L2")
        one, other = case(db, "L1"), case(db, "L2")
        for name in ("stage", "state", "unit", "stage_since", "stage_due_at", "due_at", "is_due_sure", "version"):
            assert getattr(one, name) == getattr(other, name), name

    def test_the_same_later_file_again_changes_nothing(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [order("L1"), order("L2", MONDAY + timedelta(minutes=5))])  # the second is merged
        rows = [done("L1"), done("L2", 来电时间=at(MONDAY + timedelta(minutes=5)))]
        first = take(db, tmp_path, rows)
        assert (first.changed, first.totals["told_closed_merged"]) == (2, 1)
        before = everything(db)
        again = take(db, tmp_path, rows, at=NOW + timedelta(days=1))
        assert (again.added, again.changed, again.unchanged, again.import_id, asked(again)) == (0, 0, 2, None, [])
        assert everything(db) == before
        note = steps(db, "L2")[-1]
        assert (note.move, note.to_stage, note.at, note.reason) == ("note", "merged", DONE, "已清运")
        assert [s.move for s in steps(db, "L1")] == ["report", "absorb", "dispatch", "settle"]

    def test_a_call_after_the_closing_is_a_new_matter(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [order("L1")])
        take(db, tmp_path, [done("L1"), order("L2", DONE - timedelta(hours=1)), order("L3", DONE + timedelta(hours=1))])
        assert case(db, "L2").merged_into_id == case(db, "L1").id
        assert (case(db, "L3").stage, case(db, "L3").merged_into_id) == ("filed", None)
        refuse_unlawful(db)

    def test_what_a_desk_did_meanwhile_is_a_question(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """Each way in which both sides can differ; nothing is overwritten, and the answer says where and why."""
        token = create_token(db, name="desk of 李四", role="dispatcher", area_code=None, days=None, at=MONDAY)[0]
        desk = Hand(DONE + timedelta(hours=1), None, token.id, token.name)
        numbers = ["held", "later", "withdrawn", "earlier", "closed"]
        take(db, tmp_path, [order(n, place=(100 + 100 * k, 300)) for k, n in enumerate(numbers)])
        desk_moves(db, "held", "claim", desk)
        desk_moves(db, "later", "dispatch", desk, unit="队")
        desk_moves(db, "withdrawn", "withdraw", desk, reason="误报")
        desk_moves(db, "earlier", "dispatch", replace(desk, at=SENT), unit="队")
        for move in ("handle", "feed_back", "verify", "close"):
            desk_moves(db, "closed", move, desk, reason="好了")
        before = {n: (case(db, n), steps(db, n)) for n in numbers}
        rows = [done(n, place=(100 + 100 * k, 300)) for k, n in enumerate(numbers)]
        report = take(db, tmp_path, rows)
        assert asked(report) == [(2, "order_in_hand"), (3, "order_moved_since"), (4, "order_ended_otherwise")]
        assert (report.changed, report.unchanged, report.totals["questions"]) == (1, 4, 3)
        assert all((case(db, n), steps(db, n)) == before[n] for n in numbers if n != "earlier")
        assert moves(db, "earlier")[-1] == ("settle", "closed", DONE)
        told = " ".join(note.in_language(language) for note in report.notes for language in ("zh", "en"))
        assert f"desk {token.id} " in told
        assert "李四" not in told
        again = take(db, tmp_path, rows)
        assert (again.changed, asked(again)) == (0, asked(report))
        refuse_unlawful(db)

    def test_what_was_opened_again_here_stays_open(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [done("L1")])
        desk_moves(db, "L1", "reopen", Hand(DONE + timedelta(hours=2)), reason="未清", unit="队")
        assert take(db, tmp_path, [done("L1")]).changed == 0
        assert asked(take(db, tmp_path, [done("L1", DONE + timedelta(hours=1))])) == [(2, "order_moved_since")]
        take(db, tmp_path, [done("L1", DONE + timedelta(hours=9))])
        assert moves(db, "L1")[-1] == ("settle", "closed", DONE + timedelta(hours=9))
        assert asked(take(db, tmp_path, [done("L1", DONE + timedelta(hours=8))])) == [(2, "order_ended_otherwise")]

    def test_a_desk_that_is_quicker_is_not_overtaken(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        """A step that is taken between reading a case and holding it: the file waits, and asks."""
        take(db, tmp_path, [order("L1"), order("L2", place=(900, 100))])
        path = write(tmp_path / "orders.csv", [done("L1"), done("L2", place=(900, 100))])
        found = case(db, "L1")
        with ThreadPoolExecutor(1) as one:
            with db.write() as conn:
                version = cases.change_case(conn, cases.get_case(conn, found.id, lock=True), {}, NOW)
                taken = one.submit(import_orders, db, path, ImportOptions(), OrderWish(), DESK, NOW)
                with db.read() as other:
                    waits = text("select count(*) from pg_locks where not granted")
                    assert any(other.execute(waits).scalar_one() for _ in range(100_000))
                cases.insert_step(conn, Step(0, found.id, version, "claim", "filed", "filed", NOW, None, None, {}))
            report = taken.result()
        assert (report.changed, asked(report)) == (1, [(2, "order_changed_meanwhile")])
        assert (case(db, "L1").stage, case(db, "L2").stage) == ("filed", "closed")
        refuse_unlawful(db)

    def test_what_was_retired_stays_so(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [order("L1")])
        with db.write() as conn:
            conn.execute(text("update incident set retired_at = now()"))
        before = everything(db)
        report = take(db, tmp_path, [done("L1")])
        assert (report.changed, report.unchanged, asked(report)) == (0, 1, [])
        assert everything(db) == before

    def test_a_deferral_ends_with_the_closing(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        take(db, tmp_path, [sent("L1")])
        until, hand = MONDAY + timedelta(days=9), Hand(SENT + timedelta(hours=1))
        desk_moves(db, "L1", "defer", hand, reason="待料", until=until)
        take(db, tmp_path, [done("L1")])
        found = case(db, "L1")
        assert (found.stage, found.deferred_until, found.stage_due_at) == ("closed", None, None)
        refuse_unlawful(db)


class TestOtherwise:
    """What a later file takes back or says otherwise, the case follows; an older file says nothing."""

    def test_a_closing_that_is_taken_back_opens_the_case(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        first = [done("O1"), done("O2", place=(900, 100))]
        take(db, tmp_path, first)
        anew = NEWER - HOUR
        rows = [sent("O1"), sent("O2", place=(900, 100)) | {"派单时间": at(anew), "办理结果": "未清净"}, newer("O9")]
        report = take(db, tmp_path, rows)
        assert (report.changed, report.totals["told_reopened"], asked(report)) == (2, 2, [])
        assert moves(db, "O1")[-2:] == [("settle", "closed", DONE), ("reopen", "dispatched", NEWER)]
        assert moves(db, "O2")[-1] == ("reopen", "dispatched", anew)
        last, found = steps(db, "O1")[-1], case(db, "O1")
        assert "2026-03-02 15:00" in (reason_of(last, "zh") or "")
        assert steps(db, "O2")[-1].reason == "未清净"
        now = (found.stage, found.state, found.unit, found.stage_since)
        assert now == ("dispatched", "open", "市容环卫中心", NEWER)
        assert found.stage_due_at is not None
        before = everything(db)
        for again in (rows, first):  # the same file, and the one before it
            assert (take(db, tmp_path, again).changed, everything(db) == before) == (0, True)
        take(db, tmp_path, [done("O1", NEWER + HOUR), newer("O8", NEWER + 2 * HOUR)])
        assert case(db, "O1").stage == "closed"
        refuse_unlawful(db)

    def test_what_may_be_of_before_the_closing_opens_nothing(
        self, db: Database, town: PlanTown, tmp_path: Path
    ) -> None:
        before = [order("O1"), newer("O9", SENT)]
        take(db, tmp_path, before)
        take(db, tmp_path, [done("O1"), newer("O8")])
        state = steps(db, "O1")
        without_closings = [sent("O1"), newer("O7", NEWER + HOUR)]
        for row in without_closings:
            del row["办结时间"]
        for rows in (before, [sent("O1")], without_closings):
            take(db, tmp_path, rows)
            assert steps(db, "O1") == state

    def test_where_no_step_leads_on_a_person_is_asked(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [done("O1"), done("O2", 来电时间=at(MONDAY + timedelta(minutes=5)))]
        take(db, tmp_path, rows)
        desk_moves(db, "O1", "evaluate", Hand(DONE + HOUR))
        state = [steps(db, n) for n in ("O1", "O2")]
        report = take(db, tmp_path, [sent("O1"), sent("O2", 来电时间=at(MONDAY + timedelta(minutes=5))), newer("O9")])
        assert asked(report) == [(2, "order_open_again"), (3, "order_open_again")]
        assert [steps(db, n) for n in ("O1", "O2")] == state

    def test_text_place_and_unit_follow_the_register(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        rows = [order("T1"), order("T2", place=None, 问题分类="9003"), sent("T3", place=(900, 100))]
        take(db, tmp_path, rows)
        was = case(db, "T1")
        later = [
            order("T1", place=(750, 750), 诉求内容="改为 13800138000 来电", 承办单位="巴彦队"),
            order("T2", place=(250, 250), 问题分类="9003"),
            sent("T3", place=(900, 100)) | {"承办单位": "二队"},
            newer("T9"),
        ]
        report = take(db, tmp_path, later)
        assert (report.changed, report.totals["told_changed"], asked(report)[1:]) == (3, 3, [])
        assert [s.move for s in steps(db, "T1")] == ["report", "locate", "amend"]
        located, amended = steps(db, "T1")[1:]
        found = case(db, "T1")
        assert (located.said["grid_id"], located.said["from_grid_id"]) == (found.grid_id, was.grid_id)
        assert amended.said["changed"] == {"text": ["楼下垃圾无人清理", "改为 *** 来电"], "unit": [was.unit, "巴彦队"]}
        assert (found.text, found.unit, found.stage, found.version) == ("改为 *** 来电", "巴彦队", "filed", 3)
        earlier = MONDAY - timedelta(days=3)
        take(db, tmp_path, [order("T4", earlier, (750, 750)), order("T5", earlier, (250, 250), 问题分类="9003")])
        for number, fresh in (("T1", "T4"), ("T2", "T5")):  # as one that came in with that place
            for name in ("grid_id", "plan_id", "plan_version", "border_grid_ids", "level", "stage"):
                assert getattr(case(db, number), name) == getattr(case(db, fresh), name), name
        assert moves(db, "T3")[-1] == ("hand_over", "dispatched", NEWER)
        assert case(db, "T3").unit == "二队"
        state = everything(db)
        for again in (later, rows):
            take(db, tmp_path, again, at=NOW + 2 * HOUR)
            assert everything(db) == state
        refuse_unlawful(db)

    def test_what_a_desk_has_said_stays(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        token = create_token(db, name="desk", role="dispatcher", area_code=None, days=None, at=MONDAY)[0]
        take(db, tmp_path, [order(n, place=(100 + 200 * k, 300)) for k, n in enumerate(("held", "placed", "sent"))])
        desk_moves(db, "held", "claim", Hand(NOW, None, token.id, token.name))
        place_incident(db, case(db, "placed").id, 1, Placing(lonlat(900, 900)), Hand(NOW), DESK)
        desk_moves(db, "sent", "dispatch", Hand(NOW), unit="我们的队")
        state = everything(db)
        rows = [
            order("held", place=(100, 300), 诉求内容="另一内容"),
            order("placed", place=(100, 900)),
            order("sent", place=(500, 300), 承办单位="他们的队"),
        ]
        late = at(NOW - HOUR)
        report = take(db, tmp_path, [*rows, rows[0] | {"工单编号": "new", "来电时间": late, "问题分类": "9003"}])
        keys = [(2, "order_change_in_hand"), (3, "order_placed_here"), (4, "order_unit_here")]
        assert asked(report) == keys
        told = " ".join(note.in_language(language) for note in report.notes for language in ("zh", "en"))
        assert f"{token.id} 号席位" in told
        assert "text" in told
        undo_import(db, report.import_id or 0, NOW + HOUR)
        assert everything(db) == state


class TestTakingBack:
    """An import goes as a whole; what stays keeps its history, and says what is gone."""

    def test_a_matter_that_stays_says_what_left_it(self, db: Database, town: PlanTown, tmp_path: Path) -> None:
        first = take(db, tmp_path, [order("U1"), done("U0", place=(900, 100)), order("U9", MONDAY + HOUR)])
        later = [order(f"U{n}", MONDAY + n * HOUR) for n in (2, 3)]
        second = take(db, tmp_path, [*later, done("U9", 来电时间=at(MONDAY + HOUR))], at=NOW + HOUR)
        gone = [case(db, "U2").id, case(db, "U3").id]
        was = steps(db, "U1")
        undo_import(db, second.import_id or 0, NOW + 2 * HOUR)
        now = steps(db, "U1")
        assert now[: len(was)] == was
        assert [(s.move, s.said["merged"], s.said["number"], s.at) for s in now[len(was) :]] == [
            ("detach", gone[0], "U2", NOW + 2 * HOUR),
            ("detach", gone[1], "U3", NOW + 2 * HOUR),
        ]
        assert [s.move for s in steps(db, "U9")] == ["report", "merge", "note", "note"]
        assert count(db, "incident") == 3
        refuse_unlawful(db)
        again = take(db, tmp_path, [*later, done("U9", 来电时间=at(MONDAY + HOUR))], at=NOW + 3 * HOUR)
        assert (again.added, again.changed, again.totals["told_closed_merged"]) == (
            2,
            1,
            1,
        )  # as if it were the first time
        undo_import(db, again.import_id or 0, NOW + 4 * HOUR)
        undo_import(db, first.import_id or 0, NOW + 5 * HOUR)
        assert count(db, "incident") == count(db, "incident_step") == 0


BAD = [
    pytest.param({"工单编号": ""}, "no value|empty|missing", id="no number"),
    pytest.param({"工单编号": "1.5E+14"}, "rounded", id="rounded number"),
    pytest.param({"来电时间": "2027-01-01 09:00"}, "still to come", id="future"),
    pytest.param({"来电时间": "gestern"}, "gestern", id="no time"),
    pytest.param({"问题分类": "飞碟"}, "飞碟", id="unknown item"),
    pytest.param({"经度": 120.5, "纬度": 22.0}, "120.5", id="in the sea"),
    pytest.param({"经度": lonlat(250, 750)[1], "纬度": lonlat(250, 750)[0]}, "swapped|exchanged|round", id="swapped"),
    pytest.param({"纬度": ""}, "纬度", id="half a place"),
    pytest.param({"办结时间": "2026-03-01 10:00"}, "before", id="closed before the call"),
    pytest.param({"诉求内容": "x" * 5000}, "5000|5,000", id="too long"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_a_bad_row_is_told_and_changes_nothing(
    db: Database, town: PlanTown, tmp_path: Path, changes: Row, words: str
) -> None:
    before = everything(db)
    rows = [order("E1"), order("E2", MONDAY + timedelta(days=2)) | changes]
    with pytest.raises(BadRows, match=words):
        take(db, tmp_path, rows)
    assert everything(db) == before
    kept = take(db, tmp_path, rows, keep_going=True)
    assert (kept.read, kept.added, kept.rejected) == (2, 1, 1)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (OrderWish(else_item="飞碟"), "catalogue"),
        (OrderWish(datum="Pulkovo"), "Pulkovo"),
        (OrderWish(headers={"colour": "x"}), "colour"),
    ],
)
def test_a_bad_wish_changes_nothing(db: Database, town: PlanTown, tmp_path: Path, wish: OrderWish, words: str) -> None:
    before = everything(db)
    with pytest.raises(Refused, match=words):
        take(db, tmp_path, [order("E1")], wish)
    assert everything(db) == before


def test_hostile_text_is_text(db: Database, town: PlanTown, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\\N\t'; drop table incident; -- \\"
    take(db, tmp_path, [order("F1", 诉求内容=evil, 办理结果=evil, 承办单位=evil, 办结时间="2026-03-03 10:00")])
    assert case(db, "F1").text == evil.strip()
    assert steps(db, "F1")[-1].reason == evil.strip()


def test_a_random_month_is_lawful(db: Database, town: PlanTown, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    rows = []
    for number in range(400):
        at = MONDAY - timedelta(minutes=int(rng.integers(0, 30 * 1440)))
        sent, done = at + timedelta(hours=int(rng.integers(1, 30))), at + timedelta(hours=int(rng.integers(31, 90)))
        place = None if rng.random() < 0.3 else tuple(rng.uniform(0, 1000, 2).tolist())
        rows.append(
            order(
                f"G{number}",
                at,
                place,
                联系电话=f"0471654{int(rng.integers(1000, 1060))}" if rng.random() < 0.7 else "匿名",
                问题分类=str(rng.choice(["0101", "0302", "9003"])),
                派单时间=f"{sent:%Y-%m-%d %H:%M:%S}" if rng.random() < 0.7 else "",
                承办单位="单位",
                办结时间=f"{done:%Y-%m-%d %H:%M:%S}" if rng.random() < 0.5 and done < NOW else "",
                重复工单号=f"G{int(rng.integers(0, 400))}" if rng.random() < 0.1 else "",
            )
        )
    report = take(db, tmp_path, rows)
    refuse_unlawful(db)
    merged = sum(value for name, value in report.totals.items() if name.startswith("merged_by"))
    assert report.totals["matters"] + merged == report.added == 400
    with db.read() as conn:
        assert conn.execute(text("select count(*) from incident where stage = 'merged'")).scalar_one() == merged
        wrong = "border_area_ids is distinct from border_areas(border_grid_ids, grid_id)"
        assert conn.execute(text(f"select count(*) from incident where {wrong}")).scalar_one() == 0
    assert merged > 50
    assert replace(report, import_id=None).rejected == 0
