"""Work that somebody has counted: cases, visits and special households, by place and never by person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from geo.areas import Area
from geo.provenance import Made
from geo.units import NONE, BoolArray, FloatArray, IntArray

METHOD = "work-counts-1"
"""Counts as they were sent, by unit; changes whenever the same counts give other numbers."""

WORK_KINDS = ("open_cases", "cases_a_month", "visits_due", "special_households")
"""What is counted; a count's kind is the place in this list.

open_cases
    Cases that are open on the day of counting.
cases_a_month
    How many new ones a month brings.
visits_due
    Visits due a month.
special_households
    Households of hardship and special groups.
"""


class WorkCounts(NamedTuple):
    """Counts, each at a place inside the unit that it was made for; arrays of (n_counts,)."""

    kind: IntArray
    """Place in ``WORK_KINDS``."""
    number: FloatArray
    lonlat: FloatArray
    """(n_counts, 2) degrees."""
    dates: Mapping[str, date]
    """Kind -> the oldest day that its counts speak of; what nobody has counted is not in it."""

    def of_kind(self, kind: str) -> FloatArray:
        """(n_counts,) numbers, 0 where a count is of another kind."""
        return np.where(self.kind == WORK_KINDS.index(kind), self.number, 0.0)

    @property
    def by_kind(self) -> dict[str, FloatArray]:
        """Kind -> (n_counts,) numbers, 0 where a count is of another kind; of kinds that somebody has counted."""
        return {kind: self.of_kind(kind) for kind in WORK_KINDS if kind in self.dates}


class CountedGround(NamedTuple):
    """The units that counts were made for, as the communities' own cuts have them, whatever a plan has made of them."""

    n_units: int
    """Of all communities that were asked about."""
    unit_of_home: IntArray
    """(n_homes,) place among the units of communities in which something was counted; NONE: in none of them."""
    unit_of_count: IntArray
    """(n_counts,)"""

    def is_counted(self, counts: WorkCounts, kind: str) -> BoolArray:
        """(n,) whether a unit has a count of a kind; long enough for every unit that a home or a count lies in."""
        is_counted = np.zeros(
            1 + max(self.unit_of_home.max(initial=NONE), self.unit_of_count.max(initial=NONE)), np.bool_
        )
        units = self.unit_of_count[counts.kind == WORK_KINDS.index(kind)]
        is_counted[units[units != NONE]] = True
        return is_counted


class CountedShare(NamedTuple):
    """In how much of the ground a kind of work was counted."""

    units: int
    of_units: int
    households: float
    """Those of these units."""
    of_households: float


@dataclass(frozen=True)
class UnitWork:
    """The units of a community's own cut with what has been counted in each; arrays of (n_units,). For staff only."""

    community: Area
    unit_no: IntArray
    lonlat: FloatArray
    """(n_units, 2) a place inside each."""
    households: FloatArray
    of_kind: Mapping[str, FloatArray]
    """Every kind -> numbers, NaN where nobody has counted."""
    dates: Mapping[str, date]
    """As those of :class:`WorkCounts`."""
    made: Made
    """Households are those of the homes of today."""
