"""Add a station by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.actions.stations.check_station import check_area, check_values
from geo.stations import Station
from geo.store import stations
from geo.store.database import Database


def add_station(
    db: Database, values: Mapping[str, Any], key: UUID, at: datetime, *, area_id: int | None = None
) -> Station:
    """A new station that nobody imported.

    Parameters
    ----------
    db
        Where to keep it.
    values
        Columns of ``geo.store.stations.EDITABLE``; shapes as points in EPSG:4326.
    key
        Its lasting name among the stations added by hand.
    at
        Now.
    area_id
        The area it must lie in, for somebody who answers for that one only.

    Raises
    ------
    NotAllowed
        If it lies outside that area.
    Refused
        If the hours cannot be read, or the place cannot be meant.
    """
    with db.write() as conn:
        check_area(conn, values["geom"], area_id)
        check_values(conn, values)
        return stations.add(conn, values, key, at)
