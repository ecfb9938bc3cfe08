"""Grids: the cells of a community, each with its posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from geo.rules.plan_edits import plan_edit_rule

KINDS = ("basic", "special")
POSTS = ("chief", "member")


@dataclass(frozen=True)
class Post:
    """A post of a grid: filled or not; never who fills it."""

    is_filled: bool
    duty_phone: str | None


def is_duty_phone(text: str) -> bool:
    """Whether a text is a number to dial, with an extension after ``#``, ``,`` or ``-``, and nothing else: no name."""
    rule = plan_edit_rule()
    return len(text) <= rule.longest_phone and re.fullmatch(rule.phone, text) is not None


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
