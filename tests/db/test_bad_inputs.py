"""Every wrong input is refused by the right error, and the database is as it was."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from openpyxl import Workbook

from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_incidents import import_incidents
from geo.actions.imports.import_resources import import_resources
from geo.actions.imports.import_stations import import_stations
from geo.errors import BadFile, BadRows, Refused
from geo.imports.options import ImportOptions
from geo.store.database import Database
from geo.store.imports import list_batches
from geo.store.stations import live
from tests import small_town as town
from tests.databases import create_database, drop_database
from tests.small_town import AT, EAST, SUBDISTRICT, WEST, Feature, square, write_csv, write_geojson

IMPORTERS = {
    "areas": import_areas,
    "grids": import_grids,
    "stations": import_stations,
    "incidents": import_incidents,
    "resources": import_resources,
}

Writer = Callable[[Path], Path]


@pytest.fixture(scope="module")
def loaded(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The town; shared by all cases, since none may change it."""
    url = create_database(template_url, "bad_inputs_test", template="template_test")
    db = Database(url)
    town.load(db, tmp_path_factory.mktemp("town"))
    yield db
    db.close()
    drop_database(template_url, "bad_inputs_test")


def named(name: str, content: bytes | str) -> Writer:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def features(*rows: Feature) -> Writer:
    return lambda folder: write_geojson(folder / "rows.geojson", rows)


def table(rows: list[dict[str, Any]], encoding: str = "utf-8") -> Writer:
    return lambda folder: write_csv(folder / "rows.csv", rows, encoding)


