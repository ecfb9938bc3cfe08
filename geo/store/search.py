"""Search of places by name or code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from geo.store.database import sql

PlaceKind = Literal["area", "grid", "station", "compound", "road", "place"]
Match = Literal["exact", "prefix", "contains"]

MATCHES: tuple[Match, ...] = ("exact", "prefix", "contains")


@dataclass(frozen=True)
class Place:
    """Something with a name and a place on the map."""

    kind: PlaceKind
    id: int | None
    """None for roads and compounds, which are found by name only."""
    name: str
    name_en: str | None
    code: str | None
    detail: str | None
    """Level of an area, kind of a grid, station or surface, class of a road."""
    match: Match
    centre: tuple[float, float]
    """lon, lat of a point on it."""
    box: tuple[float, float, float, float]
    """West, south, east, north."""


def find_places(conn: Connection, words: str, limit: int) -> tuple[int, list[Place]]:
    """How many places match, and the best of them: exact, then beginning with the words, then holding them."""
    rows = conn.execute(sql("search"), {"q": words, "limit": limit}).all()
    places = [
        Place(
            kind=row.kind,
            id=row.id,
            name=row.name,
            name_en=row.name_en,
            code=row.code,
            detail=row.detail,
            match=MATCHES[row.match],
            centre=(row.lon, row.lat),
            box=(row.west, row.south, row.east, row.north),
        )
        for row in rows
    ]
    return (rows[0].n_matched if rows else 0), places
