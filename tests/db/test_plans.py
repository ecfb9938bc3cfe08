"""Drafts in a real database: beginning, editing, undoing, publishing; what must not change does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import event, text

from geo.actions.city.plan_access import Hand
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_states import propose_plan, redraft_plan, withdraw_plan
from geo.actions.plans.plan_view import PlanView, view_plan, views_of
from geo.actions.plans.publish_plan import publish_plan
from geo.compute.plans.rows import stepped
from geo.drafts import Draft
from geo.errors import BadGeometry, BadMove, Conflict, NotAllowed, NotFound, StaleVersion
from geo.plan_ops import Bridge, Carve, Lock, Merge, Move, Paint, PlanOp, Redo, Rename, Renumber, SetPost, Split, Undo
from geo.plan_rows import PlanRows
from geo.plans import Plan
from geo.store import drafts, plans
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.tables import metadata
from tests.plan_towns import HAND, RESIDENTS, N, PlanTown, begin, unit, unit_no
from tests.small_town import AT, EAST, WEST, lonlat

LATER = replace(HAND, at=AT + timedelta(days=30))


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def draft(db: Database, town: PlanTown) -> Plan:
    return begin(db).plan


def rows_of(db: Database, plan: Plan) -> PlanRows:
    with db.read() as conn:
        found = plans.get_plan(conn, plan.id)
        assert found.fabric_id is not None
        return drafts.rows_of_plan(conn, plan.id, found.fabric_id)


def everything(db: Database) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with db.read() as conn:
        return {
            name: sorted(conn.execute(text(f'select t::text from "{name}" t')).scalars()) for name in metadata.tables
        }


def sound(view: PlanView) -> None:
    """What must hold after any edit."""
    draft: Draft = view.draft
    assert sorted(set(draft.grid_of_unit.tolist())) == list(range(len(draft.grids)))
    assert shapely.coverage_is_valid(view.shapes)
    assert shapely.coverage_is_valid(view.unit_shapes)
    whole = shapely.union_all(view.shapes)
    assert shapely.area(view.shapes).sum() == pytest.approx(whole.area, rel=1e-9)
    assert view.figures.residents.sum() == N * N * RESIDENTS


def stored_shapes(db: Database, plan: Plan) -> dict[int, shapely.Geometry]:
    with db.read() as conn:
        found = conn.execute(
            text("select grid_id, ST_AsBinary(geom) w from plan_grid where plan_id = :id"), {"id": plan.id}
        )
        return {row.grid_id: shapely.from_wkb(bytes(row.w)) for row in found}


def move_border_north(db: Database, town: PlanTown, metres: float) -> None:
    """The border between the western grids."""
    with db.write() as conn:
        for corner, grid in (("YMax", town.grid[2]), ("YMin", town.grid[0])):
            sides = [f"ST_{side}(geom)" for side in ("XMin", "YMin", "XMax", "YMax")]
            box = ", ".join(f"{side} + {metres / 111_000}" if corner in side else side for side in sides)
            conn.execute(
                text(f"update plan_grid set geom = ST_Multi(ST_MakeEnvelope({box}, 4326)) where grid_id = {grid}")
            )


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """All that the database is asked meanwhile."""
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def do(db: Database, plan: Plan, version: int, op: PlanOp) -> int:
    return edit_plan(db, plan.id, version, op, HAND).plan.version


class TestTelling:
    """What an edit did, from states in memory."""

    @pytest.mark.parametrize("kind", ["paint", "split", "move"])
    def test_states_before_and_after_are_those_stored(
        self, db: Database, town: PlanTown, draft: Plan, kind: str
    ) -> None:
        ops: dict[str, PlanOp] = {
            "paint": Paint((unit_no(4, 5),), town.grid[1]),
            "split": Split(town.grid[0], (lonlat(-10, 733), lonlat(600, 777))),
            "move": Move(((lonlat(500, 500), lonlat(507, 504)),)),
        }
        before = view_plan(db, draft.id)
        done = edit_plan(db, draft.id, 1, ops[kind], HAND)
        after = view_plan(db, draft.id)
        with db.read() as conn:
            told = views_of(conn, done.plan, (done.before, done.after))
        for view, stored in zip(told, (before, after), strict=True):
            assert view.inputs_hash == stored.inputs_hash
            assert (view.unit_of_home == stored.unit_of_home).all()
            assert shapely.equals_exact(view.unit_shapes, stored.unit_shapes).all()
            assert (view.load.total == stored.load.total).all()
            assert [problem.id for problem in view.problems] == [problem.id for problem in stored.problems]

    def test_what_lies_around_is_read_once_and_of_the_log_only_what_stands(
        self, db: Database, town: PlanTown, draft: Plan
    ) -> None:
        version = do(db, draft, 1, Paint((unit_no(4, 5),), town.grid[1]))
        with statements(db) as asked:
            done = edit_plan(db, draft.id, version, Paint((unit_no(4, 6),), town.grid[1]), HAND, dry_run=True)
            with db.read() as conn:
                views_of(conn, done.plan, (done.before, done.after))
        read = [" ".join(one.split()).partition(" FROM ")[2].partition(" ")[0] for one in asked]
        assert [read.count(table) for table in ("home", "work_count", "plan_unit", "plan_edit")] == [1, 1, 1, 1]
        assert not [one for one in asked if "plan_edit.request" in one]


class TestBeginning:
    def test_a_draft_has_the_grids_in_force(self, db: Database, town: PlanTown, draft: Plan) -> None:
        view = view_plan(db, draft.id)
        sound(view)
        assert (draft.state, draft.version, draft.base_plan_id) == ("draft", 1, town.plan_id)
        assert [grid.id for grid in view.draft.grids] == sorted(town.grid)
        assert view.figures.households.tolist() == [400.0] * 4
        assert view.figures.units.tolist() == [25] * 4
        assert {grid.posts["chief"].is_filled for grid in view.draft.grids} == {True}

    def test_no_question_where_grids_follow_units(self, db: Database, town: PlanTown) -> None:
        assert list(begin(db).questions) == []

    def test_a_unit_that_a_grid_holds_too_little_of_is_a_question(self, db: Database, town: PlanTown) -> None:
        move_border_north(db, town, 14)
        questions = begin(db).questions
        assert sorted(question.unit_no for question in questions) == [unit_no(column, 5) for column in range(5)]
        assert {question.grid_id for question in questions} == {town.grid[0]}
        assert [question.share_inside for question in questions] == pytest.approx([0.86] * 5, abs=0.01)

    def test_a_grid_in_two_parts_keeps_both_and_is_told_to_be_in_pieces(self, db: Database, town: PlanTown) -> None:
        """The north-western grid has two units in the corner of the south-eastern one, too."""
        corner = shapely.union_all([unit(column, 0) for column in (8, 9)])
        with db.write() as conn:
            for verb, grid in (("union", town.grid[0]), ("difference", town.grid[3])):
                conn.execute(
                    text(f"update plan_grid set geom = ST_Multi(ST_{verb}(geom, :wkt)) where grid_id = {grid}"),
                    {"wkt": f"SRID=4326;{corner.wkt}"},
                )
        opened = begin(db)
        view = view_plan(db, opened.plan.id)
        sound(view)
        assert list(opened.questions) == []
        assert view.figures.residents.tolist() == [27 * RESIDENTS, 25 * RESIDENTS, 25 * RESIDENTS, 23 * RESIDENTS]
        (breach,) = [problem for problem in view.problems if problem.severity == "error"]
        assert breach.id == f"one_piece/{town.grid[0]}"
        assert breach.shape is not None
        assert breach.shape.equals(corner)
        version = do(db, opened.plan, 1, Bridge((unit_no(8, 0), unit_no(4, 5)), "地下通道"))
        assert not [problem for problem in view_plan(db, opened.plan.id).problems if problem.severity == "error"]
        do(db, opened.plan, version, Paint((unit_no(8, 0), unit_no(9, 0)), town.grid[3]))

    def test_where_grids_follow_no_border_of_units_these_are_cut_anew_along_them(
        self, db: Database, town: PlanTown
    ) -> None:
        move_border_north(db, town, 35)
        opened = begin(db)
        view = view_plan(db, opened.plan.id)
        sound(view)
        assert not opened.questions
        with db.read() as conn:
            before = {grid.id: grid.shape for grid in grids_of_plans(conn, [town.plan_id])}
            cut_id = drafts.cut_of(conn, town.community_id)
            assert cut_id is not None
            assert drafts.provenance_of(conn, cut_id)["report"]["follows_plan"] == town.plan_id
        for grid, shape in zip(view.draft.grids, view.shapes, strict=True):
            assert shape.symmetric_difference(before[grid.id]).area < 1e-3 * shape.area
        # what was cut for these grids is good for the next draft from them
        again = begin(db)
        assert rows_of(db, again.plan).arcs == rows_of(db, opened.plan).arcs

    def test_a_draft_of_a_draft_is_the_same_to_the_last_digit(self, db: Database, draft: Plan) -> None:
        version = do(
            db, draft, 1, Split(view_plan(db, draft.id).draft.grids[0].id, (lonlat(-10, 733), lonlat(600, 777)))
        )
        again = open_plan(db, WEST, draft.id, "again", HAND).plan
        assert stored_shapes(db, again) == stored_shapes(db, draft)
        assert rows_of(db, again).arcs == rows_of(db, draft).arcs
        assert (again.base_plan_id, again.version, version) == (draft.id, 1, 2)

    def test_what_cannot_be_gone_on_from(self, db: Database, town: PlanTown) -> None:
        before = everything(db)
        with pytest.raises(NotFound, match="990101001009"):
            open_plan(db, "990101001009", None, None, HAND)
        with pytest.raises(BadMove, match="another community's"):
            open_plan(db, EAST, town.plan_id, None, HAND)
        with pytest.raises(NotFound, match="no plan 999"):
            open_plan(db, WEST, 999, None, HAND)
        assert everything(db) == before


class TestEditing:
    def test_painting_moves_units_and_their_people(self, db: Database, town: PlanTown, draft: Plan) -> None:
        row = tuple(unit_no(column, 4) for column in range(5))
        done = edit_plan(db, draft.id, 1, Paint(row, town.grid[0]), HAND)
        view = view_plan(db, draft.id)
        sound(view)
        assert done.plan.version == 2
        assert list(done.touched) == sorted([town.grid[0], town.grid[2]])
        assert dict(zip([grid.id for grid in view.draft.grids], view.figures.units.tolist(), strict=True)) == {
            town.grid[0]: 30,
            town.grid[1]: 25,
            town.grid[2]: 20,
            town.grid[3]: 25,
        }
        shapes = stored_shapes(db, draft)
        for grid, shape in zip(view.draft.grids, view.shapes, strict=True):
            assert shapes[grid.id].equals(shape)

    def test_a_split_along_no_street_cuts_units(self, db: Database, town: PlanTown, draft: Plan) -> None:
        done = edit_plan(db, draft.id, 1, Split(town.grid[0], (lonlat(-20, 750), lonlat(520, 750))), HAND)
        view = view_plan(db, draft.id)
        sound(view)
        assert len(view.draft.grids) == 5
        assert len(view.draft.unit_no) == N * N + 5  # the row of units from 700 to 800 m is cut
        new = [grid for grid in view.draft.grids if grid.id not in town.grid]
        assert [grid.code for grid in new] == [f"{WEST}005"]
        assert set(done.touched) >= {town.grid[0], new[0].id}

    def test_a_split_along_a_street_cuts_none(self, db: Database, town: PlanTown, draft: Plan) -> None:
        edit_plan(db, draft.id, 1, Split(town.grid[0], (lonlat(0, 700), lonlat(500, 700))), HAND)
        view = view_plan(db, draft.id)
        sound(view)
        assert len(view.draft.unit_no) == N * N
        assert sorted(view.figures.units.tolist()) == [10, 15, 25, 25, 25]

    def test_a_merge_keeps_the_first(self, db: Database, town: PlanTown, draft: Plan) -> None:
        edit_plan(db, draft.id, 1, Merge((town.grid[1], town.grid[0])), HAND)
        view = view_plan(db, draft.id)
        sound(view)
        assert sorted(grid.id for grid in view.draft.grids) == sorted(set(town.grid) - {town.grid[0]})
        assert view.figures.households.max() == 800

    def test_a_vertex_of_four_grids_moves_for_all(self, db: Database, town: PlanTown, draft: Plan) -> None:
        done = edit_plan(db, draft.id, 1, Move(((lonlat(500, 500), lonlat(530, 540)),)), HAND)
        view = view_plan(db, draft.id)
        sound(view)
        assert set(done.touched) == set(town.grid)
        moved = shapely.Point(*np.rint(np.array(lonlat(530, 540)) * 1e7) / 1e7)
        assert all(shape.boundary.distance(moved) < 1e-12 for shape in view.shapes)

    def test_a_special_grid_is_cut_out(self, db: Database, town: PlanTown, draft: Plan) -> None:
        corners = tuple(lonlat(x, y) for x, y in ((420, 420), (580, 420), (580, 580), (420, 580)))
        edit_plan(db, draft.id, 1, Carve(corners, "商圈"), HAND)
        view = view_plan(db, draft.id)
        sound(view)
        (special,) = [place for place, grid in enumerate(view.draft.grids) if grid.kind == "special"]
        assert view.draft.grids[special].name == "商圈"
        assert view.figures.area_m2[special] == pytest.approx(160 * 160, rel=1e-3)
        assert view.figures.residents[special] == 4 * RESIDENTS

    def test_posts_names_locks_and_codes(self, db: Database, town: PlanTown, draft: Plan) -> None:
        version = do(db, draft, 1, SetPost(town.grid[0], "chief", False))
        version = do(db, draft, version, Rename(town.grid[0], "河西一格"))
        version = do(db, draft, version, Lock(town.grid[3], True))
        version = do(db, draft, version, Merge((town.grid[0], town.grid[1])))
        do(db, draft, version, Renumber(is_reusing=True))
        grids = {grid.id: grid for grid in view_plan(db, draft.id).draft.grids}
        assert not grids[town.grid[0]].posts["chief"].is_filled
        assert grids[town.grid[0]].name == "河西一格"
        assert grids[town.grid[3]].is_locked
        assert sorted(grid.code[-3:] for grid in grids.values()) == ["001", "002", "003"]
        assert grids[town.grid[0]].code.endswith("001")  # the northern row comes first

    @pytest.mark.parametrize(
        ("op", "error", "told"),
        [
            (lambda t: Split(t.grid[0], (lonlat(100, 700), lonlat(300, 720))), BadGeometry, "cut"),
            (lambda t: Split(t.grid[0], (lonlat(2000, 700), lonlat(2300, 700))), BadGeometry, "does not cut"),
            (lambda t: Paint((unit_no(9, 0),), t.grid[0]), BadMove, "2 pieces"),
            (
                lambda t: Paint(tuple(unit_no(c, r) for c in range(5) for r in range(5)), t.grid[0]),
                BadMove,
                "without a unit",
            ),
            (lambda t: Paint((unit_no(0, 9),), t.grid[0]), BadMove, "changes nothing"),
            (lambda t: Paint((10_000,), t.grid[0]), NotFound, "no unit 10000"),
            (lambda _: Paint((1,), 999_999), NotFound, "no grid 999999"),
            (lambda t: Merge((t.grid[0], t.grid[3])), BadMove, "do not touch"),
            (lambda t: Merge((t.grid[0], t.grid[0])), BadMove, "at least two"),
            (lambda t: Move(((lonlat(0, 0), lonlat(-50, -50)),)), BadGeometry, "community itself"),
            (lambda _: Move(((lonlat(33, 33), lonlat(40, 40)),)), BadGeometry, "no border within reach"),
            (
                lambda _: Carve(tuple(lonlat(x, y) for x, y in ((3000, 3000), (3100, 3000), (3100, 3100))), "x"),
                BadGeometry,
                "100 % of the ring lies outside",
            ),
            (lambda t: Split(t.grid[0], tuple((103.2, 40.4) for _ in range(3000))), BadGeometry, "3000 points"),
            (lambda t: Split(t.grid[0], ((float("nan"), 40.4), (103.2, 40.4))), BadGeometry, "outside"),
            (lambda _: Undo(), BadMove, "nothing to take back"),
            (lambda _: Redo(), BadMove, "nothing to do again"),
        ],
    )
    def test_what_is_refused_changes_nothing(self, db: Database, town: PlanTown, draft: Plan, op, error, told) -> None:  # type: ignore[no-untyped-def]
        before = everything(db)
        with pytest.raises(error, match=told):
            edit_plan(db, draft.id, 1, op(town), HAND)
        assert everything(db) == before

    def test_a_locked_grid_stays_as_it_is(self, db: Database, town: PlanTown, draft: Plan) -> None:
        version = do(db, draft, 1, Lock(town.grid[0], True))
        before = everything(db)
        for op in (
            Paint((unit_no(5, 9),), town.grid[0]),
            Paint((unit_no(4, 9),), town.grid[1]),
            Split(town.grid[0], (lonlat(-20, 750), lonlat(520, 750))),
            Merge((town.grid[1], town.grid[0])),
            Carve(tuple(lonlat(x, y) for x, y in ((110, 810), (190, 810), (190, 890))), "x"),
        ):
            with pytest.raises(BadMove, match="locked"):
                edit_plan(db, draft.id, version, op, HAND)
        with pytest.raises(BadGeometry):
            edit_plan(db, draft.id, version, Move(((lonlat(500, 500), lonlat(530, 540)),)), HAND)
        assert everything(db) == before

    def test_a_dry_run_tells_the_same_and_changes_nothing(self, db: Database, town: PlanTown, draft: Plan) -> None:
        op = Split(town.grid[0], (lonlat(-20, 750), lonlat(520, 750)))
        before = everything(db)
        would = edit_plan(db, draft.id, 1, op, HAND, dry_run=True)
        assert everything(db) == before
        did = edit_plan(db, draft.id, 1, op, HAND)
        assert would.plan.version == 1
        assert sorted(shape.wkb for shape in would.shapes.values()) == sorted(
            shape.wkb for shape in did.shapes.values()
        )
        assert len(would.touched) == len(did.touched)

    def test_somebody_elses_area(self, db: Database, town: PlanTown, draft: Plan) -> None:
        with db.read() as conn:
            east = conn.execute(text("select id from area where code = :code"), {"code": EAST}).scalar_one()
        before = everything(db)
        with pytest.raises(NotAllowed):
            edit_plan(db, draft.id, 1, Rename(town.grid[0], "x"), Hand(at=AT, area_id=east))
        assert everything(db) == before


class TestUndo:
    OPS = (
        lambda t: Paint(tuple(unit_no(column, 4) for column in range(5)), t.grid[0]),
        lambda t: Split(t.grid[1], (lonlat(480, 733), lonlat(1020, 781))),
        lambda t: Move(((lonlat(500, 300), lonlat(520, 310)),)),
        lambda t: Merge((t.grid[2], t.grid[3])),
        lambda t: Rename(t.grid[0], "新名"),
        lambda _: Renumber(),
    )

    def test_back_and_forth_through_everything(self, db: Database, town: PlanTown, draft: Plan) -> None:
        states, version = [rows_of(db, draft)], 1
        for op in self.OPS:
            version = do(db, draft, version, op(town))
            states.append(rows_of(db, draft))
        for state in reversed(states[:-1]):
            version = do(db, draft, version, Undo())
            found = rows_of(db, draft)
            assert (found.arcs, found.units, found.grids) == (state.arcs, state.units, state.grids)
            sound(view_plan(db, draft.id))
        for state in states[1:]:
            version = do(db, draft, version, Redo())
            found = rows_of(db, draft)
            assert (found.arcs, found.units, found.grids) == (state.arcs, state.units, state.grids)
        for grid, shape in stored_shapes(db, draft).items():
            view = view_plan(db, draft.id)
            place = [g.id for g in view.draft.grids].index(grid)
            assert shape.equals(view.shapes[place])

    def test_a_new_edit_leaves_nothing_to_redo(self, db: Database, town: PlanTown, draft: Plan) -> None:
        version = do(db, draft, 1, Rename(town.grid[0], "a"))
        version = do(db, draft, version, Undo())
        version = do(db, draft, version, Rename(town.grid[0], "b"))
        with pytest.raises(BadMove, match="nothing to do again"):
            edit_plan(db, draft.id, version, Redo(), HAND)

    def test_the_log_replayed_is_what_is_stored(self, db: Database, town: PlanTown, draft: Plan) -> None:
        rows, version = rows_of(db, draft), 1
        for op in (*(op(town) for op in self.OPS[:3]), Undo(), Undo(), Redo()):
            version = do(db, draft, version, op)
        with db.read() as conn:
            edits = drafts.edits_of(conn, draft.id)
            for edit in edits:
                rows = stepped(rows, drafts.delta_of_edit(conn, draft.id, edit.seq))
        found = rows_of(db, draft)
        assert (rows.arcs, rows.units, rows.grids) == (found.arcs, found.units, found.grids)
        assert [edit.op for edit in edits] == ["paint", "split", "move", "undo", "undo", "redo"]
        assert [edit.target for edit in edits] == [None, None, None, 4, 3, 3]


class TestTwoPlanners:
    def test_the_second_is_told_what_the_first_touched(self, db: Database, town: PlanTown, draft: Plan) -> None:
        do(db, draft, 1, Paint((unit_no(0, 4),), town.grid[0]))
        before = everything(db)
        with pytest.raises(StaleVersion) as refused:
            edit_plan(db, draft.id, 1, Rename(town.grid[3], "x"), HAND)
        assert refused.value.evidence["grid_ids"] == sorted([town.grid[0], town.grid[2]])
        assert refused.value.evidence["now"] == 2
        assert everything(db) == before

    def test_of_many_at_once_one_goes_through(self, db: Database, town: PlanTown, draft: Plan) -> None:
        results: list[str] = []
        ready = threading.Barrier(6)

        def rename(name: str) -> None:
            ready.wait(20)
            try:
                edit_plan(db, draft.id, 1, Rename(town.grid[0], name), HAND)
                results.append("done")
            except StaleVersion:
                results.append("stale")

        threads = [threading.Thread(target=rename, args=(f"n{number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(results) == ["done"] + ["stale"] * 5


def accepted(view: PlanView) -> dict[str, str]:
    return {problem.rule: "试点" for problem in view.problems if problem.severity == "warning"}


class TestPublishing:
    def test_a_plan_takes_over(self, db: Database, town: PlanTown, draft: Plan) -> None:
        version = do(db, draft, 1, Paint(tuple(unit_no(column, 4) for column in range(5)), town.grid[0]))
        view = view_plan(db, draft.id)
        done = publish_plan(db, draft.id, version, accepted(view), None, LATER)
        assert (done.plan.state, done.plan.is_coverage) == ("published", True)
        with db.read() as conn:
            assert plans.live_plans(conn, AT)[town.community_id].id == town.plan_id
            assert plans.live_plans(conn, LATER.at)[town.community_id].id == draft.id
            old = plans.get_plan(conn, town.plan_id)
            assert (old.state, old.effective_to) == ("superseded", LATER.at)
            steps = {
                (step.old_id, step.new_id): (step.kind, round(step.share, 3))
                for step in plans.lineage_of(conn, draft.id)
            }
        assert steps[town.grid[2], town.grid[0]] == ("split", 0.2)
        assert steps[town.grid[2], town.grid[2]] == ("kept", 0.8)

    def test_a_grid_in_which_nobody_lives_has_its_line(self, db: Database, town: PlanTown, draft: Plan) -> None:
        park = (lonlat(5, 905), lonlat(25, 905), lonlat(25, 925), lonlat(5, 925))
        version = do(db, draft, 1, Carve(park, "公园"))
        reasons = accepted(view_plan(db, draft.id))
        first = publish_plan(db, draft.id, version, reasons, None, LATER)
        grid = next(grid.id for grid in view_plan(db, draft.id).draft.grids if grid.kind == "special")
        assert (town.grid[0], grid, "split", 0.0) in first.lineage
        later = replace(LATER, at=LATER.at + timedelta(days=1))
        second = publish_plan(db, open_plan(db, WEST, None, None, later).plan.id, 1, reasons, None, later)
        assert (grid, grid, "kept", 1.0) in second.lineage

    def test_which_grid_held_this_point_and_who_was_responsible_is_one_query(
        self, db: Database, town: PlanTown, draft: Plan
    ) -> None:
        version = do(db, draft, 1, Paint(tuple(unit_no(column, 4) for column in range(5)), town.grid[0]))
        version = do(db, draft, version, SetPost(town.grid[0], "chief", True, "0999-5550101"))
        publish_plan(db, draft.id, version, accepted(view_plan(db, draft.id)), None, LATER)
        lon, lat = lonlat(250, 450)
        query = text(
            "select g.grid_id, p.duty_phone from grids_at(:at) g left join plan_post p using (plan_id, grid_id)"
            " where ST_Intersects(g.geom, ST_SetSRID(ST_Point(:lon, :lat), 4326)) and p.post = 'chief'"
        )
        with db.read() as conn:
            asked = [conn.execute(query, {"at": at, "lon": lon, "lat": lat}).one() for at in (AT, LATER.at)]
        assert [tuple(row) for row in asked] == [(town.grid[2], None), (town.grid[0], "0999-5550101")]

    def test_what_is_published_is_not_edited(self, db: Database, town: PlanTown, draft: Plan) -> None:
        publish_plan(db, draft.id, 1, accepted(view_plan(db, draft.id)), None, LATER)
        for op in (Rename(town.grid[0], "x"), Undo()):
            with pytest.raises(BadMove, match="published"):
                edit_plan(db, draft.id, 1, op, LATER)

    def test_warnings_want_a_reason(self, db: Database, town: PlanTown, draft: Plan) -> None:
        version = do(db, draft, 1, Merge((town.grid[0], town.grid[1])))  # 800 households
        before = everything(db)
        with pytest.raises(BadMove, match="not accepted") as refused:
            publish_plan(db, draft.id, version, {}, None, LATER)
        assert "households" in refused.value.evidence["waiting"]
        assert everything(db) == before
        done = publish_plan(db, draft.id, version, accepted(view_plan(db, draft.id)), None, LATER)
        assert done.accepted["households"] >= 1
        with db.read() as conn:
            kept = conn.execute(
                text("select rule, reason from plan_acceptance where plan_id = :id"), {"id": draft.id}
            ).all()
        assert ("households", "试点") in [tuple(row) for row in kept]

    def test_not_in_the_past(self, db: Database, draft: Plan) -> None:
        with pytest.raises(BadMove, match="before now"):
            publish_plan(db, draft.id, 1, {}, AT - timedelta(days=1), LATER)

    def test_of_many_at_once_one_is_published(self, db: Database, town: PlanTown) -> None:
        drafts_ = [begin(db).plan for _ in range(3)]
        reasons = accepted(view_plan(db, drafts_[0].id))
        barrier, outcomes = threading.Barrier(3), []

        def publish(plan: Plan, later: float) -> None:
            barrier.wait()
            try:
                publish_plan(db, plan.id, 1, reasons, None, replace(LATER, at=LATER.at + timedelta(seconds=later)))
                outcomes.append("published")
            except Conflict as error:
                outcomes.append(error.key)

        # whoever comes first may have looked at the clock last
        threads = [threading.Thread(target=publish, args=[plan, 2.0 - n]) for n, plan in enumerate(drafts_)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["plan_base_moved", "plan_base_moved", "published"]

    def test_a_plan_of_a_later_day_is_not_undone_nor_undoes_another(self, db: Database, town: PlanTown) -> None:
        first, second = begin(db).plan, begin(db).plan
        reasons, day = accepted(view_plan(db, first.id)), LATER.at + timedelta(days=30)
        publish_plan(db, first.id, 1, reasons, day, LATER)
        with pytest.raises(Conflict) as refused:
            publish_plan(db, second.id, 1, reasons, None, LATER)
        assert refused.value.key == "plan_base_moved"
        after = open_plan(db, WEST, first.id, None, LATER).plan
        with pytest.raises(Conflict, match="comes into force"):
            publish_plan(db, after.id, 1, reasons, None, LATER)
        taken = withdraw_plan(db, first.id, 1, LATER)
        assert taken.state == "withdrawn"
        with db.read() as conn:
            base = plans.get_plan(conn, town.plan_id)
            assert (base.state, base.effective_to) == ("published", None)
            assert plans.live_plans(conn, day)[town.community_id].id == town.plan_id
            assert plans.lineage_of(conn, first.id) == []
        assert publish_plan(db, second.id, 1, reasons, None, LATER).plan.state == "published"

    def test_what_is_in_force_is_not_taken_back(self, db: Database, town: PlanTown, draft: Plan) -> None:
        publish_plan(db, draft.id, 1, accepted(view_plan(db, draft.id)), None, LATER)
        before = everything(db)
        with pytest.raises(BadMove, match="history"):
            withdraw_plan(db, draft.id, 1, replace(LATER, at=LATER.at + timedelta(days=1)))
        assert everything(db) == before

    def test_grids_that_were_imported_and_wait_are_gone_on_from(self, db: Database, town: PlanTown) -> None:
        with db.write() as conn:
            conn.execute(text("update plan set state = 'draft', effective_from = null"))
        opened = begin(db)
        assert opened.plan.base_plan_id == town.plan_id
        assert len(view_plan(db, opened.plan.id).draft.grids) == 4
        done = publish_plan(db, opened.plan.id, 1, accepted(view_plan(db, opened.plan.id)), None, LATER)
        assert done.plan.state == "published"

    def test_comments_close_after_now(self, db: Database, draft: Plan) -> None:
        with pytest.raises(BadMove, match="cannot close"):
            propose_plan(db, draft.id, 1, HAND.at, HAND)

    def test_another_plan_in_force_meanwhile(self, db: Database, town: PlanTown, draft: Plan) -> None:
        other = begin(db).plan
        version = do(db, other, 1, Rename(town.grid[1], "别名"))
        publish_plan(db, other.id, version, accepted(view_plan(db, other.id)), None, LATER)
        before = everything(db)
        with pytest.raises(Conflict) as refused:
            publish_plan(
                db, draft.id, 1, accepted(view_plan(db, draft.id)), None, replace(LATER, at=LATER.at + timedelta(1))
            )
        assert refused.value.key == "plan_base_moved"
        assert refused.value.evidence["grid_ids"] == [town.grid[1]]
        assert everything(db) == before

    def test_two_publish_at_once(self, db: Database, town: PlanTown, draft: Plan) -> None:
        other = begin(db).plan
        results: list[str] = []
        ready = threading.Barrier(2)

        def publish(plan: Plan) -> None:
            reasons = accepted(view_plan(db, plan.id))
            ready.wait(20)
            try:
                publish_plan(db, plan.id, 1, reasons, None, LATER)
                results.append("done")
            except Conflict as error:
                results.append(error.key)

        threads = [threading.Thread(target=publish, args=(plan,)) for plan in (draft, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(results) in (["done", "plan_already_live"], ["done", "plan_base_moved"])
        with db.read() as conn:
            assert len(plans.list_plans(conn, town.community_id, "published")) == 1


class TestStates:
    def test_a_proposal_rests_until_it_is_taken_back(self, db: Database, town: PlanTown, draft: Plan) -> None:
        proposed = propose_plan(db, draft.id, 1, None, HAND)
        assert proposed.state == "proposed"
        assert proposed.comments_until is not None
        assert (proposed.comments_until - AT).days == 15
        with pytest.raises(BadMove, match="proposed"):
            edit_plan(db, draft.id, 2, Rename(town.grid[0], "x"), HAND)
        redraft_plan(db, draft.id, 2, HAND)
        assert do(db, draft, 3, Rename(town.grid[0], "x")) == 4
        assert withdraw_plan(db, draft.id, 4, HAND).state == "withdrawn"
        with pytest.raises(BadMove, match="withdrawn"):
            withdraw_plan(db, draft.id, 5, HAND)

    def test_a_stale_version_moves_no_state(self, db: Database, town: PlanTown, draft: Plan) -> None:
        do(db, draft, 1, Rename(town.grid[0], "x"))
        for move in (lambda: propose_plan(db, draft.id, 1, None, HAND), lambda: withdraw_plan(db, draft.id, 1, HAND)):
            with pytest.raises(StaleVersion):
                move()
