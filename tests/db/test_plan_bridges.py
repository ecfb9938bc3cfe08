"""Bridges in a real database: kept with a plan, taken back and forth, copied, exported, and counted at publishing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pyogrio
import pytest
from alembic import command
from sqlalchemy import text

from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.export_plan import export_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.compute.plans.rows import stepped
from geo.errors import BadMove, Refused
from geo.plan_ops import Bridge, Merge, Paint, PlanOp, Redo, Split, Undo
from geo.plans import Plan
from geo.store import drafts
from geo.store.database import Database
from geo.store.migrate import _config, migrate
from tests.databases import create_database, drop_database
from tests.db.test_plans import accepted, do, everything, rows_of
from tests.plan_towns import HAND, PlanTown, begin, unit_no
from tests.small_town import WEST, lonlat

LATER = replace(HAND, at=HAND.at + timedelta(days=30))
NEAR, FAR = unit_no(4, 9), unit_no(9, 0)
"""A unit of the north-western grid, and the corner of the south-eastern one."""
OVER = Bridge((FAR, NEAR), "过街天桥 <b>'\"")


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def draft(db: Database, town: PlanTown) -> Plan:
    return begin(db).plan


def apart(db: Database, plan: Plan, town: PlanTown) -> int:
    """Give the far unit to the near grid over a bridge: the version."""
    return do(db, plan, do(db, plan, 1, OVER), Paint((FAR,), town.grid[0]))


def errors_of(db: Database, plan: Plan) -> list[str]:
    return [problem.id for problem in view_plan(db, plan.id).problems if problem.severity == "error"]


def test_with_a_bridge_it_is_published_without_one_it_is_not(db: Database, town: PlanTown, draft: Plan) -> None:
    with pytest.raises(BadMove, match="2 pieces"):
        edit_plan(db, draft.id, 1, Paint((FAR,), town.grid[0]), HAND)
    version = apart(db, draft, town)
    assert errors_of(db, draft) == []
    version = do(db, draft, version, replace(OVER, is_open=False))
    assert errors_of(db, draft) == [f"one_piece/{town.grid[0]}"]
    (breach,) = [problem for problem in view_plan(db, draft.id).problems if problem.severity == "error"]
    # of the grid's units that in its south-east corner lies nearest
    assert breach.evidence["units"] == [FAR, unit_no(4, 5)]
    before = everything(db)
    reasons = accepted(view_plan(db, draft.id))
    with pytest.raises(BadMove, match="forbid publishing"):
        publish_plan(db, draft.id, version, reasons, None, LATER)
    assert everything(db) == before
    version = do(db, draft, version, Undo())
    assert errors_of(db, draft) == []
    publish_plan(db, draft.id, version, accepted(view_plan(db, draft.id)), None, LATER)
    assert rows_of(db, draft).bridges == {(FAR, NEAR): OVER.reason}


def test_back_and_forth(db: Database, town: PlanTown, draft: Plan) -> None:
    ops: list[PlanOp] = [
        OVER,
        Paint((FAR,), town.grid[0]),
        replace(OVER, reason="地下通道"),
        Split(town.grid[0], (lonlat(-20, 930), lonlat(520, 930))),  # five units are cut: 100 to 104 are the new ones
        Merge((town.grid[2], town.grid[3])),
        Bridge((FAR, 104), is_open=False),
    ]
    states, version = [rows_of(db, draft)], 1
    for op in ops:
        version = do(db, draft, version, op)
        states.append(rows_of(db, draft))
    reasons = [list(state.bridges.values()) for state in states]
    assert reasons == [[], [OVER.reason], [OVER.reason], ["地下通道"], ["地下通道"], ["地下通道"], []]
    for op, way in ((Undo(), states[-2::-1]), (Redo(), states[1:])):
        for state in way:
            version = do(db, draft, version, op)
            found = rows_of(db, draft)
            assert (found.arcs, found.units, found.grids, found.bridges) == (
                state.arcs,
                state.units,
                state.grids,
                state.bridges,
            )
    replayed = states[0]
    with db.read() as conn:
        for edit in drafts.edits_of(conn, draft.id):
            replayed = stepped(replayed, drafts.delta_of_edit(conn, draft.id, edit.seq))
    assert replayed.bridges == states[-1].bridges


def test_a_cut_moves_it_to_the_nearest_part(db: Database, town: PlanTown, draft: Plan) -> None:
    """The near unit lies from 900 to 1,000 m north: the larger part of it keeps the number, the southern is nearest."""
    version = apart(db, draft, town)
    do(db, draft, version, Split(town.grid[0], (lonlat(-20, 970), lonlat(520, 970))))
    assert dict(rows_of(db, draft).bridges) == {(FAR, NEAR): OVER.reason}
    do(db, draft, version + 1, Undo())
    do(db, draft, version + 2, Split(town.grid[0], (lonlat(-20, 930), lonlat(520, 930))))
    ((ends, reason),) = rows_of(db, draft).bridges.items()
    assert (ends[0], reason) == (FAR, OVER.reason)
    assert ends[1] >= 100  # a number that was not there before
    view = view_plan(db, draft.id)
    assert errors_of(db, draft) == []
    shape = view.unit_shapes[view.draft.unit_no.tolist().index(ends[1])]
    assert shape.bounds[3] == pytest.approx(lonlat(0, 930)[1], abs=1e-6)


def test_a_dry_run_tells_and_changes_nothing(db: Database, town: PlanTown, draft: Plan) -> None:
    before = everything(db)
    would = edit_plan(db, draft.id, 1, OVER, HAND, dry_run=True)
    assert everything(db) == before
    assert [bridge.reason for bridge in would.after.bridges] == [OVER.reason]
    assert list(would.touched) == sorted([town.grid[0], town.grid[3]])


def test_a_plan_that_goes_on_has_the_bridges_of_its_base(db: Database, town: PlanTown, draft: Plan) -> None:
    version = apart(db, draft, town)
    again = open_plan(db, WEST, draft.id, "again", HAND).plan
    assert rows_of(db, again).bridges == rows_of(db, draft).bridges
    publish_plan(db, draft.id, version, accepted(view_plan(db, draft.id)), None, LATER)
    successor = open_plan(db, WEST, None, None, LATER).plan
    assert successor.base_plan_id == draft.id
    do(db, successor, 1, replace(OVER, is_open=False))
    assert rows_of(db, successor).bridges == {}
    assert rows_of(db, draft).bridges == {(FAR, NEAR): OVER.reason}  # what is in force stays


def test_files_list_them(db: Database, town: PlanTown, draft: Plan, tmp_path: Path) -> None:
    apart(db, draft, town)
    export_plan(db, draft.id, tmp_path / "plan.gpkg", "en")
    frame = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="bridges")
    assert frame[["unit_no", "other_unit_no", "reason"]].to_numpy().tolist() == [[FAR, NEAR, OVER.reason]]
    assert set(frame["grid_code"]) == set(frame["other_grid_code"]) == {f"{WEST}001"}
    (line,) = frame.geometry
    assert line.coords[0] == pytest.approx(lonlat(950, 50), abs=1e-6)
    assert line.coords[-1] == pytest.approx(lonlat(450, 950), abs=1e-6)
    export_plan(db, draft.id, tmp_path / "plan.xlsx", "zh")
    header, row = openpyxl.load_workbook(tmp_path / "plan.xlsx")["单元连接"].iter_rows(values_only=True)
    assert row[header.index("连接方式")] == OVER.reason


def test_the_database_holds_no_bridge_to_nowhere(db: Database, town: PlanTown, draft: Plan) -> None:
    do(db, draft, 1, OVER)
    with pytest.raises(Refused) as refused, db.write() as conn:
        conn.execute(text("update plan_bridge set other_unit_no = 12345"))
    assert refused.value.evidence["constraint"] == "plan_bridge_other_unit_no_fkey"
    assert rows_of(db, draft).bridges == {(FAR, NEAR): OVER.reason}


def test_edits_made_before_there_were_bridges_can_still_be_taken_back(cluster_url: str) -> None:
    url = create_database(cluster_url, "unbridged_test")
    db = Database(url, size=1)
    try:
        config = _config()
        with db.write() as conn:
            config.attributes["connection"] = conn
            command.upgrade(config, "0007")
            conn.exec_driver_sql(
                "insert into area (id, level, code, name, geom, source, source_key) values (1, 'community',"
                " '990101001001', 'x', 'SRID=4326;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 's', 'k');"
                "insert into plan (id, community_id, state, created_at) values (1, 1, 'draft', now());"
                "insert into plan_edit (plan_id, seq, op, request, delta, grid_ids, made_at)"
                " values (1, 2, 'paint', '{}', '{\"arcs\": {\"gone\": {}, \"come\": {}}}', '{}', now())"
            )
        migrate(db)
        with db.read() as conn:
            delta = conn.execute(text("select delta::text from plan_edit")).scalar_one()
            assert conn.execute(text("select code_scheme from plan")).scalar_one() == "unit_grid"
    finally:
        db.close()
        drop_database(cluster_url, "unbridged_test")
    nothing: dict[str, object] = {"gone": {}, "come": {}}
    assert json.loads(delta) == {"arcs": nothing, "bridges": nothing}
