"""Visits due on a drawn town: what is counted, what is refused, what a plan moves, and rounds on real rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from geo.actions.city.plan_access import Hand
from geo.actions.city.street_cache import StreetCache
from geo.actions.imports.undo_import import undo_import
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.actions.work.find_tour import TourWish, find_tour
from geo.actions.work.record_visits import import_visits, record_visits
from geo.actions.work.tell_visits import VisitWish, tell_visits
from geo.compute.visits.counts import HIDDEN
from geo.errors import BadMove, GridcircleError, NotAllowed, NotFound, Refused
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.plan_ops import Paint
from geo.store.database import Database
from geo.visits import VisitRow, VisitTable
from tests.db.test_coverage_command import gridcircle
from tests.db.test_plans import accepted
from tests.dispatch_towns import add_streets
from tests.plan_towns import HAND, PlanTown, begin, unit_no
from tests.small_town import AT, EAST, WEST, lonlat, write_csv
from tests.trips import way

CITY = "Asia/Shanghai"
LATER = AT + timedelta(days=12)
NORTH_WEST = f"{WEST}001"
OF_GRID = 400
"""Households of each grid; 20 of them special by the share."""


@pytest.fixture
def town(db: Database, plan_town: PlanTown) -> PlanTown:
    with db.write() as conn:
        conn.execute(text("update plan set effective_from = '2025-12-31T16:00:00Z'"))
    return plan_town


def row(code: str, kind: str, day: str, number: Any) -> dict[str, Any]:
    return {"网格编码": code, "走访类别": kind, "日期": day, "走访户次": number}


def take_in(db: Database, folder: Path, rows: Sequence[Mapping[str, Any]], source: str = "done") -> ImportReport:
    path = write_csv(folder / f"{source}.csv", rows)
    return import_visits(db, path, ImportOptions(source=source), LATER)


def told(db: Database, at: datetime = LATER, **wish: Any) -> VisitTable:
    return tell_visits(db, VisitWish(at.astimezone(ZoneInfo(CITY)), CITY, **wish))


def by_code(found: VisitTable) -> dict[str | None, VisitRow]:
    return {one.key: one for one in (*found.rows, found.whole)}


def numbers(one: VisitRow, kind: str, side: int = 1) -> tuple[int | None, int | None, int | None]:
    standing = one.standings[kind][side]
    return standing.due, standing.done, standing.open


def test_due_and_overdue_by_grid(db: Database, town: PlanTown, tmp_path: Path) -> None:
    report = take_in(
        db,
        tmp_path,
        [
            row(NORTH_WEST, "重点户", "2026-03-02", 12),
            row(NORTH_WEST, "重点户", "2026年3月12日", 3),
            row(NORTH_WEST, "special_households", "2026-02-20", 25),
            row(f"{WEST}002", "普通户", "2026-01-05", 100),
        ],
    )
    assert (report.added, report.totals) == (4, {"visits_done": 140.0})
    found = told(db)
    rows = by_code(found)
    assert [one.key for one in found.rows] == [f"{WEST}00{n}" for n in (1, 2, 3, 4)] + [None]
    assert numbers(rows[NORTH_WEST], "special_households") == (20, 15, 5)
    assert numbers(rows[NORTH_WEST], "special_households", 0) == (20, 25, 0)
    assert numbers(rows[f"{WEST}002"], "other_households") == (380, 100, 280)
    assert numbers(rows[f"{WEST}002"], "patrol") == (1, None, None)
    assert numbers(found.whole, "special_households") == (80, 15, 65)
    assert numbers(found.whole, "special_households", 0) == (80, 25, 60), "more than due in one grid mends no other"
    standing = found.whole.standings["special_households"][0]
    assert (str(standing.percent), str(standing.hours)) == ("75.00", "20.00")
    for kind in found.kinds:
        for side in (0, 1):
            parts = [one.standings[kind][side] for one in found.rows]
            whole = found.whole.standings[kind][side]
            assert sum(part.due or 0 for part in parts) == whole.due
            assert sum(part.open or 0 for part in parts) == (whole.open or 0)
    # what was done later is not known yet
    assert numbers(by_code(told(db, AT + timedelta(days=2)))[NORTH_WEST], "special_households") == (20, 12, 8)
    one = told(db, by="community", community=WEST)
    assert [numbers(part, "special_households") for part in (*one.rows, one.whole)] == [(80, 15, 65)] * 2


def test_the_same_again_changes_nothing_and_others_are_replaced(db: Database, town: PlanTown, tmp_path: Path) -> None:
    rows = [row(NORTH_WEST, "重点户", "2026-03-02", 12)]
    first = take_in(db, tmp_path, rows)
    again = take_in(db, tmp_path, rows)
    assert (again.import_id, again.unchanged) == (None, 1)
    hand = Hand(LATER, token_name="desk")
    sent = record_visits(
        db, town.grid[0], [{"kind": "special_households", "day": "2026-03-02", "number": 7}], hand, CITY
    )
    assert (sent.added, sent.retired) == (1, 1)
    assert numbers(by_code(told(db))[NORTH_WEST], "special_households") == (20, 7, 13)
    assert first.import_id is not None
    assert sent.import_id is not None
    with pytest.raises(BadMove):
        undo_import(db, first.import_id, LATER)
    undo_import(db, sent.import_id, LATER)
    assert numbers(by_code(told(db))[NORTH_WEST], "special_households") == (20, 12, 8)


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1) | {"走访人": "张三"}], "visits_field_refused"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1) | {"轨迹": "-"}], "burden_refused"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1) | {"签到": "是"}], "burden_refused"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1) | {"网格名称": "北", "备注": "张三"}], "visits_field_unknown"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1) | {"经度": 103.2, "纬度": 40.4}], "visits_field_refused"),
        ([row(NORTH_WEST, "巡查", "2026-03-02", 1)], "visits_kind_untold"),
        ([row(NORTH_WEST, "重点户", "2026-03-02 08:30", 1)], "visits_time_of_day"),
        ([row(NORTH_WEST, "重点户", "2026-03-14", 1)], "visits_day_bad"),
        ([row(NORTH_WEST, "重点户", "2025-01-02", 1)], "visits_grid_unknown"),
        ([row(f"{WEST}009", "重点户", "2026-03-02", 1)], "visits_grid_unknown"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1.5)], "whole_number_expected"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 10**9)], "visits_number_bad"),
        ([row(NORTH_WEST, "重点户", "2026-03-02", 1), row(NORTH_WEST, "重点户", "2026-03-02", 2)], "visits_twice"),
    ],
)
def test_refusals_change_nothing(
    db: Database, town: PlanTown, tmp_path: Path, rows: list[dict[str, Any]], key: str
) -> None:
    with pytest.raises(GridcircleError) as refused:
        take_in(db, tmp_path, rows)
    error = refused.value
    assert key in (error.key, *(fault["key"] for fault in error.evidence.get("faults", ())))
    with db.read() as conn:
        assert conn.execute(text("select count(*) from visit_count")).scalar_one() == 0
        assert conn.execute(text("select count(*) from import_batch where kind = 'visits'")).scalar_one() == 0


def test_who_may(db: Database, town: PlanTown) -> None:
    with db.read() as conn:
        east, west = (
            conn.execute(text("select id from area where code = :code"), {"code": code}).scalar_one()
            for code in (EAST, WEST)
        )
    sent = [{"kind": "shops", "day": "2026-03-02", "number": 4}]
    with pytest.raises(NotAllowed):
        record_visits(db, town.grid[0], sent, Hand(LATER, area_id=east), CITY)
    with pytest.raises(NotFound):
        record_visits(db, 10**9, sent, Hand(LATER), CITY)
    assert record_visits(db, town.grid[0], sent, Hand(LATER, area_id=west), CITY).added == 1
    with pytest.raises(NotAllowed):
        told(db, community=WEST, area_id=east)
    assert told(db, area_id=east).rows == []
    with pytest.raises(Refused):
        told(db, by="member")


def test_counts_go_with_the_homes_when_a_plan_is_published(db: Database, town: PlanTown, tmp_path: Path) -> None:
    report = take_in(db, tmp_path, [row(NORTH_WEST, "重点户", "2026-03-02", 10)])
    draft = begin(db).plan
    column = tuple(unit_no(4, line) for line in range(5, 10))  # a fifth of the north-western grid goes east
    edit_plan(db, draft.id, 1, Paint(column, town.grid[1]), HAND)
    publish_plan(
        db, draft.id, 2, accepted(view_plan(db, draft.id)), None, Hand(AT + timedelta(days=5), token_name="test")
    )
    before, after = told(db, AT + timedelta(days=4)), told(db)
    assert numbers(by_code(before)[NORTH_WEST], "special_households") == (20, 10, 10)
    assert (before.carried, after.carried) == (0, 10)
    rows = sorted(after.rows[:-1], key=lambda one: one.standings["special_households"][1].due or 0)
    assert [numbers(one, "special_households") for one in (rows[0], rows[-1])] == [(16, 8, 8), (24, 2, 22)]
    assert numbers(after.whole, "special_households") == (80, 10, 70)
    assert report.import_id is not None
    undo_import(db, report.import_id, LATER)
    assert told(db).carried == 0


def test_small_numbers_are_hidden_and_cannot_be_had_by_subtraction(
    db: Database, town: PlanTown, tmp_path: Path
) -> None:
    take_in(
        db, tmp_path, [row(f"{WEST}00{n}", kind, "2026-03-02", 20) for n in (1, 2, 3) for kind in ("商铺", "其他户")]
    )
    found = told(db, is_exact=False)
    assert found.smallest == 10
    shops = [one.standings["shops"][1] for one in found.rows]
    assert [one.due for one in shops if one.due is not None], "due is told while the month runs"
    assert all(one.done is None for one in shops), "and what was done is not"
    classes = [one.standings[kind] for one in found.rows for kind in ("special_households", "other_households")]
    assert all(one == HIDDEN for pair in classes for one in pair), "a grid's households are known: so would be these"
    march = told(db, datetime(2026, 3, 31, 23, tzinfo=ZoneInfo(CITY)), by="subdistrict", is_exact=False)
    of_whole = march.whole.standings
    assert (of_whole["shops"][1].done, of_whole["other_households"][1].done) == (60, 60), "month and quarter are over"
    february = told(db, datetime(2026, 2, 28, 23, tzinfo=ZoneInfo(CITY)), by="subdistrict", is_exact=False)
    quarter = february.whole.standings["other_households"][1]
    assert (quarter.due, quarter.done, quarter.open) == (1520, None, None), "March less February would be told"


def test_a_round_past_the_homes_of_a_grid(db: Database, town: PlanTown) -> None:
    ends, levels = (0.0, 500.0, 1000.0), (550.0, 750.0, 950.0)
    lines = [[(x, y) for x in ends] for y in levels] + [[(x, y) for y in levels] for x in ends]
    with db.write() as conn:
        add_streets(conn, *(way(*line) for line in lines))
    post = lonlat(0, 750)
    found = find_tour(db, StreetCache(db), TourWish(NORTH_WEST, LATER, post=post, path=True))
    assert found.left_out == 0
    assert found.is_within
    assert found.ratio is not None
    assert 1 <= found.ratio <= 1.2
    assert len({stop.lonlat for stop in found.stops}) == 25
    assert sum(stop.count for stop in found.stops) == OF_GRID
    assert max(found.minutes_of_day) <= 360
    assert found.line is not None
    assert found.line.length > 0
    assert min(stop.minutes_before for stop in found.stops if stop.day == 1) > 0
    one_day = {"hours_a_day": 24.0 * 7, "kind": "shops"}
    shops = find_tour(db, StreetCache(db), TourWish(NORTH_WEST, LATER, post=post, **one_day))
    (minutes,) = shops.minutes_of_day
    assert minutes == pytest.approx(shops.travel_minutes + 25 * 15)
    bad_ones: list[dict[str, Any]] = [{"post": post, "hours_a_day": 0.3}, {"post": post, "kind": "patrol"}, {}]
    for bad in bad_ones:
        with pytest.raises(Refused):
            find_tour(db, StreetCache(db), TourWish(NORTH_WEST, LATER, **bad))
    with pytest.raises(NotFound):
        find_tour(db, StreetCache(db), TourWish("9" * 15, LATER, post=post))
    lon, lat = (str(degrees) for degrees in post)
    code, words = gridcircle(db, "visits", "tour", NORTH_WEST, "--post", lon, lat)
    assert code == 0, words
    assert "help, not a duty" in words


def test_commands(db: Database, town: PlanTown, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "done.csv", [row(NORTH_WEST, "重点户", "2026-03-02", 12)])
    code, words = gridcircle(db, "visits", "import", str(path))
    assert code == 0, words
    code, words = gridcircle(db, "visits", "due", "--community", WEST, "--at", "2026-03-13", "--json")
    assert code == 0, words
    assert json.loads(words)["whole"]["standings"]["special_households"][1]["open"] == 68
    code, words = gridcircle(db, "visits", "due", "--at", "2026-03-13")
    assert code == 0, words
    assert "not ticked off" in words
