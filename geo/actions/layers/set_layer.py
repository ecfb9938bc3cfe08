"""Take one department's layer as GeoJSON, without a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from geo.actions.imports.land_rows import Order
from geo.actions.layers.land_layer import land_layer
from geo.files.vector import geojson_table
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.layers import LayerWish
from geo.store.database import Database

SENT = Path("layer.geojson")
"""What stands for the file's name in the list of imports."""


def set_layer(
    db: Database,
    collection: str,
    wish: LayerWish,
    options: ImportOptions,
    at: datetime,
    step: Callable[[float], None] | None = None,
) -> ImportReport:
    """Take a GeoJSON feature collection as one layer, in one transaction.

    Raises
    ------
    BadFile, BadRows, Refused, Conflict
        As an import of a file; nothing has changed then.
    """
    options = replace(options, source=wish.name, rejected_dir=None)
    digest = hashlib.sha256(collection.encode()).hexdigest()
    table = geojson_table(SENT.name, collection, options.crs)
    return land_layer(db, Order("layers", SENT, options, at, digest), table, wish, step or (lambda _share: None))
