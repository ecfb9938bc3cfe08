"""Figures about cases: rates with their numerators and denominators, times of stages, and sums that are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal, get_args

from geo.errors import Refused
from geo.rules.figures import Rounding

METHOD = "case-figures-2"
"""Changes whenever the same steps give other figures."""

By = Literal["all", "grid", "community", "subdistrict", "item", "unit", "day", "week", "month"]

BYS: tuple[By, ...] = get_args(By)

PLACES: tuple[By, ...] = ("grid", "community", "subdistrict")

PERIODS: tuple[By, ...] = ("day", "week", "month")

Why = Literal["without_grid", "grid_not_known", "without_area", "without_unit", "without_item"]
"""Why cases are in none of the parts, and so make up a part of their own."""

_ROUNDINGS: Mapping[Rounding, str] = {"half_up": ROUND_HALF_UP, "truncated": ROUND_DOWN}


@dataclass(frozen=True)
class FigureWish:
    """Which figures are asked for."""

    since: datetime
    """The period begins, by the city's clock; aware."""
    before: datetime
    """It ends just before; aware."""
    as_of: datetime
    """Only what was done and stored until then is known, this moment with it; aware."""
    by: By = "all"
    item: str | None = None
    """Only cases of this item of the catalogue; None: of all."""
    unit: str | None = None
    """Only those that this unit was responsible for; None: all."""


@dataclass(frozen=True)
class Ratio:
    """One rate of one part."""

    numerator: int | None
    """None: hidden."""
    denominator: int | None
    percent: Decimal | None
    """None: hidden, or there is nothing to divide by."""


HIDDEN = Ratio(None, None, None)


@dataclass(frozen=True)
class StageTime:
    """How long a stage took, of the cases that got through it in the period and have limits on one clock."""

    stage: str
    """dispatch, handle, verify or total."""
    clock: str | None
    """The clock of the items' limits; None: they have none, and only wall hours are known."""
    n: int | None
    """None: hidden, or not told with times that are: it could be subtracted from the numbers of rates."""
    median: Decimal | None
    """On the stage's own clock: hours, or whole days that ended, deferred time left out. None: hidden, or no limit."""
    high: Decimal | None
    """The same, the 95th percentile."""
    wall_median_h: Decimal | None
    """By the clock on the wall, deferred time and all."""
    wall_high_h: Decimal | None


@dataclass(frozen=True)
class FigureRow:
    """The figures of one part, or of the whole."""

    key: str | None
    """Code of a grid or area, code of an item, unit, or the first day of a period; None: of the whole, or of a rest."""
    name: str | None
    why: Why | None
    """Why this part is in none of the others; None: it is a part like others, or the whole."""
    is_hidden: bool
    """Some of its numbers are too small to be told, or would give away others that are."""
    rates: Mapping[str, Ratio]
    times: Sequence[StageTime]


@dataclass(frozen=True)
class FigureTable:
    """Parts, and the whole that they add up to."""

    wish: FigureWish
    rows: Sequence[FigureRow]
    """By key, never by rate: nobody is ranked. The rest comes last."""
    whole: FigureRow
    notes: Mapping[str, int]
    """Key of a sentence -> how many cases: what one must know to compare with another table."""
    catalogue_versions: Sequence[str]
    inputs_hash: str
    """sha256 over everything that the figures depend on."""
    smallest: int | None
    """No smaller number is told; None: all are."""
    is_final: bool = field(compare=False)
    """Asked again, it comes out the same; not so as long as what was known at the moment may still be on its way."""
    n_without_report: int = field(compare=False)
    """Beside the table, as of now: incidents of the period that came with an import and have no steps."""

    is_first_month: bool = False
    """Nothing is told, as nothing that was reported before was known then."""

    @property
    def remarks(self) -> dict[str, int]:
        """The notes, and what is told beside the table."""
        beside = {"figures_note_without_report": self.n_without_report} if self.n_without_report else {}
        first = {"figures_note_first_month": 0} if self.is_first_month else {}
        return {**first, **beside, **self.notes}


@dataclass(frozen=True)
class SumCheck:
    """Whether a printed whole is the sum of its printed parts."""

    whole: int
    sum_of_parts: int
    base: Literal["whole", "parts", "both", "neither"] | None
    """What the printed percentages were computed from; None: none were given."""
    rounding: tuple[Rounding, ...]
    """How they were rounded, as far as they tell: one of them, both or none."""

    @property
    def difference(self) -> int:
        """By how much the whole exceeds its parts."""
        return self.whole - self.sum_of_parts

    @property
    def adds_up(self) -> bool:
        """Whether the whole is the sum."""
        return self.difference == 0


def percent_of(numerator: int, denominator: int, rounding: Rounding, digits: int) -> Decimal | None:
    """A share in per cent, exact until it is rounded; None if there is nothing to divide by.

    >>> str(percent_of(3232, 3413, "half_up", 2)), str(percent_of(3232, 3413, "truncated", 2))
    ('94.70', '94.69')
    >>> percent_of(0, 0, "half_up", 2) is None
    True
    """
    if denominator == 0:
        return None
    scale: int = 10**digits
    twice = 2 * 100 * scale * numerator  # in halves of the last digit, so that no quotient is rounded before its time
    units = (twice + denominator) // (2 * denominator) if rounding == "half_up" else twice // (2 * denominator)
    return Decimal(units).scaleb(-digits)


def rounded(value: Decimal, rounding: Rounding, digits: int) -> Decimal:
    """A number that is not below 0 with so many digits.

    >>> str(rounded(Decimal("1.125"), "half_up", 2)), str(rounded(Decimal("1.129"), "truncated", 2))
    ('1.13', '1.12')
    """
    return value.quantize(Decimal(1).scaleb(-digits), _ROUNDINGS[rounding])


def check_sum(whole: int, parts: Sequence[int], percents: Sequence[Decimal] = ()) -> SumCheck:
    """Whether a printed whole is the sum of its printed parts, and which of the two the percentages were taken of.

    Parameters
    ----------
    whole, parts
        As printed.
    percents
        The share of each part as printed, in per cent, with its digits; none: not printed.

    Raises
    ------
    Refused
        If there are percentages, but not one for each part.

    Examples
    --------
    >>> found = check_sum(5647, [4984, 711], [Decimal("87.52"), Decimal("12.48")])
    >>> found.adds_up, found.sum_of_parts, found.difference, found.base
    (False, 5695, -48, 'parts')
    """
    if percents and len(percents) != len(parts):
        raise Refused("figures_percents_unlike_parts", parts=len(parts), percents=len(percents))
    total = sum(parts)
    of_whole, of_parts = (_roundings(parts, percents, base) for base in (whole, total))
    if not percents:
        return SumCheck(whole, total, None, ())
    base: Literal["whole", "parts", "both", "neither"] = "neither"
    if of_whole and of_parts:
        base = "both"
    elif of_whole or of_parts:
        base = "whole" if of_whole else "parts"
    return SumCheck(whole, total, base, of_whole or of_parts)


def _roundings(parts: Sequence[int], percents: Sequence[Decimal], base: int) -> tuple[Rounding, ...]:
    """By which rules the percentages are those of the parts in a base."""
    pairs = list(zip(parts, percents, strict=False))
    return tuple(
        rounding
        for rounding in get_args(Rounding)
        if all(percent == percent_of(part, base, rounding, _digits(percent)) for part, percent in pairs)
    )


def _digits(printed: Decimal) -> int:
    exponent = printed.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
