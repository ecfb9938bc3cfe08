"""Shapes on the wire that all routes share: problems, links, GeoJSON, chains and figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.invented import told_if_invented
from geo.coverage import CoverageRun
from geo.provenance import Made

Properties = TypeVar("Properties", bound=BaseModel)

Position = Annotated[tuple[float, float], Field(examples=[(103.2, 40.4)], description="lon, lat in degrees, WGS 84.")]
Extent = Annotated[
    tuple[float, float, float, float],
    Field(examples=[(103.19, 40.39, 103.21, 40.41)], description="West, south, east, north."),
]
Geometry = Annotated[
    dict[str, Any] | None,
    Field(examples=[{"type": "Point", "coordinates": [103.2, 40.4]}], description="GeoJSON, WGS 84."),
]


Count = int | float
"""Whole for the public; cells of a population grid have fractions."""


class GeoJsonResponse(JSONResponse):
    """JSON that says it is GeoJSON (RFC 7946)."""

    media_type = "application/geo+json"


class Shape(BaseModel):
    """What all shapes have in common."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, from_attributes=True)


class CityAnswer(Shape):
    """What all answers with figures of the city have in common."""

    invented: str | None = Field(
        default_factory=told_if_invented,
        examples=[None],
        description="That the city is invented, in words: its data describe no real place. None: nobody says so.",
    )


class MadeAnswer(CityAnswer):
    """An answer whose figures were made without walking the streets: how, and from what."""

    method: str = Field(examples=["layers-2"], description="Changes whenever the same inputs give other figures.")
    dates: dict[str, date | None] = Field(
        examples=[{"homes": "2026-06-01"}],
        description="What the figures were made from: the oldest day that it speaks of; null: nobody says which.",
    )
    inputs_hash: str = Field(examples=["9f2c…"], description="The same inputs give the same figures.")


def made_told(made: Made) -> dict[str, Any]:
    """The fields of a :class:`MadeAnswer`."""
    return {"method": made.method, "dates": dict(made.dates), "inputs_hash": made.inputs_hash}


def written(answer: Shape, media_type: str = "application/json", headers: Mapping[str, str] | None = None) -> Response:
    """An answer as text at once, in the thread that made it: looked at again and written elsewhere it takes longer than
    many questions.
    """
    return Response(answer.model_dump_json(by_alias=True), media_type=media_type, headers=headers)


class Problem(Shape):
    """Why something was refused (RFC 9457)."""

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no area with the code 990101009."], description="In the asker's language.")
    key: str = Field(examples=["area_unknown"], description="The same in every language.")
    evidence: dict[str, Any] = Field(examples=[{"code": "990101009"}])


class WebLink(Shape):
    """A way on from here (RFC 8288)."""

    rel: Literal["self", "prev", "next"] = Field(examples=["next"])
    href: str = Field(examples=["/api/v1/grids?limit=100&offset=100"])


class Listed(Shape):
    """Counts and links that every list has."""

    number_matched: int = Field(serialization_alias="numberMatched", examples=[60], description="All that match.")
    number_returned: int = Field(serialization_alias="numberReturned", examples=[60], description="Those in here.")
    links: list[WebLink]


class Feature(Shape, Generic[Properties]):
    """A GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: int | None = Field(examples=[7])
    geometry: Geometry
    properties: Properties


class FeatureList(Listed, Generic[Properties]):
    """A page of GeoJSON features."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature[Properties]]


class ChainLink(Shape):
    """One area of the chain that holds a place."""

    id: int = Field(examples=[1])
    level: str = Field(examples=["city"])
    code: str = Field(examples=["990101001000"])
    name: str = Field(examples=["青河市"])
    name_en: str | None = Field(examples=["Qinghe"])


class Post(Shape):
    """A post of a grid: never a person."""

    post: Literal["chief", "member"] = Field(examples=["chief"])
    is_filled: bool = Field(examples=[True])
    duty_phone: str | None = Field(examples=["0999-5550101"])


