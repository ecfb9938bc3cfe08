"""Plans and what they change, written to every format and read back by other programs' readers."""

from __future__ import annotations

import doctest
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyogrio
import pypdf
import pytest
import shapely
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth

from geo.compute.fabric.rings import shapes_of
from geo.compute.fabric.topology import polygons_of_labels
from geo.compute.plans.changes import consequences
from geo.compute.plans.figures import figures_of_grids, unit_of_homes
from geo.drafts import Draft
from geo.errors import BadFile, MissingPiece
from geo.files import plan_formats, plan_map, plan_print, plan_sheet
from geo.files.plan_formats import FIELDS_FILE, WRITERS, PlanFile, short_fields, write_changes, write_plan
from geo.files.plan_page import MARGIN_PT, PlanPage, plan_page, write_plan_page
from geo.files.plan_print import FONT, MISSING_LETTER
from geo.files.plan_sheet import GRID_FIELDS, MOST_MATRIX_GRIDS, Tables, about_changes, grids_out, inert
from geo.files.read import read_table
from geo.files.topojson import TopoLayer
from geo.grids import Grid, Post
from geo.plan_changes import Consequences, PlanSide
from geo.plan_problems import Problem
from geo.rules.headers import columns_of
from geo.units import NONE
from tests.drawn_grids import FRAME, draft_of
from tests.two_plans import COVERED_BY, NOISE, side_of, things_of

HOSTILE = (
    "=HYPERLINK(1)",
    "+1",
    '"; drop table grid; --',
    "</script><b>`${x}`</b>",
    "网\x00格\x1b\u202e\ufffe\ud800村",
    "长" * 300,
    "a|b\nc,d;\te",
)
HOSTILE_TOO = "@SUM(A1)"


def town() -> tuple[Draft, list[Problem]]:
    """Seven grids with hostile names, one of them around another."""
    draft = draft_of("AAABC", "ADABC", "AAAEC", "FFFEG")
    assert len(draft.grids) == len(HOSTILE)
    posts = {"chief": Post(True, HOSTILE_TOO), "member": Post(False, None)}
    grids = tuple(replace(grid, name=name, posts=posts) for grid, name in zip(draft.grids, HOSTILE, strict=True))
    problem = Problem("chief", "warning", "plan_problem_chief", (1, 2), (103.2, 40.4), None, {"grid": HOSTILE_TOO})
    shaped = replace(problem, rule="x", shape=shapely.box(103.2, 40.4, 103.21, 40.41), lonlat=(103.2, 40.4))
    return replace(draft, grids=(replace(grids[0], is_locked=True), *grids[1:])), [problem, shaped]


def plan_file(**changed: Any) -> PlanFile:
    draft, problems = town()
    n_grids, n_units = len(draft.grids), len(draft.unit_no)
    shapes = shapes_of(draft.fabric, draft.grid_of_unit, n_grids)
    homes = things_of("AAABC ADABC AAAEC FFFEG").homes
    figures = figures_of_grids(draft, homes, unit_of_homes(shapes, homes.lonlat), FRAME)
    units = polygons_of_labels(draft.fabric, np.arange(n_units), n_units)
    ids = np.array([grid.id for grid in draft.grids])[draft.grid_of_unit]
    layers = [
        TopoLayer(
            "grids",
            polygons_of_labels(draft.fabric, draft.grid_of_unit, n_grids),
            [{"id": grid.id, "name": grid.name} for grid in draft.grids],
        ),
        TopoLayer(
            "units", units, [{"unit_no": int(n), "grid_id": int(i)} for n, i in zip(draft.unit_no, ids, strict=True)]
        ),
    ]
    grids = grids_out(draft, shapes.tolist(), figures, np.arange(n_grids) / 2, problems)
    about = {"method": "t-1", "note": HOSTILE[-1], "=k": HOSTILE[4]}
    return replace(PlanFile(grids, problems, changes().comparison, about, draft.fabric, layers), **changed)


