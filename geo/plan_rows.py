"""A plan as numbered rows, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from geo.drafts import DraftGrid

Delta = dict[str, dict[str, dict[str, Any]]]
"""What an edit did: of ``arcs``, ``units`` and ``grids`` the rows that are ``gone`` and that ``come``, by number (as
text), all as JSON has them."""


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
