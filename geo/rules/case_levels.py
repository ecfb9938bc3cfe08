"""Levels that decide, and the powers and duties that each holds: the typed face of case_levels.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

from geo.rules.checked import Entry, refuse_faults
from geo.words import Named

Level = Literal["grid", "community", "subdistrict", "district", "city"]

LEVELS: tuple[Level, ...] = get_args(Level)
"""From the narrowest to the widest."""

POWER_KINDS = ("power", "duty")
"""A right to decide that was handed to a level; a task on a level's duty list."""


@dataclass(frozen=True)
class Power(Named):
    """What a level may decide or has to do."""

    key: str
    kind: str
    """One of ``POWER_KINDS``."""
    level: Level
    is_verified: bool
    source: str


def is_above(level: Level, other: Level) -> bool:
    """Whether a level is wider than another.

    >>> is_above("city", "grid"), is_above("grid", "grid")
    (True, False)
    """
    return LEVELS.index(level) > LEVELS.index(other)


@cache
def powers() -> Mapping[str, Power]:
    """The seed list by key."""
    text = (resources.files("geo.rules") / "case_levels.toml").read_text(encoding="utf-8")
    top = Entry(tomllib.loads(text), "", [])
    found = read_powers(top.tables("power", named_by="key"))
    refuse_faults("case_levels.toml", top.faults)
    return found


def read_powers(entries: Iterable[Entry]) -> dict[str, Power]:
    """Powers and duties by key, as a file lists them. Faults are noted in the entries."""
    found: dict[str, Power] = {}
    for entry in entries:
        power = Power(
            key=entry.text("key"),
            kind=entry.choice("kind", POWER_KINDS),
            level=cast("Level", entry.choice("level", LEVELS)),
            name_en=entry.text("name_en"),
            name_zh=entry.text("name_zh"),
            is_verified=entry.truth("is_verified", default=False),
            source=entry.text("source"),
        )
        entry.nothing_else()
        if power.key in found:
            entry.fault("key", "catalogue_twice", value=power.key)
        found[power.key] = power
    return found
