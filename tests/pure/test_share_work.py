"""Work shared with another process: the same answers, errors and end as without."""

from __future__ import annotations

import multiprocessing
import os

import numpy as np
import pytest
import shapely

from geo.actions.share_work import each_worked
from geo.compute.unit_near import are_near
from geo.errors import BadGeometry, Cancelled


def doubled(number: int) -> int:
    if number < 0:
        raise BadGeometry("unit_community_broken", code=str(number), name="")
    if number == 0 and multiprocessing.parent_process() is not None:
        os._exit(3)
    return 2 * number


def test_answers_come_in_order_and_are_the_same() -> None:
    things, shares = list(range(1, 40)), list[float]()
    assert each_worked(doubled, things, shares.append, 1) == each_worked(doubled, things, lambda _: None, 0)
    assert shares == sorted(shares)


def test_the_first_error_counts() -> None:
    with pytest.raises(BadGeometry) as broken:
        each_worked(doubled, [1, -2, 3, -4], lambda _: None, 1)
    assert broken.value.evidence["code"] == "-2"


def test_what_a_helper_that_died_left_is_done_here() -> None:
    assert each_worked(doubled, [0, 0, 1, 2], lambda _: None, 1) == [0, 0, 2, 4]


def test_it_can_be_called_off() -> None:
    def stop(_share: float) -> None:
        raise Cancelled("job_cancelled")

    with pytest.raises(Cancelled):
        each_worked(doubled, [1, 2], stop, 1)
    assert not multiprocessing.active_children()


def test_places_are_near_pieces_as_geos_has_it() -> None:
    rng = np.random.default_rng(5)
    pieces = rng.integers(0, 60, (80, 2, 2)).astype(np.float64)
    pieces[:5, 1] = pieces[:5, 0]
    xy = rng.integers(-20, 160, (3000, 2)) / 2
    one = shapely.STRtree(shapely.linestrings(pieces)).query(shapely.points(xy), "dwithin", distance=2.0)[0]
    assert np.array_equal(np.flatnonzero(are_near(xy, pieces, 2.0)), np.unique(one))
    assert not are_near(xy, np.zeros((0, 2, 2)), 2.0).any()
