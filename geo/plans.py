"""Plans: versions of a community's grids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Plan:
    """One version of a community's grids; at most one is live at any instant."""

    id: int
    community_id: int
    state: str
    """draft, proposed, published, superseded or withdrawn."""
    version: int
    base_plan_id: int | None
    """The plan that it was drawn from and that it takes over from."""
    effective_from: datetime | None
    effective_to: datetime | None
