"""Communities that are cut each by itself fit their neighbours to the last digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.units.borders import on_corners
from geo.compute.units.cut import cut_units
from geo.compute.units.lattice import keys_of
from geo.compute.units.sides import Sides
from geo.rules.units import unit_rule
from tests.fitting import fits
from tests.pure.test_unit_cut import box, drawn, line, turned

WEST = [(0, 0), (203.5, 7.1), (180, 190), (205.5, 411.1), (-9.5, 380)]
EAST = [(203.5, 7.1), (401, -12.1), (420, 230), (390, 399), (205.5, 411.1), (180, 190)]
PAIR = [shapely.Polygon(WEST), shapely.Polygon(EAST)]
"""Edge-matched, with a bent border in common; counted from odd places, so that halves tell where one counts from."""
TEE = [
    shapely.Polygon([(0, 0), (431, 17), (440, 203), (-7, 180)]),
    shapely.Polygon([(-7, 180), (180.1, 189.6225950783), (171, 400), (3, 390)]),
    shapely.Polygon([(180.1, 189.6225950783), (440, 203), (433, 380), (171, 400)]),
]
"""The southern one has no corner where the two others meet, which lies on its side but for the rounding."""
ENCLAVE = [
    shapely.Polygon(WEST).difference(shapely.Polygon([(60, 60), (140, 75), (150, 300), (45, 290)])),
    shapely.Polygon([(60, 60), (140, 75), (150, 300), (45, 290)]),
    shapely.Polygon(EAST),
]
TOWNS = [PAIR, TEE, ENCLAVE]

PLACE = st.integers(-40, 460)
LINES = st.lists(st.lists(st.tuples(PLACE, PLACE), min_size=2, max_size=4, unique=True), max_size=4)
HOUSES = st.lists(
    st.tuples(st.integers(-20, 420), st.integers(-20, 400), st.integers(4, 60), st.integers(4, 60), st.integers(0, 89)),
    max_size=14,
)


def cut_each(town: list[Any], kinds: dict[str, list[Any]], buildings: list[Any]) -> list[Any]:
    """The units of every community, each cut by itself."""
    areas = [drawn(area) for area in town]
    lines = {kind: np.array(some, dtype=object) for kind, some in kinds.items()}
    houses = np.array(buildings, dtype=object)
    found = []
    for i, area in enumerate(areas):
        met = shapely.get_coordinates(np.delete(np.array(areas, dtype=object), i))
        found.append(cut_units(area, lines, houses, unit_rule(), met).shapes)
    return found


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TOWNS), LINES, LINES, LINES, HOUSES, st.booleans())
def test_any_neighbours(town: Any, streets: Any, rivers: Any, walls: Any, houses: Any, has_border_street: Any) -> None:
    if has_border_street:
        streets = [*streets, WEST[1:4], [(-7, 180), (440, 203)]]
    kinds = {
        kind: [line(*places) for places in some]
        for kind, some in (("street", streets), ("water", rivers), ("wall", walls))
    }
    fits(cut_each(town, kinds, [turned(*house) for house in houses]))


def test_from_where_a_border_touches_itself_the_nearest_corner_is_found_both_ways() -> None:
    """Two squares that meet in one corner. A border in one ends where there is none: 4 from there, 6 from the next."""
    rings = [
        [(0, 0), (6, 0), (6, 10), (0, 10)],
        [(6, 0), (10, 0), (10, 10), (6, 10)],
        [(10, 10), (20, 10), (20, 20), (10, 20)],
    ]
    start = keys_of(np.array(rings))
    sides = Sides(start.ravel(), np.roll(start, -1, axis=1).ravel(), np.repeat([0, 1, 2], 4))
    other, meeting, foot = keys_of(np.array([[6, 10], [10, 10], [6, 0]])).tolist()
    found = on_corners(sides, np.setdiff1d(start, [other]))
    assert other not in found.start.tolist()
    assert meeting in found.stop[found.start == foot].tolist()
    assert np.bincount(found.patch).tolist() == [4, 3, 4]


SQUARE = [shapely.box(5, 5, 215, 215), shapely.box(215, 5, 395, 125), shapely.box(215, 125, 395, 215)]
LEANING = [
    shapely.Polygon([(5, 5), (215, 6), (185, 395), (5, 395)]),
    shapely.Polygon([(215, 6), (395, 5), (395, 395), (185, 395)]),
]
SPOT = st.integers(0, 12).map(lambda n: 30 * n + 5)
SIZE = st.sampled_from([10, 15, 30, 31, 60, 90])
BLOCKS = st.lists(st.tuples(SPOT, SPOT, SIZE, SIZE), max_size=10)
RULED = st.lists(st.tuples(SPOT, SPOT, SPOT, SPOT).filter(lambda r: (r[0], r[1]) != (r[2], r[3])), max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([SQUARE, LEANING]), RULED, BLOCKS, BLOCKS)
def test_any_neighbours_where_things_touch(town: Any, streets: Any, compounds: Any, houses: Any) -> None:
    """Streets and walls along the border, corners and houses on it, houses over one another and over it."""
    kinds = {
        "street": [line(r[:2], r[2:]) for r in streets],
        "wall": [drawn(shapely.box(x, y, x + width, y + depth).exterior) for x, y, width, depth in compounds],
    }
    fits(cut_each(town, kinds, [box(x, y, x + width, y + depth) for x, y, width, depth in houses]))
