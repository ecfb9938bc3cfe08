"""Desert towns: the answer is known from arithmetic before anything is computed. 9 ds a metre throughout."""

from __future__ import annotations

import numpy as np

from geo.compute.reach.nearest import nearest_of_nodes, times_to_stations
from geo.compute.streets.net import round_half_up
from geo.units import NONE
from tests.towns import Walked, block_town

LONG = [(0.0, 0.0), (5000.0, 0.0)]


def test_along_a_straight_street() -> None:
    town = Walked([LONG], [], [(1000, 0), (2500, 100), (3000, -199)], [(0, 0)])
    assert town.minutes() == [9000, (2500 + 100) * 9, (3000 + 199) * 9]


def test_the_cutoff_itself_is_reached() -> None:
    town = Walked([LONG], [], [(1000, 0), (1000.1, 0)], [(0, 0)])
    assert town.nearest(9000)[0].tolist() == [9000, NONE]
    assert town.nearest(9001)[0].tolist() == [9000, 9001]
    assert town.nearest(8999)[0].tolist() == [NONE, NONE]


def test_the_cutoff_is_reached_at_a_junction_too() -> None:
    ways = [[(0.0, 0.0), (1000.0, 0.0)], [(1000.0, 0.0), (2000.0, 0.0)]]
    town = Walked(ways, [], [(1000, 0), (1001, 0)], [(0, 0)], max_m=0.001)
    ds, _ = nearest_of_nodes(town.net, town.stations, 1, 9000)
    assert sorted(ds[:, 0].tolist()) == [NONE, 0, 9000]
    assert town.nearest(9009)[0].tolist() == [9000, 9009]
    assert town.nearest(9008)[0].tolist() == [9000, NONE]


def test_both_on_one_piece_walk_straight() -> None:
    """Not by way of an end of the piece, and not as the crow flies."""
    town = Walked([LONG], [], [(1200, 30)], [(1500, 40)])
    assert town.minutes() == [(30 + 300 + 40) * 9]


def test_around_a_block() -> None:
    """In a chequerboard one walks the sum of both differences."""
    town = Walked(block_town(6, 6, 100), [], [(0, 0), (300, 200), (500, 500)], [(100, 100)], max_m=0.001)
    assert town.minutes() == [200 * 9, 300 * 9, 800 * 9]


def test_halves_go_up() -> None:
    """A connector of 0.5 / 9 m takes half a decisecond."""
    assert round_half_up(np.array([0.5, 1.5, 2.5, 2.49])).tolist() == [1, 2, 3, 2]
    town = Walked([LONG], [], [(1000, 0.0556), (1000, 0.0554)], [(1000, 0)])
    assert town.minutes() == [1, 0]


def test_each_piece_is_rounded_once_and_not_each_of_its_bends() -> None:
    """Ten bends of 1.04 m, 9.36 ds each: 94 ds as one piece, 90 ds if each were rounded down."""
    bends = [(1.04 * i, 0.0) for i in range(11)]
    town = Walked([bends, [bends[-1], (2000.0, 0.0)]], [], [(0, 0)], [(2000, 0)], max_m=0.001)
    assert town.minutes() == [94 + round((2000 - 10.4) * 9)]


def test_a_home_too_far_from_every_street_has_none() -> None:
    town = Walked([LONG], [], [(1000, 199.999), (1000, 200.001), (1000, 0)], [(0, 0)])
    assert town.minutes() == [1200 * 9, None, 9000]
    assert np.diff(town.homes.start_of_point).tolist() == [1, 0, 1]


def test_a_station_too_far_from_every_street_is_never_nearest() -> None:
    town = Walked([LONG], [], [(1000, 0)], [(1000, 201), (0, 0)])
    assert town.nearest()[1].tolist() == [1]
    assert Walked([LONG], [], [(1000, 0)], [(1000, 201)]).minutes() == [None]