class Figures(Shape):
    """How many people reach a station in time, on foot along the streets and in a plain circle.

    For the public: totals to the nearest ten and none below ten, people reached rounded down to tens, shares from these
    numbers, ages only from the subdistrict upwards.
    """

    is_rounded: bool = Field(examples=[True])
    residents: Count | None = Field(examples=[1140])
    residents_covered: Count | None = Field(examples=[1010])
    share: float | None = Field(examples=[0.886], description="Covered of all, 0 to 1.")
    residents_in_air_circle: Count | None = Field(examples=[1130])
    air_share: float | None = Field(examples=[0.991], description="The same by plain circle, which overstates it.")
    residents_certain: Count | None = Field(examples=[970], description="Covered for certain: the lower bound.")
    residents_possible: Count | None = Field(examples=[1050], description="Covered at most: the upper bound.")
    share_low: float | None = Field(examples=[0.8509], description="The lower bound of `share`.")
    share_high: float | None = Field(examples=[0.9211], description="The upper bound of `share`.")
    residents_second: Count | None = Field(examples=[620], description="With a second station within the minutes.")
    second_share: float | None = Field(examples=[0.5439])
    residents_no_street: Count | None = Field(examples=[0], description="Homes without a street in reach.")
    residents_outside_streets: Count | None = Field(examples=[0], description="Homes outside the streets' extent.")
    elderly: Count | None = Field(examples=[None])
    elderly_covered: Count | None = Field(examples=[None])
    children: Count | None = Field(examples=[None])
    children_covered: Count | None = Field(examples=[None])
    households: Count | None = Field(examples=[None])
    homes: int | None = Field(examples=[None])


class ReachedByStation(Shape):
    """Who reaches at least one station of a kind, or with a service."""

    key: str = Field(examples=["canteen"], description="Kind or service, as stations have it.")
    residents_covered: Count | None = Field(examples=[400])
    share: float | None = Field(examples=[0.3509])


class Variety(Shape):
    """Kinds and services: what of all that there is people reach in time."""

    by_kind: list[ReachedByStation]
    by_service: list[ReachedByStation]
    mean_share_of_kinds: float | None = Field(examples=[0.6123], description="Mean of the shares of all kinds.")
    least_share_of_kinds: float | None = Field(examples=[0.3509], description="The lowest of them.")
    residents_all_kinds: Count | None = Field(examples=[380], description="Who reach every kind that there is.")
    all_kinds_share: float | None = Field(examples=[0.3333])


class Provenance(Shape):
    """How a figure was made, and from what."""

    method: str = Field(examples=["reach-2"])
    mode: str = Field(examples=["planning"], description="Way of moving.")
    surface: str = Field(examples=["dry"], description="What lies on the ground.")
    minutes: float = Field(examples=[15])
    network_date: date | None = Field(examples=["2026-06-01"])
    data_date: date | None = Field(examples=["2026-06-01"])
    inputs_hash: str = Field(examples=["9f2c…"])


class Run(Shape):
    """How figures and circles were computed, and from what."""

    id: int = Field(examples=[3])
    method: str = Field(examples=["network"])
    mode: str = Field(examples=["planning"], description="Way of moving.")
    surface: str = Field(examples=["dry"], description="What lies on the ground.")
    speed_m_s: float = Field(examples=[1.111])
    minutes: float = Field(examples=[15])
    cutoff_ds: int = Field(examples=[9000], description="Tenths of a second; the bound itself is reached.")
    max_connector_m: float = Field(examples=[200])
    air_circle_m: float = Field(examples=[1000])
    network_date: date | None = Field(examples=["2026-06-01"])
    data_date: date | None = Field(examples=["2026-06-01"])
    computed_at: datetime = Field(examples=["2026-11-21T01:00:00Z"])
    inputs_hash: str = Field(examples=["9f2c…"])


def run_told(run: CoverageRun | None) -> Run | None:
    """A computation as it is told; none where there is none."""
    return None if run is None else Run.model_validate(run)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route's documentation says of its refusals."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "Refused", "content": content} for status in statuses}
