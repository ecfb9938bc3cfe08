"""The committed demo city goes through the real import, and its pocket comes out of the real coverage."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from api.main import create_app
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.tell_figures import FigureSight, month_of, tell_figures
from geo.actions.city.find_address import find_address
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.dispatch.rank_helpers import Ranking, RankWish, rank_helpers
from geo.actions.load_demo import load_demo
from geo.actions.reach.compute_coverage import compute_coverage
from geo.actions.work.tell_visits import VisitWish, tell_visits
from geo.case_figures import FigureTable, FigureWish
from geo.case_states import STAGES
from geo.cases import Case
from geo.demo.day import demo_day
from geo.imports.report import ImportReport
from geo.publication import rule as publication_rule
from geo.rules.case_catalogue import case_catalogues
from geo.settings import Settings
from geo.store import cases, resources
from geo.store.case_lists import CaseFilter, Slice, list_cases
from geo.store.database import Database
from tests.databases import create_database, drop_database

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
ADDRESSES = "/api/v1/addresses"
DESK = Desk(Settings(case_catalogue=None))
AT = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
"""A Sunday morning, and the first of a month: this month's figures are of this morning alone."""
MONDAY = DESK.local(AT).replace(day=2, hour=10)


class Loaded:
    """The demo city, and what loading it told."""

    def __init__(self, db: Database) -> None:
        self.db, self.shares = db, list[float]()
        self.reports: list[ImportReport] = load_demo(db, BOUNDARIES, AT, self.shares.append)
        with db.read() as conn:
            everything = Slice(1000, 0)
            self.cases: list[Case] = list_cases(conn, CaseFilter(), everything, due_first=True)[1]
        self.open = [case for case in self.cases if case.state == "open"]


@pytest.fixture(scope="module")
def loaded(template_url: str) -> Iterator[Loaded]:
    name = f"demo{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    yield Loaded(db)
    db.close()
    drop_database(template_url, name)


def rows(db: Database, sql: str) -> list[tuple[object, ...]]:
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql))]


def test_nothing_is_refused_or_mended(loaded: Loaded) -> None:
    assert loaded.shares == sorted(loaded.shares)
    assert loaded.shares[-1] == 1.0
    assert {report.rejected for report in loaded.reports} == {0}
    assert [note.key for report in loaded.reports for note in report.notes] == ["plans_live"], "nothing was repaired"
    counts = rows(
        loaded.db,
        """select (select count(*) from live_grid), (select count(*) from home), (select sum(residents) from home),
                  (select count(*) from area where level = 'community'),
                  (select count(*) from plan_post where not is_filled and post = 'chief')""",
    )
    assert counts == [(60, 517, 68_000.0, 6, 1)]


def test_a_pocket_lies_beyond_fifteen_minutes_and_in_the_circle(loaded: Loaded) -> None:
    compute_coverage(loaded.db, at=AT)
    pocket = rows(
        loaded.db,
        """select g.code, f.residents_covered, f.residents_in_air_circle, f.residents
             from coverage_figure f join live_grid g using (grid_id) join coverage_run r on r.id = f.run_id
            where r.is_current and f.level = 'grid' and f.residents_covered = 0 order by g.code""",
    )
    assert len(pocket) >= 3, "a pocket of whole grids beyond 15 minutes"
    assert all(in_circle == residents > 0 for _, _, in_circle, residents in pocket), "though all of it is in the circle"
    no_street = rows(loaded.db, "select sum(residents_no_street + residents_outside_streets) from coverage_figure")
    assert no_street == [(0.0,)]


def test_the_documentation_s_address_is_found(loaded: Loaded) -> None:
    paths = create_app(Settings(), "postgresql://nobody@127.0.0.1:1/none").openapi()["paths"]
    parameters = paths[ADDRESSES]["get"]["parameters"]
    (example,) = next(parameter["schema"]["examples"] for parameter in parameters if parameter["name"] == "q")
    best, *_ = find_address(loaded.db, example, 3)
    assert (best.kind, best.name) == ("road", "人民路")


def test_every_case_has_an_item_a_grid_a_unit_and_if_open_a_deadline(loaded: Loaded) -> None:
    assert len(loaded.cases) == 300 + len(demo_day().cases)
    for case in loaded.cases:
        assert case.item is not None
        assert case.reported_at == case.occurred_at <= AT
        assert (case.stage == "collected") == (case.lonlat is None)
        if case.lonlat is not None:
            assert None not in {case.grid_id, case.plan_id, case.level, case.unit}
    for case in loaded.open:
        assert case.stage_due_at is not None
        assert case.due_at is not None or case.stage == "deferred"
    stages = Counter(case.stage for case in loaded.cases)
    assert set(stages) == set(STAGES), "each stage has a case"
    (border,) = [case for case in loaded.cases if case.source_key == "QHD-008"]
    for case in loaded.open:
        if case.lonlat is None:
            assert find_address(loaded.db, case.address or "", 3), "its address leads to candidates"
    crossing = rows(
        loaded.db,
        f"select count(distinct community_id) from grid where id in ({border.grid_id}, {border.border_grid_ids[0]})",
    )
    assert crossing == [(2,)], "two communities see it"


def test_the_day_s_cases_are_where_the_table_means_them_to_be(loaded: Loaded) -> None:
    """Nobody else had a hand in it, and no move of the table was left out."""
    told = {f"QHD-{number:03d}": case for number, case in enumerate(demo_day().cases, 1)}
    with loaded.db.read() as conn:
        for case in loaded.cases:
            if case.source_key in told:
                steps = [step.move for step in cases.steps_of(conn, case.id) if step.move != "absorb"]
                assert steps == ["report", *told.pop(case.source_key).moves]
    assert not told


