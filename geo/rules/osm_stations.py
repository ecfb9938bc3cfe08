"""Which OpenStreetMap things are stations: the typed face of osm_stations.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from geo.rules.tags import Kinds, kinds_of


@cache
def osm_station_kinds() -> Kinds:
    """Kind of station -> key -> values."""
    text = (resources.files("geo.rules") / "osm_stations.toml").read_text(encoding="utf-8")
    return kinds_of(tomllib.loads(text)["kind"])
