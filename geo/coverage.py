"""What one computation of walking reach found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shapely.geometry import MultiPolygon

from geo.provenance import Provenance

METHOD = "reach-2"
"""Name of the rule and of the way its results are drawn: changes whenever the same inputs give other results."""

INPUTS = ("areas", "grids", "stations", "streets", "people")
"""Kinds of imports that change what it is computed from."""


@dataclass(frozen=True)
class CoverageRun:
    """One computation, and all it depends on."""

    id: int
    inputs_hash: str
    """sha256 over streets, homes, stations, areas, grids, rule, mode and method."""
    method: str
    mode: str
    """Key of geo/rules/modes.toml."""
    surface: str
    """Key of geo/rules/surfaces.toml."""
    speed_m_s: float
    """Of connectors, and of ways on foot."""
    minutes: float
    cutoff_ds: int
    """The cutoff itself is reached."""
    max_connector_m: float
    air_circle_m: float
    pen_m: float
    network_date: date | None
    data_date: date | None
    """The oldest day that the people's data speak of."""
    computed_at: datetime
    is_current: bool
    report: dict[str, Any]
    """Totals that add up, components left out, stations without a street, how long each step took."""

    @property
    def provenance(self) -> Provenance:
        """Where its figures come from."""
        return Provenance(
            method=self.method,
            mode=self.mode,
            surface=self.surface,
            minutes=self.minutes,
            network_date=self.network_date,
            data_date=self.data_date,
            inputs_hash=self.inputs_hash,
        )


@dataclass(frozen=True)
class Circle:
    """What one station reaches."""

    run_id: int
    station_id: int
    shape: MultiPolygon | None
    """EPSG:4326; None where the station joins no street."""
    street_m: float
    area_m2: float
    residents_reached: float
    residents_in_air_circle: float


@dataclass(frozen=True)
class StationWalk:
    """How far a station is from some place."""

    station_id: int
    travel_ds: int
    """In the mode that was asked for, to the station."""
    walk_m: float
    """What that mode covers in that time on foot; for others the length of the way."""
    air_m: float
    """In a straight line."""