def test_the_board_s_first_page_has_deadlines_of_every_colour(loaded: Loaded) -> None:
    page = _first_page(loaded.db)
    left = [case.stage_due_at - AT for case in page if case.stage_due_at is not None]
    assert left == sorted(left)
    _check_colours(left)
    stays = {case.stage for case in page if case.is_overdue(AT) and (case.level == "city" or case.stage == "handled")}
    assert stays == {"filed", "dispatched", "handled"}, "some stay late though what is late goes up: nobody is above"


def test_in_the_night_it_has_too_and_what_somebody_else_took_up_meanwhile_is_theirs(db: Database) -> None:
    night = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    with db.write() as conn:
        conn.execute(text(TAKEN_UP))
    load_demo(db, BOUNDARIES, night)
    page = _first_page(db)
    _check_colours([case.stage_due_at - night for case in page if case.stage_due_at is not None])
    stages = {case.source_key: case.stage for case in page}
    assert stages["QHD-013"] == "filed"
    assert stages["QHD-014"] == "dispatched"


TAKEN_UP = """
create function taken_up() returns trigger language plpgsql as
$$ begin update incident set version = version + 1 where id = new.id; return null; end $$;
create constraint trigger taken_up after insert on incident deferrable initially deferred
for each row when (new.source_key = 'QHD-013') execute function taken_up();
"""
"""As if another desk had a hand in a case as soon as it is there."""


def _first_page(db: Database) -> list[Case]:
    with db.read() as conn:
        return list_cases(conn, CaseFilter(state="open"), Slice(50, 0), due_first=True)[1]


def _check_colours(left: list[timedelta]) -> None:
    over = sum(span < timedelta() for span in left)
    soon = sum(timedelta() < span <= timedelta(minutes=30) for span in left)
    assert (over >= 3, soon >= 5, len(left) - over - soon >= 10) == (True, True, True), (over, soon, len(left))
    assert over < 10, "most is in time"


def test_figures_of_both_months_have_numbers(loaded: Loaded) -> None:
    smallest = publication_rule().k
    last, now = (_figures(loaded.db, month) for month in ("2026-10", "2026-11"))
    of_any_day = ("filing", "solved", "response", "satisfied", "arrival")
    for table, rates in ((last, (*of_any_day, "closing", "on_time", "first_pass")), (now, of_any_day)):
        for rate in rates:
            assert table.whole.rates[rate].numerator, (table.wish.since, rate)
    reported = [row.rates["filing"].denominator or 0 for row in last.rows if row.why is None]
    assert len(reported) == 6
    assert sum(count >= smallest for count in reported) >= 4, "most communities may be told to everybody"
    on_time = last.whole.rates["on_time"].percent
    assert on_time is not None
    assert 60 < on_time < 98, "neither hopeless nor too good to be true"


def _figures(db: Database, month: str) -> FigureTable:
    since, before = month_of(month, DESK.zone)
    return tell_figures(db, DESK, FigureWish(since, before, AT, "community"), AT, FigureSight(is_exact=True))


def test_visits_are_due_and_some_overdue(loaded: Loaded) -> None:
    table = tell_visits(loaded.db, VisitWish(DESK.local(AT), DESK.timezone, "community"))
    for kind in ("special_households", "other_households", "shops"):
        ended, running = table.whole.standings[kind]
        assert ended.due
        assert ended.done
        assert ended.open
        assert ended.open < ended.due / 5
        assert running.due
        assert running.open


def test_teams_were_just_heard_of_but_for_one(loaded: Loaded) -> None:
    with loaded.db.read() as conn:
        heard = [team.position_at for team in resources.live(conn) if team.position_at is not None]
    ages = sorted((AT - position_at).total_seconds() / 60 for position_at in heard)
    assert ages[0] > 0
    assert ages[-2] <= 10
    assert 30 < ages[-1] < 120, "told with a warning"


def test_every_service_has_a_station_that_is_open_by_day_and_the_night_says_why_not(loaded: Loaded) -> None:
    cache, of_service = HelperCache(StreetCache(loaded.db)), dict[str, Case]()
    for case in loaded.open:
        item = DESK.item_of(case)
        if case.lonlat is not None and item is not None and item.service is not None:
            of_service.setdefault(item.service, case)
    wanted = {item.service for item in case_catalogues(None).in_force(AT.date()).items.values()} - {None}
    assert set(of_service) == wanted, "the day asks for all of them"

    def ranked(case: Case, at: datetime) -> Ranking:
        return rank_helpers(loaded.db, cache, DESK.catalogues, case.id, RankWish(at, 3, 60))

    for service, case in of_service.items():
        assert "station" in {one.helper.family for one in ranked(case, MONDAY).helpers}, service
    for service in ("井盖", "纠纷调解", "政务代办"):
        night = ranked(of_service[service], MONDAY.replace(hour=23))
        why = {one.reason.key for one in night.set_aside if service in one.helper.services}
        assert not night.helpers
        assert why & {"helper_closed", "helper_closed_until"}, why


def test_loading_again_changes_only_what_is_heard_of_today(loaded: Loaded) -> None:
    """Last, as teams are where they were heard of last, whatever is told later of earlier."""
    before = rows(loaded.db, "select id, seq, move, at from incident_step order by id")
    assert not [report for report in load_demo(loaded.db, BOUNDARIES, AT) if report.changed_something]
    tomorrow = load_demo(loaded.db, BOUNDARIES, AT + timedelta(days=1, hours=3))
    assert {report.kind for report in tomorrow if report.changed_something} == {"resources", "visits"}
    assert not [report for report in load_demo(loaded.db, BOUNDARIES, AT) if report.changed_something]
    assert rows(loaded.db, "select id, seq, move, at from incident_step order by id") == before
