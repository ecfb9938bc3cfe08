"""Who may move along a way, which way round and how fast, and what stops whom in it: the face of way_access.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from geo.rules.tags import Tags
from geo.rules.travel import OnewayRules, TravelRules, words
from geo.streets import CLOSED, ENDS_ONLY, OPEN

Codes = tuple[int, int, int, int, int]
"""Access on foot, by bicycle forward and backward, by car forward and backward."""

CLOSED_TO_ALL: Codes = (CLOSED, CLOSED, CLOSED, CLOSED, CLOSED)
OPEN_TO_ALL: Codes = (OPEN, OPEN, OPEN, OPEN, OPEN)

_FORWARD, _BACKWARD = "forward", "backward"
_SPEED = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?$")


@dataclass(frozen=True)
class WayMarks:
    """What a way's tags say to a route."""

    access: Codes
    is_steps: bool
    max_kmh: float
    """As signed for cars; 0 where nothing is signed or no car goes."""


@dataclass(frozen=True)
class StopRule:
    """A kind of thing that stands in a way."""

    is_openable: bool
    closed_to: frozenset[str]


@dataclass(frozen=True)
class GateRules:
    """Which points are ways through a wall or an outline."""

    barrier: frozenset[str]
    barrier_nearness_m: float
    entrance: frozenset[str]
    entrance_nearness_m: float
    largest_compound_m2: float


@dataclass(frozen=True)
class TurnRules:
    """Which relations restrict a turn, and for whom."""

    forbidden: frozenset[str]
    mandatory: frozenset[str]
    bike_words: frozenset[str]
    car_words: frozenset[str]
    timed_keys: tuple[str, ...]


@dataclass(frozen=True)
class AccessRules:
    """The tables of way_access.toml."""

    foot: TravelRules
    bike: TravelRules
    car: TravelRules
    motorroad: frozenset[str]
    oneway: OnewayRules
    steps: frozenset[str]
    speed_keys: tuple[str, ...]
    kmh_of_mph: float
    highest_kmh: float
    stop_of_barrier: Mapping[str, StopRule]
    gates: GateRules
    turns: TurnRules
    keys: frozenset[str]
    """All keys of ways that the tables speak of."""
    _marks: dict[tuple[tuple[str, str], ...], WayMarks] = field(default_factory=dict)

    def way(self, tags: Mapping[str, str]) -> WayMarks:
        """What a way's tags say; equal tags are read once."""
        said = tuple([(key, value) for key, value in tags.items() if key in self.keys])
        marks = self._marks.get(said)
        if marks is None:
            marks = self._marks[said] = self._read(dict(said))
        return marks

    def stop(self, tags: Tags) -> Codes | None:
        """Who passes a thing in a way; None where it is no such thing or everybody passes it.

        What can be opened lets those pass who belong there, even if it says ``no`` or ``locked``.
        """
        rule = self.stop_of_barrier.get(tags.get("barrier") or "")
        if rule is None:
            return None
        foot, bike, car = (
            self._code_of_stop(rule, name, travel, tags)
            for name, travel in (("foot", self.foot), ("bike", self.bike), ("car", self.car))
        )
        codes = (foot, bike, bike, car, car)
        return None if codes == OPEN_TO_ALL else codes

    def gate_nearness_m(self, tags: Tags) -> float | None:
        """How near to a wall or an outline this point must lie for walkers to pass there; None where they do not."""
        if self.foot.code(tags) == CLOSED:
            return None
        if tags.get("barrier") in self.gates.barrier:
            return self.gates.barrier_nearness_m
        return self.gates.entrance_nearness_m if tags.get("entrance") in self.gates.entrance else None

    def _code_of_stop(self, rule: StopRule, name: str, travel: TravelRules, tags: Tags) -> int:
        code = travel.code(tags, needs_permission=name in rule.closed_to)
        is_said = any(tags.get(key) in travel.code_of_value for key in (*travel.keys, *travel.general_keys))
        if rule.is_openable and (code == CLOSED or (tags.get("locked") == "yes" and not is_said)):
            return ENDS_ONLY
        return code

    def _read(self, tags: Mapping[str, str]) -> WayMarks:
        is_motorroad = tags.get("motorroad") in self.motorroad
        bike = self._both_ways(self.bike, tags, self.oneway.for_bikes(tags), is_motorroad=is_motorroad)
        car = self._both_ways(self.car, tags, self.oneway.for_cars(tags), is_motorroad=False)
        foot = self.foot.code_of_way(tags, is_motorroad=is_motorroad)
        max_kmh = self._max_kmh(tags) if car != (CLOSED, CLOSED) else 0.0
        return WayMarks((foot, *bike, *car), tags.get("highway") in self.steps, max_kmh)

    def _both_ways(
        self, travel: TravelRules, tags: Tags, ways: tuple[bool, bool], *, is_motorroad: bool
    ) -> tuple[int, int]:
        forward, backward = (
            travel.code_of_way(tags, direction, is_motorroad=is_motorroad) if is_way else CLOSED
            for direction, is_way in zip((_FORWARD, _BACKWARD), ways, strict=True)
        )
        return forward, backward

    def _max_kmh(self, tags: Tags) -> float:
        signed = [kmh for key in self.speed_keys for word in words(tags.get(key)) if (kmh := self._kmh(word))]
        return min(signed, default=0.0)

    def _kmh(self, word: str) -> float:
        """A number, in miles or kilometres an hour; 0 for anything else."""
        found = _SPEED.match(word)
        kmh = float(found[1]) * (self.kmh_of_mph if found[2] == "mph" else 1.0) if found else 0.0
        return kmh if kmh <= self.highest_kmh else 0.0


