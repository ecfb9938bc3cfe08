"""What a tile carries at which zoom: the typed face of tiles.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

OTHER = "other"


@dataclass(frozen=True)
class TileRule:
    """Lowest zoom of each thing, by its kind."""

    street_from: dict[str, int]
    barrier_from: dict[str, int]
    area_from: dict[str, int]
    land_from: int
    smallest_units2: float
    grid_from: int
    station_from: int
    resource_from: int
    incident_from: int


@dataclass(frozen=True)
class Kinds:
    """Which kinds to draw: those in ``shown``, and those not in ``named`` when ``others`` is set."""

    shown: list[str]
    named: list[str]
    others: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing of this layer is drawn at the zoom."""
        return not self.shown and not self.others


@cache
def tile_rule() -> TileRule:
    """The committed rule."""
    data = tomllib.loads((resources.files("geo.rules") / "tiles.toml").read_text(encoding="utf-8"))
    return TileRule(
        street_from=data["street_from"],
        barrier_from=data["barrier_from"],
        area_from=data["area_from"],
        land_from=data["land"]["from"],
        smallest_units2=data["land"]["smallest_units2"],
        grid_from=data["grid"]["from"],
        station_from=data["point"]["station_from"],
        resource_from=data["point"]["resource_from"],
        incident_from=data["point"]["incident_from"],
    )


def kinds_at(zoom: int, lowest_zoom: dict[str, int]) -> Kinds:
    """The kinds whose lowest zoom has been reached."""
    named = [kind for kind in lowest_zoom if kind != OTHER]
    return Kinds(
        shown=[kind for kind in named if zoom >= lowest_zoom[kind]],
        named=named,
        others=OTHER in lowest_zoom and zoom >= lowest_zoom[OTHER],
    )
