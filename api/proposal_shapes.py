"""Proposed plans on the wire as everybody may see them: borders and names, of people what the public map tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field

from api.places import feature, geojson
from api.schemas import CityAnswer, Extent, Feature, Listed, Position, Run, Shape, run_told
from geo.actions.plans.view_proposal import Proposal
from geo.rules.plan_edits import plan_edit_rule
from geo.store.proposals import ProposalEntry


class ProposalTold(Shape):
    """One plan that lies open, without its grids."""

    id: int = Field(examples=[4])
    state: Literal["proposed", "published", "superseded"] = Field(examples=["proposed"])
    community_code: str = Field(examples=["990101001001"])
    community_name: str = Field(examples=["河西社区"])
    community_name_en: str | None = Field(examples=[None])
    centre: Position
    bbox: Extent
    note: str | None = Field(examples=["2027 年网格调整"])
    comments_until: datetime = Field(examples=["2026-12-15T10:00:00Z"], description="The closing date of comments.")
    is_open: bool = Field(examples=[True], description="Whether comments are taken now.")
    comments: int = Field(examples=[3], description="Comments shown.")


class ProposalList(Listed, CityAnswer):
    """A page of plans that are proposed, the newest first."""

    proposals: list[ProposalTold]


class GridBefore(Shape):
    """A grid of the plan that the proposal goes on from."""

    part: Literal["before"] = "before"
    grid_id: int = Field(examples=[7], description="Stays the same when the grid is redrawn or renumbered.")
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    kind: Literal["basic", "special"] = Field(examples=["basic"])
    is_gone: bool = Field(examples=[False], description="Whether the proposal has no such grid any more.")
    residents: int | None = Field(examples=[1140], description="To the nearest ten, as on the public map.")


class GridAfter(Shape):
    """A grid as it is proposed."""

    part: Literal["after"] = "after"
    grid_id: int = Field(examples=[7])
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    kind: Literal["basic", "special"] = Field(examples=["basic"])
    change: Literal["kept", "relabelled", "changed", "new"] = Field(
        examples=["changed"], description="changed: its border; relabelled: only its code, name or kind."
    )
    comments: int = Field(examples=[2], description="Comments on it that are shown.")


class GroundMoved(Shape):
    """Ground that comes to another grid; who lives on it is not told, since it may be a single house."""

    part: Literal["moved"] = "moved"
    from_grid: int | None = Field(examples=[7])
    to_grid: int | None = Field(examples=[8])
    area_m2: int = Field(examples=[12400])


class ProposalDetail(CityAnswer):
    """A proposed plan: its grids before and after, and the ground that comes to other grids."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    proposal: ProposalTold
    longest_comment: int = Field(examples=[2000], description="Characters that a comment may have.")
    run: Run | None = Field(description="By which computation residents are told; none: none are.")
    features: list[Feature[GridBefore] | Feature[GridAfter] | Feature[GroundMoved]]


def proposal_told(entry: ProposalEntry, at: datetime) -> ProposalTold:
    """A plan that lies open, as it is told at a moment."""
    told = {name: getattr(entry, name) for name in ProposalTold.model_fields if name != "is_open"}
    return ProposalTold(**told, is_open=entry.state == "proposed" and at <= entry.comments_until)


def proposal_detail(found: Proposal, at: datetime) -> ProposalDetail:
    """A proposed plan with its grids, as it is told at a moment."""
    return ProposalDetail(
        proposal=proposal_told(found.entry, at),
        longest_comment=plan_edit_rule().longest_comment,
        run=run_told(found.run),
        features=[*_before(found), *_after(found), *_moved(found)],
    )


def _before(found: Proposal) -> Iterator[Feature[GridBefore]]:
    for grid in found.before:
        told = GridBefore(
            grid_id=grid.id,
            code=grid.code,
            name=grid.name,
            kind=grid.kind,  # type: ignore[arg-type]
            is_gone=found.state_of_grid[grid.id] == "gone",
            residents=found.residents.get(grid.id),
        )
        yield feature(None, geojson(grid.shape), told)


def _after(found: Proposal) -> Iterator[Feature[GridAfter]]:
    for grid in found.after:
        told = GridAfter(
            grid_id=grid.id,
            code=grid.code,
            name=grid.name,
            kind=grid.kind,  # type: ignore[arg-type]
            change=found.state_of_grid[grid.id],  # type: ignore[arg-type]
            comments=found.comments.get(grid.id, 0),
        )
        yield feature(grid.id, geojson(grid.shape), told)


def _moved(found: Proposal) -> Iterator[Feature[GroundMoved]]:
    for move in found.ground:
        told = GroundMoved(
            from_grid=None if move.before is None else move.before.id,
            to_grid=None if move.after is None else move.after.id,
            area_m2=round(move.area_m2),
        )
        yield feature(None, geojson(move.shape), told)
