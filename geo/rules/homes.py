"""Who lives in a building of which only outline, floors and tags are known: the typed face of homes.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class HomeRules:
    """The tables of homes.toml."""

    m2_per_person: float
    m2_per_household: float
    smallest_m2: float
    floors_of_building: dict[str, int]
    """Value of ``building`` -> floors where the data have none; values that are not in it are no homes."""
    keys_of_other_use: frozenset[str]


@cache
def home_rules() -> HomeRules:
    """The committed tables."""
    table = tomllib.loads((resources.files("geo.rules") / "homes.toml").read_text(encoding="utf-8"))
    return HomeRules(
        m2_per_person=table["people"]["m2_per_person"],
        m2_per_household=table["households"]["m2_per_household"],
        smallest_m2=table["smallest"]["m2"],
        floors_of_building={value: floors for value, floors in table["floors"].items() if value != "source"},
        keys_of_other_use=frozenset(table["not_homes"]["keys"]),
    )
