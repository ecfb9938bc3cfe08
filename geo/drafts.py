"""A plan in memory: a community cut into units, and which grid has which unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from geo.areas import Area
from geo.compute.fabric.faces import Fabric
from geo.grids import Post
from geo.rules.code_schemes import CodeScheme
from geo.units import FloatArray, Int32Array, IntArray

BORDER_KINDS = ("community", "street", "wall", "water", "rail", "plot", "drawn")
"""What a border runs along; an arc's kind is the place in this list."""


@dataclass(frozen=True)
class DraftGrid:
    """A grid of a plan, without its shape."""

    id: int
    """Permanent; negative while nothing is stored (a dry run)."""
    code: str
    """Of the plan's scheme; empty while a new grid has none."""
    name: str
    kind: str
    """basic or special."""
    posts: Mapping[str, Post]
    """``chief`` and ``member``, where anything is known of them."""
    is_locked: bool = False
    """Whether its border may not change."""


class DraftBridge(NamedTuple):
    """Two units that share no border and hang together all the same: by a footbridge, an underpass, one gate."""

    one: int
    """Place among the units; below ``other``."""
    other: int
    reason: str
    """What joins them."""


@dataclass(frozen=True)
class CodeBook:
    """How grids of a community are numbered, and which codes were given before."""

    scheme: CodeScheme
    grids_of_code: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Code -> ids of the grids that have or had it by a plan in force."""


@dataclass(frozen=True)
class Draft:
    """What a plan says: units and borders, and the grid of every unit."""

    community: Area
    fabric: Fabric
    """Its faces are the units."""
    kind_of_arc: Int32Array
    """(n_arcs,) place in ``BORDER_KINDS``."""
    arc_no: IntArray
    """(n_arcs,) an arc's number for good within the plan; numbers are never given twice."""
    unit_no: IntArray
    """(n_units,) a unit's number for good within the plan."""
    grid_of_unit: IntArray
    """(n_units,) place in ``grids``. Every unit has exactly one grid."""
    grids: tuple[DraftGrid, ...]
    """In order of their ids. Every grid has at least one unit."""
    bridges: tuple[DraftBridge, ...] = ()
    """In order of their units, no two the same. One counts while both its units have the same grid."""


class NeighbourCut(NamedTuple):
    """A neighbouring community as it was last cut."""

    code: str
    name: str
    made_at: datetime
    border_e7: FloatArray
    """(n_pieces, 2, 2) the straight pieces of its outer border."""


class PlanHomes(NamedTuple):
    """The homes of a community, as arrays of (n_homes,): counts by building or cell, never a person."""

    id: IntArray
    lonlat: FloatArray
    """(n_homes, 2) a place inside, which decides the home's unit."""
    is_building: IntArray
    """1 where the home is a building with an outline."""
    households: FloatArray
    residents: FloatArray
    elderly: FloatArray
    children: FloatArray
    shops: FloatArray
