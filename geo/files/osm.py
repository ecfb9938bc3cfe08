"""OpenStreetMap extracts (PBF): streets, barriers and surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import osmium

from geo.errors import BadFile
from geo.files.street_lines import Gatherer, StreetFile
from geo.rules.tags import tags_of
from geo.rules.walkable import KEYS_OF_LINES, way_rules

NO_COORDINATE = 2_147_483_647
"""What libosmium gives for a point that the file does not have."""

KIND = "OpenStreetMap PBF"

EXTENSIONS = (".osm.pbf", ".pbf")


def is_osm(path: Path) -> bool:
    """Whether a file calls itself an OpenStreetMap extract."""
    return path.name.lower().endswith(EXTENSIONS)


def read_streets(path: Path) -> StreetFile:
    """Streets, barriers and lands of an extract.

    Ways whose points are partly missing (the cut edge of an extract) are kept where they are known; a gap is never
    bridged by a straight line.

    Raises
    ------
    BadFile
        If it is missing, empty, truncated or no PBF, or has no street in it.
    """
    gatherer = Gatherer()
    newest = date.min
    write = osmium.geom.WKBFactory()
    surface_tags = tags_of(way_rules().lands)
    with reading(path):
        # Streets and barriers come as ways, surfaces as areas that libosmium assembles from rings and relations.
        file = osmium.FileProcessor(str(path)).with_areas(osmium.filter.TagFilter(*surface_tags))
        file.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY | osmium.osm.AREA))
        file.with_filter(osmium.filter.KeyFilter(*{key for key, _ in surface_tags}, *KEYS_OF_LINES))
        for thing in file:
            if thing.is_area():
                if _is_surface(thing):
                    gatherer.add_land(thing.tags, bytes.fromhex(write.create_multipolygon(thing)))
            elif any(key in thing.tags for key in KEYS_OF_LINES):
                _add_way(gatherer, thing)
                newest = max(newest, thing.timestamp.date())
    if not gatherer.n_streets:
        raise BadFile("osm_no_streets", path=path.name)
    return gatherer.finish(_date_of(path, newest))


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
    except RuntimeError as error:
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


def _add_way(gatherer: Gatherer, way: osmium.osm.Way) -> None:
    """A way as one line, or as several where points are missing in between."""
    run: list[tuple[int, int, int]] = []
    runs = [run]
    for node in way.nodes:
        if node.x == NO_COORDINATE:
            gatherer.n_missing_points += 1
            run = []
            runs.append(run)
        else:
            run.append((node.ref, node.x, node.y))
    for known in runs:
        if len(known) > 1:
            gatherer.add_line(way.tags, *zip(*known, strict=True))


def _date_of(path: Path, newest: date) -> date | None:
    """The extract's own date, else that of the newest edit among its streets."""
    said = osmium.io.Reader(str(path)).header().get("osmosis_replication_timestamp")
    if said:
        return date.fromisoformat(said[:10])
    # An extract without edit dates says 1970.
    return newest if newest.year > 1970 else None
