"""Grids that were drawn before there were units: units are cut along their borders where these follow nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.units.cut import UnitCut, cut_units
from geo.compute.units.dead_ends import without_dead_ends
from geo.compute.units.grid_lines import lines_of_grids
from geo.compute.units.kinds import kinds_of_arcs
from geo.drafts import BORDER_KINDS
from geo.rules.layers import layer_rules
from geo.rules.units import unit_rule
from tests.pure.test_unit_cut import CROSS, EAST_DEG, NORTH_DEG, TOWN, areas_m2, box, check, drawn, kinds, line

HALF_M = 0.5


def lines_for(grids: list[Any], buildings: list[Any], **lines: list[Any]) -> tuple[dict[str, Any], UnitCut]:
    """What units are to be cut along, and the units without it."""
    known = {kind: np.array(some, dtype=object) for kind, some in lines.items()}
    before = cut_units(TOWN, known, np.array(buildings, dtype=object), unit_rule())
    kind_of_arc = kinds_of_arcs(before.fabric, known, unit_rule().near_m)
    parting = without_dead_ends(TOWN, known) if known else np.zeros(0, dtype=object)
    units = before.fabric, kind_of_arc
    found = lines_of_grids(np.array(grids, dtype=object), units, parting, unit_rule(), layer_rules().clean)
    return {**known, "drawn": found}, before


def cut_along(grids: list[Any], buildings: list[Any] | None = None, **lines: list[Any]) -> UnitCut:
    known, _ = lines_for(grids, buildings or [], **lines)
    found = cut_units(TOWN, known, np.array(buildings or [], dtype=object), unit_rule())
    check(found, TOWN, buildings or [])
    return found


def split(*places: tuple[float, float]) -> list[Any]:
    """The town in two along a line."""
    drawing = shapely.union_all([TOWN.boundary, line(*places)])
    return list(shapely.get_parts(shapely.polygonize([drawing])))


def test_grids_that_follow_nothing_are_the_units() -> None:
    """Two winding borders that cross, and a grid within another."""
    town = shapely.box(0, 0, 400, 400)
    ways = [[(-9, 150), (120, 190), (230, 90), (409, 210)], [(150, -9), (210, 170), (190, 409)]]
    drawing = shapely.union_all([town.boundary, *map(shapely.LineString, ways)])
    island = shapely.Point(80, 320).buffer(40, quad_segs=4)
    grids = [drawn(part.difference(island)) for part in shapely.get_parts(shapely.polygonize([drawing]))]
    grids.append(drawn(island))
    assert len(grids) == 5
    found = cut_along(grids)
    assert len(found.shapes) == 5
    for grid in grids:
        home = found.shapes[int(np.argmax(shapely.area(shapely.intersection(found.shapes, grid))))]
        off = home.symmetric_difference(grid).intersection(box(16, 16, 384, 384))
        assert off.area / (EAST_DEG * NORTH_DEG) < 0.02 * 400, "to a few centimetres, but where it is led to the edge"


def test_a_border_beside_a_street_is_the_street() -> None:
    grids = split((192, -50), (209, 200), (194, 450))
    known, before = lines_for(grids, [], street=CROSS)
    assert not len(known["drawn"])
    assert len(before.shapes) == 4


def test_a_border_that_leaves_a_street_and_comes_back() -> None:
    """It goes round a square of 100 m to the east of the street."""
    grids = split((200, -50), (200, 100), (300, 100), (300, 200), (200, 200), (200, 450))
    found = cut_along(grids, street=CROSS[:1])
    assert sorted(areas_m2(found)) == pytest.approx([10_000, 70_000, 80_000], rel=0.01)
    street = {"street": CROSS[:1], "drawn": lines_for(grids, [], street=CROSS[:1])[0]["drawn"].tolist()}
    metres = kinds(found, **street)
    assert metres["street"] == pytest.approx(400, abs=1)
    assert metres["drawn"] == pytest.approx(300, abs=2 * unit_rule().sliver_m)


def off_m2(found: UnitCut, grids: list[Any]) -> float:
    """Ground of units that lies outside the grid that has most of each."""
    shared = [shapely.area(shapely.intersection(found.shapes, grid)) for grid in grids]
    return float(areas_m2(found).sum() - np.max(shared, axis=0).sum() / (EAST_DEG * NORTH_DEG))


def n_corners(found: UnitCut, grids: list[Any]) -> int:
    """Corners of the border between two grids that are put together from units, to half a metre."""
    home = np.argmax([shapely.area(shapely.intersection(found.shapes, grid)) for grid in grids], axis=0)
    one, other = (shapely.coverage_union_all(found.shapes[home == grid]).boundary for grid in (0, 1))
    scale = np.array([EAST_DEG, NORTH_DEG])
    border = shapely.transform(shapely.line_merge(shapely.intersection(one, other)), lambda lonlat: lonlat / scale)
    return len(shapely.get_coordinates(border.simplify(HALF_M)))


def test_a_border_along_a_street_that_ends_before_it_meets_another() -> None:
    """Between two walled compounds of five houses each, whose ground in the lane would meet in teeth."""
    houses = [box(x, y, x + 40, y + 12) for x, first in ((130, 30), (230, 15)) for y in range(first, first + 150, 33)]
    walls = [drawn(shapely.box(*sides).exterior) for sides in ((20, 12, 188, 190), (214, 12, 380, 190))]
    streets = [line((-50, 200), (450, 200)), line((200, 200), (200, 16)), line((200, 200), (200, 450))]
    streets.append(line((200, -5), (200, 1)))  # so that the border has a corner there
    grids = split((200, -50), (200, 450))
    _, before = lines_for(grids, houses, street=streets, wall=walls)
    assert off_m2(before, grids) > 100
    assert n_corners(before, grids) > 8
    found = cut_along(grids, houses, street=streets, wall=walls)
    assert off_m2(found, grids) < 2
    assert n_corners(found, grids) == 2
    assert len(found.shapes) >= len(houses) + 2


def test_a_strip_along_the_communitys_border_is_parted_where_grids_are() -> None:
    """Between a railway and the border lie 8 m, which are no unit: each grid keeps what it has of them."""
    rail, grids = [line((-50, 8), (450, 8))], split((200, -50), (200, 450))
    found = cut_along(grids, rail=rail, street=[line((200, 8), (200, 450)), line((200, -5), (200, 1))])
    assert areas_m2(found).tolist() == pytest.approx([80_000, 80_000], abs=2)
    assert off_m2(found, grids) < 2


def test_no_house_is_cut_and_each_stays_with_the_side_that_has_more_of_it() -> None:
    houses = [box(190, 100, 225, 120), box(175, 200, 205, 220), box(20, 300, 60, 330)]
    grids = split((200, -50), (200, 450))
    found = cut_along(grids, houses)
    for house, grid in zip(houses, (1, 0, 0), strict=True):
        unit = found.shapes[found.unit_of_building[houses.index(house)]]
        east = shapely.box(103.2 + 200 * EAST_DEG, 40, 104, 41)
        assert (unit.intersection(east).area > unit.area / 2) == bool(grid)


def test_ends_on_the_communitys_border_are_corners_that_it_has_near_by() -> None:
    grids = split((-50, 133), (450, 187.3))
    ends = [line((-1, y), (1, y)) for y in (145, 190)] + [line((399, y), (401, y)) for y in (175, 210)]
    known, before = lines_for(grids, [], street=ends)
    ends = {tuple(np.rint(line.coords[k] * np.array(1e7)).astype(int)) for line in known["drawn"] for k in (1, -2)}
    corners = np.rint(shapely.get_coordinates(before.shapes) * 1e7).astype(int)
    assert ends <= set(map(tuple, corners.tolist()))


def test_neither_grids_nor_units_no_lines() -> None:
    _, before = lines_for([], [])
    kind_of_arc = np.full(len(before.fabric.left), BORDER_KINDS.index("community"), np.int32)
    nothing, rules = np.zeros(0, dtype=object), (unit_rule(), layer_rules().clean)
    assert not len(lines_of_grids(nothing, (before.fabric, kind_of_arc), nothing, *rules))


PLACE = st.integers(20, 380)
CENTRES = st.lists(st.tuples(PLACE, PLACE), min_size=2, max_size=9, unique=True)
STREETS = st.lists(st.lists(st.tuples(PLACE, PLACE), min_size=2, max_size=3, unique=True), max_size=3)
SHAKE = st.floats(0, HALF_M)


@settings(max_examples=60, deadline=None)
@given(CENTRES, STREETS, SHAKE, st.integers(0, 1 << 16))
def test_any_grids(centres: Any, streets: Any, shake: float, seed: int) -> None:
    """Of all units, no more lies outside the grid that has most of each than a strip along the borders of grids."""
    noise = np.random.default_rng(seed)
    town = shapely.box(0, 0, 400, 400)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=town))
    cells = shapely.intersection(cells, town)
    shaken = [
        shapely.Polygon(xy[:-1] + noise.uniform(-shake, shake, xy[:-1].shape))
        for xy in map(shapely.get_coordinates, cells)
    ]
    grids = [drawn(cell) for cell in shapely.make_valid(shaken, method="structure")]
    found = cut_along(grids, street=[line(*places) for places in streets])
    unit, grid = shapely.STRtree(np.array(grids)).query(found.shapes, "intersects")
    shared = np.zeros(len(found.shapes))
    np.maximum.at(shared, unit, shapely.area(shapely.intersection(found.shapes[unit], np.array(grids)[grid])))
    outside_m2 = areas_m2(found).sum() - shared.sum() / (EAST_DEG * NORTH_DEG)
    border_m = shapely.union_all(shapely.boundary(cells)).length
    assert outside_m2 <= (unit_rule().sliver_m + 2 * HALF_M) * border_m
