"""Files that a clerk's export or an attacker made: each is read rightly, or refused with its row and the mend."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from geo.errors import BadFile
from geo.files.read import read_table
from geo.imports.rows import Rows

HEAD = "工单编号,来电时间,诉求内容,办结时间\n"


def csv_of(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def workbook_of(folder: Path, rows: bytes) -> Path:
    """A workbook of a header and a good row, and rows of raw XML below."""
    book = Workbook()
    for cells in (["工单编号", "来电时间"], ["A1", "2026-03-02"]):
        book.active.append(cells)
    book.save(folder / "good.xlsx")
    path = folder / "t.xlsx"
    with zipfile.ZipFile(folder / "good.xlsx") as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in good.namelist():
            made.writestr(name, good.read(name).replace(b"</sheetData>", rows + b"</sheetData>"))
    return path


BROKEN = [
    pytest.param('A1,2026-03-02,"垃圾,\nA2,2026-03-02,x,\n', "row 2.*quotation", id="an open quote swallows the rest"),
    pytest.param('A1,2026-03-02,"他说"好",走了",\n', "row 2.*quotation", id="single quotes in a quoted cell"),
    pytest.param(
        "A1,2026-03-02,x,\nA2,2026-03-02,垃圾,楼下,2026-03-03\n", "row 3.*5 cells", id="a separator in a text"
    ),
    pytest.param("A1,2026-03-02,x,\nA2,2026-03-02,垃", "row 3.*cut off", id="cut in the last row"),
    pytest.param(f"A1,2026-03-02,{'x' * 10_000_000},\n", "row 2.*limit", id="a cell of 10 MB"),
]


@pytest.mark.parametrize(("rows", "words"), BROKEN)
def test_a_text_whose_rows_are_not_sure_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_table(csv_of(tmp_path, HEAD + rows))


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = f"12345 工单\n\n{HEAD}\nA1,２０２６-03-02,,\n\n"
    path = csv_of(tmp_path, text, encoding)
    table = read_table(path)
    assert (list(table.columns), table.columns["工单编号"], table.number_of_row) == (
        HEAD.strip().split(","),
        ["A1"],
        [5],
    )
    with pytest.raises(BadFile):
        read_table(csv_of(tmp_path, f"{HEAD}A1,2026-03-02,垃圾".encode(encoding)[:-1]))


def test_the_separator_is_that_of_the_headers(tmp_path: Path) -> None:
    table = read_table(csv_of(tmp_path, HEAD.replace(",", "\t") + "A1\t2026-03-02\ta, b, c, d, e, f, g\t\n"))
    assert table.columns["诉求内容"] == ["a, b, c, d, e, f, g"]


def test_a_file_without_headers_tells_no_numbers_of_persons(tmp_path: Path) -> None:
    table = read_table(csv_of(tmp_path, f"张三,2026-03-02,13800138000,{'长' * 900}\n李四,2026-03-02,13900139000,\n"))
    with pytest.raises(BadFile, match="source_key") as refused:
        Rows(table, "orders", required=("source_key",))
    assert "13800138000" not in str(refused.value)
    assert len(str(refused.value)) < 500


FAR = [
    pytest.param(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', id="far away"),
    pytest.param(b'<row r="3"><c r="XFD3"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>', id="unnamed"),
    pytest.param(b'<row r="1048576">' + b"<c><v>1</v></c>" * 90 + b"</row>", id="unnamed and many"),
]


@pytest.mark.parametrize("rows", FAR)
def test_a_stray_cell_far_away_does_not_end_the_process(tmp_path: Path, rows: bytes) -> None:
    with pytest.raises(BadFile, match="row 1048576"):
        read_table(workbook_of(tmp_path, rows))


def test_a_cell_that_was_not_worked_out_is_not_empty(tmp_path: Path) -> None:
    rows = b"""<row r="3"><c r="A3" t="e"><f>X(1)</f><v>#NAME?</v></c><c r="B3"><f>TODAY()</f><v/></c></row>
    <row r="4"><c r="A4" t="str"><f>"A"&amp;4</f><v>A4</v></c><c r="B4" t="str"><f>""</f><v></v></c></row>"""
    table = read_table(workbook_of(tmp_path, rows))
    assert table.columns["工单编号"] == ["A1", "#NAME?", "A4"]
    assert table.columns["来电时间"] == ["2026-03-02", "#CALC!", None]
    faults = Rows(table, "orders").faults
    assert [(fault.row, fault.field, fault.evidence["value"]) for fault in faults] == [
        (3, "工单编号", "#NAME?"),
        (3, "来电时间", "#CALC!"),
    ]


def test_entities_are_not_unfolded(tmp_path: Path) -> None:
    path = workbook_of(tmp_path, b'<row r="3"><c r="A3" t="inlineStr"><is><t>&b;</t></is></c></row>')
    bomb = b'<!DOCTYPE w [<!ENTITY a "lollollol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(path) as made:
        members = {name: made.read(name) for name in made.namelist()}
    with zipfile.ZipFile(path, "w") as made:
        for name, data in members.items():
            made.writestr(name, (bomb if "sheet1" in name else b"") + data)
    with pytest.raises(BadFile, match="damaged"):
        read_table(path)


@pytest.mark.parametrize(("name", "said"), [("t.csv", "zip archive"), ("u.xlsx", "no Excel workbook")])
def test_a_name_that_is_not_what_it_says(tmp_path: Path, name: str, said: str) -> None:
    book, text = workbook_of(tmp_path, b"").read_bytes(), f"{HEAD}A1,2026-03-02,,\n".encode()
    path = tmp_path / name
    path.write_bytes(book if name.endswith("csv") else text)
    with pytest.raises(BadFile, match=said):
        read_table(path)
    (tmp_path / "cut.xlsx").write_bytes(book[: len(book) // 2])
    with pytest.raises(BadFile, match="damaged or truncated"):
        read_table(tmp_path / "cut.xlsx")
