"""What a plan changes, for whom: two plans, or the grids of two days, held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from shapely.geometry.base import BaseGeometry

from geo.areas import Area
from geo.drafts import PlanHomes
from geo.grids import Grid
from geo.provenance import Provenance
from geo.units import BoolArray, FloatArray, IntArray
from geo.words import Named
from geo.work import CountedShare

METHOD = "plan-changes-1"
"""Changes whenever the same inputs give other results."""

State = Literal["kept", "relabelled", "changed", "new", "gone"]
"""What becomes of a grid.

``changed``: its ground, or who or what lies in it; ``relabelled``: only its code, name, kind or posts.
"""


NameT_co = TypeVar("NameT_co", covariant=True)

# What is asked


@dataclass(frozen=True)
class CaseName(Named):
    """How a case is called: by its number and what it is about; never what somebody reported."""

    number: str
    """By which its source knows it."""
    category: str
    """A key of geo/rules/incident_categories.toml."""
    item: str | None
    """Code of the catalogue that it was taken in under; None: it is not known, and the name is the category's."""


class Placed(Protocol[NameT_co]):
    """Stations, or cases: how each is called, and where it is."""

    @property
    def id(self) -> IntArray:
        """(n,)"""

    @property
    def name(self) -> Sequence[NameT_co]:
        """(n,)"""

    @property
    def lonlat(self) -> FloatArray:
        """(n, 2)"""


class GridLoad(NamedTuple):
    """The work that a grid makes."""

    hours: float
    """A month."""
    walk_m: float
    """Between the homes to be visited."""


@dataclass(frozen=True)
class PlanSide:
    """One of the two: a plan, or the grids in force on a day."""

    plan_ids: tuple[int, ...]
    """More than one where a day is asked about in several communities."""
    version: int | None
    """None where a day is asked about."""
    day: date | None
    """From when the plan is in force, or the day asked about; None: a draft without a date."""
    grids: Sequence[Grid]
    """Ids are permanent: a grid with the same id on both sides is the same grid."""
    grid_of_home: IntArray
    """(n_homes,) its grid's id; NONE: in none."""
    grid_of_unit: IntArray | None = None
    """(n_units,) id of the grid of each unit that ``Things.of_units`` counts by; NONE: in none."""
    load_of_grid: Mapping[int, GridLoad] | None = None
    """By the grid's id."""


class Covered(NamedTuple):
    """Who reaches a station."""

    is_covered: BoolArray
    """(n_homes,)"""
    provenance: Provenance


@dataclass(frozen=True)
class Things:
    """All that may come into another grid. Homes are those of today, whatever days the two plans are of."""

    communities: Sequence[Area]
    """In which the plans are."""
    homes: PlanHomes
    name_of_home: Mapping[int, str]
    """What buildings are called, by id, where they have a name. For staff only."""
    homes_date: date | None
    """The oldest day that the people's data speak of."""
    stations: Placed[str]
    incidents: Placed[CaseName]
    """The open ones."""
    covered: Covered | None = None
    """None: nothing has been computed."""
    of_units: Mapping[str, FloatArray] | None = None
    """What is counted by unit: one of ``WORK_KINDS`` -> (n_units,) counts."""
    work_dates: Mapping[str, date] = field(default_factory=dict)
    """By the same names: the oldest day that counts speak of."""
    work_counted: Mapping[str, CountedShare] = field(default_factory=dict)
    """By the same names: in how much of the ground it was counted."""
    told_width_m: float = 0.0
    """Ground that is narrower is not told as coming to another grid."""


# What is answered


@dataclass(frozen=True)
class Counted:
    """People and what belongs to them; fractions where cells have them."""

    residents: float
    households: float
    elderly: float
    children: float
    shops: float
    buildings: float


MEASURES = tuple(Counted.__dataclass_fields__)
"""What is counted, in this order."""


@dataclass(frozen=True)
class GridName:
    """How a grid is called."""

    id: int
    """Permanent."""
    code: str
    name: str

    @classmethod
    def of(cls, grid: Grid | None) -> GridName | None:
        """The name of a grid; None of none."""
        return None if grid is None else cls(grid.id, grid.code, grid.name)


@dataclass(frozen=True)
class Flow:
    """Who was in one grid and is in another, or in the same."""

    before: GridName | None
    """None: in no grid."""
    after: GridName | None
    counts: Counted
    share_of_before: float | None
    """Of the residents of the grid before; None where it has none."""
    share_of_after: float | None

    @property
    def is_move(self) -> bool:
        """Whether the grid is another one."""
        return (self.before and self.before.id) != (self.after and self.after.id)


@dataclass(frozen=True)
class GroundMove:
    """Ground that comes to another grid."""

    before: GridName | None
    after: GridName | None
    shape: BaseGeometry
    """Multipolygon, EPSG:4326."""
    area_m2: float