def cut(write: Writer, share: float = 0.6) -> Writer:
    def write_part(folder: Path) -> Path:
        path = write(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        return path

    return write_part


def frame_of(name: str, crs: int | None = 4326) -> Writer:
    def write(folder: Path) -> Path:
        rows = town.areas()
        told = [{key: value for key, value in p.items() if key != "parent_code"} for p, _ in rows]
        frame = geopandas.GeoDataFrame(told, geometry=[s for _, s in rows], crs=crs)
        path = folder / name
        if name.endswith(".parquet"):
            frame.to_parquet(path)
        else:
            frame.to_file(path)
        return path

    return write


def without(write: Writer, *endings: str) -> Writer:
    def write_less(folder: Path) -> Path:
        path = write(folder)
        for ending in endings:
            path.with_suffix(ending).unlink()
        return path

    return write_less


def mixed_shapefile(folder: Path) -> Path:
    """One name in UTF-8 among names in GBK, as when two people appended to one file."""
    frame = geopandas.GeoDataFrame(
        {"code": [WEST, EAST], "name": ["西园社区啊", "东园社区"]},
        geometry=[square(0, 0, 1000, 1000), square(1000, 0, 2000, 1000)],
        crs=4326,
    )
    frame.to_file(folder / "mixed.shp", encoding="utf-8")
    dbf = folder / "mixed.dbf"
    gbk, utf = "东园社区".encode("gbk"), "东园社区".encode()
    dbf.write_bytes(dbf.read_bytes().replace(utf, gbk.ljust(len(utf))))
    (folder / "mixed.cpg").unlink()
    return folder / "mixed.shp"


def zipped(write: Writer) -> Writer:
    def write_zip(folder: Path) -> Path:
        inner = folder / "inner"
        inner.mkdir()
        write(inner)
        path = folder / "rows.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in inner.iterdir():
                archive.write(file, file.name)
        shutil.rmtree(inner)
        return path

    return write_zip


def two_layers(folder: Path) -> Path:
    for layer in ("old", "new"):
        frame = geopandas.GeoDataFrame({"code": [WEST]}, geometry=[square(0, 0, 1000, 1000)], crs=4326)
        frame.to_file(folder / "two.gpkg", layer=layer)
    return folder / "two.gpkg"


def workbook(rows: list[list[Any]], name: str = "rows.xlsx") -> Writer:
    def write(folder: Path) -> Path:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(folder / name)
        return folder / name

    return write


BAD_FILES: dict[str, tuple[str, Writer, dict[str, Any], str]] = {
    "missing": ("areas", lambda folder: folder / "nothing.geojson", {}, "file_missing"),
    "folder": ("areas", lambda folder: folder, {}, "file_is_folder"),
    "empty": ("areas", named("a.geojson", b""), {}, "file_empty"),
    "blank": ("stations", named("a.csv", b" \r\n\n"), {}, "file_empty"),
    "header only": ("stations", named("a.csv", b"id,name,kind,lon,lat\n"), {}, "file_without_rows"),
    "no features": ("areas", features(), {}, "file_without_rows"),
    "unknown ending": ("areas", named("a.dwg", b"AC1032"), {}, "file_ending_unknown"),
    "PNG named geojson": ("areas", named("a.geojson", b"\x89PNG\r\n\x1a\n" + b"0" * 64), {}, "file_is_something_else"),
    "HTML named csv": ("stations", named("a.csv", "<!DOCTYPE html><html></html>"), {}, "file_is_something_else"),
    "HTML named xls": ("stations", named("a.xls", "<html><table></table></html>"), {}, "file_is_something_else"),
    "text named gpkg": ("areas", named("a.gpkg", "hello"), {}, "file_not_what_it_says"),
    "text named zip": ("areas", named("a.zip", "hello"), {}, "file_not_what_it_says"),
    "plain JSON": ("areas", named("a.geojson", '{"a": 1}'), {}, "geojson_without_features"),
    "truncated geojson": ("areas", cut(features(*town.areas())), {}, "file_not_readable"),
    "truncated gpkg": ("areas", cut(frame_of("a.gpkg")), {}, "file_truncated"),
    "truncated shapefile": ("areas", cut(frame_of("a.shp")), {}, "file_truncated"),
    "truncated parquet": ("areas", cut(frame_of("a.parquet")), {}, "file_not_readable"),
    "truncated zip": ("areas", cut(zipped(frame_of("a.shp"))), {}, "zip_broken"),
    "truncated xlsx": ("stations", cut(workbook([["id", "kind"]])), {}, "file_not_readable"),
    "zip of nothing": ("areas", zipped(named("readme.md", "hello")), {}, "zip_without_table"),
    "shapefile without dbf": ("areas", without(frame_of("a.shp"), ".dbf"), {}, "shapefile_parts_missing"),
    "no CRS": ("areas", without(frame_of("a.shp"), ".prj"), {}, "crs_missing"),
    "unknown CRS": ("areas", frame_of("a.gpkg"), {"crs": "EPSG:999999"}, "crs_unknown"),
    "wrong CRS": ("areas", without(frame_of("a.shp"), ".prj"), {"crs": "EPSG:4525"}, "crs_misfit"),
    "layer not named": ("areas", two_layers, {}, "layer_needed"),
    "layer unknown": ("areas", two_layers, {"layer": "newest"}, "layer_unknown"),
    "mixed encodings": ("areas", mixed_shapefile, {}, "text_mixed"),
    "undecodable": ("stations", named("a.csv", b"id,name\n1,\xff\xff\xfe\n"), {}, "text_undecodable"),
    "wrong encoding": ("stations", table(town.stations(1), "gb18030"), {"encoding": "utf-8"}, "text_undecodable"),
    "unknown encoding": ("stations", table(town.stations(1)), {"encoding": "klingon"}, "encoding_unknown"),
    "no code column": ("areas", features(({"name": "a"}, square(0, 0, 9, 9))), {}, "columns_missing"),
    "no position": ("stations", table([{"id": 1, "kind": "canteen"}]), {}, "positions_missing"),
    "polygons in a CSV": ("grids", table([{"code": f"{WEST}001"}]), {}, "polygons_missing"),
    "one header twice": ("stations", named("a.csv", "id,id,kind\n1,2,canteen\n"), {}, "header_twice"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file(case: str, loaded: Database, tmp_path: Path) -> None:
    kind, write, options, key = BAD_FILES[case]
    refused(loaded, kind, write(tmp_path), options, BadFile, key)


def area(code: str, shape: Any, **more: Any) -> Feature:
    return {"level": "community", "code": code, "name": "新区", "parent_code": SUBDISTRICT, **more}, shape


BOWTIE = square(0, 0, 100, 100)
BOWTIE = shapely.Polygon([BOWTIE.exterior.coords[i] for i in (0, 2, 1, 3, 0)])
INSIDE = square(100, 100, 900, 900)
WEST_ONLY = {code: box for code, box in town.grid_boxes().items() if code.startswith(WEST)}
NORTH_WEST = f"{WEST}001"


def swapped(shape: Any) -> Any:
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def west_grids(**boxes: Any) -> Writer:
    return features(*town.grids({**WEST_ONLY, **boxes}))


def gapped() -> Writer:
    """A hole of 10 m by 500 m between two grids."""
    x0, y0, _, y1 = WEST_ONLY[NORTH_WEST]
    return west_grids(**{NORTH_WEST: (x0, y0, 490, y1)})


def station(**changes: Any) -> Writer:
    return table(town.stations(1, **changes))


def incident(**changes: Any) -> Writer:
    return table(town.incidents(1, **changes))


SWAPPED_LON, SWAPPED_LAT = reversed(town.lonlat(500, 500))
FAR_LON, FAR_LAT = town.lonlat(500, 20_000)
DOOR_LON, DOOR_LAT = town.lonlat(1900, 500)

BAD_ROWS: dict[str, tuple[str, Writer, dict[str, Any], str]] = {
    "swapped area": ("areas", features(area(f"{SUBDISTRICT[:9]}003", swapped(INSIDE))), {}, "shape_swapped"),
    "area outside its parent": (
        "areas",
        features(area(f"{SUBDISTRICT[:9]}003", square(1500, 0, 2500, 500))),
        {},
        "outside_parent",
    ),
    "self-crossing": ("areas", features(area(f"{SUBDISTRICT[:9]}003", BOWTIE)), {}, "polygon_crosses_itself"),
    "empty polygon": ("areas", features(area(f"{SUBDISTRICT[:9]}003", shapely.Polygon())), {}, "polygon_empty"),
    "no shape": (
        "areas",
        features(area(f"{SUBDISTRICT[:9]}003", None), *town.areas()),
        {"source": "areas"},
        "shape_missing",
    ),
    "a point for an area": ("areas", features(area(f"{SUBDISTRICT[:9]}003", INSIDE.centroid)), {}, "polygon_expected"),
    "duplicate code": ("areas", features(*town.areas(), town.areas()[1]), {"source": "areas"}, "value_twice"),
    "code of another source": ("areas", features(town.areas()[0]), {"source": "other"}, "code_of_other_source"),
    "unknown parent": (
        "areas",
        features(area(f"{SUBDISTRICT[:9]}003", INSIDE, parent_code="880101001000")),
        {},
        "parent_unknown",
    ),
    "level order": (
        "areas",
        features(area(f"{SUBDISTRICT[:9]}003", INSIDE, level="district")),
        {},
        "level_order",
    ),
    "unknown level": ("areas", features(area(f"{SUBDISTRICT[:9]}003", INSIDE, level="galaxy")), {}, "word_unknown"),
    "short code": ("areas", features(area("99010100100", INSIDE)), {}, "code_length"),
    "scientific code": ("areas", features(area("9.90101E+11", INSIDE)), {}, "code_scientific"),
    "code with letters": ("areas", features(area("99010100100A", INSIDE)), {}, "code_not_digits"),
    "scientific grid code": (
        "grids",
        features(*town.grids({"1.5E+14": (0, 0, 9, 9)}, community_code=WEST)),
        {},
        "code_scientific",
    ),
    "rounded grid code": (
        "grids",
        features(*town.grids({NORTH_WEST + "77": (0, 0, 9, 9)}, community_code=WEST)),
        {},
        "code_length",
    ),
    "unknown community": (
        "grids",
        features(*town.grids({"880101001001001": (0, 0, 500, 500)})),
        {},
        "community_unknown",
    ),
    "duplicate grid code": ("grids", features(*town.grids(WEST_ONLY), town.grids(WEST_ONLY)[0]), {}, "value_twice"),
    "wide overlap": ("grids", west_grids(**{NORTH_WEST: (0, 500, 510, 1000)}), {}, "overlap_wide"),
    "wide gap": ("grids", gapped(), {}, "gap_wide"),
    "grid outside its community": ("grids", west_grids(**{NORTH_WEST: (-10, 500, 500, 1000)}), {}, "outside_parent"),
    "grid in the other community": (
        "grids",
        features(*town.grids({NORTH_WEST: (1000, 0, 1500, 500)}, community_code=WEST)),
        {},
        "outside_parent",
    ),
    "overlap with a grid that stays": (
        "grids",
        features(*town.grids({f"{WEST}009": (100, 600, 400, 900)})),
        {},
        "overlap_with_kept",
    ),
    "self-crossing grid": ("grids", features(({"code": NORTH_WEST}, BOWTIE)), {}, "polygon_crosses_itself"),
    "odd grid kind": ("grids", features(*town.grids(WEST_ONLY, kind="mega")), {}, "word_unknown"),
    "odd post": ("grids", features(*town.grids(WEST_ONLY, chief_filled="perhaps")), {}, "word_unknown"),
    "swapped station": ("stations", station(lon=SWAPPED_LON, lat=SWAPPED_LAT), {}, "lonlat_swapped"),
    "station outside": ("stations", station(lon=FAR_LON, lat=FAR_LAT), {}, "outside_town"),
    "station in metres": ("stations", station(lon=37_500_000, lat=4_400_000), {}, "lonlat_range"),
    "text for a longitude": ("stations", station(lon="east"), {}, "number_expected"),
    "no longitude": ("stations", station(lon=""), {}, "value_missing"),
    "text for a number": ("stations", station(capacity="about ten"), {}, "number_expected"),
    "half a seat": ("stations", station(capacity="1.5"), {}, "whole_number_expected"),
    "unreadable hours": ("stations", station(opening_hours="whenever"), {}, "row_hours_unreadable"),
    "same station twice": ("stations", table(town.stations(1) * 2), {}, "value_twice"),
    "no kind": ("stations", station(kind=""), {}, "value_missing"),
    "overlong name": ("stations", station(name="长" * 201), {}, "text_too_long"),
    "far entrance": ("stations", station(entrance_lon=DOOR_LON, entrance_lat=DOOR_LAT), {}, "entrance_far"),
    "unknown category": ("incidents", incident(类别="外星人"), {}, "category_unknown"),
    "future incident": ("incidents", incident(发生时间="2027-01-01 00:00"), {}, "time_in_future"),
    "ancient incident": ("incidents", incident(发生时间="1899-12-31 00:00"), {}, "time_too_old"),
    "unreadable time": ("incidents", incident(发生时间="yesterday"), {}, "time_unreadable"),
    "no time": ("incidents", incident(发生时间=""), {}, "value_missing"),
    "odd state": ("incidents", incident(状态="maybe"), {}, "word_unknown"),
    "overlong text": ("incidents", incident(内容="啊" * 4001), {}, "text_too_long"),
    "swapped incident": ("incidents", incident(经度=SWAPPED_LON, 纬度=SWAPPED_LAT), {}, "lonlat_swapped"),
    "resource of tomorrow": (
        "resources",
        table([{"id": 1, "name": "队", "kind": "team", "time": "2026-03-02", "lon": 103.21, "lat": 40.405}]),
        {},
        "time_in_future",
    ),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows(case: str, loaded: Database, tmp_path: Path) -> None:
    kind, write, options, key = BAD_ROWS[case]
    error = refused(loaded, kind, write(tmp_path), options, BadRows, "rows_refused")
    assert {fault["key"] for fault in error.evidence["faults"]} == {key}
    assert error.in_language("zh").endswith(error.evidence["faults"][0]["zh"])
    assert "\n" not in str(error)


def refused(db: Database, kind: str, path: Path, options: dict[str, Any], error: type[Refused], key: str) -> Refused:
    before = town.everything(db)
    with pytest.raises(error) as caught:
        IMPORTERS[kind](db, path, ImportOptions(**options), AT)
    assert caught.value.key == key
    assert all(caught.value.in_language(language) for language in ("zh", "en"))
    assert town.everything(db) == before
    with db.read() as conn:
        assert len(list_batches(conn)) == 2
    return caught.value


def test_all_faults_of_all_rows_are_told(loaded: Database, tmp_path: Path) -> None:
    rows = [*town.stations(1, capacity="ten", kind=""), *town.stations(2, opening_hours="whenever")[1:]]
    error = refused(loaded, "stations", write_csv(tmp_path / "s.csv", rows), {}, BadRows, "rows_refused")
    told = [(fault["row"], fault["key"]) for fault in error.evidence["faults"]]
    assert sorted(told) == [(2, "number_expected"), (2, "value_missing"), (3, "row_hours_unreadable")]
    assert (error.evidence["rejected"], error.evidence["read"]) == (2, 2)


def test_a_grid_on_the_ground_of_a_rejected_row_is_told_why(loaded: Database, tmp_path: Path) -> None:
    """The other grid is in the file, so nobody may say that the file lacks it."""
    x0, y0, x1, y1 = WEST_ONLY[NORTH_WEST]
    other = next(code for code, box in WEST_ONLY.items() if box[0] == x1 and box[1] == y0)
    grids = west_grids(**{NORTH_WEST: (x0, y0, x1 + 50, y1), other: (x1 + 50, y0, 1050, y1)})
    error = refused(loaded, "grids", grids(tmp_path), {}, BadRows, "rows_refused")
    assert {fault["key"] for fault in error.evidence["faults"]} == {"outside_parent", "overlap_with_rejected"}


def test_offending_shapes_are_in_the_evidence(loaded: Database, tmp_path: Path) -> None:
    path = west_grids(**{NORTH_WEST: (0, 500, 510, 1000)})(tmp_path)
    error = refused(loaded, "grids", path, {}, BadRows, "rows_refused")
    shape = shapely.geometry.shape(error.evidence["faults"][0]["evidence"]["shape"])
    assert shape.symmetric_difference(square(500, 500, 510, 1000)).area < 0.01 * shape.area


def test_hostile_text_is_stored_as_it_is(db: Database, tmp_path: Path) -> None:
    hostile = "'); drop table station; -- <script>alert(`1`)</script> \\N \\x00 =cmd|'/c calc'!A0"
    path = write_csv(tmp_path / "s.csv", town.stations(1, name=hostile, address="a\tb\\c"))
    import_stations(db, path, ImportOptions(), AT)
    with db.read() as conn:
        (station_,) = live(conn)
    assert (station_.name, station_.address) == (hostile, "a\tb\\c")
