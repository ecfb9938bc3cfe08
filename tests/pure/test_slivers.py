"""Narrow defects are mended, wide ones told; what fits is left alone. Areas are known from the drawing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.imports.places import in_degrees, in_metres
from geo.imports.slivers import GAP, OUTSIDE, OVERLAP, UNCOVERED, Fitting, fit
from tests.small_town import FRAME, Box, square

GROUND = square(0, 0, 400, 200)


def fitted(*boxes: Box) -> Fitting:
    return fit([square(*box) for box in boxes], GROUND)


def told(fitting: Fitting) -> list[tuple[str, tuple[int, ...], float, bool]]:
    return [(d.kind, d.grids, round(d.area_m2), d.is_wide) for d in fitting.defects]


def metres2(fitting: Fitting) -> list[float]:
    assert fitting.shapes is not None
    assert shapely.coverage_is_valid(fitting.shapes)
    return [round(float(in_metres(shape, FRAME).area)) for shape in fitting.shapes]


def test_what_fits_comes_back_as_it_was() -> None:
    boxes = ((0, 0, 200, 200), (200, 0, 400, 200))
    fitting = fitted(*boxes)
    assert not fitting.defects
    assert fitting.shapes is not None
    assert all(shapely.equals_exact(shape, square(*box)) for shape, box in zip(fitting.shapes, boxes, strict=True))


@pytest.mark.parametrize(("edge", "kind"), [(201.9, OVERLAP), (198.1, GAP)])
def test_narrow_strips_are_mended(edge: float, kind: str) -> None:
    fitting = fitted((0, 0, edge, 200), (200, 0, 400, 200))
    assert told(fitting) == [(kind, (0, 1), 380, False)]
    assert sum(metres2(fitting)) == pytest.approx(80_000, abs=1)


@pytest.mark.parametrize(("edge", "kind"), [(202.1, OVERLAP), (197.9, GAP)])
def test_wide_strips_are_told(edge: float, kind: str) -> None:
    assert told(fitted((0, 0, edge, 200), (200, 0, 400, 200))) == [(kind, (0, 1), 420, True)]


def test_a_hole_among_grids_is_a_gap_but_a_bare_corner_is_not() -> None:
    around = ((0, 0, 400, 90), (0, 110, 400, 200), (0, 90, 180, 110), (220, 90, 400, 110))
    assert told(fitted(*around)) == [(GAP, (0, 1, 2, 3), 800, True)]
    assert told(fitted((0, 0, 200, 200))) == [(UNCOVERED, (0,), 40_000, True)]


def test_grids_are_drawn_to_the_communitys_border() -> None:
    inside = fitted((1, 1, 200, 199), (200, 1, 399, 199))
    assert [kind for kind, *_ in told(inside)] == [GAP]
    assert metres2(inside) == [pytest.approx(40_000, abs=10)] * 2
    beyond = fitted((-1, -1, 200, 201), (200, -1, 401, 201))
    assert {kind for kind, *_ in told(beyond)} == {OUTSIDE}
    assert metres2(beyond) == [40_000, 40_000]


def test_three_grids_meeting_at_a_side_get_each_others_corners() -> None:
    fitting = fitted((0, 0, 200, 200), (200, 0, 400, 100), (200, 100, 400, 200))
    assert not fitting.defects
    assert metres2(fitting) == [40_000, 20_000, 20_000]


def test_a_hole_that_touches_its_ring_is_mended_by_nobody() -> None:
    """GEOS 3.14 takes it for a fault of the neighbours, where every border has one grid on either side."""
    outer = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100), (0, 50)], [[(0, 50), (20, 40), (20, 60), (0, 50)]])
    inner = shapely.Polygon([(0, 50), (20, 40), (20, 60)])
    left = shapely.Polygon([(0, 0), (0, 50), (-40, 50)])
    upper = shapely.Polygon([(0, 50), (0, 100), (-40, 60)])
    grids = np.array([in_degrees(grid, FRAME) for grid in (outer, inner, left, upper)], dtype=object)
    assert not shapely.coverage_is_valid(grids), "the false alarm"
    fitting = fit(grids.tolist(), shapely.union_all(grids))
    assert not fitting.defects
    assert fitting.shapes is not None
    assert shapely.equals_exact(fitting.shapes, grids).all()


@pytest.mark.parametrize("seed", range(12))
def test_a_layer_digitised_polygon_by_polygon_becomes_whole(seed: int) -> None:
    """Ten cells whose corners were each drawn with up to 0.45 m of error: nothing lost, nothing twice."""
    rng = np.random.default_rng(seed)
    ground = shapely.box(0, 0, 600, 600)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(rng.uniform(0, 600, (10, 2))), extend_to=ground).geoms
    drawn = [shapely.transform(shapely.segmentize(cell & ground, 40), lambda xy: _shaken(xy, rng)) for cell in cells]
    if not all(cell.is_valid for cell in drawn):
        drawn = [shapely.make_valid(cell) for cell in drawn]
    to_degrees = [shapely.transform(cell, FRAME.to_lonlat) for cell in drawn]
    fitting = fit(to_degrees, square(0, 0, 600, 600))
    if any(defect.is_wide for defect in fitting.defects):
        pytest.fail("the error drawn is narrower than the width")
    assert fitting.shapes is not None
    assert len(fitting.shapes) == 10
    assert shapely.coverage_is_valid(fitting.shapes)
    union = in_metres(shapely.union_all(fitting.shapes), FRAME)
    assert union.symmetric_difference(ground).area < 0.05 * union.length


def _shaken(xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moved = xy[:-1] + rng.uniform(-0.45, 0.45, (len(xy) - 1, 2))
    return np.vstack([moved, moved[:1]])
