"""Official circles that count now."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection, func, select

from geo.official_circles import OfficialCircle
from geo.store.tables import official_circle


def live(conn: Connection) -> list[OfficialCircle]:
    """All live official circles, by id."""
    c = official_circle.c
    names = ("id", "name", "community_codes", "station_source", "station_key", "source", "source_key")
    query = select(*(c[name] for name in names), func.ST_AsBinary(c.geom).label("wkb"))
    rows = conn.execute(query.where(c.retired_at.is_(None)).order_by(c.id)).mappings()
    return [
        OfficialCircle(
            **{name: row[name] for name in names if name != "community_codes"},
            community_codes=None if row["community_codes"] is None else tuple(row["community_codes"]),
            shape=shapely.from_wkb(bytes(row["wkb"])),
        )
        for row in rows
    ]
