"""What is refused about people who work in grids: the typed face of burden.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

NEVER = "(?!)"
"""A pattern that nothing matches."""


@dataclass(frozen=True)
class Burden:
    """One kind of field that burdens staff."""

    zh: re.Pattern[str]
    """Found anywhere in a name."""
    en: tuple[str, ...]
    """Whole words of a name, with a space between."""
    honest: tuple[str, ...]
    """Phrases of a name that are not looked at."""
    of_teams: tuple[str, ...]
    """Names that are of this kind where teams are told of, besides."""
    law: str
    """Which law forbids it: ``burden_law_...`` in geo/words."""
    source: str


@cache
def burdens() -> Mapping[str, Burden]:
    """All kinds by key."""
    return {
        key: Burden(
            re.compile("|".join(said["zh"]) or NEVER),
            tuple(said["en"]),
            tuple(said.get("honest", ())),
            tuple(said.get("of_teams", ())),
            said["law"],
            said["source"],
        )
        for key, said in _data()["kind"].items()
    }


@cache
def alike() -> Mapping[int, int]:
    """Code of a sign -> that of the sign that it is read as."""
    said = _data()["alike"]
    return str.maketrans(said["letters_from"] + said["characters_from"], said["letters_to"] + said["characters_to"])


def is_guarded(kind: str) -> bool:
    """Whether files of a kind tell of people at work."""
    return kind in _data()["files"]["guarded"]


def is_of_teams(kind: str) -> bool:
    """Whether files of a kind tell of nothing but people at work."""
    return kind in _data()["files"]["of_teams"]


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("geo.rules") / "burden.toml").read_text(encoding="utf-8"))
