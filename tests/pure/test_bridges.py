"""Bridges: what they join, what edits make of them, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geo.compute.plans.bridges import lines_of_bridges
from geo.compute.plans.edits import edited
from geo.compute.plans.figures import n_pieces
from geo.compute.plans.rows import delta_of, rows_of, stepped, touched_grids, turned
from geo.compute.plans.rows import draft_of as draft_of_rows
from geo.drafts import Draft, DraftBridge
from geo.errors import BadGeometry, BadMove, GridcircleError, NotFound
from geo.plan_ops import Bridge, Change, Lock, Merge, Paint, Split
from geo.plan_rows import PlanRows
from geo.rules.plan_edits import plan_edit_rule
from tests.drawn_grids import CODES, draft_of, lonlat_at, with_bridges

OVER = "过街天桥"


def done(draft: Draft, *changes: Change) -> Draft:
    for change in changes:
        draft = edited(draft, change, CODES)
    return draft


def rows_of_drawing(draft: Draft) -> PlanRows:
    """Rows with the numbers that the drawing has."""
    empty = PlanRows({}, {}, {}, 0, int(draft.unit_no.max()) + 1)
    return rows_of(draft, empty)


def grid_at(draft: Draft, unit_no: int) -> str:
    """Name of the grid that has a unit."""
    return draft.grids[draft.grid_of_unit[draft.unit_no.tolist().index(unit_no)]].name


def test_a_unit_far_away_can_be_given_over_a_bridge() -> None:
    draft = draft_of("ABBA")  # units 100 to 103; the last one of A is apart
    assert n_pieces(draft).tolist() == [2, 1]
    whole = draft_of("ABBB")
    with pytest.raises(BadMove, match="2 pieces"):
        done(whole, Paint((103,), 1))
    after = done(whole, Bridge((103, 100), OVER), Paint((103,), 1))
    assert n_pieces(after).tolist() == [1, 1]
    assert after.bridges == (DraftBridge(0, 3, OVER),)


def test_whoever_says_that_a_bridge_is_gone_is_believed() -> None:
    draft = done(draft_of("AB.A"), Bridge((100, 102), OVER))
    assert n_pieces(draft).tolist() == [1, 1]
    after = done(draft, Bridge((102, 100), is_open=False))
    assert (after.bridges, n_pieces(after).tolist()) == ((), [2, 1])


def test_a_bridge_counts_while_one_grid_has_both_units() -> None:
    draft = done(draft_of("ABBA"), Bridge((100, 103), OVER), Bridge((101, 103), "地下通道"))
    given = done(draft, Paint((103,), 2))  # the far part of A goes to B beside it
    assert n_pieces(given).tolist() == [1, 1]
    assert given.bridges == draft.bridges
    assert n_pieces(done(given, Paint((103,), 1))).tolist() == [1, 1]
    with pytest.raises(BadMove, match="2 pieces"):
        done(given, Bridge((100, 103), is_open=False), Paint((103,), 1))


def test_grids_apart_are_merged_over_a_bridge() -> None:
    draft = draft_of("ABC")
    with pytest.raises(BadMove, match="do not touch"):
        done(draft, Merge((1, 3)))
    after = done(draft, Bridge((100, 102), OVER), Merge((1, 3)))
    assert [grid.name for grid in after.grids] == ["A", "B"]
    assert n_pieces(after).tolist() == [1, 1]


def test_a_split_leaves_what_a_bridge_joins_together() -> None:
    """An island of one unit beside four: the line runs between the first two and the others."""
    line = (lonlat_at(2, -1), lonlat_at(2, 2))
    draft = draft_of("AAAA.A")
    with_bridge = done(draft, Bridge((103, 104), OVER), Split(1, line))
    assert [grid_at(with_bridge, unit) for unit in (100, 101)] == ["A-2"] * 2
    assert [grid_at(with_bridge, unit) for unit in (102, 103, 104)] == ["A"] * 3
    assert [grid.code[-3:] for grid in with_bridge.grids] == ["001", "002"]
    without = done(draft, Split(1, line))
    assert len({grid_at(without, unit) for unit in (100, 102, 104)}) == 3


def test_a_line_across_a_bridge_parts_what_it_joined() -> None:
    draft = done(draft_of("AAAA.A"), Bridge((103, 104), OVER))
    with pytest.raises(BadGeometry, match="does not cut"):
        done(draft, Split(1, (lonlat_at(7, -1), lonlat_at(7, 2))))  # beyond the island
    after = done(draft, Split(1, (lonlat_at(4.5, -1), lonlat_at(4.5, 2))))
    assert [grid_at(after, unit) for unit in (100, 103, 104)] == ["A", "A", "A-2"]
    assert after.bridges == draft.bridges
    assert n_pieces(after).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("x", "ends"),
    [
        (3.4, (103, 104)),  # the larger part, in the east, keeps the number; it lies beside the island, too
        (3.6, (104, 105)),  # the larger part lies in the west: the bridge goes on from the new one in the east
    ],
)
def test_a_bridge_goes_on_from_the_nearest_part_of_a_unit_that_is_cut(x: float, ends: tuple[int, int]) -> None:
    before = rows_of_drawing(with_bridges(draft_of("AAAA.A"), (3, 4)))
    community = draft_of("AAAA.A").community
    after = rows_of(done(draft_of_rows(community, before), Split(1, (lonlat_at(x, -1), lonlat_at(x, 2)))), before)
    assert dict(after.bridges) == {ends: "天桥"}
    delta = delta_of(before, after)
    assert stepped(before, delta).bridges == after.bridges
    assert stepped(after, turned(delta)).bridges == before.bridges == {(103, 104): "天桥"}


def test_bridges_are_drawn_from_inside_to_inside() -> None:
    (line,) = lines_of_bridges(with_bridges(draft_of("A.A"), (0, 1)))
    assert np.allclose(line.coords, [lonlat_at(0.5, 0.5), lonlat_at(2.5, 0.5)], atol=1e-7)
    assert len(lines_of_bridges(draft_of("A"))) == 0


def test_both_grids_are_touched() -> None:
    draft = draft_of("ABC")
    before = rows_of_drawing(draft)
    after = rows_of(done(draft, Bridge((100, 102), OVER)), before)
    delta = delta_of(before, after)
    assert delta["bridges"] == {"gone": {}, "come": {"100-102": OVER}}
    assert touched_grids(before, after, delta) == [1, 3]
    other = rows_of(done(draft, Bridge((100, 102), "地下通道")), before)
    changed = delta_of(after, other)
    assert changed["bridges"] == {"gone": {"100-102": OVER}, "come": {"100-102": "地下通道"}}
    assert stepped(after, changed).bridges == other.bridges
    with pytest.raises(ValueError, match="row 100-102 is not as it was"):
        stepped(other, changed)


def test_a_locked_grid_may_have_one() -> None:
    assert done(draft_of("AB.A"), Lock(1, True), Bridge((100, 102), OVER)).bridges


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda: Bridge((100, 100), OVER), BadMove, "the same one"),
        (lambda: Bridge((100, 101), OVER), BadMove, "share a border"),
        (lambda: Bridge((100, 999), OVER), NotFound, "no unit 999"),
        (lambda: Bridge((100, 102), "  "), BadMove, "Say what joins units 100 and 102"),
        (lambda: Bridge((102, 100), is_open=False), BadMove, "no bridge between units 100 and 102"),
        (lambda: Bridge((100, 103), "天桥"), BadMove, "changes nothing"),
    ],
)
def test_what_is_refused(change: Callable[[], Bridge], error: type[GridcircleError], told: str) -> None:
    draft = with_bridges(draft_of("AB.A.A"), (0, 3))
    with pytest.raises(error, match=told):
        done(draft, change())


def test_squares_that_touch_at_a_corner_are_apart_and_can_be_joined() -> None:
    draft = draft_of("AB", "BA")
    assert n_pieces(draft).tolist() == [2, 2]
    assert n_pieces(done(draft, Bridge((100, 103), "路口"))).tolist() == [1, 2]


def test_there_is_an_end_to_them() -> None:
    width = plan_edit_rule().most_bridges + 3
    draft = draft_of("A" * width)
    full = with_bridges(draft, *[(0, other) for other in range(2, plan_edit_rule().most_bridges + 2)])
    with pytest.raises(BadMove, match=f"at most {plan_edit_rule().most_bridges}"):
        done(full, Bridge((100, 100 + width - 1), OVER))
    done(replace(full, bridges=full.bridges[1:]), Bridge((100, 100 + width - 1), OVER))
