"""Drawn towns whose units are known by counting, and random ones held to what a cut must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.compute.fabric.shapes import fabric_of
from geo.compute.units.cut import UnitCut, cut_units
from geo.compute.units.kinds import kinds_of_arcs
from geo.drafts import BORDER_KINDS
from geo.errors import BadGeometry
from geo.rules.units import unit_rule
from geo.units import E7, NONE

EAST_DEG, NORTH_DEG = 118 / E7, 90 / E7
"""A metre at 40.4 degrees north, to two thousandths: whole metres are whole ten-millionths of a degree."""

CORNER = (103.2, 40.4)
GRAIN = 2.5e-7
"""Corners move to whole ten-millionths, and where lines meet just outside of the community its border follows."""


def drawn(shape: Any) -> Any:
    """A shape in metres from the corner, in degrees."""
    return shapely.transform(shape, lambda xy: xy * (EAST_DEG, NORTH_DEG) + CORNER)


def box(*bounds: float) -> Any:
    return drawn(shapely.box(*bounds))


def line(*places: tuple[float, float]) -> Any:
    return drawn(shapely.LineString(places))


def cut(community: Any, buildings: list[Any] | None = None, **lines: list[Any]) -> UnitCut:
    kinds = {kind: np.array(some, dtype=object) for kind, some in lines.items()}
    found = cut_units(community, kinds, np.array(buildings or [], dtype=object), unit_rule())
    check(found, community, buildings or [])
    return found


def check(found: UnitCut, community: Any, buildings: list[Any]) -> None:
    """What holds of every cut."""
    shapes = found.shapes
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    xy = shapely.get_coordinates(shapes)
    assert np.array_equal(np.rint(xy * E7) / E7, xy)
    whole = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-9)
    assert shapely.hausdorff_distance(whole.boundary, community.boundary) < GRAIN
    corners = {tuple(corner) for corner in np.rint(shapely.get_coordinates(community) * E7).tolist()}
    assert corners <= {tuple(corner) for corner in np.rint(shapely.get_coordinates(whole) * E7).tolist()}
    assert community.within(whole.buffer(GRAIN))
    assert whole.within(community.buffer(GRAIN))
    for i, building in enumerate(buildings):
        unit = found.unit_of_building[i]
        if unit != NONE:
            inside = building.intersection(community)
            assert inside.buffer(-2 * GRAIN).within(shapes[unit]), "no unit cuts a building"


def kinds(found: UnitCut, **lines: list[Any]) -> dict[str, float]:
    """Kind -> metres of border, roughly."""
    fabric = fabric_of(found.shapes)
    kind = kinds_of_arcs(fabric, {k: np.array(some, dtype=object) for k, some in lines.items()}, 0.5)
    nodes, start = fabric.node_e7, fabric.start_of_inner
    metres: dict[str, float] = {}
    for arc, number in enumerate(kind):
        inner = fabric.inner_e7[start[arc] : start[arc + 1]]
        places = np.vstack([nodes[fabric.from_node[arc]], inner, nodes[fabric.to_node[arc]]])
        steps = np.diff(places, axis=0) / E7 / (EAST_DEG, NORTH_DEG)
        name = BORDER_KINDS[number]
        metres[name] = metres.get(name, 0.0) + float(np.hypot(*steps.T).sum())
    return metres


def areas_m2(found: UnitCut) -> Any:
    return shapely.area(found.shapes) / (EAST_DEG * NORTH_DEG)


TOWN = box(0, 0, 400, 400)
CROSS = [line((200, -50), (200, 450)), line((-50, 200), (450, 200))]
SIXTEEN = [box(x + 35, y + 40, x + 65, y + 60) for x in (0, 100, 200, 300) for y in (0, 100, 200, 300)]


def test_nothing_drawn_is_one_unit() -> None:
    found = cut(TOWN)
    assert len(found.shapes) == 1
    assert found.shapes[0].equals(shapely.set_precision(TOWN, 1e-7))
    assert found.unit_of_building.tolist() == []


def test_streets_part_blocks() -> None:
    found = cut(TOWN, street=CROSS)
    assert areas_m2(found) == pytest.approx([40_000] * 4, rel=1e-6)
    assert kinds(found, street=CROSS) == pytest.approx({"community": 1600, "street": 800}, rel=1e-5)


def test_four_blocks_of_four_buildings_each() -> None:
    found = cut(TOWN, SIXTEEN, street=CROSS)
    assert sorted(found.unit_of_building.tolist()) == list(range(16))
    assert areas_m2(found) == pytest.approx([10_000] * 16, rel=0.07)
    metres = kinds(found, street=CROSS)
    assert metres.keys() == {"community", "street", "plot"}
    assert metres["street"] == pytest.approx(800, rel=1e-5)
    assert metres["plot"] == pytest.approx(1600, rel=0.05)


@pytest.mark.parametrize("kind", ["street", "water", "rail"])
def test_no_ground_is_given_away_over_a_street(kind: str) -> None:
    """Houses stand at different distances from it on both sides, so that some ground beside it is nobody's at first."""
    houses = [box(x + 40, y, x + 60, y + 20) for x in range(0, 400, 100) for y in (40, 140, 240, 340)]
    found = cut(TOWN, houses, **{kind: [line((-50, 235), (450, 235))]})
    south = box(0, 0, 400, 235)
    share = shapely.area(shapely.intersection(found.shapes, south)) / shapely.area(found.shapes)
    assert sorted(np.round(share, 4).tolist()) == [0.0] * 8 + [1.0] * 8


