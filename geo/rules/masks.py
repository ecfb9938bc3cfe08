"""What numbers of persons look like: the typed face of masks.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class MaskRule:
    """One kind of number."""

    pattern: re.Pattern[str]
    """Of the whole number, in plain digits and X, with nothing between."""
    luhn: bool
    """Whether the last digit must be Luhn's check digit."""
    source: str


@cache
def mask_rules() -> Mapping[str, MaskRule]:
    """The rules by kind, in the order in which a number is tried on them."""
    data = tomllib.loads((resources.files("geo.rules") / "masks.toml").read_text(encoding="utf-8"))
    return {
        kind: MaskRule(re.compile("|".join(rule["patterns"])), rule.get("luhn", False), rule["source"].strip())
        for kind, rule in data.items()
    }
