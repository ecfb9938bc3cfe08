"""What circles promise in the town of two streets, counted by hand; and what a hole in the railway's fence brings."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.imports.import_official_circles import import_official_circles
from geo.actions.reach.compute_coverage import compute_coverage
from geo.actions.reach.find_crossings import find_crossings
from geo.actions.reach.honesty import honesty
from geo.errors import NotFound, Refused
from geo.honesty import CrossingReport, CrossingWish, Heads, HonestyReport, HonestyWish, Promise
from geo.imports.options import ImportOptions
from geo.store.database import Database
from geo.store.locate import find_area
from tests import two_streets
from tests.db.test_coverage_command import gridcircle
from tests.small_town import AT, EAST, WEST, square, write_csv, write_geojson
from tests.two_streets import at


@pytest.fixture
def town(db: Database, tmp_path: Path) -> Database:
    two_streets.load(db, tmp_path)
    return db


def ask(db: Database, wish: HonestyWish) -> HonestyReport:
    return honesty(db, Engine(db, StreetCache(db)), wish, AT)


def crossings(db: Database, wish: CrossingWish) -> CrossingReport:
    return find_crossings(db, Engine(db, StreetCache(db)), wish, AT)


def residents(promise: Promise) -> tuple[float, float, float, float]:
    """Promised, reached, promised and not reached, reached and not promised."""
    return (
        promise.promised.residents,
        promise.reached.residents,
        promise.promised_not_reached.residents,
        promise.reached_not_promised.residents,
    )


def by_name(report: HonestyReport, kind: str) -> dict[str, tuple[float, float, float, float]]:
    return {promise.name: residents(promise) for promise in report.promises if promise.kind == kind}


def circles(db: Database, folder: Path) -> None:
    """One drawn around the western half of the railway, the western station's; one made of the eastern community."""
    (west_m, south_m), (east_m, north_m) = at(-50, -50), at(700, 50)
    drawn = ({"name": "drawn", "station": "W"}, square(west_m, south_m, east_m, north_m))
    import_official_circles(db, write_geojson(folder / "drawn.geojson", [drawn]), ImportOptions(), AT)
    listed = write_csv(folder / "listed.csv", [{"name": "listed", "communities": EAST}])
    import_official_circles(db, listed, ImportOptions(), AT)


def test_plain_circles(town: Database) -> None:
    report = ask(town, HonestyWish())
    assert by_name(report, "plain") == {"W": (230, 100, 130, 0), "E": (130, 130, 0, 0)}
    assert [promise.name for promise in report.promises] == ["W", "E"]
    (whole,) = report.whole
    assert residents(whole) == (230, 130, 100, 0)
    assert whole.promised_not_reached == Heads(100, 20, 10)
    assert (report.circle_m, report.n_official_circles, report.has_areas) == (1000, 0, False)
    near = ask(town, HonestyWish(minutes=5, circle_m=250))
    assert by_name(near, "plain") == {"W": (100, 0, 100, 0), "E": (40, 40, 0, 0)}


def test_the_station_nearest_by_air_is_the_wrong_one(town: Database) -> None:
    told = ask(town, HonestyWish()).astray
    assert (told.homes, told.residents, told.homes_astray, told.residents_astray) == (4, 230, 1, 100)
    assert told.extra_minutes_median == pytest.approx((2040 - 1100) * 0.9 / 60)
    assert told.residents_not_there == 0
    assert ask(town, HonestyWish(minutes=40)).astray == told, "told up to the horizon, whatever the cutoff"


def test_official_circles_with_a_station_and_without(town: Database, tmp_path: Path) -> None:
    circles(town, tmp_path)
    report = ask(town, HonestyWish(by="circle"))
    assert by_name(report, "official") == {"drawn": (190, 100, 130, 40), "listed": (70, 130, 0, 60)}
    assert {promise.name: promise.n_stations for promise in report.promises} == {"drawn": 1, "listed": 1}
    assert [(promise.kind, residents(promise)) for promise in report.whole] == [
        ("plain", (230, 130, 100, 0)),
        ("official", (230, 130, 100, 0)),
    ]
    stations = ask(town, HonestyWish(by="station"))
    assert by_name(stations, "official") == {"W": (190, 100, 130, 40)}
    assert stations.provenance.inputs_hash == report.provenance.inputs_hash
    drawn = next(promise for promise in report.promises if promise.name == "drawn")
    assert drawn.promised_m2 == pytest.approx(750 * 100, rel=1e-3)


