"""Changes that somebody imagines: what a what-if is asked about. Nothing of them is ever stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

LonLat: TypeAlias = tuple[float, float]
"""Degrees, EPSG:4326."""


class _Exact:
    """Whoever parses a change refuses what it does not know: a slip of the pen would otherwise change nothing."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True)
class AddStation(_Exact):
    """A station more."""

    lonlat: LonLat
    """Where walks begin and end."""
    name: str = ""
    services: tuple[str, ...] = ()
    opening_hours: str | None = None
    kind: Literal["add_station"] = "add_station"


@dataclass(frozen=True)
class CloseStation(_Exact):
    """A station less."""

    station_id: int
    kind: Literal["close_station"] = "close_station"


@dataclass(frozen=True)
class MoveStation(_Exact):
    """A station elsewhere."""

    station_id: int
    lonlat: LonLat
    kind: Literal["move_station"] = "move_station"


@dataclass(frozen=True)
class ChangeHours(_Exact):
    """A station with other hours."""

    station_id: int
    opening_hours: str
    kind: Literal["change_hours"] = "change_hours"


@dataclass(frozen=True)
class AddStreet(_Exact):
    """A way more: its ends and corners join the streets that they touch."""

    lonlats: tuple[LonLat, ...]
    highway: str = "footway"
    """OpenStreetMap class: who may use it."""
    kind: Literal["add_street"] = "add_street"


@dataclass(frozen=True)
class CutStreet(_Exact):
    """A street that can no longer be passed at this place; what is left of it on both sides remains."""

    lonlat: LonLat
    kind: Literal["cut_street"] = "cut_street"


@dataclass(frozen=True)
class AddGate(_Exact):
    """A gate in a wall or in the outline of a compound."""

    lonlat: LonLat
    kind: Literal["add_gate"] = "add_gate"


Change: TypeAlias = AddStation | CloseStation | MoveStation | ChangeHours | AddStreet | CutStreet | AddGate
