"""Ways of moving in towns so small that the answer is arithmetic. Planning: 9 ds a metre; wheelchair: 12.5; e-bike: 3;
car: 1.2 at a limit of 50 km/h, 2 at 30."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path

from geo.compute.streets.ground import ground_of
from geo.compute.streets.ways import ds_of_sides, zoned_access
from geo.rules.modes import mode, modes, surface
from geo.streets import CLOSED, ENDS_ONLY, OPEN, StreetGraph
from geo.units import NONE
from tests.drawn_streets import XY, barriers_of, lines_of
from tests.trips import FREE, ONE_WAY, PRIVATE, graph_of_lines, town, trip_ds, wall, way, with_stop, with_turn

FOOT_ONLY = (OPEN, CLOSED, CLOSED, CLOSED, CLOSED)
NO_WALKERS = (CLOSED, OPEN, OPEN, OPEN, OPEN)


def times(graph: StreetGraph, begin: XY, end: XY, *keys: str, **how: object) -> list[int | None]:
    return [trip_ds(graph, key, begin, end, **how) for key in keys]  # type: ignore[arg-type]


def test_a_kilometre_takes_every_mode_as_long_as_its_numbers_say() -> None:
    graph = town(way((0, 0), (1000, 0)))
    seconds = {key: trip_ds(graph, key, (0, 0), (1000, 0)) for key in modes()}
    assert seconds == {
        "planning": 9000,
        "adult": 7874,
        "elderly_60_74": 8065,
        "elderly_75": 13333,
        "with_child": 11111,
        "wheelchair": 12500,
        "e_bike": 3000,
        "car": 2000,
    }


def test_connectors_are_walked_whatever_the_mode() -> None:
    graph = town(way((0, 0), (1000, 0)))
    assert times(graph, (0, 10), (1000, -20), "planning", "e_bike", "car") == [9270, 3270, 2270]


@pytest.mark.parametrize(("on", "ds", "farthest_m"), [("dry", 9, 1000), ("packed_snow", 9.6, 937), ("ice", 10.2, 882)])
def test_winter_slows_walkers_by_so_many_seconds_a_kilometre(on: str, ds: float, farthest_m: int) -> None:
    # on ice 15 minutes are 9000 / 10.2 = 882.35 m
    graph = town(way((0, 0), (2000, 0)))
    assert trip_ds(graph, "planning", (0, 0), (1000, 0), on=on) == 1000 * ds
    assert trip_ds(graph, "planning", (0, 0), (farthest_m, 0), on=on) <= 9000  # type: ignore[operator]
    assert trip_ds(graph, "planning", (0, 0), (farthest_m + 1, 0), on=on) > 9000  # type: ignore[operator]


def test_winter_slows_only_the_walk_of_riders_and_drivers() -> None:
    graph = town(way((0, 0), (1000, 0)))
    assert times(graph, (0, 10), (1000, 0), "e_bike", "car", on="ice") == [3102, 2102]


def test_the_speed_of_cars_is_that_of_the_class_unless_another_is_signed() -> None:
    graph = town(
        way((0, 0), (500, 0), highway="residential"),
        way((500, 0), (1000, 0), highway="secondary"),
        way((1000, 0), (1500, 0), highway="secondary", max_kmh=30),
        way((1500, 0), (2000, 0), highway="never_heard_of"),
    )
    parts = [trip_ds(graph, "car", (x, 0), (x + 500, 0)) for x in (0, 500, 1000, 1500)]
    assert parts == [1000, 600, 1000, 2000]


def test_steps_are_for_those_who_can_take_them() -> None:
    graph = town(
        way((0, 0), (100, 0)),
        way((100, 0), (200, 0), is_steps=True),
        way((200, 0), (300, 0)),
        way((100, 0), (100, 100), (200, 100), (200, 0)),
    )
    # 300 m over the steps, 500 m round them
    assert times(graph, (0, 0), (300, 0), "planning", "wheelchair", "e_bike") == [2700, 6250, 1500]


def test_who_lives_on_steps_cannot_leave_in_a_wheelchair() -> None:
    graph = town(way((0, 0), (100, 0)), way((100, 0), (200, 0), is_steps=True))
    assert trip_ds(graph, "planning", (170, 0), (0, 0)) == 1530
    # the nearest street without steps is 70 m off, more than the longest connector
    assert trip_ds(graph, "wheelchair", (170, 0), (0, 0)) is None
    assert trip_ds(graph, "wheelchair", (170, 0), (0, 0), max_m=71) == 2125


def alley(access: tuple[int, ...]) -> StreetGraph:
    """From (0, 0) to (100, 0) by an alley, or 300 m around."""
    return town(
        way((-100, 0), (0, 0)),
        way((100, 0), (200, 0)),
        way((0, 0), (0, 100), (100, 100), (100, 0)),
        way((0, 0), (100, 0), access=access),
    )


@pytest.mark.parametrize("turned", [False, True])
def test_a_private_way_is_no_shortcut_but_begins_and_ends_trips(turned: bool) -> None:
    assert trip_ds(alley(FREE), "planning", (-100, 0), (200, 0), turned=turned) == 2700
    assert trip_ds(alley(PRIVATE), "planning", (-100, 0), (200, 0), turned=turned) == 4500
    assert trip_ds(alley(PRIVATE), "planning", (50, 0), (200, 0), turned=turned, max_m=40) == 1350
    assert trip_ds(alley(PRIVATE), "planning", (-100, 0), (50, 0), turned=turned, max_m=40) == 1350
    assert trip_ds(alley(PRIVATE), "planning", (20, 0), (70, 0), turned=turned, max_m=10) == 450


def test_from_one_private_way_over_public_ones_to_another() -> None:
    graph = town(
        way((0, 0), (100, 0), access=PRIVATE), way((100, 0), (200, 0)), way((200, 0), (300, 0), access=PRIVATE)
    )
    assert trip_ds(graph, "planning", (10, 0), (290, 0), max_m=5) == 2520


def test_a_private_way_between_two_private_ways_is_passed_only_from_inside() -> None:
    # two courts on either side of a street, and a passage of 100 m between them beside 300 m of street
    graph = town(
        way((0, 0), (0, 100)),
        way((100, 0), (100, 100)),
        way((0, 0), (0, -100), (100, -100), (100, 0)),
        way((0, 0), (50, 0), access=PRIVATE),
        way((50, 0), (100, 0), access=PRIVATE),
    )
    assert trip_ds(graph, "planning", (10, 0), (100, 100), max_m=5) == 1710
    assert trip_ds(graph, "planning", (0, 100), (100, 100), max_m=5) == 4500


def gated(stop: tuple[int, ...]) -> StreetGraph:
    """A street of 200 m with a gate at its middle, and 400 m around it."""
    lines = lines_of(
        way((0, 0), (100, 0), (200, 0)),
        way((0, 0), (0, 100), (200, 100), (200, 0)),
        way((-50, 0), (0, 0)),
        way((200, 0), (250, 0)),
        way((100, 0), (100, -300)),
    )
    return graph_of_lines(with_stop(lines, (100, 0), stop))


def test_an_unlocked_gate_lets_walkers_through_and_stops_cars() -> None:
    graph = gated((OPEN, OPEN, OPEN, CLOSED, CLOSED))
    assert times(graph, (-50, 0), (250, 0), "planning", "e_bike") == [2700, 900]
    assert trip_ds(graph, "car", (-50, 0), (250, 0)) == 1000


def test_a_locked_gate_is_no_shortcut() -> None:
    assert trip_ds(gated((ENDS_ONLY,) * 5), "planning", (-50, 0), (250, 0)) == 4500
    assert trip_ds(gated((CLOSED,) * 5), "planning", (-50, 0), (250, 0)) == 4500


def zone(gate: int) -> StreetGraph:
    """A court with ways open to all behind two gates, between streets that meet 500 m farther round."""
    lines = lines_of(
        way((0, 0), (100, 0), (200, 0), (300, 0), (400, 0)),
        way((200, 0), (200, 50)),
        way((0, 0), (0, 200), (400, 200), (400, 0)),
        way((-1000, 0), (0, 0)),
    )
    for at in ((100.0, 0.0), (300.0, 0.0)):
        lines = with_stop(lines, at, (gate,) * 5)
    return graph_of_lines(lines)


@pytest.mark.parametrize("turned", [False, True])
def test_what_lies_behind_locked_gates_is_private_as_a_whole(turned: bool) -> None:
    def ds(begin: XY, end: XY) -> int | None:
        return trip_ds(zone(ENDS_ONLY), "planning", begin, end, max_m=5, turned=turned)

    assert ds((0, 0), (400, 0)) == 7200  # around, not through
    assert ds((0, 0), (200, 50)) == 2250  # in
    assert ds((200, 50), (400, 0)) == 2250  # out, by either gate
    assert ds((200, 50), (0, 0)) == 2250
    assert ds((150, 0), (250, 0)) == 900  # within
    assert trip_ds(zone(OPEN), "planning", (0, 0), (400, 0), max_m=5, turned=turned) == 3600


def test_of_streets_that_hang_together_the_longest_open_part_is_public() -> None:
    ground = ground_of(zone(ENDS_ONLY), min_component_m=0)
    is_private = zoned_access(ground).reshape(-1, 2)[:, 0] == ENDS_ONLY
    # 100 + 100 + 50 m inside; the gates have no length
    assert ground.length_m_of_piece[is_private].sum() == pytest.approx(250)


def test_an_island_without_any_link_stays_public() -> None:
    graph = town(
        way((0, 0), (900, 0)), way((0, 500), (100, 500), access=PRIVATE), way((100, 500), (200, 500)),
        way((100, 500), (100, 600)),
    )  # fmt: skip
    ground = ground_of(graph, min_component_m=0)
    assert (zoned_access(ground) == ground.access_of_side).all()


@pytest.mark.parametrize("key", ["e_bike", "car"])
def test_a_one_way_street_is_taken_one_way(key: str) -> None:
    # 100 m with the arrow, 300 m around against it
    graph = town(
        way((0, 0), (100, 0), access=ONE_WAY),
        way((-100, 0), (0, 0)),
        way((100, 0), (200, 0)),
        way((0, 0), (0, 100), (100, 100), (100, 0)),
    )
    per_m = {"e_bike": 3, "car": 2}[key]
    for turned in (False, True):
        assert trip_ds(graph, key, (-100, 0), (200, 0), turned=turned) == 300 * per_m
        assert trip_ds(graph, key, (200, 0), (-100, 0), turned=turned) == 500 * per_m
        assert trip_ds(graph, "planning", (200, 0), (-100, 0), turned=turned) == 2700
    # along the street itself: 40 m with the arrow; against it 60 - 0, then round the block and in again
    assert trip_ds(graph, key, (30, 0), (70, 0), max_m=5) == 40 * per_m
    assert trip_ds(graph, key, (70, 0), (30, 0), max_m=5) == (30 + 300 + 30) * per_m


def test_a_contraflow_lane_is_for_bikes() -> None:
    graph = town(way((0, 0), (100, 0), access=(OPEN, OPEN, OPEN, OPEN, CLOSED)))
    assert times(graph, (100, 0), (0, 0), "planning", "e_bike", "car") == [900, 300, None]


def crossroads() -> tuple[tuple[XY, XY, XY, XY, XY], list[dict[str, object]]]:
    """Four arms of 100 m, their ends joined by a ring road of 200 m a side around the corners."""
    middle, south, north, west, east = (0, 0), (0, -100), (0, 100), (-100, 0), (100, 0)
    arms = [way(end, middle) for end in (south, north, west, east)]
    ring = [way(south, (-100, -100), west), way(west, (-100, 100), north), way(north, (100, 100), east)]
    tails = [way((0, -200), south), way((-200, 0), west)]
    return (middle, south, north, west, east), [*arms, *ring, *tails]


@pytest.mark.parametrize("turned", [False, True])
def test_a_forbidden_left_turn_costs_the_way_around_the_block(turned: bool) -> None:
    (middle, south, _north, west, _east), ways = crossroads()
    free = graph_of_lines(lines_of(*ways[:4], *ways[5:]))
    barred = graph_of_lines(with_turn(lines_of(*ways[:4], *ways[5:]), south, middle, west, is_only=False))
    # over to the north and by the north-western corner to the west: 600 m instead of 400 m
    for key, per_m in (("car", 2), ("e_bike", 3)):
        assert trip_ds(free, key, (0, -200), (-200, 0), turned=turned) == 400 * per_m
        assert trip_ds(barred, key, (0, -200), (-200, 0), turned=turned) == 600 * per_m
    assert trip_ds(barred, "planning", (0, -200), (-200, 0), turned=turned) == 3600
    # the other way is not restricted
    assert trip_ds(barred, "car", (-200, 0), (0, -200), turned=turned) == 800


@pytest.mark.parametrize("turned", [False, True])
def test_who_may_only_go_straight_on_goes_straight_on(turned: bool) -> None:
    (middle, south, north, _west, _east), ways = crossroads()
    lines = lines_of(*ways[:4], *ways[5:])
    graph = graph_of_lines(with_turn(lines, south, middle, north, is_only=True))
    assert trip_ds(graph, "car", (0, -200), (-200, 0), turned=turned) == 1200
    # into the eastern arm: over to the north, where one may turn round, back and to the left
    assert trip_ds(graph, "car", (0, -200), (50, 0), turned=turned, max_m=5) == (300 + 100 + 50) * 2
    assert trip_ds(graph, "car", (0, -200), (0, 100), turned=turned, max_m=5) == 600


def test_a_roundabout_is_driven_one_way_round_and_walked_both_ways() -> None:
    # 100 m a quarter, anticlockwise; arms of 100 m at its four corners
    corners = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    ring = way(*corners, corners[0], access=ONE_WAY)
    graph = town(ring, *(way(end, corner) for end, corner in zip(
        [(-100.0, 0.0), (200.0, 0.0), (200.0, 100.0), (-100.0, 100.0)], corners, strict=True)))  # fmt: skip
    assert trip_ds(graph, "car", (-100, 0), (200, 0)) == 600
    assert trip_ds(graph, "car", (200, 0), (-100, 0)) == (100 + 300 + 100) * 2
    assert times(graph, (200, 0), (-100, 0), "planning", "e_bike") == [2700, 1500]


def test_a_bridge_crosses_the_railway_and_nothing_else_does() -> None:
    rail = barriers_of(("rail", [(50, -1000), (50, 1000)], True))
    graph = town(
        way((0, 0), (0, 300)), way((100, 0), (100, 300)), way((0, 300), (100, 300), is_bridge=True), barriers=rail
    )
    # 40 m from either street, the railway between them
    assert trip_ds(graph, "planning", (0, 0), (100, 0)) == 6300
    assert trip_ds(graph, "planning", (40, 0), (100, 0), max_m=70) == 6660
    assert trip_ds(graph, "planning", (60, 0), (100, 0), max_m=70) == 360


@pytest.mark.parametrize("highway", ["footway", "residential"])
def test_a_tunnel_and_a_level_crossing_pass_under_and_over_the_railway(highway: str) -> None:
    rail = barriers_of(("rail", [(50, -1000), (50, 0), (50, 1000)], True))
    under = town(way((0, 0), (100, 0), highway=highway, is_tunnel=True), barriers=rail)
    over = town(way((0, 0), (50, 0), (100, 0), highway=highway), barriers=rail)
    assert [trip_ds(graph, "planning", (0, 20), (100, 20)) for graph in (under, over)] == [1260, 1260]
    # on the railway itself nobody joins a street beside it, but the crossing is in the street
    assert trip_ds(over, "planning", (50, 0), (100, 0)) == 450


def test_an_expressway_is_a_barrier_to_walkers_and_a_road_to_cars() -> None:
    road = [(50, -200), (50, 200)]
    graph = town(
        way((0, -200), (0, 200)),
        way((100, -200), (100, 200)),
        way(*road, access=(CLOSED, CLOSED, CLOSED, OPEN, OPEN), highway="motorway"),
        way((0, 200), (50, 200), (100, 200)),
        barriers=barriers_of(("expressway", [(50, -200), (50, 190)], True)),
    )
    assert trip_ds(graph, "planning", (40, -200), (100, -200), max_m=70) == 360 + 400 * 9 + 900 + 400 * 9
    # 100 km/h, 0.6 of it driven: 0.6 ds a metre
    assert trip_ds(graph, "car", (50, -200), (50, 200)) == 240


def test_walkers_cars_and_bikes_have_grounds_of_their_own() -> None:
    graph = town(
        way((0, 0), (100, 0)),
        way((100, 0), (250, 0), access=FOOT_ONLY),
        way((0, 0), (0, 75), access=NO_WALKERS),
        barriers=wall((500, 500), (600, 500)),
    )
    grounds = {travel: ground_of(graph, min_component_m=0, travel=travel) for travel in ("foot", "bike", "car")}  # type: ignore[arg-type]
    lengths_m = {travel: sorted(ground.length_m_of_piece.round(3)) for travel, ground in grounds.items()}
    assert lengths_m == {"foot": [100, 150], "bike": [75, 100], "car": [75, 100]}
    for ground in grounds.values():
        assert (graph.length_m_of_piece[ground.number_of_piece] == ground.length_m_of_piece).all()


def test_components_are_judged_by_what_one_travel_may_use() -> None:
    # 100 m of road that only the footpath of 150 m joins to the other 300 m of road
    graph = town(
        way((0, 0), (100, 0)), way((100, 0), (250, 0), access=FOOT_ONLY), way((250, 0), (550, 0)),
    )  # fmt: skip
    assert ground_of(graph, min_component_m=250).length_m_of_piece.sum() == pytest.approx(550)
    car = ground_of(graph, min_component_m=250, travel="car")
    assert car.length_m_of_piece.sum() == pytest.approx(300)
    assert (car.n_small_components, round(car.small_components_m)) == (1, 100)


def test_nobody_begins_a_trip_inside_a_gate() -> None:
    graph = gated(PRIVATE)
    ground = ground_of(graph, min_component_m=0)
    joints = ground.joints(ground.frame.to_xy_m(graph.lonlat_of_node), 10)
    assert (ground.length_m_of_piece == 0).any()
    assert (ground.length_m_of_piece[joints.piece_of_joint] > 0).all()


# Properties on chequerboards whose 24 sides of 100 m are open, private, closed or steps, as it comes.

SIDE = 4
SIDES = [((x, y), (x + dx, y + dy)) for x in range(SIDE) for y in range(SIDE) for dx, dy in ((1, 0), (0, 1))
         if x + dx < SIDE and y + dy < SIDE]  # fmt: skip
codes = st.lists(st.sampled_from([OPEN, OPEN, ENDS_ONLY, CLOSED]), min_size=len(SIDES), max_size=len(SIDES))
points = st.tuples(st.integers(0, 300), st.integers(0, SIDE - 1).map(lambda row: 100 * row))


def board(access: list[int], steps: frozenset[int] = frozenset()) -> StreetGraph:
    """Drawn as it is, one piece per open side, without cutting or joining."""
    graph = town(*(way(*((100.0 * x, 100.0 * y) for x, y in side), access=[code] * 5, is_steps=i in steps)
                   for i, (side, code) in enumerate(zip(SIDES, access, strict=True))))  # fmt: skip
    return replace(graph, component_m_of_piece=np.ones(len(graph.length_m_of_piece)))


def sweeps(access: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Codes with private zones, and (16, 16) times over public and over private sides, by another library.

    Open sides that hang on the longest open part only through private ones are private. None where two open parts are
    equally long: which one is public is then a matter of numbering.
    """
    ends, code = np.array([[SIDE * x + y for x, y in side] for side in SIDES]), np.array(access)

    def matrix(is_meant: np.ndarray) -> csr_array:
        return csr_array((np.full(is_meant.sum(), 900.0), ends[is_meant].T), shape=(SIDE * SIDE, SIDE * SIDE))

    whole = connected_components(matrix(code != CLOSED), directed=False)[1][ends[:, 0]]
    part = connected_components(matrix(code == OPEN), directed=False)[1][ends[:, 0]]
    zoned = code.copy()
    for number in set(whole[code == OPEN].tolist()):
        is_here = (whole == number) & (code == OPEN)
        parts, sizes = np.unique(part[is_here], return_counts=True)
        if (sizes == sizes.max()).sum() > 1:
            return None
        zoned[is_here & (part != parts[sizes.argmax()])] = ENDS_ONLY
    public, private = (shortest_path(matrix(zoned == kind), directed=False) for kind in (OPEN, ENDS_ONLY))
    return zoned, public, private


