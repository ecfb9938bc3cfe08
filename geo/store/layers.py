"""Layers in the store: the newest version of each name whose import stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, insert, or_, select

from geo.errors import NotFound
from geo.layers import Layer, NetAt, Zone
from geo.store.bulk import copy_rows
from geo.store.layer_tables import layer, layer_zone
from geo.store.tables import home, import_batch
from geo.units import FloatArray, IntArray

NAMES = 0x1C_61
"""Apart from what other locks are about."""


@dataclass(frozen=True)
class LayerHomes:
    """All live homes as an audit needs them, arrays of (n_homes,) by id."""

    id: IntArray
    lonlat: FloatArray
    """(n_homes, 2) a place inside the home's outline, by which it is counted."""
    households: FloatArray
    residents: FloatArray


def live_layers(conn: Connection, names: Sequence[str] = ()) -> list[Layer]:
    """The layers that count now, by name; all of them where no names are given.

    Raises
    ------
    NotFound
        If there is none of a name.
    """
    other, batch = layer.alias("other"), import_batch.alias("batch")
    newest = (
        select(func.max(other.c.version))
        .join(batch, batch.c.id == other.c.import_id)
        .where(other.c.name == layer.c.name, batch.c.undone_at.is_(None))
        .scalar_subquery()
    )
    count = select(func.count()).where(layer_zone.c.layer_id == layer.c.id).scalar_subquery().label("zones")
    columns = (layer, import_batch.c.landed_at, import_batch.c.data_date, count)
    query = select(*columns).join(import_batch, import_batch.c.id == layer.c.import_id)
    rows = conn.execute(query.where(layer.c.version == newest).order_by(layer.c.name)).mappings()
    found = [Layer(**{name: row[name] for name in Layer.__dataclass_fields__}) for row in rows]
    unknown = sorted(set(names) - {one.name for one in found})
    if unknown:
        raise NotFound("layer_not_stored", name=unknown[0], known=", ".join(one.name for one in found) or "-")
    return [one for one in found if not names or one.name in names]


def find_live(conn: Connection, name: str) -> Layer | None:
    """The layer of a name that counts now; None if there is none."""
    return next((one for one in live_layers(conn) if one.name == name), None)


def hold_name(conn: Connection, name: str) -> None:
    """Take layers of one name in one after the other."""
    conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, NAMES))))


def zones_of(conn: Connection, layer_id: int) -> list[Zone]:
    """The zones of a layer, by their numbers."""
    z = layer_zone.c
    columns = (z.no, z.code, z.name, z.unit, z.twin_no, func.ST_AsBinary(z.geom), func.ST_AsBinary(z.drawn))
    rows = conn.execute(select(*columns).where(z.layer_id == layer_id).order_by(z.no)).all()
    shapes, drawn = (shapely.from_wkb([bytes(row[k]) for row in rows]) for k in (5, 6))
    return [
        Zone(layer_id, row.no, row.code, row.name, row.unit, row.twin_no, shape, raw)
        for row, shape, raw in zip(rows, shapes, drawn, strict=True)
    ]


def save_layer(conn: Connection, values: Mapping[str, Any], zones: Sequence[Mapping[str, Any]]) -> int:
    """Store the next version of a layer: its id.

    ``values`` are columns of ``layer`` but for id and version; ``zones`` those of ``layer_zone`` but for the layer, by
    number.
    """
    latest = select(func.coalesce(func.max(layer.c.version), 0)).where(layer.c.name == values["name"])
    version = conn.execute(latest).scalar_one() + 1
    made = insert(layer).values(**values, version=version).returning(layer.c.id)
    layer_id = int(conn.execute(made).scalar_one())
    columns = ("no", "code", "name", "unit", "twin_no", "geom", "drawn")
    copy_rows(
        conn, layer_zone, ("layer_id", *columns), [(layer_id, *(zone[name] for name in columns)) for zone in zones]
    )
    return layer_id


def nets_at(conn: Connection, lonlat: tuple[float, float], layers: Sequence[Layer]) -> list[NetAt]:
    """The zones of some layers that cover a place, drawn or cleaned, by layer and zone."""
    point = func.ST_SetSRID(func.ST_MakePoint(*lonlat), 4326)
    z, one = layer_zone.c, {each.id: each for each in layers}
    is_drawn, is_clean = func.ST_Covers(z.drawn, point), func.ST_Covers(z.geom, point)
    query = select(z.layer_id, z.code, z.name, z.unit, is_drawn.label("is_drawn"), is_clean.label("is_clean"))
    rows = conn.execute(query.where(z.layer_id.in_(one), or_(is_drawn, is_clean)).order_by(z.layer_id, z.no)).all()
    found = [
        NetAt(
            layer=one[row.layer_id].name,
            department=one[row.layer_id].department,
            kind=one[row.layer_id].kind,
            zone_code=row.code,
            zone_name=row.name,
            unit=row.unit,
            is_drawn=row.is_drawn,
            is_clean=row.is_clean,
        )
        for row in rows
    ]
    return sorted(found, key=lambda net: net.layer)


def layer_homes(conn: Connection) -> LayerHomes:
    """All live homes; empty arrays while none are loaded."""
    h = home.c
    inside = func.ST_PointOnSurface(h.geom)
    columns = (h.id, func.ST_X(inside), func.ST_Y(inside), h.households, h.residents)
    found = conn.execute(select(*columns).where(h.retired_at.is_(None)).order_by(h.id))
    rows = np.array([tuple(row) for row in found], dtype=np.float64).reshape(-1, len(columns))
    return LayerHomes(
        id=rows[:, 0].astype(np.int64),
        lonlat=np.ascontiguousarray(rows[:, 1:3]),
        households=rows[:, 3].copy(),
        residents=rows[:, 4].copy(),
    )