def _values_of_key(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {key: frozenset(values) for key, values in table.items() if isinstance(values, list)}


@cache
def access_rules() -> AccessRules:
    """The committed tables."""
    table = tomllib.loads((resources.files("geo.rules") / "way_access.toml").read_text(encoding="utf-8"))
    foot, bike, car = (_travel(table[name]) for name in ("foot", "bike", "car"))
    oneway, speed, gates, turns = table["oneway"], table["maxspeed"], table["gates"], table["turns"]
    stops = {
        kind: StopRule(bool(stop["openable"]), frozenset(stop["closed_to"]))
        for stop in table["stops"].values()
        for kind in stop["barrier"]
    }
    rules_of_oneway = OnewayRules(
        **{name: frozenset(oneway[name]) for name in ("forward", "backward", "both", "neither")},
        bike_keys=tuple(oneway["bike_keys"]),
        car_keys=tuple(oneway["car_keys"]),
        implied_by=_values_of_key(oneway["implied_by"]),
        contraflow=_values_of_key(oneway["contraflow"]),
    )
    return AccessRules(
        foot=foot,
        bike=bike,
        car=car,
        motorroad=frozenset(table["motorroad"]["motorroad"]),
        oneway=rules_of_oneway,
        steps=frozenset(table["steps"]["highway"]),
        speed_keys=tuple(speed["keys"]),
        kmh_of_mph=float(speed["kmh_of_mph"]),
        highest_kmh=float(speed["highest_kmh"]),
        stop_of_barrier=stops,
        gates=GateRules(
            barrier=frozenset(gates["barrier"]),
            barrier_nearness_m=float(gates["barrier_nearness_m"]),
            entrance=frozenset(gates["entrance"]),
            entrance_nearness_m=float(gates["entrance_nearness_m"]),
            largest_compound_m2=float(gates["largest_compound_m2"]),
        ),
        turns=TurnRules(
            forbidden=frozenset(turns["forbidden"]),
            mandatory=frozenset(turns["mandatory"]),
            bike_words=frozenset(turns["bike_words"]),
            car_words=frozenset(turns["car_words"]),
            timed_keys=tuple(turns["timed_keys"]),
        ),
        keys=_keys(foot, bike, car, rules_of_oneway, tuple(speed["keys"])),
    )


def _travel(table: Mapping[str, Any]) -> TravelRules:
    codes = {"open": OPEN, "ends_only": ENDS_ONLY, "closed": CLOSED}
    return TravelRules(
        classes=frozenset(table["open"]),
        by_permission=frozenset(table["by_permission"]),
        keys=tuple(table["keys"]),
        general_keys=tuple(table["general_keys"]),
        code_of_value={word: code for name, code in codes.items() for word in table["values"][name]},
        permitted_by=_values_of_key(table["permitted_by"]),
    )


def _keys(
    foot: TravelRules, bike: TravelRules, car: TravelRules, oneway: OnewayRules, speed_keys: tuple[str, ...]
) -> frozenset[str]:
    said = [key for travel in (foot, bike, car) for key in (*travel.keys, *travel.general_keys, *travel.permitted_by)]
    turning = [key for travel in (bike, car) for key in (*travel.keys, *travel.general_keys)]
    said += [f"{key}:{direction}" for key in turning for direction in (_FORWARD, _BACKWARD)]
    said += [*oneway.bike_keys, *oneway.car_keys, *oneway.implied_by, *oneway.contraflow, *speed_keys]
    return frozenset(["highway", "motorroad", *said])
