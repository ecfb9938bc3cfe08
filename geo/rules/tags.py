"""Tables of OpenStreetMap tags: kind -> key -> values, first match wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

ABSENT = "no"
"""A tag with this value says that the thing is not there: bridge=no."""


class Tags(Protocol):
    """What is asked of tags: a dict has it, and so has a way of pyosmium."""

    def get(self, key: str, /) -> str | None:
        """Value of a key, or None."""


Kinds = Mapping[str, Mapping[str, frozenset[str]]]
"""Kind -> key -> values."""


def kinds_of(table: Mapping[str, Mapping[str, Any]]) -> Kinds:
    """A table of a TOML file, without the sources."""
    return {
        kind: {key: frozenset(values) for key, values in values_of_key.items() if key != "source"}
        for kind, values_of_key in table.items()
    }


def kind_of(kinds: Kinds, tags: Tags) -> str | None:
    """The first kind that one of the tags belongs to, or None."""
    for kind, values_of_key in kinds.items():
        for key, values in values_of_key.items():
            if tags.get(key) in values:
                return kind
    return None


def tags_of(kinds: Kinds) -> list[tuple[str, str]]:
    """All tags of a table, in alphabetical order."""
    return sorted({(key, value) for keys in kinds.values() for key, values in keys.items() for value in values})


def has(tags: Tags, key: str) -> bool:
    """Whether a thing is there: ``bridge=yes`` or ``bridge=viaduct``, but not ``bridge=no``."""
    return tags.get(key) not in (None, "", ABSENT)
