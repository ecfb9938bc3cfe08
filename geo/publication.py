"""What the public may see of counts: the one rule that the API and the map tiles both follow."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class PublicationRule:
    """The numbers of geo/rules/publication.toml."""

    k: int
    """No smaller count is shown."""
    round_to: int
    levels_with_ages: tuple[str, ...]
    cell_m: float
    recent_months: int
    classes: tuple[int, ...]
    """Lower bounds, ascending; the first is at least ``k``."""

    def __post_init__(self) -> None:
        if list(self.classes) != sorted(set(self.classes)) or self.classes[0] < self.k or self.round_to < self.k:
            raise ValueError("publication.toml: classes ascend from k on, and round_to is at least k")

    def total(self, count: float) -> int | None:
        """How many there are: rounded to the nearest step, halves to even as the database does; None below ``k``.

        >>> [rule().total(count) for count in (0, 9.9, 10, 1135, 1136)]
        [None, None, 10, 1140, 1140]
        """
        return None if count < self.k else round(count / self.round_to) * self.round_to

    def reached(self, count: float) -> int:
        """How many are reached: rounded down, so that nothing is promised that is not there.

        >>> [rule().reached(count) for count in (0, 9, 19.99, 1139)]
        [0, 0, 10, 1130]
        """
        return math.floor(count / self.round_to) * self.round_to

    def part(self, count: float, whole: float) -> int | None:
        """How many of a whole: the shown total when it is all of them, and only then; None where no total is shown.

        >>> [rule().part(count, 1134) for count in (1134, 1133, 1119, 4)], rule().part(4, 9)
        ([1130, 1120, 1110, 0], None)
        """
        total = self.total(whole)
        if total is None or count >= whole:
            return total
        return min(self.reached(count), total - self.round_to)

    def at_most(self, count: float, whole: float) -> int | None:
        """An upper bound of a part of a whole: rounded up, at most the shown total; None where no total is shown.

        >>> [rule().at_most(count, 1134) for count in (0, 1, 1130, 1134)], rule().at_most(4, 9)
        ([0, 10, 1130, 1130], None)
        """
        total = self.total(whole)
        return None if total is None else min(math.ceil(count / self.round_to) * self.round_to, total)

    def shows_ages(self, level: str) -> bool:
        """Whether elderly and children are told at a level."""
        return level in self.levels_with_ages

    def class_above(self, lower: int) -> int | None:
        """Where the class that begins at ``lower`` ends; None for the last.

        >>> rule().class_above(10), rule().class_above(100)
        (20, None)
        """
        return next((bound for bound in self.classes if bound > lower), None)


@cache
def rule() -> PublicationRule:
    """The rule in force."""
    table = tomllib.loads((resources.files("geo.rules") / "publication.toml").read_text(encoding="utf-8"))
    return PublicationRule(
        k=table["k"],
        round_to=table["round_to"],
        levels_with_ages=tuple(table["levels_with_ages"]),
        cell_m=table["cell_m"],
        recent_months=table["recent_months"],
        classes=tuple(table["classes"]),
    )
