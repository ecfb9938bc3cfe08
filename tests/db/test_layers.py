"""Layers come in cleaned and told, the same twice is once; audits and proposals add up to the people."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from sqlalchemy import Connection

from geo.actions.imports.import_people import import_people
from geo.actions.imports.undo_import import undo_import
from geo.actions.layers.audit_layers import audit_layers, cross_layers, homes_moved, nets_at
from geo.actions.layers.doors_map import doors_map
from geo.actions.layers.import_layer import import_layer
from geo.actions.layers.merge_layers import merge_layers
from geo.actions.work.store_cuts import cut_and_store
from geo.compute.layers import clean as layer_clean
from geo.errors import BadFile, BadRows, NotFound, Refused
from geo.imports.report import ImportReport
from geo.layers import CityUnits, Layer, LayerWish, MergeWish, Zone
from geo.store import layers
from geo.store.areas import live_areas
from geo.store.database import Database
from tests import small_town as town
from tests.drawn_layers import PLAIN, POLICE, RESIDENTS, homes, load_town, take, zone
from tests.small_town import AT, EAST, WEST, everything, lonlat, square, write_csv, write_geojson

LATER = AT + timedelta(days=1)
HALVES = (zone("A", 0, 0, 1000, 1000), zone("B", 1000, 0, 2000, 1000))


@pytest.fixture
def empty(db: Database, tmp_path: Path) -> Database:
    """The town without layers."""
    town.load(db, tmp_path)
    return db


@pytest.fixture
def loaded(db: Database, tmp_path: Path) -> Database:
    """The town with its homes and three nets."""
    load_town(db, tmp_path)
    return db


def live(db: Database, name: str = "police") -> tuple[Layer, list[Zone]]:
    with db.read() as conn:
        (layer,) = layers.live_layers(conn, (name,))
        return layer, layers.zones_of(conn, layer.id)


def keys(report: ImportReport) -> list[str]:
    return [note.key for note in report.notes]


def test_a_layer_lands_with_its_department(empty: Database, tmp_path: Path) -> None:
    report = take(empty, tmp_path, POLICE, *HALVES)
    assert (report.kind, report.source, report.read, report.added, report.notes) == ("layers", "police", 2, 2, ())
    layer, zones = live(empty)
    assert (layer.department, layer.kind, layer.version, layer.zones) == ("公安局", "警务网格", 1, 2)
    assert [(one.code, one.name, one.twin_no) for one in zones] == [("A", "zone A", None), ("B", "zone B", None)]
    assert shapely.coverage_is_valid(np.array([one.shape for one in zones]))
    assert report.totals["layer_ground_km2"] == pytest.approx(2, rel=1e-4)


def test_the_same_file_twice_is_once(empty: Database, tmp_path: Path) -> None:
    take(empty, tmp_path, POLICE, *HALVES)
    before = everything(empty)
    again = take(empty, tmp_path, POLICE, *HALVES)
    assert (again.unchanged, again.changed, again.import_id) == (2, 0, None)
    assert everything(empty) == before


def test_another_file_is_the_next_version_and_undo_brings_back_the_one_before(empty: Database, tmp_path: Path) -> None:
    take(empty, tmp_path, POLICE, *HALVES)
    moved = take(empty, tmp_path, POLICE, zone("A", 0, 0, 900, 1000), zone("C", 900, 0, 2000, 1000))
    assert (moved.added, moved.changed, moved.unchanged, moved.retired) == (1, 1, 0, 1)
    assert [one.code for one in live(empty)[1]] == ["A", "C"]
    assert live(empty)[0].version == 2
    assert moved.import_id is not None
    undo_import(empty, moved.import_id, LATER)
    assert [one.code for one in live(empty)[1]] == ["A", "B"]
    undo_import(empty, live(empty)[0].import_id, LATER)
    with empty.read() as conn:
        assert layers.live_layers(conn) == []
    take(empty, tmp_path, POLICE, *HALVES)
    assert [one.code for one in live(empty)[1]] == ["A", "B"]


def test_another_department_alone_is_a_change_of_every_zone(empty: Database, tmp_path: Path) -> None:
    take(empty, tmp_path, POLICE, *HALVES)
    report = take(empty, tmp_path, replace(POLICE, department="派出所"), *HALVES)
    assert (report.changed, report.unchanged) == (2, 0)
    assert live(empty)[0].department == "派出所"


def test_what_was_drawn_badly_is_mended_and_told(empty: Database, tmp_path: Path) -> None:
    """An overlap of 3 m, a gap of 4 m, and the last zone a second time."""
    report = take(
        empty,
        tmp_path,
        POLICE,
        zone("A", 0, 0, 1003, 500),
        zone("B", 1000, 0, 2000, 500),
        zone("C", 0, 500, 996, 1000),
        zone("D", 1000, 500, 2000, 1000),
        zone("E", 0, 497, 996, 1000),
    )
    assert keys(report) == ["layer_twin"]
    assert report.notes[0].row == 5
    assert report.notes[0].evidence["zone"] == "E"
    assert report.notes[0].evidence["other"] == "C"
    layer, zones = live(empty)
    assert [one.twin_no for one in zones] == [None, None, None, None, 2]
    assert zones[4].shape.is_empty
    assert not zones[4].drawn.is_empty
    assert [change["kind"] for change in layer.changes] == ["twin"]
    assert report.totals["layer_ground_km2"] == pytest.approx(2, rel=1e-4)


def test_the_same_row_twice_is_a_twin_and_another_ground_of_that_code_a_fault(empty: Database, tmp_path: Path) -> None:
    report = take(empty, tmp_path, POLICE, *HALVES, HALVES[0])
    assert (report.read, report.added, keys(report)) == (3, 3, ["layer_twin"])
    with pytest.raises(BadRows) as refused:
        take(empty, tmp_path, POLICE, *HALVES, zone("A", 0, 0, 100, 100))
    assert [(fault["row"], fault["key"]) for fault in refused.value.evidence["faults"]] == [(3, "value_twice")]


def test_zones_without_a_code_go_by_their_name_or_number(empty: Database, tmp_path: Path) -> None:
    take(empty, tmp_path, POLICE, ({"网格名称": "甲"}, HALVES[0][1]), ({}, HALVES[1][1]))
    assert [(one.code, one.name) for one in live(empty)[1]] == [("甲", "甲"), ("2", "2")]


@pytest.mark.parametrize(("header", "encoding"), [("负责单位", "UTF-8"), ("责任单位名称", "GBK")])
def test_who_looks_after_a_zone_is_read_though_shapefiles_cut_headers(
    empty: Database, tmp_path: Path, header: str, encoding: str
) -> None:
    """Ten bytes of a header are left: three characters of UTF-8, five of GBK. A name of a person stays outside."""
    frame = geopandas.GeoDataFrame(
        {"网格编码": ["A", "B"], header: ["城东中队", None], "负责人": ["张三", "李四"]},
        geometry=[shape for _, shape in HALVES],
        crs=4326,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library says that it cuts headers
        frame.to_file(tmp_path / "net.shp", encoding=encoding)
    import_layer(empty, tmp_path / "net.shp", POLICE, PLAIN, AT)
    assert [(one.code, one.unit) for one in live(empty)[1]] == [("A", "城东中队"), ("B", None)]
    (net,) = nets_at(empty, lonlat(500, 500))[1]
    assert (net.department, net.unit) == ("公安局", "城东中队")
    assert "张三" not in str(everything(empty))


BOW_TIE = shapely.Polygon([lonlat(*xy) for xy in ((0, 0), (500, 500), (500, 0), (0, 500))])

FAULTS: dict[str, Any] = {
    "shape_missing": None,
    "polygon_expected": shapely.Point(lonlat(5, 5)),
    "polygon_empty": shapely.Polygon(),
    "polygon_crosses_itself": shapely.Polygon([(103.2, 40.4), (103.3, 40.4), (103.25, 40.4)]),
    "outside_town": square(90_000, 0, 90_800, 900),
    "shape_swapped": shapely.transform(square(0, 0, 800, 900), lambda xy: xy[:, ::-1]),
    "shape_range": shapely.box(500, 500, 501, 501),
    "layer_gone": square(1000, 0, 1000.3, 1000),
}


def test_a_border_that_crosses_itself_stops_nobody_else_and_is_told_with_its_ground(
    empty: Database, tmp_path: Path
) -> None:
    """Two triangles with a tip in common, of 62,500 m² each; their corners go round one left and the other right."""
    bow_tie = ({"code": "X", "name": "bow tie"}, BOW_TIE)
    report = take(empty, tmp_path, POLICE, zone("B", 1000, 0, 2000, 1000), bow_tie, zone("A", 500, 0, 1000, 1000))
    assert (report.read, report.added, report.rejected, keys(report)) == (3, 3, 0, ["layer_redrawn"])
    assert report.notes[0].row == 2
    assert report.notes[0].evidence == {
        "zone": "X",
        "place": report.notes[0].evidence["place"],
        "before": 0,
        "after": pytest.approx(125_000, abs=20),
    }
    layer, zones = live(empty)
    assert [change["kind"] for change in layer.changes] == ["redrawn"]
    assert [one.code for one in zones] == ["B", "X", "A"]
    assert zones[1].drawn.equals(shapely.make_valid(BOW_TIE, method="structure", keep_collapsed=False))
    assert zones[1].shape.covers(shapely.Point(layer.changes[0]["lonlat"]))


@pytest.mark.parametrize("key", FAULTS)
def test_faults_are_told_by_row(key: str, empty: Database, tmp_path: Path) -> None:
    bad = ({"code": "X", "name": "bad"}, FAULTS[key])
    with pytest.raises(BadRows) as refused:
        take(empty, tmp_path, POLICE, *HALVES, bad)
    assert [(fault["row"], fault["key"]) for fault in refused.value.evidence["faults"]] == [(3, key)]
    with empty.read() as conn:
        assert layers.live_layers(conn) == []
    report = take(empty, tmp_path, POLICE, *HALVES, bad, options=replace(PLAIN, keep_going=True))
    assert (report.rejected, report.added) == (1, 2)
    assert [one.code for one in live(empty)[1]] == ["A", "B"]


def test_rows_that_are_all_bad_leave_nothing(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        take(empty, tmp_path, POLICE, ({"code": "X"}, None), options=replace(PLAIN, keep_going=True))
    assert refused.value.key == "layer_all_refused"
    assert everything(empty)["layer"] == []


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        (replace(POLICE, name=" "), "layer_word_bad"),
        (replace(POLICE, department=""), "layer_word_bad"),
        (replace(POLICE, kind="x" * 201), "layer_word_bad"),
        (replace(POLICE, department="张三 13812345678"), "layer_word_bad"),
        (replace(POLICE, name="po\u202elice"), "layer_word_bad"),
        (replace(POLICE, gap_width_m=-1), "layer_gap_width_bad"),
        (replace(POLICE, gap_width_m=51), "layer_gap_width_bad"),
        (replace(POLICE, gap_width_m=float("nan")), "layer_gap_width_bad"),
    ],
)
def test_words_that_are_none(empty: Database, tmp_path: Path, wish: LayerWish, key: str) -> None:
    with pytest.raises(Refused) as refused:
        import_layer(empty, write_geojson(tmp_path / "layer.geojson", HALVES), wish, PLAIN, AT)
    assert refused.value.key == key


def test_files_that_are_no_layer(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        import_layer(empty, write_csv(tmp_path / "layer.csv", [{"code": "A"}]), POLICE, PLAIN, AT)
    assert refused.value.key == "layer_without_polygons"
    with pytest.raises(BadFile):
        import_layer(empty, write_geojson(tmp_path / "none.geojson", []), POLICE, PLAIN, AT)


def test_more_corners_than_a_layer_may_have(empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geo.actions.layers import land_layer as action
    from geo.rules.layers import layer_rules

    few = replace(layer_rules(), clean=replace(layer_rules().clean, most_points=9))
    monkeypatch.setattr(action, "layer_rules", lambda: few)
    with pytest.raises(BadFile) as refused:
        take(empty, tmp_path, POLICE, *HALVES)
    assert (refused.value.key, refused.value.evidence["points"]) == ("layer_too_many_points", 10)


def test_a_cleaning_that_merges_zones_is_not_believed(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def merging(shapes: Any, **_: Any) -> Any:
        """GEOS issue 1525: one of two neighbours gets the ground of both."""
        return np.array([shapely.union_all(shapes), *[shapely.Polygon()] * (len(shapes) - 1)], dtype=object)

    monkeypatch.setattr(layer_clean.shapely, "coverage_clean", merging)
    before = everything(empty)
    with pytest.raises(BadRows) as refused:
        take(empty, tmp_path, POLICE, *HALVES)
    assert [fault["key"] for fault in refused.value.evidence["faults"]] == ["layer_strayed", "layer_gone"]
    assert everything(empty) == before


def test_a_layer_that_nothing_fits_is_refused(empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_clean.shapely, "coverage_clean", lambda shapes, **_: shapes)
    with pytest.raises(Refused) as refused:
        take(empty, tmp_path, POLICE, zone("A", 0, 0, 1010, 1000), HALVES[1])
    assert refused.value.key == "layer_not_whole"


def test_every_net_at_a_door_and_who_runs_it(loaded: Database) -> None:
    asked, nets = nets_at(loaded, lonlat(950, 200))
    assert [one.name for one in asked] == ["fire", "health", "police"]
    assert [(net.layer, net.department, net.zone_code) for net in nets] == [
        ("fire", "消防队", "F2"),
        ("health", "卫健委", "H2"),
        ("police", "公安局", "P1"),
    ]
    assert all(net.is_drawn and net.is_clean for net in nets)
    assert [net.layer for net in nets_at(loaded, lonlat(1800, 200))[1]] == ["health", "police"]
    assert nets_at(loaded, lonlat(2500, 200))[1] == []
    assert [net.zone_code for net in nets_at(loaded, lonlat(950, 200), ("health",))[1]] == ["H2"]


def test_a_door_in_an_overlap_has_both_nets_as_drawn_and_one_clean(empty: Database, tmp_path: Path) -> None:
    take(empty, tmp_path, POLICE, zone("A", 0, 0, 1300, 1000), zone("B", 1000, 0, 2000, 1000))
    nets = nets_at(empty, lonlat(1150, 500))[1]
    assert [net.zone_code for net in nets] == ["A", "B"]
    assert [net.is_drawn for net in nets] == [True, True]
    assert sum(net.is_clean for net in nets) == 1


def test_the_audit_adds_up(loaded: Database) -> None:
    report = audit_layers(loaded)
    fire, health, police = report.layers
    assert (report.residents, report.homes) == (RESIDENTS, 200)
    assert [(door.nets, door.homes, door.residents) for door in report.doors] == [
        (0, 0, 0),
        (1, 0, 0),
        (2, 50, 500),
        (3, 150, 1500),
    ]
    assert (fire.residents_inside, fire.residents_in_none, fire.homes_inside) == (1500, 500, 150)
    assert fire.gap_m2 == pytest.approx(500_000, rel=1e-4)
    assert police.gap_m2 == pytest.approx(0, abs=1)
    assert [one.overlaps for one in report.layers] == [0, 0, 0]
    assert (health.department, health.zones, health.changes, health.homes_moved) == ("卫健委", 4, 0, 0)
    assert report.town_m2 == pytest.approx(2_000_000, rel=1e-4)


def test_pairs_of_layers(loaded: Database) -> None:
    pairs = {(pair.a, pair.b): pair for pair in audit_layers(loaded).pairs}
    one = pairs["health", "police"]
    assert (one.residents_both, one.residents_only_a, one.residents_only_b, one.residents_neither) == (2000, 0, 0, 0)
    assert one.kept_a_share == pytest.approx((450 + 500 + 450 + 500) / 2000), "H2 and H4 lose a column of homes each"
    assert one.kept_b_share == pytest.approx((450 + 500) / 2000), "each half goes into two quarters, or four"
    assert one.slivers == 0
    half = pairs["fire", "police"]
    assert (half.residents_both, half.residents_only_a, half.residents_only_b) == (1500, 0, 500)
    assert half.both_m2 == pytest.approx(1_500_000, rel=1e-4)
    assert half.only_b_m2 == pytest.approx(500_000, rel=1e-4)


def test_slivers_are_told_with_place_and_people(loaded: Database, tmp_path: Path) -> None:
    """Half a metre beyond the strip in which the eleventh column of homes stands: 10 m of a kilometre."""
    import_people(loaded, write_csv(tmp_path / "people.csv", [{**homes()[0], "id": "X", **at(1005, 300)}]), PLAIN, AT)
    take(
        loaded,
        tmp_path,
        LayerWish("water", "水务局", "河长"),
        zone("W1", 0, 0, 1010, 1000),
        zone("W2", 1010, 0, 2000, 1000),
    )
    report = audit_layers(loaded, ("police", "water"))
    (pair,) = report.pairs
    assert (pair.slivers, pair.residents_in_slivers) == (1, 10)
    assert pair.slivers_m2 == pytest.approx(10_000, rel=1e-4)
    (sliver,) = report.slivers
    assert (sliver.zone_a, sliver.zone_b, sliver.homes) == ("P2", "W1", 1)
    assert square(1000, 0, 1010, 1000).contains(shapely.Point(sliver.lonlat))


def at(x_m: float, y_m: float) -> dict[str, float]:
    lon, lat = lonlat(x_m, y_m)
    return {"lon": lon, "lat": lat}


def test_a_crosswalk_is_exact_and_reads_both_ways(loaded: Database) -> None:
    table = cross_layers(loaded, "police", "health")
    rows = table.rows
    assert [(row.from_code, row.to_code, row.residents) for row in rows] == [
        ("P1", "H1", 450),
        ("P1", "H3", 450),
        ("P1", "H2", 50),
        ("P1", "H4", 50),
        ("P2", "H2", 500),
        ("P2", "H4", 500),
    ]
    assert sum(row.residents for row in rows) == RESIDENTS
    assert rows[0].share_of_from == pytest.approx(0.45)
    assert rows[0].share_of_to == 1
    back = cross_layers(loaded, "health", "police").rows
    assert {(row.to_code, row.from_code, row.residents) for row in back} == {
        (row.from_code, row.to_code, row.residents) for row in rows
    }
    assert cross_layers(loaded, "police", "health").made == table.made
    assert cross_layers(loaded, "health", "police").made.inputs_hash != table.made.inputs_hash
    gaps = cross_layers(loaded, "police", "fire").rows
    assert ("P2", None, 500) in [(row.from_code, row.to_code, row.residents) for row in gaps]


def test_homes_that_cleaning_moved(loaded: Database, tmp_path: Path) -> None:
    """B and C overlap in the column of homes at 1,050 m, which C's border does not share with A."""
    report = take(
        loaded,
        tmp_path,
        LayerWish("water", "水务局", "河长"),
        zone("A", 0, 0, 1100, 1000),
        zone("B", 1000, 0, 2000, 1000),
    )
    moved = homes_moved(loaded, "water")
    assert {tuple(home.drawn_in) for home in moved} == {("A", "B")}
    assert [home.lonlat[0] for home in moved] == pytest.approx([lonlat(1050, 0)[0]] * 10, abs=1e-5)
    assert (report.totals["layer_homes_moved"], report.totals["layer_residents_moved"]) == (10, 100)
    assert len(moved) == 10
    figures = next(one for one in audit_layers(loaded).layers if one.name == "water")
    assert (figures.homes_moved, figures.residents_in_several, figures.overlaps) == (10, 100, 1)
    assert figures.overlap_m2 == pytest.approx(100_000, rel=1e-4)


