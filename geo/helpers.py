"""Who can help with a case: stations, teams and vehicles that move, and posts of professionals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from shapely.geometry import Point

from geo.resources import Resource
from geo.stations import Station
from geo.words import Bilingual, sentence

Family = Literal["station", "resource"]


@dataclass(frozen=True)
class Helper:
    """A station or a team, as far as a dispatcher asks: never a person."""

    family: Family
    id: int
    """Among those of its family."""
    name: str
    kind: str
    services: tuple[str, ...]
    point: Point
    """EPSG:4326: a station's door, where a team was last seen, where a post works from."""
    opening_hours: str | None = None
    """Of a station, or on duty, in OpenStreetMap's syntax; None: not known."""
    capacity: int | None = None
    """Of a station, in cases at once; None: not known, or a team."""
    staff: int | None = None
    """Persons on duty, a count; None: not known, which speaks against nobody."""
    position_at: datetime | None = None
    """When a team was last seen; None: a station, or a post with a fixed place."""

    @classmethod
    def of_station(cls, station: Station) -> Helper:
        """A station as somebody who can help."""
        return cls(
            "station",
            station.id,
            station.name,
            station.kind,
            station.services,
            station.door,
            opening_hours=station.opening_hours,
            capacity=station.capacity,
            staff=station.staff,
        )

    @classmethod
    def of_resource(cls, resource: Resource) -> Helper:
        """A team, vehicle or post as somebody who can help."""
        told = resource.id, resource.name, resource.kind, resource.services, resource.point
        hours, staff, position_at = resource.duty_hours, resource.staff, resource.position_at
        return cls("resource", *told, opening_hours=hours, staff=staff, position_at=position_at)

    @cached_property
    def lonlat(self) -> tuple[float, float]:
        """Degrees."""
        return self.point.x, self.point.y


@dataclass(frozen=True)
class Reason(Bilingual):
    """A sentence about a helper."""

    key: str
    """Of geo/words; the same in every language."""
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """The sentence in ``zh`` or ``en``."""
        return sentence(self.key, language, **self.values)
