"""Rows of stations."""

from __future__ import annotations

from collections import Counter
from functools import cache, partial
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo import hours
from geo.compute.project import Frame
from geo.errors import Refused
from geo.files.table import FileTable
from geo.imports.places import Town, is_on_earth, points_of
from geo.imports.report import Fault
from geo.imports.rows import Reading, Rows
from geo.imports.values import list_of, number_of, shown, text_of, whole_number_of
from geo.rules.headers import plain
from geo.rules.import_limits import import_limits
from geo.rules.station_kinds import station_kinds

Row = dict[str, Any]


def read_stations(table: FileTable, town: Town) -> Reading:
    """Stations as rows of the store.

    Raises
    ------
    BadFile
        If there is no kind column, or nothing says where the stations are.
    """
    rows = Rows(table, "stations", required=("kind",))
    points = points_of(rows, town)
    found = [_station(rows, index, point) for index, point in enumerate(points)]
    _give_keys(rows, found)
    unknown = Counter(row["kind"] for row in found if row["kind"] and row["kind"] not in station_kinds())
    if unknown:
        said = ", ".join(f"{kind} ({count})" for kind, count in unknown.most_common(20))
        rows.notes.append(Fault(0, rows.header("kind"), "kinds_not_listed", {"kinds": said}))
    return rows.reading(found)


def _station(rows: Rows, index: int, point: BaseGeometry | None) -> Row:
    limits = import_limits()
    name = partial(text_of, limit=limits.longest_name)
    kind = rows.need(index, "kind", kind_of)
    return {
        "source_key": rows.read(index, "source_key", name),
        "name": rows.read(index, "name", name) or kind,
        "kind": kind,
        "services": rows.read(index, "services", partial(list_of, limit=limits.longest_name)) or [],
        "opening_hours": hours_of(rows, index, "opening_hours"),
        "address": rows.read(index, "address", name),
        "phone": rows.read(index, "phone", name),
        "capacity": rows.read(index, "capacity", whole_number_of),
        "staff": rows.read(index, "staff", whole_number_of),
        "geom": point,
        "entrance": _entrance(rows, index, point),
    }


def kind_of(value: Any) -> str | None:
    """The key of a station kind that a file names by key, name or another word; else the word as it is."""
    text = text_of(value, import_limits().longest_name)
    return None if text is None else _kind_words().get(plain(text), text)


@cache
def _kind_words() -> dict[str, str]:
    kinds = station_kinds().values()
    return {plain(word): kind.key for kind in kinds for word in (kind.key, kind.name_en, kind.name_zh, *kind.words)}


def hours_of(rows: Rows, index: int, field: str) -> str | None:
    """Hours in OpenStreetMap's syntax; such as cannot be read get a fault."""
    text = rows.read(index, field, partial(text_of, limit=import_limits().longest_text))
    if text is None:
        return None
    try:
        hours.validate(text)
    except Refused as error:
        rows.fault(index, field, "row_hours_unreadable", value=shown(text), why=error.key)
        return None
    return text


def _entrance(rows: Rows, index: int, point: BaseGeometry | None) -> BaseGeometry | None:
    lon, lat = rows.read(index, "entrance_lon", number_of), rows.read(index, "entrance_lat", number_of)
    if lon is None and lat is None:
        return None
    if lon is None or lat is None or not is_on_earth(lon, lat):
        rows.fault(index, "entrance_lon", "lonlat_range", lon=lon, lat=lat)
        return None
    if point is not None:
        ends_lonlat = np.array([[point.x, point.y], [lon, lat]])
        x_m, y_m = np.diff(Frame.of(ends_lonlat).to_xy_m(ends_lonlat), axis=0)[0]
        limit = import_limits().entrance_within_m
        if np.hypot(x_m, y_m) > limit:
            rows.fault(index, "entrance_lon", "entrance_far", metres=round(float(np.hypot(x_m, y_m))), limit=limit)
    return shapely.Point(lon, lat)


def _give_keys(rows: Rows, found: list[Row]) -> None:
    """Every row's own key: the file's, or where it has none, kind, name and place (to a metre)."""
    if not rows.has("source_key"):
        rows.notes.append(Fault(0, "", "keys_made", {}))
        for row in found:
            place = f"{row['geom'].x:.5f},{row['geom'].y:.5f}" if row["geom"] is not None else ""
            row["source_key"] = f"{row['kind']}|{row['name']}|{place}"
    for index, row in enumerate(found):
        if row["source_key"] is None:
            rows.fault(index, "source_key", "value_missing")
    rows.refuse_twins("source_key", [row["source_key"] for row in found])
