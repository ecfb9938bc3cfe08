"""Who outside is told of steps of cases, and what is on its way to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from geo.cases import Case, Step

Sees = Literal["viewer", "dispatcher"]
"""Whose view of a case is told: a viewer's has no text, place or unit."""


@dataclass(frozen=True)
class Webhook:
    """Somebody who is told."""

    id: int
    name: str
    """What it is for, not who reads it."""
    target: str
    """``https://...`` or ``mailto:...``."""
    moves: tuple[str, ...]
    """Of which moves; none: all."""
    sees: Sees
    area_id: int | None
    """None: everywhere."""
    language: str
    made_at: datetime
    waiting: int
    """Messages that are still to be sent."""
    sent: int
    given_up: int
    last_fault: str | None
    """Key of the sentence that says why the last try that failed did; None: none failed."""


@dataclass(frozen=True)
class WebhookWish:
    """Somebody who is to be told."""

    name: str
    target: str
    moves: tuple[str, ...] = ()
    sees: Sees = "viewer"
    area_code: str | None = None
    language: str = "zh"


@dataclass(frozen=True)
class Delivery:
    """One message on its way."""

    id: int
    webhook_id: int
    target: str
    secret: str | None
    sees: Sees
    language: str
    tries: int
    step: Step
    case: Case
    """As it is now."""


@dataclass(frozen=True)
class Sent:
    """What came of one round."""

    sent: int
    failed: int
    """To be tried again."""
    given_up: int
    faults: tuple[tuple[int, str], ...]
    """Number of the webhook, key of the sentence that says what was wrong."""
