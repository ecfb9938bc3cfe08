"""Streets, barriers and surfaces of a file become the live network of its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, begin, refuse_faults
from geo.compute.streets.network import build_network
from geo.compute.streets.outlines import gates_of
from geo.errors import BadFile
from geo.files.digest import sha256_of
from geo.files.osm import is_osm
from geo.files.read import read_table
from geo.files.street_lines import StreetFile
from geo.files.street_table import street_layer, streets_of_table
from geo.imports.options import ImportOptions
from geo.imports.osm_streets import read_extract
from geo.imports.report import Fault, ImportReport
from geo.imports.rows import Reading
from geo.imports.streets import check_place, street_remarks, street_totals, unchanged_report
from geo.rules.way_access import access_rules
from geo.store.areas import town_shape
from geo.store.database import Database
from geo.store.imports import close_batch
from geo.store.streets import live_batch, save_network
from geo.streets import FOOT, OPEN, StreetNetwork

Faults = tuple[Fault, ...]

SHARE_READ, SHARE_CUT = 0.4, 0.5
"""How far the work is, roughly, after reading and after cutting (measured on Reykjavik)."""


def import_streets(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Load an OpenStreetMap extract or a vector file of lines; the version of its source that was live is retired.

    The same file with the same options as the live version changes nothing.

    Parameters
    ----------
    db
        Where to keep it.
    path
        PBF, GeoJSON, GeoPackage, Shapefile or GeoParquet with OpenStreetMap's keys (geo/rules/way_access.toml).
    options
        ``data_date`` outranks the date that the file gives itself; ``replace`` is not needed here.
    at
        Now, for the list of imports.
    step
        Called with the share done.

    Raises
    ------
    BadFile
        If the file cannot be read, has no street that can be walked, or lies elsewhere than the loaded areas.
    BadRows
        If rows have faults and ``keep_going`` is not set.
    """
    tell = step or (lambda _share: None)
    order = Order("streets", path, options, at)
    if not path.is_file():
        raise BadFile("file_missing", path=path.name)
    with db.read() as conn:
        live, town = live_batch(conn, order.source), town_shape(conn)
    if live is not None and _is_live(order, live):
        return unchanged_report(order.source, path.name, live.report["read"])
    read = _read(order)
    check_place(read.file, town, path.name)
    tell(SHARE_READ)
    network = build_network(read.file.lines)
    if not (network.access_of_piece[:, FOOT] == OPEN).any():
        raise BadFile("streets_not_walkable", path=path.name)
    tell(SHARE_CUT)
    with db.write() as conn:
        report = _save(conn, order, read, network)
    tell(1.0)
    return report


def _is_live(order: Order, live: Any) -> bool:
    """Whether the live version came from this file, read in this way; --replace says nothing here."""
    same_date = order.options.data_date in (None, live.data_date)
    then, now = ({**options, "replace": None} for options in (live.options, order.options.as_dict()))
    return same_date and live.sha256 == sha256_of(order.path) and then == now


@dataclass(frozen=True)
class _Read:
    """A file of streets, and what was wrong with it."""

    file: StreetFile
    faults: Faults = ()
    notes: Faults = ()
    rejected_file: str | None = None


def _read(order: Order) -> _Read:
    path, options = order.path, order.options
    if is_osm(path):
        return _Read(read_extract(path))
    layer = options.layer or street_layer(path)
    table = read_table(path, crs=options.crs, layer=layer, encoding=options.encoding)
    file, faults = streets_of_table(table)
    bad = {fault.row for fault in faults}
    good = [number for number in table.number_of_row if number not in bad]
    reading = Reading(read=len(table), rows=[{}] * len(good), number_of_row=good, faults=faults, notes=table.notes)
    return _Read(file, faults, table.notes, refuse_faults(order, table, reading))


def _save(conn: Connection, order: Order, read: _Read, network: StreetNetwork) -> ImportReport:
    """Streets, barriers and surfaces count as one row each; a version replaces the one before as a whole."""
    file = read.file
    network_date = order.options.data_date or file.file_date
    import_id = begin(conn, replace(order, options=replace(order.options, data_date=network_date)))
    gates = gates_of(
        file.lonlat_of_gate,
        file.nearness_m_of_gate,
        file.lands,
        file.barriers,
        access_rules().gates.largest_compound_m2,
    )
    totals = street_totals(network, file, gates)
    save_network(
        conn,
        network,
        file.barriers,
        file.lands,
        gates,
        source=order.source,
        network_date=network_date,
        import_id=import_id,
        at=order.at,
        summary=totals,
    )
    kept = len(file.lines.highway_of_line) + len(file.barriers.kind_of_line) + len(file.lands.kind)
    report = replace(
        unchanged_report(order.source, order.path.name, kept + len(read.faults)),
        added=kept,
        unchanged=0,
        rejected=len(read.faults),
        faults=read.faults,
        notes=(*read.notes, *street_remarks(file, totals)),
        totals=totals,
        rejected_file=read.rejected_file,
    )
    return close_batch(conn, import_id, report)