def changes(after: str = "AAB ABC", names: Mapping[int, str] | None = None) -> Consequences:
    before = "AAB AAB"
    things = things_of(before, stations=[(1, 0)], incidents=[(2, 0)], names=names, covered=[0, 1], due=range(6))
    return consequences(side_of(before, load=True), side_of(after, load=True), things)


CLEAN = tuple(inert(name) for name in HOSTILE)


def test_what_no_format_can_hold_is_replaced() -> None:
    assert CLEAN[4] == "网 格  村"
    assert CLEAN[0] == HOSTILE[0]
    assert [inert(value) for value in (None, 1.5, True)] == [None, 1.5, True]


@pytest.mark.parametrize("ending", WRITERS)
def test_every_format_holds_every_name(ending: str, tmp_path: Path) -> None:
    out = tmp_path / f"plan{ending}"
    write_plan(out, plan_file(), "zh")
    assert [file.name for file in tmp_path.iterdir()] == [out.name]
    names = tuple(name.encode()[:252].decode() if ending == ".zip" else name for name in CLEAN)
    assert names_in(out) == names


def names_in(path: Path) -> tuple[str, ...]:
    if path.suffix == ".topojson":
        grids = json.loads(path.read_text(encoding="utf-8"))["objects"]["grids"]["geometries"]
        return tuple(grid["properties"]["name"] for grid in grids)
    if path.suffix == ".xlsx":
        header, *rows = openpyxl.load_workbook(path)["网格"].iter_rows(values_only=True)
        return tuple(row[header.index("名称")] for row in rows)
    frame = pyogrio.read_dataframe(
        f"/vsizip/{path}" if path.suffix == ".zip" else path, layer="grids" if path.suffix == ".gpkg" else None
    )
    return tuple(frame["name"])


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".zip"])
def test_shapes_and_figures_come_back(ending: str, tmp_path: Path) -> None:
    plan = plan_file()
    out = tmp_path / f"plan{ending}"
    write_plan(out, plan, "en")
    table = read_table(out, layer="grids" if ending == ".gpkg" else None)
    assert table.shapes is not None
    for shape, grid in zip(table.shapes, plan.grids, strict=True):
        assert shape.equals(grid.shape)
        assert set(shapely.get_coordinates(shape).ravel()) == set(shapely.get_coordinates(grid.shape).ravel())
    column = table.columns
    assert column["residents"] == [grid.counts.residents for grid in plan.grids]
    assert sum(column["residents"]) == sum(range(10, 30))
    assert column["hours"] == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert [int(number) for number in column["problems"]] == [2, 2, 0, 0, 0, 0, 0]
    found = columns_of("grids", column)
    assert found.keys() == {
        "code",
        "name",
        "kind",
        "community_code",
        *(f"{post}_{what}" for post in ("chief", "member") for what in ("filled", "phone")),
    }
    assert column[found["code"]] == [grid.code for grid in plan.grids]
    assert column[found["chief_phone"]] == [HOSTILE_TOO] * 7
    assert [bool(filled) for filled in column[found["chief_filled"]]] == [True] * 7
    assert [bool(filled) for filled in column[found["member_filled"]]] == [False] * 7


def test_geojson_is_as_the_standard_has_it(tmp_path: Path) -> None:
    """RFC 7946: no frame of its own, shells counter-clockwise, holes clockwise, at most seven digits."""
    plan = plan_file()
    clockwise = [replace(grid, shape=shapely.orient_polygons(grid.shape, exterior_cw=True)) for grid in plan.grids]
    out = tmp_path / "plan.geojson"
    write_plan(out, replace(plan, grids=clockwise), "zh")
    whole = json.loads(out.read_text(encoding="utf-8"))
    assert "crs" not in whole
    rings = [
        ring for feature in whole["features"] for polygon in feature["geometry"]["coordinates"] for ring in polygon
    ]
    holes = [
        ring for feature in whole["features"] for polygon in feature["geometry"]["coordinates"] for ring in polygon[1:]
    ]
    assert len(holes) == 1
    for ring in rings:
        assert ring[0] == ring[-1]
        assert shapely.LinearRing(ring).is_ccw == (ring not in holes)
        assert all(round(value, 7) == value for place in ring for value in place)
    assert whole["about"]["method"] == "t-1"


