"""Where the points of ways lie: nodes found by their ids, and ways cut where a node is missing."""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.units import NONE, IntArray


@kernel
def rows_of(ids: IntArray, wanted: IntArray) -> IntArray:
    """Where some ids are.

    Parameters
    ----------
    ids
        (n,) ascending.
    wanted
        (m,) in any order; fastest where neighbours are near each other in ``ids``, as the nodes of a way are.

    Returns
    -------
    (m,) rows of ``ids``; NONE where it does not have one.

    Source
    ------
    Galloping from the row found before: Bentley and Yao (1976), Information Processing Letters 5, 82-87.
    """
    rows = np.full(len(wanted), NONE, dtype=np.int64)
    at, n = 0, len(ids)
    for i in range(len(wanted) if n else 0):
        low, high, step = at, at + 1, 1
        while high < n and ids[high] <= wanted[i]:
            low, high, step = high, high + step, 2 * step
        high = min(high, n)
        while low > 0 and ids[low] > wanted[i]:
            low, high, step = max(low - step, 0), low, 2 * step
        while high - low > 1:
            middle = (low + high) // 2
            if ids[middle] <= wanted[i]:
                low = middle
            else:
                high = middle
        at = low
        if ids[low] == wanted[i]:
            rows[i] = low
    return rows


@kernel
def runs_of(start_of_way: IntArray, row_of_point: IntArray) -> tuple[IntArray, IntArray]:
    """Stretches of ways of two points or more without one that is missing; nothing is drawn across a gap.

    Parameters
    ----------
    start_of_way
        (n_ways + 1,) offsets into the points.
    row_of_point
        (n_points,) NONE where it is missing.

    Returns
    -------
    way_of_run
        (n,)
    span_of_run
        (n, 2) the first point and the one behind the last.
    """
    most = len(row_of_point) // 2 + 1
    way_of_run, span_of_run = np.empty(most, dtype=np.int64), np.empty((most, 2), dtype=np.int64)
    n = 0
    for way in range(len(start_of_way) - 1):
        first = start_of_way[way]
        for at in range(first, start_of_way[way + 1] + 1):
            if at < start_of_way[way + 1] and row_of_point[at] != NONE:
                continue
            if at - first > 1:
                way_of_run[n], span_of_run[n, 0], span_of_run[n, 1] = way, first, at
                n += 1
            first = at + 1
    return way_of_run[:n], span_of_run[:n]
