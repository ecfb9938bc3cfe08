"""Which numbers of a table to hide so that no small one is told, nor can be worked out from those that are.

The parts of a table form a tree (grid, community, subdistrict, ..., the whole): each number is the sum of those of its
children. A number that is small is hidden, but could be had by subtraction; so others are hidden with it. What follows
from all that is told is this and no more: for each part that is told, the sum of the hidden leaves below it that have
no other told part in between. These groups of leaves have nothing in common. So it is enough that no number of any
group's sum is small: whatever is hidden may then, for all that is told, be as large as the group's sum.

The whole is hidden only if it is small itself: where everything below is hidden, the group's sum is the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.units import NONE, BoolArray, IntArray


def hidden_cells(
    parent: IntArray, counts: IntArray, smallest: int, *, compares: bool = False, also: BoolArray | None = None
) -> BoolArray:
    """Which parts to hide.

    Parameters
    ----------
    parent
        (n,) the part that holds each; -1: none.
    counts
        (n, m) numbers that are told together, each the sum of the children's.
    smallest
        No number from 1 to one less may be told.
    compares
        Nor may the difference of two numbers of a part be one. Not needed where the numbers count classes that have no
        case in common: whatever can be worked out is a sum of some of them, then.
    also
        (n,) parts that are hidden in any case, whatever their numbers; None: none.

    Returns
    -------
    (n,) whether all numbers of a part are hidden.

    Examples
    --------
    A whole of three parts: the small one takes the next smallest with it.

    >>> hidden_cells(np.array([-1, 0, 0, 0]), np.array([[93], [3], [30], [60]]), 10).tolist()
    [False, True, True, False]
    """
    hidden = _is_small(counts, smallest, compares=compares)
    if also is not None:
        hidden |= also
    levels = _levels(parent)
    bears = np.zeros(len(parent), dtype=np.bool_)
    bears[parent[parent != NONE]] = True
    while True:
        groups, told_above = _groups(parent, levels, counts, hidden)
        wanting = np.flatnonzero(bears & ~hidden & _is_small(groups, smallest, compares=compares))
        if not len(wanting):
            return hidden
        has_group = groups.any(axis=1)
        for part in wanting.tolist():
            _hide_one_more(part, hidden, told_above, counts, bears & ~has_group)


def hidden_in_all(
    parent: IntArray, tables: Sequence[IntArray], smallest: int, also: BoolArray, *, compares: bool = False
) -> BoolArray:
    """(n,) which parts to hide in each of some tables that have numbers in common, so that none helps with another.

    ``tables``: (n, m) each; the rest as in :func:`hidden_cells`.
    """
    hidden = also
    while True:
        before = hidden
        for counts in tables:
            hidden = hidden_cells(parent, counts, smallest, compares=compares, also=hidden)
        if np.array_equal(hidden, before):
            return hidden


def _hide_one_more(
    part: int, hidden: BoolArray, told_above: IntArray, counts: IntArray, is_sum_of_told: BoolArray
) -> None:
    """Hide the least that is told right below a part, and what is needed so that it does not follow from its own."""
    least = _least(np.flatnonzero((told_above == part) & ~hidden), counts)
    hidden[part if least is None else least] = True
    while least is not None and is_sum_of_told[least]:
        least = _least(np.flatnonzero((told_above == least) & ~hidden), counts)
        if least is not None:
            hidden[least] = True


def _least(parts: IntArray, counts: IntArray) -> int | None:
    """The one that is missed least: the smallest that is not nothing; None: there is nothing in any."""
    worth = [part for part in parts.tolist() if counts[part].any()]
    return min(worth, key=lambda part: (counts[part].max(), part), default=None)


def _levels(parent: IntArray) -> Sequence[IntArray]:
    """The parts by how many hold them, the outermost first."""
    depth, node = np.zeros(len(parent), dtype=np.int64), parent.copy()
    while (node != NONE).any():
        depth += node != NONE
        node = np.where(node == NONE, NONE, parent[node])
    return [np.flatnonzero(depth == level) for level in range(int(depth.max(initial=0)) + 1)]


def _groups(
    parent: IntArray, levels: Sequence[IntArray], counts: IntArray, hidden: BoolArray
) -> tuple[IntArray, IntArray]:
    """(n, m) what each part holds without the nearest told ones below; (n,) the nearest told one above each."""
    told_below = np.zeros_like(counts)
    for level in levels[:0:-1]:
        covered = np.where(hidden[level, None], told_below[level], counts[level])
        np.add.at(told_below, parent[level], covered)
    told_above = np.full(len(parent), NONE, dtype=np.int64)
    for level in levels[1:]:
        above = parent[level]
        told_above[level] = np.where(hidden[above], told_above[above], above)
    return counts - told_below, told_above


def _is_small(counts: IntArray, smallest: int, *, compares: bool) -> BoolArray:
    """(n,) whether a number, or the difference of two, is below the smallest and above 0."""
    numbers = counts
    if compares:
        apart = np.abs(counts[:, :, None] - counts[:, None, :]).reshape(len(counts), -1)
        numbers = np.concatenate([counts, apart], axis=1)
    is_small: BoolArray = np.any((numbers > 0) & (numbers < smallest), axis=1)
    return is_small
