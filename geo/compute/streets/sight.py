"""What barriers do to connectors of which an end is not known: hide all of them, or none."""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.segments import Place, SegmentIndex, cells_around
from geo.compute.streets.snap import _is_closed_by, _side

CLEAR_M = 1e-3
"""A barrier nearer than this to a joint may be met at the joint, which closes nothing: far above rounding."""

Six = tuple[float, float, float, float, float, float]


@kernel
def is_met(barriers: SegmentIndex, p: Place, r: float, joints: tuple[Place, Place, Place], is_hiding: bool) -> bool:
    """Whether a barrier hides joints from every place within ``r`` of ``p``, or else may come near any connector.

    Parameters
    ----------
    barriers
        What stops walkers.
    p, r
        Where a connector begins; within so many metres of there. With ``r`` 0 both questions are one.
    joints
        Where it may end: on the straight line from the first to the last. The middle one is that of ``p``.
    is_hiding
        Which of the two questions is asked: true, one barrier closes all these connectors; false, some barrier may
        close some of them.
    """
    first, at, last = joints
    low = (min(p[0] - r, first[0], last[0]), min(p[1] - r, first[1], last[1]))
    high = (max(p[0] + r, first[0], last[0]), max(p[1] + r, first[1], last[1]))
    start, ends, n_columns = barriers.start_of_cell, barriers.ends_of_entry, barriers.n_columns
    first_column, last_column, first_row, last_row = cells_around(barriers, low, high)
    for row in range(first_row, last_row + 1):
        for e in range(start[row * n_columns + first_column], start[row * n_columns + last_column + 1]):
            a, b = (ends[e, 0], ends[e, 1]), (ends[e, 2], ends[e, 3])
            if r == 0.0:
                if _is_closed_by(p, at, a, b):
                    return True
            elif is_hiding:
                if _hides(a, b, p, r, first, last):
                    return True
            elif _is_near(a, b, p, r, first, last):
                return True
    return False


@kernel
def _hides(a: Place, b: Place, p: Place, r: float, first: Place, last: Place) -> bool:
    """Whether the barrier a-b crosses every line from the square around ``p`` to the stretch ``first``-``last``.

    On which side of a line a third point lies is linear in each end of the line, so the corners decide.
    """
    clear = CLEAR_M * np.hypot(b[0] - a[0], b[1] - a[1])
    for joint in (first, last):
        side_joint = _side(a, b, joint)
        for dx in (-r, r):
            for dy in (-r, r):
                corner = (p[0] + dx, p[1] + dy)
                if abs(side_joint) <= clear or _side(a, b, corner) * side_joint >= 0.0:
                    return False
    before = _side((p[0] - r, p[1] - r), first, a)
    for joint in (first, last):
        for dx in (-r, r):
            for dy in (-r, r):
                corner = (p[0] + dx, p[1] + dy)
                if _side(corner, joint, a) * before <= 0.0 or _side(corner, joint, b) * before >= 0.0:
                    return False
    return True


@kernel
def _is_near(a: Place, b: Place, p: Place, r: float, first: Place, last: Place) -> bool:
    """Whether the barrier a-b may meet a line from the square around ``p`` to the stretch ``first``-``last``.

    It does not where some straight line parts the barrier from all their corners; the lines through two corners, and
    the barrier's own, are enough to try (separating axes of convex shapes).
    """
    xs = (p[0] - r, p[0] + r, p[0] + r, p[0] - r, first[0], last[0])
    ys = (p[1] - r, p[1] - r, p[1] + r, p[1] + r, first[1], last[1])
    if max(a[0], b[0]) < min(xs) or min(a[0], b[0]) > max(xs) or max(a[1], b[1]) < min(ys) or min(a[1], b[1]) > max(ys):
        return False
    if _is_parted(a, b, xs, ys, a[1] - b[1], b[0] - a[0]):
        return False
    for i in range(6):
        for j in range(i):
            if _is_parted(a, b, xs, ys, ys[i] - ys[j], xs[j] - xs[i]):
                return False
    return True


@kernel
def _is_parted(a: Place, b: Place, xs: Six, ys: Six, nx: float, ny: float) -> bool:
    """Whether a line with the normal (nx, ny) lies between the barrier a-b and all corners."""
    at_a, at_b = nx * a[0] + ny * a[1], nx * b[0] + ny * b[1]
    low, high = np.inf, -np.inf
    for i in range(6):
        at = nx * xs[i] + ny * ys[i]
        low, high = min(low, at), max(high, at)
    return bool(max(at_a, at_b) < low or min(at_a, at_b) > high)
