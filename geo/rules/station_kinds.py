"""Kinds of stations: the typed face of station_kinds.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class StationKind:
    """What one kind is called, whom it serves and how it is drawn."""

    key: str
    name_en: str
    name_zh: str
    serves: str
    """``residents`` or ``workers``."""
    symbol: str
    words: tuple[str, ...]
    """Other words under which files know it."""
    source: str


@cache
def station_kinds() -> dict[str, StationKind]:
    """All kinds by key."""
    text = (resources.files("geo.rules") / "station_kinds.toml").read_text(encoding="utf-8")
    kinds = tomllib.loads(text)["kind"]
    return {key: StationKind(key, **{**entry, "words": tuple(entry.get("words", ()))}) for key, entry in kinds.items()}


def station_kind(key: str) -> StationKind:
    """One kind; a kind that the table does not have is called as the file called it and serves residents."""
    unknown = StationKind(key, key, key, "residents", "dot", (), "the file that brought it")
    return station_kinds().get(key, unknown)
