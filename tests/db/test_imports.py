"""Imports land whole, twice the same is once, and undoing one brings back what was before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select, text

from geo.actions.city.plan_access import Hand
from geo.actions.dispatch.forget_positions import forget_positions
from geo.actions.dispatch.report_position import report_position
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_incidents import import_incidents
from geo.actions.imports.import_resources import import_resources
from geo.actions.imports.import_stations import import_stations
from geo.actions.imports.undo_import import undo_import
from geo.compute.project import Frame
from geo.errors import BadMove, BadRows, Conflict, GridcircleError, NotFound, StaleVersion
from geo.imports.options import ImportOptions
from geo.imports.places import in_metres
from geo.imports.report import ImportReport
from geo.store import incidents as incident_store
from geo.store import stations as station_store
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.store.grids import live_grids
from geo.store.imports import list_batches
from geo.store.resources import live
from geo.store.tables import grid, import_batch, plan
from tests import small_town as town
from tests.small_town import AT, EAST, SUBDISTRICT, WEST, Box, everything, write_csv, write_geojson

LATER = AT + timedelta(days=1)
PLAIN = ImportOptions()
PUBLISH = ImportOptions(publish=True)
NORTH_WEST = f"{WEST}001"


def import_rows(
    db: Database, folder: Path, rows: Sequence[dict[str, Any]], options: ImportOptions = PLAIN
) -> ImportReport:
    return import_stations(db, write_csv(folder / "stations.csv", rows), options, AT)


def import_boxes(
    db: Database, folder: Path, boxes: dict[str, Box], options: ImportOptions = PUBLISH, at: Any = LATER, **more: Any
) -> ImportReport:
    path = write_geojson(folder / "grids.geojson", town.grids(boxes, **more))
    return import_grids(db, path, replace(options, source="grids"), at)


def counts(report: ImportReport) -> tuple[int, ...]:
    return report.added, report.changed, report.unchanged, report.rejected, report.missing, report.retired


def notes(report: ImportReport) -> list[str]:
    return [note.key for note in report.notes]


def test_areas_find_their_parents(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    with db.read() as conn:
        area_of_code = {area.code: area for area in live_areas(conn)}
    assert area_of_code[SUBDISTRICT].parent_id is None
    assert {area_of_code[code].parent_id for code in (WEST, EAST)} == {area_of_code[SUBDISTRICT].id}


def test_the_same_file_twice_changes_nothing(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    import_rows(db, tmp_path, town.stations(3))
    path = write_csv(tmp_path / "i.csv", town.incidents(4))
    import_incidents(db, path, ImportOptions(), AT)
    before = everything(db)
    again = [
        import_areas(db, tmp_path / "areas.geojson", ImportOptions(), LATER),
        import_grids(db, tmp_path / "grids.geojson", PUBLISH, LATER),
        import_grids(db, tmp_path / "grids.geojson", ImportOptions(), LATER),
        import_rows(db, tmp_path, town.stations(3)),
        import_incidents(db, path, ImportOptions(), LATER),
    ]
    assert [counts(report) for report in again] == [(0, 0, n, 0, 0, 0) for n in (3, 8, 8, 3, 4)]
    assert [report.import_id for report in again] == [None] * 5
    assert everything(db) == before
    with db.read() as conn:
        assert [batch.kind for batch in list_batches(conn)] == ["incidents", "stations", "grids", "areas"]


def test_missing_rows_are_told_and_retired_only_with_replace(db: Database, tmp_path: Path) -> None:
    import_rows(db, tmp_path, town.stations(3))
    fewer = import_rows(db, tmp_path, town.stations(2))
    assert counts(fewer) == (0, 0, 2, 0, 1, 0)
    assert "missing_kept" in notes(fewer)
    replaced = import_rows(db, tmp_path, town.stations(2), ImportOptions(replace=True))
    assert counts(replaced) == (0, 0, 2, 0, 1, 1)
    with db.read() as conn:
        assert [station.source_key for station in station_store.live(conn)] == ["S0", "S1"]
    back = import_rows(db, tmp_path, town.stations(3))
    assert counts(back) == (0, 1, 2, 0, 0, 0)


def test_sources_do_not_touch_each_other(db: Database, tmp_path: Path) -> None:
    import_rows(db, tmp_path, town.stations(3), ImportOptions(source="one"))
    report = import_rows(db, tmp_path, town.stations(1), ImportOptions(source="two", replace=True))
    assert counts(report) == (1, 0, 0, 0, 0, 0)
    with db.read() as conn:
        assert len(station_store.live(conn)) == 4


def test_keep_going_lands_the_good_rows_and_writes_the_others(db: Database, tmp_path: Path) -> None:
    rows = town.stations(5)
    rows[1]["capacity"] = "ten"
    rows[3]["kind"] = ""
    rows[3]["name"] = "=1+1"
    options = ImportOptions(keep_going=True, rejected_dir=tmp_path / "rejected", language="zh")
    report = import_rows(db, tmp_path, rows, options)
    assert counts(report) == (3, 0, 0, 2, 0, 0)
    assert report.read == report.added + report.changed + report.unchanged + report.rejected
    written = Path(report.rejected_file or "").read_text(encoding="utf-8-sig").splitlines()
    assert len(written) == 3
    assert written[1].startswith("3,第 3 行“capacity”：“ten”不是数字。")
    assert "'=1+1" in written[2]
    assert (Path(report.rejected_file or "").stat().st_mode & 0o777) == 0o600


def test_a_rejected_row_is_not_retired(db: Database, tmp_path: Path) -> None:
    import_rows(db, tmp_path, town.stations(3))
    rows = town.stations(2)
    rows[1]["capacity"] = "ten"
    report = import_rows(db, tmp_path, rows, ImportOptions(keep_going=True, replace=True))
    assert report.retired == 0
    assert "missing_not_retired" in notes(report)
    with db.read() as conn:
        assert len(station_store.live(conn)) == 3


def test_undo_restores_every_byte(db: Database, tmp_path: Path) -> None:
    empty = everything(db)
    town.load(db, tmp_path)
    first = import_rows(db, tmp_path, town.stations(4))
    before = everything(db)
    rows = [*town.stations(2, capacity=99)[:1], *town.stations(6)[4:]]
    second = import_rows(db, tmp_path, rows, ImportOptions(replace=True))
    assert counts(second) == (2, 1, 0, 0, 3, 3)
    undo_import(db, second.import_id or 0, LATER)
    assert everything(db) == before
    for import_id in (first.import_id or 0, 2, 1):
        undo_import(db, import_id, LATER)
    assert everything(db) == empty


def test_an_import_is_undone_once_and_in_order(db: Database, tmp_path: Path) -> None:
    first = import_rows(db, tmp_path, town.stations(2))
    second = import_rows(db, tmp_path, town.stations(2, phone="123"))
    before = everything(db)
    refused(db, first.import_id, "import_changed_since")
    assert everything(db) == before
    undo_import(db, second.import_id or 0, LATER)
    refused(db, second.import_id, "import_undone_already")
    undo_import(db, first.import_id or 0, LATER)
    with pytest.raises(NotFound):
        undo_import(db, 12345, LATER)


def test_what_was_edited_by_hand_is_not_undone(db: Database, tmp_path: Path) -> None:
    report = import_rows(db, tmp_path, town.stations(2))
    with db.write() as conn:
        station = station_store.live(conn)[0]
        station_store.edit(conn, station.id, {"phone": "5550100"}, station.version, LATER)
    refused(db, report.import_id, "import_changed_since")


def test_areas_that_are_used_are_not_undone(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    before = everything(db)
    refused(db, 1, "import_in_use")
    assert everything(db) == before


def refused(db: Database, import_id: int | None, key: str) -> None:
    with pytest.raises(BadMove) as caught:
        undo_import(db, import_id or 0, LATER)
    assert caught.value.key == key


STATION_ROWS = st.dictionaries(st.integers(0, 5), st.integers(0, 3), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=STATION_ROWS, second=STATION_ROWS, third=STATION_ROWS, replaces=st.booleans())
def test_undo_is_the_inverse_of_import(
    first: dict[int, int], second: dict[int, int], third: dict[int, int], replaces: bool, db: Database, tmp_path: Path
) -> None:
    states, reports = [everything(db)], []
    for rows in (first, second, third):
        made = [{**town.stations(6)[number], "capacity": capacity} for number, capacity in rows.items()]
        report = import_rows(db, tmp_path, made, ImportOptions(replace=replaces))
        assert report.read == report.added + report.changed + report.unchanged + report.rejected
        reports.append(report)
        states.append(everything(db))
    for report, state in zip(reversed(reports), reversed(states[:-1]), strict=True):
        if report.import_id is not None:
            undo_import(db, report.import_id, LATER)
        assert everything(db) == state


def test_grids_become_drafts_unless_published(db: Database, tmp_path: Path) -> None:
    import_areas(db, write_geojson(tmp_path / "areas.geojson", town.areas()), ImportOptions(), AT)
    draft = import_boxes(db, tmp_path, town.grid_boxes(), ImportOptions())
    assert counts(draft) == (8, 0, 0, 0, 0, 0)
    assert notes(draft) == ["plans_drafted"]
    assert live_codes(db) == set()
    live = import_boxes(db, tmp_path, town.grid_boxes(), chief_filled=True, chief_phone="5550100")
    assert notes(live) == ["plans_live"]
    assert live_codes(db) == town.grid_boxes().keys()
    with db.read() as conn:
        assert conn.execute(select(func.count()).select_from(grid)).scalar_one() == 8, "grids keep their permanent id"
        (chief,) = {found.posts["chief"] for found in live_grids(conn, LATER)}
    assert (chief.is_filled, chief.duty_phone) == (True, "5550100")
    before = everything(db)
    with pytest.raises(BadRows) as named:
        import_boxes(db, tmp_path, town.grid_boxes(), chief_filled=True, chief_phone="张三丰 15012345678")
    assert {fault["key"] for fault in named.value.evidence["faults"]} == {"duty_phone_bad"}
    assert "张三丰" not in str(named.value.evidence), "a refusal does not pass on whom it refuses"
    assert everything(db) == before


def test_plans_may_hold_from_an_earlier_day_but_not_before_the_plan_they_follow(db: Database, tmp_path: Path) -> None:
    import_areas(db, write_geojson(tmp_path / "areas.geojson", town.areas()), ImportOptions(), AT)
    since = AT - timedelta(days=30)
    import_boxes(db, tmp_path, town.grid_boxes(), replace(PUBLISH, effective_from=since))
    assert live_codes(db, since) == town.grid_boxes().keys()
    assert live_codes(db, since - timedelta(seconds=1)) == set()
    before = everything(db)
    with pytest.raises(BadMove) as refusal:
        import_boxes(db, tmp_path, town.grid_boxes(), replace(PUBLISH, effective_from=since), chief_filled=True)
    assert refusal.value.key == "plan_begins_too_early"
    assert everything(db) == before


def live_codes(db: Database, at: Any = LATER) -> set[str]:
    with db.read() as conn:
        return {found.code for found in live_grids(conn, at)}


def test_a_new_plan_takes_over_and_undo_gives_back(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    before = everything(db)
    west = {NORTH_WEST: (0, 500, 400, 1000), f"{WEST}002": (400, 500, 1000, 1000)}
    west |= {f"{WEST}003": (0, 0, 400, 500), f"{WEST}004": (400, 0, 1000, 500)}
    report = import_boxes(db, tmp_path, {**town.grid_boxes(), **west})
    assert counts(report) == (0, 4, 4, 0, 0, 0)
    with db.read() as conn:
        assert conn.execute(select(func.count()).select_from(plan)).scalar_one() == 3, (
            "the other community kept its plan"
        )
        old = {found.code: found.shape for found in live_grids(conn, AT)}
        new = {found.code: found for found in live_grids(conn, LATER)}
    assert metres2(old[NORTH_WEST]) == pytest.approx(250_000, rel=1e-6)
    assert metres2(new[NORTH_WEST].shape) == pytest.approx(200_000, rel=1e-6)
    undo_import(db, report.import_id or 0, LATER)
    assert everything(db) == before


def metres2(shape: shapely.Geometry) -> float:
    return float(in_metres(shape, Frame.of(shapely.get_coordinates(shape))).area)


def test_missing_grids_stay_unless_replaced(db: Database, tmp_path: Path) -> None:
    town.load(db, tmp_path)
    before = everything(db)
    west = {code: box for code, box in town.grid_boxes().items() if code.startswith(WEST)}
    del west[NORTH_WEST]
    report = import_boxes(db, tmp_path, west)
    assert counts(report) == (0, 0, 3, 0, 5, 0)
    assert live_codes(db) == town.grid_boxes().keys()
    replaced = import_boxes(db, tmp_path, west, ImportOptions(publish=True, replace=True))
    assert counts(replaced) == (0, 0, 3, 0, 5, 5)
    assert live_codes(db) == west.keys()
    undo_import(db, replaced.import_id or 0, LATER)
    assert everything(db) == before


def test_a_rejected_grid_keeps_its_place(db: Database, tmp_path: Path) -> None:
    """With --keep-going and --replace a row that was refused may be one of the missing: nothing is dropped."""
    town.load(db, tmp_path)
    west = {code: box for code, box in town.grid_boxes().items() if code.startswith(WEST)}
    west[NORTH_WEST] = (-50, 500, 500, 1000)
    report = import_boxes(db, tmp_path, west, ImportOptions(publish=True, replace=True, keep_going=True))
    assert counts(report) == (0, 0, 3, 1, 4, 0)
    assert "missing_not_retired" in notes(report)
    assert live_codes(db) == town.grid_boxes().keys()


def test_slivers_are_repaired_and_listed(db: Database, tmp_path: Path) -> None:
    """1.5 m x 500 m overlap, 1 m x 500 m gap, 1 m outside: the ground is whole again and each repair is told."""
    import_areas(db, write_geojson(tmp_path / "areas.geojson", town.areas()), ImportOptions(), AT)
    boxes = {code: box for code, box in town.grid_boxes().items() if code.startswith(WEST)}
    boxes[NORTH_WEST] = (-1, 500, 501.5, 1000)
    boxes[f"{WEST}003"] = (0, 0, 499, 500)
    report = import_boxes(db, tmp_path, boxes)
    told = {note.key: note.evidence["area"] for note in report.notes if "area" in note.evidence}
    assert told == {
        "overlap_repaired": pytest.approx(750, rel=0.01),
        "gap_repaired": pytest.approx(500, rel=0.01),
        "outside_repaired": pytest.approx(500, rel=0.01),
    }
    with db.read() as conn:
        shapes = [found.shape for found in live_grids(conn, LATER)]
        (ground,) = [area.shape for area in live_areas(conn, "community") if area.code == WEST]
    assert len(shapes) == 4
    assert shapely.coverage_is_valid(shapes)
    assert metres2(shapely.union_all(shapes).symmetric_difference(ground)) < 1
    before = everything(db)
    assert counts(import_boxes(db, tmp_path, boxes)) == (0, 0, 4, 0, 0, 0)
    assert everything(db) == before


def test_two_publish_at_once_and_one_is_told(db: Database, tmp_path: Path) -> None:
    """Both read the same plan in force; only one may follow it."""
    town.load(db, tmp_path)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()

    def publish(number: int) -> str:
        moved = {NORTH_WEST: (0, 500, 400.0 - 50 * number, 1000), f"{WEST}002": (400.0 - 50 * number, 500, 1000, 1000)}
        try:
            import_boxes(db, folders[number], {**town.grid_boxes(), **moved}, at=LATER + timedelta(minutes=number))
        except GridcircleError as error:
            return type(error).__name__
        return "live"

    with db.write() as conn:  # holds both until they have read
        conn.execute(text("lock table plan in exclusive mode"))
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(publish, number) for number in range(2)]
            waiting = text("select count(*) from pg_locks where not granted and relation = 'plan'::regclass")
            while conn.execute(waiting).scalar_one() < 2:
                pass
            conn.commit()
            outcomes = sorted(future.result() for future in both)
    assert outcomes == [Conflict.__name__, "live"]


def test_spreadsheet_codes_and_chinese_headers(db: Database, tmp_path: Path) -> None:
    """Codes as number cells are exact at 12 and 15 digits; a title stands above the header."""
    book = Workbook()
    book.active.append(["驿站清单"])
    book.active.append(["编号", "名称", "类型（必填）", "经度", "纬度", "容量"])
    lon, lat = town.lonlat(500, 500)
    book.active.append([990101001001001, "驿站", "党群服务中心", lon, lat, "１２"])
    book.save(tmp_path / "stations.xlsx")
    import_stations(db, tmp_path / "stations.xlsx", ImportOptions(), AT)
    with db.read() as conn:
        (station,) = station_store.live(conn)
    assert (station.source_key, station.kind, station.capacity) == ("990101001001001", "party_mass_centre", 12)


def test_incidents_lose_the_numbers_of_persons(db: Database, tmp_path: Path) -> None:
    rows = town.incidents(1, 内容="张某 13800138000，身份证15020319900101123X，工单2026030112345")
    report = import_incidents(db, write_csv(tmp_path / "i.csv", rows, "gb18030"), ImportOptions(), AT)
    assert {"encoding_used", "personal_numbers_masked"} <= set(notes(report))
    with db.read() as conn:
        (incident,) = incident_store.live(conn)
        kept = conn.execute(select(import_batch.c.report)).scalar_one()
    assert incident.text == "张某 ***，身份证***，工单2026030112345"
    assert "13800138000" not in str(kept)
    assert (incident.category, incident.state) == ("street_light", "open")
    assert incident.occurred_at.isoformat() == "2026-02-01T00:30:00+00:00"


def test_a_number_of_a_person_is_no_order_number(db: Database, tmp_path: Path) -> None:
    """A phone in place of the order's number is masked by row, the same at every import, and two stay two."""
    rows = [
        {**row, "编号": phone} for row, phone in zip(town.incidents(2), ("13800138000", "13900139000"), strict=True)
    ]
    options = ImportOptions(source="calls", secret=lambda: b"k" * 32)
    path = write_csv(tmp_path / "i.csv", rows)
    first, again = (import_incidents(db, path, options, AT) for _ in range(2))
    assert (first.added, again.added, again.unchanged) == (2, 0, 2)
    assert sum(note.key == "personal_numbers_masked" for note in first.notes) == 2
    incidents = str(everything(db)["incident"])
    with db.read() as conn:
        told = [batch.report for batch in list_batches(conn)]
    assert incidents.count("***-") == 2
    assert "13800138000" not in incidents + str(told)


