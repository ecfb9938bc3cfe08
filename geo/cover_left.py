"""What is left behind while stations and teams are busy: who would be without help within the minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo.helpers import Family, Helper
from geo.provenance import Provenance
from geo.rules.dispatch import CoverMinimum


@dataclass(frozen=True)
class Thin:
    """A subdistrict with fewer free than it must have."""

    area_id: int
    name: str
    present: int
    """Open, or with a known position, busy or not."""
    free: int
    minimum: int


@dataclass(frozen=True)
class Without:
    """A grid whose people have one of the kind near, and no free one."""

    grid_id: int
    code: str
    name: str
    residents: float


@dataclass(frozen=True)
class Suggestion:
    """A free one that should move."""

    helper: Helper
    station: Helper
    """Where to."""
    residents: float
    """Who is covered then and was not, less who no longer is."""


@dataclass(frozen=True)
class KindLeft:
    """One kind of stations or teams."""

    kind: str
    family: Family
    present: int
    """Open at the moment or with a known position, busy or not."""
    free: int
    residents_present: float
    """Who has one within the minutes."""
    residents_free: float
    """Who has a free one."""
    minimum: CoverMinimum
    thin: Sequence[Thin]
    """Subdistricts under their minimum, by id."""
    without: Sequence[Without]
    """Grids, those with most people first; at most as many as the rule tells."""
    move_up: Suggestion | None
    """Where the kind is under a minimum, and a move would bring anybody back."""

    @property
    def kept_share(self) -> float | None:
        """Who has a free one, of all who have one; None where nobody has."""
        return self.residents_free / self.residents_present if self.residents_present else None

    @property
    def is_short(self) -> bool:
        """Whether it is under a minimum."""
        share = self.kept_share
        return bool(self.thin) or (share is not None and share < self.minimum.kept_share)


@dataclass(frozen=True)
class CoverLeft:
    """All kinds, at one moment."""

    at: datetime
    kinds: Sequence[KindLeft]
    """Stations, then teams; by kind."""
    provenance: Provenance
