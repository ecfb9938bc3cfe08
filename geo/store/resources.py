"""Resources that move: teams and vehicles."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection, func, select

from geo.resources import Resource
from geo.store.tables import resource


def live(conn: Connection) -> list[Resource]:
    """All that are in service, by id."""
    r = resource.c
    columns = (r.id, r.name, r.kind, r.services, r.position_at, r.source, r.source_key)
    query = select(*columns, func.ST_AsBinary(r.geom).label("wkb")).where(r.retired_at.is_(None)).order_by(r.id)
    return [
        Resource(
            id=row.id,
            name=row.name,
            kind=row.kind,
            services=tuple(row.services),
            point=shapely.from_wkb(bytes(row.wkb)),
            position_at=row.position_at,
            source=row.source,
            source_key=row.source_key,
        )
        for row in conn.execute(query)
    ]
