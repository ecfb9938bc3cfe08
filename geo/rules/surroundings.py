"""Which tags stop a walker, which are surfaces of the map: the typed face of surroundings.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.rules.tags import Kinds, Tags, has, kind_of, kinds_of
from geo.rules.way_access import access_rules
from geo.streets import CLOSED, FOOT

KEYS_OF_LINES = ("highway", "railway", "waterway", "barrier")
"""Keys without one of which a line says nothing to us."""

KEYS_OF_POINTS = ("barrier", "entrance")
"""Keys without one of which a point says nothing to us."""

COMPOUND = "compound"
"""The kind of land that people live in behind an outline."""


@dataclass(frozen=True)
class Surroundings:
    """The tables of surroundings.toml."""

    stops_unless: tuple[str, ...]
    stops_unless_location: frozenset[str]
    barriers: Kinds
    lands: Kinds

    @property
    def keys(self) -> frozenset[str]:
        """All keys that say whether a line is a barrier and whom it stops."""
        kinds = {key for values_of_key in self.barriers.values() for key in values_of_key}
        return access_rules().keys | kinds | {*self.stops_unless, "location"}

    def barrier_kind(self, tags: Mapping[str, str]) -> str | None:
        """rail, river, wall, expressway, or None. A way that may be walked is none."""
        kind = kind_of(self.barriers, tags)
        is_walked = kind == "expressway" and access_rules().way(tags).access[FOOT] != CLOSED
        return None if is_walked else kind

    def stops_walkers(self, tags: Tags) -> bool:
        """Whether a barrier lies where people walk: not on a bridge, not in a tunnel."""
        if tags.get("location") in self.stops_unless_location:
            return False
        return not any(has(tags, key) for key in self.stops_unless)

    def land_kind(self, tags: Tags) -> str | None:
        """water, school, plaza, green, industry, compound, or None."""
        return kind_of(self.lands, tags)


@cache
def surroundings() -> Surroundings:
    """The committed tables."""
    table = tomllib.loads((resources.files("geo.rules") / "surroundings.toml").read_text(encoding="utf-8"))
    stops = table["stops"]
    return Surroundings(
        stops_unless=tuple(stops["unless"]),
        stops_unless_location=frozenset(stops["unless_location"]),
        barriers=kinds_of(table["barrier"]),
        lands=kinds_of(table["land"]),
    )
