"""A plan as numbered rows, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from geo.drafts import DraftGrid

Delta = dict[str, dict[str, dict[str, Any]]]
"""What an edit did: of ``arcs``, ``units``, ``grids`` and ``bridges`` the rows that are ``gone`` and that ``come``, by
number (as text; of bridges the numbers of both units, as in 3-17), all as JSON has them."""

UnitPair = tuple[int, int]
"""Numbers of two units, the lower first."""


class ArcRow(NamedTuple):
    """A border."""

    left: int
    """Number of the unit to the left; NONE: outside."""
    right: int
    kind: str
    line: tuple[tuple[int, int], ...]
    """Places in whole ten-millionths of a degree; the first and the last are nodes."""


@dataclass(frozen=True)
class PlanRows:
    """All rows of one state of a plan."""

    arcs: Mapping[int, ArcRow]
    units: Mapping[int, int]
    """Number of a unit -> id of its grid."""
    grids: Mapping[int, DraftGrid]
    next_arc_no: int
    """Above all numbers ever given, also those of rows that are gone."""
    next_unit_no: int
    bridges: Mapping[UnitPair, str] = field(default_factory=dict)
    """Units that hang together though they share no border -> what joins them."""