@dataclass(frozen=True)
class GridSide:
    """A grid as one side has it."""

    code: str
    name: str
    kind: str
    counts: Counted
    area_m2: float
    residents_covered: float | None
    """None: nothing has been computed."""
    load: GridLoad | None
    of_units: Mapping[str, float]
    has_member: bool
    """Whether the post of its full-time member is known to be filled."""

    @property
    def covered_share(self) -> float | None:
        """Of its residents; None where there are none or nothing has been computed."""
        if self.residents_covered is None or not self.counts.residents:
            return None
        return self.residents_covered / self.counts.residents


@dataclass(frozen=True)
class GridChange:
    """A grid before and after."""

    id: int
    state: State
    before: GridSide | None
    """None: it is new."""
    after: GridSide | None
    """None: it is gone."""
    gained: Counted
    lost: Counted

    @property
    def side(self) -> GridSide:
        """As it is after, or was if it is gone."""
        side = self.after or self.before
        assert side is not None
        return side

    @property
    def name(self) -> GridName:
        """How it is called after, or was if it is gone."""
        return GridName(self.id, self.side.code, self.side.name)


@dataclass(frozen=True)
class SideMade:
    """Which plan, or which day, one side is."""

    plan_ids: tuple[int, ...]
    version: int | None
    day: date | None
    n_grids: int


@dataclass(frozen=True)
class Made:
    """How the figures came about."""

    method: str
    before: SideMade
    after: SideMade
    homes_date: date | None
    """Homes of both sides are those of today; this is the oldest day that their data speak of."""
    work_dates: Mapping[str, date]
    """Kind of work that was counted -> the oldest day that its counts speak of, on both sides those of today."""
    work_counted: Mapping[str, CountedShare]
    """By the same names: in how much of the ground it was counted; the rest is estimated."""
    covered: Provenance | None
    """How coverage was computed; None: it was not."""
    inputs_hash: str
    """sha256 over everything that the figures depend on."""


@dataclass(frozen=True)
class Comparison:
    """Two plans, or two days, held against each other."""

    made: Made
    whole: Counted
    """Everybody."""
    moved: Counted
    """Who comes into another grid."""
    residents_other_member: float
    """Whose full-time member is of another grid than before; also those who had none, or have none now."""
    grids: Sequence[GridChange]
    """By code, those that are gone at their old one."""
    flows: Sequence[Flow]
    """Every pair of grids that share a home, most residents first."""
    ground: Sequence[GroundMove]
    """Largest first."""

    @property
    def moved_share(self) -> float | None:
        """Of all residents; None where there are none."""
        return self.moved.residents / self.whole.residents if self.whole.residents else None

    @property
    def moves(self) -> list[Flow]:
        """The flows that end in another grid."""
        return [flow for flow in self.flows if flow.is_move]


@dataclass(frozen=True)
class BuildingMove:
    """A building that comes into another grid. For staff only."""

    home_id: int
    name: str | None
    lonlat: tuple[float, float]
    residents: float
    households: float
    before: GridName | None
    after: GridName | None


@dataclass(frozen=True)
class PlaceMove(Generic[NameT_co]):
    """A station or an open case that comes into another grid."""

    id: int
    name: NameT_co
    before: GridName | None
    after: GridName | None


@dataclass(frozen=True)
class PostToTell:
    """A post, filled or not, that must hear of the change; never who holds it."""

    grid: GridName
    state: State
    post: str
    """chief or member."""
    is_filled: bool | None
    """None: nothing is known of it. As it is after the change, or was before in a grid that is gone."""
    duty_phone: str | None


@dataclass(frozen=True)
class CommunityToTell:
    """A community whose grids change."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class GridWork:
    """What was counted of a grid's work, by kind. For staff only."""

    grid: GridName
    before: Mapping[str, float]
    """Empty of a new grid."""
    after: Mapping[str, float]
    """Empty of one that is gone."""


@dataclass(frozen=True)
class Consequences:
    """All that a plan changes, told before it is published."""

    comparison: Comparison
    buildings: Sequence[BuildingMove]
    stations: Sequence[PlaceMove[str]]
    incidents: Sequence[PlaceMove[CaseName]]
    of_units_whole: Mapping[str, float]
    """What is counted by unit, such as visits due: all of it."""
    of_units_moved: Mapping[str, float]
    """What of it comes into another grid."""
    posts: Sequence[PostToTell]
    communities: Sequence[CommunityToTell]

    @property
    def work(self) -> list[GridWork]:
        """What was counted, by grid, in the order of the comparison; empty where nothing was."""
        changes = self.comparison.grids if self.of_units_whole else ()
        sides = [(change.name, change.before, change.after) for change in changes]
        return [
            GridWork(name, before.of_units if before else {}, after.of_units if after else {})
            for name, before, after in sides
        ]
