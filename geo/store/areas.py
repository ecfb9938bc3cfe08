"""Areas that count now."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, exists, func, select

from geo.areas import Area
from geo.errors import NotFound
from geo.store.tables import area


def live_areas(conn: Connection, level: str | None = None) -> list[Area]:
    """All live areas, or those of one level, by code."""
    a = area.c
    columns = (a.id, a.level, a.code, a.name, a.name_en, a.parent_id, a.source, a.source_key)
    query = select(*columns, func.ST_AsBinary(a.geom).label("wkb")).where(a.retired_at.is_(None)).order_by(a.code)
    if level is not None:
        query = query.where(a.level == level)
    rows = conn.execute(query).mappings().all()
    shapes = shapely.from_wkb([bytes(row["wkb"]) for row in rows])
    return [
        Area(**{name: value for name, value in row.items() if name != "wkb"}, shape=shape)
        for row, shape in zip(rows, shapes, strict=True)
    ]


def is_invented(conn: Connection) -> bool:
    """Whether the city is invented: an area has a code that GB/T 2260 never gives out (99...)."""
    found = exists(select(1).where(area.c.retired_at.is_(None), area.c.code.startswith("99")))
    return bool(conn.execute(select(found)).scalar_one())


def community(conn: Connection, *, area_id: int | None = None, code: str | None = None) -> Area:
    """One live community, by its id or its code.

    Raises
    ------
    NotFound
        If there is none.
    """
    a = area.c
    wanted = a.id == area_id if area_id is not None else a.code == code
    columns = (a.id, a.level, a.code, a.name, a.name_en, a.parent_id, a.source, a.source_key)
    query = select(*columns, func.ST_AsBinary(a.geom).label("wkb"))
    row = conn.execute(query.where(wanted, a.level == "community", a.retired_at.is_(None))).mappings().one_or_none()
    if row is None:
        raise NotFound("plan_community_unknown", community=code or area_id)
    return Area(
        **{name: value for name, value in row.items() if name != "wkb"}, shape=shapely.from_wkb(bytes(row["wkb"]))
    )


def town_shape(conn: Connection) -> BaseGeometry | None:
    """All live areas together; None if there are none."""
    union = select(func.ST_AsBinary(func.ST_Union(area.c.geom))).where(area.c.retired_at.is_(None))
    wkb = conn.execute(union).scalar_one()
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


def parents(conn: Connection) -> dict[int, int | None]:
    """Area -> the one above it, of all that there ever were; None: it is the topmost."""
    return {row.id: row.parent_id for row in conn.execute(select(area.c.id, area.c.parent_id))}
