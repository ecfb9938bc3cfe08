"""A hundred circles of a real city: sound, nested as they are written, and near the exact buffer."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo.compute.reach.circles import draw_circles
from geo.compute.reach.wire import geometry_geojson
from tests.bench.bench_polygons import city, ious, reached_lines
from tests.bench.graphs import CUTOFF_DS, FILES
from tests.real_data import needs_real_data

pytestmark = needs_real_data

CUTOFFS_DS = [CUTOFF_DS // 3, CUTOFF_DS * 2 // 3, CUTOFF_DS]


def test_a_hundred_circles_are_valid_of_one_part_nested_and_near_the_exact_ones() -> None:
    case = city(FILES["reykjavik"])
    for hole_m2 in (0.0, 2500.0):
        pen = replace(case.pen, hole_m2=hole_m2)
        drawn = list(draw_circles(case.ground, case.net, case.reached, case.sources, CUTOFFS_DS, pen))
        assert len(drawn) == 100
        for circles in drawn:
            shapes = [shapely.from_geojson(geometry_geojson(circle)) for circle in circles]
            assert all(shape.is_valid and len(shape.geoms) == 1 for shape in shapes)
            assert all(shapely.covers(larger, smaller) for smaller, larger in itertools.pairwise(shapes))
    largest = [circles[-1] for circles in draw_circles(*case[:2], case.reached, case.sources, CUTOFFS_DS, case.pen)]
    lines = reached_lines(case)
    exact = [shapely.union_all(shapely.buffer(here, case.pen.pen_m, quad_segs=16)) for here in lines[::5]]
    iou = ious(case, largest[::5], exact)
    assert np.mean(iou) >= 0.98
    assert np.min(iou) >= 0.97
    street_m = [sum(shapely.length(here)) for here in lines]
    assert [circle.street_m for circle in largest] == pytest.approx(street_m, rel=1e-3)
