"""The committed demo city goes through the real import, and its pocket comes out of the real coverage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from api.main import create_app
from geo.actions.compute_coverage import compute_coverage
from geo.actions.find_address import find_address
from geo.actions.load_demo import load_demo
from geo.settings import Settings
from geo.store.database import Database

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
ADDRESSES = "/api/v1/addresses"
AT = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


def rows(db: Database, sql: str) -> list[tuple[object, ...]]:
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql))]


def test_load_cover_and_load_again(db: Database) -> None:
    shares: list[float] = []
    reports = load_demo(db, BOUNDARIES, AT, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [report.rejected for report in reports] == [0] * 7
    assert [note.key for report in reports for note in report.notes] == ["plans_live"], "nothing had to be repaired"
    counts = rows(
        db,
        """select (select count(*) from live_grid), (select count(*) from home), (select sum(residents) from home),
                  (select count(*) from area where level = 'community'),
                  (select count(*) from plan_post where not is_filled and post = 'chief')""",
    )
    assert counts == [(60, 517, 68_000.0, 6, 1)]

    compute_coverage(db, at=AT)
    pocket = rows(
        db,
        """select g.code, f.residents_covered, f.residents_in_air_circle, f.residents
             from coverage_figure f join live_grid g using (grid_id) join coverage_run r on r.id = f.run_id
            where r.is_current and f.level = 'grid' and f.residents_covered = 0 order by g.code""",
    )
    assert len(pocket) >= 3, "a pocket of whole grids beyond 15 minutes"
    assert all(in_circle == residents > 0 for _, _, in_circle, residents in pocket), "though all of it is in the circle"
    no_street = rows(db, "select sum(residents_no_street + residents_outside_streets) from coverage_figure")
    assert no_street == [(0.0,)]

    parameters = create_app(Settings(), "postgresql://nobody@127.0.0.1:1/none").openapi()["paths"][ADDRESSES]["get"][
        "parameters"
    ]
    (example,) = next(parameter["schema"]["examples"] for parameter in parameters if parameter["name"] == "q")
    best, *_ = find_address(db, example, 3)
    assert (best.kind, best.name) == ("road", "人民路"), "the documentation's example is found in the demo city"

    again = load_demo(db, BOUNDARIES, AT)
    assert [report.changed_something for report in again] == [False] * 7