def test_plots_end_midway_between_walls() -> None:
    found = cut(box(0, 0, 100, 60), [box(10, 20, 30, 40), box(60, 20, 90, 40)])
    left, right = found.shapes[found.unit_of_building]
    border = shapely.transform(left.intersection(right), lambda xy: (xy - CORNER) / (EAST_DEG, NORTH_DEG))
    middle = shapely.intersection(border, shapely.box(0, 20, 100, 40))
    assert middle.bounds == pytest.approx((45, 20, 45, 40), abs=0.02)
    assert border.bounds[0] > 39


def test_a_river_and_a_railway_part_a_block() -> None:
    river, rail = [line((-10, 150), (410, 250))], [line((100, -10), (120, 410))]
    found = cut(TOWN, water=river, rail=rail)
    assert len(found.shapes) == 4
    metres = kinds(found, water=river, rail=rail)
    assert metres == pytest.approx({"community": 1600, "water": 411.2, "rail": 400.5}, rel=1e-3)


def test_ends_that_meet_nothing_part_nothing() -> None:
    found = cut(TOWN, street=[line((200, -50), (200, 300)), line((50, 60), (90, 60))])
    assert len(found.shapes) == 1


def test_a_street_through_a_building_goes_around_it() -> None:
    """Three quarters of the building are on the east side, so are most of its walls, and so is its unit."""
    house, street = box(190, 180, 230, 220), [line((200, -50), (200, 450))]
    found = cut(TOWN, [house], street=street)
    assert areas_m2(found) == pytest.approx([80_000 - 400, 80_000 + 400], rel=1e-5)
    assert found.unit_of_building.tolist() == [1]
    assert kinds(found, street=street)["street"] == pytest.approx(420, abs=61)


def test_a_building_that_a_street_grazes_stays_whole() -> None:
    found = cut(TOWN, [box(200, 180, 230, 220), box(160, 180, 200, 220)], street=CROSS[:1])
    assert found.unit_of_building.tolist() == [1, 0]
    assert areas_m2(found) == pytest.approx([80_000] * 2, rel=1e-6)


def test_houses_under_one_roof_are_parted_at_their_walls() -> None:
    row = [box(100 + 10 * i, 190, 110 + 10 * i, 200) for i in range(4)]
    found = cut(box(0, 100, 240, 300), row)
    assert found.unit_of_building.tolist() == [0, 1, 2, 3]
    assert len(found.shapes) == 4


def test_a_building_drawn_twice_is_one() -> None:
    found = cut(TOWN, [box(100, 100, 130, 120), box(102, 100, 131, 121), box(300, 300, 320, 320)])
    assert found.unit_of_building.tolist() == [0, 0, 1]


def test_walls_that_overlap_a_little_do_not_make_one_building_of_two() -> None:
    found = cut_units(TOWN, {}, np.array([box(100, 100, 130, 120), box(129.8, 100, 160, 120)]), unit_rule())
    assert found.unit_of_building.tolist() == [0, 1]
    assert shapely.coverage_is_valid(found.shapes)


def test_the_court_of_a_building_is_its_own() -> None:
    ring = box(100, 100, 200, 200).difference(box(120, 120, 180, 180))
    assert len(cut(TOWN, [ring]).shapes) == 1
    inner = cut(TOWN, [ring, box(140, 140, 160, 160)])
    outer, island = inner.shapes[inner.unit_of_building]
    assert len(outer.interiors) == 1
    assert areas_m2(inner)[inner.unit_of_building[1]] == pytest.approx(1600, rel=0.2)
    assert island.within(box(119, 119, 181, 181))


