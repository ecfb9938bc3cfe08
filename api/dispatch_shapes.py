"""Who can be sent, and what is left behind, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.routes.nearest import WayShape, way_shape
from api.schemas import CityAnswer, Position, Provenance, Shape
from geo.actions.dispatch.rank_helpers import Assignee, RankedHelper, Ranking, SetAside
from geo.cover_left import CoverLeft, KindLeft, Suggestion
from geo.helpers import Helper, Reason
from geo.rules.professionals import professional_kinds
from geo.units import DS_PER_MINUTE
from geo.words import sentence

Family = Literal["station", "resource"]


class ReasonShape(Shape):
    """A sentence about a helper."""

    key: str = Field(examples=["helper_open_until"], description="The same in every language.")
    text: str = Field(examples=["open until 2026-11-20 18:30"], description="In the asker's language.")


class HelperShape(Shape):
    """A station, or a team or vehicle: never a person."""

    family: Family = Field(examples=["station"])
    id: int = Field(examples=[3], description="Among those of its family.")
    name: str = Field(examples=["河西社区党群服务中心"])
    kind: str = Field(examples=["party_mass_centre"])
    lonlat: Position = Field(description="A station's door; where a team was last seen.")


class RankedShape(HelperShape):
    """Somebody who can be sent."""

    services: list[str] = Field(examples=[["政务代办"]])
    staff: int | None = Field(examples=[3], description="Persons on duty, a count; none: not known.")
    minutes: float = Field(examples=[7.3])
    travel_ds: int = Field(examples=[4380], description="The same in tenths of a second.")
    way_m: float | None = Field(examples=[486.7], description="How long the way is; none: the answer is degraded.")
    air_m: float = Field(examples=[410.2], description="In a straight line.")
    opening_hours: str | None = Field(examples=["Mo-Fr 08:30-18:30"])
    position_at: datetime | None = Field(
        examples=[None], description="When a team was last seen there; none: a station or a post."
    )
    is_stale: bool = Field(examples=[False], description="A position too old to be relied on.")
    reasons: list[ReasonShape]
    way: WayShape | None = Field(description="With `path=true`.")


class SetAsideShape(HelperShape):
    """Somebody nearer than the last one told who cannot be sent."""

    minutes: float | None = Field(examples=[4.2], description="None: no way within the minutes leads there.")
    air_m: float = Field(examples=[310.0])
    reason: ReasonShape


class AssigneeShape(Shape):
    """A post to whom the case's grid is assigned, whatever is asked for: never a person."""

    id: int = Field(examples=[12])
    name: str = Field(examples=["鼓楼社区警务室"])
    kind: str = Field(examples=["police_officer"])
    kind_name: str = Field(examples=["民警"], description="In the asker's language.")
    staff: int | None = Field(examples=[2], description="Persons on duty, a count; none: not known.")
    lonlat: Position | None = Field(description="Where it works from, or was last seen; none: not known.")
    against: ReasonShape | None = Field(description="Why it cannot be sent now; none: it can.")


class KindShape(Shape):
    """A kind of posts."""

    kind: str = Field(examples=["lawyer"])
    name: str = Field(examples=["律师"], description="In the asker's language.")


class RankingAnswer(CityAnswer):
    """Who can be sent, nearest first; equally near ones: stations before teams, then by id."""

    incident_id: int = Field(examples=[9])
    lonlat: Position
    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"])
    service: str | None = Field(examples=["政务代办"], description="What is asked of them; none: anybody.")
    helpers: list[RankedShape]
    set_aside: list[SetAsideShape]
    number_set_aside: int = Field(examples=[4], description="How many there are; the list tells the nearest.")
    grid_id: int | None = Field(examples=[7], description="The case's grid; none: it is in no grid.")
    assigned: list[AssigneeShape] = Field(description="Posts of that grid, in the order of their kinds.")
    unassigned: list[KindShape] = Field(description="Kinds of which that grid should have a post and has none.")
    is_degraded: bool = Field(examples=[False], description="By straight line and a plain pace: see `detail`.")
    detail: str | None = Field(examples=[None])
    note: str | None = Field(examples=[None], description="That anybody is told of, where no service is known.")
    provenance: Provenance


class ThinShape(Shape):
    """A subdistrict with fewer free than it must have."""

    area_id: int = Field(examples=[3])
    name: str = Field(examples=["河西街道"])
    present: int = Field(examples=[4], description="Open, or with a known position, busy or not.")
    free: int = Field(examples=[0])
    minimum: int = Field(examples=[1])


class WithoutShape(Shape):
    """A grid whose people have one of the kind near, and no free one."""

    grid_id: int = Field(examples=[7])
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    residents: float = Field(examples=[1105])


class MoveUpShape(Shape):
    """A free one that should move."""

    helper: HelperShape
    station: HelperShape = Field(description="Where to.")
    residents: float = Field(examples=[2210], description="Covered then and not now, less those who no longer are.")


