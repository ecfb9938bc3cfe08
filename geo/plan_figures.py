"""Figures of a plan's grids: how many of what, how large, how much work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geo.drafts import BORDER_KINDS
from geo.units import FloatArray, IntArray

METHOD = "plan-figures-1"
"""Changes whenever the same units, homes and counts give other figures."""


class GridFigures(NamedTuple):
    """What each grid holds and how it is shaped; arrays of (n_grids,) in the order of ``Draft.grids``."""

    units: IntArray
    homes: IntArray
    """Buildings and cells in which somebody may live: places to be called at."""
    buildings: IntArray
    """Of the homes, those that are a building with an outline."""
    households: FloatArray
    residents: FloatArray
    elderly: FloatArray
    children: FloatArray
    shops: FloatArray
    area_m2: FloatArray
    border_m: FloatArray
    """All of the border, holes and the community's edge included."""
    compactness: FloatArray
    """Area over that of the circle with the same border, 0 to 1; NaN of a grid without ground."""
    pieces: IntArray
    """Parts that hang together; 0 of a grid without units."""
    inner_m_of_kind: FloatArray
    """(n_grids, n_kinds) border that has a grid on both sides, by ``BORDER_KINDS``."""

    @property
    def inner_m(self) -> FloatArray:
        """(n_grids,) border with another grid."""
        return np.asarray(self.inner_m_of_kind.sum(axis=1))

    def share_along(self, kinds: Sequence[str]) -> FloatArray:
        """(n_grids,) of the border with other grids, the share along these kinds; NaN where there is no such border."""
        columns = [BORDER_KINDS.index(kind) for kind in kinds]
        along_m, inner_m = self.inner_m_of_kind[:, columns].sum(axis=1), self.inner_m
        share = np.full(len(inner_m), np.nan)
        np.divide(along_m, inner_m, out=share, where=inner_m > 0)
        return share


class LoadHours(NamedTuple):
    """Hours of work a month, by what they go into; arrays of (n_grids,)."""

    visits: FloatArray
    cases: FloatArray
    shops: FloatArray
    patrol: FloatArray

    @property
    def total(self) -> FloatArray:
        """(n_grids,) all of it."""
        return np.asarray(self.visits + self.cases + self.shops + self.patrol)


class Balance(NamedTuple):
    """How evenly hours are spread over the grids of a plan; None where there is nothing to tell."""

    grids: int
    mean: float | None
    smallest: float | None
    largest: float | None
    largest_to_smallest: float | None
    """None where a grid has no work at all."""
    gini: float | None
    over_full_time: int
    """Grids with more work than one full-time month."""
    bin_from: tuple[float, ...]
    """Hours at which each bar of the histogram begins; the last has no end."""
    grids_in_bin: tuple[int, ...]


class Descent(NamedTuple):
    """What became of a grid, or of a part of it, from one plan to another."""

    old_id: int
    """NONE of a grid that comes from none."""
    new_id: int
    """NONE of a grid that went nowhere."""
    kind: str
    """One of ``DESCENTS``."""
    share: float
    """Of the old grid, what went to the new one; where there was no old grid, of the new one."""


DESCENTS = ("kept", "split", "merged", "new", "gone")
"""What a line of descent is called.

kept
    It is the same grid, or one whole old grid is one whole new grid under another id.
split
    A part of an old grid that lies in another grid now.
merged
    All of an old grid lies in one new grid, which has other parents, too.
new, gone
    There was no grid there before, there is none now.
"""
