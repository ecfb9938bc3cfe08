"""Shapes on the wire of audits and merge proposals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.places import geometry
from api.plan_shapes import PlanTold, plan_told
from api.schemas import Geometry, MadeAnswer, Position, Shape, made_told
from api.station_shapes import Line
from geo.layers import MergedZone, MergeProposal, MergeTaken, made_of


class NetShape(Shape):
    """A net that covers a place."""

    layer: str = Field(examples=["police"])
    department: str = Field(examples=["公安局"])
    kind: str = Field(examples=["警务网格"])
    zone_code: str = Field(examples=["J017"])
    zone_name: str = Field(examples=["第十七警务区"])
    unit: str | None = Field(examples=["城东派出所"], description="Its office for this zone; null: not said.")
    is_drawn: bool = Field(examples=[True], description="Covers the place as it was drawn.")
    is_clean: bool = Field(examples=[True], description="Has the place after cleaning: one of a layer at most.")


class LayerFiguresShape(Shape):
    """One layer against the town."""

    name: str = Field(examples=["police"])
    department: str = Field(examples=["公安局"])
    kind: str = Field(examples=["警务网格"])
    zones: int = Field(examples=[236])
    twins: int = Field(examples=[1], description="Zones that were drawn a second time.")
    ground_m2: float = Field(examples=[52_000_000.0])
    gap_m2: float | None = Field(examples=[310_000.0], description="Ground of the town in none of its zones.")
    beyond_m2: float | None = Field(examples=[0.0], description="Ground of its zones outside of the town.")
    overlap_m2: float = Field(examples=[4_200.0], description="Shared by zones as they were drawn.")
    overlaps: int = Field(examples=[57])
    open_gaps: int = Field(examples=[2])
    changes: int = Field(examples=[4])
    homes_inside: int = Field(examples=[14_800])
    residents_inside: float = Field(examples=[1_980_000])
    residents_in_none: float = Field(examples=[20_000])
    residents_in_several: float = Field(examples=[310], description="In several of its zones as they were drawn.")
    homes_moved: int = Field(examples=[12], description="Homes that cleaning put elsewhere.")
    residents_moved: float = Field(examples=[310])


class PairShape(Shape):
    """Two layers against each other."""

    a: str = Field(examples=["police"])
    b: str = Field(examples=["health"])
    both_m2: float = Field(examples=[51_000_000.0])
    only_a_m2: float = Field(examples=[1_000_000.0])
    only_b_m2: float = Field(examples=[0.0])
    residents_both: float = Field(examples=[1_970_000])
    residents_only_a: float = Field(examples=[10_000])
    residents_only_b: float = Field(examples=[0])
    residents_neither: float = Field(examples=[20_000])
    kept_a_share: float | None = Field(
        examples=[0.83],
        description="Who stays together if each zone of the first goes into the second's with most of it.",
    )
    kept_b_share: float | None = Field(examples=[0.79])
    slivers: int = Field(examples=[420])
    slivers_m2: float = Field(examples=[96_000.0])
    residents_in_slivers: float = Field(examples=[1_240])


class DoorsShape(Shape):
    """How many people have so many nets at the door."""

    nets: int = Field(examples=[8])
    homes: int = Field(examples=[14_700])
    households: float = Field(examples=[700_000])
    residents: float = Field(examples=[1_960_000])


class SliverShape(Shape):
    """Two zones that share hardly anything."""

    layer_a: str = Field(examples=["police"])
    zone_a: str = Field(examples=["J017"])
    layer_b: str = Field(examples=["health"])
    zone_b: str = Field(examples=["W003"])
    m2: float = Field(examples=[310.0])
    homes: int = Field(examples=[1])
    residents: float = Field(examples=[48])
    lonlat: Position


class AuditShape(MadeAnswer):
    """All layers held against each other."""

    homes: int = Field(examples=[15_200])
    residents: float = Field(examples=[2_000_000])
    town_m2: float | None = Field(examples=[52_310_000.0])
    layers: list[LayerFiguresShape]
    pairs: list[PairShape]
    doors: list[DoorsShape] = Field(description="From no net to all of them.")
    slivers: list[SliverShape] = Field(description="Most residents first; of many only the first.")


class CrosswalkShape(Shape):
    """People whom one zone of each of two divisions has in common."""

    from_code: str | None = Field(examples=["J017"], description="Null: in no zone.")
    to_code: str | None = Field(examples=["W003"])
    homes: int = Field(examples=[12])
    households: float = Field(examples=[300])
    residents: float = Field(examples=[840])
    share_of_from: float | None = Field(examples=[0.93])
    share_of_to: float | None = Field(examples=[0.41])


class MergedZoneProperties(Shape):
    """One zone of the proposal."""

    code: str = Field(examples=["G014"])
    base_code: str = Field(examples=["G014"], description="The zone of the base layer that it goes back to.")
    name: str = Field(examples=["第十四网格"])
    community_id: int = Field(examples=[4])
    units: int = Field(examples=[23])
    homes: int = Field(examples=[23])
    households: float = Field(examples=[370])
    residents: float = Field(examples=[960])
    gained_residents: float = Field(examples=[48], description="Whom the base layer has elsewhere, or nowhere.")


class MergedFeature(Shape):
    """One zone of the proposal, with its ground."""

    type: Literal["Feature"] = "Feature"
    geometry: Geometry
    properties: MergedZoneProperties


class GivenShape(Shape):
    """Ground that goes to another zone than the base layer has it in."""

    reason: Literal["outvoted", "loose", "gap"] = Field(examples=["outvoted"])
    from_code: str | None = Field(examples=["G013"])
    to_code: str | None = Field(examples=["G014"])
    units: int = Field(examples=[2])
    residents: float = Field(examples=[48])
    lonlat: Position


class SplitShape(Shape):
    """A zone of a layer that goes into several zones."""

    layer: str = Field(examples=["police"])
    code: str = Field(examples=["J017"])
    zones: int = Field(examples=[3])
    residents: float = Field(examples=[2_900])
    largest_share: float | None = Field(examples=[0.61])


class DoubtShape(Shape):
    """A unit that a border of a layer runs through."""

    layer: str = Field(examples=["police"])
    community_id: int = Field(examples=[4])
    unit_no: int = Field(examples=[118])
    code: str | None = Field(examples=["J017"])
    next_code: str | None = Field(examples=["J018"])
    share_inside: float = Field(examples=[0.62])
    residents: float = Field(examples=[96])
    lonlat: Position


class UnitZone(Shape):
    """Which zone has a unit."""

    community_id: int = Field(examples=[4])
    unit_no: int = Field(examples=[118])
    code: str | None = Field(examples=["G014"])


class MergeShape(MadeAnswer):
    """Several nets as one; `features` are its zones."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    base: str = Field(examples=["health"])
    layers: list[str] = Field(examples=[["health", "police"]])
    residents: float = Field(examples=[2_000_000])
    units: int = Field(examples=[66_500])
    features: list[MergedFeature]
    given: list[GivenShape] = Field(description="Most residents first.")
    split: list[SplitShape] = Field(description="Most residents first.")
    doubts: list[DoubtShape] = Field(description="Most residents first.")
    crosswalks: dict[str, list[CrosswalkShape]] = Field(
        examples=[{"police": []}], description="Layer -> its zones against those of the proposal."
    )
    zone_of_unit: list[UnitZone]


