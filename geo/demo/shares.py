"""Whole numbers that add up: a total shared out by weights, nothing lost and nothing made."""

from __future__ import annotations

import numpy as np

from geo.units import FloatArray, IntArray


def share_out(total: int, weight: FloatArray, least: int = 0) -> IntArray:
    """Share ``total`` out by weight in whole units, by largest remainder; ties go to the first.

    Parameters
    ----------
    total
        What to share out; at least ``least`` times the number of weights.
    weight
        (n,) not negative, some positive.
    least
        What everybody gets before the rest is shared.

    Returns
    -------
    (n,) whole numbers whose sum is ``total``.

    Source
    ------
    Hamilton's method of largest remainders.

    >>> share_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    rest = total - least * len(weight)
    exact = rest * weight / weight.sum()
    whole = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(-(exact - whole), kind="stable")
    whole[by_remainder[: rest - int(whole.sum())]] += 1
    return np.asarray(whole + least, dtype=np.int64)


def share_out_within(total_of_group: IntArray, group: IntArray, weight: FloatArray, least: int = 0) -> IntArray:
    """The same for many groups: every group's total over its own members; (n,) whole numbers."""
    shares = np.zeros(len(group), dtype=np.int64)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(total_of_group) + 1))
    for index, total in enumerate(total_of_group):
        mine = order[starts[index] : starts[index + 1]]
        if len(mine):
            shares[mine] = share_out(int(total), weight[mine], least)
    return shares
