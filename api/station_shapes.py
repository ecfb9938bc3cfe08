"""Stations on the wire, with open or not at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from api.inputs import printable
from api.places import feature, geojson
from api.schemas import Feature, Position, Shape
from geo import hours
from geo.hours import HoursState
from geo.stations import Station

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(printable)]
"""A line of text as people write it. It is kept as it came: a page that shows it escapes it."""
HoursLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(printable)]
STAFF = "Persons on duty, a count, for holders of a token alone; none: not known, or not told."
Spot = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class StationWish(Shape):
    """A station as somebody wants it."""

    name: Line = Field(examples=["河西社区党群服务中心"])
    kind: Line = Field(examples=["party_mass_centre"])
    lonlat: Spot = Field(examples=[(103.2021, 40.4013)])
    entrance: Spot | None = Field(None, examples=[(103.2022, 40.4012)], description="Where walks end, if known.")
    services: list[Line] = Field(default_factory=list, max_length=50, examples=[["政务代办"]])
    opening_hours: HoursLine | None = Field(
        None, examples=["Mo-Fr 08:30-18:30; Sa 09:00-17:00"], description="OpenStreetMap's opening_hours syntax."
    )
    address: Line | None = Field(None, examples=["青山路12号"])
    phone: Line | None = Field(None, examples=["0999-5550100"])
    capacity: int | None = Field(None, ge=0, le=1_000_000, examples=[40])
    staff: int | None = Field(None, ge=0, le=1_000_000, examples=[3], description="Persons on duty: a count, no names.")


class StationChange(StationWish):
    """What is to change; fields that are not sent stay as they are."""

    # the defaults are never read: only fields that were sent are used, and those may not be null
    name: Line = Field(default_factory=str, examples=["河西社区党群服务中心"])
    kind: Line = Field(default_factory=str, examples=["party_mass_centre"])
    lonlat: Spot = Field(default_factory=lambda: (0.0, 0.0), examples=[(103.2021, 40.4013)])


class StationProperties(Shape):
    """One station, as it is at the moment asked about."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["河西社区党群服务中心"])
    kind: str = Field(examples=["party_mass_centre"])
    services: list[str] = Field(examples=[["政务代办", "便民理发"]])
    opening_hours: str | None = Field(examples=["Mo-Fr 08:30-18:30; Sa 09:00-17:00"])
    is_open: bool | None = Field(examples=[True], description="None: not known.")
    until: datetime | None = Field(
        examples=["2026-11-20T18:30:00+08:00"], description="When it closes, or opens; none: no known end."
    )
    opens_at: datetime | None = Field(examples=[None], description="When it opens next, if it is closed.")
    address: str | None = Field(examples=["青山路12号"])
    phone: str | None = Field(examples=["0999-5550100"])
    capacity: int | None = Field(examples=[40])
    staff: int | None = Field(examples=[3], description=STAFF)
    entrance: Position | None
    source: str = Field(examples=["qinghe_stations"])
    source_key: str = Field(examples=["S-003"])
    version: int = Field(examples=[1], description="Sent back as If-Match when it is changed.")
    updated_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])


def station_feature(
    station: Station, at: datetime, state: HoursState | None = None, *, tells_staff: bool
) -> Feature[StationProperties]:
    """A station as a GeoJSON feature, its hours judged at a moment (in that moment's time zone)."""
    state = state or hours.state(station.opening_hours, at)
    properties = StationProperties(
        id=station.id,
        name=station.name,
        kind=station.kind,
        services=list(station.services),
        opening_hours=station.opening_hours,
        is_open=state.is_open,
        until=state.until,
        opens_at=state.opens_at,
        address=station.address,
        phone=station.phone,
        capacity=station.capacity,
        staff=station.staff if tells_staff else None,
        entrance=None if station.entrance is None else (station.entrance.x, station.entrance.y),
        source=station.source,
        source_key=station.source_key,
        version=station.version,
        updated_at=station.updated_at,
    )
    return feature(station.id, geojson(station.point), properties)
