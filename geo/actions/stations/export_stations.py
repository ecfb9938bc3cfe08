"""Write the stations to a file that can be imported again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from geo.actions.city.about_city import about_city, made_of_rows
from geo.files.write import OutTable, about_made, write_tables
from geo.stations import Station
from geo.store import stations
from geo.store.database import Database

HEADERS = (
    "source_key",
    "name",
    "kind",
    "services",
    "opening_hours",
    "address",
    "phone",
    "capacity",
    "staff",
    "lon",
    "lat",
    "entrance_lon",
    "entrance_lat",
    "source",
)


def export_stations(db: Database, path: Path, at: datetime) -> int:
    """The stations that are not closed: how many.

    Raises
    ------
    BadFile
        If the file cannot be written.
    """
    with db.read() as conn:
        found, city = stations.live(conn), about_city(conn)
    rows, points = [_row(s) for s in found], [s.point for s in found]
    made = made_of_rows("export_stations_method", rows, points)
    about = about_made(city, made, exported_at=at.isoformat(timespec="seconds"), stations=len(found))
    write_tables(path, [OutTable("stations", HEADERS, rows, points)], about)
    return len(found)


def _row(s: Station) -> list[Any]:
    door = (s.entrance.x, s.entrance.y) if s.entrance else (None, None)
    told = (s.source_key, s.name, s.kind, ";".join(s.services), s.opening_hours, s.address, s.phone)
    return [*told, s.capacity, s.staff, s.point.x, s.point.y, *door, s.source]
