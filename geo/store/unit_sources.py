"""What communities are cut along: streets, barriers and the outlines of compounds, and buildings that stay whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from geo.store.street_tables import TRAVELS, barrier, land, street_network, street_piece
from geo.store.tables import home
from geo.streets import OPEN
from geo.units import WGS84

Shapes = NDArray[np.object_]


def street_shapes(conn: Connection, classes: Collection[str], around: BaseGeometry) -> Shapes:
    """Lines of live streets of some OpenStreetMap classes within a box, but for those that are private throughout."""
    p = street_piece.c
    is_public = or_(*(p[travel] == OPEN for travel in TRAVELS))
    query = select(func.ST_AsBinary(p.geom)).join(street_network, street_network.c.id == p.network_id)
    wanted = and_(street_network.c.retired_at.is_(None), p.highway.in_(sorted(classes)), is_public)
    return _read(conn, query.where(wanted, _meets(p.geom, around)).order_by(p.network_id, p.piece))


def barrier_shapes(conn: Connection, kinds: Collection[str], around: BaseGeometry) -> Mapping[str, Shapes]:
    """Kind -> lines of live barriers within a box; without those that run below the ground, with those on bridges."""
    b = barrier.c
    query = select(func.ST_AsBinary(b.geom)).join(street_network, street_network.c.id == b.network_id)
    wanted = and_(street_network.c.retired_at.is_(None), or_(b.stops_walkers, b.is_bridge), _meets(b.geom, around))
    query = query.where(wanted).order_by(b.network_id, b.barrier)
    return {kind: _read(conn, query.where(b.kind == kind)) for kind in sorted(kinds)}


def land_shapes(conn: Connection, kinds: Collection[str], largest_m2: float, around: BaseGeometry) -> Shapes:
    """Multipolygons of live lands of some kinds within a box, but for those above a size."""
    n = land.c
    query = select(func.ST_AsBinary(n.geom)).join(street_network, street_network.c.id == n.network_id)
    is_small = func.ST_Area(func.geography(n.geom), False) <= largest_m2  # on the sphere
    wanted = and_(street_network.c.retired_at.is_(None), n.kind.in_(sorted(kinds)), _meets(n.geom, around))
    return _read(conn, query.where(wanted, is_small).order_by(n.network_id, n.land))


def building_shapes(conn: Connection, around: BaseGeometry) -> Shapes:
    """Outlines of live homes that are buildings within a box, by their ids; homes that are but a point have none."""
    h = home.c
    is_outline = and_(h.kind == "building", func.ST_Dimension(h.geom) == 2)
    query = select(func.ST_AsBinary(h.geom)).where(h.retired_at.is_(None), is_outline, _meets(h.geom, around))
    return _read(conn, query.order_by(h.id))


def _meets(geom: Any, around: BaseGeometry) -> ColumnElement[bool]:
    meets: ColumnElement[bool] = geom.op("&&")(func.ST_MakeEnvelope(*around.bounds, WGS84))
    return meets


def _read(conn: Connection, query: Select[Any]) -> Shapes:
    return np.array(shapely.from_wkb([bytes(wkb) for wkb in conn.execute(query).scalars()]), dtype=object)
