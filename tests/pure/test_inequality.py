"""Gini, Lorenz, worst-off tenth: hand-made towns, the definition by brute force, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compute.inequality import gini, highest_to_lowest, lorenz, mean, mean_of_highest, quantile

NOBODY = np.zeros(0)

people_with = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=12)


def drawn(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    values, people = np.array(rows, dtype=float).T
    return values, people


@given(people_with)
def test_gini_is_the_mean_difference_of_two_people(rows: list[tuple[int, int]]) -> None:
    one_by_one = np.repeat(*(np.array(column) for column in zip(*rows, strict=True))).astype(float)
    differences = np.abs(one_by_one[:, None] - one_by_one[None, :]).mean()
    expected = differences / (2 * one_by_one.mean()) if one_by_one.mean() else 0.0
    assert gini(*drawn(rows)) == pytest.approx(expected, abs=1e-12)


@given(people_with, st.integers(2, 5))
def test_gini_knows_neither_scale_nor_size(rows: list[tuple[int, int]], times: int) -> None:
    values, people = drawn(rows)
    assert gini(values * times, people) == pytest.approx(gini(values, people), abs=1e-12)
    assert gini(values, people * times) == pytest.approx(gini(values, people), abs=1e-12)


@given(people_with)
def test_gini_is_twice_the_area_between_lorenz_curve_and_diagonal(rows: list[tuple[int, int]]) -> None:
    values, people = drawn(rows)
    curve = lorenz(values, people, n_parts=int(people.sum()))
    if curve is None:
        assert values.max() == 0
        return
    # a step a person: the curve is straight in between, so trapezes are exact
    assert gini(values, people) == pytest.approx(1 - 2 * np.trapezoid(curve, dx=1 / people.sum()), abs=1e-9)
    assert (np.diff(curve) >= -1e-12).all()
    assert (np.diff(curve, 2) >= -1e-9).all(), "the curve hangs"


def test_lorenz_of_two_halves() -> None:
    # five people at 1 minute and five at 3: the nearer half walks a quarter of all minutes
    curve = lorenz(np.array([3.0, 1.0]), np.array([5.0, 5.0]), n_parts=2)
    assert curve is not None
    assert curve.tolist() == [0, 0.25, 1]


def test_the_worst_off_tenth_is_cut_out_of_a_home() -> None:
    # of 100 people the ten worst off are four at 30 minutes and six of the sixteen at 20
    values, people = np.array([5.0, 20.0, 30.0]), np.array([80.0, 16.0, 4.0])
    assert mean_of_highest(values, people, 0.1) == pytest.approx((4 * 30 + 6 * 20) / 10)
    assert mean(values, people) == pytest.approx((400 + 320 + 120) / 100)
    # the ten worst off walk 240 minutes, the forty best off 200
    assert highest_to_lowest(values, people, 0.1, 0.4) == pytest.approx(240 / 200)


@given(people_with, st.floats(0.01, 1))
def test_quantile_against_people_in_a_row(rows: list[tuple[int, int]], share: float) -> None:
    in_a_row = np.sort(np.repeat(*(np.array(column) for column in zip(*rows, strict=True))))
    wanted = in_a_row[int(np.ceil(share * len(in_a_row) - 1e-9)) - 1]
    assert quantile(*drawn(rows), share) == wanted


def test_nobody_has_no_figures() -> None:
    assert gini(NOBODY, NOBODY) is None
    assert mean(NOBODY, NOBODY) is None
    assert mean_of_highest(NOBODY, NOBODY, 0.1) is None
    assert quantile(NOBODY, NOBODY, 0.5) is None
    assert lorenz(NOBODY, NOBODY) is None
    assert highest_to_lowest(NOBODY, NOBODY, 0.1, 0.4) is None


def test_homes_without_people_do_not_count() -> None:
    assert gini(np.array([1.0, 60.0]), np.array([3.0, 0.0])) == 0
    assert quantile(np.array([1.0, 60.0]), np.array([3.0, 0.0]), 1.0) == 1
