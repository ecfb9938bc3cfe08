"""Grids: the cells of a community, each with its posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

KINDS = ("basic", "special")
POSTS = ("chief", "member")


@dataclass(frozen=True)
class Post:
    """A post of a grid: filled or not; never who fills it."""

    is_filled: bool
    duty_phone: str | None


@dataclass(frozen=True)
class Grid:
    """A grid as one plan has it."""

    id: int
    """Permanent, whatever becomes of code and shape."""
    plan_id: int
    community_id: int
    code: str
    name: str
    kind: str
    shape: BaseGeometry
    """Multipolygon, EPSG:4326."""
    posts: dict[str, Post]
    """``chief`` and ``member``, where anything is known of them."""


@dataclass(frozen=True)
class CodeSpell:
    """A time during which a grid has or had a code."""

    grid: Grid
    """As it is in the last plan of that time."""
    ground: BaseGeometry
    """All that it had in that time, EPSG:4326."""
    since: datetime
    until: datetime | None
    """None: no end is known."""
