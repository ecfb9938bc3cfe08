"""What is refused about people who work in grids: the typed face of burden.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Burden:
    """One kind of field that burdens staff."""

    zh: re.Pattern[str]
    """Found anywhere in a name."""
    en: tuple[str, ...]
    """Whole words of a name, with a space between."""
    law: str
    """Which law forbids it: ``burden_law_...`` in geo/words."""
    source: str


@cache
def burdens() -> Mapping[str, Burden]:
    """All kinds by key."""
    data = tomllib.loads((resources.files("geo.rules") / "burden.toml").read_text(encoding="utf-8"))
    return {
        key: Burden(re.compile("|".join(said["zh"])), tuple(said["en"]), said["law"], said["source"])
        for key, said in data.items()
    }
