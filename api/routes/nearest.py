"""Which stations are nearest, whether they are open, and the way to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, Language, Now, Setting, Streets, asks, local
from api.inputs import Kind, Lat, Lon, Word
from api.limits import ModeKey, SurfaceKey
from api.places import geometry
from api.schemas import CityAnswer, Position, Provenance, Shape, problems
from geo.actions.city.trace_way import Way
from geo.actions.reach.find_nearest import NearestWish, NearStation, nearest_stations
from geo.actions.reach.locate import why_none
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.request_limits import check_nearest
from geo.store import stations
from geo.units import DS_PER_MINUTE
from geo.words import sentence

router = APIRouter(tags=["coverage"])


class WayStep(Shape):
    """A part of a way under one name."""

    kind: Literal["connector", "street"] = Field(examples=["street"], description="`connector`: off the streets.")
    name: str | None = Field(examples=["青山路"])
    metres: float = Field(examples=[312.4])
    seconds: float = Field(examples=[281.2])


class WayShape(Shape):
    """The way from the place to a station."""

    geometry: dict[str, Any] = Field(examples=[{"type": "LineString", "coordinates": [[103.2, 40.4], [103.21, 40.4]]}])
    metres: float = Field(examples=[486.7])
    seconds: float = Field(examples=[438.0])
    steps: list[WayStep] = Field(description="In order; their seconds add up to those of the way.")


class NearestStation(Shape):
    """A station that can be reached."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["河西社区党群服务中心"])
    kind: str = Field(examples=["party_mass_centre"])
    services: list[str] = Field(examples=[["政务代办"]])
    lonlat: Position
    minutes: float = Field(examples=[7.3])
    travel_ds: int = Field(examples=[4380], description="The same in tenths of a second.")
    way_m: float = Field(examples=[486.7], description="How long the way is.")
    air_m: float = Field(examples=[410.2], description="In a straight line.")
    opening_hours: str | None = Field(examples=["Mo-Fr 08:30-18:30"])
    is_open: bool | None = Field(examples=[True], description="At the moment asked about; none: hours not known.")
    until: datetime | None = Field(examples=["2026-11-20T18:30:00+08:00"])
    way: WayShape | None = Field(description="With `path=true`.")


class NearestAnswer(CityAnswer):
    """Stations, the nearest first; of equally near ones the one with the lowest id."""

    lonlat: Position
    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"])
    stations: list[NearestStation]
    detail: str | None = Field(examples=[None], description="Why there is none.")
    provenance: Provenance


@router.get("/nearest", dependencies=[asks("public")], responses=problems(404))
def nearest(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    streets: Streets,
    settings: Setting,
    now: Now,
    language: Language,
    lon: Lon,
    lat: Lat,
    k: Annotated[int, Query(ge=1, description="How many at most.")] = 3,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    at: Annotated[
        datetime | None,
        Query(
            description="Only stations open then, or with hours not known; left out: all, and their state now.",
            examples=["2026-11-20T10:00:00+08:00"],
        ),
    ] = None,
    service: Annotated[Word | None, Query(max_length=100, description="Only with this service.")] = None,
    kind: Kind = None,
    path: Annotated[bool, Query(description="Whether to draw and tell the way.")] = False,
) -> NearestAnswer:
    """The stations that are reached first from a place, in one way of moving."""
    check_nearest(k)
    moment = local(now if at is None else at, settings)
    with db.read() as conn:
        every = stations.live(conn)
    wish = NearestWish(
        lonlat=(lon, lat),
        k=k,
        mode=mode,
        surface=surface,
        kind=kind,
        service=service,
        at=moment,
        open_only=at is not None,
        path=path,
    )
    found = nearest_stations(streets, every, wish)
    remark = None if found.stations else why_none(streets, (lon, lat), mode)
    return NearestAnswer(
        lonlat=(lon, lat),
        at=moment,
        stations=[_station(near) for near in found.stations],
        detail=None if remark is None else sentence(remark.key, language, **remark.values),
        provenance=Provenance.model_validate(found.provenance),
    )


def _station(near: NearStation) -> NearestStation:
    station, walk = near.station, near.walk
    return NearestStation(
        id=station.id,
        name=station.name,
        kind=station.kind,
        services=list(station.services),
        lonlat=(station.point.x, station.point.y),
        minutes=round(walk.travel_ds / DS_PER_MINUTE, 1),
        travel_ds=walk.travel_ds,
        way_m=round(walk.walk_m, 1),
        air_m=round(walk.air_m, 1),
        opening_hours=station.opening_hours,
        is_open=near.state.is_open,
        until=near.state.until,
        way=None if near.way is None else way_shape(near.way),
    )


def way_shape(way: Way) -> WayShape:
    """A way as it is drawn and told."""
    steps = [
        WayStep(kind=step.kind, name=step.name, metres=round(step.metres, 1), seconds=step.seconds)
        for step in way.steps
    ]
    return WayShape(geometry=geometry(way.line), metres=round(way.metres, 1), seconds=way.seconds, steps=steps)
