"""Grids that are assigned to posts of professionals: what was said, and what plans made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from geo.rules.professionals import ProfessionalKind


class Claim(NamedTuple):
    """A grid that was given to a post, as it was said."""

    id: int
    resource_id: int
    grid_id: int
    since: datetime
    until: datetime | None
    """None: no end is known."""


class Line(NamedTuple):
    """One line of a published plan's lineage."""

    at: datetime
    """When the plan comes into force."""
    plan_id: int
    from_id: int
    to_id: int
    share: float
    """Of the grid before, what went to the grid after."""
    stays: bool
    """Whether the plan has the grid before, too."""
    is_new: bool
    """Whether the plan before has not the grid after."""


class Turn(NamedTuple):
    """What a plan that comes into force makes of a grid."""

    at: datetime
    plan_id: int
    from_id: int
    to_ids: tuple[int, ...]
    """Itself, too, if it stays; none if nothing of it is left."""


class Spell(NamedTuple):
    """A time during which a grid is a post's."""

    claim_id: int
    resource_id: int
    grid_id: int
    since: datetime
    until: datetime | None
    from_grid_id: int | None = None
    """The grid it came from when a plan came into force; None: the grid that was said."""
    plan_id: int | None = None
    """That plan."""

    def holds(self, at: datetime) -> bool:
        """Whether it is so at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, eq=False)
class Assigned:
    """All spells, past and to come."""

    spells: Sequence[Spell] = ()

    @cached_property
    def of_grid(self) -> Mapping[int, Sequence[Spell]]:
        """Grid -> its spells."""
        return self._by("grid_id")

    @cached_property
    def of_resource(self) -> Mapping[int, Sequence[Spell]]:
        """Post -> its spells."""
        return self._by("resource_id")

    @cached_property
    def digest(self) -> str:
        """sha256 over all of it."""
        return hashlib.sha256(repr(tuple(self.spells)).encode()).hexdigest()

    def to_grid(self, grid_id: int | None, at: datetime) -> frozenset[int]:
        """Posts to whom a grid is assigned at a moment."""
        spells = () if grid_id is None else self.of_grid.get(grid_id, ())
        return frozenset(spell.resource_id for spell in spells if spell.holds(at))

    def grids_of(self, resource_id: int, at: datetime) -> frozenset[int]:
        """Grids of a post at a moment."""
        return frozenset(spell.grid_id for spell in self.of_resource.get(resource_id, ()) if spell.holds(at))

    def _by(self, name: str) -> Mapping[int, Sequence[Spell]]:
        found: dict[int, list[Spell]] = {}
        for spell in self.spells:
            found.setdefault(getattr(spell, name), []).append(spell)
        return found


METHOD = "assigned-1"
"""Name of the rule by which gaps are found: changes whenever the same inputs give other results."""


class GridNamed(NamedTuple):
    """A grid in force."""

    id: int
    code: str
    name: str
    community_code: str
    community_name: str


@dataclass(frozen=True)
class KindGaps:
    """The grids without a post of one kind."""

    kind: ProfessionalKind
    posts: int
    """To whom any of the grids is assigned."""
    grids: int
    """All that are asked about: ``assigned`` and those without."""
    without: Sequence[GridNamed]
    """By code."""

    @property
    def assigned(self) -> int:
        """Grids that have one."""
        return self.grids - len(self.without)


@dataclass(frozen=True)
class Gaps:
    """Which grids have nobody, by kind."""

    at: datetime
    method: str
    inputs_hash: str
    """sha256 over grids, assignments and rules."""
    kinds: Sequence[KindGaps]
    """In the order of the catalogue."""


@dataclass(frozen=True)
class Held:
    """One grid of a post, for a time."""

    grid_id: int
    code: str | None
    """Then; None: the grid was not in force."""
    name: str | None
    since: datetime
    until: datetime | None
    from_code: str | None
    """Of the grid it came from when a plan came into force; None: the grid that was said."""
    plan_id: int | None
