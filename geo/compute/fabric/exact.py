"""Where straight pieces between whole places lie to each other, without a doubt: no rounding, no tolerance.

Products of differences of places can need more than 64 bits. Whether such a number is far from 0 a float can tell;
near 0 the low 64 bits are the whole of it.
"""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.units import Int32Array, Whole

FAR = 2.0**62
"""What a float says beyond this is right about the sign: it errs by 2**14 at most."""


@kernel
def cross_sign(ax: Whole, ay: Whole, bx: Whole, by: Whole) -> int:
    """1 if b points to the left of a, -1 if to the right, 0 if they point the same or the opposite way.

    Numbers of up to 34 bits.
    """
    rough = float(ax) * float(by) - float(ay) * float(bx)
    if rough > FAR:
        return 1
    if rough < -FAR:
        return -1
    # without signs, as the compiler takes it for granted that numbers with a sign never run over
    exact = np.int64(_low(ax) * _low(by) - _low(ay) * _low(bx))
    return int(exact > 0) - int(exact < 0)


@kernel
def _low(number: Whole) -> np.uint64:
    """The low 64 bits."""
    return np.uint64(np.int64(number))


@kernel
def turn(e7: Int32Array, p: Whole, q: Whole, r: Whole) -> int:
    """1 if the third of three places lies to the left of the way from the first to the second, -1 right, 0 on it."""
    x, y = np.int64(e7[p, 0]), np.int64(e7[p, 1])
    return cross_sign(e7[q, 0] - x, e7[q, 1] - y, e7[r, 0] - x, e7[r, 1] - y)


@kernel
def are_apart(e7: Int32Array, a: Whole, b: Whole, c: Whole, d: Whole) -> bool:
    """Whether the boxes around two pieces have nothing in common."""
    return bool(
        max(e7[a, 0], e7[b, 0]) < min(e7[c, 0], e7[d, 0])
        or max(e7[c, 0], e7[d, 0]) < min(e7[a, 0], e7[b, 0])
        or max(e7[a, 1], e7[b, 1]) < min(e7[c, 1], e7[d, 1])
        or max(e7[c, 1], e7[d, 1]) < min(e7[a, 1], e7[b, 1])
    )


@kernel
def _same_way(e7: Int32Array, at: Whole, one: Whole, other: Whole) -> bool:
    """Whether two places lie in exactly the same direction."""
    x, y = np.int64(e7[at, 0]), np.int64(e7[at, 1])
    ax, ay, bx, by = e7[one, 0] - x, e7[one, 1] - y, e7[other, 0] - x, e7[other, 1] - y
    return bool(cross_sign(ax, ay, bx, by) == 0 and np.sign(ax) == np.sign(bx) and np.sign(ay) == np.sign(by))


@kernel
def do_meet(e7: Int32Array, a: Whole, b: Whole, c: Whole, d: Whole) -> bool:
    """Whether the pieces a-b and c-d have more in common than an end of both.

    Places by number; different numbers are different places, and no piece is a place.
    """
    if are_apart(e7, a, b, c, d):
        return False
    if a in (c, d) or b in (c, d):
        at = a if a in (c, d) else b
        one, other = a + b - at, c + d - at
        return bool(one == other or _same_way(e7, at, one, other))
    c_side, d_side = turn(e7, a, b, c), turn(e7, a, b, d)
    if c_side == d_side:
        # on one line their boxes overlap only where they do
        return bool(c_side == 0)
    return bool(turn(e7, c, d, a) != turn(e7, c, d, b))


@kernel
def comes_first(e7: Int32Array, at: Whole, one: Whole, other: Whole) -> bool:
    """Whether, going round a place counter-clockwise from the east, one place is met before the other."""
    x, y = np.int64(e7[at, 0]), np.int64(e7[at, 1])
    ax, ay, bx, by = e7[one, 0] - x, e7[one, 1] - y, e7[other, 0] - x, e7[other, 1] - y
    a_below, b_below = ay < 0 or (ay == 0 and ax < 0), by < 0 or (by == 0 and bx < 0)
    if a_below != b_below:
        return bool(b_below)
    return bool(cross_sign(ax, ay, bx, by) > 0)
