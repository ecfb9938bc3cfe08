"""What a file of orders amounts to: cases on their way, each with the steps that its times tell of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geo.case_states import Stage


@dataclass(frozen=True)
class OrderWish:
    """What a person asks of an import of orders besides what every import can be asked."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Field -> header, where the source has another than the usual ones; remembered for the source."""
    datum: str = "WGS-84"
    """Of rows that do not say it themselves."""
    else_item: str | None = None
    """Item of orders whose category the catalogue does not know; None: they are refused."""
    is_dry_run: bool = False
    """Say what would happen, and change nothing."""


@dataclass(frozen=True)
class Happening:
    """One thing that a file tells of a case."""

    at: datetime
    case: int
    """Id of the case."""
    move: str
    to: Stage | None
    """None: the stage stays as it is."""
    reason: str | None
    said: Mapping[str, Any]


@dataclass
class Way:
    """Where a case stands while its happenings are gone through."""

    stage: Stage | None = None
    since: datetime | None = None
    version: int = 0