def test_equally_near_stations_go_to_the_first() -> None:
    homes = [(1000, 0), (999, 0), (1001, 0)]
    assert Walked([LONG], [], homes, [(0, 0), (2000, 0)]).nearest()[1].tolist() == [0, 0, 1]
    assert Walked([LONG], [], homes, [(2000, 0), (0, 0)]).nearest()[1].tolist() == [0, 1, 0]
    assert Walked([LONG], [], homes, [(0, 50), (0, 50)]).nearest()[1].tolist() == [0, 0, 0]


def test_ties_are_settled_at_junctions() -> None:
    """Two stations meet at a crossing after 1,000 m each; the home lies up the third street."""
    halves = [[(x, 0.0), (x + 500.0, 0.0)] for x in (-1000.0, -500.0, 0.0, 500.0)]
    ways = [*halves, [(0.0, 0.0), (0.0, 500.0)]]
    for pair in ([(-1000, 0), (1000, 0)], [(1000, 0), (-1000, 0)]):
        town = Walked(ways, [], [(0, 300)], pair, max_m=0.001)
        assert [times.tolist() for times in town.nearest()] == [[1300 * 9], [0]]


def test_ties_are_kept_through_pieces_that_take_no_time() -> None:
    """A way of 4 cm takes 0 ds: what lies behind it is as near to the first station as what lies before it."""
    ways = [[(0.0, 0.0), (1000.0, 0.0)], [(1000.0, 0.0), (1000.04, 0.0)], [(1000.04, 0.0), (2000.04, 0.0)]]
    for first, second in (((0, 0), (2000.04, 0)), ((2000.04, 0), (0, 0))):
        town = Walked(ways, [], [(1000, 0), (1000.04, 0)], [first, second], max_m=0.001)
        assert [times.tolist() for times in town.nearest()] == [[9000, 9000], [0, 0]]


def test_small_components_are_not_used() -> None:
    """A courtyard of 299 m beside the house does not count; with 300 m it does."""
    for length_m, expected in ((299.0, [None]), (300.0, [9])):
        yard = [(10_000.0, 0.0), (10_000.0 + length_m, 0.0)]
        town = Walked([LONG, yard], [], [(10_000, 0)], [(10_001, 0)])
        assert town.minutes() == expected
        assert (town.ground.n_small_components, town.ground.small_components_m) == (
            (1, 299.0) if expected == [None] else (0, 0.0)
        )


def test_no_street_at_all() -> None:
    town = Walked([[(0.0, 0.0), (10.0, 0.0)]], [], [(0, 0)], [(0, 0)])
    assert town.minutes() == [None]


def test_nobody_and_no_station() -> None:
    assert Walked([LONG], [], [], [(0, 0)]).minutes() == []
    assert Walked([LONG], [], [(0, 0)], []).minutes() == [None]


def test_a_place_that_is_no_place_joins_nothing() -> None:
    town = Walked([LONG], [], [(0, 0)], [(0, 0)])
    nowhere = np.array([[np.nan, 0.0], [0.0, np.inf], [np.inf, -np.inf], [1e300, 1e300]])
    assert len(town.ground.joints(nowhere, 200.0).piece_of_joint) == 0


def test_a_ring_can_be_walked_both_ways() -> None:
    ring = [(0.0, 0.0), (500.0, 0.0), (500.0, 500.0), (0.0, 500.0), (0.0, 0.0)]
    tail = [(0.0, 0.0), (-1000.0, 0.0)]
    town = Walked([ring, tail], [], [(500, 100), (100, 500)], [(-1000, 0)], max_m=1.0)
    assert town.minutes() == [(1000 + 600) * 9, (1000 + 600) * 9]
    across = Walked([ring, tail], [], [(0, 100)], [(100, 0)], max_m=1.0)
    assert across.minutes() == [200 * 9], "through the place where the ring begins"


