"""Change a station by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from geo.actions.stations.check_station import check_area, check_values
from geo.stations import Station
from geo.store import stations
from geo.store.database import Database


def edit_station(
    db: Database,
    station_id: int,
    values: Mapping[str, Any],
    version: int,
    at: datetime,
    *,
    area_id: int | None = None,
) -> Station:
    """Change what somebody knows better about a station, unless it changed since they read it.

    Parameters
    ----------
    db
        Where it is kept.
    station_id
        Which one.
    values
        Columns of ``geo.store.stations.EDITABLE`` that are to change; shapes as points in EPSG:4326.
    version
        The version that was read.
    at
        Now.
    area_id
        The area it must lie in, before and after, for somebody who answers for that one only.

    Raises
    ------
    NotFound
        If there is none, or it is closed.
    StaleVersion
        If it changed since.
    NotAllowed
        If it lies, or would lie, outside that area.
    Refused
        If the hours cannot be read, or the place cannot be meant.
    """
    with db.write() as conn:
        station = stations.get(conn, station_id)
        check_area(conn, station.point, area_id)
        after = {"geom": station.point, "entrance": station.entrance, **values}
        check_area(conn, after["geom"], area_id)
        check_values(conn, after if {"geom", "entrance"} & values.keys() else values)
        return stations.edit(conn, station_id, values, version, at)
