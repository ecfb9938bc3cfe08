"""Ground that touches itself at the outer border: wedges from one place of it, against what GEOS makes of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.rings import pieces_of, shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.compute.fabric.touching import touching
from geo.units import IntArray
from tests.fabrics import chequers, e7_at, patchwork, polygon, shapes

RIM = [(-4000, 0), (-3000, -3000), (-1000, -4000), (1000, -4000), (3000, -3000), (4000, 0)]
"""Places below (0, 0), from west to east; half as far out another row of them."""


def fan() -> Fabric:
    """Five wedges from (0, 0), and beyond each a face of its own: 0 to 4 and 5 to 9. North of all is nothing."""
    near = [(x // 2, y // 2) for x, y in RIM]
    wedges = [polygon([(0, 0), near[k], near[k + 1]]) for k in range(5)]
    beyond = [polygon([near[k], RIM[k], RIM[k + 1], near[k + 1]]) for k in range(5)]
    return fabric_of(shapes(*wedges, *beyond))


def labels_of(*wedges: int) -> IntArray:
    """Labels of the wedges; all beyond has label 0."""
    return np.array([*wedges, 0, 0, 0, 0, 0])


def test_a_hole_that_touches_the_border_between_others() -> None:
    """The ground beyond comes in on both sides of a wedge, and the westernmost wedge, too, is another's."""
    found = touching(fan(), labels_of(1, 0, 2, 0, 0))
    assert found.e7.tolist() == e7_at((0, 0)).tolist()
    assert found.label.tolist() == [0]
    assert not shapely.coverage_is_valid(shapes_of(fan(), labels_of(1, 0, 2, 0, 0), 3))
    assert len(found.without(found).key) == 0


@pytest.mark.parametrize("wedges", [(0, 0, 1, 0, 0), (0, 0, 0, 0, 0), (1, 1, 0, 2, 2), (1, 2, 3, 4, 5)])
def test_what_no_program_takes_for_wrong(wedges: tuple[int, ...]) -> None:
    """Ground that has the border on both sides of the place, or comes there once."""
    labels = labels_of(*wedges)
    assert len(touching(fan(), labels).key) == 0
    assert shapely.coverage_is_valid(shapes_of(fan(), labels, labels.max() + 1))


def test_within_the_town_ground_may_touch_itself() -> None:
    """Two squares of a chequerboard meet in its middle."""
    assert len(touching(chequers(2, 2), np.array([0, 1, 1, 0])).key) == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=10, max_size=10), st.integers(0, 10**6))
def test_as_geos_has_it(drawn: list[int], seed: int) -> None:
    """Whatever lies in one piece is a coverage to GEOS just where nothing is told."""
    for fabric in (fan(), patchwork(seed)[0]):
        n_faces = max(fabric.left.max(initial=-1), fabric.right.max(initial=-1)) + 1
        labels = np.unique(np.resize(drawn, n_faces), return_inverse=True)[1]
        pieces = pieces_of(fabric, labels)
        found = shapes_of(fabric, pieces, pieces.max(initial=-1) + 1)
        assert shapely.coverage_is_valid(found) == (len(touching(fabric, pieces).key) == 0)