def test_shapefile_tells_its_encoding_and_its_fields(tmp_path: Path) -> None:
    out = tmp_path / "plan.zip"
    write_plan(out, plan_file(), "zh")
    with zipfile.ZipFile(out) as archive:
        assert {name.partition(".")[2] for name in archive.namelist()} == {"shp", "shx", "dbf", "prj", "cpg", "md"}
        assert archive.read("grids.cpg") == b"UTF-8"
        fields = archive.read(FIELDS_FILE).decode()
    short = list(pyogrio.read_info(f"/vsizip/{out}")["fields"])
    assert max(len(name.encode()) for name in short) <= 10
    assert len(set(short)) == len(short) == len(GRID_FIELDS)
    for name, field in zip(short, GRID_FIELDS, strict=True):
        assert f"| {name} | {field} | " in fields
    assert "* note: a|b c,d; e\n" in fields  # on one line


def test_short_fields_are_never_the_same() -> None:
    names = [f"residents_of_{i}" for i in range(25)]
    short = short_fields(names)
    assert len(set(short.values())) == 25
    assert max(map(len, short.values())) == 10


def test_topojson_has_grids_and_units_on_the_same_arcs(tmp_path: Path) -> None:
    plan = plan_file()
    out = tmp_path / "plan.topojson"
    write_plan(out, plan, "zh")
    for layer, n in (("grids", 7), ("units", 20)):
        assert pyogrio.read_info(out, layer=layer)["features"] == n
    frame = pyogrio.read_dataframe(out, layer="grids")
    for shape, grid in zip(frame.geometry, plan.grids, strict=True):
        assert shapely.transform(shape, lambda lonlat: np.round(lonlat, 7)).equals(grid.shape)


def test_a_plan_without_units_has_no_topology(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="not drawn on units"):
        write_plan(tmp_path / "plan.topojson", plan_file(lines=None), "zh")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_workbook_sheets(language: str, tmp_path: Path) -> None:
    out = tmp_path / "plan.xlsx"
    write_plan(out, plan_file(), language)
    book = openpyxl.load_workbook(out)
    words = {
        "zh": ["网格", "调整前后", "去向", "去向矩阵", "问题", "about"],
        "en": ["grids", "before and after", "moves", "matrix", "breaches", "about"],
    }
    assert book.sheetnames == words[language]
    for sheet in book.worksheets:
        assert {cell.data_type for row in sheet.rows for cell in row} <= {"s", "n", "b"}
    matrix = [list(row) for row in book[words[language][3]].iter_rows(values_only=True)]
    code = "150102001001"
    # southern row: 10 stay in A, 11 go from A to B, 12 from B to C; northern row: 13 and 14 stay in A, 15 in B
    assert matrix[0][1:-1] == [f"{code}001", f"{code}002", f"{code}003"]
    assert [row[1:] for row in matrix[1:]] == [[37, 11, 0, 0], [0, 15, 12, 0], [0, 0, 0, 0]]
    assert dict(book["about"].iter_rows(min_row=2, max_col=2, values_only=True))["=k"] == CLEAN[4]


def test_a_matrix_that_nobody_can_read_is_left_out() -> None:
    grids = changes().comparison.grids
    many = replace(changes().comparison, grids=[replace(grids[0], id=i) for i in range(MOST_MATRIX_GRIDS + 1)])
    assert len(Tables("zh").comparison(many)) == 2


