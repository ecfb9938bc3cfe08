"""Vector tiles of the maps."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from api.deps import Db, Who, asks
from api.unchanged import FOR_ALL, is_known
from geo.errors import NotFound, Refused
from geo.publication import rule
from geo.store.tiles import LAYERS, Sight, TileAddress, data_version, tile

router = APIRouter(tags=["tiles"])

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
HIGHEST_ZOOM = 20

Layers = Annotated[
    str,
    Path(description=f"Layers, comma separated, of: {', '.join(LAYERS)}.", examples=["land,street,grid,station"]),
]
Zoom = Annotated[int, Path(ge=0, le=HIGHEST_ZOOM)]
Cell = Annotated[int, Path(ge=0, lt=2**HIGHEST_ZOOM)]


@router.get(
    "/tiles/{layers}/{z}/{x}/{y}.mvt",
    summary="One tile with the named layers",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "Mapbox Vector Tile 2.1."},
        204: {"description": "Nothing lies in this tile."},
        304: {"description": "Unchanged since the ETag sent in If-None-Match."},
    },
)
def get_tile(
    db: Db,
    who: Annotated[Who, asks("public")],
    layers: Layers,
    z: Zoom,
    x: Cell,
    y: Cell,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Incidents are squares for the public and points for dispatchers, within their area."""
    names = _named(layers)
    if x >= 2**z or y >= 2**z:
        raise NotFound("tile_outside", z=z, highest=2**z - 1)
    sight = Sight(sees_incident_points=who.may("dispatcher"), area_id=who.area_id)
    with db.read() as conn:
        headers = _headers(data_version(conn, points=sight.sees_incident_points), sight, who.is_public)
        if is_known(headers["ETag"], if_none_match):
            return Response(status_code=304, headers=headers)
        body = tile(conn, names, TileAddress(z, x, y), sight, rule())
    if not body:
        return Response(status_code=204, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _named(layers: str) -> tuple[str, ...]:
    names = tuple(layers.split(","))
    unknown = [name for name in names if name not in LAYERS]
    if unknown or len(set(names)) != len(names):
        raise Refused("tile_layers_unknown", layers=layers[:200], known=", ".join(LAYERS))
    return names


def _headers(version: str, sight: Sight, is_public: bool) -> dict[str, str]:
    seen = f"{version} {sight} {rule()}"
    return {
        "ETag": f'"{hashlib.sha256(seen.encode()).hexdigest()[:20]}"',
        "Cache-Control": FOR_ALL if is_public else "private, no-cache",
    }
