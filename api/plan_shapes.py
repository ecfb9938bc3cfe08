"""Plans on the wire: what a plan holds, what is wrong with it, what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from pydantic import Field

from api.places import feature, geojson, geometry
from api.plan_change_shapes import CountedShareTold
from api.schemas import CityAnswer, Feature, Geometry, MadeAnswer, Position, Post, Shape, made_told
from geo.actions.plans.edit_plan import Standing
from geo.actions.plans.plan_view import PlanView
from geo.plan_figures import METHOD
from geo.plan_problems import Problem
from geo.plans import Comment, Plan
from geo.provenance import Made


class PlanTold(Shape):
    """One plan, without its grids."""

    id: int = Field(examples=[4])
    community_id: int = Field(examples=[12])
    community_code: str = Field(examples=["990101001001"])
    community_name: str = Field(examples=["河西社区"])
    state: Literal["draft", "proposed", "published", "superseded", "withdrawn"] = Field(examples=["draft"])
    version: int = Field(examples=[1], description="Sent back as If-Match when it is changed.")
    base_plan_id: int | None = Field(examples=[3], description="The plan that it goes on from.")
    effective_from: datetime | None = Field(examples=[None])
    effective_to: datetime | None = Field(examples=[None])
    comments_until: datetime | None = Field(examples=[None])
    created_at: datetime | None = Field(examples=["2026-11-20T02:00:00Z"])
    note: str | None = Field(examples=["2027 年网格调整"])
    code_scheme: str = Field(examples=["unit_grid"], description="How its grids are numbered.")
    is_coverage: bool | None = Field(
        examples=[None],
        description="Whether its grids share their borders exactly, found when it was published; null: not asked.",
    )
    is_on_units: bool = Field(examples=[True], description="Whether it can be looked into and gone on from exactly.")


class PlanGridTold(Shape):
    """One grid of a plan with what it holds."""

    id: int = Field(examples=[7], description="Stays the same when the grid is redrawn or renumbered.")
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    kind: Literal["basic", "special"] = Field(examples=["basic"])
    is_locked: bool = Field(examples=[False])
    posts: list[Post]
    units: int = Field(examples=[24])
    homes: int = Field(examples=[31])
    buildings: int = Field(examples=[30])
    households: float = Field(examples=[402])
    residents: float = Field(examples=[1044])
    elderly: float = Field(examples=[190])
    children: float = Field(examples=[120])
    shops: float = Field(examples=[14])
    area_m2: float = Field(examples=[81250.0])
    compactness: float | None = Field(examples=[0.61], description="4 pi A / P^2 (Polsby-Popper).")
    pieces: int = Field(examples=[1])
    hours_per_month: float = Field(examples=[141.5], description="Work that the rules make of it, not of a person.")
    households_estimated: float = Field(
        examples=[402], description="Households whose visits nobody has counted: the cycle makes them."
    )
    walking_m: float = Field(examples=[2150.0], description="One round past all homes.")
    problems: list[str] = Field(examples=[["households/7"]], description="Ids of breaches that concern it.")


class PlanProblem(Shape):
    """One breach of one rule."""

    id: str = Field(examples=["households/7"])
    rule: str = Field(examples=["households"])
    severity: Literal["error", "warning", "note"]
    told: str = Field(examples=["Grid 7 has 612 households; 300 to 500 are planned."])
    grid_ids: list[int] = Field(examples=[[7]])
    lonlat: Position
    shape: Geometry
    evidence: dict[str, Any] = Field(examples=[{"households": 612, "at_most": 500}])


class BridgeTold(Shape):
    """Two units that hang together though they share no border."""

    units: tuple[int, int] = Field(examples=[(12, 57)], description="Their numbers.")
    grids: tuple[int, int] = Field(examples=[(7, 7)], description="Whose they are; it counts where both are the same.")
    reason: str = Field(examples=["过街天桥"], description="What joins them.")
    line: Geometry
    """From inside the one to inside the other."""


class BalanceTold(Shape):
    """How evenly work is spread."""

    grids: int = Field(examples=[4])
    mean: float | None = Field(examples=[142.0], description="Hours a month.")
    smallest: float | None = Field(examples=[118.0])
    largest: float | None = Field(examples=[171.0])
    largest_to_smallest: float | None = Field(examples=[1.45])
    gini: float | None = Field(examples=[0.08])
    over_full_time: int = Field(examples=[1], description="Grids with more work than one full-time month.")
    bin_from: list[float] = Field(examples=[[0, 40, 80, 120, 160]])
    grids_in_bin: list[int] = Field(examples=[[0, 0, 1, 2, 1]])


class PlanDetail(MadeAnswer):
    """A plan with its grids, as a GeoJSON feature collection."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    plan: PlanTold
    features: list[Feature[PlanGridTold]]
    balance: BalanceTold
    problems_by_severity: dict[str, int] = Field(examples=[{"error": 0, "warning": 3, "note": 1}])
    bridges: list[BridgeTold]
    can_undo: bool = Field(examples=[True], description="Of a draft: whether an edit stands that can be taken back.")
    can_redo: bool = Field(examples=[False])
    work_dates: dict[str, date] = Field(
        examples=[{"visits_due": "2026-11-01"}],
        description="Work that was counted, by kind: the oldest day.",
    )
    work_counted: dict[str, CountedShareTold] = Field(
        examples=[{"visits_due": {"units": 12, "of_units": 96, "households": 190, "of_households": 1604}}],
        description="By the same names: in how much of the ground.",
    )


