"""Grids that were drawn anyhow, put together from units: squares of 100 m, and whose ground they stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import shapely

from geo.compute.fabric.faces import lengths_m_of_arcs
from geo.compute.plans.start import Start, grids_of_units
from geo.imports.places import in_metres
from tests.drawn_grids import FRAME, box, draft_of, unit_shapes

SURE = 0.9
Box = tuple[float, float, float, float]


def start_of(rows: Sequence[str], *grids: Sequence[Box]) -> tuple[list[str], Start]:
    """Letters of the grids that units are given to, row by row as drawn; and all that is told. A grid is its boxes."""
    draft = draft_of(*rows)
    shapes = np.array([in_metres(shapely.union_all([box(*one) for one in some]), FRAME) for some in grids], object)
    units = np.array([in_metres(unit, FRAME) for unit in unit_shapes(draft)], object)
    length_m = lengths_m_of_arcs(draft.fabric, FRAME)
    start = grids_of_units(draft.fabric, length_m, units, np.ones(len(units)), shapes, SURE)
    letters = iter("".join("ABC"[grid] for grid in start.grid_of_unit.tolist()))
    return ["".join("." if place == "." else next(letters) for place in row) for row in rows], start


def test_each_part_of_a_grid_in_two_parts_stays_its() -> None:
    told, start = start_of(["AAAAA"] * 3, [(0, 0, 2, 3), (4, 0, 5, 3)], [(2, 0, 4, 3)])
    assert told == ["AABBA"] * 3
    assert not start.is_question.any()


def test_also_where_its_border_runs_through_the_units() -> None:
    """The lesser part has seven tenths of its column: a question, as any unit that is not nearly whole in a grid."""
    told, start = start_of(["AAAAA"] * 3, [(0, 0, 2, 3), (4.3, 0, 5, 3)], [(2, 0, 4.3, 3)])
    assert told == ["AABBA"] * 3
    assert start.share_inside[start.is_question].tolist() == pytest.approx([0.7] * 3, abs=1e-3)


def test_also_where_it_was_drawn_in_one_part_with_a_neck_that_no_unit_is_as_narrow_as() -> None:
    told, start = start_of(["AAAAA"] * 3, [(0, 0, 2, 3), (2, 0, 4, 0.05), (4, 0, 5, 3)], [(2, 0.05, 4, 3)])
    assert told == ["AABBA"] * 3
    assert not start.is_question.any()


def test_what_only_a_border_drawn_through_it_cuts_off_goes_to_the_neighbour() -> None:
    """The grid has six tenths of the unit in the north-east, and of the one between it and the rest four."""
    told, start = start_of(["AAAA"], [(0, 0, 2, 1), (2, 0, 4, 0.4), (3, 0, 4, 0.6)], [(2, 0.4, 3, 1), (3, 0.6, 4, 1)])
    assert told == ["AABB"]
    assert np.flatnonzero(start.is_question).tolist() == [2, 3]
    assert start.share_inside.tolist() == pytest.approx([1, 1, 0.6, 0], abs=1e-3)


def test_a_sliver_that_was_drawn_somewhere_else_makes_no_piece() -> None:
    told, start = start_of(["AAAAA"] * 3, [(0, 0, 2, 3), (4.99, 0, 5, 3)], [(2, 0, 4.99, 3)])
    assert told == ["AABBB"] * 3
    assert not start.is_question.any()


def test_what_no_grid_holds_goes_to_the_nearest_and_hangs_together() -> None:
    told, start = start_of(["AAAA"], [(0, 0, 2, 1)], [(3, 0, 4, 1)])
    assert told == ["AAAB"]
    assert start.is_question.tolist() == [False, False, True, False]