def test_consequences_in_a_workbook(tmp_path: Path) -> None:
    out = tmp_path / "changes.xlsx"
    found = changes(names={102: "=9号楼"})
    write_changes(out, found, town()[1], about_changes(found.comparison.made), "zh")
    book = openpyxl.load_workbook(out)
    told = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)][1:] for sheet in book.worksheets}
    assert told["概要"][0] == ["常住人口", 75, 23, pytest.approx(23 / 75)]
    assert [row[0] for row in told["概要"][-3:]] == ["驿站", "未结事件", "每月应走访"]
    assert told["概要"][-1] == ["每月应走访", 15, 3, 3 / 15]
    assert [row[:4] for row in told["楼栋"]] == [[102, "=9号楼", "150102001001002", "网格B"]]
    assert [row[:2] for row in told["驿站"]] == [[1, "驿站"]]
    assert [row[:4] for row in told["未结事件"]] == [[1, NOISE.number, NOISE.item, NOISE.name_zh]]
    assert [row[3:5] for row in told["告知对象"]][:3] == [["社区", None], ["网格长", "是"], ["专职网格员", "是"]]
    assert len(told["告知对象"]) == 1 + 3 * 2
    about = {key: value for key, value, _ in told["about"]}
    assert about["inputs_hash"] == found.comparison.made.inputs_hash
    assert about["homes_of_both_sides"] == "as they are today"
    assert about["visits_due_as_of"] == "2026-01-31"
    assert [row[2:] for row in told["工作量统计"]] == [[8, 7], [7, 6], [None, 2]]
    people = told["调整前后"]
    assert [row[1] for row in people] == ["调整", "调整", "新增"]


def test_consequences_for_programs(tmp_path: Path) -> None:
    found = changes()
    write_changes(tmp_path / "changes.json", found, [], about_changes(found.comparison.made), "zh")
    whole = json.loads((tmp_path / "changes.json").read_text(encoding="utf-8"))
    assert whole["summary"][0] == {"measure": "residents", "whole": 75, "moved": 23, "moved_share": 23 / 75}
    assert whole["people"][2]["state"] == "new"
    assert whole["people"][1]["covered_share_after"] == 11 / 26
    assert whole["people"][0]["walk_m_before"] == 100
    (case,) = whole["incidents"]
    assert (case["case_number"], case["item"], case["category"]) == (NOISE.number, NOISE.item, "noise")
    write_changes(tmp_path / "changes.gpkg", found, [], about_changes(found.comparison.made), "zh")
    ground = pyogrio.read_dataframe(tmp_path / "changes.gpkg", layer="ground")
    assert sorted(ground.area_m2) == sorted(move.area_m2 for move in found.comparison.ground)
    assert shapely.area(ground.geometry.to_numpy()).sum() == pytest.approx(2e-6)


def test_nothing_changes(tmp_path: Path) -> None:
    found = changes(after="AAB AAB")
    for ending in (".xlsx", ".json", ".gpkg"):
        write_changes(tmp_path / f"changes{ending}", found, [], {}, "en")
    book = openpyxl.load_workbook(tmp_path / "changes.xlsx")
    assert book["buildings"].max_row == book["who must be told"].max_row == 1


@pytest.mark.parametrize("name", ["plan.docx", "nowhere/plan.zip", "nowhere/plan.topojson", "nowhere/plan.gpkg"])
def test_a_failed_export_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        write_plan(tmp_path / name, plan_file(), "zh")
    with pytest.raises(BadFile):
        write_changes(tmp_path / "changes.geojson", changes(), [], {}, "zh")
    assert not list(tmp_path.iterdir())


def test_half_a_file_is_taken_away(tmp_path: Path) -> None:
    def write() -> None:
        with plan_formats.written_whole(tmp_path / "plan.zip") as part:
            part.write_bytes(b"half")
            raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        write()
    assert not list(tmp_path.iterdir())


def test_sides_of_many_plans_are_named() -> None:
    side = side_of("AB")
    day = PlanSide((3, 4), None, None, side.grids, side.grid_of_home)
    made = consequences(day, side, things_of("AB")).comparison.made
    assert about_changes(made)["plans_before"] == "3, 4"


# The printed page


BEFORE_TOWN = "AAABBBCC AAABBBCC DDDEEECC DDDEEEFF GGGEEEFF GGGHHHFF"
AFTER_TOWN = "AAABBICC AAAABICC DDDEEICC DDDDEEFF GGGGEEFF GGGHHHHF"
PLACE = "青河社区"


