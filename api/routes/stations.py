"""Stations: the list, one of them, its circle; adding, changing and closing one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.deps import At, Db, NewKey, Now, Setting, Who, asks, local
from api.figures import shown_reached, sight_of
from api.inputs import BBox, Box, Id, Kind, SeenVersion
from api.paging import Paged
from api.places import feature, feature_list, geojson
from api.schemas import CityAnswer, Count, Feature, FeatureList, GeoJsonResponse, Run, problems
from api.station_shapes import StationChange, StationProperties, StationWish, station_feature
from geo import hours
from geo.actions.stations.add_station import add_station
from geo.actions.stations.close_station import close_station
from geo.actions.stations.edit_station import edit_station
from geo.stations import Station
from geo.store import stations as rows
from geo.store.coverage import circle as circle_of
from geo.store.coverage import current_run
from geo.store.locate import chain_at

router = APIRouter(tags=["stations and resources"])


class StationList(FeatureList[StationProperties]):
    """A page of stations."""

    number_unknown_hours: int = Field(
        serialization_alias="numberUnknownHours",
        examples=[2],
        description="Stations that match but for their hours, which are not known at `open_at`: not in the list.",
    )


class CircleProperties(CityAnswer):
    """What a station reaches, and how that was computed."""

    station_id: int = Field(examples=[3])
    run: Run
    street_m: float = Field(examples=[18250.0], description="Length of ways within reach.")
    area_m2: float = Field(examples=[912000.0])
    residents_reached: Count = Field(examples=[5120])
    residents_in_air_circle: Count = Field(examples=[7340], description="In the plain circle, for comparison.")
    is_rounded: bool = Field(examples=[True])


@router.get("/stations", response_class=GeoJsonResponse)
def stations(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    who: Annotated[Who, asks("public")],
    settings: Setting,
    page: Paged,
    at: At,
    kind: Kind = None,
    bbox: BBox = None,
    open_at: Annotated[
        datetime | None, Query(description="Only those known to be open then.", examples=["2026-11-20T10:00:00+08:00"])
    ] = None,
) -> StationList:
    """Stations that are not closed for good; `is_open` is judged at `open_at`, else `at`, else now."""
    moment = at if open_at is None else local(open_at, settings)
    with db.read() as conn:
        found = [station for station in rows.live(conn) if _matches(station, kind, bbox)]
    judged = [(station, hours.state(station.opening_hours, moment)) for station in found]
    kept = judged if open_at is None else [(station, state) for station, state in judged if state.is_open]
    listed = feature_list(
        page,
        len(kept),
        (station_feature(station, moment, state, tells_staff=not who.is_public) for station, state in page.of(kept)),
    )
    unknown = 0 if open_at is None else sum(state.is_open is None for _, state in judged)
    return StationList(**dict(listed), number_unknown_hours=unknown)


@router.get("/stations/{station_id}", response_class=GeoJsonResponse, responses=problems(404))
def station(
    db: Db, who: Annotated[Who, asks("public")], at: At, station_id: Id, response: Response
) -> Feature[StationProperties]:
    """One station."""
    with db.read() as conn:
        found = rows.get(conn, station_id)
    response.headers["ETag"] = _etag(found)
    return station_feature(found, at, tells_staff=not who.is_public)


@router.get("/stations/{station_id}/circle", response_class=GeoJsonResponse, responses=problems(404))
def circle(db: Db, who: Annotated[Who, asks("public")], station_id: Id) -> Feature[CircleProperties]:
    """Where a walk to the station takes no longer than the cutoff, along the streets."""
    with db.read() as conn:
        place = rows.get(conn, station_id).point
        run = current_run(conn)
        found = circle_of(conn, run.id, station_id)
        held_by = {link.id for link in chain_at(conn, (place.x, place.y))}
        is_exact = sight_of(conn, who).sees_any(held_by)
    properties = CircleProperties(
        station_id=station_id,
        run=Run.model_validate(run),
        street_m=round(found.street_m),
        area_m2=round(found.area_m2),
        residents_reached=shown_reached(found.residents_reached, is_exact=is_exact),
        residents_in_air_circle=shown_reached(found.residents_in_air_circle, is_exact=is_exact),
        is_rounded=not is_exact,
    )
    return feature(station_id, geojson(found.shape), properties)


@router.post("/stations", status_code=201, response_class=GeoJsonResponse, responses=problems(413))
def add(
    db: Db,
    now: Now,
    key: NewKey,
    settings: Setting,
    who: Annotated[Who, asks("planner")],
    wish: StationWish,
    response: Response,
) -> Feature[StationProperties]:
    """Add a station, within the token's area."""
    made = add_station(db, _columns(wish.model_dump()), key, now, area_id=who.area_id)
    response.headers["ETag"] = _etag(made)
    response.headers["Location"] = f"/api/v1/stations/{made.id}"
    return station_feature(made, local(now, settings), tells_staff=True)


@router.patch("/stations/{station_id}", response_class=GeoJsonResponse, responses=problems(404, 412, 413, 428))
def change(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    now: Now,
    settings: Setting,
    who: Annotated[Who, asks("planner")],
    station_id: Id,
    change: StationChange,
    seen: SeenVersion,
    response: Response,
) -> Feature[StationProperties]:
    """Change the fields that are sent, unless somebody else changed the station meanwhile (412)."""
    values = _columns(change.model_dump(exclude_unset=True))
    changed = edit_station(db, station_id, values, seen, now, area_id=who.area_id)
    response.headers["ETag"] = _etag(changed)
    return station_feature(changed, local(now, settings), tells_staff=True)


@router.delete("/stations/{station_id}", status_code=204, responses=problems(404, 412, 428))
def close(db: Db, now: Now, who: Annotated[Who, asks("planner")], station_id: Id, seen: SeenVersion) -> None:
    """Close a station for good: it is kept, but neither counts nor shows any more."""
    close_station(db, station_id, seen, now, area_id=who.area_id)


def _matches(station: Station, kind: str | None, box: Box | None) -> bool:
    if kind is not None and station.kind != kind:
        return False
    if box is None:
        return True
    west, south, east, north = box
    return bool(west <= station.point.x <= east and south <= station.point.y <= north)


def _columns(sent: dict[str, Any]) -> dict[str, Any]:
    """Columns of the store from the fields that were sent."""
    columns = {name: value for name, value in sent.items() if name not in {"lonlat", "entrance"}}
    if "lonlat" in sent:
        columns["geom"] = shapely.Point(sent["lonlat"])
    if "entrance" in sent:
        columns["entrance"] = None if sent["entrance"] is None else shapely.Point(sent["entrance"])
    return columns


def _etag(station: Station) -> str:
    return f'"{station.version}"'