def test_what_the_communitys_border_cuts_is_told() -> None:
    houses = [box(-10, 20, 30, 40), box(-30, 60, 10, 80), box(300, 300, 320, 320), box(500, 0, 510, 10)]
    found = cut(TOWN, houses)
    assert found.is_cut.tolist() == [True, True, False, False]
    assert found.unit_of_building.tolist() == [0, NONE, 1, NONE]
    inside = houses[0].intersection(TOWN)
    assert inside.buffer(-2 * GRAIN).within(found.shapes[0])


def test_a_community_with_a_hole_and_two_parts() -> None:
    community = drawn(
        shapely.union_all([shapely.box(0, 0, 400, 400) - shapely.box(150, 150, 250, 260), shapely.box(500, 0, 600, 90)])
    )
    streets = [*CROSS, line((450, 45), (650, 45))]
    found = cut(community, [box(20, 20, 40, 40), box(80, 20, 99, 40), box(510, 10, 530, 30)], street=streets)
    assert len(found.shapes) == 4 + 1 + 2
    assert kinds(found, street=streets)["street"] == pytest.approx(800 - 210 + 100, rel=1e-5)


def test_the_reserve_between_two_carriageways_is_no_unit() -> None:
    lanes = [line((195, -9), (195, 409)), line((205, -9), (205, 409)), line((-9, 200), (409, 200))]
    assert len(cut(TOWN, street=lanes).shapes) == 4


def test_a_street_beside_the_communitys_border_leaves_no_sliver() -> None:
    for off in (0.004, 0.1, 3.0):
        assert len(cut(TOWN, street=[line((-9, off), (409, off)), CROSS[0]]).shapes) == 2


def at_a_corner(shape: Any) -> Any:
    """A shape in ten-millionths about the western corner of the community below."""
    return shapely.transform(shape, lambda xy: np.add(xy, (1_032_000_000, 404_000_000)) / E7)


CORNERED = at_a_corner(shapely.Polygon([(1000, 20000), (17067, 18822), (20000, 40000), (8892, 49729), (2296, 25090)]))


def test_a_corner_that_lines_pass_within_a_hair_is_kept() -> None:
    """Found by trying: without care the two lines, which meet a hair beyond it, would take the corner away."""
    drawing = [[(4169, 22416), (-2283, 17499)], [(-6553, 20541), (27738, 18082)]]
    assert len(cut(CORNERED, street=[at_a_corner(shapely.LineString(places)) for places in drawing]).shapes) == 1


def test_a_corner_that_a_building_covers_is_kept() -> None:
    house = at_a_corner(
        shapely.Polygon([(1238.84, 19842.83), (1992.12, 20975.16), (1753.17, 21134.12), (999.88, 20001.79)])
    )
    assert cut(CORNERED, [house]).unit_of_building.tolist() == [0]


def test_the_verge_before_a_wall_belongs_to_what_the_wall_surrounds() -> None:
    walls = [shapely.box(15, 15, 185, 185), shapely.box(215, 15, 385, 185)]
    found = cut(
        TOWN, [box(50, 50, 60, 60), box(300, 50, 310, 60)], street=CROSS, wall=[drawn(w.exterior) for w in walls]
    )
    assert areas_m2(found) == pytest.approx([40_000] * 4, rel=1e-6)


