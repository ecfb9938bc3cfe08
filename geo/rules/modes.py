"""Ways of moving and the surfaces under them: the typed face of modes.toml and surfaces.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

from geo.errors import NotFound
from geo.units import DS_PER_S

Travel = Literal["foot", "bike", "car"]

DEFAULT_MODE = "planning"
DEFAULT_SURFACE = "dry"

DS_PER_M_AT_1_KMH = 36.0
"""A metre at 1 km/h takes 3.6 s."""

M_PER_KM = 1000
OTHER = "other"
"""Key of the speed table for classes that it does not name."""


@dataclass(frozen=True)
class Surface:
    """What lies on the ground: so many seconds more for every kilometre on foot."""

    key: str
    name_en: str
    name_zh: str
    seconds_per_km: float
    is_verified: bool
    source: str


@dataclass(frozen=True)
class Mode:
    """One way of moving: whose ways it takes and how fast it is."""

    key: str
    name_en: str
    name_zh: str
    travel: Travel
    metres: float
    """Walked in ``seconds`` on dry ground: all of a way on foot, the connectors of every other."""
    seconds: float
    uses_steps: bool
    is_verified: bool
    source: str
    kmh: float = 0.0
    """Riding speed of a bike; 0 for the others."""
    kmh_of_highway: Mapping[str, float] = field(default_factory=dict)
    """Limits for cars where none is signed, by OpenStreetMap class; empty for the others."""
    factor: float = 1.0
    """Driven speed as a share of the limit."""

    def ds_per_m_on(self, surface: Surface) -> float:
        """Deciseconds a metre on foot: connectors of every mode, and the pieces of a mode on foot. 9 for planning."""
        return DS_PER_S * self.seconds / self.metres + DS_PER_S * surface.seconds_per_km / M_PER_KM

    def speed_m_s_on(self, surface: Surface) -> float:
        """Metres a second on foot, connectors and pieces alike."""
        return DS_PER_S / self.ds_per_m_on(surface)

    def limit_kmh(self, highway: str) -> float:
        """The limit for cars on an OpenStreetMap class where none is signed."""
        return self.kmh_of_highway.get(highway, self.kmh_of_highway[OTHER])


@cache
def modes() -> dict[str, Mode]:
    """All ways of moving by key."""
    text = (resources.files("geo.rules") / "modes.toml").read_text(encoding="utf-8")
    return {key: _mode(key, entry) for key, entry in tomllib.loads(text).items()}


def _mode(key: str, entry: dict[str, object]) -> Mode:
    speed = entry.pop("kmh", 0.0)
    given = {"kmh_of_highway": speed} if isinstance(speed, dict) else {"kmh": speed}
    return Mode(key=key, **entry, **given)  # type: ignore[arg-type]  # the tests read every entry


@cache
def surfaces() -> dict[str, Surface]:
    """All surfaces by key."""
    text = (resources.files("geo.rules") / "surfaces.toml").read_text(encoding="utf-8")
    return {key: Surface(key=key, **entry) for key, entry in tomllib.loads(text).items()}


def mode(key: str) -> Mode:
    """One way of moving.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    if key not in modes():
        raise NotFound("mode_unknown", mode=key, known=", ".join(modes()))
    return modes()[key]


def surface(key: str) -> Surface:
    """One surface.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    if key not in surfaces():
        raise NotFound("surface_unknown", surface=key, known=", ".join(surfaces()))
    return surfaces()[key]
