"""Import where people live: buildings, cells, or the outlines of an OpenStreetMap extract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import shapely
from sqlalchemy import Connection

from geo.actions.city.street_cache import lay_out
from geo.actions.imports.land_rows import Order, land_rows
from geo.compute.reach.coverage import known_extent
from geo.files.osm import is_osm
from geo.files.osm_things import read_osm_buildings
from geo.files.read import read_table
from geo.files.street_table import people_layer
from geo.files.table import FileTable
from geo.imports.options import ImportOptions
from geo.imports.people import Surroundings, read_people
from geo.imports.report import ImportReport
from geo.rules.reach import reach_rule
from geo.store.areas import town_shape
from geo.store.database import Database
from geo.store.streets import extents
from geo.store.tables import home


def import_people(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of people, in one transaction. Its totals say where the residents lie; they add up.

    Raises
    ------
    BadFile
        If the file cannot be read, or says nothing of people.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    """
    order = Order("people", path, options, at)
    tell = step or (lambda _share: None)
    table = _table(path, options)
    tell(0.3)
    with db.write() as conn:
        around = Surroundings(_known_extent(conn), town_shape(conn))
        people = read_people(table, around, options.residents)
        tell(0.7)
        return land_rows(conn, order, table, people.reading, home, totals=people.totals(around))


def _known_extent(conn: Connection) -> shapely.Geometry | None:
    """Where streets are known, in degrees, as coverage judges it for walkers; None while none are loaded."""
    boxes = extents(conn)
    if not boxes:
        return None
    ground = lay_out(conn).ground
    known = known_extent(ground.lonlat_of_point, boxes, ground.frame, reach_rule().max_connector_m)
    return shapely.transform(known, ground.frame.to_lonlat)


def _table(path: Path, options: ImportOptions) -> FileTable:
    if is_osm(path):
        return read_osm_buildings(path)
    layer = options.layer or people_layer(path)
    return read_table(path, crs=options.crs, layer=layer, encoding=options.encoding)
