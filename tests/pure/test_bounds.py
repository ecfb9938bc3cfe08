"""How sure a minute is: whoever lives anywhere in a home, and however connectors wind, is between the bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.compute.reach.bounds import Allowance, Bounds, Spots, bounds_of_homes
from geo.compute.streets.ground import ground_of
from geo.compute.streets.net import reverse, reversed_stops, stops_of
from geo.compute.streets.ways import exact_ds_of_sides, net_of
from geo.rules.modes import mode, surface
from geo.streets import Gates
from geo.units import NONE
from tests.towns import DS_PER_M, FRAME, MAX_M, SecondOpinion, Way, block_town, graph_of

HORIZON_DS = 36_000
FINE = 1_000
"""Parts of a decisecond that the second opinion counts in, so that its own roundings do not matter."""


def bounds(
    ways: list[Way],
    barriers: list[Way],
    homes: np.ndarray,
    spread_m: np.ndarray,
    stations: np.ndarray,
    detour: float = 1.0,
    gates: Gates | None = None,
) -> Bounds:
    graph = graph_of(ways, barriers)
    ground = ground_of(graph if gates is None else replace(graph, **vars(gates)), min_component_m=300)
    planning, dry = mode("planning"), surface("dry")
    net = net_of(ground, planning, dry)
    joints = ground.joints(ground.frame.to_xy_m(FRAME.to_lonlat(stations)), MAX_M)
    homes_xy_m = ground.frame.to_xy_m(FRAME.to_lonlat(homes))
    doors = reversed_stops(net, stops_of(ground, net, joints, DS_PER_M))
    return bounds_of_homes(
        ground,
        reverse(net),
        exact_ds_of_sides(ground, planning, dry),
        (joints, doors),
        Spots(homes_xy_m, spread_m, ground.joints(homes_xy_m, MAX_M)),
        Allowance(DS_PER_M, detour, MAX_M),
        HORIZON_DS,
    )


def told(found: Bounds) -> list[tuple[int, int]]:
    return list(zip(found.low_ds_of_home.tolist(), found.high_ds_of_home.tolist(), strict=True))


STREET: list[Way] = [[(0.0, 0.0), (3000.0, 0.0)]]
DOOR = np.array([[0.0, 0.0]])


def test_along_one_street_by_arithmetic() -> None:
    """A cell of 71 m half diagonal beside the street: along it and away from it at once, by the square root of two."""
    spread_m = 71.0
    found = bounds(STREET, [], np.array([[900.0, 20.0], [900.0, 20.0]]), np.array([0.0, spread_m]), DOOR)
    exactly, somewhere = told(found)
    assert exactly == pytest.approx((9 * 920, 9 * 920), abs=2)
    # to the street itself and 71 m nearer along it; or farther both ways, at most sqrt(2) * 71 m in all
    assert somewhere[0] == pytest.approx(9 * (900 - spread_m), abs=2)
    assert somewhere[1] == pytest.approx(9 * (920 + np.sqrt(2) * spread_m), abs=2)


def test_connectors_may_wind() -> None:
    (low, high) = told(bounds(STREET, [], np.array([[900.0, 20.0]]), np.zeros(1), np.array([[0.0, 10.0]]), 1.5))[0]
    assert low == pytest.approx(9 * 930, abs=2)
    assert high == pytest.approx(9 * (900 + 1.5 * 30), abs=2)


def test_who_may_live_too_far_from_the_street_is_not_certain() -> None:
    low, high = told(bounds(STREET, [], np.array([[900.0, 150.0]]), np.array([60.0]), DOOR))[0]
    assert low < 9 * 1050
    assert high == NONE
    low, high = told(bounds(STREET, [], np.array([[900.0, 230.0]]), np.array([60.0]), DOOR))[0]
    assert low != NONE, "some of the cell is within 200 m of the street"
    assert high == NONE


def test_a_wall_through_the_cell_makes_it_uncertain_and_one_before_it_impossible() -> None:
    home, spread_m = np.array([[900.0, 60.0]]), np.array([50.0])
    through = bounds(STREET, [[(0.0, 60.0), (3000.0, 60.0)]], home, spread_m, DOOR)
    assert told(through)[0][0] != NONE
    assert told(through)[0][1] == NONE
    before = bounds(STREET, [[(0.0, 5.0), (3000.0, 5.0)]], home, spread_m, DOOR)
    assert told(before) == [(NONE, NONE)]
    beyond = bounds(STREET, [[(0.0, -5.0), (3000.0, -5.0)]], home, spread_m, DOOR)
    assert told(beyond) == told(bounds(STREET, [], home, spread_m, DOOR))


def test_out_of_a_compound_through_its_gate() -> None:
    """A gate 20 m above the street at x = 900, in the wall of a compound of 200 m by 100 m; the home 50 m inside."""
    ring = [(800.0, 20.0), (1000.0, 20.0), (1000.0, 120.0), (800.0, 120.0), (800.0, 20.0)]
    gates = Gates(
        lonlat_of_gate=FRAME.to_lonlat(np.array([[900.0, 20.0]])),
        outline_of_gate=np.zeros(1, np.int32),
        lonlat_of_outline_point=FRAME.to_lonlat(np.array(ring)),
        start_of_outline=np.array([0, 5]),
    )
    homes, spread_m = np.array([[900.0, 70.0]] * 3), np.array([0.0, 15.0, 60.0])
    exactly, house, cell = told(bounds(STREET, [], homes, spread_m, DOOR, gates=gates))
    assert exactly == pytest.approx((9 * 970, 9 * 970), abs=2)
    assert house == pytest.approx((9 * 955, 9 * 985), abs=2)
    assert cell[1] == NONE, "part of it lies outside the wall"
    walled = told(bounds(STREET, [ring], homes[:2], spread_m[:2], DOOR, gates=gates))
    assert walled == [exactly, house], "the wall itself stands open at its gate"


class Winding(SecondOpinion):
    """Connectors that are longer than straight, each by a share of its own."""

    def __init__(self, *args: object, dice: np.random.Generator, detour: float, **more: object) -> None:
        super().__init__(*args, **more)
        self.dice, self.detour = dice, detour

    def joints(self, xy_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        point, piece, at, connector = super().joints(xy_m)
        return point, piece, at, np.rint(connector * self.dice.uniform(1, self.detour, len(connector))).astype(int)


def crooked_town(dice: np.random.Generator) -> list[Way]:
    """Blocks whose sides are bent, some of them missing."""
    ways: list[Way] = []
    for start, end in block_town(6, 6, 170.0):
        if dice.random() < 0.2:
            continue
        bends = dice.uniform(-45, 45, (dice.integers(0, 4), 2))
        steps = np.linspace(0, 1, len(bends) + 2)[1:-1, None]
        between = np.array(start) + steps * (np.array(end) - np.array(start)) + bends
        ways.append([start, *map(tuple, between.tolist()), end])
    return ways


@pytest.mark.parametrize("seed", range(8))
def test_nobody_in_a_home_is_ever_outside_the_bounds(seed: int) -> None:
    """People are moved about inside their cells, connectors wind: the true time, and the true share, is between."""
    dice = np.random.default_rng(seed)
    ways = crooked_town(dice)
    barriers: list[Way] = [
        [tuple(p) for p in (start + dice.uniform(-150, 150, (3, 2))).tolist()] for start in dice.uniform(0, 850, (6, 2))
    ]
    homes = dice.uniform(-150, 1000, (60, 2))
    spread_m = np.where(dice.random(60) < 0.2, 0.0, dice.uniform(1, 70, 60))
    stations, detour = dice.uniform(0, 850, (3, 2)), 1.3
    found = bounds(ways, barriers, homes, spread_m, stations, detour)
    ground = ground_of(graph_of(ways, barriers), min_component_m=300)
    low = np.where(found.low_ds_of_home == NONE, np.inf, found.low_ds_of_home)
    high = np.where(found.high_ds_of_home == NONE, np.inf, found.high_ds_of_home)
    assert np.isfinite(high).sum() > 5, "the test says nothing where nobody is certain"
    people = dice.uniform(0, 100, 60)
    for _ in range(25):
        angle, radius_m = dice.uniform(0, 2 * np.pi, 60), spread_m * np.sqrt(dice.random(60))
        there = homes + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius_m[:, None]
        opinion = Winding(
            graph_of(ways, barriers),
            ground.frame,
            ds_per_m=DS_PER_M * FINE,
            max_m=MAX_M,
            min_component_m=300,
            dice=dice,
            detour=detour,
        )
        to_frame = ground.frame.to_xy_m(FRAME.to_lonlat(there)), ground.frame.to_xy_m(FRAME.to_lonlat(stations))
        true_ds = opinion.nearest(*to_frame) / FINE
        assert (low <= true_ds + 0.1).all()
        assert (true_ds <= high + 0.1).all()
        for cutoff_ds in (3000, 4500, 6000):
            covered = people[true_ds <= cutoff_ds].sum()
            assert people[high <= cutoff_ds].sum() <= covered <= people[low <= cutoff_ds].sum()


def test_told_times_are_held() -> None:
    found = Bounds(np.array([NONE, 5, 5], np.int32), np.array([NONE, 7, 7], np.int32))
    held = found.holding(np.array([6, 4, 8], np.int32))
    assert held.low_ds_of_home.tolist() == [6, 4, 5]
    assert held.high_ds_of_home.tolist() == [NONE, 7, 8]
    unreached = found.holding(np.array([NONE, NONE, NONE], np.int32))
    assert unreached.low_ds_of_home.tolist() == [NONE, 5, 5]
    assert unreached.high_ds_of_home.tolist() == [NONE, NONE, NONE]
