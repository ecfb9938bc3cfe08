"""What plans change, on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.places import geometry
from api.schemas import CityAnswer, Geometry, Position, Provenance, Shape
from geo.plan_changes import CaseName, Consequences, PlaceMove


class CountedTold(Shape):
    """People and what belongs to them."""

    residents: float = Field(examples=[120])
    households: float = Field(examples=[45])
    elderly: float = Field(examples=[20])
    children: float = Field(examples=[14])
    shops: float = Field(examples=[3])
    buildings: float = Field(examples=[6])


class GridNameTold(Shape):
    """How a grid is called."""

    id: int = Field(examples=[7], description="Permanent.")
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])


class FlowTold(Shape):
    """Who was in one grid and is in another, or in the same."""

    before: GridNameTold | None
    after: GridNameTold | None
    counts: CountedTold
    share_of_before: float | None = Field(examples=[0.2])
    share_of_after: float | None = Field(examples=[0.16])


class LoadTold(Shape):
    """The work that a grid makes."""

    hours: float = Field(examples=[141.5], description="A month.")
    walk_m: float = Field(examples=[2150.0])


class GridSideTold(Shape):
    """A grid as one side has it."""

    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    kind: str = Field(examples=["basic"])
    counts: CountedTold
    area_m2: float = Field(examples=[81250.0])
    residents_covered: float | None = Field(examples=[900], description="None: nothing has been computed.")
    covered_share: float | None = Field(examples=[0.86])
    load: LoadTold | None
    has_member: bool = Field(examples=[True])


class GridChangeTold(Shape):
    """A grid before and after."""

    id: int = Field(examples=[7])
    state: Literal["kept", "relabelled", "changed", "new", "gone"]
    before: GridSideTold | None
    after: GridSideTold | None
    gained: CountedTold
    lost: CountedTold


class SideTold(Shape):
    """Which plan, or which day, one side is."""

    plan_ids: list[int] = Field(examples=[[4]])
    version: int | None = Field(examples=[2])
    day: date | None = Field(examples=["2027-01-01"])
    n_grids: int = Field(examples=[4])


class CountedShareTold(Shape):
    """In how much of the ground a kind of work was counted; of the rest it is estimated, or of cases none are taken."""

    units: int = Field(examples=[12])
    of_units: int = Field(examples=[96])
    households: float = Field(examples=[190], description="In the units that were counted.")
    of_households: float = Field(examples=[1604])


class MadeTold(Shape):
    """How the figures came about."""

    method: str = Field(examples=["plan-changes-1"])
    before: SideTold
    after: SideTold
    homes_date: date | None = Field(examples=["2026-06-01"], description="Homes of both sides are those of today.")
    work_dates: dict[str, date] = Field(
        examples=[{"visits_due": "2026-11-01"}], description="Of the work that was counted: the oldest day of its kind."
    )
    work_counted: dict[str, CountedShareTold] = Field(
        examples=[{"visits_due": {"units": 12, "of_units": 96, "households": 190, "of_households": 1604}}],
        description="By the same names.",
    )
    covered: Provenance | None
    inputs_hash: str = Field(examples=["9f2c…"])


class GroundTold(Shape):
    """Ground that comes to another grid."""

    before: GridNameTold | None
    after: GridNameTold | None
    shape: Annotated[Geometry, BeforeValidator(geometry)]
    area_m2: float = Field(examples=[5200.0])


class ComparisonTold(CityAnswer):
    """Two plans, or two days, held against each other."""

    made: MadeTold
    whole: CountedTold
    moved: CountedTold
    moved_share: float | None = Field(examples=[0.05], description="Of all residents.")
    residents_other_member: float = Field(examples=[120], description="Whose full-time member is of another grid.")
    grids: list[GridChangeTold]
    flows: list[FlowTold] = Field(description="Every pair of grids that share a home, most residents first.")
    ground: list[GroundTold] = Field(description="What of the ground comes to another grid, the largest first.")


class BuildingMoveTold(Shape):
    """A building that comes into another grid."""

    home_id: int = Field(examples=[31])
    name: str | None = Field(examples=["3号楼"])
    lonlat: Position
    residents: float = Field(examples=[64])
    households: float = Field(examples=[24])
    before: GridNameTold | None
    after: GridNameTold | None


class StationMoveTold(Shape):
    """A station that comes into another grid."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["河西社区党群服务中心"])
    before: GridNameTold | None
    after: GridNameTold | None


class CaseMoveTold(Shape):
    """An open case that comes into another grid: its number and what it is about, never what was reported."""

    id: int = Field(examples=[3])
    number: str = Field(examples=["2026-000123"])
    item: str | None = Field(examples=["0101"], description="Code of the catalogue that it was taken in under.")
    category: str = Field(examples=["litter"])
    name: str = Field(examples=["暴露垃圾"], description="Of the item, else of the category.")
    before: GridNameTold | None
    after: GridNameTold | None


class GridWorkTold(Shape):
    """What was counted of a grid's work, by kind; nothing where there is no grid."""

    grid: GridNameTold
    before: dict[str, float] = Field(examples=[{"visits_due": 40}])
    after: dict[str, float] = Field(examples=[{"visits_due": 52}])


class PostToTellTold(Shape):
    """A post that must hear of the change; never who holds it."""

    grid: GridNameTold
    state: Literal["kept", "relabelled", "changed", "new", "gone"]
    post: Literal["chief", "member"]
    is_filled: bool | None = Field(examples=[True])
    duty_phone: str | None = Field(examples=["0999-5550101"])


class CommunityToTellTold(Shape):
    """A community whose grids change."""

    id: int = Field(examples=[12])
    code: str = Field(examples=["990101001001"])
    name: str = Field(examples=["河西社区"])


class ConsequencesTold(CityAnswer):
    """All that a plan changes, told before it is published."""

    comparison: ComparisonTold
    buildings: list[BuildingMoveTold]
    stations: list[StationMoveTold]
    incidents: list[CaseMoveTold]
    of_units_whole: dict[str, float] = Field(
        examples=[{"visits_due": 147}], description="Work that was counted, by kind: all of it."
    )
    of_units_moved: dict[str, float] = Field(examples=[{"visits_due": 12}], description="What of it changes grid.")
    work: list[GridWorkTold]
    posts: list[PostToTellTold]
    communities: list[CommunityToTellTold]


def consequences_told(found: Consequences, language: str) -> ConsequencesTold:
    """What a plan changes, with cases called as the reader does."""
    parts = {name: getattr(found, name) for name in ConsequencesTold.model_fields if name != "invented"}
    return ConsequencesTold.model_validate({**parts, "incidents": [_case_told(m, language) for m in found.incidents]})


def _case_told(move: PlaceMove[CaseName], language: str) -> CaseMoveTold:
    case = move.name
    said = {"number": case.number, "item": case.item, "category": case.category, "name": case.in_language(language)}
    return CaseMoveTold.model_validate({"id": move.id, **said, "before": move.before, "after": move.after})
