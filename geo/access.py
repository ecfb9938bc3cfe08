"""Who is served how well: what is asked and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from geo.provenance import Provenance

METHODS = ("2sfca", "e2sfca", "gaussian")
"""Floating catchments: everybody in reach counts the same, by ring, or less and less with the time."""

GROUPS = ("residents", "elderly", "children")
LEVELS = ("grid", "community", "subdistrict", "district", "city")

Supply = Literal["auto", "capacity", "stations"]
"""What stations offer: their capacity, or one each; ``auto``: the capacity if any station's is known."""

SUPPLIES: tuple[Supply, ...] = ("auto", "capacity", "stations")


@dataclass(frozen=True)
class AccessWish:
    """What is asked of the measures of access."""

    minutes: float = 15
    mode: str = "planning"
    surface: str = "dry"
    method: str = "2sfca"
    """One of ``METHODS``."""
    demand: str = "residents"
    """One of ``GROUPS``: who wants what the stations offer."""
    supply: Supply = "auto"
    missing_capacity: float | None = None
    """What a station of unknown capacity counts as; None: it is left out."""
    by: str = "community"
    """One of ``LEVELS``."""
    area_id: int | None = None
    """Only people of this area are told of; supply is shared with all others too. None: everybody is."""


@dataclass(frozen=True)
class SupplyTold:
    """What is shared out."""

    kind: Literal["capacity", "stations"]
    total: float
    """Of the stations that count."""
    shared: float
    """Of this, what is shared out; the rest lies where nobody is in reach."""
    n_stations: int
    n_left_out: int
    """Stations of unknown capacity that do not count."""
    n_assumed: int
    """Stations of unknown capacity that count as ``missing_capacity``."""
    n_without_demand: int
    """Stations with nobody in reach."""


@dataclass(frozen=True)
class Unevenness:
    """How unevenly minutes or supply are spread over people."""

    people: float
    mean: float | None
    gini: float | None
    worst_tenth_mean: float | None
    """Mean over the tenth of people with most minutes; of supply, with least."""
    tenth_to_four_tenths: float | None
    """What the tenth with most has together over what the four tenths with least have; None where these have none."""
    lorenz: Sequence[float] | None
    """Eleven points: share of the whole held by each tenth more of people, those with least first."""


@dataclass(frozen=True)
class GroupAccess:
    """How one group of people is served."""

    people: float
    people_unreached: float
    """Who gets to no station within the horizon."""
    people_no_street: float
    """Of these, who joins no street at all."""
    people_unserved: float
    """Whom nothing is shared out to within the cutoff."""
    minutes_of_reached: Unevenness
    """To the nearest station, the unreached left out."""
    minutes_up_to_horizon: Unevenness
    """The same with the unreached at the horizon: no less than that."""
    supply: Unevenness
    """Per ``per_people`` people."""


@dataclass(frozen=True)
class AreaAccess:
    """How the people of one area or grid are served."""

    level: str
    id: int
    code: str
    name: str
    area_id: int
    """The area itself, or the community of a grid: who may see it exactly follows from this."""
    people: float
    """Of the demand."""
    supply: float | None
    """Per ``per_people`` people, mean over people; None where nobody lives."""
    people_unserved: float
    minutes: float | None
    """To the nearest station, mean over people with the unreached at the horizon."""

    def row(self) -> dict[str, Any]:
        """One line of a table."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "area_id"}


@dataclass(frozen=True)
class AccessReport:
    """Who is served how well."""

    provenance: Provenance
    method: str
    is_verified: bool
    """Whether the method's numbers have been confirmed from their source."""
    demand: str
    per_people: int
    horizon_minutes: float
    supply: SupplyTold
    groups: Mapping[str, GroupAccess]
    """By ``GROUPS``."""
    by: str
    areas: Sequence[AreaAccess]
    """Least supply first."""
