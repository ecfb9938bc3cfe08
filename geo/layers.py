"""Layers: the nets that departments have each drawn for themselves, what an audit finds, and how they become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from shapely.geometry.base import BaseGeometry

from geo.plans import Plan
from geo.provenance import Made
from geo.units import FloatArray, IntArray

LonLat = tuple[float, float]


@dataclass(frozen=True)
class Layer:
    """One department's net, as it was taken in last."""

    id: int
    name: str
    department: str
    """Who runs it."""
    kind: str
    """What it is for, in the department's own word."""
    version: int
    zones: int
    import_id: int
    landed_at: datetime
    data_date: date | None
    gap_width_m: float
    """How wide gaps were filled when it was cleaned."""
    content_hash: str
    """sha256 over what the file said and how it was cleaned."""
    changes: Sequence[Mapping[str, Any]]
    """What cleaning changed, zone by zone."""
    gaps: Sequence[Mapping[str, Any]]
    """What cleaning left open."""


@dataclass(frozen=True)
class LayerWish:
    """Whose net is taken in."""

    name: str
    """What the layer is called; a second import of the name takes the place of the first."""
    department: str
    kind: str
    gap_width_m: float | None = None
    """Gaps up to this width are filled; None: as the rules say."""
    seen_version: int | None = None
    """Version of that name whose place it takes, 0: there is none. None: whichever there is."""


@dataclass(frozen=True)
class Zone:
    """One polygon of a layer."""

    layer_id: int
    no: int
    """Its position in the layer, from 0."""
    code: str
    name: str
    unit: str | None
    """The office that looks after it, where the file named one."""
    twin_no: int | None
    """The zone that has its ground, where it was drawn a second time."""
    shape: BaseGeometry
    """EPSG:4326, cleaned: zones of a layer neither overlap nor leave narrow gaps. Empty for a twin."""
    drawn: BaseGeometry
    """EPSG:4326, as it came."""


@dataclass(frozen=True)
class NetAt:
    """A net that covers a place."""

    layer: str
    department: str
    kind: str
    zone_code: str
    zone_name: str
    unit: str | None
    """The department's office that looks after this zone, where the file named one."""
    is_drawn: bool
    """Whether it covers the place as it was drawn."""
    is_clean: bool
    """Whether it has the place after cleaning: one zone of a layer at most."""


@dataclass(frozen=True)
class LayerFigures:
    """One layer against the town."""

    name: str
    department: str
    kind: str
    zones: int
    twins: int
    """Zones that were drawn a second time."""
    ground_m2: float
    gap_m2: float | None
    """Ground of the town in none of its zones; None while no areas are loaded."""
    beyond_m2: float | None
    """Ground of its zones outside of the town."""
    overlap_m2: float
    """Ground that zones shared as they were drawn."""
    overlaps: int
    open_gaps: int
    """Gaps among its zones that cleaning left open."""
    changes: int
    """Zones of which cleaning changed more than goes without saying."""
    homes_inside: int
    residents_inside: float
    residents_in_none: float
    residents_in_several: float
    """In more than one of its zones, as they were drawn."""
    homes_moved: int
    """Homes that cleaning put into another zone, or into one of several."""
    residents_moved: float


@dataclass(frozen=True)
class PairFigures:
    """Two layers against each other."""

    a: str
    b: str
    both_m2: float
    only_a_m2: float
    only_b_m2: float
    residents_both: float
    residents_only_a: float
    residents_only_b: float
    residents_neither: float
    kept_a_share: float | None
    """Of the residents in both, those who would stay together if each zone of ``a`` became the zone of ``b`` that has
    most of its people."""
    kept_b_share: float | None
    slivers: int
    slivers_m2: float
    residents_in_slivers: float


@dataclass(frozen=True)
class Doors:
    """How many people have so many nets at the door."""

    nets: int
    homes: int
    households: float
    residents: float


@dataclass(frozen=True)
class DoorPlace:
    """A unit or a home, and how many nets are at its door."""

    nets: int
    homes: int
    residents: float
    shape: BaseGeometry
    """EPSG:4326: the unit, or the place of the home."""


@dataclass(frozen=True)
class Sliver:
    """Two zones of different layers that share hardly anything: their borders were meant to be one."""

    layer_a: str
    zone_a: str
    layer_b: str
    zone_b: str
    m2: float
    homes: int
    residents: float
    lonlat: LonLat


@dataclass(frozen=True)
class AuditReport:
    """All nets of the town, held against each other."""

    method: str
    dates: Mapping[str, date | None]
    """As those of :class:`geo.provenance.Made`: of the homes, and of each layer."""
    inputs_hash: str
    layers: Sequence[LayerFigures]
    pairs: Sequence[PairFigures]
    doors: Sequence[Doors]
    """From no net to all of them."""
    slivers: Sequence[Sliver]
    """Most residents first; of many only the first."""
    homes: int
    residents: float
    town_m2: float | None

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class CrosswalkTable:
    """Two layers held against each other, pair by pair of zones."""

    rows: Sequence[CrosswalkRow]
    made: Made


@dataclass(frozen=True)
class MovedHome:
    """A home that cleaning put into another zone than it was drawn in, or into one of several."""

    home_id: int
    name: str | None
    lonlat: LonLat
    residents: float
    drawn_in: Sequence[str]
    """Codes of the zones that it was drawn in; empty where it was in a gap."""
    code: str | None
    """Of the zone that has it now; None where none has."""


