"""Figures of grids: squares counted by hand, shapely as an oracle, and what must hold however borders run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.figures import (
    centres_of_grids,
    figures_of_grids,
    grid_of_homes,
    lines_of,
    n_pieces,
    unit_of_homes,
)
from geo.drafts import BORDER_KINDS, Draft, DraftGrid
from geo.plan_figures import GridFigures
from geo.units import NONE
from tests.drawn_grids import FRAME, box, draft_of, homes_at, lonlat_at, unit_shapes, with_bridges

NOBODY = homes_at()
NOWHERE = np.empty(0, np.int64)

drawings = (
    st.integers(1, 6)
    .flatmap(lambda width: st.lists(st.text("ABC.", min_size=width, max_size=width), min_size=1, max_size=6))
    .filter(lambda rows: set("".join(rows)) != {"."})
)


def shaped(draft: Draft) -> GridFigures:
    return figures_of_grids(draft, NOBODY, NOWHERE, FRAME)


def in_metres(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, FRAME.to_xy_m)


def test_people_are_counted_where_they_live() -> None:
    draft = draft_of("AAB", "CAB")
    homes = homes_at(
        (0.5, 1.5), (1.5, 0.5), (2.5, 0.5), (0.5, 0.5),
        households=[1, 2, 4, 8], residents=[3, 5, 9, 17],
        elderly=[1, 0, 2, 3], children=[0, 1, 1, 4], shops=[0, 0, 2, 1],
    )  # fmt: skip
    homes = homes._replace(is_building=np.array([1, 0, 1, 1]))
    found = figures_of_grids(draft, homes, unit_of_homes(unit_shapes(draft), homes.lonlat), FRAME)
    assert found.units.tolist() == [3, 2, 1]
    assert found.homes.tolist() == [2, 1, 1]
    assert found.buildings.tolist() == [1, 1, 1]
    assert found.households.tolist() == [3, 4, 8]
    assert found.residents.tolist() == [8, 9, 17]
    assert found.elderly.tolist() == [1, 2, 3]
    assert found.children.tolist() == [1, 1, 4]
    assert found.shops.tolist() == [0, 2, 1]


def test_squares_of_100_metres() -> None:
    found = shaped(draft_of("AAB", "CAB"))
    assert found.area_m2 == pytest.approx([30_000, 20_000, 10_000], rel=5e-4)
    assert found.border_m == pytest.approx([800, 600, 400], rel=5e-4)
    assert found.compactness == pytest.approx([np.pi * 3 / 16, np.pi * 2 / 9, np.pi / 4], rel=5e-4)
    assert found.pieces.tolist() == [1, 1, 1]


def test_a_hole_has_a_border_too() -> None:
    found = shaped(draft_of("AAA", "ABA", "AAA"))
    assert found.area_m2 == pytest.approx([80_000, 10_000], rel=5e-4)
    assert found.border_m == pytest.approx([1600, 400], rel=5e-4)


def test_what_borders_run_along() -> None:
    """A meets B along 100 m of wall and C along 200 m of street, B meets C along 100 m of plots."""
    found = shaped(draft_of("AB", "AC", "CC", kinds={"AB": "wall", "AC": "street", "BC": "plot"}))
    assert found.inner_m == pytest.approx([300, 200, 300], rel=5e-4)
    assert found.share_along(["wall"]) == pytest.approx([1 / 3, 1 / 2, 0], abs=1e-4)
    assert found.share_along(["street", "wall"]) == pytest.approx([1, 1 / 2, 2 / 3], abs=1e-4)
    assert found.share_along(BORDER_KINDS) == pytest.approx([1, 1, 1])


def test_a_grid_that_is_its_community_has_no_inner_border() -> None:
    found = shaped(draft_of("AA"))
    assert found.inner_m.tolist() == [0]
    assert np.isnan(found.share_along(["street"])).all()


def test_a_grid_without_units_has_nothing() -> None:
    draft = draft_of("AB")
    draft = replace(draft, grids=(*draft.grids, DraftGrid(9, "", "Z", "basic", {})))
    found = shaped(draft)
    assert (found.units[2], found.pieces[2], found.area_m2[2], found.border_m[2]) == (0, 0, 0, 0)
    assert np.isnan(found.compactness[2])
    assert np.isnan(centres_of_grids(draft)[2]).all()


@given(drawings)
@settings(deadline=None)
def test_shapes_agree_with_shapely(rows: list[str]) -> None:
    draft = draft_of(*rows)
    found = shaped(draft)
    shapes = [in_metres(shape) for shape in shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids))]
    assert found.area_m2 == pytest.approx(shapely.area(shapes), rel=1e-9)
    assert found.border_m == pytest.approx(shapely.length(shapes), rel=1e-9)
    assert found.area_m2.sum() == pytest.approx(in_metres(draft.community.shape).area, rel=1e-9)
    degrees = shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids))
    assert centres_of_grids(draft) == pytest.approx(shapely.get_coordinates(shapely.centroid(degrees)), abs=1e-9)


def flooded(rows: list[str]) -> dict[str, int]:
    """Pieces of every letter, by spreading from square to square."""
    left = {(x, y): letter for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != "."}
    pieces: dict[str, int] = {}
    while left:
        place, letter = left.popitem()
        pieces[letter] = pieces.get(letter, 0) + 1
        waiting = [place]
        while waiting:
            x, y = waiting.pop()
            near = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
            mine = [other for other in near if left.get(other) == letter]
            waiting.extend(mine)
            for other in mine:
                del left[other]
    return pieces


@given(drawings)
@settings(deadline=None)
def test_pieces_are_those_one_can_walk_in(rows: list[str]) -> None:
    expected = flooded(rows)
    assert n_pieces(draft_of(*rows)).tolist() == [expected[letter] for letter in sorted(expected)]


def test_a_bridge_joins_what_lies_apart() -> None:
    draft = draft_of("ABA", "BBB", "A.B")  # units 0 to 7
    assert n_pieces(draft).tolist() == [3, 1]
    assert n_pieces(with_bridges(draft, (2, 0))).tolist() == [2, 1]
    assert n_pieces(with_bridges(draft, (2, 0), (6, 2))).tolist() == [1, 1]
    # a bridge to another grid joins nothing, and two of them do not make a way through it
    assert n_pieces(with_bridges(draft, (0, 5), (5, 2))).tolist() == [3, 1]


def test_a_home_on_a_border_is_in_the_lowest_unit() -> None:
    shapes = unit_shapes(draft_of("AB", "CD"))
    places = np.array([lonlat_at(*place) for place in [(1, 1.5), (1, 1), (1, 0.5), (0.5, 1), (0, 0)]])
    assert unit_of_homes(shapes, places).tolist() == [0, 0, 2, 0, 2]


def test_a_home_outside_is_in_the_nearest_unit() -> None:
    """45 m to the west against 50 m to the north; in degrees, 5,300 against 4,503, the north would be nearer."""
    shapes = np.array([box(0, 1.5, 1, 3), box(-5, 0, -0.45, 3)])
    places = np.array([lonlat_at(0, 1.0), lonlat_at(0, 1.1), lonlat_at(0.5, 1.1)])
    assert unit_of_homes(shapes, places).tolist() == [1, 0, 0]


def test_no_unit_no_place() -> None:
    assert unit_of_homes(np.empty(0, object), np.array([[103.2, 40.4]])).tolist() == [NONE]
    assert unit_of_homes(unit_shapes(draft_of("A")), np.empty((0, 2))).tolist() == []


@given(drawings, st.lists(st.tuples(st.integers(-4, 28), st.integers(-4, 28)), max_size=12))
@settings(deadline=None)
def test_every_home_has_one_unit_and_nobody_is_lost(rows: list[str], quarters: list[tuple[int, int]]) -> None:
    draft = draft_of(*rows)
    homes = homes_at(*[(x / 4, y / 4) for x, y in quarters], residents=3.5, households=1.25)
    shapes = unit_shapes(draft)
    unit = unit_of_homes(shapes, homes.lonlat)
    points = shapely.points(homes.lonlat)
    metres = np.array([in_metres(shape) for shape in shapes])
    for point, found in zip(points, unit.tolist(), strict=True):
        holding = np.flatnonzero(shapely.intersects(shapes, point))
        away_m = shapely.distance(metres, in_metres(point))
        assert found == holding[0] if len(holding) else away_m[found] == pytest.approx(away_m.min(), abs=0.2)
    told = figures_of_grids(draft, homes, unit, FRAME)
    assert (told.residents.sum(), told.households.sum()) == (3.5 * len(quarters), 1.25 * len(quarters))


def test_homes_without_a_unit_count_nowhere() -> None:
    draft = draft_of("AB")
    homes = homes_at((0.5, 0.5), (1.5, 0.5), residents=5)
    assert grid_of_homes(draft, np.array([NONE, 1])).tolist() == [NONE, 1]
    assert figures_of_grids(draft, homes, np.array([NONE, 1]), FRAME).residents.tolist() == [0, 5]


def test_lines_of_arcs_with_places_between() -> None:
    """Two arcs around one face: one straight, one by way of two places."""
    fabric = Fabric(
        node_e7=np.array([[0, 0], [100, 0]], np.int32),
        from_node=np.array([0, 1], np.int32),
        to_node=np.array([1, 0], np.int32),
        left=np.array([0, 0], np.int32),
        right=np.array([NONE, NONE], np.int32),
        start_of_inner=np.array([0, 0, 2]),
        inner_e7=np.array([[100, 50], [0, 50]], np.int32),
    )
    lines = lines_of(fabric)
    assert lines.start_of_arc.tolist() == [0, 2, 6]
    assert (lines.place * 1e7).round().tolist() == [[0, 0], [100, 0], [100, 0], [100, 50], [0, 50], [0, 0]]
    last = lines_of(fabric, None, np.array([False, True]))
    assert last.start_of_arc.tolist() == [0, 4]
    assert last.place.tolist() == lines.place[2:].tolist()
