"""What circles promise, what the streets keep, and where a crossing would help: what is asked and what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shapely.geometry import LineString

from geo.provenance import Provenance

LEVELS = ("station", "circle", "grid", "community", "subdistrict", "district", "city")
"""What promises are told of: each station's circle, each official circle, or all circles together within an area."""

COUNTS = ("promised", "reached", "promised_not_reached", "reached_not_promised")
"""People of a promise, as its fields are called."""

PromiseKind = Literal["plain", "official"]


@dataclass(frozen=True)
class HonestyWish:
    """What is asked of an honesty report."""

    minutes: float = 15
    mode: str = "planning"
    surface: str = "dry"
    by: str = "station"
    """One of ``LEVELS``."""
    circle_m: float | None = None
    """Radius of the plain circle; None: what the rule draws for these minutes."""
    area_id: int | None = None
    """Whoever lives outside this area counts as nobody; None: everybody counts."""


@dataclass(frozen=True)
class Heads:
    """People, fractions allowed."""

    residents: float
    elderly: float
    children: float


@dataclass(frozen=True)
class Promise:
    """One outline, or all together within an area, held against what is reached along the streets."""

    of: str
    """One of ``LEVELS``, or ``all`` for everybody loaded."""
    id: int | None
    code: str
    """Of an area or grid; the source key of a station or official circle."""
    name: str
    kind: PromiseKind
    n_stations: int | None
    """Whose reach counts; None: any station's."""
    everybody: Heads | None
    """Who lives in the area; None where there is none."""
    promised: Heads
    """Inside the outline."""
    reached: Heads
    """Within the time, wherever they live."""
    promised_not_reached: Heads
    reached_not_promised: Heads
    promised_m2: float | None
    reached_m2: float | None
    """Of the drawn service circle; of one station or circle None where no stored computation of the same inputs has it.

    Of areas, and where only an area is asked about, neither ground is told.
    """

    @property
    def kept_share(self) -> float | None:
        """Of the residents promised, those who are reached; None where nobody is promised anything."""
        promised = self.promised.residents
        return 1 - self.promised_not_reached.residents / promised if promised else None

    @property
    def reached_ratio(self) -> float | None:
        """Residents reached over residents promised; None where nobody is promised anything."""
        return self.reached.residents / self.promised.residents if self.promised.residents else None

    def row(self) -> dict[str, Any]:
        """One line of a table."""
        told = {
            "of": self.of,
            "id": self.id,
            "code": self.code,
            "name": self.name,
            "promise": self.kind,
            "stations": self.n_stations,
            "residents": None if self.everybody is None else self.everybody.residents,
            "kept_share": self.kept_share,
            "reached_ratio": self.reached_ratio,
            "promised_m2": self.promised_m2,
            "reached_m2": self.reached_m2,
        }
        counts = {name: getattr(self, name) for name in COUNTS}
        return told | {
            name if group == "residents" else f"{name}_{group}": getattr(heads, group)
            for group in ("residents", "elderly", "children")
            for name, heads in counts.items()
        }


@dataclass(frozen=True)
class Astray:
    """How often the station nearest by air is not the one nearest along the streets."""

    homes: int
    """Homes from which any station is reached within the horizon: of these it can be said."""
    residents: float
    homes_astray: int
    residents_astray: float
    residents_not_there: float
    """Of those astray, whoever does not get to the station nearest by air within the horizon at all."""
    extra_minutes_median: float | None
    """Over the residents astray, up to the horizon."""
    extra_minutes_p95: float | None
    horizon_minutes: float


@dataclass(frozen=True)
class HonestyReport:
    """Circles against streets."""

    provenance: Provenance
    by: str
    circle_m: float
    n_stations: int
    n_official_circles: int
    has_areas: bool
    """Whether areas are told: only where a stored computation has the same inputs."""
    whole: Sequence[Promise]
    """Everybody, by plain circles and, where any are loaded, by official ones."""
    promises: Sequence[Promise]
    """Most residents promised and not reached first."""
    astray: Astray


@dataclass(frozen=True)
class CrossingWish:
    """What is asked of the search for crossings."""

    minutes: float = 15
    mode: str = "planning"
    surface: str = "dry"
    most: int = 20
    """How many are told."""
    area_id: int | None = None
    """Whoever lives outside this area counts as nobody; None: everybody counts."""


@dataclass(frozen=True)
class Barrier:
    """What a crossing would cross."""

    kind: str
    """rail, river, wall or expressway."""
    name: str | None


@dataclass(frozen=True)
class Crossing:
    """One crossing, and whom it alone would bring within the time."""

    line: LineString
    """EPSG:4326, from one street to the other."""
    metres: float
    barriers: Sequence[Barrier]
    streets: tuple[str | None, str | None]
    """Names of the streets that it joins."""
    gained: Heads
    grids: Sequence[tuple[int, str, str, float]]
    """Id, code, name and residents gained of each grid, most first."""

    def row(self) -> dict[str, Any]:
        """One line of a table."""
        ((lon, lat),) = self.line.interpolate(0.5, normalized=True).coords
        return {
            "lon": round(lon, 7),
            "lat": round(lat, 7),
            "metres": round(self.metres, 1),
            "barriers": [{"kind": barrier.kind, "name": barrier.name} for barrier in self.barriers],
            "streets": list(self.streets),
            "residents": self.gained.residents,
            "elderly": self.gained.elderly,
            "children": self.gained.children,
            "grids": [
                {"id": id_, "code": code, "name": name, "residents": residents}
                for id_, code, name, residents in self.grids
            ],
        }


@dataclass(frozen=True)
class CrossingReport:
    """Where a crossing would help most."""

    provenance: Provenance
    max_m: float
    apart_m: float
    n_pairs: int
    """Facing positions that were looked at."""
    n_helpful: int
    """Of these, the ones that bring anybody within the time."""
    crossings: Sequence[Crossing]
    """Most residents gained first; what each gains alone, not what they gain together."""
