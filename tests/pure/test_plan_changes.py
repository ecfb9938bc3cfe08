"""What a plan changes for whom: towns counted on fingers, and every division of small ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.plans.changes import compare, consequences, grid_at, moved_counts
from geo.compute.project import Frame
from geo.grids import Grid, Post
from geo.plan_changes import Comparison, Counted, GridLoad, GridName
from geo.units import NONE
from tests.two_plans import NOISE, STAFFED, block, code_of, grids_of, side_of, things_of

BEFORE = "AAB AAB"
AFTER = "AAB ABC"
"""The southern row: its middle block goes from A to B, its eastern one from B to the new grid C."""
drawings = st.lists(st.sampled_from("ABCD."), min_size=6, max_size=6).map(
    lambda x: "".join(x[:3]) + " " + "".join(x[3:])
)


def name(grid: int) -> GridName:
    return GridName(grid, code_of(grid), f"网格{chr(64 + grid)}")


def counted(residents: float, *, elderly: float, children: float, buildings: float) -> Counted:
    return Counted(residents, residents / 2, elderly, children, 0, buildings)


def test_two_blocks_change_hands() -> None:
    found = compare(side_of(BEFORE), side_of(AFTER), things_of(BEFORE))
    # homes of the southern row: 10, 11, 12 residents; of the northern: 13, 14, 15; every other one is a building
    assert found.whole == counted(75, elderly=6, children=15, buildings=3)
    assert found.moved == counted(23, elderly=2, children=3, buildings=1)
    assert found.moved_share == 23 / 75
    flows = [(flow.before, flow.after, flow.counts.residents) for flow in found.flows]
    a, b, c = name(1), name(2), name(3)
    assert flows == [(a, a, 37), (b, b, 15), (b, c, 12), (a, b, 11)]
    assert [flow.share_of_before for flow in found.flows] == [37 / 48, 15 / 27, 12 / 27, 11 / 48]
    assert [flow.share_of_after for flow in found.flows] == [1, 15 / 26, 1, 11 / 26]
    assert [flow.counts.residents for flow in found.moves] == [12, 11]
    assert [(grid.id, grid.state) for grid in found.grids] == [(1, "changed"), (2, "changed"), (3, "new")]
    second = found.grids[1]
    assert second.before
    assert second.after
    assert (second.before.counts.residents, second.after.counts.residents) == (27, 26)
    assert (second.gained.residents, second.lost.residents) == (11, 12)
    assert found.grids[2].before is None


def test_ground_that_changes_hands() -> None:
    found = compare(side_of(BEFORE), side_of(AFTER), things_of(BEFORE))
    frame = Frame.of(np.array([[103.2, 40.4], [103.203, 40.402]]))
    moves = {(move.before, move.after): move for move in found.ground}
    assert moves.keys() == {(name(1), name(2)), (name(2), name(3))}
    for move, place in ((moves[name(1), name(2)], (1, 0)), (moves[name(2), name(3)], (2, 0))):
        assert move.shape.equals(block(*place))
        assert move.area_m2 == pytest.approx(shapely.transform(block(*place), frame.to_xy_m).area)
    block_m2 = found.ground[0].area_m2
    assert [grid.side.area_m2 / block_m2 for grid in found.grids] == pytest.approx([3, 2, 1], rel=1e-4)


def test_the_largest_ground_is_told_first() -> None:
    found = compare(side_of("AAABC"), side_of("BBAAC"), things_of("AAABC"))
    assert [(move.before, move.after) for move in found.ground] == [(name(1), name(2)), (name(2), name(1))]


def test_ground_in_no_grid_is_told_too() -> None:
    found = compare(side_of("AA."), side_of("A.B"), things_of("AA."))
    assert {(move.before, move.after) for move in found.ground} == {(name(1), None), (None, name(2))}
    assert [(flow.before, flow.after) for flow in found.moves] == [(None, name(2)), (name(1), None)]


def test_a_border_that_was_only_cut_moves_no_ground() -> None:
    """A place put onto a border by rounding, a centimetre off the line, is not ground that changes hands."""
    before = side_of("AB")
    ring = [(103.2, 40.4), (103.201, 40.4), (103.2010001, 40.4005), (103.201, 40.401), (103.2, 40.401)]
    grids = [replace(before.grids[0], shape=shapely.MultiPolygon([shapely.Polygon(ring)])), before.grids[1]]
    found = compare(before, replace(before, grids=grids), things_of("AB"))
    assert not found.ground
    assert {grid.state for grid in found.grids} == {"kept"}


def test_stations_incidents_buildings_and_visits() -> None:
    things = things_of(
        BEFORE, stations=[(1, 0), (0, 0)], incidents=[(2, 0), (2, 1)], names={102: "9号楼"}, due=[1, 2, 4, 8, 16, 32]
    )
    found = consequences(side_of(BEFORE), side_of(AFTER), things)
    assert [(move.id, move.name, move.before, move.after) for move in found.stations] == [(1, "驿站", name(1), name(2))]
    assert [(move.id, move.name, move.before, move.after) for move in found.incidents] == [(1, NOISE, name(2), name(3))]
    assert [(move.home_id, move.name, move.before, move.after) for move in found.buildings] == [
        (102, "9号楼", name(2), name(3))
    ]
    assert found.of_units_moved == {"visits_due": 6}
    assert found.of_units_whole == {"visits_due": 63}
    assert [(work.grid, work.before, work.after) for work in found.work] == [
        (name(1), {"visits_due": 1 + 2 + 8 + 16}, {"visits_due": 1 + 8 + 16}),
        (name(2), {"visits_due": 4 + 32}, {"visits_due": 2 + 32}),
        (name(3), {}, {"visits_due": 4}),
    ]


def test_a_unit_too_small_to_be_ground_changes_its_grids() -> None:
    before = side_of("ABC")
    after = replace(before, grid_of_unit=np.array([2, 2, 3]))
    found = consequences(before, after, things_of("ABC", due=[3, 5, 7]))
    assert [grid.state for grid in found.comparison.grids] == ["changed", "changed", "kept"]
    assert found.of_units_moved == {"visits_due": 3}


def test_coverage_and_load_before_and_after() -> None:
    before, after = side_of(BEFORE, load=True), side_of(AFTER, load=True)
    found = compare(before, after, things_of(BEFORE, covered=[1, 2]))
    assert [grid.before and grid.before.residents_covered for grid in found.grids] == [11, 12, None]
    assert [grid.after and grid.after.residents_covered for grid in found.grids] == [0, 11, 12]
    assert found.grids[1].after
    assert found.grids[1].after.covered_share == 11 / 26
    assert [grid.before and grid.before.load for grid in found.grids] == [GridLoad(40, 100), GridLoad(20, 200), None]
    assert [grid.after and grid.after.load for grid in found.grids] == [
        GridLoad(30, 100),
        GridLoad(20, 200),
        GridLoad(10, 300),
    ]
    without = compare(before, after, things_of(BEFORE))
    assert {grid.side.residents_covered for grid in without.grids} == {None}
    assert without.made.covered is None


def test_who_must_be_told() -> None:
    posts = {"A": {"member": Post(False, "12345")}, "D": STAFFED}
    found = consequences(side_of("AB DD", posts=posts), side_of("AA DD", posts=posts), things_of("AB DD"))
    told = [(post.grid.id, post.state, post.post, post.is_filled, post.duty_phone) for post in found.posts]
    assert told == [
        (1, "changed", "chief", None, None),
        (1, "changed", "member", False, "12345"),
        (2, "gone", "chief", True, "0999-5550101"),
        (2, "gone", "member", True, None),
    ]
    assert [community.code for community in found.communities] == ["150102001001"]


def test_a_new_code_or_post_is_told_to_that_grid_alone() -> None:
    before = side_of("ABC")
    grids = [replace(before.grids[0], code="x"), replace(before.grids[1], posts={}), before.grids[2]]
    found = consequences(before, replace(before, grids=grids), things_of("ABC"))
    assert [(post.grid.id, post.state) for post in found.posts[::2]] == [(2, "relabelled"), (1, "relabelled")]
    assert found.comparison.moved.residents == 0
    same = consequences(before, before, things_of("ABC"))
    assert not same.posts
    assert not same.communities


def test_another_member() -> None:
    """Whose member is of the same grid has the same one; a post that nobody fills is nobody."""
    vacant = {"member": Post(False, None)}
    things = things_of("ABC")

    def other(before: str, after: str, **posts: dict[str, Post]) -> float:
        sides = (
            side_of(drawing, posts={letter: posts.get(letter, STAFFED) for letter in "ABC"})
            for drawing in (before, after)
        )
        return compare(*sides, things).residents_other_member

    assert other("ABC", "ABC") == 0
    assert other("ABC", "AAC") == 11
    assert other("ABC", "AAC", A=vacant) == 11  # had one, has none
    assert other("ABC", "AAC", A=vacant, B=vacant) == 0  # had none, has none
    assert other("AB.", "A.B") == 11 + 12  # who comes out of all grids, and who comes into one


@settings(deadline=None)
@given(drawings, drawings)
def test_every_division_of_a_small_town(before: str, after: str) -> None:
    things = things_of(before, stations=[(0, 0), (1, 1)], covered=[0, 4], due=[1] * 6)
    there, back = (consequences(side_of(a), side_of(b), things) for a, b in ((before, after), (after, before)))
    old, new = side_of(before), side_of(after)
    moves = old.grid_of_home != new.grid_of_home
    assert there.comparison.moved == moved_counts(old.grid_of_home, new.grid_of_home, things.homes)
    assert there.comparison.moved.residents == things.homes.residents[moves].sum()
    assert there.of_units_moved == {"visits_due": moves.sum()}
    assert {move.home_id for move in there.buildings} == {100 + i for i in np.flatnonzero(moves) if i % 2 == 0}
    assert {move.id for move in there.stations} == {s + 1 for s, home in enumerate((0, 4)) if moves[home]}
    held_together(there.comparison)
    assert mirrored(back.comparison) == there.comparison.flows
    assert sum(move.area_m2 for move in there.comparison.ground) == pytest.approx(
        sum(move.area_m2 for move in back.comparison.ground)
    )
    blocks_m2 = 111_000 * 0.001 * 0.001 * 84_850  # of one block, to a third of a per cent
    assert sum(move.area_m2 for move in there.comparison.ground) == pytest.approx(moves.sum() * blocks_m2, rel=3e-3)


def held_together(found: Comparison) -> None:
    """Nobody is lost: what grids had and gained is what they have and lost."""
    for grid in found.grids:
        had = grid.before.counts if grid.before else Counted(0, 0, 0, 0, 0, 0)
        has = grid.after.counts if grid.after else Counted(0, 0, 0, 0, 0, 0)
        for measure in Counted.__dataclass_fields__:
            gained, lost = getattr(grid.gained, measure), getattr(grid.lost, measure)
            assert getattr(had, measure) + gained == getattr(has, measure) + lost
    assert sum(flow.counts.residents for flow in found.flows) == found.whole.residents == 75
    assert {g.id for g in found.grids if g.state == "kept"}.isdisjoint(
        grid.id for flow in found.moves for grid in (flow.before, flow.after) if grid
    )


def mirrored(found: Comparison) -> list[object]:
    turned = [
        replace(f, before=f.after, after=f.before, share_of_before=f.share_of_after, share_of_after=f.share_of_before)
        for f in found.flows
    ]
    ids = [(flow.before.id if flow.before else NONE, flow.after.id if flow.after else NONE) for flow in turned]
    order = sorted(range(len(turned)), key=lambda i: (-turned[i].counts.residents, ids[i]))
    return [turned[i] for i in order]


@settings(deadline=None)
@given(drawings)
def test_a_plan_against_itself_changes_nothing(drawing: str) -> None:
    things = things_of(drawing, stations=[(0, 0)], incidents=[(1, 1)], due=[1] * 6)
    found = consequences(side_of(drawing), side_of(drawing), things)
    assert not any((found.buildings, found.stations, found.incidents, found.posts, found.comparison.ground))
    assert not found.comparison.moves
    assert found.comparison.residents_other_member == 0
    assert {grid.state for grid in found.comparison.grids} <= {"kept"}


def test_a_place_on_a_border_is_of_the_lowest_grid() -> None:
    grids = grids_of("BA")
    corner = [103.201, 40.4005]
    assert grid_at(np.array([corner, [103.2005, 40.4005], [0.0, 0.0]]), grids).tolist() == [1, 2, NONE]
    assert grid_at(np.array([corner]), grids[::-1]).tolist() == [1]
    assert grid_at(np.zeros((0, 2)), []).tolist() == []
    assert grid_at(np.array([corner]), []).tolist() == [NONE]


def test_the_hash_tells_inputs_apart() -> None:
    def inputs_hash(after: str = AFTER, day: date | None = None, **what: object) -> str:
        return compare(side_of(BEFORE), side_of(after, day), things_of(BEFORE, **what)).made.inputs_hash  # type: ignore[arg-type]

    hashes = [
        inputs_hash(),
        inputs_hash(after=BEFORE),
        inputs_hash(day=date(2026, 1, 1)),
        inputs_hash(stations=[(0, 0)]),
        inputs_hash(incidents=[(0, 0)]),
        inputs_hash(due=[1] * 6),
        inputs_hash(covered=[1]),
        inputs_hash(covered=[2]),
        inputs_hash(names={100: "1号楼"}),
    ]
    assert len(set(hashes)) == len(hashes)
    assert inputs_hash() == hashes[0]
    assert len(hashes[0]) == 64


def test_made_tells_both_sides() -> None:
    made = compare(side_of(BEFORE, date(2026, 1, 1)), side_of(AFTER), things_of(BEFORE)).made
    assert (made.before.day, made.after.day, made.homes_date) == (date(2026, 1, 1), None, date(2025, 12, 31))
    assert (made.before.n_grids, made.after.n_grids, made.method) == (2, 3, "plan-changes-1")


def test_an_empty_town() -> None:
    nobody = side_of(BEFORE)
    nobody = replace(nobody, grid_of_home=nobody.grid_of_home[:0], grid_of_unit=None)
    things = things_of(BEFORE)
    things = replace(things, homes=type(things.homes)(*(array[:0] for array in things.homes)))
    found = consequences(nobody, nobody, things)
    assert found.comparison.whole == Counted(0, 0, 0, 0, 0, 0)
    assert found.comparison.moved_share is None
    first: list[Grid] = []
    none = consequences(replace(nobody, grids=first), replace(nobody, grids=first), things)
    assert not none.comparison.grids
