"""The way itself: its parts hang together, may be taken one after another, and add up to the time exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.paths import Path, shortest_path
from tests.directed_towns import BEFORE, PUBLIC, DirectedTown, joints_of, one_point
from tests.towns import Walked, block_town


@given(st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_every_path_is_a_trip_of_its_time(seed: int) -> None:
    town = DirectedTown(seed)
    net, begin, end = town.net, town.points(3), town.points(3)
    for i in range(3):
        for j in range(3):
            here, there = one_point(begin, i), one_point(end, j)
            path = shortest_path(net, here, there, 100)
            time = town.time(joints_of(begin)[i], joints_of(end)[j])
            assert (path is None) == (time > 100)
            if path is not None:
                assert path.total_ds == time
                check(town, path, joints_of(begin)[i][path.from_joint], joints_of(end)[j][path.to_joint])


def check(town: DirectedTown, path: Path, begun: tuple, ended: tuple) -> None:  # type: ignore[type-arg]
    sides, spans = path.side_of_part.tolist(), path.span_ds_of_part.tolist()
    assert sum(b - a for a, b in spans) + begun[2] + ended[2] == path.total_ds
    assert (sides[0] // 2, spans[0][0]) == (begun[0], begun[1][sides[0] % 2])
    assert (sides[-1] // 2, spans[-1][1]) == (ended[0], ended[1][sides[-1] % 2])
    assert all(0 <= a <= b <= town.ds_of_side[side] for side, (a, b) in zip(sides, spans, strict=True))
    phase = BEFORE if town.is_private[sides[0]] else PUBLIC
    for k in range(1, len(sides)):
        assert town.ends(sides[k - 1])[1] == town.ends(sides[k])[0]
        assert (spans[k - 1][1], spans[k][0]) == (town.ds_of_side[sides[k - 1]], 0)
        later = town.then(phase, sides[k - 1], sides[k])
        assert later is not None
        phase = later


def test_around_a_block() -> None:
    town = Walked(block_town(3, 3, 100), [], [(30, 0)], [(200, 150)], max_m=0.001)
    path = shortest_path(town.net, town.homes, town.stations, 9000)
    assert path is not None
    assert path.total_ds == (70 + 100 + 150) * 9
    lengths = np.diff(path.span_ds_of_part, axis=1)[:, 0]
    assert lengths.sum() == path.total_ds
    assert (lengths[0], lengths[-1], len(lengths)) == (70 * 9, 50 * 9, 4)


@pytest.mark.parametrize(("limit_m", "is_found"), [(320, True), (319, False)])
def test_the_limit_itself_is_reached(limit_m: int, is_found: bool) -> None:
    town = Walked(block_town(3, 3, 100), [], [(30, 0)], [(200, 150)], max_m=0.001)
    assert (shortest_path(town.net, town.homes, town.stations, limit_m * 9) is not None) == is_found


def test_on_one_piece() -> None:
    town = Walked([[(0.0, 0.0), (1000.0, 0.0)]], [], [(800, 10)], [(300, 20)])
    path = shortest_path(town.net, town.homes, town.stations, 9000)
    assert path is not None
    assert path.total_ds == (10 + 500 + 20) * 9
    assert (path.side_of_part.tolist(), path.span_ds_of_part.tolist()) == ([1], [[200 * 9, 700 * 9]])
