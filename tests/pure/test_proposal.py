"""What becomes of a grid in a proposed plan: told by ground and names, against what blocks of a drawing say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.plans.ground import ground_moves
from geo.compute.plans.proposal import states_of
from geo.compute.project import Frame
from geo.grids import Grid, Post
from tests.two_plans import SIDE, SOUTH, WEST, blocks_of, grids_of

FRAME = Frame.of(np.array([[WEST, SOUTH], [WEST + 3 * SIDE, SOUTH + 2 * SIDE]]))
SIDE_M = (
    shapely.transform(shapely.Point(WEST + SIDE, SOUTH), FRAME.to_xy_m).x
    - shapely.transform(shapely.Point(WEST, SOUTH), FRAME.to_xy_m).x
)
drawings = st.lists(st.sampled_from("ABCD."), min_size=6, max_size=6).map(
    lambda letters: "".join(letters[:3]) + " " + "".join(letters[3:])
)


def states(before: list[Grid], after: list[Grid]) -> dict[int, str]:
    return dict(states_of(before, after, ground_moves(before, after, FRAME)))


@given(drawings, drawings)
@settings(max_examples=60, deadline=None)
def test_a_grid_has_changed_exactly_when_its_blocks_have(before: str, after: str) -> None:
    old, new = (blocks_of(drawing) for drawing in (before, after))
    expected = {}
    for letter in (old.keys() | new.keys()) - {"."}:
        both = "kept" if old.get(letter) == new.get(letter) else "changed"
        expected[ord(letter) - 64] = "new" if letter not in old else "gone" if letter not in new else both
    assert states(grids_of(before), grids_of(after)) == expected


def test_a_communitys_first_plan_is_all_new() -> None:
    assert states([], grids_of("AAB")) == {1: "new", 2: "new"}


@pytest.mark.parametrize(("least_width_m", "state"), [(1.0, "kept"), (0.5, "changed")])
def test_a_strip_is_told_from_a_width_on(least_width_m: float, state: str) -> None:
    one, two = grids_of("AB")
    strip_m = 0.8
    east = two.shape.bounds[0] + strip_m / (SIDE_M / SIDE)
    wider = shapely.box(*one.shape.bounds[:2], east, one.shape.bounds[3])
    after = [replace(one, shape=wider), replace(two, shape=two.shape.difference(wider))]
    ground = ground_moves([one, two], after, FRAME, least_width_m=least_width_m)
    assert set(states_of([one, two], after, ground).values()) == {state}


@pytest.mark.parametrize("change", [{"name": "河畔网格"}, {"code": "150102001001999"}, {"kind": "special"}])
def test_another_name_code_or_kind_is_told(change: dict[str, str]) -> None:
    one, two = grids_of("AAB")
    assert states([one, two], [replace(one, **change), two]) == {1: "relabelled", 2: "kept"}


def test_who_works_there_is_not_told() -> None:
    one, two = grids_of("AAB")
    other = replace(one, posts={"chief": Post(is_filled=False, duty_phone="0999-1")})
    assert states([one, two], [other, two]) == {1: "kept", 2: "kept"}
