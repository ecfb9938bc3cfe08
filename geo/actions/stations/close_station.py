"""Close a station for good."""

from __future__ import annotations

from datetime import datetime

from geo.actions.stations.check_station import check_area
from geo.errors import Conflict
from geo.store import stations
from geo.store.cases import sent_to_station
from geo.store.database import Database


def close_station(db: Database, station_id: int, version: int, at: datetime, *, area_id: int | None = None) -> None:
    """A closed station is kept, but counts and shows no more.

    Raises
    ------
    NotFound
        If there is none, or it is closed.
    StaleVersion
        If it changed since ``version`` was read.
    NotAllowed
        If it lies outside ``area_id``.
    Conflict
        If open cases are with it.
    """
    with db.write() as conn:
        check_area(conn, stations.get(conn, station_id).point, area_id)
        sent = sent_to_station(conn, station_id)
        if sent:
            raise Conflict("station_has_cases", id=station_id, count=len(sent), first=sent[0])
        stations.retire(conn, station_id, version, at)