class UnitTold(Shape):
    """One unit of a plan."""

    unit_no: int = Field(examples=[12])
    grid_id: int = Field(examples=[7])
    households: float = Field(examples=[16])
    residents: float = Field(examples=[40])


class UnitList(MadeAnswer):
    """All units of a plan."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    version: int = Field(examples=[2])
    features: list[Feature[UnitTold]]


class Vertex(Shape):
    """A place where a grid's border can be taken hold of."""

    lonlat: Position
    grids: list[int] = Field(examples=[[7, 8, 9]], description="Ids of all grids that meet there.")
    is_node: bool = Field(examples=[True])
    is_movable: bool = Field(examples=[True], description="Not where the community ends, nor beside a locked grid.")


class VertexList(Shape):
    """The vertices of one grid's border."""

    version: int = Field(examples=[2])
    vertices: list[Vertex]


class LedTold(Shape):
    """A place of a drawing that does not lie where it was drawn."""

    which: Literal["start", "end", "crossing", "corner", "taken"] = Field(
        examples=["end"],
        description="The first and the last place where a line meets older borders, any other such place, a corner of "
        "the drawing, or a place that was taken hold of to be moved.",
    )
    drawn: Position
    led: Position
    distance_m: float = Field(examples=[4.2])
    is_corner: bool = Field(examples=[True], description="Whether a border had a corner there before.")
    told: str = Field(examples=["End of the line: led 4.2 m to a corner that was there."])


class LeftOutTold(Shape):
    """Ground inside a drawn ring that the new grid does not get."""

    outside_m2: float = Field(examples=[812.5], description="It lies outside the community.")
    outside_share: float = Field(examples=[0.12], description="Of the ring.")
    locked_m2: float = Field(examples=[0.0], description="It belongs to locked grids.")
    told: str = Field(examples=["812 m² of the ring (12.0 %) lie outside 河西社区 and were left out."])


class EditTold(CityAnswer):
    """What an edit did, or would do."""

    plan: PlanTold
    dry_run: bool = Field(examples=[False])
    touched: list[Feature[PlanGridTold]]
    gone: list[int] = Field(examples=[[9]], description="Ids of grids that are no more.")
    problems: list[PlanProblem]
    bridges: list[BridgeTold]
    balance: BalanceTold
    balance_before: BalanceTold
    moved: dict[str, float] = Field(
        examples=[{"residents": 120, "households": 45}], description="Who is in another grid than before the edit."
    )
    snapped: list[LedTold] = Field(description="Places of a drawing that were led to a border or a corner of one.")
    left_out: LeftOutTold | None = Field(description="Of a carved ring; null: it lies inside as it was drawn.")
    can_undo: bool = Field(examples=[True])
    can_redo: bool = Field(examples=[False])


class EditLine(Shape):
    """One line of a plan's log."""

    seq: int = Field(examples=[2], description="The version that it made.")
    op: str = Field(examples=["paint"])
    target: int | None = Field(examples=[None], description="Of undo and redo: which edit.")
    request: dict[str, Any] = Field(examples=[{"units": [12], "grid": 7}])
    grid_ids: list[int] = Field(examples=[[7, 9]])
    token_name: str | None = Field(examples=["网格规划"], description="What the token is for, never who holds it.")
    made_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])


class CommentTold(Shape):
    """What somebody wrote about a grid."""

    id: int = Field(examples=[5])
    grid_id: int = Field(examples=[7])
    text: str = Field(examples=["希望河东巷与河西巷同属一个网格。"])
    state: Literal["waiting", "shown", "hidden"] = Field(examples=["shown"])
    answer: str | None = Field(examples=["已采纳"])
    made_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])


def plan_told(plan: Plan) -> PlanTold:
    """A plan as it is told."""
    told = {name: getattr(plan, name) for name in PlanTold.model_fields if name != "is_on_units"}
    return PlanTold(**told, is_on_units=plan.fabric_id is not None)


