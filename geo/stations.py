"""Service stations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry import Point


@dataclass(frozen=True)
class Station:
    """One station as it is stored."""

    id: int
    name: str
    kind: str
    """A key of geo/rules/station_kinds.toml, or as the file had it."""
    services: tuple[str, ...]
    opening_hours: str | None
    """OpenStreetMap's opening_hours syntax; None: not known."""
    address: str | None
    phone: str | None
    capacity: int | None
    staff: int | None
    """Persons on duty: a count, never who they are; None: not known."""
    point: Point
    """EPSG:4326."""
    entrance: Point | None
    """Where walks begin and end, if known."""
    version: int
    updated_at: datetime
    source: str
    source_key: str

    @property
    def door(self) -> Point:
        """Where walks begin and end: the entrance, else the station's own point."""
        return self.entrance or self.point
