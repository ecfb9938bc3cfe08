"""What numbers of persons look like: the typed face of masks.toml."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class NumberRule:
    """One sort of number that is found wherever it stands."""

    kind: str
    """As what it is counted."""
    pattern: re.Pattern[str]
    """Of the whole number, in plain digits and X, with nothing between."""
    shapes: frozenset[tuple[int, ...]]
    """Places of each group in which people write it."""
    words: tuple[str, ...]
    """What announces it."""
    luhn: bool
    """Whether the last digit must be Luhn's check digit."""
    source: str


@dataclass(frozen=True)
class PlaceRule:
    """What is a number of a person behind certain words, or by its own form."""

    kind: str
    words: tuple[str, ...]
    """One of them stands before it; or is part of its form."""
    pattern: str
    """Of plain digits and letters; ~ where blanks and hyphens may stand."""
    few_figures: bool
    """Whether it may have fewer than five digits."""
    source: str


@dataclass(frozen=True)
class MaskRules:
    """All rules."""

    numbers: Mapping[str, NumberRule]
    """By name, in the order in which a number is tried on them."""
    behind: Sequence[PlaceRule]
    bare: Sequence[PlaceRule]
    scripts: Sequence[Mapping[str, str]]
    """Signs that stand for digits, each with its digit: rounded and raised ones, words, letters."""


@cache
def mask_rules() -> MaskRules:
    """The rules of the file."""
    data = tomllib.loads((resources.files("geo.rules") / "masks.toml").read_text(encoding="utf-8"))
    signs = data["signs"]
    rounded = {sign: str(unicodedata.digit(sign)) for sign in signs["rounded"]}
    return MaskRules(
        {name: _number(name, said) for name, said in data["numbers"].items()},
        [_place(said) for said in data["behind"]],
        [_place(said) for said in data["bare"]],
        [rounded, _by_sign(signs["words"]), _by_sign(signs["letters"])],
    )


def _number(name: str, said: Mapping[str, Any]) -> NumberRule:
    shapes = frozenset(tuple(map(int, shape.split("-"))) for shape in said["shapes"])
    pattern = re.compile("|".join(said["patterns"]))
    kind, luhn = said.get("kind", name), said.get("luhn", False)
    return NumberRule(kind, pattern, shapes, tuple(said["words"]), luhn, said["source"].strip())


def _place(said: Mapping[str, Any]) -> PlaceRule:
    few = said.get("few_figures", False)
    return PlaceRule(said["kind"], tuple(said["words"]), said["pattern"], few, said["source"].strip())


def _by_sign(signs_of: Mapping[str, str]) -> Mapping[str, str]:
    return {sign: digit for digit, signs in signs_of.items() for sign in signs}