def page_of(before: str = BEFORE_TOWN, after: str = AFTER_TOWN, names: Sequence[str] = (), **more: Any) -> PlanPage:
    """A page of drawn plans; with names, every grid has one of them and every other grid no code."""
    n_homes = len(before.replace(" ", ""))
    sides = [side_of(before, date(2025, 3, 1), load=True), side_of(after, load=True)]
    if names:
        sides = [replace(side, grids=[renamed(grid, names) for grid in side.grids]) for side in sides]
    things = things_of(before, stations=[(1, 1)], covered=range(0, n_homes, 2), due=[1] * n_homes)
    found = consequences(*sides, things)
    return PlanPage(found, sides[0].grids, sides[1].grids, more.pop("problems", []), PLACE, date(2026, 11, 27), **more)


def renamed(grid: Grid, names: Sequence[str]) -> Grid:
    return replace(grid, name=names[grid.id % len(names)], code=grid.code if grid.id % 2 else "")


@dataclass(frozen=True)
class Run:
    """Letters as they stand on a page, in points."""

    text: str
    x: float
    y: float
    size: float

    @property
    def east(self) -> float:
        return float(self.x + stringWidth(self.text, FONT, self.size))


def runs_of(pdf: bytes) -> list[list[Run]]:
    """Of each page what stands where."""
    pages: list[list[Run]] = []
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        runs: list[Run] = []

        def note(text: str, cm: list[float], tm: list[float], _font: Any, size: float, runs: list[Run] = runs) -> None:
            here = Run(text.strip("\n"), tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5], size)
            if runs and replace(runs[-1], text="") == replace(here, text=""):
                # one line whose letters are of several parts of the font
                runs[-1] = replace(here, text=runs[-1].text + here.text)
            elif here.text.strip():
                runs.append(here)

        page.extract_text(visitor_text=note)
        pages.append(runs)
    return pages


def text_of(pdf: bytes) -> str:
    return "\n".join(run.text for page in runs_of(pdf) for run in page)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            [
                "网格调整前后对照：青河社区",
                "主要去向",
                "未发现问题。",
                "告知对象",
                "人口数据日期 2025-12-31",
                "每月应走访，截至 2026-01-31",
                "第 1 页，共 2 页",
                "审图号：X1",
            ],
        ),
        (
            "en",
            [
                "Grids before and after: 青河社区",
                "Largest moves",
                "No rule is broken.",
                "Who must be told",
                "people as of 2025-12-31",
                "visits due a month, as of 2026-01-31",
                "page 1 of 2",
                "Map approval number: X1",
            ],
        ),
    ],
)
def test_a_page_says_it_all(language: str, words: list[str], tmp_path: Path) -> None:
    page = page_of(shows_osm=True, approval_number="X1")
    out = tmp_path / "page.pdf"
    write_plan_page(out, page, language)
    text = text_of(out.read_bytes())
    comparison = page.found.comparison
    told = [
        comparison.made.inputs_hash,
        "plan-changes-1",
        "© OpenStreetMap",
        "2026-11-27",
        "0999-5550101",
        COVERED_BY.inputs_hash,
    ]
    for word in (*words, *told, f"{comparison.moved.residents:,.0f}", f"{100 * (comparison.moved_share or 0):.1f} %"):
        assert word in text
    codes = {grid.code for flow in comparison.moves for grid in (flow.before, flow.after) if grid}
    assert all(code in text for code in codes)
    assert {"009", "003"} <= set(text.split("\n"))  # labels on the maps
    assert [file.name for file in tmp_path.iterdir()] == ["page.pdf"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_is_the_same_bytes_and_embeds_its_letters(language: str) -> None:
    page = page_of()
    pdf = plan_page(page, language)
    assert plan_page(page, language) == pdf
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    fonts = [font.get_object() for sheet in reader.pages for font in sheet["/Resources"]["/Font"].values()]
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)
    assert all(FONT in font["/BaseFont"] for font in fonts)
    assert reader.trailer["/Root"]["/Lang"][:2] == language


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("names", [(), HOSTILE, ("𠀋龘", "W" * 500, "网" * 500, "& <b> &amp; \n")])
def test_nothing_stands_over_the_edge_or_over_another(language: str, names: Sequence[str]) -> None:
    problems = [replace(problem, evidence={"grid": name}) for problem in town()[1] for name in names or ("A",)] * 6
    pages = runs_of(plan_page(page_of(names=names, problems=problems), language))
    assert len(pages) > 1
    for runs in pages:
        for run in runs:
            assert run.x >= MARGIN_PT - 0.1
            assert run.east <= A4[0] - MARGIN_PT + 0.1
            assert MARGIN_PT - 7 <= run.y <= A4[1] - MARGIN_PT
        for one, other in combinations(runs, 2):
            apart = abs(one.y - other.y) >= 0.75 * min(one.size, other.size)
            assert apart or one.east <= other.x + 0.1 or other.east <= one.x + 0.1, (one, other)