def test_areas_count_who_lives_in_them(town: Database) -> None:
    by_code = {promise.code: promise for promise in ask(town, HonestyWish(by="community")).promises}
    assert residents(by_code[WEST]) == (160, 60, 100, 0)
    assert residents(by_code[EAST]) == (70, 70, 0, 0)
    assert by_code[WEST].everybody == Heads(160, 26, 16)
    grids = {promise.code: residents(promise) for promise in ask(town, HonestyWish(by="grid")).promises}
    assert grids[f"{WEST}001"] == (100, 0, 100, 0)
    assert sum(promised for promised, *_ in grids.values()) == 230


def test_one_area_alone(town: Database) -> None:
    with town.read() as conn:
        west = find_area(conn, WEST)
    report = ask(town, HonestyWish(area_id=west))
    assert by_name(report, "plain") == {"W": (160, 60, 100, 0), "E": (60, 60, 0, 0)}
    assert residents(report.whole[0]) == (160, 60, 100, 0)
    assert (report.astray.homes, report.astray.residents_astray) == (2, 100)
    assert report.whole[0].promised_m2 is None
    assert [row.code for row in ask(town, HonestyWish(by="community", area_id=west)).promises] == [WEST]


def test_ground_under_circles_and_streets(town: Database) -> None:
    whole = ask(town, HonestyWish()).whole[0]
    assert whole.promised_m2 is not None
    assert 3.14e6 < whole.promised_m2 < 2 * 3.15e6, "two circles that overlap"
    assert whole.reached_m2 is not None
    assert whole.reached_m2 < 0.2 * whole.promised_m2
    compute_coverage(town, at=AT)
    later = ask(town, HonestyWish())
    assert later.has_areas
    by_station = {promise.name: promise for promise in later.promises}
    assert by_station["W"].promised_m2 == pytest.approx(3.1416e6, rel=1e-3)
    assert all(promise.reached_m2 and promise.reached_m2 <= whole.reached_m2 for promise in by_station.values())


def test_a_hole_in_the_fence(town: Database) -> None:
    report = crossings(town, CrossingWish(most=1))
    assert report.n_helpful == 49, "every 10 m up to 480 m: there and back again and 40 m across are 1,000 m"
    (best,) = report.crossings
    assert best.gained == Heads(100, 20, 10)
    assert best.metres == pytest.approx(40, abs=0.01)
    assert [(barrier.kind, barrier.name) for barrier in best.barriers] == [("rail", None)]
    assert set(best.streets) == {"南街", "北街"}
    assert [(code, people) for _, code, _, people in best.grids] == [(f"{WEST}001", 100)]
    assert len(crossings(town, CrossingWish()).crossings) == 5, "no two within 100 m of each other"
    with town.read() as conn:
        east = find_area(conn, EAST)
    assert crossings(town, CrossingWish(area_id=east)).crossings == []


def test_files(town: Database, tmp_path: Path) -> None:
    book, table, geojson = (tmp_path / name for name in ("promises.xlsx", "promises.csv", "crossings.geojson"))
    code, text = gridcircle(town, "honesty", "--by", "community", "--out", str(book))
    assert code == 0
    assert "230" in text
    head, everybody, *rows = load_workbook(book)["honesty"].iter_rows(values_only=True)
    assert len(head) == len(everybody)
    assert len(rows) == 2
    assert gridcircle(town, "honesty", "--out", str(table))[0] == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        found = {row["name"]: row for row in csv.DictReader(file)}
    assert float(found["W"]["promised_not_reached"]) == 130
    code, text = gridcircle(town, "crossings", "--most", "1", "--out", str(geojson), "--json")
    assert code == 0
    assert json.loads(text)["crossings"][0]["residents"] == 100
    (feature,) = json.loads(geojson.read_text(encoding="utf-8"))["features"]
    assert feature["geometry"]["type"] == "LineString"
    assert gridcircle(town, "honesty", "--by", "community", "--out", str(tmp_path / "promises.doc"))[0] != 0


def test_what_cannot_be_told(town: Database) -> None:
    for wish, error in (
        (HonestyWish(by="planet"), NotFound),
        (HonestyWish(circle_m=0), Refused),
        (HonestyWish(circle_m=float("nan")), Refused),
        (HonestyWish(minutes=61), Refused),
    ):
        with pytest.raises(error):
            ask(town, wish)
    for refused in (CrossingWish(most=0), CrossingWish(mode="car")):
        with pytest.raises(Refused):
            crossings(town, refused)