middles = st.sampled_from([i for i, ((_, y), (_, z)) in enumerate(SIDES) if y == z])


@settings(deadline=None, max_examples=60)
@given(codes, middles, middles)
def test_private_then_public_then_private_and_nothing_else(access: list[int], first: int, last: int) -> None:
    found = sweeps(access)
    if found is None or first == last or CLOSED in (access[first], access[last]):
        return
    zoned, public, private = found
    own = np.where(np.eye(SIDE * SIDE, dtype=bool), 0, np.inf)
    begin, end = (private if zoned[side] == ENDS_ONLY else own for side in (first, last))
    least = np.inf
    for a, b in itertools.product(*([SIDE * x + y for x, y in SIDES[side]] for side in (first, last))):
        least = min(least, (begin[a][:, None] + public + end[:, b][None]).min())
    here, there = (tuple(100.0 * (a + b) / 2 for a, b in zip(*SIDES[side], strict=True)) for side in (first, last))
    assert far(board(access), here, there) == least + 900  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(codes, points, points, st.data())
def test_a_closed_way_that_is_let_to_residents_lowers_no_reach(
    access: list[int], begin: XY, end: XY, data: st.DataObject
) -> None:
    freed = [data.draw(st.sampled_from([CLOSED, ENDS_ONLY])) if code == CLOSED else code for code in access]
    assert far(board(freed), begin, end) <= far(board(access), begin, end)


@settings(deadline=None, max_examples=40)
@given(codes, points, points, st.frozensets(st.integers(0, len(SIDES) - 1)))
def test_who_is_permitted_more_reaches_no_less(access: list[int], begin: XY, end: XY, steps: frozenset[int]) -> None:
    all_open = [code and OPEN for code in access]
    assert far(board(all_open), begin, end) <= far(board(access), begin, end)
    ground = ground_of(board(access, steps), min_component_m=0)
    walker = mode("planning")
    with_steps = ds_of_sides(ground, walker, surface("dry"))
    without = ds_of_sides(ground, replace(walker, uses_steps=False), surface("dry"))
    assert ((without == with_steps) | (without == NONE)).all()


def far(graph: StreetGraph, begin: XY, end: XY) -> float:
    ds = trip_ds(graph, "planning", begin, end, max_m=10) if len(graph.length_m_of_piece) else None
    return np.inf if ds is None else ds
