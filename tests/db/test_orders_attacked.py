"""An import of orders that is stopped anywhere: nothing of it stays, and the next try takes the file in as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from geo.actions.cases.import_orders import import_orders
from geo.errors import Busy, DatabaseAway
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.orders import OrderWish
from geo.store.database import Database
from tests.order_files import DESK, HOUR, MONDAY, NOW, at, done, order, refuse_unlawful, take, write
from tests.plan_towns import PlanTown
from tests.small_town import everything

HALTED = 0x0BAD
"""Key of a lock that a halted import waits for."""
DISK_FULL = "raise exception 'no space left' using errcode = 'disk_full'"
ENDED = "perform pg_terminate_backend(pg_backend_pid())"
HALT = f"perform pg_advisory_xact_lock({HALTED})"

IN_A_PROCESS = """
import sys
from pathlib import Path
from geo.actions.cases.import_orders import import_orders
from geo.imports.options import ImportOptions
from geo.orders import OrderWish
from geo.store.database import Database
from tests.order_files import DESK, HOUR, NOW
import_orders(Database(sys.argv[1]), Path(sys.argv[2]), ImportOptions(), OrderWish(), DESK, NOW + HOUR)
"""


@pytest.fixture
def second(db: Database, plan_town: PlanTown, tmp_path: Path) -> Path:
    """A file that closes, changes and adds to what another one brought."""
    take(db, tmp_path, [order(f"A{n}", place=(100 + 100 * n, 300)) for n in range(6)])
    rows = [done(f"A{n}", place=(100 + 100 * n, 300)) for n in range(3)]
    rows += [order("A3", place=(400, 700), 诉求内容="另有噪音")]
    rows += [order(f"B{n}", MONDAY + n * HOUR, (100, 500 + 20 * n)) for n in range(6)]
    rows += [order("B9", MONDAY, (100, 300), 来电时间=at(MONDAY + HOUR))]
    return write(tmp_path / "second.csv", rows)


def land(db: Database, path: Path) -> ImportReport:
    return import_orders(db, path, ImportOptions(), OrderWish(), DESK, NOW + HOUR)


def trap(db: Database, table: str, deed: str, event: str = "insert") -> None:
    """Something happens in the database in the middle of a statement, at the third row or change."""
    with db.write() as conn:
        conn.execute(
            text(f"""
            create sequence trap_row;
            create function trap() returns trigger language plpgsql as $$
            begin
                if nextval('trap_row') = 3 then {deed}; end if;
                return null;
            end $$;
            create trigger trap after {event} on {table} for each row execute function trap()
        """)
        )


def lift(db: Database, table: str) -> None:
    with db.write() as conn:
        conn.execute(text(f"drop trigger trap on {table}; drop function trap(); drop sequence trap_row"))


def untouched_then_whole(db: Database, path: Path, before: object) -> None:
    assert everything(db) == before
    report = land(db, path)
    assert (report.added, report.changed, report.unchanged, report.read) == (7, 4, 0, 11)
    refuse_unlawful(db)
    assert land(db, path).import_id is None


@pytest.mark.parametrize("reached", [0.6, 0.9])
def test_cancelled(db: Database, second: Path, reached: float) -> None:
    before = everything(db)

    def step(share: float) -> None:
        if share >= reached:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_orders(db, second, ImportOptions(), OrderWish(), DESK, NOW + HOUR, step)
    untouched_then_whole(db, second, before)


@pytest.mark.parametrize(
    ("table", "event", "deed", "error"),
    [
        ("incident", "insert", DISK_FULL, Busy),
        ("incident", "update", ENDED, DatabaseAway),
        ("incident_step", "insert", ENDED, DatabaseAway),
    ],
)
def test_broken_off_in_the_database(
    db: Database, second: Path, table: str, event: str, deed: str, error: type[Exception]
) -> None:
    before = everything(db)
    trap(db, table, deed, event)
    with pytest.raises(error):
        land(db, second)
    lift(db, table)
    untouched_then_whole(db, second, before)


def test_killed(db: Database, second: Path) -> None:
    """The process is gone in the middle; what the server still does for it ends without a trace."""
    before = everything(db)
    trap(db, "incident_step", HALT)
    url = db.engine.url.render_as_string(hide_password=False)
    with db.write() as conn:
        conn.execute(text(f"select pg_advisory_xact_lock({HALTED})"))
        with subprocess.Popen([sys.executable, "-c", IN_A_PROCESS, url, str(second)]) as process:
            waits = text("select count(*) from pg_locks where not granted and locktype = 'advisory'")
            with db.read() as other:
                while not other.execute(waits).scalar_one():
                    assert process.poll() is None
            process.kill()
    lift(db, "incident_step")  # which waits until the server has noticed
    untouched_then_whole(db, second, before)
