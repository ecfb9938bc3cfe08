"""Layers drawn badly come back whole: nothing lost, every change told; what cannot be told apart is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.layers import clean as layer_clean
from geo.compute.layers.clean import Cleaned, clean_layer, is_coverage
from geo.compute.layers.edges import Shapes
from geo.compute.layers.gaps import without_narrow_gaps
from geo.compute.layers.rings import mended
from geo.rules.layers import layer_rules
from geo.units import NONE

RULE = layer_rules().clean
box = shapely.box


def cleaned(*shapes: shapely.Geometry, **changes: Any) -> Cleaned:
    return clean_layer(np.array(shapes, dtype=object), replace(RULE, **changes))


def areas(found: Cleaned) -> list[float]:
    return [round(float(m2), 6) for m2 in shapely.area(found.shapes)]


def kinds(found: Cleaned) -> list[tuple[str, int]]:
    return [(change.kind, change.zone) for change in found.changes]


def test_what_fits_stays_as_it_was() -> None:
    found = cleaned(box(0, 0, 200, 200), box(200, 0, 400, 200))
    assert (areas(found), found.changes, found.gaps, found.is_whole) == ([40_000, 40_000], (), (), True)
    assert {shape.geom_type for shape in found.shapes} == {"MultiPolygon"}


def test_a_narrow_overlap_goes_to_one_and_a_change_over_one_percent_is_told() -> None:
    """A strip of 4 m: 2 % of the one that loses it. The overlap itself is told by pair."""
    found = cleaned(box(0, 0, 204, 200), box(200, 0, 400, 200))
    assert sum(areas(found)) == 80_000
    (change,) = found.changes
    assert (change.kind, change.before_m2 - change.after_m2, change.moved_m2) == ("reshaped", 800, 800)
    assert (found.overlaps.a.tolist(), found.overlaps.b.tolist(), found.overlaps.m2.tolist()) == ([0], [1], [800.0])
    assert found.is_whole
    assert cleaned(box(0, 0, 201, 200), box(200, 0, 400, 200)).changes == (), "half a percent goes without saying"


def around(hole_m: float) -> list[shapely.Geometry]:
    """Four zones around a hole in the middle of 200 m by 200 m."""
    low, high = 100 - hole_m / 2, 100 + hole_m / 2
    return [box(0, 0, 200, low), box(0, high, 200, 200), box(0, low, low, high), box(high, low, 200, high)]


@pytest.mark.parametrize(("hole_m", "is_filled"), [(9.9, True), (10.5, False)])
def test_a_hole_up_to_the_width_is_filled_and_a_wider_one_told(hole_m: float, is_filled: bool) -> None:
    found = cleaned(*around(hole_m))
    assert sum(areas(found)) == pytest.approx(40_000 if is_filled else 40_000 - hole_m**2)
    assert [gap.m2 for gap in found.gaps] == ([] if is_filled else [pytest.approx(hole_m**2)])
    for gap in found.gaps:
        assert gap.shape.contains(shapely.Point(gap.xy_m))


def test_an_island_in_a_hole_is_no_part_of_the_gap() -> None:
    found = cleaned(*around(100), box(90, 90, 110, 110))
    assert [gap.m2 for gap in found.gaps] == [100 * 100 - 20 * 20]


def test_a_hole_of_an_island_in_a_hole_is_one_gap() -> None:
    frame = shapely.difference(box(0, 0, 300, 300), box(50, 50, 250, 250))
    island = shapely.difference(box(100, 100, 200, 200), box(140, 140, 160, 160))
    assert [gap.m2 for gap in cleaned(frame, island).gaps] == [30_000, 400]
    assert areas(cleaned(frame, island, gap_width_m=20.0)) == [50_000, 10_000]


def test_an_island_that_touches_the_hole_in_a_corner_is_none_of_it_either() -> None:
    """Corners drawn a metre or two apart leave many of these; nobody may get the island along with the gap."""
    drawn = [*around(8), shapely.Polygon([(96, 96), (101, 98), (99, 102)])]
    found = cleaned(*drawn)
    assert (sum(areas(found)), found.is_whole) == (pytest.approx(40_000), True)
    assert all(shape.covers(before) for shape, before in zip(found.shapes, drawn, strict=True))


@pytest.mark.parametrize(("strip_m", "is_filled"), [(6, True), (12, False)])
def test_a_strip_open_at_the_edge_is_filled_too(strip_m: float, is_filled: bool) -> None:
    """GEOS fills holes; this one is open to the north and the south."""
    found = cleaned(box(0, 0, 200, 200), box(200 + strip_m, 0, 400, 200))
    assert sum(areas(found)) == pytest.approx(80_000 if is_filled else 80_000 - strip_m * 200)
    assert found.is_whole
    assert found.gaps == (), "what is wider and open is the outside"


def test_a_bay_of_one_zone_is_its_own_outline() -> None:
    bay = shapely.difference(box(0, 0, 200, 200), box(98, 100, 102, 200))
    found = cleaned(bay, box(200, 0, 400, 200))
    assert areas(found) == [40_000 - 400, 40_000]


def blocks(closed: bool) -> list[shapely.Geometry]:
    """25 blocks with streets of 6 m between them, drawn for itself each; ``closed``: a zone all around."""
    found = [box(106 * x, 106 * y, 106 * x + 100, 106 * y + 100) for y in range(5) for x in range(5)]
    ring = shapely.difference(box(-100, -100, 630, 630), box(-6, -6, 530, 530))
    return [*found, ring] if closed else found


@pytest.mark.parametrize("closed", [True, False])
def test_a_network_of_streets_is_not_given_to_one_zone(closed: bool) -> None:
    """Each street is narrow, so that filling the gap, which is one, would give one zone all streets of the town."""
    drawn = blocks(closed)
    merged = shapely.coverage_clean(np.array(drawn), gap_width=10, snapping_distance=0.5)
    assert not closed or shapely.area(merged).max() > 1.1 * max(shape.area for shape in drawn)
    found = cleaned(*drawn)
    assert areas(found) == [shape.area for shape in drawn]
    assert found.is_whole
    assert len(found.gaps) == 1
    assert found.n_narrow == 1


def test_a_zone_drawn_twice_is_told_and_keeps_its_place() -> None:
    """Once more to the last digit, and once more by another hand; the first has the ground."""
    found = cleaned(box(0, 0, 200, 200), box(200, 0, 400, 200), box(0, 0, 200, 200), box(200.4, 0.3, 400, 199.8))
    assert found.twin_of.tolist() == [NONE, NONE, 0, 1]
    assert areas(found) == [40_000, 40_000, 0, 0]
    assert [(change.kind, change.zone, change.other) for change in found.changes] == [("twin", 2, 0), ("twin", 3, 1)]
    assert found.is_whole


def test_a_zone_inside_another_keeps_its_ground() -> None:
    """GEOS would give it to the one around; three deep, it still comes out."""
    drawn = [box(0, 0, 300, 300), box(50, 50, 250, 250), box(100, 100, 200, 200)]
    lost = shapely.coverage_clean(np.array(drawn), gap_width=10, snapping_distance=0.5)
    assert shapely.is_empty(lost).any()
    found = cleaned(*drawn)
    assert areas(found) == [50_000, 30_000, 10_000]
    assert kinds(found) == [("reshaped", 0), ("reshaped", 1)]
    assert found.is_whole


def test_a_zone_that_others_cover_together_keeps_its_ground() -> None:
    found = cleaned(box(0, 0, 100, 100), box(-100, 0, 60, 100), box(40, 0, 200, 100))
    assert areas(found) == [10_000, 10_000, 10_000]
    assert found.is_whole


def test_a_zone_too_narrow_to_stay_makes_the_layer_not_whole() -> None:
    found = cleaned(box(0, 0, 300, 300), box(300, 0, 300.1, 300), box(300.1, 0, 400, 300))
    assert kinds(found) == [("gone", 1)]
    assert found.changes[0].before_m2 == pytest.approx(30)
    assert not found.is_whole


def test_a_zone_that_a_finer_snap_keeps_is_kept() -> None:
    found = cleaned(box(0, 0, 300, 300), box(300, 0, 300.4, 300), box(300.4, 0, 400, 300))
    assert areas(found) == pytest.approx([90_000, 120, 29_880])
    assert found.is_whole


def test_a_merge_of_neighbours_by_geos_is_caught() -> None:
    """GEOS issue 1525: without snapping the first gets the ground of both. With it, both stay."""
    a = shapely.from_wkt("POLYGON ((1 0, 1 1, 1 3, 4 0, 1 0))")
    b = shapely.from_wkt("POLYGON ((0 4, 1 3, 1 0, 0 4))")
    found = cleaned(a, b, snap_m=0.0, gap_width_m=0.0)
    assert kinds(found) == [("strayed", 0), ("gone", 1)]
    assert not found.is_whole
    assert areas(cleaned(a, b, snap_m=0.01, gap_width_m=0.0)) == [4.5, 1.5]


def test_geos_may_trip_over_one_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    right = shapely.coverage_clean

    def tripping(shapes: Shapes, gap_width: float, snapping_distance: float) -> Shapes:
        if snapping_distance not in steady:
            raise shapely.GEOSException("TopologyException: CoverageUnion cannot process overlapping inputs.")
        return right(shapes, gap_width=gap_width, snapping_distance=snapping_distance)

    monkeypatch.setattr(layer_clean.shapely, "coverage_clean", tripping)
    steady = {2 * RULE.snap_m}
    found = cleaned(box(0, 0, 204, 200), box(200, 0, 400, 200))
    assert (sum(areas(found)), found.is_whole) == (80_000, True)
    steady = set()
    assert not cleaned(box(0, 0, 204, 200), box(200, 0, 400, 200)).is_whole


Fault = Callable[[Shapes], Shapes]


def without_last(shapes: Shapes) -> Shapes:
    return np.array([*shapes[:-1], shapely.Polygon()], dtype=object)


def turned_round(shapes: Shapes) -> Shapes:
    return shapes[::-1].copy()


def with_one_grown(shapes: Shapes) -> Shapes:
    return np.array([shapes[0].buffer(30), *shapes[1:]], dtype=object)


def with_one_shifted(shapes: Shapes) -> Shapes:
    return np.array([shapely.transform(shapes[0], lambda xy: xy + 3), *shapes[1:]], dtype=object)


FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "one lost": (without_last, ("gone",)),
    "positions exchanged": (turned_round, ("strayed", "strayed")),
    "one grown over the others": (with_one_grown, ("strayed",)),
    "one shifted": (with_one_shifted, ("reshaped",)),
}


@pytest.mark.parametrize("case", FAULTS)
def test_whatever_the_cleaning_does_wrong_is_seen(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault, told = FAULTS[case]
    right = shapely.coverage_clean
    monkeypatch.setattr(layer_clean.shapely, "coverage_clean", lambda shapes, **how: fault(right(shapes, **how)))
    found = cleaned(box(0, 0, 200, 200), box(200, 0, 400, 200), box(0, 200, 400, 210))
    assert (
        tuple(change.kind for change in found.changes if change.kind != "reshaped" or told == ("reshaped",))[
            : len(told)
        ]
        == told
    )
    assert not found.is_whole


def test_rings_and_parts_that_stand_there_twice_count_once() -> None:
    square = box(0, 0, 10, 10)
    twice = shapely.MultiPolygon([square, square])
    assert not twice.is_valid
    shape, done = mended(twice, RULE)
    assert shape is not None
    assert (shape.area, done) == (100, ["ring_twice"])
    hole = [(1, 1), (2, 1), (2, 2), (1, 1)]
    other_way = [hole[2], hole[1], hole[0], hole[2]]
    shape, done = mended(shapely.Polygon(square.exterior, [hole, other_way]), RULE)
    assert shape is not None
    assert (shape.area, done) == (99.5, ["ring_twice"])


def test_a_border_that_crosses_itself_by_a_hair_is_untangled() -> None:
    hair = shapely.Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (49.9, 100.1), (50.1, 100.1), (0, 100)])
    assert not hair.is_valid
    shape, done = mended(hair, RULE)
    assert shape is not None
    assert shape.is_valid
    assert (shape.area, done) == (pytest.approx(10_000, rel=1e-3), ["untangled"])
    both, done = mended(shapely.MultiPolygon([hair, hair]), RULE)
    assert both is not None
    assert (both.area, done) == (pytest.approx(10_000, rel=1e-3), ["ring_twice", "untangled"])


def test_a_border_that_may_mean_other_ground_is_redrawn_and_one_around_nothing_refused() -> None:
    for crossed, m2 in (
        (shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), 50),
        (shapely.MultiPolygon([box(0, 0, 10, 10), box(5, 0, 15, 10)]), 150),
    ):
        shape, done = mended(crossed, RULE)
        assert shape is not None
        assert (shape.is_valid, shape.area, done) == (True, m2, ["redrawn"])
    flat = shapely.Polygon([(0, 0), (10, 0), (5, 0)])
    assert mended(flat, RULE) == (None, [])


def test_a_good_shape_is_handed_back() -> None:
    shape = box(0, 0, 1, 1)
    assert mended(shape, RULE) == (shape, [])


def test_a_hole_that_touches_its_ring_is_no_fault_of_the_neighbours() -> None:
    """GEOS 3.14 says so; by arithmetic every border has one zone on either side."""
    outer = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100), (0, 50)], [[(0, 50), (20, 40), (20, 60), (0, 50)]])
    inner = shapely.Polygon([(0, 50), (20, 40), (20, 60)])
    left = shapely.Polygon([(0, 0), (0, 50), (-40, 50)])
    upper = shapely.Polygon([(0, 50), (0, 100), (-40, 60)])
    assert outer.is_valid
    assert is_coverage(np.array([outer, inner, left, upper]))


@pytest.mark.parametrize(
    "shapes",
    [
        [box(0, 0, 10, 10), box(9, 0, 20, 10)],
        [box(0, 0, 10, 10), box(10, 5, 20, 15)],
        [box(0, 0, 10, 10), shapely.Polygon([(10, 0), (20, 0), (20, 10), (10.001, 10), (10, 5)])],
        [shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), box(20, 0, 30, 10)],
        [box(0, 0, 10, 10), box(0, 0, 10, 10)],
    ],
)
def test_what_does_not_fit_is_no_coverage(shapes: list[shapely.Geometry]) -> None:
    assert not is_coverage(np.array(shapes, dtype=object))


def test_one_zone_alone_and_corners_that_touch() -> None:
    assert is_coverage(np.array([box(0, 0, 10, 10)]))
    assert is_coverage(np.array([box(0, 0, 10, 10), box(10, 10, 20, 20)]))
    found = cleaned(box(0, 0, 10, 10))
    assert (areas(found), found.is_whole) == ([100], True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_random_dirt_never_loses_a_zone(seed: int) -> None:
    """Voronoi cells of 100 m with corners moved, some shifted, some drawn again, some left out."""
    rng = np.random.default_rng(seed)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 800, (40, 2)))))
    cells = cells[shapely.area(cells) > 2_000]
    kept = cells[rng.random(len(cells)) < 0.9]
    drawn = [jittered(cell, rng) for cell in kept]
    for k in rng.integers(0, len(drawn), 3).tolist():
        drawn[k] = shapely.transform(drawn[k], lambda xy: xy + rng.uniform(-4, 4, 2))
    twins = rng.integers(0, len(kept), 2).tolist()
    drawn += [drawn[k] for k in twins]
    found = clean_layer(np.array(drawn, dtype=object), RULE)
    assert found.is_whole
    assert is_coverage(found.shapes[found.twin_of == NONE])
    assert not shapely.is_empty(found.shapes[found.twin_of == NONE]).any()
    assert set(np.flatnonzero(found.twin_of != NONE).tolist()) == set(range(len(kept), len(drawn)))
    told = {change.zone for change in found.changes}
    off = np.abs(shapely.area(found.shapes) - shapely.area(drawn)) > RULE.told_share * shapely.area(drawn)
    assert set(np.flatnonzero(off).tolist()) <= told


def jittered(cell: shapely.Geometry, rng: np.random.Generator) -> shapely.Geometry:
    ring = shapely.get_coordinates(shapely.segmentize(cell, 40.0).exterior)[:-1]
    shape, _ = mended(shapely.Polygon(ring + rng.normal(0, 0.3, ring.shape)), RULE)
    assert shape is not None
    return shape


def test_a_scribble_is_refused_at_once_and_a_few_crossings_are_not() -> None:
    rng = np.random.default_rng(5)
    assert mended(shapely.Polygon(rng.uniform(0, 3000, (20_000, 2))), RULE) == (None, [])
    star = [(np.cos(a), np.sin(a)) for a in np.arange(9) * 2 * np.pi * 4 / 9]
    shape, done = mended(shapely.Polygon(star), RULE)
    assert shape is not None
    assert (shape.is_valid, done) == (True, ["redrawn"])
    crossings = 27  # of {9/4}: each of nine edges meets six others between its ends
    assert mended(shapely.Polygon(star), replace(RULE, most_crossings=crossings + 1))[0] is not None
    assert mended(shapely.Polygon(star), replace(RULE, most_crossings=crossings)) == (None, [])


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6))
def test_gaps_go_where_geos_would_have_given_them(seed: int) -> None:
    """Cells with noisy corners leave gaps of all sizes; GEOS fills them one after the other, each in a new overlay.

    Where two gaps touch, it counts the border that a zone has on the second through the first.
    """
    rng = np.random.default_rng(seed)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 800, (30, 2)))))
    drawn = np.array([jittered(cell, rng) for cell in cells[shapely.area(cells) > 2_000]], dtype=object)
    drawn[0] = shapely.buffer(drawn[0], -4.0)
    open_, filled = (shapely.coverage_clean(drawn, gap_width=width_m, snapping_distance=0.1) for width_m in (0, 5))
    if is_coverage(open_):
        found = without_narrow_gaps(layer_clean._multi(open_), 5.0)
        assert is_coverage(found)
        off_m2 = np.abs(shapely.area(found) - shapely.area(filled))
        assert shapely.area(found).sum() == pytest.approx(shapely.area(filled).sum(), rel=1e-9)
        assert (off_m2 > 1e-3).sum() <= 4


def test_steps_are_told_and_can_call_it_off() -> None:
    told: list[float] = []
    clean_layer(np.array([box(0, 0, 204, 200), box(200, 0, 400, 200)]), RULE, told.append)
    assert told == sorted(told)
    assert len(told) >= 4

    def call_off(share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clean_layer(np.array([box(0, 0, 204, 200), box(200, 0, 400, 200)]), RULE, call_off)
