"""Which numbers of a table to hide so that no small one is told, nor can be worked out from those that are.

The parts of a table form a tree (grid, community, subdistrict, ..., the whole): each number is the sum of those of its
children. A number that is hidden because it is small (primary) could be had by subtraction, so others are hidden with
it (complementary) until no sum gives any of them away:

- a part that is told has no hidden child, or at least two whose sum is not small itself;
- a part that is hidden has a hidden child, if it has children: else it would be their sum.

Then every hidden number can be raised or lowered together with others so that all that is told stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.units import NONE, BoolArray, IntArray


def hidden_cells(parent: IntArray, counts: IntArray, smallest: int) -> BoolArray:
    """Which parts to hide.

    Parameters
    ----------
    parent
        (n,) the part that holds each; -1: none.
    counts
        (n, m) numbers that are told together, each the sum of the children's.
    smallest
        No number from 1 to one less may be told, nor may the difference of two numbers of a part be one.

    Returns
    -------
    (n,) whether all numbers of a part are hidden.

    Examples
    --------
    A whole of three parts: the small one takes the next smallest with it.

    >>> hidden_cells(np.array([-1, 0, 0, 0]), np.array([[93], [3], [30], [60]]), 10).tolist()
    [False, True, True, False]
    """
    hidden = _is_small(counts, smallest)
    children: list[list[int]] = [[] for _ in parent]
    for part, above in enumerate(parent.tolist()):
        if above != NONE:
            children[above].append(part)
    bearing = [part for part, inner in enumerate(children) if inner]
    while True:
        more = [_one_more(part, children[part], counts, hidden, smallest) for part in bearing]
        if all(part is None for part in more):
            return hidden
        hidden[[number for number in more if number is not None]] = True


def _one_more(part: int, children: Sequence[int], counts: IntArray, hidden: BoolArray, smallest: int) -> int | None:
    """What must be hidden besides because of a part; None: nothing."""
    gone = [child for child in children if hidden[child]]
    left = [child for child in children if not hidden[child]]
    if hidden[part]:
        return None if gone else _least(left, counts)
    if not gone or (len(gone) > 1 and not _is_small(counts[gone].sum(axis=0)[None], smallest)[0]):
        return None
    return _least(left, counts) if left else part


def _least(parts: Sequence[int], counts: IntArray) -> int:
    """The one that is missed least: the smallest that is not nothing."""
    return min(parts, key=lambda part: (not counts[part].any(), counts[part].max(), part))


def _is_small(counts: IntArray, smallest: int) -> BoolArray:
    """(n,) whether a number, or the difference of two, is below the smallest and above 0."""
    apart = np.abs(counts[:, :, None] - counts[:, None, :]).reshape(len(counts), -1)
    numbers = np.concatenate([counts, apart], axis=1)
    is_small: BoolArray = np.any((numbers > 0) & (numbers < smallest), axis=1)
    return is_small
