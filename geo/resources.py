"""Resources: teams and vehicles that move, and posts of professionals that work from a fixed place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry import Point


@dataclass(frozen=True)
class Resource:
    """One team or vehicle with its last position, or one post of a professional: never who holds it."""

    id: int
    name: str
    kind: str
    services: tuple[str, ...]
    staff: int | None
    """Persons on duty: a count, never who they are; None: not known."""
    point: Point
    """EPSG:4326; empty where it is forgotten."""
    position_at: datetime | None
    """None: a post that works from a fixed place."""
    duty_hours: str | None
    """In OpenStreetMap's syntax; None: not known."""
    version: int
    source: str
    source_key: str
