"""The histories of cases as arrays, as they were known at a moment, and the places that they are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.units import BoolArray, Int32Array, IntArray


@dataclass(frozen=True)
class Saying:
    """What steps said of cases, in order."""

    case_id: IntArray
    """(n,)"""
    value: Sequence[str | None]
    """(n,)"""


@dataclass(frozen=True)
class GridSaying:
    """Steps that put a case into a grid."""

    case_id: IntArray
    """(n,)"""
    is_known: BoolArray
    """(n,) whether it was known at the moment asked about."""
    is_rehome: BoolArray
    """(n,) a plan that came into force did it."""
    says_before: BoolArray
    """(n,) whether the step says where it lay before."""
    grid: Sequence[str | None]
    """(n,) where it lies then; None: in no grid."""
    before: Sequence[str | None]
    """(n,) where it lay; None: in no grid, or it is not said."""


@dataclass(frozen=True)
class CaseHistories:
    """Cases, the stages that they came to, and what was said of them."""

    case_id: IntArray
    """(n_cases,) ascending."""
    grid_now: IntArray
    """(n_cases,) as the cases' rows have it today; -1: in none."""
    unit_now: Sequence[str | None]
    """(n_cases,) likewise."""
    item: Sequence[str | None]
    """(n_cases,)"""
    version: Sequence[str | None]
    """(n_cases,) of the catalogue."""
    passage_case: IntArray
    """(n_passages,) ids, ascending; within a case in order."""
    stage: Int32Array
    """(n_passages,) index into ``STAGES``."""
    at_us: IntArray
    """(n_passages,) since 1970."""
    changed_later: IntArray
    """Ids of cases with steps that were not known yet: their rows say more than was known then."""
    grids: GridSaying
    units: Saying
    arrivals: Saying
    """When help arrived, as written."""
    rated_case: IntArray
    """(n_rated,)"""
    rated_at_us: IntArray
    is_satisfied: BoolArray


@dataclass(frozen=True)
class GridRow:
    """A grid by the plan in force at a moment."""

    id: int
    code: str
    name: str
    community_id: int


@dataclass(frozen=True)
class AreaRow:
    """An area."""

    id: int
    level: str
    code: str
    name: str
    parent_id: int | None
