"""Rows of official circles: a drawn outline or a list of communities, and the station that it belongs to, if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.areas import CODE_DIGITS
from geo.errors import BadFile
from geo.files.table import FileTable
from geo.imports.places import Town, as_multipolygon, polygon_of, swapped
from geo.imports.rows import Reading, Rows
from geo.imports.values import code_of, list_of, shown, text_of
from geo.rules.import_limits import import_limits

SourceKey = tuple[str, str]
"""Source and source key of a station."""


def read_circles(
    table: FileTable, town: Town, communities: Mapping[str, BaseGeometry], stations: Sequence[SourceKey]
) -> Reading:
    """Official circles as rows of the store.

    Parameters
    ----------
    table
        The file.
    town
        The ground that circles may lie on.
    communities
        Code -> outline of every live community.
    stations
        Sources and keys of all live stations.

    Raises
    ------
    BadFile
        If there is no name column, or neither polygons nor a column of communities.
    """
    rows = Rows(table, "circles", required=("name",))
    if table.shapes is None and not rows.has("community_codes"):
        raise BadFile("circles_without_ground", path=table.filename, found=", ".join(list(table.columns)[:20]))
    found = [_row(rows, index, (town, communities), stations) for index in range(len(rows))]
    rows.note_codes("community_codes")
    rows.refuse_twins("source_key", [row["source_key"] for row in found])
    return rows.reading(found)


def _row(
    rows: Rows, index: int, ground: tuple[Town, Mapping[str, BaseGeometry]], stations: Sequence[SourceKey]
) -> dict[str, Any]:
    word = partial(text_of, limit=import_limits().longest_name)
    name = rows.need(index, "name", word)
    listed = rows.read(index, "community_codes", partial(list_of, limit=import_limits().longest_name)) or []
    read_code = partial(code_of, digits=CODE_DIGITS)
    codes = [rows.parsed(index, "community_codes", text, read_code) for text in listed]
    station = _station(rows, index, stations)
    return {
        "source_key": rows.read(index, "source_key", word) or name,
        "name": name,
        "community_codes": codes or None,
        "station_source": station[0] if station else None,
        "station_key": station[1] if station else None,
        "geom": _outline(rows, index, codes, ground),
    }


def _outline(
    rows: Rows, index: int, codes: Sequence[str | None], ground: tuple[Town, Mapping[str, BaseGeometry]]
) -> BaseGeometry | None:
    """The drawn outline, or the communities' together; never both, for nobody could say which of the two holds."""
    town, communities = ground
    drawn = None if rows.table.shapes is None else rows.table.shapes[index]
    if not codes:
        return _inside(rows, index, polygon_of(rows, index, drawn), town)
    if drawn is not None and not drawn.is_empty:
        rows.fault(index, "community_codes", "circle_drawn_and_listed")
        return None
    known = [code for code in codes if code is not None]
    for code in known:
        if code not in communities:
            rows.fault(index, "community_codes", "community_unknown", value=code)
    return as_multipolygon(shapely.union_all([communities[code] for code in known if code in communities]))


def _inside(rows: Rows, index: int, shape: BaseGeometry | None, town: Town) -> BaseGeometry | None:
    if shape is None:
        return None
    middle = shapely.point_on_surface(shape)
    if town.reaches(middle.x, middle.y):
        return shape
    turned = shapely.point_on_surface(swapped(shape))
    key = "shape_swapped" if town.reaches(turned.x, turned.y) else "outside_town"
    rows.fault(index, "geometry", key, lon=f"{middle.x:.4f}", lat=f"{middle.y:.4f}")
    return None


def _station(rows: Rows, index: int, stations: Sequence[SourceKey]) -> SourceKey | None:
    """The station that a row names by its key, with its source where several sources use that key."""
    word = partial(text_of, limit=import_limits().longest_name)
    key, source = rows.read(index, "station_key", word), rows.read(index, "station_source", word)
    if key is None:
        if source is not None:
            rows.fault(index, "station_key", "value_missing")
        return None
    matching = [one for one in stations if one[1] == key and source in (None, one[0])]
    if len(matching) == 1:
        return matching[0]
    if matching:
        sources = ", ".join(sorted(one[0] for one in matching))
        rows.fault(index, "station_key", "circle_station_several", value=shown(key), sources=sources)
    else:
        rows.fault(index, "station_key", "circle_station_unknown", value=shown(key))
    return None
