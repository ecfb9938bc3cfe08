"""Nodes of a block of an OpenStreetMap extract: where they are, and the tags of those that say something.

None stands for what is damaged or not known, as everywhere in these readers.

Source
------
OpenStreetMap wiki, PBF Format (osmformat.proto: Node, DenseNodes).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.streets.osm_blocks import NODES, Block, Grain
from geo.compute.streets.osm_tags import TELLING, Tags, Wanted, read_tags, read_tags_in_turn, room_for_tags, tags_found
from geo.compute.streets.varints import BROKEN, LENGTH, NUMBER, VARINT, contents, field, undo_zigzag, varint
from geo.units import Int32Array, IntArray, UInt8Array

MOST_LON, MOST_LAT = 1_800_000_000, 900_000_000
"""1e-7 degree."""

NANODEGREES_PER_PLACE = 100
"""One of the format's in one of ours (1e-7 degree)."""

_DENSE = 2
_FIELDS_OF_DENSE = np.array([(1, LENGTH), (8, LENGTH), (9, LENGTH), (10, LENGTH), (5, LENGTH)])
"""Ids, latitudes, longitudes, tags, and who edited."""
_FIELDS_OF_NODE = np.array([(1, VARINT), (8, VARINT), (9, VARINT), (2, LENGTH), (3, LENGTH)])
"""Id, latitude, longitude, keys, values."""
_FIELD_VISIBLE = np.array([(6, LENGTH)])


class Nodes(NamedTuple):
    """In the order of the file; coordinates are whole 1e-7 degree."""

    id_of_node: IntArray
    lon_of_node: Int32Array
    lat_of_node: Int32Array
    node_of_telling: IntArray
    """Rows of those with a telling key ..."""
    tags: Tags
    """... and their tags."""


class _Room(NamedTuple):
    ids: IntArray
    lons: Int32Array
    lats: Int32Array
    telling: IntArray


_Out = tuple[_Room, Tags]
_Counts = tuple[int, int]
"""Nodes so far, and those of them that tell something."""


def nodes_of(data: UInt8Array, block: Block, wanted: Wanted) -> Nodes | None:
    """All nodes of a block; None too where there may be deleted ones (a file of history)."""
    groups = block.span_of_group[block.kind_of_group == NODES]
    most = int((groups[:, 1] - groups[:, 0]).sum())
    lons, lats = (np.empty(most, dtype=np.int32) for _ in range(2))
    room = _Room(np.empty(most, dtype=np.int64), lons, lats, np.empty(most, dtype=np.int64))
    tags = room_for_tags(most)
    n, n_telling = _fill(data, groups, block.grain, wanted, room, tags)
    if n < 0:
        return None
    telling = room.telling[:n_telling].copy()
    return Nodes(room.ids[:n].copy(), lons[:n].copy(), lats[:n].copy(), telling, tags_found(tags, n_telling))


@kernel
def _fill(data: UInt8Array, groups: IntArray, grain: Grain, wanted: Wanted, room: _Room, tags: Tags) -> tuple[int, int]:
    """Number of nodes (or BROKEN), and of those that tell something."""
    n, n_telling = 0, 0
    for group in range(len(groups)):
        at, stop = groups[group, 0], groups[group, 1]
        while at < stop and n >= 0:
            number, _, first, last, at = field(data, at, stop)
            if number == _DENSE:
                n, n_telling = _dense(data, (first, last), grain, wanted, (room, tags), (n, n_telling))
            else:
                n, n_telling = _single(data, (first, last), grain, wanted, (room, tags), (n, n_telling))
        if n < 0:
            return BROKEN, 0
    return n, n_telling


@kernel
def _dense(
    data: UInt8Array,
    span: tuple[int, int],
    grain: Grain,
    wanted: Wanted,
    out: tuple[_Room, Tags],
    n_of: tuple[int, int],
) -> tuple[int, int]:
    """Many nodes, written column by column, each number as the difference to the one before."""
    (room, tags), (n, n_telling) = out, n_of
    spans = contents(data, span[0], span[1], _FIELDS_OF_DENSE)
    edits = contents(data, spans[4, 0], spans[4, 1], _FIELD_VISIBLE)
    if spans[0, 1] < 0 or edits[0, 1] != 0:
        return BROKEN, 0
    at, at_lat, at_lon, at_tag = spans[0, 0], spans[1, 0], spans[2, 0], spans[3, 0]
    number, lat, lon = 0, 0, 0
    while at < spans[0, 1]:
        more, at = varint(data, at, spans[0, 1])
        more_lat, at_lat = varint(data, at_lat, spans[1, 1])
        more_lon, at_lon = varint(data, at_lon, spans[2, 1])
        number, lat, lon = number + undo_zigzag(more), lat + undo_zigzag(more_lat), lon + undo_zigzag(more_lon)
        if min(at, at_lat, at_lon) < 0 or not _place(room, n, number, lon, lat, grain):
            return BROKEN, 0
        found = 0
        if at_tag < spans[3, 1]:
            found, at_tag = read_tags_in_turn(data, at_tag, spans[3, 1], wanted, tags, n_telling)
        if at_tag < 0:
            return BROKEN, 0
        if found == TELLING:
            room.telling[n_telling] = n
            n_telling += 1
        n += 1
    is_done = at_lat == spans[1, 1] and at_lon == spans[2, 1] and at_tag >= spans[3, 1]
    return (n, n_telling) if is_done else (BROKEN, 0)


@kernel
def _single(
    data: UInt8Array,
    span: tuple[int, int],
    grain: Grain,
    wanted: Wanted,
    out: tuple[_Room, Tags],
    n_of: tuple[int, int],
) -> tuple[int, int]:
    """One node."""
    (room, tags), (n, n_telling) = out, n_of
    spans = contents(data, span[0], span[1], _FIELDS_OF_NODE)
    number, lat, lon = undo_zigzag(spans[0, 0]), undo_zigzag(spans[1, 0]), undo_zigzag(spans[2, 0])
    is_whole = spans[0, 1] == NUMBER and spans[1, 1] == NUMBER and spans[2, 1] == NUMBER
    if not is_whole or not _place(room, n, number, lon, lat, grain):
        return BROKEN, 0
    found = read_tags(data, (spans[3, 0], spans[3, 1]), (spans[4, 0], spans[4, 1]), wanted, tags, n_telling)
    if found < 0:
        return BROKEN, 0
    if found == TELLING:
        room.telling[n_telling] = n
        n_telling += 1
    return n + 1, n_telling


@kernel
def _place(room: _Room, n: int, number: int, lon: int, lat: int, grain: Grain) -> bool:
    """Write where a node is; false where that is nowhere on earth."""
    lon, lat = _whole(lon, grain.nanodegrees, grain.lon_begins), _whole(lat, grain.nanodegrees, grain.lat_begins)
    if abs(lon) > MOST_LON or abs(lat) > MOST_LAT:
        return False
    room.ids[n], room.lons[n], room.lats[n] = number, lon, lat
    return True


@kernel
def _whole(steps: int, nanodegrees: int, begins: int) -> int:
    """1e-7 degree, cut off towards zero."""
    if nanodegrees == NANODEGREES_PER_PLACE and begins == 0:
        return steps
    along = steps * nanodegrees + begins
    return along // NANODEGREES_PER_PLACE if along >= 0 else -(-along // NANODEGREES_PER_PLACE)
