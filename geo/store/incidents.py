"""Incidents that count."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection, func, select

from geo.incidents import Incident
from geo.store.incident_tables import incident


def live(conn: Connection) -> list[Incident]:
    """All incidents that have a place, the newest first."""
    i = incident.c
    columns = (i.id, i.occurred_at, i.category, i.text, i.state, i.source, i.source_key)
    query = select(*columns, func.ST_AsBinary(i.geom).label("wkb")).where(i.retired_at.is_(None), i.geom.is_not(None))
    return [
        Incident(
            id=row.id,
            occurred_at=row.occurred_at,
            category=row.category,
            text=row.text,
            state=row.state,
            point=shapely.from_wkb(bytes(row.wkb)),
            source=row.source,
            source_key=row.source_key,
        )
        for row in conn.execute(query.order_by(i.occurred_at.desc(), i.id.desc()))
    ]
