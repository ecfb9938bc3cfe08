"""More than covered or not: a second choice, kinds and services, minute by minute, and how sure it is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from geo.actions.reach.compute_coverage import compute_coverage
from geo.coverage import CoverageRun
from geo.store import figures
from geo.store.database import Database
from geo.store.figures import Counts
from geo.store.tables import home, station
from tests.db.test_compute_coverage import AT, add_area, add_station, add_streets, box, point

HOMES = {"between": (500, 10), "far": (1900, 20), "west end": (0, 40)}
"""Along a street to the east; stations at 0, at 800 and at 1,100 m."""


@pytest.fixture
def street(db: Database) -> Database:
    with db.write() as conn:
        add_streets(conn)
        add_station(conn, 0, 0, services=["政务代办", "午餐"])
        add_station(conn, 800, 0, kind="canteen", services=["午餐"])
        add_station(conn, 1100, 0, kind="canteen")
        add_area(conn, "district", "990101000000", box(-100, -100, 1500, 100))
        for name, (x, y) in HOMES.items():
            place = {"geom": point(x, y), "start": point(x, y)}
            conn.execute(
                insert(home).values(kind="cell", name=name, source="town", source_key=name, residents=10, **place)
            )
    return db


def of_all(db: Database, run: CoverageRun) -> Counts:
    with db.read() as conn:
        counts = figures.of_all(conn, run.id)
    assert counts is not None
    return counts


def test_second_choice_and_number_in_reach(street: Database) -> None:
    """Within 15 minutes, 1,000 m: `between` has all three, `far` the last, `west end` the first two."""
    run = compute_coverage(street, at=AT)
    counts = of_all(street, run)
    assert (counts.residents_covered, counts.residents_second) == (30, 20)
    assert run.report["residents_by_n_stations"] == [0, 10, 10, 10]
    assert sum(run.report["residents_by_n_stations"]) == run.report["residents"]["all"]


def test_by_kind_and_service(street: Database) -> None:
    run = compute_coverage(street, at=AT)
    assert run.report["by_kind"] == {"canteen": 30, "party_mass_centre": 20}
    assert run.report["by_service"] == {"午餐": 20, "政务代办": 20}
    assert of_all(street, run).residents_all_kinds == 20
    with street.read() as conn:
        assert figures.by_station_of_all(conn, run.id) == {
            "kind": run.report["by_kind"],
            "service": run.report["by_service"],
        }
        (district,) = figures.by_level(conn, run.id, "district", None)
    assert district.by_station == {
        "kind": {"canteen": 20, "party_mass_centre": 20},
        "service": {"午餐": 20, "政务代办": 20},
    }
    assert district.counts.residents_all_kinds == 20


def test_minute_by_minute(street: Database) -> None:
    """`west end` after 36 s, `between` 310 m from the second station in 4.65 min, `far` 820 m from the last in 12.3."""
    by_minute: dict[str, Any] = compute_coverage(street, at=AT).report["by_minute"]
    assert set(by_minute) == {"all", "990101000000"}
    assert len(by_minute["all"]) == 61
    expected = [0] + [10] * 4 + [20] * 8 + [30] * 48
    assert by_minute["all"] == expected
    assert by_minute["990101000000"] == [min(reached, 20) for reached in expected]


def test_bounds_hold_the_figure_and_follow_what_is_known(street: Database) -> None:
    """Cells that are points count as 100 m wide: nobody's figure is nearer than that; entrances are exact."""
    run = compute_coverage(street, at=AT, minutes=12.5)
    counts = of_all(street, run)
    assert counts.residents_covered == 30
    # `far` is 820 m away, 738 s; 71 m more and a winding connector are beyond 750 s
    assert (counts.residents_certain, counts.residents_possible) == (20, 30)
    with street.write() as conn:
        conn.execute(update(home).values(kind="building", geom=point(0, 300)))
    exact = of_all(street, compute_coverage(street, at=AT, minutes=12.5))
    assert (exact.residents_certain, exact.residents_possible) == (30, 30)
    beyond = of_all(street, compute_coverage(street, at=AT, minutes=12))
    assert (beyond.residents_covered, beyond.residents_certain, beyond.residents_possible) == (20, 20, 20)


def test_buildings_by_their_outlines(street: Database) -> None:
    def outline(west: float, east: float) -> str:
        return box(west, 5, east, 15).replace("MULTIPOLYGON (((", "POLYGON ((").replace(")))", "))")

    with street.write() as conn:
        conn.execute(update(home).where(home.c.name == "between").values(kind="building", geom=outline(470, 530)))
        conn.execute(update(home).where(home.c.name == "far").values(kind="building", geom=outline(1900, 1960)))
        conn.execute(update(home).where(home.c.name == "far").values(start=point(1900, 10)))
        conn.execute(update(home).where(home.c.name == "west end").values(kind="building"))
    report = compute_coverage(street, at=AT).report
    # its start lies on its wall: an entrance; the others' starts lie inside or are all that is known
    assert report["bounds"]["residents_at_known_entrances"] == 10


def test_other_modes_and_surfaces_are_other_runs(street: Database) -> None:
    dry = compute_coverage(street, at=AT)
    ice = compute_coverage(street, at=AT, surface="ice")
    assert (ice.mode, ice.surface) == ("planning", "ice")
    assert ice.inputs_hash != dry.inputs_hash
    assert ice.speed_m_s == pytest.approx(1000 / 1020)
    # 840 m at 1.02 s a metre are 857 s: the second station of `west end` is still in reach
    assert of_all(street, ice).residents_second == 20
    with street.write() as conn:
        conn.execute(update(station).where(station.c.kind == "canteen").values(kind="library"))
    assert set(compute_coverage(street, at=AT).report["by_kind"]) == {"library", "party_mass_centre"}
