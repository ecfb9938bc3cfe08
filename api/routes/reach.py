"""How far one gets from a place within some minutes, along the streets."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, Streets, asks
from api.inputs import BIGGEST_ID, Word
from api.limits import ModeKey, SurfaceKey
from api.places import feature, geojson
from api.schemas import CityAnswer, Feature, GeoJsonResponse, Position, Provenance, Shape, problems
from geo.actions.city.load_city import LonLat
from geo.actions.reach.find_reach import ReachWish, fastest_kmh, find_reach
from geo.errors import Refused
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.request_limits import check_reach
from geo.store import stations
from geo.store.database import Database

router = APIRouter(tags=["coverage"])


class ReachProperties(Shape):
    """What is within one cutoff."""

    minutes: float = Field(examples=[15], description="Reached itself.")
    street_m: float = Field(examples=[12_400.5], description="Length of the streets within reach.")
    area_m2: float = Field(examples=[640_000.0])


class ReachAnswer(CityAnswer):
    """One polygon for each cutoff, the shortest first; each lies within the next."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature[ReachProperties]]
    lonlat: Position
    snapped: Position | None = Field(description="The nearest place on a street where the way begins or ends.")
    snapped_m: float | None = Field(examples=[12.4], description="How far that is from the place.")
    direction: Literal["from", "to"] = Field(examples=["from"], description="Of the trips: from the place or to it.")
    provenance: Provenance


@router.get("/reach", dependencies=[asks("public")], responses=problems(404), response_class=GeoJsonResponse)
def reach(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    streets: Streets,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False, examples=[103.2])] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False, examples=[40.4])] = None,
    station_id: Annotated[int | None, Query(ge=1, le=BIGGEST_ID, description="Instead of a place.")] = None,
    minutes: Annotated[Word, Query(max_length=100, description="Cutoffs.", examples=["5,10,15"])] = "5,10,15",
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    direction: Annotated[
        Literal["from", "to"] | None, Query(description="Left out: from a place, or to a station.")
    ] = None,
) -> ReachAnswer:
    """The ground that is reached from a place, or from which a station is reached, within each cutoff."""
    cutoffs = _cutoffs(minutes)
    check_reach(cutoffs, fastest_kmh(mode, surface))
    place = _place(db, lon, lat, station_id)
    way = direction or ("from" if station_id is None else "to")
    found = find_reach(streets, ReachWish(place, tuple(cutoffs), mode, surface, way))
    shapes = [
        feature(
            None,
            geojson(each.shape),
            ReachProperties(minutes=each.minutes, street_m=round(each.street_m, 1), area_m2=round(each.area_m2, 1)),
        )
        for each in found.shapes
    ]
    return ReachAnswer(
        features=shapes,
        lonlat=found.lonlat,
        snapped=found.snapped_lonlat,
        snapped_m=None if found.snapped_m is None else round(found.snapped_m, 1),
        direction=way,
        provenance=Provenance.model_validate(found.provenance),
    )


def _cutoffs(minutes: str) -> list[float]:
    try:
        cutoffs = [float(part) for part in minutes.split(",")]
    except ValueError as error:
        raise Refused("request_minutes_unreadable", minutes=minutes) from error
    if not all(math.isfinite(cutoff) and cutoff > 0 for cutoff in cutoffs):
        raise Refused("request_minutes_unreadable", minutes=minutes)
    return cutoffs


def _place(db: Database, lon: float | None, lat: float | None, station_id: int | None) -> LonLat:
    if (station_id is None) == (lon is None) or (lon is None) != (lat is None):
        raise Refused("request_place_missing")
    if lon is not None and lat is not None:
        return lon, lat
    with db.read() as conn:
        door = stations.get(conn, station_id or 0).door
    return door.x, door.y