def test_a_team_does_not_go_back_in_time(db: Database, tmp_path: Path) -> None:
    """Taking a file back gives back what a team is called and does, not where it was before."""
    row = {"id": "R1", "name": "队", "kind": "team", "services": "巡查", "lon": 103.21, "lat": 40.405}
    later = [{**row, "name": "新队", "lon": 103.22, "position_at": "2026-02-02 08:00"}]
    import_resources(
        db, write_csv(tmp_path / "r.csv", [{**row, "position_at": "2026-02-01 08:00"}]), ImportOptions(), AT
    )
    second = import_resources(db, write_csv(tmp_path / "r.csv", later), ImportOptions(), AT)
    undo_import(db, second.import_id or 0, LATER)
    with db.read() as conn:
        (team,) = live(conn)
    assert (team.name, team.point.x, team.position_at.isoformat()) == ("队", 103.22, "2026-02-02T00:00:00+00:00")


def test_where_a_team_was_is_forgotten_in_what_an_import_would_be_undone_to(db: Database, tmp_path: Path) -> None:
    row = {"id": "R1", "name": "队", "kind": "team", "services": "巡查", "lon": 103.21, "lat": 40.405}
    for name, place in (("队", 103.21), ("新队", 103.22)):
        file = [{**row, "name": name, "lon": place, "position_at": "2026-02-01 08:00"}]
        last = import_resources(db, write_csv(tmp_path / "r.csv", file), ImportOptions(), AT)
    assert forget_positions(db, LATER + timedelta(days=2)) == 2
    undo_import(db, last.import_id or 0, LATER)
    with db.read() as conn:
        assert live(conn) == []
        assert conn.execute(text("select name, ST_AsText(geom) from resource")).all() == [("队", "POINT EMPTY")]


