"""Teams, vehicles and posts on the wire, with the grids that are assigned to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas import CityAnswer, Shape
from api.station_shapes import STAFF, HoursLine, Spot
from geo.assignments import Gaps, Held, KindGaps

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{15,20}$")]


class ResourceProperties(Shape):
    """One team or vehicle, or one post of a professional: never who holds it."""

    id: int = Field(examples=[2])
    name: str = Field(examples=["巡逻一队"])
    kind: str = Field(examples=["patrol"])
    services: list[str] = Field(examples=[["巡逻"]])
    staff: int | None = Field(examples=[2], description=STAFF)
    duty_hours: str | None = Field(examples=["Mo-Fr 08:30-17:30"], description="In OpenStreetMap's syntax.")
    position_at: datetime | None = Field(
        examples=["2026-11-20T02:00:00Z"], description="When it was last seen there; none: it works from there."
    )
    version: int = Field(examples=[1], description="Sent back as If-Match when it is changed.")


class PositionWish(Shape):
    """Where a team was, and when. Only the last one is kept: there are no tracks."""

    lonlat: Spot = Field(examples=[(103.2021, 40.4013)])
    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"], description="When it was there.")
    datum: Literal["WGS-84", "CGCS2000", "GCJ-02", "BD-09"] = Field("WGS-84", examples=["GCJ-02"])


class ResourceChange(Shape):
    """What is to change; fields that are not sent stay as they are."""

    staff: int | None = Field(None, ge=0, le=1_000_000, examples=[3], description="Persons on duty: a count, no names.")
    duty_hours: HoursLine | None = Field(None, examples=["Mo-Fr 08:30-17:30"], description="None: not known.")


class GridsWish(Shape):
    """The grids of a post from a moment on: these, and no others."""

    codes: list[Code] = Field(
        max_length=2000,
        examples=[["990101001001001", "990101001001002"]],
        description="One that is no longer in use means whoever has its ground. None at all: it has no grids.",
    )
    since: datetime | None = Field(None, examples=["2026-12-01T00:00:00+08:00"], description="Left out: now.")


class HeldShape(Shape):
    """One grid of a post, for a time."""

    grid_id: int = Field(examples=[7])
    code: str | None = Field(examples=["990101001001001"], description="When it began; none: not in force then.")
    name: str | None = Field(examples=["第一网格"])
    since: datetime = Field(examples=["2026-01-01T00:00:00+08:00"])
    until: datetime | None = Field(examples=[None], description="None: no end is known.")
    from_code: str | None = Field(
        examples=[None], description="Of the grid that it came from when a plan came into force; none: as it was said."
    )
    plan_id: int | None = Field(examples=[None], description="That plan.")


class GridsOfPost(Shape):
    """Which grids a post has, had and is to have, in the order of time."""

    id: int = Field(examples=[12])
    name: str = Field(examples=["鼓楼社区警务室"])
    kind: str = Field(examples=["police_officer"])
    version: int = Field(examples=[2], description="Sent back as If-Match when they are changed.")
    grids: list[HeldShape]


class GapShape(Shape):
    """A grid that nobody of the kind has."""

    id: int = Field(examples=[7])
    code: str = Field(examples=["990101001001007"])
    name: str = Field(examples=["第七网格"])
    community_code: str = Field(examples=["990101001001"])
    community_name: str = Field(examples=["鼓楼社区"])


class KindGapsShape(Shape):
    """One kind of posts: how many grids have one, and which have none."""

    kind: str = Field(examples=["lawyer"])
    name: str = Field(examples=["律师"], description="In the asker's language.")
    is_expected: bool = Field(examples=[True], description="Whether every grid should have one, by the rule.")
    source: str = Field(examples=["survey of published practice, system F3"], description="Of the rule.")
    posts: int = Field(examples=[3], description="To whom any of the grids is assigned.")
    grids: int = Field(examples=[60])
    assigned: int = Field(examples=[57], description="Grids that have one.")
    without: int = Field(examples=[3], description="Grids that have none: `grids` less `assigned`.")
    list: list[GapShape]


class GapsAnswer(CityAnswer):
    """Which grids have no police post, judge, prosecutor, lawyer, mediator: counts and lists by kind."""

    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"], description="Grids and assignments of that moment.")
    kinds: list[KindGapsShape]
    method: str = Field(examples=["assigned-1"])
    inputs_hash: str = Field(examples=["9f2c…"], description="The same inputs give the same figures.")


def gaps_answer(found: Gaps, language: str) -> GapsAnswer:
    """The gaps in the asker's language."""
    kinds = [_kind(one, language) for one in found.kinds]
    how = {"method": found.method, "inputs_hash": found.inputs_hash}
    return GapsAnswer(at=found.at, kinds=kinds, **how)


def held_told(held: Held) -> HeldShape:
    """One grid of a post."""
    return HeldShape.model_validate(held)


def _kind(one: KindGaps, language: str) -> KindGapsShape:
    return KindGapsShape(
        kind=one.kind.key,
        name=one.kind.name.in_language(language),
        is_expected=one.kind.is_expected,
        source=one.kind.source,
        posts=one.posts,
        grids=one.grids,
        assigned=one.assigned,
        without=len(one.without),
        list=[GapShape.model_validate(grid) for grid in one.without],
    )
