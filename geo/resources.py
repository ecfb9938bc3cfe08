"""Resources that move: teams and vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry import Point


@dataclass(frozen=True)
class Resource:
    """One team or vehicle with its last position."""

    id: int
    name: str
    kind: str
    services: tuple[str, ...]
    staff: int | None
    """Persons on duty: a count, never who they are; None: not known."""
    point: Point
    """EPSG:4326; empty where it is forgotten."""
    position_at: datetime
    source: str
    source_key: str
