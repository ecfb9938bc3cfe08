"""Turn restrictions of OpenStreetMap: relations of ways and the point where they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from geo.files.street_lines import Gatherer, Turn
from geo.rules.way_access import access_rules

KEYS_OF_TURNS = (
    "restriction",
    "restriction:motorcar",
    "restriction:motor_vehicle",
    "restriction:vehicle",
    "restriction:bicycle",
    "restriction:conditional",
)
"""Keys without one of which a relation says nothing to us."""


def keys_of_turns() -> frozenset[str]:
    """All keys that :class:`TurnReader` asks for."""
    rules = access_rules().turns
    said = {f"restriction:{word}" for word in rules.bike_words | rules.car_words}
    return frozenset(said | {*KEYS_OF_TURNS, *rules.timed_keys, "type", "restriction", "except"})


Member = tuple[str, str, int]
"""Role, kind (n, w or r) and id."""


@dataclass(frozen=True)
class _Restriction:
    from_ways: tuple[int, ...]
    via: int
    to_ways: tuple[int, ...]
    is_only: bool
    is_for_bike: bool
    is_for_car: bool


@dataclass
class TurnReader:
    """Keeps restrictions until the ways they speak of have come by."""

    ways: dict[int, list[int]] = field(default_factory=dict)
    """Way -> its points; to be filled in for the ways that are in it."""
    _kept: list[_Restriction] = field(default_factory=list)

    def add_relation(self, gatherer: Gatherer, tags: Mapping[str, str], members: Sequence[Member]) -> None:
        """A restriction, if it is one for bicycles or cars; one that cannot be used is counted."""
        rules = access_rules().turns
        if tags.get("type") != "restriction":
            return
        if any(key in tags for key in rules.timed_keys):
            gatherer.n_turns_timed += 1
            return
        value, is_for_bike, is_for_car = _meant(tags)
        if not (is_for_bike or is_for_car) or value not in rules.forbidden | rules.mandatory:
            return
        from_ways, to_ways = (
            tuple(ref for role, kind, ref in members if role == wanted and kind == "w") for wanted in ("from", "to")
        )
        vias = [(kind, ref) for role, kind, ref in members if role == "via"]
        if any(kind == "w" for kind, _ in vias):
            gatherer.n_turns_over_ways += 1
        elif len(vias) != 1 or not from_ways or not to_ways:
            gatherer.n_turns_broken += 1
        else:
            is_only = value in rules.mandatory
            self._kept.append(_Restriction(from_ways, vias[0][1], to_ways, is_only, is_for_bike, is_for_car))
            self.ways.update({way: [] for way in (*from_ways, *to_ways)})

    def hand_over(self, gatherer: Gatherer) -> None:
        """Say every restriction in places, now that the ways are known."""
        for kept in self._kept:
            before = [place for way in kept.from_ways for place in _beside(self.ways[way], kept.via)]
            after = [place for way in kept.to_ways for place in _beside(self.ways[way], kept.via)]
            if not before or not after:
                gatherer.n_turns_broken += 1
            for one, other in product(before, after):
                gatherer.turns.append(Turn(one, kept.via, other, kept.is_only, kept.is_for_bike, kept.is_for_car))


def _meant(tags: Mapping[str, str]) -> tuple[str | None, bool, bool]:
    """What is restricted, and whether for bicycles and for cars; ``except`` lists who is free of it."""
    rules = access_rules().turns
    free = {word.strip() for word in tags.get("except", "").split(";")}
    of_bike = next((tags[key] for word in rules.bike_words if (key := f"restriction:{word}") in tags), None)
    of_car = next((tags[key] for word in rules.car_words if (key := f"restriction:{word}") in tags), None)
    value = tags.get("restriction") or of_car or of_bike
    is_for_bike = not free & rules.bike_words and value in (tags.get("restriction"), of_bike)
    is_for_car = not free & rules.car_words and value in (tags.get("restriction"), of_car)
    return value, is_for_bike, is_for_car


def _beside(points: list[int], via: int) -> list[int]:
    """The point next to ``via`` where the way ends there; two where it is a ring; none where it runs through."""
    found = []
    if len(points) > 1:
        if points[0] == via:
            found.append(points[1])
        if points[-1] == via:
            found.append(points[-2])
    return found
