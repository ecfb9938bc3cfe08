"""How plans are edited and commented on: the typed face of plan_edits.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class PlanEditRule:
    """The numbers of geo/rules/plan_edits.toml."""

    snap_e7: int
    """How far a drawn point may lie from a border that it means, in ten-millionths of a degree."""
    outer_e7: int
    """How far the place of the outer border to which a drawn line is led may be from where the line meets it."""
    told_width_m: float
    """Ground that comes to another grid is told to everybody where it is at least this wide."""
    least_told_m: float
    """How far off a place of a drawing lies when it is told."""
    least_left_out_m2: float
    """Of the ground inside a ring, when it is told."""
    most_outside_share: float
    """Of a ring, that may lie outside the community."""
    most_points: int
    most_units: int
    most_meetings: int
    """How often a drawn line may meet borders."""
    most_own_crossings: int
    """How often a line that splits a grid may cross itself."""
    most_parts: int
    """Of a grid, made by one line."""
    least_part_width_m: float
    """Of what a line may part from a grid: twice the area by the perimeter."""
    most_bridges: int
    """Of one plan."""
    least_heir_share: float
    """Of the ground of a grid that was: who has less of it is not told as its heir."""
    longest_comment: int
    longest_reason: int
    longest_phone: int
    phone: str
    """What a duty phone is written with, as a regular expression for all of it."""
    comment_days: int
    most_waiting: int
    """Comments of one plan that may wait to be looked at."""
    most_an_hour: int
    """Comments on one plan that are taken within any hour, whoever sends them."""


@cache
def plan_edit_rule() -> PlanEditRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "plan_edits.toml").read_text(encoding="utf-8"))
    return PlanEditRule(
        snap_e7=data["snap"]["e7"],
        outer_e7=data["outer"]["e7"],
        told_width_m=data["laid_out"]["least_width_m"],
        least_told_m=data["drawn"]["least_told_m"],
        least_left_out_m2=data["drawn"]["least_left_out_m2"],
        most_outside_share=data["drawn"]["most_outside_share"],
        most_points=data["most"]["points"],
        most_units=data["most"]["units"],
        most_meetings=data["line"]["meetings"],
        most_own_crossings=data["line"]["own_crossings"],
        most_parts=data["line"]["parts"],
        least_part_width_m=data["part"]["least_width_m"],
        most_bridges=data["most"]["bridges"],
        least_heir_share=data["heirs"]["least_share"],
        longest_comment=data["text"]["longest_comment"],
        longest_reason=data["text"]["longest_reason"],
        longest_phone=data["duty_phone"]["longest"],
        phone=data["duty_phone"]["pattern"],
        comment_days=data["comments"]["days"],
        most_waiting=data["comments"]["most_waiting"],
        most_an_hour=data["comments"]["most_an_hour"],
    )
