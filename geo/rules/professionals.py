"""Kinds of professionals, mediators and helping teams: the typed face of professionals.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from geo.rules.headers import plain
from geo.words import Named


@dataclass(frozen=True)
class ProfessionalKind:
    """What posts of one kind are called, what they offer and which grids they serve."""

    key: str
    name: Named
    words: tuple[str, ...]
    """Other words under which files know it."""
    services: tuple[str, ...]
    """Where the file of a post names none."""
    has_grids: bool
    """Whether grids are assigned to it."""
    is_expected: bool
    """Whether every grid should have one."""
    first: Literal["nearest", "assigned"]
    serves_others: bool
    """Whether a post with grids of its own is sent into others."""
    most_grids: int | None
    """To a post; None: nobody says so."""
    cases: int | None
    """On which a post is at once; None: as teams."""
    family: Literal["station", "resource"]
    is_verified: bool
    source: str


@cache
def professional_kinds() -> Mapping[str, ProfessionalKind]:
    """All kinds by key, in the order in which they are told.

    >>> professional_kinds()["mediator"].first, professional_kinds()["judge"].most_grids
    ('assigned', None)
    """
    text = (resources.files("geo.rules") / "professionals.toml").read_text(encoding="utf-8")
    return {key: _kind(key, said) for key, said in tomllib.loads(text)["kind"].items()}


def _kind(key: str, said: Mapping[str, Any]) -> ProfessionalKind:
    return ProfessionalKind(
        key=key,
        name=Named(said["name_en"], said["name_zh"]),
        words=tuple(said["words"]),
        services=tuple(said["services"]),
        has_grids=said["grids"],
        is_expected=said["expected"],
        first=said["first"],
        serves_others=said["others"],
        most_grids=said.get("most_grids"),
        cases=said.get("cases"),
        family=said["family"],
        is_verified=said["is_verified"],
        source=said["source"],
    )


@cache
def kinds_with_grids() -> tuple[ProfessionalKind, ...]:
    """Kinds to whose posts grids are assigned."""
    return tuple(kind for kind in professional_kinds().values() if kind.has_grids)


@cache
def kind_words() -> Mapping[str, str]:
    """Word as compared -> kind of posts, teams and vehicles that it means."""
    kinds = [kind for kind in professional_kinds().values() if kind.family == "resource"]
    return {
        plain(word): kind.key
        for kind in kinds
        for word in (kind.key, kind.name.name_en, kind.name.name_zh, *kind.words)
    }
