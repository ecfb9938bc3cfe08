"""Names of lanes, compounds and communities: put together from words, in Chinese and in Latin letters."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

Name = tuple[str, str]
"""Chinese, Latin letters."""

_KIND_ENGLISH = {"巷": "Lane", "胡同": "Hutong", "街": "Street", "路": "Road"}


@cache
def words() -> dict[str, Any]:
    """The lists of ``words.toml``."""
    return tomllib.loads((resources.files("geo.demo") / "words.toml").read_text(encoding="utf-8"))


def pairs(first: str, second: str, rng: np.random.Generator, between: str = "") -> Iterator[Name]:
    """Every pair of two word lists once, in an order that the dice give; then again with East, West, ... before it."""
    left, right = words()[first], words()[second]
    both = [(a[0] + b[0], f"{a[1]}{between}{b[1]}") for a in left for b in right if a[0] != b[0]]
    order = rng.permutation(len(both))
    for before_zh, before_en in [("", ""), *words()["before"]]:
        for i in order:
            zh, en = both[int(i)]
            yield before_zh + zh, before_en + en


class StreetNames:
    """Names for lanes: trades and trees in the old core, wishes elsewhere; streets run east, roads run north."""

    def __init__(self, rng: np.random.Generator) -> None:
        old = [(zh, en) for zh, en in words()["old_lane"]]
        self._old = iter([old[int(i)] for i in rng.permutation(len(old))])
        self._new = pairs("lane_first", "lane_second", rng)

    def take(self, is_old: bool, is_eastward: bool) -> Name:
        """The next name that nobody has."""
        base = next(self._old, None) if is_old else None
        if base is not None:
            return base[0] + "巷", f"{base[1]} Lane"
        zh, en = next(self._new)
        suffix = "街" if is_eastward else "路"
        return zh + suffix, f"{en} {_KIND_ENGLISH[suffix]}"
