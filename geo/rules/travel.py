"""How tags are read for one way of travelling: who may, and which way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from geo.rules.tags import Tags
from geo.streets import CLOSED, ENDS_ONLY, OPEN

_FREEDOM = (CLOSED, ENDS_ONLY, OPEN)
"""Codes in the order of freedom."""


@dataclass(frozen=True)
class TravelRules:
    """One way of travelling: classes it may use, the tags that allow or forbid it."""

    classes: frozenset[str]
    by_permission: frozenset[str]
    keys: tuple[str, ...]
    """Its own, the most special first; they may open a way that is closed by its class."""
    general_keys: tuple[str, ...]
    code_of_value: Mapping[str, int]
    permitted_by: Mapping[str, frozenset[str]]

    def code(self, tags: Tags, direction: str = "", *, needs_permission: bool = False) -> int:
        """CLOSED, OPEN or ENDS_ONLY; the most special tag that says something decides.

        Parameters
        ----------
        tags
            Of a way, or of a node in it.
        direction
            ``forward`` or ``backward``: keys with this ending count first.
        needs_permission
            Closed unless a tag of this travel's own opens it.
        """
        own = self._said(tags, self.keys, direction)
        if own is not None:
            return own
        if needs_permission and not self._is_permitted(tags):
            return CLOSED
        general = self._said(tags, self.general_keys, direction)
        return OPEN if general is None else general

    def code_of_way(self, tags: Tags, direction: str = "", *, is_motorroad: bool = False) -> int:
        """As :meth:`code`, of a way of a class; closed where the class is none for this travel."""
        highway = tags.get("highway")
        if highway not in self.classes and highway not in self.by_permission:
            return CLOSED
        return self.code(tags, direction, needs_permission=is_motorroad or highway in self.by_permission)

    def _said(self, tags: Tags, keys: tuple[str, ...], direction: str) -> int | None:
        for key in keys:
            for name in (f"{key}:{direction}", key) if direction else (key,):
                codes = [self.code_of_value[word] for word in words(tags.get(name)) if word in self.code_of_value]
                if codes:
                    return max(codes, key=_FREEDOM.index)
        return None

    def _is_permitted(self, tags: Tags) -> bool:
        return any(tags.get(key) in values for key, values in self.permitted_by.items())


@dataclass(frozen=True)
class OnewayRules:
    """Which way round."""

    forward: frozenset[str]
    backward: frozenset[str]
    both: frozenset[str]
    neither: frozenset[str]
    bike_keys: tuple[str, ...]
    car_keys: tuple[str, ...]
    implied_by: Mapping[str, frozenset[str]]
    contraflow: Mapping[str, frozenset[str]]

    def for_cars(self, tags: Tags) -> tuple[bool, bool]:
        """Whether cars may go forward, and backward, as far as one-ways are concerned."""
        return self._ways(tags, self.car_keys)

    def for_bikes(self, tags: Tags) -> tuple[bool, bool]:
        """The same for bicycles, which have one-ways and contraflow lanes of their own."""
        ways = self._ways(tags, self.bike_keys)
        return (True, True) if any(ways) and is_one_of(self.contraflow, tags) else ways

    def _ways(self, tags: Tags, keys: tuple[str, ...]) -> tuple[bool, bool]:
        for key in keys:
            value = tags.get(key)
            if value in self.both:
                return True, True
            if value in self.forward:
                return True, False
            if value in self.backward:
                return False, True
            if value in self.neither:
                return False, False
        return True, not is_one_of(self.implied_by, tags)


def words(value: str | None) -> Iterator[str]:
    """The values of a tag that lists several."""
    if value:
        yield value
        if ";" in value:
            yield from (word.strip() for word in value.split(";"))


def is_one_of(values_of_key: Mapping[str, frozenset[str]], tags: Tags) -> bool:
    """Whether one of the tags is in a table of keys and values."""
    return any(tags.get(key) in values for key, values in values_of_key.items())
