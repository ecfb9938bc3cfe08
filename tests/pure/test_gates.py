"""Walks that start at the gate of a compound: drawn compounds of 100 m by 100 m, 9 ds a metre."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.streets import gates as gates_module
from geo.compute.streets.ground import ground_of
from geo.compute.streets.snap import Joints
from geo.streets import StreetGraph
from geo.units import NONE
from tests.drawn_streets import FRAME, XY
from tests.trips import town, trip_ds, wall, way, with_gates

OUTLINE = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
SOUTH_STREET, NORTH_STREET = -20.0, 120.0
HOME = (30.0, 40.0)


def streets(*more: dict[str, object], barriers: object = None) -> StreetGraph:
    """A street 20 m south of the compound, one 20 m north of it, and 1 km to the east what joins them."""
    ways = (
        way((-500, SOUTH_STREET), (1000, SOUTH_STREET)),
        way((-500, NORTH_STREET), (1000, NORTH_STREET)),
        way((1000, SOUTH_STREET), (1000, NORTH_STREET)),
        way((1000, SOUTH_STREET), (1100, SOUTH_STREET)),
        way((1000, NORTH_STREET), (1100, NORTH_STREET)),
    )
    return town(*ways, *more, **({"barriers": barriers} if barriers else {}))  # type: ignore[arg-type]


def ds(graph: StreetGraph, begin: XY, end: XY, max_m: float = 150) -> int | None:
    return trip_ds(graph, "planning", begin, end, max_m=max_m)


def joints(graph: StreetGraph, at: XY, max_m: float = 150, max_inside_m: float = np.inf) -> Joints:
    ground = ground_of(graph, min_component_m=0, max_inside_m=max_inside_m)
    return ground.joints(ground.frame.to_xy_m(FRAME.to_lonlat(np.array([at]))), max_m)


def test_without_known_gates_the_way_to_the_street_is_straight() -> None:
    assert ds(streets(), HOME, (30, SOUTH_STREET)) == 540
    assert ds(streets(), HOME, (30, NORTH_STREET)) == 720


def test_the_walk_starts_at_the_gate() -> None:
    graph = with_gates(streets(), [OUTLINE], [((70.0, 0.0), 0)])
    # 40 m west and 40 m south of the gate as the crow flies, 20 m on to the street, 40 m back along it
    inside_m = float(np.hypot(40, 40))
    assert ds(graph, HOME, (70, SOUTH_STREET), 5.0 + 20) == round((inside_m + 20) * 9)
    assert ds(graph, HOME, (30, SOUTH_STREET)) == round((inside_m + 20) * 9) + 40 * 9
    # nobody climbs over the wall to the north
    assert ds(graph, HOME, (30, NORTH_STREET)) == round((inside_m + 20) * 9) + (930 + 140 + 970) * 9


def test_both_parts_of_the_way_are_rounded_together() -> None:
    # 0.4 m inside and 20.4 m outside: 187 ds, and not 4 + 184
    graph = with_gates(streets(), [OUTLINE], [((30.0, 0.4), 0)])
    found = joints(graph, (30, 0.8))
    assert found.distance_m_of_joint.tolist() == [pytest.approx(20.8, abs=1e-3)]
    assert ds(graph, (30, 0.8), (30, SOUTH_STREET)) == 187


def test_a_station_inside_is_reached_through_the_gate() -> None:
    graph = with_gates(streets(), [OUTLINE], [((70.0, 0.0), 0)])
    assert ds(graph, (30, SOUTH_STREET), (70, 40)) == (40 + 60) * 9


def test_streets_inside_are_joined_directly_and_lead_out_where_they_lead() -> None:
    # a lane from the northern street into the compound, through a gate at (50, 100)
    lane = way((50, 50), (50, NORTH_STREET))
    graph = with_gates(streets(lane), [OUTLINE], [((50.0, 100.0), 0)])
    assert ds(graph, (30, 60), (50, 90), 25) == (20 + 30) * 9
    # to the northern street straight by the gate, which is shorter than by the lane
    assert ds(graph, (30, 60), (50, NORTH_STREET), 25) == round((float(np.hypot(20, 40)) + 20) * 9)
    found = joints(graph, (30, 60), 25)
    assert found.gate_of_joint.tolist().count(NONE) == 1


def test_neighbours_do_not_step_over_the_wall_either() -> None:
    lane = way((50, 10), (50, NORTH_STREET))
    graph = with_gates(streets(lane), [OUTLINE], [((50.0, 100.0), 0)])
    # from the southern side the lane's end is 20 m away, behind the wall
    assert ds(graph, (50, -10), (50, 10), 25) == (10 + 950 + 140 + 950 + 110) * 9
    assert ds(streets(lane), (50, -10), (50, 10), 25) == 180


def test_a_door_in_the_outline_itself_opens_to_both_sides() -> None:
    graph = with_gates(streets(), [OUTLINE], [((50.0, 100.0), 0)])
    assert ds(graph, (30, 0), (30, SOUTH_STREET)) == 180


def test_a_gate_is_an_opening_in_the_wall_along_the_outline() -> None:
    ring = [*OUTLINE, OUTLINE[0]]
    graph = with_gates(streets(barriers=wall(*ring)), [OUTLINE], [((70.0, 0.0), 0)])
    assert ds(graph, (70, 40), (70, SOUTH_STREET)) == 540
    # a gate that was drawn 3 m inside its wall
    graph = with_gates(streets(barriers=wall(*ring)), [OUTLINE], [((70.0, 3.0), 0)])
    assert ds(graph, (70, 40), (70, SOUTH_STREET)) == 540


def test_another_wall_inside_still_stands() -> None:
    graph = with_gates(streets(barriers=wall((60, 20), (80, 20))), [OUTLINE], [((70.0, 0.0), 0)])
    assert ds(graph, (70, 40), (70, SOUTH_STREET)) is None
    assert ds(graph, (70, 10), (70, SOUTH_STREET)) == 270


def test_a_gate_in_a_wall_lets_through_who_is_near() -> None:
    barrier = wall((-500, 0), (1000, 0))
    shut = streets(barriers=barrier)
    assert ds(shut, HOME, (30, SOUTH_STREET), 70) is None
    graph = with_gates(shut, [], [((30.0, 0.0), NONE)])
    assert ds(graph, HOME, (30, SOUTH_STREET), 70) == 540
    # 40 m to the gate is as far as its neighbours go
    assert joints(graph, HOME, 39).gate_of_joint.tolist() == []


def test_a_compound_within_a_compound_is_left_by_its_own_gate() -> None:
    inner = [(20.0, 30.0), (40.0, 30.0), (40.0, 50.0), (20.0, 50.0)]
    lane = way((10, 10), (90, 10), (90, SOUTH_STREET))
    graph = with_gates(streets(lane), [OUTLINE, inner], [((70.0, 0.0), 0), ((30.0, 30.0), 1)])
    # by the inner gate to the lane: 10 m, 20 m, then 60 m along it and 30 m out
    assert ds(graph, HOME, (90, SOUTH_STREET)) == (30 + 60 + 30) * 9
    # the outer gate is seen over the inner wall only
    assert set(joints(graph, HOME).gate_of_joint.tolist()) <= {1}


def test_a_gate_farther_than_the_longest_way_inside_serves_nobody() -> None:
    graph = with_gates(streets(), [OUTLINE], [((30.0, 0.0), 0)])
    assert joints(graph, HOME, max_inside_m=40.1).gate_of_joint.tolist() == [0]
    assert joints(graph, HOME, max_inside_m=39.9).gate_of_joint.tolist() == []


def test_points_keep_their_order_and_those_outside_their_joints() -> None:
    graph = with_gates(streets(), [OUTLINE], [((70.0, 0.0), 0)])
    plain, gated = ground_of(streets(), min_component_m=0), ground_of(graph, min_component_m=0)
    xy_m = plain.frame.to_xy_m(FRAME.to_lonlat(np.array([(300.0, 0.0), HOME, (400.0, 50.0), (0.0, 5000.0)])))
    before, after = plain.joints(xy_m, 150), gated.joints(xy_m, 150)
    for point in (0, 2, 3):
        of_before, of_after = (slice(*joints.start_of_point[point : point + 2]) for joints in (before, after))
        for values, others in zip(before[1:], after[1:], strict=True):
            assert (values[of_before] == others[of_after]).all()
    assert after.gate_of_joint[slice(*after.start_of_point[1:3])].tolist() == [0]


perimeter = st.integers(1, 399).filter(lambda m: m % 100 > 0)


def on_outline(m: int) -> XY:
    (ax, ay), (bx, by) = OUTLINE[m // 100], OUTLINE[(m // 100 + 1) % 4]
    return ax + (bx - ax) * (m % 100) / 100, ay + (by - ay) * (m % 100) / 100


@settings(deadline=None, max_examples=25)
@given(
    st.lists(perimeter, min_size=1, max_size=3),
    perimeter,
    st.tuples(st.integers(1, 99), st.integers(1, 99)),
    st.integers(-200, 300),
    st.booleans(),
)
def test_one_more_gate_never_makes_a_walk_longer(
    known: list[int], new: int, home: XY, at_m: int, is_north: bool
) -> None:
    lane = way((50, 50), (50, NORTH_STREET))
    end = (at_m, NORTH_STREET if is_north else SOUTH_STREET)
    few = with_gates(streets(lane), [OUTLINE], [(on_outline(m), 0) for m in known])
    more = with_gates(streets(lane), [OUTLINE], [(on_outline(m), 0) for m in [*known, new]])
    before, after = ds(few, home, end), ds(more, home, end)
    assert after is not None
    assert before is None or after <= before


@pytest.mark.parametrize("module", [gates_module])
def test_examples_in_docstrings(module: object) -> None:
    outcome = doctest.testmod(module, extraglobs={"np": np})  # type: ignore[arg-type]
    assert outcome.attempted > 0
    assert outcome.failed == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-30, 130), st.floats(-30, 130)), min_size=1, max_size=6))
def test_gates_whose_ways_are_known_lead_to_the_same(places: list[XY]) -> None:
    graph = with_gates(streets(), [OUTLINE], [((70.0, 0.0), 0), ((0.0, 50.0), 0), ((40.0, -5.0), NONE)])
    ground = ground_of(graph, min_component_m=0)
    xy_m = ground.frame.to_xy_m(FRAME.to_lonlat(np.array(places)))
    known = ground.joints(xy_m, 150, ground.gate_joints(150))
    for one, other in zip(ground.joints(xy_m, 150), known, strict=True):
        np.testing.assert_array_equal(one, other)
    alone = [ground.joints(xy_m[i : i + 1], 150).piece_of_joint for i in range(len(places))]
    np.testing.assert_array_equal(known.piece_of_joint, np.concatenate(alone))


@pytest.mark.parametrize("gates", [(20, 80), (80, 20)])
def test_of_two_gates_to_one_place_the_shorter_way_counts(gates: tuple[float, float]) -> None:
    graph = with_gates(streets(way((130, 50), (700, 50))), [OUTLINE], [((100, y_m), 0) for y_m in gates])
    ground = ground_of(graph, min_component_m=0)
    home, end = ground.frame.to_xy_m(FRAME.to_lonlat(np.array([(50.0, 20.0), (130.0, 50.0)])))
    found = ground.joints(home[None, :], 150)
    at_end = np.hypot(*(found.xy_m_of_joint - end).T) < 0.01
    assert found.gate_of_joint[at_end].tolist() == [gates.index(20)]
    np.testing.assert_allclose(found.distance_m_of_joint[at_end], 50 + np.hypot(30, 30), rtol=1e-4)


def test_a_wall_between_the_gate_and_the_street_closes_what_it_parts() -> None:
    graph = with_gates(streets(barriers=wall((40, -10), (200, -10))), [OUTLINE], [((70.0, 0.0), 0)])
    assert not len(joints(graph, HOME, max_m=60).piece_of_joint)
