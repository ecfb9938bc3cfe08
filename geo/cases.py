"""Incidents as cases: what is known of one, and the steps that were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import Point

from geo.case_states import Stage

CLOCK = "clock"
"""Who takes the steps that nobody takes: no token is called so."""


@dataclass(frozen=True)
class Case:
    """One incident on its way from the report to the end."""

    id: int
    version: int
    stage: Stage
    state: str
    """open or closed, as the stage has it."""
    category: str
    item: str | None
    """Of the catalogue; None: only the category is known."""
    catalogue_version: str | None
    need: str | None
    text: str | None
    """Without personal numbers."""
    channel: str | None
    source: str
    source_key: str
    occurred_at: datetime
    reported_at: datetime | None
    point: Point | None
    """EPSG:4326; None: still to be located."""
    precision_m: float | None
    address: str | None
    grid_id: int | None
    grid_name: str | None
    """By the plan that it was given; None: in none, or the plan is gone."""
    plan_id: int | None
    plan_version: int | None
    border_grid_ids: tuple[int, ...]
    level: str | None
    unit: str | None
    holder_token_id: int | None
    holder: str | None
    """What the token is for that has it in hand, never who."""
    station_id: int | None
    """The station that was sent."""
    resource_id: int | None
    """The team that was sent; never both."""
    stage_since: datetime | None
    stage_due_at: datetime | None
    due_at: datetime | None
    is_due_sure: bool
    deferred_until: datetime | None
    merged_into_id: int | None
    asset: str | None
    """Code of the thing of the city that it is about; None: not stated."""
    updated_at: datetime

    @property
    def lonlat(self) -> tuple[float, float] | None:
        """Degrees."""
        return None if self.point is None else (self.point.x, self.point.y)

    def is_overdue(self, at: datetime) -> bool:
        """Whether it is open and the deadline of its stage has passed; at the moment itself it has not."""
        return self.state == "open" and self.stage_due_at is not None and self.stage_due_at < at


@dataclass(frozen=True)
class Step:
    """One thing that was done to a case."""

    id: int
    """In the order in which steps were stored, over all cases."""
    incident_id: int
    seq: int
    """The version of the case that it made."""
    move: str
    from_stage: str | None
    to_stage: str
    at: datetime
    token_name: str | None
    reason: str | None
    said: Mapping[str, Any]


def standing_steps(steps: Sequence[Step]) -> list[Step]:
    """Steps without those that a file told and that were taken back with it, nor those that did so."""
    gone = {seq for step in steps if step.move == "undo" for seq in (step.seq, *step.said["undone"])}
    return [step for step in steps if step.seq not in gone]


@dataclass(frozen=True)
class Suggestion:
    """Another case that may be the same."""

    id: int
    why: str
    """``asset`` (the same item about the same thing), ``place`` (the same item nearby within a day) or ``caller``."""
    distance_m: float | None
    occurred_at: datetime
    stage: Stage


@dataclass(frozen=True)
class CaseNews:
    """A step, and the case as it was when it was read."""

    step: Step
    case: Case
    area_ids: frozenset[int]
    """Those of the areas that were asked about that see it."""

    def is_seen_from(self, area_id: int | None) -> bool:
        """Whether somebody who answers for an area sees it: all do who answer for everything, or if it has no place."""
        return area_id is None or self.case.point is None or area_id in self.area_ids
