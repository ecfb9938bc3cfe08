"""Places whose names stand in an address."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.store.database import sql


@dataclass(frozen=True)
class AddressPlace:
    """One of them."""

    kind: str
    """building, compound, station, road, grid or area."""
    id: int | None
    name: str
    shape: BaseGeometry
    """EPSG:4326."""


def places_in_address(conn: Connection, address: str, most: int) -> list[AddressPlace]:
    """Places whose names stand in an address, those with the longest names first."""
    rows = conn.execute(sql("address_places"), {"address": address, "most": most})
    return [AddressPlace(row.kind, row.id, row.name, shapely.from_wkb(bytes(row.wkb))) for row in rows]