def grid_features(view: PlanView, grid_ids: Iterable[int] | None = None) -> list[Feature[PlanGridTold]]:
    """The grids of a plan, or some of them, by id."""
    wanted = None if grid_ids is None else set(grid_ids)
    places = [place for place, grid in enumerate(view.draft.grids) if wanted is None or grid.id in wanted]
    concern: dict[int, list[str]] = {}
    for problem in view.problems:
        for grid_id in problem.grid_ids:
            concern.setdefault(grid_id, []).append(problem.id)
    return [_grid_feature(view, place, concern) for place in places]


def _grid_feature(view: PlanView, place: int, concern: dict[int, list[str]]) -> Feature[PlanGridTold]:
    grid, figures = view.draft.grids[place], view.figures
    counted = {
        name: getattr(figures, name)[place].item()
        for name in PlanGridTold.model_fields
        if name in figures._fields and name != "compactness"
    }
    compactness = float(figures.compactness[place])
    posts = [Post(post=name, is_filled=p.is_filled, duty_phone=p.duty_phone) for name, p in sorted(grid.posts.items())]  # type: ignore[arg-type]
    told = PlanGridTold(
        id=grid.id,
        code=grid.code,
        name=grid.name,
        kind=grid.kind,  # type: ignore[arg-type]
        is_locked=grid.is_locked,
        posts=posts,
        compactness=None if np.isnan(compactness) else round(compactness, 4),
        hours_per_month=round(float(view.load.total[place]), 2),
        households_estimated=float(view.known.households[place]),
        walking_m=round(float(view.walking_m[place])),
        problems=concern.get(grid.id, []),
        **counted,
    )
    return feature(grid.id, geojson(view.shapes[place]), told)


def problems_told(problems: Sequence[Problem], language: str) -> list[PlanProblem]:
    """Breaches with their sentences."""
    return [
        PlanProblem(
            id=problem.id,
            rule=problem.rule,
            severity=problem.severity,  # type: ignore[arg-type]
            told=problem.in_language(language),
            grid_ids=list(problem.grid_ids),
            lonlat=problem.lonlat,
            shape=None if problem.shape is None else feature(None, geojson(problem.shape), Shape()).geometry,
            evidence=dict(problem.evidence),
        )
        for problem in problems
    ]


def bridges_told(view: PlanView) -> list[BridgeTold]:
    """The bridges of a plan."""
    units = view.draft.unit_no.tolist()
    grids = [view.draft.grids[place].id for place in view.draft.grid_of_unit.tolist()]
    return [
        BridgeTold(
            units=(units[one], units[other]), grids=(grids[one], grids[other]), reason=reason, line=geometry(line)
        )
        for (one, other, reason), line in zip(view.draft.bridges, view.bridge_lines, strict=True)
    ]


def balance_told(view: PlanView) -> BalanceTold:
    """How evenly a plan spreads work."""
    told = view.balance._asdict()
    return BalanceTold(**{**told, "bin_from": list(told["bin_from"]), "grids_in_bin": list(told["grids_in_bin"])})


def plan_detail(view: PlanView, standing: Standing, homes_date: date | None) -> PlanDetail:
    """A plan with its grids; ``standing``: what of its log stands; ``homes_date``: the day that the people are of."""
    is_draft = view.plan.state == "draft"
    severities = [problem.severity for problem in view.problems]
    return PlanDetail(
        plan=plan_told(view.plan),
        features=grid_features(view),
        balance=balance_told(view),
        problems_by_severity={severity: severities.count(severity) for severity in ("error", "warning", "note")},
        bridges=bridges_told(view),
        can_undo=is_draft and bool(standing.done),
        can_redo=is_draft and bool(standing.undone),
        work_dates=dict(view.counts.dates),
        work_counted={kind: CountedShareTold.model_validate(share) for kind, share in view.counted_shares.items()},
        **_made(view, homes_date),
    )


def _made(view: PlanView, homes_date: date | None) -> dict[str, Any]:
    return made_told(Made(METHOD, {"homes": homes_date, **view.counts.dates}, view.inputs_hash))


def unit_list(view: PlanView, homes_date: date | None) -> UnitList:
    """All units of a plan."""
    n_units, homes = len(view.draft.unit_no), view.housed.homes
    counted = [
        np.bincount(view.unit_of_home, weights=column, minlength=n_units).tolist()
        for column in (homes.households, homes.residents)
    ]
    rows = zip(view.draft.unit_no.tolist(), view.draft.grid_of_unit.tolist(), *counted, view.unit_shapes, strict=True)
    features = [
        feature(no, geojson(shape), UnitTold(unit_no=no, grid_id=view.draft.grids[grid].id, households=h, residents=r))
        for no, grid, h, r, shape in rows
    ]
    return UnitList(version=view.plan.version, features=features, **_made(view, homes_date))


def comment_told(comment: Comment) -> CommentTold:
    """A comment as it is told."""
    return CommentTold(**{name: getattr(comment, name) for name in CommentTold.model_fields})
