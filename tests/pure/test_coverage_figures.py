"""From minutes to figures."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geo.compute.project import Frame
from geo.compute.reach.coverage import (
    BEYOND,
    COVERED,
    NO_STREET,
    OUTSIDE_STREETS,
    Outcome,
    People,
    categories,
    figures,
    in_air_circles,
    is_inside,
    polygon_of_points,
    sums_by_minute,
)
from geo.units import NONE
from tests.towns import FRAME


def test_every_home_has_exactly_one_category() -> None:
    found = categories(
        np.array([9000, 9001, NONE, NONE, NONE], dtype=np.int32),
        np.array([1, 2, 3, 0, 0]),
        np.array([True, True, False, True, False]),
        9000,
    )
    assert found.tolist() == [COVERED, BEYOND, BEYOND, NO_STREET, OUTSIDE_STREETS]


def test_the_air_circle_includes_its_edge() -> None:
    homes = np.array([[1000.0, 0.0], [0.0, -1000.0], [800.0, 600.001], [2000.0, 0.0]])
    within, residents = in_air_circles(
        homes, np.array([[0.0, 0.0], [5000.0, 0.0]]), np.array([1.0, 2.0, 4.0, 8.0]), 1000.0
    )
    assert within.tolist() == [True, True, False, False]
    assert residents.tolist() == [3.0, 0.0]
    nobody, nothing = in_air_circles(homes, np.zeros((0, 2)), np.ones(4), 1000.0)
    assert not nobody.any()
    assert len(nothing) == 0


def test_a_point_on_a_shared_border_goes_to_the_first() -> None:
    shapes = np.array([shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1)], dtype=object)
    points = np.array([[0.5, 0.5], [1.5, 0.5], [1.0, 0.5], [3.0, 0.5]])
    assert polygon_of_points(points, shapes).tolist() == [1, 0, 0, NONE]
    assert polygon_of_points(points, np.array([], dtype=object)).tolist() == [NONE] * 4
    assert polygon_of_points(np.zeros((0, 2)), shapes).tolist() == []


def test_streets_are_known_within_the_hull_of_each_network() -> None:
    """Two networks far apart: what lies between them is outside both."""
    one = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]])
    other = one + np.array([20_000.0, 0.0])
    boxes = [
        shapely.box(*FRAME.to_lonlat(part).min(axis=0), *FRAME.to_lonlat(part).max(axis=0)) for part in (one, other)
    ]
    places = [(100, 100), (-199, 0), (-201, 0), (700, 700), (10_000, 100), (20_100, 100), (np.nan, 0)]
    inside = is_inside(FRAME.to_lonlat(np.array(places)), FRAME.to_lonlat(np.vstack([one, other])), boxes, FRAME, 200.0)
    # (700, 700) lies 283 m outside the hypotenuse
    assert inside.tolist() == [True, True, False, False, False, True, False]


def test_no_usable_street_is_no_extent() -> None:
    assert not is_inside(
        np.array([[103.2, 40.4]]), np.zeros((0, 2)), [shapely.box(103, 40, 104, 41)], FRAME, 200.0
    ).any()


def test_sums_by_group_add_up() -> None:
    rng = np.random.default_rng(7)
    group = rng.integers(-1, 5, 400)
    people = People(*(rng.uniform(0, 9, 400) for _ in range(4)))
    outcome = Outcome(rng.integers(0, 4, 400), *(rng.random(400) < 0.5 for _ in range(5)))
    sums = figures(group, 5, people, outcome)
    for one in range(5):
        here = group == one
        assert sums["homes"][one] == here.sum()
        assert sums["residents"][one] == pytest.approx(people.residents[here].sum())
        beyond = people.residents[here & (outcome.category_of_home == BEYOND)].sum()
        parts = ("residents_covered", "residents_no_street", "residents_outside_streets")
        assert sums["residents"][one] == pytest.approx(sum(sums[part][one] for part in parts) + beyond)
        covered = here & (outcome.category_of_home == COVERED)
        assert sums["elderly_covered"][one] == pytest.approx(people.elderly[covered].sum())
        assert sums["residents_in_air_circle"][one] == pytest.approx(
            people.residents[here & outcome.is_in_air_circle_of_home].sum()
        )
        for name, which in {
            "residents_second": outcome.has_second_of_home,
            "residents_all_kinds": outcome.has_all_kinds_of_home,
            "residents_certain": outcome.is_certain_of_home,
            "residents_possible": outcome.is_possible_of_home,
        }.items():
            assert sums[name][one] == pytest.approx(people.residents[here & which].sum())


def test_minute_by_minute_the_minute_itself_is_reached() -> None:
    ds = np.array([0, 1, 600, 601, 1200, 1801, NONE], dtype=np.int32)
    group = np.array([0, 0, 1, 1, NONE, 0, 0])
    sums = sums_by_minute(group, 2, np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]), ds, 3)
    assert sums.tolist() == [[1, 3, 3, 3], [0, 4, 12, 12]]


def test_the_frame_is_true_to_scale_within_its_bound() -> None:
    """Against geodesics on the ellipsoid, up to 100 km from the centre."""
    frame = Frame(103.2, 40.4)
    for distance_m in (0.0, 15_000.0, 50_000.0, 100_000.0):
        for direction in ((1.0, 0.0), (0.0, 1.0), (0.7, 0.7)):
            here = np.array([[distance_m, 0.0], [distance_m, 0.0] + 100 * np.array(direction)])
            lonlat = frame.to_lonlat(here)
            true_m = Geod(ellps="WGS84").inv(*lonlat[0], *lonlat[1])[2]
            drawn_m = float(np.hypot(*(here[1] - here[0])))
            assert abs(drawn_m / true_m - 1) <= frame.error_share(here) * 1.01 + 1e-8


def test_the_frame_comes_back_and_does_not_move_with_small_edits() -> None:
    lonlat = np.array([[103.18, 40.37], [103.26, 40.44]])
    frame = Frame.of(lonlat)
    assert frame.to_lonlat(frame.to_xy_m(lonlat)) == pytest.approx(lonlat, abs=1e-11)
    assert Frame.of(np.vstack([lonlat, [[103.27, 40.45]]])) == frame
    assert Frame.of(np.zeros((0, 2))) == Frame(0.0, 0.0)
    assert Frame.of(np.array([[np.nan, 1.0], [np.inf, 1.0], [103.2, 40.4]])) == Frame(103.2, 40.4)
