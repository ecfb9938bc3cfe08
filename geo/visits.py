"""Visits that fall due, as counts and hours by grid; and rounds. Never a person, a worker, a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import shapely

from geo.provenance import Made, Provenance
from geo.rules.visits import VisitKind

LonLat = tuple[float, float]

METHOD = "visits-1"
"""Changes whenever the same inputs give other figures."""


@dataclass(frozen=True)
class DoneRow:
    """Visits of one grid, kind and day."""

    plan_id: int
    """In force at the end of that day."""
    grid_id: int
    kind: str
    day: date
    number: int


@dataclass(frozen=True)
class GridSpell:
    """A grid for as long as one plan is in force."""

    plan_id: int
    grid_id: int
    community_id: int
    code: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Term:
    """One period of a cycle."""

    first: date
    last: date
    """The period itself, by the calendar: visits on these days count for it."""
    due: date
    """The last day that is in time."""
    meant: date
    """Due by the cycle alone, before days off moved it."""


@dataclass(frozen=True)
class Standing:
    """How visits of one term stand. None: hidden."""

    due: int | None
    done: int | None
    """Told so far; None also where it is a kind that nobody tells."""
    open: int | None
    """Due and not done: overdue when the term's due day has passed."""
    percent: Decimal | None
    """Open of due; None: hidden, or nothing is due."""
    hours: Decimal | None
    """What the open ones take."""


@dataclass(frozen=True)
class VisitRow:
    """A grid, a community, or the whole."""

    key: str | None
    """Code; None: the whole, or what lies in no grid."""
    name: str | None
    why: Literal["without_grid"] | None
    standings: Mapping[str, tuple[Standing, Standing]]
    """Kind -> of the term that ended last (open: overdue), and of the one that runs (open: still due)."""


@dataclass(frozen=True)
class VisitTable:
    """Parts by code, never by share: nobody is ranked."""

    at: datetime
    kinds: Mapping[str, VisitKind]
    terms: Mapping[str, tuple[Term, Term]]
    """Kind -> the term that ended last, and the one that runs."""
    rows: Sequence[VisitRow]
    whole: VisitRow
    is_calendar_sure: bool
    carried: int
    """Done visits that were counted by grids of an earlier plan and follow the homes into those of today."""
    smallest: int | None
    """No smaller number is told; None: all are."""
    made: Made


@dataclass(frozen=True)
class Stop:
    """A place to call at: a building, or some that stand together."""

    lonlat: LonLat
    count: int
    """Households, or shops."""
    minutes_before: float
    """On the way from the stop before, or from the post."""
    minutes_there: float
    day: int
    """From 1."""


@dataclass(frozen=True)
class Tour:
    """A round as a suggestion."""

    post: LonLat
    stops: Sequence[Stop]
    """In order; one that a day cannot finish stands again on the next."""
    travel_minutes: float
    """Of the one round past all stops and back."""
    least_minutes: float
    """No round is shorter."""
    ratio: float | None
    """Of the two; None: nothing to travel."""
    is_within: bool
    """Whether the ratio is what the rule promises."""
    minutes_of_day: Sequence[float]
    """All of each day: ways, visits, and the way back."""
    left_out: int
    """Places that no street reaches from the post and back."""
    line: shapely.MultiLineString | None
    """The ways, day by day; None: not asked for."""
    provenance: Provenance
