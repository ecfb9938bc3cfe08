"""Import service stations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from geo.actions.imports.land_rows import Order, land_rows
from geo.errors import Conflict
from geo.files.osm import is_osm
from geo.files.osm_things import read_osm_stations
from geo.files.read import read_table
from geo.imports.options import ImportOptions
from geo.imports.places import Town
from geo.imports.report import ImportReport
from geo.imports.stations import read_stations
from geo.store.areas import town_shape
from geo.store.cases import sent_to_retired
from geo.store.database import Database
from geo.store.tables import station


def import_stations(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of stations, in one transaction.

    Raises
    ------
    BadFile
        If the file cannot be read.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    Conflict
        If open cases are with a station that would be retired; nothing has changed then either.
    """
    order = Order("stations", path, options, at)
    if is_osm(path):
        table = read_osm_stations(path)
    else:
        table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell = step or (lambda _share: None)
    tell(0.3)
    with db.write() as conn:
        town = Town(town_shape(conn))
        reading = read_stations(table, town)
        tell(0.6)
        report = land_rows(conn, order, table, reading, station)
        sent = sent_to_retired(conn, order.source, at)
        if sent:
            station_id = sent[0].station_id
            count = sum(one.station_id == station_id for one in sent)
            raise Conflict("station_has_cases", id=station_id, count=count, first=sent[0].incident_id)
        return report
