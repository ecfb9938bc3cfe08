"""Cuts with answers known from the drawing, what is refused, and that neighbours follow."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.compute.fabric.cut import Cut, cut_along, cut_out
from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.fault import fault_of
from geo.compute.fabric.rings import faces_area_e7, shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.errors import BadGeometry
from geo.units import NONE
from tests.fabrics import (
    CORNER_E7,
    XY,
    box,
    chequers,
    drawn,
    e7_at,
    patchwork,
    polygon,
    ring_in_ring,
    same_fabric,
    shapes,
)

SNAP = 20.0


def everywhere(fabric: Fabric) -> np.ndarray:
    return np.ones(max(fabric.left.max(), fabric.right.max()) + 1, np.bool_)


def along(fabric: Fabric, *line: XY, may_cut: np.ndarray | None = None, snap: float = SNAP) -> Cut:
    return cut_along(fabric, e7_at(*line), everywhere(fabric) if may_cut is None else may_cut, snap)


def out(fabric: Fabric, *ring: XY, may_cut: np.ndarray | None = None, snap: float = SNAP) -> Cut:
    return cut_out(fabric, e7_at(*ring), everywhere(fabric) if may_cut is None else may_cut, snap)


def faces(cut: Cut) -> list[shapely.Geometry]:
    n = len(cut.parent_of_face)
    found = shapes_of(cut.fabric, np.arange(n), n)
    assert fault_of(cut.fabric) is None
    assert shapely.is_valid(found).all()
    assert shapely.coverage_is_valid(found)
    return [drawn(shape) for shape in found]


def test_a_line_across_three_squares_cuts_each_once() -> None:
    """From west of the first to east of the third, a quarter up; the middle row only."""
    cut = along(chequers(3, 3), (-500, 1250), (3500, 1250))
    assert cut.parent_of_face.tolist() == [*range(9), 3, 4, 5]
    assert [shape.area for shape in faces(cut)] == [1e6] * 3 + [7.5e5] * 3 + [1e6] * 3 + [2.5e5] * 3
    assert cut.is_drawn_arc.sum() == 3
    assert not cut.is_inside.any()


def test_arcs_keep_their_course_and_tell_what_they_were() -> None:
    fabric = chequers(3, 3)
    cut = along(fabric, (-500, 1250), (3500, 1250))
    before = cut.arc_before
    assert (np.diff(before[~cut.is_drawn_arc]) >= 0).all()
    assert cut.is_drawn_arc.tolist() == sorted(cut.is_drawn_arc.tolist())
    # four arcs run from south to north through the line: each became two
    assert np.bincount(before[before != NONE]).tolist().count(2) == 4
    assert cut.fabric.node_e7[: len(fabric.node_e7)].tolist() == fabric.node_e7.tolist()
    whole = np.flatnonzero(np.bincount(before[before != NONE]) == 1)
    for arc in whole.tolist():
        (now,) = np.flatnonzero(before == arc).tolist()
        assert cut.fabric.from_node[now] == fabric.from_node[arc]
        assert cut.fabric.to_node[now] == fabric.to_node[arc]


def test_ends_within_a_face_are_dropped() -> None:
    """The line crosses the middle square and ends inside its neighbours."""
    cut = along(chequers(3, 1), (500, 600), (2500, 600))
    assert cut.parent_of_face.tolist() == [0, 1, 2, 1]
    assert [shape.area for shape in faces(cut)] == [1e6, 6e5, 1e6, 4e5]
    assert cut.is_drawn_arc.sum() == 1


def test_only_what_may_be_cut_is_cut_and_its_neighbours_follow() -> None:
    """The line crosses three squares; the outer two gain a corner on their side and keep their ground."""
    fabric = chequers(3, 1)
    cut = along(fabric, (-500, 300), (3500, 300), may_cut=np.array([False, True, False]))
    found = faces(cut)
    assert cut.parent_of_face.tolist() == [0, 1, 2, 1]
    assert [shape.area for shape in found] == [1e6, 7e5, 1e6, 3e5]
    assert [len(shape.geoms[0].exterior.coords) - 1 for shape in found] == [5, 4, 5, 4]
    # what crosses the outer squares left nothing behind on the rim
    assert len(cut.fabric.node_e7) == len(fabric.node_e7) + 2


def test_a_line_that_crosses_itself_cuts_out_its_loops() -> None:
    cut = along(chequers(1, 1), (-100, 200), (800, 200), (800, 800), (400, 800), (400, -100))
    assert [shape.area for shape in faces(cut)] == [1e6 - 400 * 200 - 400 * 600, 400 * 600, 400 * 200]
    assert cut.parent_of_face.tolist() == [0, 0, 0]


def test_a_loop_within_a_face_is_an_island_and_its_stem_is_dropped() -> None:
    cut = along(chequers(1, 1), (-100, 500), (300, 500), (600, 300), (600, 700), (300, 500))
    outer, island = faces(cut)
    assert (outer.area, island.area) == (1e6 - 60_000, 60_000)
    assert len(outer.geoms[0].interiors) == 1
    assert cut.is_drawn_arc.sum() == 1


def test_a_line_from_a_shell_to_a_hole_parts_nothing_but_two_do() -> None:
    fabric = ring_in_ring()
    with pytest.raises(BadGeometry, match="cuts nothing"):
        along(fabric, (-10, 70), (30, 70), may_cut=np.array([True, False, False]), snap=2)
    # through everything: both rings fall into halves, and so does what they hold
    cut = along(fabric, (-10, 70), (150, 70), snap=2)
    assert sorted(cut.parent_of_face.tolist()) == [0, 0, 1, 1, 2, 2]
    assert [shape.area for shape in faces(cut)] == [4800.0, 3200.0, 1800.0] * 2


def test_a_line_along_borders_cuts_nothing_new() -> None:
    with pytest.raises(BadGeometry, match="cuts nothing"):
        along(chequers(2, 2), (-10, 1000), (700, 1005), (1400, 1000), (2100, 1000))


def test_a_line_along_a_border_is_not_led_aside_to_a_corner_close_by() -> None:
    """The corner of an island lies 15 steps beside the border: by way of it a strip would be cut off."""
    isle = polygon([(1015, 500), (1100, 450), (1100, 550)])
    east = polygon(
        [(1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (1000, 300)], [(1015, 500), (1100, 450), (1100, 550)]
    )
    fabric = fabric_of(shapes(polygon(box(0, 0, 1000, 300)), polygon(box(0, 300, 1000, 1000)), east, isle))
    for line in ([(1000, -10), (1000, 1010)], [(1000, 0), (1000, 1000)], [(1000, 420), (1000, 580)]):
        with pytest.raises(BadGeometry, match="cuts nothing"):
            along(fabric, *line)
    across = along(fabric, (0, 400), (1000, 400), (1000, 800), (2000, 800))
    assert [shape.area for shape in faces(across)] == [3e5, 6e5, 795750.0, 4250, 1e5, 2e5]


def test_points_snap_to_corners_and_borders() -> None:
    """Drawn 15 steps amiss, from corner to corner; and from a border 15 steps short of it."""
    cut = along(chequers(1, 1), (15, -10), (990, 1010))
    assert [shape.area for shape in faces(cut)] == [5e5, 5e5]
    cut = along(chequers(1, 1), (300, 15), (300, 985))
    assert [shape.area for shape in faces(cut)] == [7e5, 3e5]
    with pytest.raises(BadGeometry, match="cuts nothing"):
        along(chequers(1, 1), (300, 15), (300, 985), snap=10)


def test_a_line_goes_through_corners_that_it_passes_closely() -> None:
    """Otherwise it would leave slivers of 15 steps along the borders."""
    cut = along(chequers(2, 2), (0, 500), (2000, 1520))
    assert [shape.area for shape in faces(cut)] == [7.5e5, 1e6, 1e6, 7.4e5, 2.5e5, 2.6e5]


def test_snapping_is_round_on_the_ground() -> None:
    """At 40 degrees north 20 steps to the east are as far as 15 to the north."""
    fabric = chequers(1, 1)
    assert len(along(fabric, (18, 500), (982, 500), snap=14).parent_of_face) == 2
    with pytest.raises(BadGeometry, match="cuts nothing"):
        along(fabric, (500, 18), (500, 982), snap=14)
    # 20 to the east and 20 to the south of a border to the north-east: 24.2 away, and not 28.3
    slant = fabric_of(shapes(polygon([(0, 0), (1000, 0), (1000, 1000)])))
    assert len(along(slant, (520, 480), (520, 0), snap=25).parent_of_face) == 2
    with pytest.raises(BadGeometry, match="cuts nothing"):
        along(slant, (520, 480), (520, 0), snap=24)


def test_the_largest_part_keeps_the_number() -> None:
    cut = along(chequers(1, 1), (200, -10), (200, 1010))
    assert [shape.area for shape in faces(cut)] == [8e5, 2e5]


def test_a_face_in_parts_falls_into_them_when_it_is_cut() -> None:
    fabric = fabric_of(shapes(shapely.MultiPolygon([polygon(box(0, 0, 10, 10)), polygon(box(20, 0, 40, 10))])))
    cut = along(fabric, (30, -5), (30, 15), snap=0)
    assert cut.parent_of_face.tolist() == [0, 0, 0]
    assert [shape.area for shape in faces(cut)] == [100, 100, 100]


def test_a_square_cut_out_of_four() -> None:
    cut = out(chequers(2, 2), *box(500, 500, 1400, 1400))
    found = faces(cut)
    assert sum(shape.area for shape, inside in zip(found, cut.is_inside, strict=True) if inside) == 900**2
    assert cut.is_inside.sum() == 4
    assert sorted(cut.parent_of_face[cut.is_inside].tolist()) == [0, 1, 2, 3]


def test_what_holds_whole_faces_cuts_nothing_and_finds_them() -> None:
    fabric = chequers(3, 3)
    cut = out(fabric, *box(1000, -50, 2000, 2000))
    assert same_fabric(cut.fabric, fabric)
    assert cut.arc_before.tolist() == list(range(len(fabric.left)))
    assert np.flatnonzero(cut.is_inside).tolist() == [1, 4]
    assert cut.parent_of_face.tolist() == list(range(9))


def test_what_goes_round_everything_holds_everything() -> None:
    assert out(chequers(2, 2), *box(-100, -100, 2100, 2100)).is_inside.all()


def test_a_ring_around_a_hole_holds_what_lies_between() -> None:
    """Clockwise, around the innermost square and half of the ring about it."""
    cut = out(ring_in_ring(), *box(30, 30, 110, 110)[::-1], snap=2)
    areas = faces(cut)
    inside = [areas[face].area for face in np.flatnonzero(cut.is_inside)]
    assert sorted(inside) == [80**2 - 60**2, 60**2]


def test_a_figure_of_eight_holds_both_its_loops() -> None:
    cut = out(chequers(1, 1), (200, 200), (800, 800), (800, 200), (200, 800))
    assert sum(faces(cut)[face].area for face in np.flatnonzero(cut.is_inside)) == 2 * 600 * 300 / 2


def test_faces_that_may_not_be_cut_are_not_held() -> None:
    """The ring holds the first square and half of the second, which is locked."""
    cut = out(chequers(3, 1), *box(-100, -100, 1500, 1100), may_cut=np.array([True, False, True]))
    assert cut.is_inside.tolist() == [True, False, False]
    with pytest.raises(BadGeometry, match="holds nothing"):
        out(chequers(3, 1), *box(1200, 200, 1500, 800), may_cut=np.array([True, False, True]))


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ([], "fabric_line_short"),
        ([(500, 500)], "fabric_line_short"),
        ([(500, 500)] * 3, "fabric_line_short"),
        ([(400, 400), (600, 600)], "fabric_line_cuts_nothing"),
        ([(-400, -400), (-600, 600)], "fabric_line_cuts_nothing"),
        ([(-400, 500), (600, 600)], "fabric_line_cuts_nothing"),
        ([(0, i % 2) for i in range(2001)], "fabric_line_long"),
        ([(0, 0), (10**9, 0)], "fabric_place_outside"),
        ([(0, 0), (0, 10**9)], "fabric_place_outside"),
    ],
)
def test_lines_that_cannot_be_meant(line: list[XY], key: str) -> None:
    fabric = chequers(1, 1)
    with pytest.raises(BadGeometry) as refused:
        along(fabric, *line)
    assert refused.value.key == key
    assert refused.value.in_language("zh") != refused.value.in_language("en")
    assert same_fabric(fabric, chequers(1, 1))


def test_places_that_are_no_numbers_are_refused() -> None:
    for bad in (float("nan"), float("inf")):
        with pytest.raises(BadGeometry, match="no place on the earth"):
            cut_along(chequers(1, 1), np.array([[0.0, 0.0], [bad, 1.0]]), np.ones(1, np.bool_), SNAP)


@pytest.mark.parametrize("ring", [[(0, 0), (9, 9)], [(0, 0), (9, 9), (0, 0), (9, 9)]])
def test_rings_of_two_places_are_refused(ring: list[XY]) -> None:
    with pytest.raises(BadGeometry, match="at least three different points"):
        out(chequers(1, 1), *ring)


def test_a_scribble_is_refused() -> None:
    """800 lines up and down, then 800 across: 640,000 crossings."""
    rng = np.random.default_rng(5)
    up = np.stack([rng.integers(0, 10**6, 1600), np.tile([0, 10**6], 800)], axis=1)
    with pytest.raises(BadGeometry, match="crosses itself and borders more than"):
        cut_along(chequers(2, 2, 10**6), up + CORNER_E7, np.ones(4, np.bool_), SNAP)


def test_a_line_that_would_bend_a_border_over_a_place_beside_it_is_refused() -> None:
    """The long border has, half a step beside it, a corner of another: no whole place for the crossing fits between."""
    north = [(0, 0), (100, 99), (0, 200)]
    thin = [(0, 0), (51, 50), (100, 99)]
    south = [(0, 0), (100, 0), (100, 99), (51, 50)]
    fabric = fabric_of(shapes(*map(polygon, (north, thin, south))))
    with pytest.raises(BadGeometry, match="so close together"):
        along(fabric, (0, 100), (60, 49), snap=0, may_cut=np.array([True, False, False]))
    assert fault_of(fabric) is None


@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_touched_stays_as_it_is(seed: int) -> None:
    fabric, _ = patchwork(seed, 6, 1000)
    n_faces = len(everywhere(fabric))
    rng = np.random.default_rng(seed)
    may_cut = rng.random(n_faces) < 0.8
    cut = along(fabric, *rng.integers(-500, 6500, (4, 2)).tolist(), may_cut=may_cut)
    area, now = faces_area_e7(fabric, n_faces), faces_area_e7(cut.fabric, len(cut.parent_of_face))
    together = np.bincount(cut.parent_of_face, now)
    assert may_cut[np.unique(cut.parent_of_face[n_faces:])].all()
    # a border of 1,500 steps that is bent by one in its middle sweeps 750
    assert np.abs(together - area).max() < 5000
    before = cut.arc_before[~cut.is_drawn_arc]
    assert (before == np.sort(before)).all()
    assert np.unique(before).tolist() == list(range(len(fabric.left)))
    assert (cut.parent_of_face[cut.fabric.left[~cut.is_drawn_arc]] == fabric.left[before])[
        fabric.left[before] != NONE
    ].all()
