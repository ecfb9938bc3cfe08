"""What somebody imagines, and what it would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo.changes import Change
from geo.provenance import Provenance


@dataclass(frozen=True)
class WhatIfWish:
    """What is asked of a what-if."""

    mode: str
    surface: str
    minutes: float
    at: datetime
    """Which plans of grids are in force; with ``open_only`` also the moment at which stations must be open."""
    changes: tuple[Change, ...]
    open_only: bool = False
    """Count only stations that are open at that moment; hours that nobody knows count as closed."""
    kind: str | None = None
    """Count only stations of this kind."""
    service: str | None = None
    area_id: int | None = None
    """Count only people of this area."""


@dataclass(frozen=True)
class Counts:
    """People; fractions where cells have them."""

    residents: float
    elderly: float
    children: float


@dataclass(frozen=True)
class GridChange:
    """A grid some of whose people gain or lose a station within reach."""

    grid_id: int
    code: str
    name: str
    residents: float
    covered_before: float
    covered_after: float
    gained: float
    lost: float


@dataclass(frozen=True)
class StationChange:
    """A station that reaches other people than before."""

    station_id: int | None
    """None: it is only imagined."""
    name: str
    residents_before: float
    residents_after: float


@dataclass(frozen=True)
class PlaceChange:
    """People of one compound, or of one building, who gain or lose a station within reach. For staff only."""

    name: str
    """Of the compound, else of the building; empty where it has none."""
    lonlat: tuple[float, float]
    residents: float
    minutes_before: float | None
    """Of the nearest home among them; None beyond the cutoff."""
    minutes_after: float | None


@dataclass(frozen=True)
class WeekChange:
    """What other hours bring in a week, the stations and streets being as they are now."""

    monday: datetime
    gained_person_hours: float
    lost_person_hours: float
    newly_reached: float
    """Residents who reach an open station at some hour of the week, and did at none before."""


@dataclass(frozen=True)
class WhatIf:
    """What would change."""

    provenance: Provenance
    wish: WhatIfWish
    everybody: Counts
    before: Counts
    """Within the cutoff of a station that counts."""
    after: Counts
    gained: Counts
    lost: Counts
    residents_nearer: float
    """Within the cutoff before and after, and nearer to a station now."""
    residents_farther: float
    homes_touched: int
    """Homes whose answer was computed anew."""
    grids: Sequence[GridChange]
    stations: Sequence[StationChange]
    winners: Sequence[PlaceChange]
    losers: Sequence[PlaceChange]
    week: WeekChange | None
    """None where no hours change."""