class TakeUpWish(Shape):
    """A proposal to begin drafts with."""

    base: Line = Field(examples=["health"], description="The layer whose zones the result goes back to.")
    layers: list[Line] = Field(
        default_factory=list, max_length=200, examples=[["police"]], description="Heard besides; none: all."
    )
    community: str | None = Field(
        None, pattern=r"^[0-9]{12}$", examples=["990101001001"], description="One community; none: all that are cut."
    )
    note: Line | None = Field(None, examples=["多网合一"])
    inputs_hash: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{64}$",
        examples=["9f2c" * 16],
        description="Of the proposal that was looked at; 409 if it is another one by now.",
    )


class OriginGridShape(Shape):
    """A grid that a draft began with, and the zone of the proposal that it was."""

    id: int = Field(examples=[7], description="Permanent.")
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    zone_code: str = Field(examples=["G014"])
    is_kept: bool = Field(
        examples=[True], description="Clearly a grid of the plan before: code and name are that one's."
    )


class OriginShape(MadeAnswer):
    """The proposal that a plan was begun with, as far as it is about the plan's community."""

    base: str = Field(examples=["health"])
    layers: list[str] = Field(examples=[["health", "police"]])
    grids: list[OriginGridShape]
    crosswalks: dict[str, list[CrosswalkShape]] = Field(
        examples=[{"police": []}],
        description="Layer -> its zones against the grids that the draft began with, by code.",
    )


class TakenUpShape(Shape):
    """A draft that was begun with a proposal."""

    plan: PlanTold
    grids: list[OriginGridShape]
    residents: float = Field(examples=[4_000])
    doubts: int = Field(examples=[3], description="Units that a border of a layer runs through.")


class TakenUpList(MadeAnswer):
    """All drafts that were begun with a proposal, by code of the community."""

    drafts: list[TakenUpShape]


def taken_shape(taken: MergeTaken) -> TakenUpList:
    """Drafts as they are told."""
    drafts = [
        TakenUpShape(
            plan=plan_told(draft.plan),
            grids=[OriginGridShape.model_validate(grid) for grid in draft.origin.grids],
            residents=draft.residents,
            doubts=draft.doubts,
        )
        for draft in taken.drafts
    ]
    return TakenUpList(**made_told(made_of(taken.proposal)), drafts=drafts)


def merge_shape(found: MergeProposal) -> MergeShape:
    """A proposal as it is told."""
    return MergeShape(
        **made_told(made_of(found)),
        base=found.base,
        layers=list(found.layers),
        residents=found.residents,
        units=found.units,
        features=[_feature(zone) for zone in found.zones],
        given=[GivenShape.model_validate(cell) for cell in found.given],
        split=[SplitShape.model_validate(zone) for zone in found.split],
        doubts=[DoubtShape.model_validate(doubt) for doubt in found.doubts],
        crosswalks={
            layer: [CrosswalkShape.model_validate(row) for row in rows] for layer, rows in found.crosswalks.items()
        },
        zone_of_unit=[UnitZone(community_id=c, unit_no=n, code=code) for c, n, code in found.zone_of_unit],
    )


def _feature(zone: MergedZone) -> MergedFeature:
    return MergedFeature(geometry=geometry(zone.shape), properties=MergedZoneProperties.model_validate(zone))
