"""The homes of a community as plans count them, and what else of it a plan may move to another grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, func, literal, select

from geo.drafts import PlanHomes
from geo.store.incident_tables import incident
from geo.store.tables import area, home, station
from geo.units import FloatArray, IntArray

NameT = TypeVar("NameT")

COUNTS = ("households", "residents", "elderly", "children", "shops")


@dataclass(frozen=True)
class Housed:
    """Homes with what is known of each building."""

    homes: PlanHomes
    outline: Sequence[BaseGeometry | None]
    """(n_homes,) EPSG:4326; None where only a place is known."""
    name: Sequence[str | None]
    """(n_homes,) for staff only."""
    compound: Sequence[str | None]


@dataclass(frozen=True)
class Places(Generic[NameT]):
    """Stations or cases: their ids, how they are called, and (n, 2) places."""

    id: IntArray
    name: Sequence[NameT]
    lonlat: FloatArray


class StoredCase(NamedTuple):
    """By what a case is called, as it is stored."""

    number: str
    category: str
    item: str | None
    catalogue_version: str | None


def homes_in(conn: Connection, community_ids: Sequence[int]) -> Housed:
    """The live homes whose place lies in some communities, by id."""
    h = home.c
    place = func.ST_PointOnSurface(h.geom)
    within = select(literal(1)).where(area.c.id.in_(community_ids), func.ST_Intersects(area.c.geom, place)).exists()
    # the index is asked first: a place lies in a community only if its home's box meets the community's
    near = select(literal(1)).where(area.c.id.in_(community_ids), area.c.geom.op("&&")(h.geom)).exists()
    counts = (h[name] for name in COUNTS)
    columns = (h.id, h.kind, h.name, h.compound, func.ST_X(place).label("lon"), func.ST_Y(place).label("lat"), *counts)
    query = select(*columns, func.ST_AsBinary(h.geom).label("wkb")).where(h.retired_at.is_(None), near, within)
    return _housed(conn.execute(query.order_by(h.id)).all())


def _housed(rows: Sequence[Any]) -> Housed:
    shapes = shapely.from_wkb([bytes(row.wkb) for row in rows])
    outline = [shape if shape.geom_type.endswith("Polygon") else None for shape in shapes]
    is_building = [row.kind == "building" and shape is not None for row, shape in zip(rows, outline, strict=True)]
    counts = np.array([[getattr(row, name) for name in COUNTS] for row in rows], np.float64).reshape(-1, len(COUNTS)).T
    homes = PlanHomes(
        np.array([row.id for row in rows], np.int64),
        np.array([[row.lon, row.lat] for row in rows], np.float64).reshape(-1, 2),
        np.array(is_building, np.int64),
        *counts,
    )
    return Housed(homes, outline, [row.name for row in rows], [row.compound or None for row in rows])


def stations_in(conn: Connection, community_ids: Sequence[int]) -> Places[str]:
    """The stations of communities that are not closed, by id."""
    s = station.c
    query = select(s.id, s.name, s.geom).where(s.retired_at.is_(None))
    return _places(conn, query, s.geom, community_ids, itemgetter("name"))


def open_incidents_in(conn: Connection, community_ids: Sequence[int]) -> Places[StoredCase]:
    """The open cases of communities, by id."""
    i = incident.c
    said = (i.source_key.label("number"), i.category, i.item, i.catalogue_version)
    query = select(i.id, *said, i.geom).where(i.retired_at.is_(None), i.state == "open")
    return _places(conn, query, i.geom, community_ids, lambda row: StoredCase(*(row[c.key] for c in said)))


def _places(
    conn: Connection, query: Any, geom: Any, community_ids: Sequence[int], name_of: Callable[[Mapping[Any, Any]], NameT]
) -> Places[NameT]:
    within = select(literal(1)).where(area.c.id.in_(community_ids), func.ST_Intersects(area.c.geom, geom)).exists()
    found = query.where(within).subquery()
    said = [column for column in found.c if column.key != "geom"]
    columns = (*said, func.ST_X(found.c.geom).label("lon"), func.ST_Y(found.c.geom).label("lat"))
    rows = conn.execute(select(*columns).order_by(found.c.id)).mappings().all()
    lonlat = np.array([[row["lon"], row["lat"]] for row in rows], np.float64).reshape(-1, 2)
    return Places(np.array([row["id"] for row in rows], np.int64), [name_of(row) for row in rows], lonlat)
