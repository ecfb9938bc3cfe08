"""The ground within reach of any station, and what plain circles promise instead."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.deps import Areas, Db, Now, Setting, Who, asks, local
from api.figures import sight_of
from api.inputs import Kind
from api.invented import told_if_invented
from api.limits import ModeKey, SurfaceKey, check_size
from api.schemas import CityAnswer, Count, Feature, GeoJsonResponse, Provenance, Shape, problems
from geo.actions.reach.reach_area import AreaWish, ReachedArea
from geo.publication import rule
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE

router = APIRouter(tags=["coverage"])


class AreaProperties(Shape):
    """Which ground it is, and who lives on it."""

    of: Literal["streets", "circles"] = Field(examples=["streets"], description="Along streets, or as the crow flies.")
    share: float | None = Field(examples=[0.886], description="Of all residents, 0 to 1.")
    residents: Count | None = Field(examples=[60420])


class AreaAnswer(CityAnswer):
    """The ground within the minutes of any station that counts; with `compare=true` the circles' as well."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature[AreaProperties]]
    residents: Count | None = Field(examples=[68000], description="Of the whole city.")
    is_rounded: bool = Field(examples=[True])
    circle_m: float = Field(examples=[1000], description="Radius of the plain circles: straight on, without streets.")
    stations: int = Field(examples=[14], description="That count.")
    stations_closed: int = Field(examples=[2], description="Closed at the moment asked about.")
    stations_unsaid: int = Field(examples=[1], description="Whose hours are not known; not counted at a moment.")
    at: datetime | None = Field(examples=["2026-11-23T09:00:00+08:00"])
    provenance: Provenance


@router.get("/coverage/area", responses=problems(404), response_model=AreaAnswer, response_class=GeoJsonResponse)
def coverage_area(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    areas: Areas,
    settings: Setting,
    now: Now,
    who: Annotated[Who, asks("public")],
    minutes: Annotated[int, Query(ge=1, description="Cutoff, in whole minutes; reached itself.", examples=[15])] = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    at: Annotated[
        datetime | None,
        Query(description="Only stations known to be open then; all, if left out.", examples=["2026-11-23T09:00:00"]),
    ] = None,
    kind: Kind = None,
    compare: Annotated[bool, Query(description="Whether to draw the plain circles as well.")] = False,
) -> Response:
    """From where a station is reached in time, along the streets and as the crow flies, and how many live there."""
    check_size(db, minutes)
    moment = None if at is None else local(at, settings)
    found = areas.area(AreaWish(minutes, mode, surface, moment, kind), local(now, settings))
    with db.read() as conn:
        is_exact = sight_of(conn, who).is_exact(None)
    text = _written(found, moment, is_exact=is_exact, compare=compare)
    return Response(text, media_type=GeoJsonResponse.media_type)


def _written(found: ReachedArea, at: datetime | None, *, is_exact: bool, compare: bool) -> bytes:
    """The answer as text: its shapes are text already, and long."""
    pairs = [("streets", found.streets_geojson, found.residents_covered)]
    if compare:
        pairs.append(("circles", found.circles_geojson, found.residents_in_circle))
    whole = found.residents if is_exact else rule().total(found.residents)
    features = [
        b'{"type":"Feature","id":null,"geometry":%b,"properties":%b}'
        % (shape or b"null", _properties(of, people, found.residents, is_exact=is_exact))
        for of, shape, people in pairs
    ]
    told = {
        "residents": whole,
        "is_rounded": not is_exact,
        "circle_m": round(found.circle_m, 1),
        "stations": found.n_stations,
        "stations_closed": found.n_closed,
        "stations_unsaid": found.n_unsaid,
        "at": None if at is None else at.isoformat(),
        "invented": told_if_invented(),
        "provenance": Provenance.model_validate(found.provenance).model_dump(mode="json"),
    }
    head = b'{"type":"FeatureCollection","features":[%b],' % b",".join(features)
    return head + json.dumps(told, separators=(",", ":")).encode()[1:]


def _properties(of: str, people: float, everybody: float, *, is_exact: bool) -> bytes:
    part = people if is_exact else rule().part(people, everybody)
    whole = everybody if is_exact else rule().total(everybody)
    share = None if part is None or not whole else round(part / whole, 4)
    return json.dumps({"of": of, "share": share, "residents": part}, separators=(",", ":")).encode()
