"""Import a file with one department's layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from geo.actions.imports.land_rows import Order
from geo.actions.layers.land_layer import land_layer
from geo.files.read import read_table
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.layers import LayerWish
from geo.store.database import Database


def import_layer(
    db: Database,
    path: Path,
    wish: LayerWish,
    options: ImportOptions,
    at: datetime,
    step: Callable[[float], None] | None = None,
) -> ImportReport:
    """Import a file of zones as one layer, in one transaction.

    The same file again under the same name changes nothing; another one is the layer's next version.

    Raises
    ------
    BadFile
        If the file cannot be read or has no polygons.
    BadRows, Refused, Conflict
        As :func:`geo.actions.layers.land_layer.land_layer`.
    """
    order = Order("layers", path, replace(options, source=options.source or wish.name), at)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    return land_layer(db, order, table, wish, step or (lambda _share: None))
