"""Joints against shapely, and what closes a connector, in plain metres."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.segments import SegmentIndex, index_lines
from geo.compute.streets.snap import FEW, Joints, find_joints
from tests.towns import Way, points_of, starts_of

NOTHING: list[Way] = []


def indexed(ways: list[Way], cell_m: float = 100.0) -> SegmentIndex:
    return index_lines(points_of(ways), starts_of(ways), cell_m)


def joints(ways: list[Way], barriers: list[Way], xy_m: object, max_m: float = 200.0, cell_m: float = 100.0) -> Joints:
    points = np.array(xy_m, dtype=float).reshape(-1, 2)
    return find_joints(
        indexed(ways, cell_m), indexed(barriers, cell_m), points, max_connector_m=max_m, n_pieces=len(ways)
    )


@pytest.mark.parametrize("cell_m", [7.0, 100.0, 5000.0])
@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_joints_are_shapelys(cell_m: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ways = [
        np.cumsum(np.vstack([rng.uniform(-500, 500, (1, 2)), rng.normal(0, 60, (rng.integers(1, 6), 2))]), axis=0)
        for _ in range(40)
    ]
    points = rng.uniform(-900, 900, (30, 2))
    found = joints(ways, NOTHING, points, cell_m=cell_m)
    lines = [shapely.LineString(way) for way in ways]
    expected = {
        (i, j): (line.distance(shapely.Point(p)), line.project(shapely.Point(p)))
        for i, p in enumerate(points)
        for j, line in enumerate(lines)
        if line.distance(shapely.Point(p)) <= 200
    }
    point = np.repeat(np.arange(30), np.diff(found.start_of_point))
    ours = dict(
        zip(
            zip(point.tolist(), found.piece_of_joint.tolist(), strict=True),
            zip(found.distance_m_of_joint.tolist(), found.along_m_of_joint.tolist(), strict=True),
            strict=True,
        )
    )
    assert ours.keys() == expected.keys()
    for key, (distance_m, along_m) in expected.items():
        assert ours[key] == pytest.approx((distance_m, along_m), abs=1e-6)
    feet = np.array([[lines[j].interpolate(expected[i, j][1]).coords[0]] for i, j in ours]).reshape(-1, 2)
    assert found.xy_m_of_joint == pytest.approx(feet, abs=1e-6)


def test_a_few_places_are_joined_as_many_are() -> None:
    rng = np.random.default_rng(5)
    ways = [
        np.cumsum(np.vstack([rng.uniform(-500, 500, (1, 2)), rng.normal(0, 60, (4, 2))]), axis=0) for _ in range(60)
    ]
    points = np.vstack([rng.uniform(-600, 600, (FEW, 2)), [[np.nan, 0.0]]])
    few = []
    for part in (points[:3], points[3:]):
        used = [np.zeros(len(ways)) for _ in range(50)]  # memory that is given back is not as a search leaves it
        del used
        few.append(joints(ways, ways[:5], part))
    together = joints(ways, ways[:5], points)
    assert len(few[0].piece_of_joint)
    for name in ("piece_of_joint", "along_m_of_joint", "distance_m_of_joint", "xy_m_of_joint"):
        assert np.array_equal(getattr(together, name), np.concatenate([getattr(part, name) for part in few]))


def test_the_longest_connector_still_joins() -> None:
    street: list[Way] = [[(0.0, 0.0), (1000.0, 0.0)]]
    assert joints(street, NOTHING, [(500, 200)]).distance_m_of_joint.tolist() == [200]
    assert joints(street, NOTHING, [(1120, 160)]).distance_m_of_joint.tolist() == [200]
    assert not len(joints(street, NOTHING, [(500, np.nextafter(200, 201))]).piece_of_joint)


def test_of_two_nearest_positions_the_first_counts() -> None:
    arc: list[Way] = [[(-100.0, 50.0), (-100.0, -50.0), (100.0, -50.0), (100.0, 50.0)]]
    assert joints(arc, NOTHING, [(0, 50)]).along_m_of_joint.tolist() == [0]
    cup: list[Way] = [[(-50.0, 50.0), (-50.0, -80.0), (50.0, -80.0), (50.0, 50.0)]]
    assert joints(cup, NOTHING, [(0, 0)]).along_m_of_joint.tolist() == [50]


@pytest.mark.parametrize(
    ("barrier", "is_open"),
    [
        ([(900, 50), (1100, 50)], False),  # it crosses
        ([(1100, 50), (1000, 50)], False),  # its end touches
        ([(1000, 50), (1000, 50)], False),  # a mere point on the way
        ([(1000, 100), (1100, 100)], False),  # the home stands on its end
        ([(900, 100), (1100, 100)], False),  # the home stands on it
        ([(1000, 60), (1000, 40)], False),  # it runs along the connector
        ([(1000, 20), (1000, 0)], False),  # it runs along the connector up to the joint
        ([(1000, 300), (1000, -300)], False),  # it runs along all of it
        ([(1001, 50), (1100, 50)], True),  # it ends before
        ([(900, 0), (1100, 0)], True),  # the street runs along it
        ([(1000, 0), (1000, -50)], True),  # it begins at the joint and leads away
        ([(950, -50), (1050, 50)], True),  # it passes through the joint, as at a level crossing
        ([(1000, 101), (1000, 300)], True),  # it begins behind the home
        ([(900, 50), (950, 50), (950, 300)], True),  # its straight continuation would cross
    ],
)
def test_what_closes_a_connector(barrier: Way, is_open: bool) -> None:
    """The connector runs from (1000, 100) straight down to (1000, 0), where it joins the street."""
    for turned in (barrier, barrier[::-1]):
        found = joints([[(0, 0), (2000, 0)]], [turned], [(1000, 100)])
        assert len(found.piece_of_joint) == is_open


def test_who_stands_on_the_joint_is_there() -> None:
    """A station at the gate: its connector has no length, so no wall can close it."""
    assert len(joints([[(0, 0), (2000, 0)]], [[(1000, -50), (1000, 50)]], [(1000, 0)]).piece_of_joint) == 1


def test_one_closed_connector_leaves_the_others() -> None:
    streets: list[Way] = [[(0, 0), (2000, 0)], [(0, 150), (2000, 150)]]
    found = joints(streets, [[(0, 50), (2000, 50)]], [(1000, 100), (1000, 20)])
    assert found.start_of_point.tolist() == [0, 1, 2]
    assert found.piece_of_joint.tolist() == [1, 0]


def test_far_apart_streets_do_not_fill_the_memory() -> None:
    index = indexed([[(0, 0), (10, 0)], [(3e6, 2e6), (3e6, 2e6 + 10)]])
    assert index.n_columns * index.n_rows <= 8_200_000
    index = indexed([[(0, 0), (1e7, 0)]])
    assert index.n_columns * index.n_rows <= 8_200_000
    assert len(index.segment_of_entry) <= 4_100_000