class KindLeftShape(Shape):
    """One kind of stations or teams."""

    kind: str = Field(examples=["party_mass_centre"])
    family: Family = Field(examples=["station"])
    present: int = Field(examples=[12])
    free: int = Field(examples=[9])
    residents_present: float = Field(examples=[24000], description="Who has one within the minutes.")
    residents_free: float = Field(examples=[17500], description="Who has a free one.")
    kept_share: float | None = Field(examples=[0.7292])
    minimum_share: float = Field(examples=[0.8])
    is_short: bool = Field(examples=[True], description="Under a minimum, of people or of a subdistrict.")
    thin: list[ThinShape]
    without: list[WithoutShape]
    move_up: MoveUpShape | None


class CoverLeftAnswer(CityAnswer):
    """What free stations and teams cover, against what those cover that are there at all."""

    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"])
    kinds: list[KindLeftShape]
    provenance: Provenance


def ranking_answer(found: Ranking, language: str) -> RankingAnswer:
    """A ranking in the asker's language."""
    degraded = found.degraded
    detail = None if degraded is None else sentence("rank_degraded", language, why=degraded)
    return RankingAnswer(
        incident_id=found.incident_id,
        lonlat=found.lonlat,
        at=found.at,
        service=found.service,
        helpers=[_ranked(one, language) for one in found.helpers],
        set_aside=[_set_aside(one, language) for one in found.set_aside],
        number_set_aside=found.n_set_aside,
        grid_id=found.grid_id,
        assigned=[_assignee(one, language) for one in found.assigned],
        unassigned=[KindShape(kind=one.key, name=one.name.in_language(language)) for one in found.unassigned],
        is_degraded=degraded is not None,
        detail=detail,
        note=sentence("rank_any_service", language) if found.service is None else None,
        provenance=Provenance.model_validate(found.provenance),
    )


def cover_answer(found: CoverLeft) -> CoverLeftAnswer:
    """What is left."""
    kinds = [_kind(kind) for kind in found.kinds]
    provenance = Provenance.model_validate(found.provenance)
    return CoverLeftAnswer(at=found.at, kinds=kinds, provenance=provenance)


def _ranked(one: RankedHelper, language: str) -> RankedShape:
    return RankedShape(
        **_who(one.helper),
        services=list(one.helper.services),
        staff=one.helper.staff,
        minutes=round(one.travel_ds / DS_PER_MINUTE, 1),
        travel_ds=one.travel_ds,
        way_m=None if one.way_m is None else round(one.way_m, 1),
        air_m=round(one.air_m, 1),
        opening_hours=one.helper.opening_hours,
        position_at=one.helper.position_at,
        is_stale=one.is_stale,
        reasons=[_reason(reason, language) for reason in one.reasons],
        way=None if one.way is None else way_shape(one.way),
    )


def _set_aside(one: SetAside, language: str) -> SetAsideShape:
    minutes = None if one.travel_ds is None else round(one.travel_ds / DS_PER_MINUTE, 1)
    reason = _reason(one.reason, language)
    return SetAsideShape(**_who(one.helper), minutes=minutes, air_m=round(one.air_m, 1), reason=reason)


def _assignee(one: Assignee, language: str) -> AssigneeShape:
    helper = one.helper
    return AssigneeShape(
        id=helper.id,
        name=helper.name,
        kind=helper.kind,
        kind_name=professional_kinds()[helper.kind].name.in_language(language),
        staff=helper.staff,
        lonlat=None if helper.point.is_empty else helper.lonlat,
        against=None if one.against is None else _reason(one.against, language),
    )


def _helper(helper: Helper) -> HelperShape:
    return HelperShape(**_who(helper))


def _who(helper: Helper) -> dict[str, Any]:
    return {name: getattr(helper, name) for name in HelperShape.model_fields}


def _reason(reason: Reason, language: str) -> ReasonShape:
    return ReasonShape(key=reason.key, text=reason.in_language(language))


def _kind(left: KindLeft) -> KindLeftShape:
    return KindLeftShape(
        kind=left.kind,
        family=left.family,
        present=left.present,
        free=left.free,
        residents_present=left.residents_present,
        residents_free=left.residents_free,
        kept_share=None if left.kept_share is None else round(left.kept_share, 4),
        minimum_share=left.minimum.kept_share,
        is_short=left.is_short,
        thin=[ThinShape.model_validate(thin) for thin in left.thin],
        without=[WithoutShape.model_validate(grid) for grid in left.without],
        move_up=None if left.move_up is None else _move_up(left.move_up),
    )


def _move_up(move: Suggestion) -> MoveUpShape:
    return MoveUpShape(helper=_helper(move.helper), station=_helper(move.station), residents=move.residents)
