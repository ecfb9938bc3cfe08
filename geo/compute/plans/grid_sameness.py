"""Which grids of two divisions are clearly the same, whatever they are called."""

from __future__ import annotations

from geo.compute.plans.numbering import lineage
from geo.units import NONE, FloatArray, IntArray


def same_grids(
    before: IntArray, after: IntArray, residents: FloatArray, area: FloatArray, least_share: float
) -> dict[int, int]:
    """New grid -> the old one that it clearly is: nearly all of the one is nearly all of the other.

    Parameters
    ----------
    before, after
        (n,) grid of each piece of ground, or of each home, in the old division and in the new one; NONE: in no grid.
    residents, area
        (n,) of each piece. A grid's shares are those of its residents, or of its ground where nobody lives.
    least_share
        Of either grid; above a half, so that no grid has two partners.

    >>> ones = np.ones(10)
    >>> same_grids(np.repeat([7, 8], [6, 4]), np.repeat([0, 1], [5, 5]), ones, ones, 0.8)
    {0: 7, 1: 8}
    >>> same_grids(np.repeat([7, 8], [6, 4]), np.repeat([0, 1], [3, 7]), ones, ones, 0.8)
    {}
    """
    forth = {(step.old_id, step.new_id): step.share for step in lineage(before, after, residents, area)}
    back = {(step.new_id, step.old_id): step.share for step in lineage(after, before, residents, area)}
    return {
        new: old
        for (old, new), share in forth.items()
        if NONE not in (old, new) and min(share, back[old, new]) >= least_share
    }
