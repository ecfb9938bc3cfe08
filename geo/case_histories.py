"""The histories of cases as arrays, and the places that they are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from geo.units import BoolArray, Int32Array, IntArray

SEQ_SHIFT: Final = 32
"""A step's code holds its number in the case from this bit on; below are what it does, as packed_step in migration 0034
has it, and the stage that it leads to (index into ``STAGES``).
"""

IS_REPORT: Final = 1 << 8
IS_PASSAGE: Final = 1 << 9
"""The case came to another stage."""
HAS_GRID: Final = 1 << 10
IS_REHOME: Final = 1 << 11
SAYS_BEFORE: Final = 1 << 12
HAS_UNIT: Final = 1 << 13
HAS_ARRIVED: Final = 1 << 14
IS_RATED: Final = 1 << 15
IS_SATISFIED: Final = 1 << 16
IS_UNDO: Final = 1 << 17
"""What a file told, and what is named by this step, is as if it had never been."""

HAS_WORDS: Final = HAS_GRID | HAS_UNIT | HAS_ARRIVED | IS_UNDO
STAGE_BITS: Final = 0xFF

Kind = tuple[str | None, str | None]
"""Version of the catalogue, and item."""


class CaseRows(NamedTuple):
    """Cases as their rows have them today; all arrays (n_cases,)."""

    case_id: IntArray
    """Ascending."""
    reported_us: IntArray
    """Since 1970."""
    until_us: IntArray
    """From then on it does not count any more."""
    grid_now: IntArray
    """-1: in none."""
    kind_no: IntArray
    """Which of ``kinds``."""
    unit_no: IntArray
    """Which of ``units``; -1: none."""


class StepRows(NamedTuple):
    """Steps of all cases, case by case, in order; all arrays (n_steps,)."""

    case_id: IntArray
    code: IntArray
    """Number in the case, what it does, and the stage that it leads to: see ``SEQ_SHIFT``."""
    at_us: IntArray
    known_us: IntArray
    """Since when it is known here."""


class Sayings(NamedTuple):
    """What steps said that have words of their own, in the order of the steps; all arrays (n_sayings,)."""

    case_id: IntArray
    grid: IntArray
    """Where the case lies then; -1: in no grid, or it is not said."""
    before: IntArray
    """Where it lay."""
    unit_begin: IntArray
    """Where in ``words`` the unit is written."""
    unit_size: IntArray
    """In bytes."""
    arrived_us: IntArray
    """When help arrived; -1: it is not said, or cannot be read."""
    undone_no: IntArray
    """Which of ``undone``; -1: it takes back nothing."""


@dataclass(frozen=True)
class CaseLogs:
    """All that is stored of some cases, whenever it became known."""

    rows: CaseRows
    steps: StepRows
    sayings: Sayings
    kinds: Sequence[Kind]
    units: Sequence[str]
    undone: Sequence[Sequence[int]]
    """Numbers of steps in their cases."""
    words: bytes
    """UTF-8."""


class GridSaying(NamedTuple):
    """Steps that put a case into a grid; all arrays (n,)."""

    case: IntArray
    """Numbers of cases."""
    is_known: BoolArray
    """Whether it was known at the moment asked about."""
    is_rehome: BoolArray
    """A plan that came into force did it."""
    says_before: BoolArray
    """Whether the step says where it lay before."""
    grid: IntArray
    """Where it lies then; -1: in no grid."""
    before: IntArray
    """Where it lay; -1: in no grid, or it is not said."""


@dataclass(frozen=True)
class CaseHistories:
    """Cases, the stages that they came to, and what was said of them, as it was known at a moment."""

    case_id: IntArray
    """(n_cases,) ascending."""
    grid_now: IntArray
    """(n_cases,) as the cases' rows have it today; -1: in none."""
    kind_no: IntArray
    """(n_cases,) which of ``kinds``."""
    unit_no: IntArray
    """(n_cases,) which of ``units`` was responsible; -1: none."""
    passage_case: IntArray
    """(n_passages,) numbers of cases, ascending; within a case in order."""
    stage: Int32Array
    """(n_passages,) index into ``STAGES``."""
    at_us: IntArray
    """(n_passages,) since 1970."""
    grids: GridSaying
    arrived_us: IntArray
    """(n_cases,) when help first arrived; -1: nobody said."""
    rated_us: IntArray
    """(n_cases,) when somebody last said whether the caller is satisfied; -1: nobody did."""
    is_satisfied: BoolArray
    """(n_cases,) what was said then."""
    kinds: Sequence[Kind]
    units: Sequence[str]


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
