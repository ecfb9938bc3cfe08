"""The nearest piece of any point, against shapely and against arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.segments import index_lines
from geo.compute.streets.nearest_piece import nearest_piece
from geo.units import NONE
from tests.towns import Way, points_of, starts_of


@pytest.mark.parametrize("cell_m", [7.0, 100.0, 5000.0])
@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_pieces_are_shapelys(cell_m: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ways = [
        np.cumsum(np.vstack([rng.uniform(-500, 500, (1, 2)), rng.normal(0, 60, (rng.integers(1, 6), 2))]), axis=0)
        for _ in range(30)
    ]
    points = np.concatenate([rng.uniform(-900, 900, (40, 2)), rng.uniform(-9000, 9000, (10, 2)), ways[3]])
    found = nearest_piece(index_lines(points_of(ways), starts_of(ways), cell_m), points)
    lines = np.array([shapely.LineString(way) for way in ways])
    distance_m = shapely.distance(lines[None, :], shapely.points(points)[:, None])
    assert found.distance_m == pytest.approx(distance_m.min(axis=1), abs=1e-7)
    assert distance_m[np.arange(len(points)), found.piece] == pytest.approx(found.distance_m, abs=1e-7)
    along_m = shapely.line_locate_point(lines[found.piece], shapely.points(points))
    assert found.along_m == pytest.approx(along_m, abs=1e-5)


@pytest.mark.parametrize("cell_m", [30.0, 100.0])
def test_where_pieces_meet_the_lowest_counts_and_the_place_nearer_to_its_beginning(cell_m: float) -> None:
    """In small cells the higher piece, which lies to the left, is come upon first."""
    ways: list[Way] = [[(200, 0), (100, 0)], [(100, 0), (0, 0)], [(100, 0), (100, -50), (60, -50), (60, -10), (100, 0)]]
    index = index_lines(points_of(ways), starts_of(ways), cell_m)
    found = nearest_piece(index, np.array([[100.0, 40.0], [100.0, 0.0], [99.0, 30.0], [70.0, -50.0]]))
    assert found.piece.tolist() == [0, 0, 1, 2]
    assert found.along_m.tolist() == [100, 100, 1, 80]
    assert found.distance_m.tolist() == [40, 0, 30, 0]


def test_far_away_is_still_found_and_nothing_is_said_as_such() -> None:
    ways: list[Way] = [[(0, 0), (30, 0)], [(50_000, 0), (50_000, 0)]]
    index = index_lines(points_of(ways), starts_of(ways))
    nowhere = [[np.inf, 0.0], [np.nan, np.nan], [1e160, 1e160], [-1e308, 1e308], [0.0, 2e19]]
    found = nearest_piece(index, np.array([[20_000.0, 0.0], [50_000.0, 700.0], *nowhere]))
    assert found.piece.tolist() == [0, 1, *[NONE] * 5]
    assert found.distance_m.tolist() == [19_970, 700, *[np.inf] * 5]
    assert found.along_m[:2].tolist() == [30, 0]
    assert np.isnan(found.along_m[2:]).all()

    none = nearest_piece(index_lines(np.empty((0, 2)), np.zeros(1, dtype=np.int64)), np.zeros((1, 2)))
    assert none.piece.tolist() == [NONE]
    assert len(nearest_piece(index, np.empty((0, 2))).piece) == 0
