"""Official circles: what an authority calls a circle, an outline on the map, whoever can walk it."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class OfficialCircle:
    """One circle as it is stored."""

    id: int
    name: str
    community_codes: tuple[str, ...] | None
    """The communities it was put together from, as they lay when it was imported; None: it was drawn."""
    station_source: str | None
    station_key: str | None
    """With the source, the station whose circle it is; None: the circle of no one station."""
    shape: BaseGeometry
    """Multipolygon, EPSG:4326."""
    source: str
    source_key: str