def test_doors_are_drawn_by_home_until_there_are_units(loaded: Database) -> None:
    places = doors_map(loaded)
    assert len(places) == 200
    assert {place.shape.geom_type for place in places} == {"Point"}
    assert sum(place.residents for place in places if place.nets == 2) == 500
    cut_and_store(loaded, None, AT)
    units = doors_map(loaded)
    assert {place.shape.geom_type for place in units} == {"MultiPolygon"}
    assert sum(place.residents for place in units) == RESIDENTS
    assert sum(place.homes for place in units) == 200


def squares(conn: Connection, community: str | None) -> CityUnits:
    """Units of 100 m in both communities, a home in each."""
    ids = {area.code: area.id for area in live_areas(conn, "community")}
    number = np.arange(200)
    column, row = number % 20, number // 20
    right = np.column_stack([number, number + 1])[column < 19]
    above = np.column_stack([number, number + 20])[row < 9]
    pairs = np.concatenate([right, above])
    assert community in (None, WEST)
    return CityUnits(
        shapes=[square(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in zip(column, row, strict=True)],
        community=np.where(column < 10, ids[WEST], ids[EAST]),
        unit_no=number,
        neighbours=pairs,
        border_m=np.full(len(pairs), 100.0),
        homes=np.ones(200, np.int64),
        households=np.full(200, 4.0),
        residents=np.full(200, 10.0),
        home_id=layers.layer_homes(conn).id,
        unit_of_home=number,
    )


def test_a_merge_keeps_the_base_where_nobody_outvotes_it(loaded: Database) -> None:
    found = merge_layers(loaded, MergeWish("police", ("police", "health")), squares)
    assert [(zone.code, zone.base_code, zone.units, zone.residents) for zone in found.zones] == [
        ("P1", "P1", 100, 1000),
        ("P2", "P2", 100, 1000),
    ]
    assert found.given == []
    assert [(one.layer, one.code, one.zones, one.residents, one.largest_share) for one in found.split] == [
        ("health", "H2", 2, 550, pytest.approx(500 / 550)),
        ("health", "H4", 2, 550, pytest.approx(500 / 550)),
    ]
    assert sum(row.residents for row in found.crosswalks["health"]) == RESIDENTS
    assert found.doubts == []
    assert len(found.zone_of_unit) == 200


def test_a_zone_across_communities_is_cut_at_their_border(loaded: Database) -> None:
    found = merge_layers(loaded, MergeWish("health", ("police", "health")), squares)
    assert [(zone.code, zone.base_code, zone.residents) for zone in found.zones] == [
        ("H1", "H1", 450),
        ("H2", "H2", 50),
        ("H3", "H3", 450),
        ("H4", "H4", 50),
        ("H2-2", "H2", 500),
        ("H4-2", "H4", 500),
    ]
    assert {one.code for one in found.split if one.layer == "health"} == {"H2", "H4"}
    quarter = square(0, 0, 900, 500)
    assert found.zones[0].shape.symmetric_difference(quarter).area < 1e-3 * quarter.area
    assert sum(shapely.area([zone.shape for zone in found.zones])) == pytest.approx(
        square(0, 0, 2000, 1000).area, rel=1e-6
    )


def test_a_gap_of_the_base_goes_to_its_neighbour(loaded: Database) -> None:
    found = merge_layers(loaded, MergeWish("fire"), squares)
    east = [zone for zone in found.zones if zone.base_code == "F2"]
    assert sum(zone.gained_residents for zone in east) == 500
    gaps = [cell for cell in found.given if cell.reason == "gap"]
    assert sum(cell.residents for cell in gaps) == 500
    assert {cell.from_code for cell in gaps} == {None}
    assert all(code is not None for _, _, code in found.zone_of_unit)


def wide(conn: Connection, community: str | None) -> CityUnits:
    """Units of 200 m by 100 m, two homes in each."""
    narrow = squares(conn, community)
    number = np.arange(100)
    column, row = number % 10, number // 10
    return narrow._replace(
        shapes=[square(200 * x, 100 * y, 200 * x + 200, 100 * y + 100) for x, y in zip(column, row, strict=True)],
        community=narrow.community[::2],
        unit_no=number,
        neighbours=np.column_stack([number, number + 1])[column < 9],
        border_m=np.full(90, 100.0),
        homes=np.full(100, 2),
        households=np.full(100, 8.0),
        residents=np.full(100, 20.0),
        unit_of_home=narrow.unit_no // 2,
    )


def test_a_border_through_units_moves_who_lives_beyond_it(loaded: Database, tmp_path: Path) -> None:
    """Units go as a whole where 60 % of them lies; everybody is still told of by the zone that has the door."""
    take(loaded, tmp_path, replace(POLICE, name="water"), zone("Q1", 0, 0, 920, 1000), zone("Q2", 920, 0, 2000, 1000))
    found = merge_layers(loaded, MergeWish("water", ("police", "water")), wide)
    told = {(row.from_code, row.to_code): row.residents for row in found.crosswalks["water"]}
    assert told == {("Q1", "Q1"): 900, ("Q2", "Q1"): 100, ("Q2", "Q2"): 1000}
    assert [(zone.code, zone.residents, zone.gained_residents) for zone in found.zones] == [
        ("Q1", 1000, 100),
        ("Q2", 1000, 0),
    ]
    assert {(doubt.layer, round(doubt.share_inside, 2)) for doubt in found.doubts} == {("water", 0.6)}


def test_units_of_the_store_are_merged_like_any(loaded: Database) -> None:
    with pytest.raises(NotFound) as refused:
        merge_layers(loaded, MergeWish("police"))
    assert refused.value.key == "layer_no_units"
    cut_and_store(loaded, None, AT)
    found = merge_layers(loaded, MergeWish("police"))
    assert found.residents == RESIDENTS
    assert sum(zone.residents for zone in found.zones) == RESIDENTS
    for rows in found.crosswalks.values():
        assert sum(row.residents for row in rows) == RESIDENTS
    west = merge_layers(loaded, MergeWish("police", community=WEST))
    assert west.residents == RESIDENTS / 2


def test_questions_about_layers_that_are_not_there(empty: Database, tmp_path: Path) -> None:
    for ask in (audit_layers, doors_map):
        with pytest.raises(NotFound) as refused:
            ask(empty)
        assert refused.value.key == "layer_none"
    take(empty, tmp_path, POLICE, *HALVES)
    with pytest.raises(NotFound) as unknown:
        audit_layers(empty, ("police", "nobody"))
    assert (unknown.value.key, unknown.value.evidence["name"]) == ("layer_not_stored", "nobody")
    with pytest.raises(Refused) as one:
        merge_layers(empty, MergeWish("police"), squares)
    assert one.value.key == "layer_two_needed"
    with pytest.raises(Refused):
        cross_layers(empty, "police", "police")
    with pytest.raises(Refused):
        nets_at(empty, (500.0, 0.0))
