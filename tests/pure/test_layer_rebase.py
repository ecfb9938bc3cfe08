"""Units go where most of them lies; whoever is in doubt is asked about; against shapely's largest overlap."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.layers.edges import Shapes, edges_of
from geo.compute.layers.rebase import Rebased, UnitGround, rebase
from geo.units import NONE, FloatArray


def ground(shapes: Shapes, people: FloatArray | None = None) -> UnitGround:
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return UnitGround(
        edges_of(shapes), inside, shapely.area(shapes), np.ones(len(shapes)) if people is None else people
    )


def squares(n: int, side_m: float = 10.0) -> Shapes:
    """Row by row from the south-west."""
    return np.array(
        [shapely.box(side_m * x, side_m * y, side_m * (x + 1), side_m * (y + 1)) for y in range(n) for x in range(n)]
    )


def rebased(units: Shapes, *zones: shapely.Geometry, people: FloatArray | None = None) -> Rebased:
    return rebase(ground(units, people), edges_of(np.array(zones, dtype=object)), 0.9)


def test_units_wholly_inside_are_not_measured() -> None:
    """A border runs along the side of units: those beside it are measured, and all of each lies in its zone."""
    found = rebased(squares(4), shapely.box(0, 0, 20, 40), shapely.box(20, 0, 40, 40))
    assert found.zone_of_unit.reshape(4, 4).tolist() == [[0, 0, 1, 1]] * 4
    assert found.share_inside.tolist() == [1.0] * 16
    assert found.questions.tolist() == []
    assert not rebased(squares(4), shapely.box(-9, -9, 49, 49)).is_measured.any()


def test_a_straddling_unit_goes_where_most_of_it_lies_and_is_asked_about() -> None:
    """The border runs at 17 m: 70 % of the second column lies in the west."""
    found = rebased(squares(4), shapely.box(0, 0, 17, 40), shapely.box(17, 0, 40, 40), people=np.arange(16.0))
    assert found.zone_of_unit.reshape(4, 4).tolist() == [[0, 0, 1, 1]] * 4
    second = np.arange(1, 16, 4)
    assert found.share_inside[second] == pytest.approx([0.7] * 4)
    assert found.next_zone[second].tolist() == [1] * 4
    assert found.questions.tolist() == [13, 9, 5, 1], "most people first"


def test_a_large_town_is_rebased_in_parts() -> None:
    """As above in each of 60 rows; the last column of squares lies in no zone."""
    found = rebased(squares(60), shapely.box(0, 0, 17, 600), shapely.box(17, 0, 590, 600))
    assert found.zone_of_unit.reshape(60, 60).tolist() == [[0] * 2 + [1] * 57 + [NONE]] * 60
    assert found.share_inside.reshape(60, 60)[:, :3] == pytest.approx(np.array([[1.0, 0.7, 1.0]] * 60))
    assert found.questions.tolist() == list(range(1, 3600, 60))


def test_nine_tenths_inside_is_sure() -> None:
    assert rebased(squares(2), shapely.box(0, 0, 19, 20), shapely.box(19, 0, 40, 20)).questions.tolist() == []
    assert rebased(squares(2), shapely.box(0, 0, 18.9, 20), shapely.box(18.9, 0, 40, 20)).questions.tolist() == [1, 3]


def test_units_in_no_zone_and_units_mostly_in_none() -> None:
    """The zone ends at 14 m: 60 % of the second column lies in nothing, and the third column all of it."""
    found = rebased(squares(3), shapely.box(0, 0, 14, 30))
    assert found.zone_of_unit.reshape(3, 3).tolist() == [[0, NONE, NONE]] * 3
    assert found.share_inside.reshape(3, 3)[0] == pytest.approx([1, 0.6, 1])
    assert found.next_zone.reshape(3, 3)[0].tolist() == [0, 0, NONE]
    assert found.questions.tolist() == [1, 4, 7]


def test_a_tie_goes_to_the_lower_number() -> None:
    zones = [shapely.box(15, 0, 40, 20), shapely.box(0, 0, 15, 20)]
    assert rebased(squares(2), *zones).zone_of_unit.tolist() == [1, 0, 1, 0]
    assert rebased(squares(2), *zones[::-1]).zone_of_unit.tolist() == [0, 0, 0, 0]


def test_no_zones_and_empty_ones() -> None:
    empty = shapely.MultiPolygon()
    found = rebased(squares(2), empty)
    assert found.zone_of_unit.tolist() == [NONE] * 4
    assert found.share_inside.tolist() == [1.0] * 4
    assert rebased(squares(2), empty, shapely.box(0, 0, 20, 20)).zone_of_unit.tolist() == [1] * 4


def test_a_zone_in_a_hole_of_another() -> None:
    hole = shapely.box(10, 10, 20, 20)
    found = rebased(squares(3), shapely.difference(shapely.box(0, 0, 30, 30), hole), hole)
    assert found.zone_of_unit.tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_as_shapelys_largest_overlap(seed: int) -> None:
    """Zones of a random Voronoi diagram with some left out, units of another lattice turned against it."""
    rng = np.random.default_rng(seed)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 300, (25, 2)))))
    zones = cells[rng.random(len(cells)) < 0.85]
    turn = rng.uniform(0, 1)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    units = shapely.transform(squares(12, 20.0), lambda xy: xy @ rotation.T + (80, -60))
    found = rebase(ground(units), edges_of(zones), 0.9)
    m2 = np.column_stack([*(shapely.area(shapely.intersection(units, zone)) for zone in zones)])
    nowhere = shapely.area(units) - m2.sum(axis=1)
    share = np.column_stack([m2, nowhere]) / shapely.area(units)[:, None]
    given = np.where(found.zone_of_unit == NONE, len(zones), found.zone_of_unit)
    chosen = share[np.arange(len(units)), given]
    assert chosen == pytest.approx(share.max(axis=1), abs=1e-9)
    assert found.share_inside == pytest.approx(chosen, abs=1e-9)
    assert set(found.questions.tolist()) == set(np.flatnonzero(chosen < 0.9 - 1e-9).tolist())
