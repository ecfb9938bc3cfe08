"""Categories of incidents: the typed face of incident_categories.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class IncidentCategory:
    """One entry of the catalogue."""

    key: str
    code: str
    """Class and subclass, two digits each."""
    kind: str
    """``event``, ``component`` or ``request``."""
    name_en: str
    name_zh: str
    words: tuple[str, ...]
    """Other words under which files know it."""


@cache
def incident_categories() -> dict[str, IncidentCategory]:
    """The whole catalogue by key."""
    text = (resources.files("geo.rules") / "incident_categories.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["category"]
    return {entry["key"]: IncidentCategory(**{**entry, "words": tuple(entry["words"])}) for entry in entries}