def test_hostile_names_are_letters_on_the_page() -> None:
    text = text_of(plan_page(page_of(names=("<b>x</b> & y", "𠀋\u202e网")), "en")).replace("\n", " ")
    assert "<b>x</b> & y" in text
    assert f"{MISSING_LETTER} 网" in text


def test_a_page_of_no_change_says_so() -> None:
    text = text_of(plan_page(page_of(after=BEFORE_TOWN), "zh"))
    assert "没有居民更换网格。" in text
    assert "网格均无变化，无须告知。" in text
    assert "有变化的网格" not in text


def test_a_first_plan_comes_after_nothing() -> None:
    first = side_of(AFTER_TOWN)
    nothing = PlanSide((), None, None, (), np.full(len(first.grid_of_home), NONE))
    found = consequences(nothing, first, things_of(AFTER_TOWN))
    text = text_of(plan_page(replace(page_of(), found=found, before=()), "en"))
    assert "Before: no grids" in text
    assert text.count("in no grid") == 9
    assert {grid.state for grid in found.comparison.grids} == {"new"}


def test_what_is_not_known_has_no_column() -> None:
    page = page_of()
    sides = [replace(side_of(drawing), grid_of_unit=None) for drawing in (BEFORE_TOWN, AFTER_TOWN)]
    found = consequences(*sides, things_of(BEFORE_TOWN))
    known, unknown = (text_of(plan_page(replace(page, found=one), "en")) for one in (page.found, found))
    for word in ("hours a month", "reach a station"):
        assert word in known
        assert word not in unknown
    assert "Reach has not been computed." in unknown


def test_a_legend_takes_as_many_lines_as_it_needs() -> None:
    plan_print.use_font()
    legend = plan_map.Legend([(plan_map.KEPT, False, "网格" * 5)] * 3, FONT)
    one = 18 + stringWidth("网格" * 5, FONT, 7.5)
    for width, lines in ((3 * one + 2 * 14, [0, 0, 0]), (3 * one + 27, [0, 0, 1]), (one, [0, 1, 2]), (10, [0, 1, 2])):
        assert legend.wrap(width, 1000)[1] == 11 * (lines[-1] + 1)
        assert [line for _, line in legend.places] == lines


def test_more_than_a_table_holds_is_counted() -> None:
    problems = [problem for problem in town()[1] for _ in range(15)]
    assert "10 more are in the workbook" in text_of(plan_page(page_of(problems=problems), "en"))


def test_without_the_font_there_is_a_refusal_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_print, "FONT_FILES", (tmp_path / "none.ttc",))
    plan_print.use_font.cache_clear()
    with pytest.raises(MissingPiece, match="fonts-wqy-microhei"):
        write_plan_page(tmp_path / "page.pdf", page_of(), "zh")
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    plan_print.use_font()


def test_page_of_days_and_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    page = page_of()
    made = page.found.comparison.made
    sides = replace(made, before=replace(made.before, version=None, plan_ids=(1, 2, 3)))
    found = replace(page.found, comparison=replace(page.found.comparison, made=sides))
    assert "grids in force (plans: 3), 8 grids, as on 2025-03-01" in text_of(
        plan_page(replace(page, found=found), "en")
    )
    with pytest.raises(BadFile):
        write_plan_page(tmp_path / "nowhere" / "page.pdf", page, "zh")


def test_examples() -> None:
    for module in (plan_print, plan_map, plan_formats, plan_sheet):
        outcome = doctest.testmod(module)
        assert outcome.attempted > 0
        assert not outcome.failed
