"""The whole verb against a real PostGIS: streets, homes and stations in, minutes, circles and figures out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, func, insert, select, update

from geo.actions.reach.compute_coverage import compute_coverage
from geo.compute.streets.network import build_network
from geo.coverage import CoverageRun
from geo.errors import CoverageMissing, NotFound, Refused, StreetsMissing
from geo.store import coverage as store
from geo.store import figures
from geo.store.database import Database
from geo.store.streets import save_network
from geo.store.tables import (
    area,
    circle,
    coverage_figure,
    coverage_run,
    grid,
    home,
    home_minutes,
    plan,
    plan_grid,
    station,
)
from tests.drawn_streets import FRAME, NO_BARRIERS, NO_LANDS, lines_of, lonlat_of

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = AT + timedelta(days=1)

HOMES = {
    # name: (x, y, residents, elderly, children); streets run along both axes, the station is at the origin
    "at the cutoff": (1000, 0, 10, 2, 1),
    "one metre more": (1001, 0, 5, 1, 0),
    "no street": (500, 300, 3, 0, 3),
    "outside": (9000, 9000, 7, 0, 0),
    "up the hill": (0, 450, 0.5, 0.25, 0),
}


def point(x: float, y: float) -> str:
    lon, lat = lonlat_of([(x, y)])[0]
    return f"SRID=4326;POINT({lon:.12f} {lat:.12f})"


def box(west: float, south: float, east: float, north: float) -> str:
    ring = shapely.box(west, south, east, north)
    return f"SRID=4326;{shapely.MultiPolygon([shapely.transform(ring, FRAME.to_lonlat)]).wkt}"


def add_streets(conn: Connection, at: datetime = AT, **more: Any) -> None:
    ways = [{"way": [(0, 0), (3000, 0)]}, {"way": [(0, 0), (0, 1500)]}, {"way": [(600, 900), (1100, 900)]}]
    network = build_network(lines_of(*ways, *more.values()))
    given = {"source": "town", "network_date": date(2026, 1, 1), "import_id": None, "at": at}
    save_network(conn, network, NO_BARRIERS, NO_LANDS, **given)


def add_station(conn: Connection, x: float, y: float, kind: str = "party_mass_centre", **values: Any) -> int:
    number = conn.execute(select(func.count()).select_from(station)).scalar_one()
    row = {"name": f"站{number}", "kind": kind, "geom": point(x, y), "source": "town", "source_key": str(number)}
    row = {"updated_at": AT, **row, **values}
    return conn.execute(insert(station).values(row).returning(station.c.id)).scalar_one()


def add_home(conn: Connection, name: str) -> None:
    x, y, residents, elderly, children = HOMES[name]
    row = {"kind": "building", "name": name, "geom": point(x, y), "start": point(x, y), "households": 1}
    counts = {"residents": residents, "elderly": elderly, "children": children}
    conn.execute(insert(home).values(source="town", source_key=name, **row, **counts))


def add_area(conn: Connection, level: str, code: str, shape: str) -> int:
    row = {"level": level, "code": code, "name": level, "geom": shape, "source": "town", "source_key": code}
    return conn.execute(insert(area).values(row).returning(area.c.id)).scalar_one()


def fill_town(db: Database) -> None:
    """Streets, a station, five homes, a city, a community and its two grids."""
    with db.write() as conn:
        add_streets(conn)
        add_station(conn, 0, 0)
        add_station(conn, 990, 0, kind="energy_station")  # for delivery staff: counts for nobody who lives here
        for name in HOMES:
            add_home(conn, name)
        add_area(conn, "city", "990100000000", box(-10, -10, 5000, 5000))
        community = add_area(conn, "community", "990101001001", box(900, -10, 1100, 10))
        plan_id = conn.execute(
            insert(plan)
            .values(community_id=community, state="published", effective_from=AT, created_at=AT)
            .returning(plan.c.id)
        ).scalar_one()
        for code, (west, east) in {"990101001001001": (900, 1000.5), "990101001001002": (1000.5, 1100)}.items():
            grid_id = conn.execute(insert(grid).values(community_id=community).returning(grid.c.id)).scalar_one()
            row = {"code": code, "name": code, "kind": "basic", "geom": box(west, -10, east, 10)}
            conn.execute(insert(plan_grid).values(plan_id=plan_id, grid_id=grid_id, **row))


@pytest.fixture
def town(db: Database) -> Database:
    fill_town(db)
    return db


def minutes_of(db: Database, run: CoverageRun) -> dict[str, tuple[str, int | None, bool]]:
    h, m = home.c, home_minutes.c
    query = select(h.name, m.category, m.travel_ds, m.is_in_air_circle).join(home_minutes, m.home_id == h.id)
    with db.read() as conn:
        return {row.name: tuple(row)[1:] for row in conn.execute(query.where(m.run_id == run.id))}


def test_every_home_has_its_minutes_or_its_reason(town: Database) -> None:
    run = compute_coverage(town, at=AT)
    assert minutes_of(town, run) == {
        "at the cutoff": ("covered", 9000, True),
        "one metre more": ("beyond", 9009, False),
        "no street": ("no_street", None, True),
        "outside": ("outside_streets", None, False),
        "up the hill": ("covered", 4050, True),
    }


def test_figures_add_up_at_every_level(town: Database) -> None:
    run = compute_coverage(town, at=AT)
    with town.read() as conn:
        everybody = figures.of_all(conn, run.id)
        by_level = {level: figures.by_level(conn, run.id, level, None) for level in ("city", "community", "grid")}
    assert everybody is not None
    assert (everybody.homes, everybody.residents, everybody.residents_covered) == (5, 25.5, 10.5)
    assert (everybody.residents_in_air_circle, everybody.residents_no_street) == (13.5, 3)
    assert (everybody.residents_outside_streets, everybody.elderly_covered, everybody.children_covered) == (7, 2.25, 1)
    city = by_level["city"][0].counts
    assert (city.homes, city.residents, city.residents_outside_streets) == (4, 18.5, 0)
    community = by_level["community"][0].counts
    assert (community.homes, community.residents, community.residents_covered) == (2, 15, 10)
    assert [(entry.counts.residents, entry.counts.residents_covered) for entry in by_level["grid"]] == [
        (10, 10),
        (5, 0),
    ]


def test_the_report_adds_up(town: Database) -> None:
    run = compute_coverage(town, at=AT)
    residents = run.report["residents"]
    assert residents == {"all": 25.5, "covered": 10.5, "beyond": 5, "no_street": 3, "outside_streets": 7}
    assert run.report["stations"] == {"counted": 1, "for_others": 1, "without_street": []}
    assert run.report["streets"]["small_components"] == 1
    assert run.report["streets"]["small_components_m"] == pytest.approx(500, abs=1e-3)


def test_the_circle_is_kept(town: Database) -> None:
    run = compute_coverage(town, at=AT)
    with town.read() as conn:
        kept = store.circle(conn, run.id, conn.execute(select(func.min(station.c.id))).scalar_one())
        with pytest.raises(NotFound):
            store.circle(conn, run.id, 99)
    assert kept.street_m == pytest.approx(2000, abs=0.01)
    assert (kept.residents_reached, kept.residents_in_air_circle) == (10.5, 13.5)
    assert kept.shape is not None
    assert kept.shape.is_valid
    # two arms of 1,000 m, 60 m wide, with round ends
    assert kept.area_m2 == pytest.approx(2 * 1000 * 60, rel=0.03)


def test_the_walk_begins_at_the_entrance(town: Database) -> None:
    with town.write() as conn:
        conn.execute(update(station).where(station.c.name == "站0").values(entrance=point(100, 0)))
    assert minutes_of(town, compute_coverage(town, at=AT))["one metre more"] == ("covered", 901 * 9, True)


def test_a_station_without_a_street_is_told(town: Database) -> None:
    with town.write() as conn:
        far = add_station(conn, 2000, 2000)
    run = compute_coverage(town, at=AT)
    assert run.report["stations"]["without_street"] == [far]
    with town.read() as conn:
        assert store.circle(conn, run.id, far).shape is None


def test_nothing_is_computed_twice(town: Database) -> None:
    first = compute_coverage(town, at=AT)
    again = compute_coverage(town, at=LATER)
    assert again == first
    slow = compute_coverage(town, at=LATER, mode="elderly_75")
    assert slow.id != first.id
    with town.read() as conn:
        assert store.current_run(conn) == slow
    back = compute_coverage(town, at=LATER)
    assert back.id == first.id
    with town.read() as conn:
        assert store.current_run(conn).id == first.id
    forced = compute_coverage(town, at=LATER, force=True)
    assert (forced.inputs_hash, forced.computed_at) == (first.inputs_hash, LATER)
    with town.read() as conn:
        assert conn.execute(select(func.count()).select_from(coverage_run)).scalar_one() == 2


@pytest.mark.parametrize("change", ["station", "home", "area", "grid", "street", "minutes"])
def test_any_change_is_computed_anew(town: Database, change: str) -> None:
    first = compute_coverage(town, at=AT)
    with town.write() as conn:
        if change == "station":
            conn.execute(update(station).where(station.c.name == "站0").values(geom=point(1, 0)))
        elif change == "home":
            conn.execute(update(home).where(home.c.name == "outside").values(residents=8))
        elif change == "area":
            add_area(conn, "district", "990101000000", box(0, 0, 10, 10))
        elif change == "grid":
            conn.execute(update(plan).values(effective_from=LATER))
        elif change == "street":
            add_streets(conn, lane={"way": [(3000, 0), (3000, 100)]})
    again = compute_coverage(town, at=AT, minutes=14 if change == "minutes" else 15)
    assert again.inputs_hash != first.inputs_hash


def test_a_run_is_behind_from_a_change_until_it_is_computed_or_confirmed(town: Database) -> None:
    compute_coverage(town, at=AT)
    assert not behind(town)
    with town.write() as conn:
        conn.execute(update(station).values(updated_at=LATER))
    assert behind(town)
    same = compute_coverage(town, at=LATER + timedelta(hours=1))
    assert same.computed_at == AT, "the change was none that matters"
    assert not behind(town)


def behind(db: Database) -> bool:
    with db.read() as conn:
        return store.is_behind_data(conn, LATER)


def test_it_refuses_what_it_cannot_do(town: Database) -> None:
    for minutes in (0, -1, 61):
        with pytest.raises(Refused, match="minutes"):
            compute_coverage(town, minutes=minutes, at=AT)
    with pytest.raises(NotFound, match="hurried"):
        compute_coverage(town, mode="hurried", at=AT)
    with town.read() as conn, pytest.raises(CoverageMissing):
        store.current_run(conn)


def test_without_streets_it_says_so(db: Database) -> None:
    with pytest.raises(StreetsMissing):
        compute_coverage(db, at=AT)


def test_without_homes_or_stations_nobody_is_covered(db: Database) -> None:
    with db.write() as conn:
        add_streets(conn)
    run = compute_coverage(db, at=AT)
    assert run.report["residents"]["all"] == 0
    with db.write() as conn:
        for name in HOMES:
            add_home(conn, name)
    run = compute_coverage(db, at=AT)
    assert run.report["residents"] == {"all": 25.5, "covered": 0, "beyond": 15.5, "no_street": 3, "outside_streets": 7}


def test_a_failure_leaves_the_last_result(town: Database) -> None:
    first = compute_coverage(town, at=AT)
    with town.write() as conn:
        add_station(conn, 5, 0)

    def cancel(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_coverage(town, at=LATER, step=cancel)
    with town.read() as conn:
        assert store.current_run(conn) == first
        for table in (circle, coverage_figure, home_minutes):
            runs = conn.execute(select(table.c.run_id).distinct()).scalars().all()
            assert runs == [first.id]
