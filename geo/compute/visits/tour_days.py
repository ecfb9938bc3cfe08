"""Places joined to stops of a round, and a round shared out over days."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.units import FloatArray, Int32Array, IntArray


class Call(NamedTuple):
    """A stop on one of the days."""

    stop: int
    """From 1: place 0 is the post."""
    day: int
    """From 1."""
    n: int
    """Visits made there that day."""
    way_ds: int
    """From the stop before, or from the post."""


def stops_of_places(xy_m: FloatArray, side_m: float, most: int) -> IntArray:
    """(n,) number of the stop that each place belongs to: those in one square of a side, doubled until there are few.

    >>> stops_of_places(np.array([[1.0, 1.0], [2.0, 2.0], [50.0, 1.0]]), 30.0, 200).tolist()
    [0, 0, 1]
    """
    while True:
        cell = np.floor(xy_m / side_m).astype(np.int64)
        found = np.unique(cell, axis=0, return_inverse=True)[1].reshape(-1)
        if found.max(initial=0) < most:
            return np.asarray(found, np.int64)
        side_m *= 2


def days_of_round(order: Int32Array, ds: IntArray, visits: IntArray, visit_ds: int, day_ds: int) -> list[Call]:
    """Go along a round, each day as far as its hours allow with the way back; the next day goes on from there.

    Parameters
    ----------
    order, ds
        The round, place 0 first, and (n, n) times.
    visits
        (n,) visits to be made at each place.
    visit_ds, day_ds
        What one takes, and how long a day is: at least the way to each place, one visit and the way back.
    """
    calls: list[Call] = []
    day, here, used_ds = 1, 0, 0
    for stop in order[1:].tolist():
        left = int(visits[stop])
        while left:
            way_ds = int(ds[here, stop])
            free_ds = day_ds - used_ds - way_ds - int(ds[stop, 0])
            n = min(left, free_ds // visit_ds)
            if n <= 0:
                day, here, used_ds = day + 1, 0, 0
                continue
            calls.append(Call(stop, day, n, way_ds))
            here, used_ds, left = stop, used_ds + way_ds + n * visit_ds, left - n
    return calls
