"""Walking paces: the typed face of paces.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.errors import NotFound
from geo.units import DS_PER_S


@dataclass(frozen=True)
class Pace:
    """How fast one group walks: so many metres in so many seconds."""

    key: str
    name_en: str
    name_zh: str
    metres: float
    seconds: float
    is_verified: bool
    source: str

    @property
    def ds_per_m(self) -> float:
        """Deciseconds a metre. Kept this way round because the planning pace is then a whole number, 9."""
        return DS_PER_S * self.seconds / self.metres

    @property
    def speed_m_s(self) -> float:
        """Metres a second."""
        return self.metres / self.seconds


@cache
def paces() -> dict[str, Pace]:
    """All paces by key."""
    text = (resources.files("geo.rules") / "paces.toml").read_text(encoding="utf-8")
    return {key: Pace(key, **entry) for key, entry in tomllib.loads(text).items()}


def pace(key: str) -> Pace:
    """One pace.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    if key not in paces():
        raise NotFound("pace_unknown", pace=key, known=", ".join(paces()))
    return paces()[key]
