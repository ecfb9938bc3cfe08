"""OpenStreetMap extracts (PBF): streets, barriers and surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path

import osmium

from geo.errors import BadFile
from geo.files.osm_turns import KEYS_OF_TURNS, TurnReader
from geo.files.street_lines import Gatherer, StreetFile
from geo.rules.surroundings import KEYS_OF_LINES, KEYS_OF_POINTS, surroundings
from geo.rules.tags import tags_of

NO_COORDINATE = 2_147_483_647
"""What libosmium gives for a point that the file does not have."""

FIRST_YEAR = 1970
"""What libosmium gives for a time of edit that the file does not have."""

KIND = "OpenStreetMap PBF"

EXTENSIONS = (".osm.pbf", ".pbf")


def is_osm(path: Path) -> bool:
    """Whether a file calls itself an OpenStreetMap extract."""
    return path.name.lower().endswith(EXTENSIONS)


def read_streets(path: Path, *, with_lands: bool = True) -> StreetFile:
    """Streets, barriers and lands of an extract, by libosmium, which reads every kind of extract.

    Most are read several times faster by :func:`geo.imports.osm_streets.read_extract`.

    Ways whose points are partly missing (the cut edge of an extract) are kept where they are known; a gap is never
    bridged by a straight line.

    Raises
    ------
    BadFile
        If it is missing, empty, truncated or no PBF, or has no street in it.
    """
    gatherer = Gatherer()
    newest = date.min
    with reading(path):
        turns = TurnReader()
        _read_points(path, gatherer, turns)
        file = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        file.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(
            osmium.filter.KeyFilter(*KEYS_OF_LINES)
        )
        said = _date_of(file)
        for way in file:
            _add_way(gatherer, turns, way)
            if said is None:
                newest = max(newest, way.timestamp.date())
        if not gatherer.n_streets:
            raise BadFile("osm_no_streets", path=path.name)
        if with_lands:
            add_lands(path, gatherer)
    turns.hand_over(gatherer)
    # An extract without edit dates says 1970.
    return gatherer.finish(said or (newest if newest.year > FIRST_YEAR else None))


def add_lands(path: Path, gatherer: Gatherer) -> None:
    """Surfaces, which libosmium assembles from rings and relations."""
    write = osmium.geom.WKBFactory()
    tags = osmium.filter.TagFilter(*tags_of(surroundings().lands))
    file = osmium.FileProcessor(str(path)).with_areas(tags)
    for area in file.with_filter(osmium.filter.EntityFilter(osmium.osm.AREA)).with_filter(tags):
        if _is_surface(area):
            gatherer.add_land(area.tags, bytes.fromhex(write.create_multipolygon(area)))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say what libosmium says of a file in our own words.

    Raises
    ------
    BadFile
        If the file is missing, empty, truncated or no PBF.
    """
    if not path.is_file():
        raise BadFile("file_missing", path=path.name)
    if not path.stat().st_size:
        raise BadFile("file_empty", path=path.name)
    try:
        yield
    except (RuntimeError, UnicodeDecodeError) as error:
        if "EOF" in str(error) or "truncated" in str(error):
            raise BadFile("file_truncated", path=path.name, kind=KIND) from error
        raise BadFile("file_not_readable", path=path.name, kind=KIND, reason=str(error)) from error


def has_shape(area: osmium.osm.Area) -> bool:
    """Whether libosmium could assemble the rings of an area."""
    return bool(area.num_rings()[0])


def _is_surface(area: osmium.osm.Area) -> bool:
    """A ring of street is a street; only area=yes, or a multipolygon relation, makes it a surface."""
    is_ring_of_street = area.from_way() and "highway" in area.tags and area.tags.get("area") != "yes"
    return has_shape(area) and not is_ring_of_street


def _read_points(path: Path, gatherer: Gatherer, turns: TurnReader) -> None:
    """Gates and bollards, which are points, and turn restrictions, which are relations."""
    file = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.RELATION)
    file.with_filter(osmium.filter.KeyFilter(*KEYS_OF_POINTS, *KEYS_OF_TURNS))
    for thing in file:
        if not thing.is_node():
            members = [(member.role, member.type, member.ref) for member in thing.members]
            turns.add_relation(gatherer, dict(thing.tags), members)
        elif any(key in thing.tags for key in KEYS_OF_POINTS):
            gatherer.add_point(thing.tags, thing.id, thing.location.x, thing.location.y)


def _add_way(gatherer: Gatherer, turns: TurnReader, way: osmium.osm.Way) -> None:
    """A way as one line, or as several where points are missing in between."""
    points = [(node.ref, place.x, place.y) for node in way.nodes for place in (node.location,)]
    if way.id in turns.ways:
        turns.ways[way.id] = [ref for ref, _, _ in points]
    runs = [points]
    missing = [at for at, (_, x, _) in enumerate(points) if x == NO_COORDINATE]
    if missing:
        gatherer.n_missing_points += len(missing)
        ends = [-1, *missing, len(points)]
        runs = [points[start + 1 : stop] for start, stop in pairwise(ends)]
    tags = dict(way.tags)
    for known in runs:
        if len(known) > 1:
            gatherer.add_line(tags, *zip(*known, strict=True))


def _date_of(file: osmium.FileProcessor) -> date | None:
    """The extract's own date, where its header says it."""
    said = file.header.get("osmosis_replication_timestamp")
    return date.fromisoformat(said[:10]) if said else None
