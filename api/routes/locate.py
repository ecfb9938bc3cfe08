"""Where is this place, who answers for it, which stations are near?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import At, Db, Language, Streets, asks
from api.inputs import Lat, Lon
from api.limits import ModeKey, SurfaceKey
from api.schemas import ChainLink, CityAnswer, Position, Post, Provenance, Shape, problems
from geo.actions.reach.locate import Location, NearStation, Remark
from geo.actions.reach.locate import locate as find
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.modes import mode as mode_of
from geo.rules.modes import surface as surface_of
from geo.units import DS_PER_MINUTE
from geo.words import sentence

router = APIRouter(tags=["areas and grids"])


class LocatedGrid(Shape):
    """The grid that holds the place, with its posts."""

    id: int = Field(examples=[7])
    code: str = Field(examples=["990101001001001"])
    name: str = Field(examples=["第一网格"])
    kind: str = Field(examples=["basic"])
    posts: list[Post]


class LocatedStation(Shape):
    """A station that can be reached on foot."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["河西社区党群服务中心"])
    kind: str = Field(examples=["party_mass_centre"])
    lonlat: Position
    services: list[str] = Field(examples=[["政务代办"]])
    address: str | None = Field(examples=["青山路12号"])
    phone: str | None = Field(examples=["0999-5550100"])
    opening_hours: str | None = Field(examples=["Mo-Fr 08:30-18:30"])
    is_open: bool | None = Field(examples=[True], description="At the moment asked about; none: not known.")
    until: datetime | None = Field(examples=["2026-11-20T18:30:00+08:00"])
    opens_at: datetime | None = Field(examples=[None])
    minutes: float = Field(examples=[7.3], description="In the mode asked for.")
    travel_ds: int = Field(examples=[4380], description="The same in tenths of a second.")
    street_m: float = Field(examples=[486.7], description="The way on foot.")
    air_m: float = Field(examples=[410.2], description="In a straight line.")


class NoStations(Shape):
    """Why there is no station to name."""

    key: str = Field(examples=["no_street_near"])
    detail: str = Field(examples=["No street within 200 m of this place can be walked to."])


class Located(CityAnswer):
    """What is known of a place."""

    lonlat: Position
    at: datetime = Field(examples=["2026-11-20T10:00:00+08:00"])
    mode: str = Field(examples=["planning"])
    surface: str = Field(examples=["dry"])
    speed_m_s: float = Field(examples=[1.1111])
    is_inside: bool = Field(examples=[True], description="Whether any area holds it.")
    detail: str | None = Field(examples=[None], description="What is to be said when no grid holds it.")
    chain: list[ChainLink]
    grid: LocatedGrid | None
    stations: list[LocatedStation]
    no_stations: NoStations | None
    provenance: Provenance | None = Field(description="Of minutes and metres; none while there are no streets.")


@router.get("/locate", dependencies=[asks("public")], responses=problems(404))
def locate(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    streets: Streets,
    at: At,
    language: Language,
    lon: Lon,
    lat: Lat,
    limit: Annotated[int, Query(ge=1, le=20, description="Stations to name at most.")] = 5,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
) -> Located:
    """The chain of areas from city to grid, the posts that answer for it, and the nearest stations on foot."""
    speed = mode_of(mode).speed_m_s_on(surface_of(surface))
    found = find(db, streets, (lon, lat), at, limit=limit, mode=mode, surface=surface)
    remark = found.station_remark
    return Located(
        lonlat=(lon, lat),
        at=at,
        mode=mode,
        surface=surface,
        speed_m_s=round(speed, 4),
        is_inside=bool(found.chain),
        detail=_told(found.place_remark, language),
        chain=[ChainLink.model_validate(link) for link in found.chain],
        grid=_grid(found),
        stations=[_station(near) for near in found.stations],
        no_stations=None if remark is None else NoStations(key=remark.key, detail=_told(remark, language) or ""),
        provenance=None if found.provenance is None else Provenance.model_validate(found.provenance),
    )


def _told(remark: Remark | None, language: str) -> str | None:
    return None if remark is None else sentence(remark.key, language, **remark.values)


def _grid(found: Location) -> LocatedGrid | None:
    if found.grid is None:
        return None
    posts = [Post.model_validate(post) for post in found.posts]
    return LocatedGrid(id=found.grid.id, code=found.grid.code, name=found.grid.name, kind=found.grid.kind, posts=posts)


def _station(near: NearStation) -> LocatedStation:
    station, walk, state = near.station, near.walk, near.state
    return LocatedStation(
        id=station.id,
        name=station.name,
        kind=station.kind,
        lonlat=(station.point.x, station.point.y),
        services=list(station.services),
        address=station.address,
        phone=station.phone,
        opening_hours=station.opening_hours,
        is_open=state.is_open,
        until=state.until,
        opens_at=state.opens_at,
        minutes=round(walk.travel_ds / DS_PER_MINUTE, 1),
        travel_ds=walk.travel_ds,
        street_m=round(walk.walk_m, 1),
        air_m=round(walk.air_m, 1),
    )