def test_parallel_ways_take_the_shorter() -> None:
    bow = [(0.0, 0.0), (500.0, 300.0), (1000.0, 0.0)]
    town = Walked([bow, [(0.0, 0.0), (1000.0, 0.0)]], [], [(0, 0)], [(1000, 0)], max_m=0.001)
    assert town.minutes() == [9000]


RAIL = [(-100.0, 50.0), (5000.0, 50.0)]


def test_a_connector_does_not_cross_the_railway() -> None:
    """Behind the tracks the only street is 100 m away in the air and not there on foot."""
    homes = [(1000, 40), (1000, 60)]
    assert Walked([LONG], [RAIL], homes, [(0, 0)]).minutes() == [1040 * 9, None]
    assert Walked([LONG], [], homes, [(0, 0)]).minutes() == [1040 * 9, 1060 * 9]


def test_a_street_over_the_crossing_is_walked() -> None:
    """From behind the tracks one walks to the crossing street, over it, and along."""
    ways = [[(0.0, 0.0), (800.0, 0.0)], [(800.0, 0.0), (800.0, 150.0)], [(800.0, 0.0), (5000.0, 0.0)]]
    assert Walked(ways, [RAIL], [(990, 100)], [(0, 0)]).minutes() == [(190 + 100 + 800) * 9]


def test_the_nearest_position_may_be_the_crossing_itself() -> None:
    """A street that ends at the tracks: its end lies on the rail, and a connector may end there from either side."""
    lane = [(1000.0, 0.0), (1000.0, 50.0)]
    ways = [[(0.0, 0.0), (1000.0, 0.0)], lane]
    town = Walked(ways, [RAIL], [(1000, 130), (1030, 90)], [(0, 0)])
    assert town.minutes() == [(80 + 50 + 1000) * 9, (50 + 50 + 1000) * 9]


def wall(gate_m: float | None) -> list[list[tuple[float, float]]]:
    """A wall around (0..100, 20..120), its south side along y = 20, with the gate as a vertex of it."""
    south = [(0.0, 20.0), (100.0, 20.0)] if gate_m is None else [(0.0, 20.0), (gate_m, 20.0), (100.0, 20.0)]
    return [south, [(100.0, 20.0), (100.0, 120.0), (0.0, 120.0), (0.0, 20.0)]]


def test_a_walled_compound_is_left_by_its_gate() -> None:
    inside = [(80.0, 20.0), (80.0, 100.0)]
    ways = [[(0.0, 0.0), (80.0, 0.0)], [(80.0, 0.0), (80.0, 20.0)], inside, [(80.0, 0.0), (1000.0, 0.0)]]
    homes = [(20, 70), (80, 60), (20, 10)]
    # straight to the gate from within, and straight from the gate to the station: 78.1 m and 82.5 m
    to_gate_ds, from_gate_ds = round(np.hypot(60, 50) * 9), round(np.hypot(80, 20) * 9)
    assert Walked(ways, wall(80.0), homes, [(0, 0)]).minutes() == [
        to_gate_ds + from_gate_ds,
        40 * 9 + from_gate_ds,
        (10 + 20) * 9,
    ]
    assert Walked(ways, wall(None), homes, [(0, 0)]).minutes()[2] == (10 + 20) * 9


def test_a_compound_without_a_gate_has_no_street() -> None:
    ways = [[(0.0, 0.0), (1000.0, 0.0)]]
    assert Walked(ways, wall(None), [(20, 70), (20, 10)], [(0, 0)]).minutes() == [None, 30 * 9]


def test_times_from_one_place_to_all_stations() -> None:
    town = Walked([LONG], [], [], [(0, 0), (900, 0), (3000, 100), (3000, 300)])
    times = times_to_stations(town.net, town.stops(np.array([[1000.0, 50.0]])), town.stations, 27_000)
    assert times.tolist() == [1050 * 9, 150 * 9, 2150 * 9, NONE]
    short = times_to_stations(town.net, town.stops(np.array([[1000.0, 50.0]])), town.stations, 150 * 9)
    assert short.tolist() == [NONE, 150 * 9, NONE, NONE]
