"""Coverage as a function of time: what is asked of it, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from geo.provenance import Provenance
from geo.units import FloatArray, IntArray

Unknown = Literal["open", "closed"]
"""What stations count as at moments for which their hours are not known."""

By = Literal["kind", "service"]

GROUPS = ("residents", "elderly", "children")
"""Columns of every array of people."""

HOURS_OF_WEEK = 168


@dataclass(frozen=True)
class Extra:
    """Hours that some stations would be open in addition."""

    kind: str | None
    """None: of every kind."""
    service: str | None
    station_ids: frozenset[int] | None
    hours: str


@dataclass(frozen=True)
class ProfileWish:
    """What is asked of a profile."""

    mode: str
    surface: str
    minutes: float
    instants: Sequence[datetime]
    """Ascending, in the city's time zone."""
    step_hours: float
    """How long each of them stands for."""
    kind: str | None = None
    service: str | None = None
    unknown: Unknown = "closed"
    by: By | None = None
    extra: Extra | None = None


@dataclass(frozen=True)
class Gain:
    """What the additional hours bring. People are residents, elderly and children, (3,) each."""

    n_stations: int
    """That they apply to."""
    gained: FloatArray
    """(n_instants, 3) reached by an open station only thanks to them."""
    person_hours: FloatArray
    newly_reached: FloatArray
    """Reached by an open station at some of the moments, and at none without them."""
    gaining: FloatArray
    """Reached at more of the moments than without them."""


@dataclass(frozen=True)
class Profile:
    """Coverage at a row of moments. Arrays of people have columns as ``GROUPS``."""

    provenance: Provenance
    wish: ProfileWish
    everybody: FloatArray
    """(3,) all who were loaded."""
    whenever: FloatArray
    """(3,) within reach of a station of those asked for, open or not."""
    covered: FloatArray
    """(n_instants, 3) within reach of an open one; unknown hours count as the wish says."""
    unsaid: FloatArray
    """(n_instants, 3) within reach of none that is known to be open, but of one whose hours are not known."""
    n_stations: int
    n_unsaid: int
    """Stations whose hours are not known at any of the moments."""
    open_of_instant: IntArray
    """(n_instants,) stations known to be open."""
    covered_of_group: Mapping[str, FloatArray]
    """By kind or service: as ``covered``, by its stations alone."""
    gain: Gain | None
    unsure_years: tuple[int, ...]
    """Years whose days off and make-up working days are not known for sure."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row for each moment: people covered, shares, and what is not known."""
        for index, at in enumerate(self.wish.instants):
            covered = dict(zip(GROUPS, self.covered[index].tolist(), strict=True))
            row = {"at": at.isoformat(), "covered_share": share(covered["residents"], float(self.everybody[0]))}
            row |= {f"{group}_covered": people for group, people in covered.items()}
            row |= {"residents_unsaid": float(self.unsaid[index, 0]), "stations_open": int(self.open_of_instant[index])}
            row |= {key: float(people[index, 0]) for key, people in self.covered_of_group.items()}
            yield row if self.gain is None else {**row, "residents_gained": float(self.gain.gained[index, 0])}


def share(part: float, whole: float) -> float | None:
    """Part of a whole; None of nobody."""
    return part / whole if whole else None
