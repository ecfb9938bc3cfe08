"""Import official circles: outlines that an authority calls circles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from geo.actions.imports.land_rows import Order, land_rows
from geo.files.read import read_table
from geo.imports.circles import read_circles
from geo.imports.options import ImportOptions
from geo.imports.places import Town
from geo.imports.report import ImportReport
from geo.store import stations
from geo.store.areas import live_areas, town_shape
from geo.store.database import Database
from geo.store.tables import official_circle


def import_official_circles(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of official circles, in one transaction.

    Raises
    ------
    BadFile
        If the file cannot be read.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    """
    order = Order("circles", path, options, at)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell = step or (lambda _share: None)
    tell(0.3)
    with db.write() as conn:
        communities = {area.code: area.shape for area in live_areas(conn, "community")}
        source_keys = [(station.source, station.source_key) for station in stations.live(conn)]
        reading = read_circles(table, Town(town_shape(conn)), communities, source_keys)
        tell(0.6)
        return land_rows(conn, order, table, reading, official_circle)
