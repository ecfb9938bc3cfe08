"""Plans: versions of a community's grids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo.rules.code_schemes import DEFAULT_SCHEME

PUBLIC_STATES = ("proposed", "published", "superseded")
"""States in which everybody may see a plan; a draft is its makers', and what was withdrawn is nobody's."""


@dataclass(frozen=True)
class Plan:
    """One version of a community's grids; at most one is live at any instant."""

    id: int
    community_id: int
    community_code: str
    community_name: str
    state: str
    """draft, proposed, published, superseded or withdrawn."""
    version: int
    base_plan_id: int | None
    """The plan that it was drawn from and that it takes over from."""
    effective_from: datetime | None
    effective_to: datetime | None
    fabric_id: int | None = None
    """How it is cut into units; None: an imported plan that nobody has gone on from."""
    created_at: datetime | None = None
    comments_until: datetime | None = None
    note: str | None = None
    code_scheme: str = DEFAULT_SCHEME
    """Key in geo/rules/code_schemes.toml: how its grids are numbered."""
    is_coverage: bool | None = None
    """Whether its grids share their borders place by place, as GEOS found when it was published; None: not asked."""


@dataclass(frozen=True)
class Comment:
    """What somebody of the public wrote about a grid of a proposed plan; nobody is asked for a name."""

    id: int
    plan_id: int
    grid_id: int
    text: str
    state: str
    """waiting, shown or hidden."""
    answer: str | None
    made_at: datetime
    judged_at: datetime | None
