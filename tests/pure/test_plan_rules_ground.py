"""Rules of plans that look at ground: drawn towns whose derived shapes are spoilt by hand, to see that it is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo.compute.plans.rules import problems_of
from geo.drafts import Draft
from geo.plan_problems import Inspection, Problem, blocks
from geo.rules.plan_rules import plan_rules
from geo.units import NONE
from tests.drawn_grids import FRAME, box, draft_of, homes_at, inspection_of, lonlat_at, with_bridges

RULES = plan_rules()
GROUND = ("closed", "overlap", "gap", "outside", "one_piece", "building_cut")


def found(plan: Inspection, *keys: str) -> list[Problem]:
    return problems_of(plan, {key: RULES[key] for key in keys or GROUND})


def area_m2(problem: Problem) -> float:
    assert problem.shape is not None
    return float(shapely.transform(problem.shape, FRAME.to_xy_m).area)


def with_shape(plan: Inspection, place: int, shape: shapely.Geometry) -> Inspection:
    shapes = plan.shapes.copy()
    shapes[place] = shape
    return replace(plan, shapes=shapes)


def town(draft: Draft | None = None) -> Inspection:
    return inspection_of(draft or draft_of("AAB", "CAB"), homes_at())


def test_what_is_derived_from_units_fits() -> None:
    assert not found(town())
    assert not found(town(draft_of("AAA", "ABA", "AAA"))), "a grid in a grid"
    assert not found(inspection_of(draft_of("A"), homes_at())), "one grid"


def test_a_shape_that_crosses_itself_is_not_closed() -> None:
    bow = shapely.Polygon([lonlat_at(*place) for place in [(0, 0), (1, 1), (1, 0), (0, 1)]])
    (breach,) = found(with_shape(town(), 2, bow), "closed")
    assert (breach.grid_ids, breach.severity) == ((3,), "error")
    assert "Self-intersection" in breach.in_language("en")


def test_shapes_that_overlap() -> None:
    problems = found(with_shape(town(), 2, box(0, 0, 1.2, 1)), "overlap", "gap", "outside")
    assert {problem.rule for problem in problems} == {"overlap"}
    assert {grid for problem in problems for grid in problem.grid_ids} == {1, 3}
    assert all(problem.shape is not None and problem.evidence["metres"] > 50 for problem in problems)


def test_a_corner_that_the_neighbour_has_not_is_no_fit() -> None:
    corner = shapely.union_all([box(0, 0, 0.5, 1), box(0.5, 0, 1, 1)])
    bent = shapely.transform(corner, lambda places: places + np.where(places == lonlat_at(0.5, 1), [0, 1e-6], 0))
    assert found(with_shape(town(), 2, bent), "overlap")


def test_ground_that_no_grid_has() -> None:
    (breach,) = found(with_shape(town(), 2, box(0, 0, 1, 0.8)), "gap", "outside")
    assert (breach.rule, breach.grid_ids) == ("gap", (1, 3))
    assert area_m2(breach) == pytest.approx(2000, rel=1e-3)
    assert breach.evidence["area_m2"] == pytest.approx(2000, rel=1e-3)
    assert breach.lonlat == pytest.approx(lonlat_at(0.5, 0.9))


def test_ground_beyond_the_community() -> None:
    (breach,) = found(with_shape(town(), 2, box(0, -0.5, 1, 1)), "gap", "outside")
    assert (breach.rule, breach.grid_ids) == ("outside", (3,))
    assert area_m2(breach) == pytest.approx(5000, rel=1e-3)


def test_pieces_of_ground_beside_the_same_grid_are_told_apart() -> None:
    bites = shapely.union_all([box(0.2, 0, 0.3, 0.5), box(0.7, 0, 0.8, 0.5)])
    breaches = found(with_shape(town(), 2, shapely.difference(box(0, 0, 1, 1), bites)), "gap")
    assert [breach.grid_ids for breach in breaches] == [(3,), (3,)]
    assert len({breach.id for breach in breaches}) == 2


def test_rounding_of_the_communitys_border_is_neither() -> None:
    """A border of the community drawn to more digits than the grids have: off by up to half of a ten-millionth."""
    draft = draft_of("AAB", "CAB")
    corners = shapely.get_coordinates(shapely.segmentize(draft.community.shape, 1e-4))[:-1]
    fine = shapely.Polygon(corners + np.random.default_rng(1).uniform(-5e-8, 5e-8, corners.shape))
    plan = town(replace(draft, community=replace(draft.community, shape=fine)))
    assert not plan.shapes[0].equals(fine)
    assert not found(plan)
    wide = shapely.transform(draft.community.shape, lambda places: places + np.array([3e-6, 0.0]))
    moved = town(replace(draft, community=replace(draft.community, shape=wide)))
    assert [problem.rule for problem in found(moved)] == ["gap", "outside"]


def test_a_grid_in_pieces() -> None:
    plan = town(draft_of("AABB", "AACB", "BBCA"))
    problems = found(plan)
    assert [(problem.rule, problem.grid_ids, problem.evidence["pieces"]) for problem in problems] == [
        ("one_piece", (1,), 2),
        ("one_piece", (2,), 2),
    ]
    # the smaller pieces: the square in the south-east, and the two in the south-west
    assert problems[0].shape is not None
    assert problems[0].shape.equals(box(3, 0, 4, 1))
    assert problems[1].shape is not None
    assert problems[1].shape.equals(box(0, 0, 2, 1))
    assert blocks(problems) == problems


def test_a_bridge_makes_one_piece() -> None:
    draft = draft_of("AA..A", "AA..A", "....A", "A...A")
    (breach,) = found(inspection_of(with_bridges(draft, (1, 2)), homes_at()), "one_piece")
    assert breach.evidence["pieces"] == 2
    # 100 m from the square in the south-west to the unit north of it, 300 m to the column in the east
    assert breach.evidence["units"] == [103, 107]
    assert breach.shape is not None
    assert breach.shape.equals(box(0, 0, 1, 1))


def buildings(draft: Draft, *outlines: shapely.Geometry | None) -> list[Problem]:
    homes = homes_at(*[(0.5, 0.5)] * len(outlines))
    return found(inspection_of(draft, homes, outline_of_home=np.array(outlines, object)), "building_cut")


def test_a_border_through_a_building() -> None:
    draft = draft_of("AAB", "CAB")
    (breach,) = buildings(draft, box(1.1, 0.1, 1.9, 0.9), box(1.8, 0.2, 2.3, 0.4), None)
    assert (breach.grid_ids, breach.subject, breach.evidence["building"]) == ((1, 2), "1001", 1001)
    assert breach.shape is not None
    assert breach.shape.equals(box(1.8, 0.2, 2.3, 0.4))
    assert "between A (001), B (002)" in breach.in_language("en")


def test_a_building_in_three_grids_is_told_once() -> None:
    (breach,) = buildings(draft_of("AB", "CC"), box(0.5, 0.5, 1.5, 1.5))
    assert breach.grid_ids == (1, 2, 3)


def test_walls_on_a_border_and_borders_within_a_grid_cut_nothing() -> None:
    draft = draft_of("AAB", "CAB")
    # to the border itself, 30 cm over it, over a border of units, over the community's
    assert not buildings(draft, box(1.1, 0.1, 2, 0.9), box(1.1, 0.1, 2.003, 0.9), box(0.5, 1.5, 1.5, 1.8))
    assert not buildings(draft, box(-0.5, 0.2, 0.5, 0.8))
    assert len(buildings(draft, box(1.1, 0.1, 2.007, 0.9))) == 1
    assert not found(town(draft), "building_cut"), "no outline is known"


def test_homes_outside_do_not_disturb() -> None:
    homes = homes_at((0.5, 0.5), (9, 9))
    plan = inspection_of(draft_of("AB"), homes)
    plan = replace(plan, unit_of_home=np.array([0, NONE]), compound_of_home=np.array(["x", "x"], object))
    assert not found(plan, "compound_cut")