def test_what_is_left_between_walls_and_a_street_does_not_cross_the_street() -> None:
    """The street is longer than the walls, so a strip's longest border is with the other side of the street."""
    zigzag = [(x, 200 + 4 * (x // 10 % 2)) for x in range(-10, 411, 10)]
    walls = [line((-10, y), (410, y)) for y in (191, 184)]
    found = cut(TOWN, street=[line(*zigzag)], wall=walls)
    assert areas_m2(found) == pytest.approx([80_800, 79_200], rel=1e-4)


def test_between_two_walls_the_border_runs_in_the_middle() -> None:
    walls = [drawn(shapely.box(10, 10, 190, 390).exterior), drawn(shapely.box(192, 10, 390, 390).exterior)]
    found = cut(TOWN, wall=walls)
    assert areas_m2(found) == pytest.approx([191 * 400, 209 * 400], rel=1e-3)


def test_open_ground_beside_a_compound_is_a_unit_of_its_own() -> None:
    wall = [drawn(shapely.box(10, 10, 150, 150).exterior)]
    found = cut(TOWN, wall=wall)
    assert len(found.shapes) == 2
    small = areas_m2(found).min()
    assert 140 * 140 < small < 170 * 170
    assert kinds(found, wall=wall)["wall"] > 200


def test_a_wall_with_an_opening_parts_nothing() -> None:
    wall = shapely.box(100, 100, 300, 300).exterior.difference(shapely.box(190, 90, 210, 110))
    assert len(cut(TOWN, wall=[drawn(wall)]).shapes) == 1


def test_plots_within_a_compound() -> None:
    wall = drawn(shapely.box(10, 10, 390, 390).exterior)
    found = cut(TOWN, [box(50, 100, 150, 300), box(250, 100, 350, 300)], wall=[wall])
    assert areas_m2(found) == pytest.approx([80_000] * 2, rel=2e-3)


def test_no_community_no_units() -> None:
    with pytest.raises(BadGeometry):
        cut_units(shapely.Polygon(), {}, np.array([], dtype=object), unit_rule())


def test_buildings_are_told_apart_from_what_has_no_area() -> None:
    found = cut(TOWN, [shapely.Point(103.2005, 40.4005), box(100, 100, 130, 120)])
    assert found.unit_of_building.tolist() == [NONE, 0]


PLACE = st.integers(-40, 440)
LINES = st.lists(st.lists(st.tuples(PLACE, PLACE), min_size=2, max_size=4, unique=True), max_size=5)
HOUSES = st.lists(
    st.tuples(st.integers(-20, 400), st.integers(-20, 400), st.integers(4, 60), st.integers(4, 60), st.integers(0, 89)),
    max_size=14,
)


def turned(west: float, south: float, width: float, depth: float, degrees: float) -> Any:
    return drawn(shapely.affinity.rotate(shapely.box(west, south, west + width, south + depth), degrees))


@settings(max_examples=150, deadline=None)
@given(LINES, LINES, LINES, HOUSES)
@example([], [], [], [(0, 0, 4, 4, 0), (0, 13, 4, 4, 21)])
def test_any_town(streets: Any, rivers: Any, walls: Any, houses: Any) -> None:
    community = drawn(shapely.Polygon([(0, 0), (380, 20), (400, 390), (200, 340), (10, 400)]))
    drawings = {
        kind: [line(*places) for places in some]
        for kind, some in (("street", streets), ("water", rivers), ("wall", walls))
    }
    buildings: list[Any] = []
    for house in houses:
        shape = turned(*house)
        if not any(shape.buffer(1e-6).intersects(other) for other in buildings):
            buildings.append(shape)
    found = cut(community, buildings, **drawings)
    again = cut_units(
        community,
        {kind: np.array(some, dtype=object) for kind, some in drawings.items()},
        np.array(buildings, dtype=object),
        unit_rule(),
    )
    assert all(shapely.equals_exact(one, other) for one, other in zip(found.shapes, again.shapes, strict=True))
    inside = [b.intersection(community).area >= 0.5 * b.area for b in buildings]
    placed = found.unit_of_building != NONE
    assert all(there for there, share in zip(placed, inside, strict=True) if share)
    assert len(set(found.unit_of_building[placed].tolist())) == placed.sum(), "a building each"
    empty = np.setdiff1d(np.arange(len(found.shapes)), found.unit_of_building)
    if len(found.shapes) > 1:
        assert (areas_m2(found)[empty] > 0.99 * unit_rule().smallest_m2).all()
    fabric_of(found.shapes)


SPOT = st.integers(0, 12).map(lambda n: 30 * n + 5)
SIZE = st.sampled_from([10, 15, 30, 31, 60, 90])
BLOCKS = st.lists(st.tuples(SPOT, SPOT, SIZE, SIZE), max_size=16)
RULED = st.lists(st.tuples(SPOT, SPOT, SPOT, SPOT).filter(lambda r: (r[0], r[1]) != (r[2], r[3])), max_size=6)


@settings(max_examples=100, deadline=None)
@given(RULED, BLOCKS, BLOCKS)
def test_any_town_where_things_touch(streets: Any, compounds: Any, houses: Any) -> None:
    """Walls in common, corners on streets, houses over one another and over the border: whatever lies on whatever."""
    buildings = [box(x, y, x + width, y + depth) for x, y, width, depth in houses]
    walls = [drawn(shapely.box(x, y, x + width, y + depth).exterior) for x, y, width, depth in compounds]
    found = cut_units(
        TOWN,
        {
            "street": np.array([line(r[:2], r[2:]) for r in streets], dtype=object),
            "wall": np.array(walls, dtype=object),
        },
        np.array(buildings, dtype=object),
        unit_rule(),
    )
    check(found, TOWN, [])
    for building, unit in zip(buildings, found.unit_of_building, strict=True):
        inside = building.intersection(TOWN)
        assert (unit != NONE) == (inside.area >= 0.5 * building.area - 1e-15)
        if unit != NONE:
            lost = inside.difference(found.shapes[unit].buffer(GRAIN)).area
            assert lost <= unit_rule().overlap_share * building.area, "no unit cuts a building"
    fabric_of(found.shapes)
