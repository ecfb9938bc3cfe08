"""From one division into grids to another: who is in which of both, without cutting up any ground.

Everything counted lies in exactly one grid of either division (or in none), so that a table of pairs says it all, and
its sums are the people themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.units import BoolArray, FloatArray, IntArray


class Crosswalk(NamedTuple):
    """The pairs of grids that have something in common, in order of (before, after)."""

    before: IntArray
    """(n_pairs,) the grid's id; NONE: in no grid."""
    after: IntArray
    amounts: FloatArray
    """(n_pairs, n_measures)"""

    @property
    def is_move(self) -> BoolArray:
        """(n_pairs,) whether it is another grid."""
        return np.asarray(self.before != self.after)

    @property
    def moves(self) -> Crosswalk:
        """The pairs of different grids."""
        is_move = self.is_move
        return Crosswalk(self.before[is_move], self.after[is_move], self.amounts[is_move])


class Sums(NamedTuple):
    """Amounts by grid, in order of ids."""

    id: IntArray
    """(n,) each once; NONE where something is in no grid."""
    amounts: FloatArray
    """(n, n_measures)"""

    def of(self, ids: IntArray) -> FloatArray:
        """(n_ids, n_measures) amounts of some grids, whether or not they have anything."""
        found = np.zeros((len(ids), self.amounts.shape[1]))
        at = np.searchsorted(self.id, ids)
        has = at < len(self.id)
        has[has] = self.id[at[has]] == ids[has]
        found[has] = self.amounts[at[has]]
        return found


class Alluvial(NamedTuple):
    """The pairs as a table to be read: what goes where, most first."""

    pair: IntArray
    """(n_pairs,) which pair of the crosswalk; equal amounts in order of (before, after)."""
    share_of_before: FloatArray
    """(n_pairs,) of what the grid before has; NaN where that is nothing."""
    share_of_after: FloatArray


def crosswalk(grid_before: IntArray, grid_after: IntArray, weights: FloatArray) -> Crosswalk:
    """Who is in which grid before and after.

    Parameters
    ----------
    grid_before, grid_after
        (n_homes,) ids; NONE: in no grid.
    weights
        (n_homes, n_measures) what each home counts.

    Returns
    -------
    Crosswalk
        A pair for every two grids that share a home, be it an empty one; pairs of a grid with itself included.

    >>> crosswalk(np.array([1, 1, 2]), np.array([1, 2, 2]), np.array([[5.0], [3.0], [4.0]]))._asdict()
    {'before': array([1, 1, 2]), 'after': array([1, 2, 2]), 'amounts': array([[5.],
           [3.],
           [4.]])}
    """
    ids, place = np.unique(np.concatenate([grid_before, grid_after]), return_inverse=True)
    n_homes, n_ids = len(grid_before), max(len(ids), 1)
    pairs, pair_of_home = np.unique(place[:n_homes] * n_ids + place[n_homes:], return_inverse=True)
    return Crosswalk(ids[pairs // n_ids], ids[pairs % n_ids], _summed(pair_of_home, weights, len(pairs)))


def sums(grid: IntArray, weights: FloatArray) -> Sums:
    """What every grid has.

    Parameters
    ----------
    grid
        (n,) ids; NONE: in no grid.
    weights
        (n, n_measures)

    >>> sums(np.array([7, 3, 7]), np.array([[1.0], [2.0], [3.0]])).of(np.array([3, 5, 7])).tolist()
    [[2.0], [0.0], [4.0]]
    """
    ids, place = np.unique(grid, return_inverse=True)
    return Sums(ids, _summed(place, weights, len(ids)))


def alluvial(pairs: Crosswalk, measure: int = 0) -> Alluvial:
    """The pairs of grids by one measure, most first, with the share that each is of either grid."""
    amount = pairs.amounts[:, measure]
    order = np.lexsort((pairs.after, pairs.before, -amount))
    return Alluvial(order, _share(amount, pairs.before)[order], _share(amount, pairs.after)[order])


def _share(amount: FloatArray, side: IntArray) -> FloatArray:
    """(n_pairs,) of all that goes with the same grid; NaN where that is nothing."""
    whole = sums(side, amount[:, None]).of(side)[:, 0]
    share = np.full(len(amount), np.nan)
    np.divide(amount, whole, out=share, where=whole > 0)
    return share


def _summed(place: IntArray, weights: FloatArray, n: int) -> FloatArray:
    """(n, n_measures) weights added up by place."""
    columns = [np.bincount(place, weights=column, minlength=n) for column in weights.T]
    return np.column_stack(columns) if columns else np.zeros((n, 0))
