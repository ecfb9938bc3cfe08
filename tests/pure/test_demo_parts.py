"""The generator's parts: whole numbers that add up, bending and back, cutting, and the large plan's counts."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.demo.blocks import bisect
from geo.demo.large import large_plan
from geo.demo.linework import cut, faces, in_largest_component, ways
from geo.demo.plan import Bend, ribbon
from geo.demo.shares import share_out, share_out_within

BEND = Bend(0.3, ((60.0, 3000.0, 0.4, 1.9, 0.2), (9.0, 700.0, 1.3, 0.1, 2.0)), (100.0, -50.0))
WEIGHTS = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=40).filter(lambda weights: sum(weights) > 1e-3)


@given(WEIGHTS, st.integers(0, 100_000))
def test_shares_add_up_and_are_within_one_of_exact(weights: list[float], total: int) -> None:
    weight = np.array(weights)
    shares = share_out(total, weight)
    assert shares.sum() == total
    assert (np.abs(shares - total * weight / weight.sum()) < 1 + 1e-6).all()


@given(WEIGHTS, st.integers(0, 50))
def test_everybody_gets_the_least(weights: list[float], more: int) -> None:
    shares = share_out(3 * len(weights) + more, np.array(weights), least=3)
    assert shares.min() >= 3
    assert shares.sum() == 3 * len(weights) + more


def test_shares_within_groups_add_up_group_by_group() -> None:
    group = np.array([2, 0, 0, 2, 2])
    shares = share_out_within(np.array([7, 5, 10]), group, np.array([1.0, 1.0, 2.0, 1.0, 1.0]))
    assert np.bincount(group, shares).tolist() == [7, 0, 10]


@given(st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_bending_back_undoes_bending(x: float, y: float) -> None:
    assert BEND.back(BEND(np.array([[x, y]])))[0] == pytest.approx([x, y], abs=1e-3)


@given(st.floats(0.15, 0.85), st.integers(0, 1000), st.sampled_from([0.0, 1.0]))
def test_a_cut_loses_nothing_and_comes_near_its_share(share: float, seed: int, wildness: float) -> None:
    shape = shapely.Polygon([(0, 0), (400, 30), (380, 210), (150, 260), (-20, 190)])
    line, (first, second) = bisect(shape, share, np.random.default_rng(seed), wildness)
    assert first.area + second.area == pytest.approx(shape.area)
    assert first.area / shape.area == pytest.approx(share, abs=0.02 + 0.12 * wildness)
    assert line.crosses(shape)


def test_lines_are_cut_where_they_meet_and_stubs_fall_off() -> None:
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(40, -0.3), (40, 50)])]
    (along,), (up,) = ways(lines)
    assert (40.0, 0.0) in along.coords
    assert sorted(up.coords) == [(40.0, 0.0), (40.0, 50.0)]
    edges, line_of_edge = cut(lines)
    assert np.bincount(line_of_edge).tolist() == [2, 2]
    assert shapely.length(edges).sum() == pytest.approx(150.3)


def test_faces_share_every_vertex() -> None:
    frame = shapely.box(0, 0, 300, 200).exterior
    found = faces([frame, shapely.LineString([(100, -1), (110, 201)]), shapely.LineString([(104, 90), (301, 95)])])
    assert len(found) == 3
    assert shapely.coverage_is_valid(found)


def test_the_largest_component_is_the_one_with_most_lines() -> None:
    lines = [[(0, 0), (1, 0)], [(1, 0), (1, 1)], [(9, 9), (9, 8)], [(0, 0), (0, 5)]]
    assert in_largest_component([shapely.LineString(xy) for xy in lines]) == [True, True, False, True]


def test_a_river_is_as_wide_as_it_says() -> None:
    water = ribbon(shapely.LineString([(0, 0), (1000, 0)]), lambda along: np.full(len(along), 20.0))
    assert water.area == pytest.approx(40_000)


def test_the_large_plan_has_the_counts_of_its_source() -> None:
    plan = large_plan(np.random.default_rng(1))
    assert len(plan.communities) == 279
    assert sum(community.n_grids for community in plan.communities) == 2_814
    kinds = [site.kind for site in plan.sites]
    wanted = {
        "party_mass_centre": 336,
        "new_organisation_venue": 92,
        "compound_station": 210,
        "energy_station": 347,
        "driver_station": 14,
    }
    assert {kind: kinds.count(kind) for kind in wanted} == wanted
    codes = [community.code for community in plan.communities] + [quarter.code for quarter in plan.quarters]
    assert len(set(codes)) == len(codes)
    assert {community.parent_code for community in plan.communities} == {
        quarter.code for quarter in plan.quarters if quarter.level == "subdistrict"
    }
    assert len({community.name for community in plan.communities}) == 279
    at = np.array([shapely.get_coordinates(site.near)[0] for site in plan.sites[:279]])
    assert (plan.zone_of(at)[0] >= 0).mean() > 0.95, "a centre lies in a community"