@dataclass(frozen=True)
class CrosswalkRow:
    """People whom one zone of each of two divisions has in common."""

    from_code: str | None
    """None: in no zone."""
    to_code: str | None
    homes: int
    households: float
    residents: float
    share_of_from: float | None
    """Of the residents of the one zone; None where it has none."""
    share_of_to: float | None


class CityUnits(NamedTuple):
    """The units of all communities that have been cut, one after the other, with who lives in them."""

    shapes: Sequence[BaseGeometry]
    """(n_units,) EPSG:4326."""
    community: IntArray
    """(n_units,) id of the community."""
    unit_no: IntArray
    """(n_units,) the unit's number within the cut of its community."""
    neighbours: IntArray
    """(n_borders, 2) units with a common border, by position, each pair once."""
    border_m: FloatArray
    """(n_borders,) how long it is."""
    homes: IntArray
    """(n_units,)"""
    households: FloatArray
    residents: FloatArray
    home_id: IntArray
    """(n_homes,) ids of all homes of the communities, ascending."""
    unit_of_home: IntArray
    """(n_homes,) by position."""


@dataclass(frozen=True)
class MergeWish:
    """What is to become one net."""

    base: str
    """The layer whose zones the result goes back to."""
    layers: Sequence[str] = ()
    """The layers that are heard, the base among them or not; all of them where none are named."""
    community: str | None = None
    """Code of the community whose units are asked about; None: all that have been cut."""


@dataclass(frozen=True)
class Doubt:
    """A unit that a border of a layer runs through: somebody should look at it."""

    layer: str
    community_id: int
    unit_no: int
    code: str | None
    """The zone that it was given to; None: to none."""
    next_code: str | None
    """The zone that has the next largest part of it; None: none has."""
    share_inside: float
    residents: float
    lonlat: LonLat


@dataclass(frozen=True)
class MergedZone:
    """One zone of the proposal."""

    code: str
    """That of the base layer's zone; with ``-2`` and so on where several zones go back to one."""
    base_code: str
    name: str
    community_id: int
    units: int
    homes: int
    households: float
    residents: float
    gained_residents: float
    """Of them, those whom the base layer has in another zone, or in none."""
    shape: BaseGeometry
    """EPSG:4326."""


@dataclass(frozen=True)
class GivenCell:
    """Ground that the proposal gives to another zone than the base layer has it in."""

    reason: str
    """outvoted: more of the nets have it with the other zone's people; loose: it does not hang together with the rest
    of its zone; gap: it is in no zone of the base layer."""
    from_code: str | None
    to_code: str | None
    """None: no zone is near."""
    units: int
    residents: float
    lonlat: LonLat


@dataclass(frozen=True)
class SplitZone:
    """A zone of a layer whose units the proposal puts into several zones."""

    layer: str
    code: str
    zones: int
    residents: float
    largest_share: float | None
    """Of its residents, those who stay together; None where it has none."""


@dataclass(frozen=True)
class MergeProposal:
    """Several nets as one."""

    method: str
    dates: Mapping[str, date | None]
    inputs_hash: str
    base: str
    layers: Sequence[str]
    residents: float
    """Of all units."""
    units: int
    zones: Sequence[MergedZone]
    given: Sequence[GivenCell]
    """Most residents first."""
    split: Sequence[SplitZone]
    """Most residents first."""
    doubts: Sequence[Doubt]
    """Most residents first."""
    crosswalks: Mapping[str, Sequence[CrosswalkRow]]
    """Layer -> its zones against those of the proposal; both shares make it a table either way. Everybody counts to the
    zone that has their door, also where most of the unit lies in the next one."""
    zone_of_unit: Sequence[tuple[int, int, str | None]]
    """Community id, unit number, and the code of the zone, of every unit."""


@dataclass(frozen=True)
class OriginGrid:
    """A grid of a draft as the draft began, and the zone of the proposal that it was."""

    id: int
    """Permanent."""
    code: str
    name: str
    zone_code: str
    is_kept: bool
    """Whether it is clearly one of the plan before, and went on under that one's code and name."""


@dataclass(frozen=True)
class MergeOrigin:
    """The proposal that a draft was begun with, as far as it is about the draft's community."""

    method: str
    dates: Mapping[str, date | None]
    """Empty of drafts that were begun before dates were kept."""
    inputs_hash: str
    base: str
    layers: Sequence[str]
    grids: Sequence[OriginGrid]
    crosswalks: Mapping[str, Sequence[CrosswalkRow]]
    """Layer -> its zones against the grids that the draft began with, by their codes."""


@dataclass(frozen=True)
class TakenUp:
    """A draft that was begun with a proposal."""

    plan: Plan
    origin: MergeOrigin
    residents: float
    """Of all its grids, as the proposal counts them."""
    doubts: int
    """Units that a border of a layer runs through."""


@dataclass(frozen=True)
class MergeTaken:
    """A proposal, and the drafts that were begun with it."""

    proposal: MergeProposal
    drafts: Sequence[TakenUp]
    """By code of the community."""


def made_of(found: AuditReport | MergeProposal | MergeOrigin) -> Made:
    """How the figures came about."""
    return Made(found.method, found.dates, found.inputs_hash)
