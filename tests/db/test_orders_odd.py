"""Odd files of orders: each gets a clear answer, and what we wrote ourselves comes back as it was typed."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from geo.actions.cases.import_orders import import_orders
from geo.errors import BadFile, BadRows
from geo.files.cells import FORMULA_STARTS, harmless, loosened
from geo.files.read import read_table
from geo.files.write import OutTable, write_tables
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.orders import OrderWish
from geo.store.database import Database
from tests.order_files import DESK, HOUR, MONDAY, NOW, case, count, order, take, write
from tests.plan_towns import PlanTown
from tests.small_town import everything, lonlat

HEADERS = ["工单编号", "来电时间", "诉求内容", "问题分类", "经度", "纬度"]


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


def book(path: Path, *rows: list[Any], hidden: bool = False, epoch: Any = None) -> Path:
    found = Workbook()
    if epoch is not None:
        found.epoch = epoch
    found.active.append(["说明"])
    sheet = found.create_sheet("工单")
    for row in (HEADERS, *rows):
        sheet.append(row)
    sheet.sheet_state = "hidden" if hidden else "visible"
    found.active.sheet_state = "visible" if hidden else "hidden"
    if hidden:
        found.active.delete_rows(1)
    else:
        found.active = 1
    found.save(path)
    return path


def row(number: Any = "X1", called: Any = "2026-03-02 09:00", text: str = "垃圾") -> list[Any]:
    return [number, called, text, "0101", *lonlat(250, 750)]


def land(db: Database, path: Path, **options: Any) -> ImportReport:
    return import_orders(db, path, ImportOptions(**options), OrderWish(), DESK, NOW)


@given(st.text(alphabet="=+-@＝＋－＠'\t\r\na1", max_size=5))
def test_a_guard_is_taken_off_as_it_was_put_on(text: str) -> None:
    kept = harmless(text)
    assert loosened(kept) == text
    assert not kept.startswith(FORMULA_STARTS)


def test_every_way_out_is_guarded(tmp_path: Path) -> None:
    """CSV has no other means; a workbook says of each cell that it is text."""
    texts = [f"{sign}cmd|' /C calc'!A0" for sign in FORMULA_STARTS]
    write_tables(
        tmp_path / "o.csv", [OutTable("t", ["name", "code"], [[text, "1"] for text in texts])], {"method": "m"}
    )
    with (tmp_path / "o.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [line[:1] for line in csv.reader(file)][1 : len(texts) + 1] == [[f"'{text}"] for text in texts]
    assert read_table(tmp_path / "o.csv").columns["name"] == texts
    write_tables(tmp_path / "o.xlsx", [OutTable("t", ["name", "code"], [[text, "1"] for text in texts])], {})
    assert [str(text).strip() for text in read_table(tmp_path / "o.xlsx").columns["name"]] == [t.strip() for t in texts]


@pytest.mark.parametrize("as_workbook", [False, True])
def test_mended_rows_are_as_if_they_had_been_typed(
    db: Database, town: PlanTown, tmp_path: Path, as_workbook: bool
) -> None:
    """Guards of ours are taken off, masks stay what they are; again it changes nothing."""
    texts = ["=2+3", "＋86 号楼", "'-1 层", "楼下 回电 13800138000", "－", "@张某"]
    good = [order(f"M{n}", MONDAY + n * HOUR, (100 + 100 * n, 300), 诉求内容=text) for n, text in enumerate(texts)]
    bad = [one | {"工单编号": f"-{one['工单编号']}", "来电时间": "昨天"} for one in good]
    report = take(db, tmp_path, [*good, *bad], keep_going=True, rejected_dir=tmp_path / "rejected")
    assert (report.added, report.rejected) == (len(texts), len(texts))
    with Path(report.rejected_file or "").open(encoding="utf-8-sig", newline="") as file:
        head, *lines = list(csv.reader(file))
    called = head.index("来电时间")
    mended = [
        [*line[:called], str(one["来电时间"]), *line[called + 1 :]] for line, one in zip(lines, good, strict=True)
    ]
    path = tmp_path / ("mended.xlsx" if as_workbook else "mended.csv")
    if as_workbook:
        saved = Workbook()
        for line in (head, *mended):
            saved.active.append([None] * len(line))
            for column, cell in enumerate(line, start=1):
                kept = saved.active.cell(saved.active.max_row, column, cell)
                kept.data_type = "s"
        saved.save(path)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([head, *mended])
    again = land(db, path)
    assert (again.added, again.changed, again.rejected) == (len(texts), 0, 0)
    assert again.totals["numbers_masked"] == 0
    assert not [note for note in again.notes if note.key == "columns_not_used"]
    for n in range(len(texts)):
        assert case(db, f"-M{n}").text == case(db, f"M{n}").text
    state = everything(db)
    assert land(db, path).unchanged == len(texts)
    assert everything(db) == state


ODD = [
    pytest.param(row(MONDAY.replace(tzinfo=None)), "date of the number", id="a date for a number"),
    pytest.param(row("GD-***"), "masked", id="a masked number"),
    pytest.param(row(1234567890123456789.0), "rounded", id="a rounded number"),
    pytest.param(row(text="x" * 32_000), "32000|32,000", id="a whole book in a cell"),
]


@pytest.mark.parametrize(("cells", "words"), ODD)
def test_an_odd_cell_is_told_with_its_place(
    db: Database, town: PlanTown, tmp_path: Path, cells: list[Any], words: str
) -> None:
    with pytest.raises(BadRows) as refused:
        land(db, book(tmp_path / "o.xlsx", row("X0"), cells))
    (fault,) = refused.value.evidence["faults"]
    assert (fault["row"], fault["field"]) == (3, "诉求内容" if "x" in str(cells[2]) else "工单编号")

    assert re.search(words, fault["en"])
    assert count(db, "incident") == 0


def test_a_number_that_is_marked_is_one(db: Database, town: PlanTown, tmp_path: Path) -> None:
    land(db, book(tmp_path / "o.xlsx", row("***-abcdefghijkl")))
    assert case(db, "***-abcdefghijkl").stage == "filed"


def test_hidden_sheets_are_passed_over(db: Database, town: PlanTown, tmp_path: Path) -> None:
    land(db, book(tmp_path / "seen.xlsx", row("H1")))
    assert case(db, "H1").stage == "filed"
    path = book(tmp_path / "hidden.xlsx", row("H2"), hidden=True)
    with pytest.raises(BadFile, match=r"hidden sheets hold rows \(工单\)"):
        land(db, path)
    assert land(db, path, layer="工单").added == 1


def test_days_that_are_counted_from_1904(db: Database, town: PlanTown, tmp_path: Path) -> None:
    land(db, book(tmp_path / "o.xlsx", row("D1", MONDAY.replace(tzinfo=None)), epoch=CALENDAR_MAC_1904))
    assert case(db, "D1").occurred_at == MONDAY


def test_ten_megabytes_in_a_cell(db: Database, town: PlanTown, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", [order("T1"), order("T2", 诉求内容="<script>" * 1_310_720)])
    with pytest.raises(BadFile, match="row 3"):
        land(db, path)
    assert count(db, "incident") == 0


@pytest.mark.parametrize("odd", [b"\x80", b"\xff", b"\xa1"])
def test_bytes_that_are_no_text(db: Database, town: PlanTown, tmp_path: Path, odd: bytes) -> None:
    path = write(tmp_path / "o.csv", [order("T1"), order("T2", 诉求内容="乱#码")])
    path.write_bytes(path.read_bytes().replace(b"#", odd))
    with pytest.raises(BadFile) as refused:
        land(db, path)
    assert "at row 3 for the first time" in refused.value.in_language("en")


def test_one_number_of_two_sources_is_two_orders(db: Database, town: PlanTown, tmp_path: Path) -> None:
    for source in ("hotline", "巴彦热线"):
        take(db, tmp_path, [order("S1", MONDAY if source == "hotline" else MONDAY + 50 * HOUR)], source=source)
    assert case(db, "S1").id != case(db, "S1", "巴彦热线").id
