"""What goes wrong in the middle of changing a plan leaves the old plan whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import TextClause, text

from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_states import withdraw_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.errors import DatabaseAway, GridcircleError, StaleVersion
from geo.plan_ops import Paint, Redo, Split, Undo
from geo.plans import Plan
from geo.store import drafts, plans
from geo.store.database import Database
from tests.db.test_plans import LATER, accepted, everything, rows_of, sound, stored_shapes
from tests.plan_towns import HAND, PlanTown, begin, unit_no
from tests.plan_worlds import any_change
from tests.small_town import WEST, lonlat

PUBLISH = """
import json, sys
from datetime import datetime
from geo.actions.city.plan_access import Hand
from geo.actions.plans.publish_plan import publish_plan
from geo.store.database import Database
url, plan, version, reasons, at = sys.argv[1:]
publish_plan(Database(url), int(plan), int(version), json.loads(reasons), None, Hand(at=datetime.fromisoformat(at)))
"""
LOOKS = 400
"""How often it is looked, with a pause, before giving up."""


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def draft(db: Database, town: PlanTown) -> Plan:
    return begin(db).plan


def until(holds: object) -> None:
    """Wait for something another process does."""
    for _ in range(LOOKS):
        if holds():  # type: ignore[operator]
            return
        time.sleep(0.05)
    pytest.fail("it did not happen")


def counted(db: Database, query: TextClause) -> int:
    """In a transaction of its own: what is seen of others does not change within one."""
    with db.engine.connect() as conn:
        return int(conn.execute(query).scalar_one())


@pytest.mark.parametrize("locked", ["plan_acceptance", "plan_lineage"])
def test_killed_while_publishing(db: Database, town: PlanTown, draft: Plan, locked: str) -> None:
    """Held up in the middle of its transaction, before the plans change or after, and killed there."""
    url = db.engine.url.render_as_string(hide_password=False)
    reasons = json.dumps(accepted(view_plan(db, draft.id)))
    before = everything(db)
    waiting = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    others = text(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    with db.engine.connect() as conn:
        conn.execute(text(f"lock table {locked} in access exclusive mode"))
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISH, url, str(draft.id), "1", reasons, "2026-04-01T00:00:00+00:00"]
        )
        until(lambda: process.poll() is not None or counted(db, waiting))
        assert process.poll() is None, "it was not held up"
        held = counted(db, others)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        conn.rollback()
        until(lambda: counted(db, others) < held)
    assert everything(db) == before


def test_one_takes_back_the_plan_that_another_follows(
    db: Database, town: PlanTown, draft: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both at once: one is done, the other is told why it is not; neither is in the other's way for good."""
    reasons = accepted(view_plan(db, draft.id))
    day = timedelta(days=1)
    to_come = publish_plan(db, draft.id, 1, reasons, LATER.at + day, LATER).plan
    follows = open_plan(db, WEST, to_come.id, None, LATER).plan
    refusals: list[str] = []

    def withdraw() -> None:
        try:
            withdraw_plan(db, to_come.id, to_come.version, LATER)
        except GridcircleError as error:
            refusals.append(error.key)

    other = threading.Thread(target=withdraw)
    accept = plans.accept_warnings
    waiting = text(
        "select count(*) from pg_locks l join pg_stat_activity using (pid)"
        " where not granted and datname = current_database()"
    )

    def meanwhile(*values: object) -> None:
        accept(*values)  # type: ignore[arg-type]
        other.start()
        until(lambda: counted(db, waiting))

    monkeypatch.setattr(plans, "accept_warnings", meanwhile)
    done = publish_plan(db, follows.id, 1, reasons, LATER.at + 2 * day, LATER).plan
    other.join(20)
    assert done.state == "published"
    assert refusals == ["plan_wrong_state"]


def test_an_error_after_rows_were_written_undoes_them(
    db: Database, town: PlanTown, draft: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(db)
    note = drafts.note_edit

    def fail(*values: object) -> None:
        note(*values)  # type: ignore[arg-type]
        raise ZeroDivisionError

    monkeypatch.setattr(drafts, "note_edit", fail)
    with pytest.raises(ZeroDivisionError):
        edit_plan(db, draft.id, 1, Split(town.grid[0], (lonlat(-20, 750), lonlat(520, 750))), HAND)
    # numbers that were drawn for new grids are not given back by any database; rows are
    assert everything(db) == before


def test_a_connection_that_breaks_in_the_middle(
    db: Database, town: PlanTown, draft: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(db)
    write = drafts.write_step

    def broken(conn: object, *values: object) -> None:
        write(conn, *values)  # type: ignore[arg-type]
        pid = conn.execute(text("select pg_backend_pid()")).scalar_one()  # type: ignore[attr-defined]
        with db.engine.connect() as other:
            other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})

    monkeypatch.setattr(drafts, "write_step", broken)
    with pytest.raises(DatabaseAway):
        edit_plan(db, draft.id, 1, Paint((unit_no(0, 4),), town.grid[0]), HAND)
    assert everything(db) == before


def test_two_planners_at_random_with_undo_dry_runs_and_failures(
    db: Database, town: PlanTown, draft: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each knows the version that they read; whoever is behind is refused, and nothing is lost."""
    rng = np.random.default_rng(4)
    known = {"a": 1, "b": 1}
    done = stale = 0
    note = drafts.note_edit

    def sometimes(*values: object) -> None:
        note(*values)  # type: ignore[arg-type]
        if rng.random() < 0.15:
            raise ZeroDivisionError

    monkeypatch.setattr(drafts, "note_edit", sometimes)
    for number in range(120):
        who = "a" if rng.random() < 0.5 else "b"
        op = any_change(view_plan(db, draft.id).draft, rng) if rng.random() < 0.8 else (Undo(), Redo())[number % 2]
        before, is_dry = rows_of(db, draft), bool(rng.random() < 0.2)
        try:
            plan = edit_plan(db, draft.id, known[who], op, HAND, dry_run=is_dry).plan
        except StaleVersion as error:
            stale += 1
            known[who] = error.evidence["now"]
            assert rows_of(db, draft) == before
            continue
        except (GridcircleError, ZeroDivisionError):
            assert rows_of(db, draft) == before
            continue
        if is_dry:
            assert rows_of(db, draft) == before
            continue
        done, known[who] = done + 1, plan.version
        sound(view_plan(db, draft.id))
    assert done > 25
    assert stale > 5
    view = view_plan(db, draft.id)
    shapes = stored_shapes(db, draft)
    assert all(shapes[grid.id].equals(shape) for grid, shape in zip(view.draft.grids, view.shapes, strict=True))
    assert shapes.keys() == {grid.id for grid in view.draft.grids}