def test_resources_move(db: Database, tmp_path: Path) -> None:
    row = {"id": "R1", "name": "队", "kind": "team", "services": "巡查；劝导", "lon": 103.21, "lat": 40.405}
    for day in (1, 2):
        path = write_csv(tmp_path / "resources.csv", [{**row, "position_at": f"2026-02-0{day} 08:00"}])
        report = import_resources(db, path, ImportOptions(), AT)
    assert counts(report) == (0, 1, 0, 0, 0, 0)


def test_a_file_does_not_take_a_team_back_to_where_it_was(db: Database, tmp_path: Path) -> None:
    """Whichever of file and report is newer holds, team by team; name and services are the file's."""
    row = {"id": "T1", "name": "一队", "kind": "mediator", "lon": 103.2005, "lat": 40.4005}
    early = {**row, "position_at": "2026-02-01 08:00"}
    path = write_csv(tmp_path / "teams.csv", [early, {**early, "id": "T2"}])
    import_resources(db, path, ImportOptions(source="t"), AT)
    with db.read() as conn:
        team = live(conn)[0]
    report_position(db, team.id, (103.201, 40.401), AT, Hand(AT))
    path = write_csv(
        tmp_path / "teams.csv",
        [
            {**row, "name": name, "id": key, "lon": 103.2009, "position_at": "2026-02-02 08:00"}
            for key, name in (("T1", "一组"), ("T2", "二组"))
        ],
    )
    report = import_resources(db, path, ImportOptions(source="t"), LATER)
    assert (report.changed, report.totals["positions_newer"]) == (2, 1)
    assert [(note.row, note.key) for note in report.notes] == [(2, "position_newer_here")]
    with db.read() as conn:
        now = [(one.name, round(one.point.x, 6), one.position_at) for one in live(conn)]
    assert now == [("一组", 103.201, AT), ("二组", 103.2009, datetime(2026, 2, 2, 8, tzinfo=ZoneInfo("Asia/Shanghai")))]
    again = import_resources(db, path, ImportOptions(source="t"), LATER)
    assert (again.changed, again.unchanged, again.totals["positions_newer"]) == (0, 2, 1)


def test_stale_edits_are_refused(db: Database, tmp_path: Path) -> None:
    import_rows(db, tmp_path, town.stations(1))
    with db.write() as conn:
        (station,) = station_store.live(conn)
        edited = station_store.edit(conn, station.id, {"phone": "1"}, station.version, LATER)
        assert (edited.version, edited.phone) == (station.version + 1, "1")
        with pytest.raises(StaleVersion):
            station_store.edit(conn, station.id, {"phone": "2"}, station.version, LATER)
        station_store.retire(conn, station.id, edited.version, LATER)
        with pytest.raises(NotFound):
            station_store.get(conn, station.id)
