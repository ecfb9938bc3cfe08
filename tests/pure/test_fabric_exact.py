"""Signs without a doubt, against whole numbers of any size."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.fabric.exact import comes_first, cross_sign, do_meet, turn

WIDE = st.integers(-(2**33), 2**33)
NEAR_FULL = st.sampled_from([1_800_000_000, -1_800_000_000, 1_799_999_999, -1_799_999_999, 900_000_000, 0, 1, -1])
PLACE = st.tuples(NEAR_FULL, NEAR_FULL) | st.tuples(st.integers(-4, 4), st.integers(-4, 4))


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


@given(WIDE, WIDE, WIDE, WIDE, st.integers(-1, 1))
@settings(max_examples=2000, deadline=None)
def test_cross_sign_is_exact(ax: int, ay: int, bx: int, by: int, nudge: int) -> None:
    for b in ((bx, by), (ax, ay), (ax + nudge, ay), (ax // 2, ay // 2)):
        assert cross_sign(ax, ay, *b) == sign(ax * b[1] - ay * b[0])


@given(PLACE, PLACE, PLACE)
@settings(max_examples=2000, deadline=None)
def test_turn_is_exact(p: tuple[int, int], q: tuple[int, int], r: tuple[int, int]) -> None:
    expected = sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))
    assert turn(np.array([p, q, r], np.int32), 0, 1, 2) == expected


def on(p: tuple[int, int], a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether a place lies on a piece."""
    cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return cross == 0 and all(min(a[k], b[k]) <= p[k] <= max(a[k], b[k]) for k in (0, 1))


def meet(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int], d: tuple[int, int]) -> bool:
    """By the book, for pieces without a common end."""
    if on(a, c, d) or on(b, c, d) or on(c, a, b) or on(d, a, b):
        return True
    sides = [
        sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))
        for p, q, r in ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    ]
    return sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0


SMALL = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(st.lists(SMALL, min_size=4, max_size=4, unique=True))
@settings(max_examples=1000, deadline=None)
def test_pieces_without_a_common_end(places: list[tuple[int, int]]) -> None:
    e7 = np.array(places, np.int32)
    assert do_meet(e7, 0, 1, 2, 3) == meet(*places)


@given(st.lists(SMALL, min_size=3, max_size=3, unique=True))
@settings(max_examples=300, deadline=None)
def test_pieces_with_a_common_end_meet_where_one_lies_on_the_other(places: list[tuple[int, int]]) -> None:
    e7 = np.array(places, np.int32)
    at, one, other = places
    expected = on(one, at, other) or on(other, at, one)
    for first in ((0, 1), (1, 0)):
        for second in ((0, 2), (2, 0)):
            assert do_meet(e7, *first, *second) == expected
    assert do_meet(e7, 0, 1, 1, 0)


@given(PLACE, PLACE, PLACE)
@settings(max_examples=2000, deadline=None)
def test_going_round_a_place(at: tuple[int, int], one: tuple[int, int], other: tuple[int, int]) -> None:
    if at in (one, other):
        return
    ways = [complex(x - at[0], y - at[1]) for x, y in (one, other)]
    if (ways[0] * ways[1].conjugate()).imag == 0:
        return
    a, b = (np.angle(way) % (2 * np.pi) for way in ways)
    if abs(a - b) > 1e-7:
        assert comes_first(np.array([at, one, other], np.int32), 0, 1, 2) == (a < b)
