"""What two sides answered, in one form, so that they can be compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.units import NONE

Numbers = NDArray[np.generic]


class Pairs(NamedTuple):
    """Node reached, and when, from each station; in any order."""

    station: Numbers
    node: Numbers
    ds: Numbers


def different_pairs(ours: Pairs, theirs: Pairs) -> str:
    """What is different between two lists of pairs; empty if they hold the same."""
    if len(ours.node) != len(theirs.node):
        return f"{len(ours.node)} pairs, the peer has {len(theirs.node)}"
    for name, one, other in zip(Pairs._fields, _sorted(ours), _sorted(theirs), strict=True):
        if (n := int((one != other).sum())) > 0:
            return f"{n} of {len(one)} pairs differ in their {name}"
    return ""


def different_times(ours: Numbers, theirs: Numbers, nothing: float = np.inf) -> str:
    """What is different between two arrays of times, of which ours says NONE for nothing."""
    n = int((np.where(ours == NONE, nothing, ours) != theirs).sum())
    return f"{n} of {ours.size} times differ" if n else ""


def _sorted(pairs: Pairs) -> Pairs:
    order = np.lexsort((pairs.node, pairs.station))
    return Pairs(*(np.asarray(values)[order] for values in pairs))
