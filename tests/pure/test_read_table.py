"""Every format and encoding gives the same rows in the same place."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from openpyxl import Workbook
from pyproj import Transformer

from geo.errors import BadFile
from geo.files.read import read_table
from geo.files.table import FileTable
from tests.small_town import lonlat, square

NAMES = ["青河社区", "丂镕喆社区"]
"""The second lies outside GB2312, with bytes from 0x81 on."""
CODES = ["990101001001", "990101001002"]
BOXES = [square(0, 0, 1000, 1000), square(1000, 0, 2000, 1000)]


def frame(crs: int = 4326) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"代码": CODES, "名称": NAMES}, geometry=BOXES, crs=4326).to_crs(crs)


def shapefile(folder: Path, *, encoding: str, cpg: bool, crs: int = 4326) -> Path:
    path = folder / "社区.shp"
    frame(crs).to_file(path, encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()
    return path


def zipped(path: Path) -> Path:
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            if part != target:
                archive.write(part, f"data/{part.name}")
    return target


def to_file(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        if name.endswith("parquet"):
            frame().to_parquet(path)
        else:
            frame().to_file(path)
        return path

    return write


WRITERS: dict[str, Callable[[Path], Path]] = {
    "geojson": to_file("a.geojson"),
    "geopackage": to_file("a.gpkg"),
    "geoparquet": to_file("a.parquet"),
    "shapefile utf-8 cpg": lambda folder: shapefile(folder, encoding="utf-8", cpg=True),
    "shapefile utf-8": lambda folder: shapefile(folder, encoding="utf-8", cpg=False),
    "shapefile gbk cpg": lambda folder: shapefile(folder, encoding="gbk", cpg=True),
    "shapefile gbk": lambda folder: shapefile(folder, encoding="gbk", cpg=False),
    "zipped shapefile gbk": lambda folder: zipped(shapefile(folder, encoding="gbk", cpg=False)),
    "zone of 3 degrees": lambda folder: shapefile(folder, encoding="gbk", cpg=False, crs=4523),
    "zone without prefix": lambda folder: shapefile(folder, encoding="gbk", cpg=False, crs=4544),
    "CGCS2000": lambda folder: shapefile(folder, encoding="gbk", cpg=False, crs=4490),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_formats(writer: str, tmp_path: Path) -> None:
    table = read_table(WRITERS[writer](tmp_path))
    assert list(table.columns["名称"]) == NAMES
    assert list(table.columns["代码"]) == CODES
    assert list(table.number_of_row) == [1, 2]
    assert_in_place(table)


def assert_in_place(table: FileTable) -> None:
    """Within a centimetre of where they were drawn."""
    assert table.shapes is not None
    for shape, box in zip(table.shapes, BOXES, strict=True):
        assert shapely.hausdorff_distance(shape, box) < 1e-7


@pytest.mark.parametrize("epsg", [4523, 4544, 4490])
def test_axes_the_other_way_round(epsg: int, tmp_path: Path) -> None:
    """Northing (or latitude) first, as the registry has these frames, without a .prj and with --crs."""
    swapped = shapely.transform(np.array(frame(epsg).geometry), lambda xy: xy[:, ::-1])
    geopandas.GeoDataFrame({"代码": CODES}, geometry=swapped, crs=epsg).to_file(tmp_path / "n.shp")
    (tmp_path / "n.prj").unlink()
    table = read_table(tmp_path / "n.shp", crs=f"EPSG:{epsg}")
    assert [note.key for note in table.notes] == ["axes_swapped"]
    assert_in_place(table)


def test_a_zone_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Eastings with the zone in front under the code of those without."""
    path = shapefile(tmp_path, encoding="utf-8", cpg=True, crs=4523)
    with pytest.raises(BadFile) as caught:
        read_table(path, crs="4544")
    assert caught.value.key == "crs_misfit"


def test_a_name_cut_within_a_character_keeps_the_rest(tmp_path: Path) -> None:
    """A DBF field of 10 bytes in UTF-8: three characters of three bytes and a third of the next."""
    path = shapefile(tmp_path, encoding="utf-8", cpg=False)
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    last = NAMES[1].encode()
    dbf.write_bytes(data.replace(last, last[:-2] + b"  "))
    assert list(read_table(path).columns["名称"]) == [NAMES[0], NAMES[1][:-1]]


ROWS = [["名称", "经度", "纬度"], *([name, *lonlat(x, 500)] for name, x in zip(NAMES, (500, 1500), strict=True))]


def as_csv(encoding: str, separator: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "a.csv"
        path.write_bytes("\r\n".join(separator.join(map(str, row)) for row in ROWS).encode(encoding))
        return path

    return write


def as_workbook(folder: Path) -> Path:
    book = Workbook()
    book.active.append(["站点一览表"])
    book.create_sheet("说明")
    for row in ROWS:
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


SHEETS: dict[str, tuple[Callable[[Path], Path], list[int]]] = {
    "utf-8": (as_csv("utf-8", ","), [2, 3]),
    "utf-8 with BOM": (as_csv("utf-8-sig", ","), [2, 3]),
    "gbk": (as_csv("gbk", ","), [2, 3]),
    "utf-16": (as_csv("utf-16", ","), [2, 3]),
    "semicolons": (as_csv("gb18030", ";"), [2, 3]),
    "tabs": (as_csv("utf-8", "\t"), [2, 3]),
    "workbook with a title": (as_workbook, [3, 4]),
}


@pytest.mark.parametrize("case", SHEETS)
def test_sheets(case: str, tmp_path: Path) -> None:
    write, numbers = SHEETS[case]
    table = read_table(write(tmp_path))
    assert list(table.columns["名称"]) == NAMES
    assert list(table.number_of_row) == numbers
    assert table.shapes is not None
    assert [(p.x, p.y) for p in table.shapes] == [pytest.approx(row[1:]) for row in ROWS[1:]]


@pytest.mark.parametrize(
    "headers", [("lng", "lat"), ("X", "Y"), ("经度（度）", "纬度（度）"), ("Longitude", "LATITUDE")]
)
def test_position_headers(headers: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{headers[0]},{headers[1]}\n103.2,40.4\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv")
    assert table.shapes is not None
    assert table.shapes[0].equals(shapely.Point(103.2, 40.4))


def test_a_csv_in_a_zone(tmp_path: Path) -> None:
    """x is the northing, as Chinese surveyors write it."""
    lon, lat = lonlat(500, 500)
    east, north = Transformer.from_crs(4326, 4523, always_xy=True).transform(lon, lat)
    (tmp_path / "a.csv").write_text(f"x坐标,y坐标\n{north},{east}\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv", crs="EPSG:4523")
    assert table.shapes is not None
    assert (table.shapes[0].x, table.shapes[0].y) == pytest.approx((lon, lat), abs=1e-8)


def test_quoted_lines_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('name,n\n"two\nlines",1\n\nlast,2\n', encoding="utf-8")
    table = read_table(tmp_path / "a.csv")
    assert (list(table.number_of_row), list(table.columns["name"])) == ([2, 5], ["two\nlines", "last"])


def test_layers_are_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for layer, rows in (("old", frame().iloc[:1]), ("new", frame())):
        rows.to_file(path, layer=layer)
    assert len(read_table(path, layer="new")) == 2
    with pytest.raises(BadFile) as caught:
        read_table(path)
    assert "old" in str(caught.value)
    assert "new" in str(caught.value)


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../evil.csv", "lon,lat\n103.2,40.4\n")
    assert len(read_table(tmp_path / "a.zip")) == 1
    assert not list(tmp_path.parent.rglob("evil.csv"))
