"""Codes in a real database: never given twice, found again when they are old, made by the scheme that was chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from geo.actions.city.find_code import CodeStory, find_code
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.export_plan import export_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.errors import BadMove, Refused
from geo.imports.options import ImportOptions
from geo.plan_ops import Carve, Merge, Paint, PlanOp, Renumber, Split, Undo
from geo.plans import Plan
from geo.rules.code_schemes import code_schemes
from geo.store.areas import community as community_of
from geo.store.database import Database
from tests.db.test_plans import accepted, do, everything
from tests.plan_towns import HAND, PlanTown, begin, save_drawn_cut, unit_no
from tests.small_town import AT, EAST, WEST, areas, grid_boxes, grids, lonlat, write_geojson

DAY = timedelta(days=1)
ALONG_700 = (lonlat(-20, 700), lonlat(520, 700))
"""Cuts the north-western grid (500 to 1,000 m north) into 60 % in the north and 40 % in the south."""


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


def ends(db: Database, plan: Plan) -> dict[int, str]:
    """Grid -> the end of its code."""
    return {grid.id: grid.code.removeprefix(WEST) for grid in view_plan(db, plan.id).draft.grids}


def edited(db: Database, plan: Plan, *ops: PlanOp, version: int = 1) -> int:
    for op in ops:
        version = do(db, plan, version, op)
    return version


def in_force(db: Database, days: int, *ops: PlanOp) -> Plan:
    """A plan with these edits, in force from so many days on."""
    hand = replace(HAND, at=AT + days * DAY)
    plan = open_plan(db, WEST, None, None, hand).plan
    version = edited(db, plan, *ops)
    return publish_plan(db, plan.id, version, accepted(view_plan(db, plan.id)), None, hand).plan


def told(stories: list[CodeStory]) -> list[tuple[int, int, int | None, dict[int, tuple[str, float]]]]:
    """Grid, days since and until, and by heir how and how much."""

    def day(at: datetime | None) -> int | None:
        return None if at is None else (at - AT).days

    return [
        (
            story.spell.grid.id,
            day(story.spell.since) or 0,
            day(story.spell.until),
            {heir.grid.id: (heir.kind, round(heir.ground_share, 3)) for heir in story.heirs},
        )
        for story in stories
    ]


class TestNeverGivenTwice:
    def test_not_by_an_edit(self, db: Database, town: PlanTown) -> None:
        one, two, three, four = town.grid
        in_force(db, 1, Merge((three, four)))
        later = replace(HAND, at=AT + 2 * DAY)
        plan = open_plan(db, WEST, None, None, later).plan
        assert ends(db, plan) == {one: "001", two: "002", three: "003"}
        edit_plan(db, plan.id, 1, Split(one, ALONG_700), HAND)
        (new,) = ends(db, plan).keys() - {one, two, three}
        assert ends(db, plan)[new] == "005"  # 004 was the code of a grid that is gone

    def test_not_within_one_draft_either(self, db: Database, town: PlanTown) -> None:
        one, _, three, four = town.grid
        plan = begin(db).plan
        edited(db, plan, Merge((three, four)), Split(one, ALONG_700))
        assert sorted(ends(db, plan).values()) == ["001", "002", "003", "005"]

    def test_not_by_numbering_anew_unless_that_is_said(self, db: Database, town: PlanTown) -> None:
        one, two, three, four = town.grid
        plan = begin(db).plan
        version = edited(db, plan, Merge((one, two)))
        with pytest.raises(BadMove, match="changes nothing"):  # 002 is left out: the rest stands as it should
            edit_plan(db, plan.id, version, Renumber(), HAND)
        version = edited(db, plan, Renumber(is_reusing=True), version=version)
        assert ends(db, plan) == {one: "001", three: "002", four: "003"}
        edited(db, plan, Undo(), version=version)
        assert ends(db, plan) == {one: "001", three: "003", four: "004"}

    def test_a_code_that_only_a_draft_had_is_free(self, db: Database, town: PlanTown) -> None:
        one = town.grid[0]
        edited(db, begin(db).plan, Split(one, ALONG_700))
        other = begin(db).plan
        edited(db, other, Split(one, ALONG_700))
        assert sorted(ends(db, other).values()) == ["001", "002", "003", "004", "005"]

    def test_own_codes_may_change_hands(self, db: Database, town: PlanTown) -> None:
        """Two grids in force whose codes stand the wrong way round are put right."""
        one, two, three, four = town.grid
        with db.write() as conn:
            for grid, code in ((one, "t"), (two, "001"), (one, "002")):
                conn.execute(
                    text("update plan_grid set code = :code where grid_id = :grid"), {"code": WEST + code, "grid": grid}
                )
        plan = begin(db).plan
        edited(db, plan, Renumber())
        assert ends(db, plan) == {one: "001", two: "002", three: "003", four: "004"}


class TestOldCodes:
    def test_what_became_of_a_grid_that_was_split_and_renumbered(self, db: Database, town: PlanTown) -> None:
        one, two = town.grid[:2]
        assert told(find_code(db, f"{WEST}002", AT)) == [(two, 0, None, {two: ("kept", 1.0)})]
        plan = in_force(db, 10, Split(one, ALONG_700))
        (new,) = ends(db, plan).keys() - set(town.grid)
        in_force(db, 20, Renumber())
        now = AT + 30 * DAY
        # rows of 222 m from the north: the northern half of the split, the eastern grid, then the southern half
        codes = ends(db, open_plan(db, WEST, None, None, replace(HAND, at=now)).plan)
        assert sorted(codes.values()) == ["001", "002", "003", "004", "005"]
        heirs = {one: ("kept", 0.6), new: ("split", 0.4)}
        assert told(find_code(db, f"{WEST}001", now))[0] == (one, 0, 20 if codes[one] != "001" else None, heirs)
        for code in ("001", "002", "003", "004", "005"):
            stories = told(find_code(db, WEST + code, now))
            (holder,) = [grid for grid, end in codes.items() if end == code]
            assert stories[-1][0] == holder, code
            assert stories[-1][2] is None
            # one after the other without a gap, and each began when the one before it ended
            assert [story[1] for story in stories[1:]] == [story[2] for story in stories[:-1]]

    def test_several_grids_at_different_times(self, db: Database, town: PlanTown) -> None:
        one, two, three, four = town.grid
        in_force(db, 10, Merge((one, two)), Renumber(is_reusing=True))  # 3 and 4 become 002 and 003
        now = AT + 20 * DAY
        assert told(find_code(db, f"{WEST}002", now)) == [
            (two, 0, 10, {one: ("merged", 1.0)}),
            (three, 10, None, {three: ("kept", 1.0)}),
        ]
        assert told(find_code(db, f"{WEST}004", now)) == [(four, 0, 10, {four: ("kept", 1.0)})]
        assert told(find_code(db, f"{WEST}001", now)) == [(one, 0, None, {one: ("kept", 1.0)})]
        for at, holder in ((AT + 5 * DAY, two), (AT + 10 * DAY, three), (AT + 15 * DAY, three)):
            assert [story[0] for story in told(find_code(db, f"{WEST}002", now, at))] == [holder]
        assert find_code(db, f"{WEST}002", now, AT - 5 * 365 * DAY) == []

    def test_a_grid_that_keeps_its_code_is_one_story_of_all_the_ground_it_had(
        self, db: Database, town: PlanTown
    ) -> None:
        one, three = town.grid[0], town.grid[2]
        in_force(db, 10, Paint(tuple(unit_no(column, 4) for column in range(5)), one))
        now = AT + 20 * DAY
        (story,) = find_code(db, f"{WEST}003", now)
        whole = (three, 0, None, {three: ("kept", 0.8), one: ("split", 0.2)})
        assert told([story]) == [whole]
        assert told(find_code(db, f"{WEST}003", now, AT + 5 * DAY)) == [whole]
        # what it has had since then is its own still
        assert told(find_code(db, f"{WEST}003", now, AT + 15 * DAY)) == [(three, 0, None, {three: ("kept", 1.0)})]
        assert story.community.code == WEST
        assert story.spell.grid.shape.bounds[3] == pytest.approx(lonlat(0, 400)[1], abs=1e-6)

    def test_a_draft_gives_nobody_a_code(self, db: Database, town: PlanTown) -> None:
        edited(db, begin(db).plan, Split(town.grid[0], ALONG_700))
        assert find_code(db, f"{WEST}005", AT + DAY) == []

    def test_what_begins_only_later_is_not_told_yet(self, db: Database, town: PlanTown) -> None:
        plan = begin(db).plan
        version = edited(db, plan, Split(town.grid[0], ALONG_700))
        publish_plan(db, plan.id, version, accepted(view_plan(db, plan.id)), AT + 50 * DAY, HAND)
        assert find_code(db, f"{WEST}005", AT + 10 * DAY) == []
        assert len(find_code(db, f"{WEST}005", AT + 10 * DAY, AT + 60 * DAY)) == 1
        assert len(find_code(db, f"{WEST}005", AT + 60 * DAY)) == 1

    @pytest.mark.parametrize("code", ["", "12", WEST, f"{WEST}00x", f"{WEST}00１", "9" * 17, "9" * 5000, "' or 1=1 --"])
    def test_no_code_at_all(self, db: Database, code: str) -> None:
        with pytest.raises(Refused, match="it has 15, 16, 20 digits") as refused:
            find_code(db, code, AT)
        assert len(str(refused.value.evidence["code"])) <= 40


@pytest.mark.parametrize("key", ["street_of_four", "service_grid"])
def test_another_scheme_from_the_draft_to_being_in_force(db: Database, town: PlanTown, key: str) -> None:
    scheme = code_schemes()[key]
    first, (one, two, three, four) = scheme.first, town.grid
    plan = open_plan(db, WEST, None, None, HAND, scheme=key).plan
    assert plan.code_scheme == key

    def numbers() -> dict[int, int | None]:
        return {grid.id: scheme.number_of(grid.code, WEST) for grid in view_plan(db, plan.id).draft.grids}

    assert numbers() == {one: first, two: first + 1, three: first + 2, four: first + 3}
    corners = tuple(lonlat(x, y) for x, y in ((420, 420), (580, 420), (580, 580), (420, 580)))
    version = edited(db, plan, Split(one, ALONG_700), Carve(corners, "商圈"))
    assert sorted(n or 0 for n in numbers().values()) == [first + n for n in range(6)]
    version = edited(db, plan, Renumber(), version=version)
    view = view_plan(db, plan.id)
    assert {len(grid.code) for grid in view.draft.grids} == {scheme.digits}
    assert not [problem.id for problem in view.problems if problem.severity == "error"]
    publish_plan(db, plan.id, version, accepted(view), None, replace(HAND, at=AT + DAY))
    now = AT + 2 * DAY
    (story,) = find_code(db, scheme.code(WEST, first), now)
    assert story.spell.until is None
    (old,) = find_code(db, f"{WEST}001", now)  # the code of before still leads to the grid
    assert (old.spell.grid.id, old.spell.until) == (one, AT + DAY)
    successor = open_plan(db, WEST, None, None, replace(HAND, at=now)).plan
    assert successor.code_scheme == key
    codes = [{grid.code for grid in view_plan(db, each.id).draft.grids} for each in (plan, successor)]
    assert codes[0] == codes[1]
    back = open_plan(db, WEST, None, None, replace(HAND, at=now), scheme="unit_grid").plan
    assert len(ends(db, back)) == 6
    assert all(len(end) == 3 for end in ends(db, back).values())


def test_a_scheme_that_there_is_not(db: Database, town: PlanTown) -> None:
    before = everything(db)
    with pytest.raises(Refused, match="unit_grid, street_of_four, service_grid"):
        open_plan(db, WEST, None, None, HAND, scheme="roman")
    assert everything(db) == before


@pytest.mark.parametrize(
    ("key", "code"), [(None, f"{EAST}001"), ("street_of_four", "9901010001002001"), ("service_grid", f"000000{EAST}00")]
)
def test_the_first_grid_of_a_community_has_the_first_code_of_the_scheme(
    db: Database, tmp_path: Path, key: str | None, code: str
) -> None:
    import_areas(db, write_geojson(tmp_path / "areas.geojson", areas()), ImportOptions(source="test"), AT)
    plan = open_plan(db, EAST, None, None, HAND, scheme=key).plan
    assert [grid.code for grid in view_plan(db, plan.id).draft.grids] == [code]


@pytest.mark.parametrize("key", ["street_of_four", "service_grid"])
@pytest.mark.parametrize("says_community", [True, False])
def test_grids_are_taken_in_with_the_codes_of_their_scheme(
    db: Database, tmp_path: Path, key: str, says_community: bool
) -> None:
    """And come back from a file that was written: the same grids, and no new plan."""
    scheme = code_schemes()[key]
    import_areas(db, write_geojson(tmp_path / "areas.geojson", areas()), ImportOptions(source="test"), AT)
    found = []
    for properties, shape in grids({code: box for code, box in grid_boxes().items() if code.startswith(WEST)}):
        code = scheme.code(WEST, int(properties["code"][-3:]))
        kept = {name: value for name, value in properties.items() if says_community or name != "community_code"}
        found.append(({**kept, "code": code}, shape))
    report = import_grids(db, write_geojson(tmp_path / "g.geojson", found), ImportOptions("test", publish=True), AT)
    assert (report.added, report.faults) == (4, ())
    with db.write() as conn:
        save_drawn_cut(conn, community_of(conn, code=WEST).id)
    plan = open_plan(db, WEST, None, None, HAND).plan
    view = view_plan(db, plan.id)
    assert plan.code_scheme == key
    assert [grid.code for grid in view.draft.grids] == [scheme.code(WEST, n) for n in (1, 2, 3, 4)]
    assert not [problem.id for problem in view.problems if problem.rule == "code_wrong"]
    export_plan(db, plan.id, tmp_path / "plan.gpkg", "en")
    again = import_grids(db, tmp_path / "plan.gpkg", ImportOptions("test", layer="grids"), AT)
    assert (again.read, again.added, again.rejected) == (4, 0, 0)
