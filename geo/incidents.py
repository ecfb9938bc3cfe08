"""Incidents: what was reported, where and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry import Point

STATES = ("open", "closed")


@dataclass(frozen=True)
class Incident:
    """One incident as it is stored."""

    id: int
    occurred_at: datetime
    category: str
    """A key of geo/rules/incident_categories.toml."""
    text: str | None
    state: str
    point: Point
    """EPSG:4326."""
    source: str
    source_key: str
