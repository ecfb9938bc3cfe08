"""Which tags are ways to walk on, which stop a walker, which are surfaces: the typed face of walkable.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.rules.tags import Kinds, Tags, has, kind_of, kinds_of

KEYS_OF_LINES = ("highway", "railway", "waterway", "barrier")
"""Keys without one of which a line says nothing to us."""


@dataclass(frozen=True)
class WayRules:
    """The tables of walkable.toml."""

    walkable: frozenset[str]
    by_permission: frozenset[str]
    foot_yes: frozenset[str]
    foot_no: frozenset[str]
    sidewalk_yes: frozenset[str]
    access_no: frozenset[str]
    access_private: frozenset[str]
    stops_unless: tuple[str, ...]
    stops_unless_location: frozenset[str]
    barriers: Kinds
    lands: Kinds

    def is_walkable(self, tags: Tags) -> bool:
        """Whether anybody may walk along a line.

        ``foot`` decides over ``access``; a class that is walked only by permission needs ``foot`` or ``sidewalk``.
        """
        highway, foot, access = tags.get("highway"), tags.get("foot"), tags.get("access")
        if foot in self.foot_no or (highway not in self.walkable and highway not in self.by_permission):
            return False
        if foot in self.foot_yes:
            return True
        if access in self.access_no or access in self.access_private:
            return False
        return highway in self.walkable or self._has_sidewalk(tags)

    def _has_sidewalk(self, tags: Tags) -> bool:
        if tags.get("sidewalk") in self.sidewalk_yes:
            return True
        return any(tags.get(f"sidewalk:{side}") == "yes" for side in ("both", "left", "right"))

    def barrier_kind(self, tags: Tags) -> str | None:
        """rail, river, wall, expressway, or None. A way that may be walked is none."""
        kind = kind_of(self.barriers, tags)
        return None if kind == "expressway" and self.is_walkable(tags) else kind

    def stops_walkers(self, tags: Tags) -> bool:
        """Whether a barrier lies where people walk: not on a bridge, not in a tunnel."""
        if tags.get("location") in self.stops_unless_location:
            return False
        return not any(has(tags, key) for key in self.stops_unless)

    def land_kind(self, tags: Tags) -> str | None:
        """water, school, plaza, green, industry, compound, or None."""
        return kind_of(self.lands, tags)


@cache
def way_rules() -> WayRules:
    """The committed tables."""
    table = tomllib.loads((resources.files("geo.rules") / "walkable.toml").read_text(encoding="utf-8"))
    permission, stops = table["permission"], table["stops"]
    return WayRules(
        walkable=frozenset(table["walkable"]["highway"]),
        by_permission=frozenset(table["by_permission"]["highway"]),
        foot_yes=frozenset(permission["foot_yes"]),
        foot_no=frozenset(permission["foot_no"]),
        sidewalk_yes=frozenset(permission["sidewalk_yes"]),
        access_no=frozenset(permission["access_no"]),
        access_private=frozenset(permission["access_private"]),
        stops_unless=tuple(stops["unless"]),
        stops_unless_location=frozenset(stops["unless_location"]),
        barriers=kinds_of(table["barrier"]),
        lands=kinds_of(table["land"]),
    )
