"""OpenStreetMap extracts (PBF) as plain tables: buildings as polygons, stations as points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely

from geo.errors import BadFile
from geo.files.osm import has_shape, reading
from geo.files.table import FileTable
from geo.rules.homes import home_rules
from geo.rules.osm_stations import osm_station_kinds
from geo.rules.tags import kind_of, tags_of

Row = tuple[dict[str, Any], shapely.Geometry]


def read_osm_buildings(path: Path) -> FileTable:
    """All buildings that may be homes, with ``id``, ``name``, ``building``, ``building:levels``, ``building:flats``.

    A ``building=yes`` with a tag that names another use (a shop, a school) is left out, as is every building whose
    value is not in geo/rules/homes.toml.

    Raises
    ------
    BadFile
        If the file cannot be read or has no such building.
    """
    homes = osmium.filter.TagFilter(*(("building", value) for value in home_rules().floors_of_building))
    columns = ("id", "name", "building", "building:levels", "building:flats")
    return _table(path, columns, _buildings(path, homes), "osm_no_buildings")


def read_osm_stations(path: Path) -> FileTable:
    """All stations by their tags, with ``id``, ``name``, ``kind``, ``opening_hours``, ``address``, ``phone``.

    Those that are drawn as areas are taken at a point inside the area.

    Raises
    ------
    BadFile
        If the file cannot be read or has no station.
    """
    columns = ("id", "name", "kind", "opening_hours", "address", "phone")
    return _table(path, columns, _stations(path), "osm_no_stations")


def _buildings(path: Path, homes: osmium.filter.TagFilter) -> Iterator[Row]:
    others = home_rules().keys_of_other_use
    for area in _areas(path, homes, osmium.osm.AREA):
        if has_shape(area) and not any(key in area.tags for key in others):
            keys = ("name", "building", "building:levels", "building:flats")
            yield {"id": _id(area), **{key: area.tags.get(key) for key in keys}}, _polygon(area)


def _stations(path: Path) -> Iterator[Row]:
    kinds = osm_station_kinds()
    for thing in _areas(path, osmium.filter.TagFilter(*tags_of(kinds)), osmium.osm.NODE | osmium.osm.AREA):
        if thing.is_node():
            shape = shapely.Point(thing.location.lon, thing.location.lat)
        elif has_shape(thing):
            shape = shapely.point_on_surface(_polygon(thing))
        else:
            continue
        tags = thing.tags
        yield (
            {
                "id": _id(thing),
                "name": tags.get("name"),
                "kind": kind_of(kinds, tags),
                "opening_hours": tags.get("opening_hours"),
                "address": _address(tags),
                "phone": tags.get("phone") or tags.get("contact:phone"),
            },
            shape,
        )


def _areas(path: Path, tags: osmium.filter.TagFilter, kinds: osmium.osm.osm_entity_bits) -> osmium.FileProcessor:
    file = osmium.FileProcessor(str(path)).with_areas(tags)
    return file.with_filter(osmium.filter.EntityFilter(kinds)).with_filter(tags)


def _table(path: Path, columns: Sequence[str], rows: Iterator[Row], key_if_none: str) -> FileTable:
    with reading(path):
        read = list(rows)
    if not read:
        raise BadFile(key_if_none, path=path.name)
    shapes = np.array([shape for _, shape in read], dtype=object)
    values = {name: [row[name] for row, _ in read] for name in columns}
    return FileTable(path.name, values, shapes, range(1, len(read) + 1), "EPSG:4326")


def _polygon(area: osmium.osm.Area) -> shapely.Geometry:
    """One polygon, or several where a relation has several outer rings."""
    shape = shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(area))
    return shape.geoms[0] if len(shape.geoms) == 1 else shape


def _id(thing: osmium.osm.OSMObject) -> str:
    """``n1``, ``w2``, ``r3``: OpenStreetMap counts its nodes, ways and relations apart."""
    if thing.is_node():
        return f"n{thing.id}"
    return f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"


def _address(tags: osmium.osm.TagList) -> str | None:
    full = tags.get("addr:full")
    parts = (tags.get("addr:street"), tags.get("addr:housenumber"))
    return full or " ".join(part for part in parts if part) or None
