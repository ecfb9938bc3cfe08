"""Ways and relations of a block of an OpenStreetMap extract: those with a telling key.

None stands for what is damaged or not known, as everywhere in these readers.

Source
------
OpenStreetMap wiki, PBF Format (osmformat.proto: Way, Relation).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.streets.osm_blocks import RELATIONS, WAYS, Block
from geo.compute.streets.osm_tags import TELLING, Tags, Wanted, read_tags, room_for_tags, tags_found
from geo.compute.streets.varints import BROKEN, LENGTH, NUMBER, VARINT, contents, field, undo_zigzag, varint
from geo.units import IntArray, UInt8Array

NODE_MEMBER, WAY_MEMBER, RELATION_MEMBER = 0, 1, 2

_LATEST_S = 2**32
"""Times of edits are before this."""

_FIELDS_OF_WAY = np.array([(1, VARINT), (2, LENGTH), (3, LENGTH), (4, LENGTH), (8, LENGTH), (9, LENGTH), (10, LENGTH)])
"""Id, keys, values, who edited, nodes; and places, which only other kinds of files have."""
_FIELD_TIME = np.array([(2, VARINT)])
_FIELDS_OF_RELATION = np.array([(1, VARINT), (2, LENGTH), (3, LENGTH), (8, LENGTH), (9, LENGTH), (10, LENGTH)])
"""Id, keys, values; roles, ids and kinds of members."""


class Ways(NamedTuple):
    """In the order of the file."""

    id_of_way: IntArray
    edited_s_of_way: IntArray
    """Seconds since 1970; 0 where the file does not say."""
    start_of_way: IntArray
    node_of_point: IntArray
    """Ids of nodes along all ways."""
    tags: Tags


class Relations(NamedTuple):
    """In the order of the file."""

    start_of_relation: IntArray
    member: IntArray
    """Ids."""
    kind_of_member: IntArray
    """NODE_MEMBER, WAY_MEMBER or RELATION_MEMBER."""
    role_of_member: IntArray
    """Among the texts of the block."""
    tags: Tags


def ways_of(data: UInt8Array, block: Block, wanted: Wanted) -> Ways | None:
    """The ways of a block that say something."""
    groups, most = _groups(block, WAYS)
    one, two, three, four = (np.empty(most + 1, dtype=np.int64) for _ in range(4))
    room = Ways(one, two, three, four, room_for_tags(most))
    n = _fill_ways(data, groups, wanted, room)
    if n < 0:
        return None
    return Ways(
        room.id_of_way[:n].copy(),
        room.edited_s_of_way[:n].copy(),
        room.start_of_way[: n + 1].copy(),
        room.node_of_point[: room.start_of_way[n]].copy(),
        tags_found(room.tags, n),
    )


def relations_of(data: UInt8Array, block: Block, wanted: Wanted) -> Relations | None:
    """The relations of a block that say something."""
    groups, most = _groups(block, RELATIONS)
    one, two, three, four = (np.empty(most + 1, dtype=np.int64) for _ in range(4))
    room = Relations(one, two, three, four, room_for_tags(most))
    n = _fill_relations(data, groups, wanted, room)
    if n < 0:
        return None
    n_members = room.start_of_relation[n]
    return Relations(
        room.start_of_relation[: n + 1].copy(),
        room.member[:n_members].copy(),
        room.kind_of_member[:n_members].copy(),
        room.role_of_member[:n_members].copy(),
        tags_found(room.tags, n),
    )


def _groups(block: Block, kind: int) -> tuple[IntArray, int]:
    """Those of one kind, and how many bytes they have."""
    groups = block.span_of_group[block.kind_of_group == kind]
    return groups, int((groups[:, 1] - groups[:, 0]).sum())


@kernel
def _fill_ways(data: UInt8Array, groups: IntArray, wanted: Wanted, room: Ways) -> int:
    n = 0
    room.start_of_way[0] = 0
    for group in range(len(groups)):
        at, stop = groups[group, 0], groups[group, 1]
        while at < stop:
            _, _, first, last, at = field(data, at, stop)
            found = _way(data, first, last, wanted, room, n)
            if found < 0:
                return BROKEN
            n += found == TELLING
    return n


@kernel
def _way(data: UInt8Array, first: int, last: int, wanted: Wanted, room: Ways, n: int) -> int:
    """One way behind ``n`` others: TELLING and kept, not telling, or BROKEN."""
    spans = contents(data, first, last, _FIELDS_OF_WAY)
    if spans[0, 1] != NUMBER or spans[5, 1] != 0 or spans[6, 1] != 0:
        return BROKEN
    found = read_tags(data, (spans[1, 0], spans[1, 1]), (spans[2, 0], spans[2, 1]), wanted, room.tags, n)
    if found != TELLING:
        return found
    time = contents(data, spans[3, 0], spans[3, 1], _FIELD_TIME)
    at, n_points, node = spans[4, 0], room.start_of_way[n], 0
    while 0 <= at < spans[4, 1]:
        more, at = varint(data, at, spans[4, 1])
        node += undo_zigzag(more)
        room.node_of_point[n_points] = node
        n_points += 1
    if at < 0 or time[0, 1] == BROKEN or time[0, 0] < 0 or time[0, 0] >= _LATEST_S:
        return BROKEN
    room.id_of_way[n], room.edited_s_of_way[n] = spans[0, 0], time[0, 0]
    room.start_of_way[n + 1] = n_points
    return TELLING


@kernel
def _fill_relations(data: UInt8Array, groups: IntArray, wanted: Wanted, room: Relations) -> int:
    n = 0
    room.start_of_relation[0] = 0
    for group in range(len(groups)):
        at, stop = groups[group, 0], groups[group, 1]
        while at < stop:
            _, _, first, last, at = field(data, at, stop)
            found = _relation(data, first, last, wanted, room, n)
            if found < 0:
                return BROKEN
            n += found == TELLING
    return n


@kernel
def _relation(data: UInt8Array, first: int, last: int, wanted: Wanted, room: Relations, n: int) -> int:
    """One relation behind ``n`` others: TELLING and kept, not telling, or BROKEN."""
    spans = contents(data, first, last, _FIELDS_OF_RELATION)
    if spans[0, 1] != NUMBER:
        return BROKEN
    found = read_tags(data, (spans[1, 0], spans[1, 1]), (spans[2, 0], spans[2, 1]), wanted, room.tags, n)
    if found != TELLING:
        return found
    at_role, at, at_kind = spans[3, 0], spans[4, 0], spans[5, 0]
    n_members, member = room.start_of_relation[n], 0
    while at < spans[4, 1]:
        role, at_role = varint(data, at_role, spans[3, 1])
        more, at = varint(data, at, spans[4, 1])
        kind, at_kind = varint(data, at_kind, spans[5, 1])
        is_known = 0 <= role < len(wanted.key_of_text) and NODE_MEMBER <= kind <= RELATION_MEMBER
        if min(at_role, at, at_kind) < 0 or not is_known:
            return BROKEN
        member += undo_zigzag(more)
        room.member[n_members], room.role_of_member[n_members], room.kind_of_member[n_members] = member, role, kind
        n_members += 1
    if at_role != spans[3, 1] or at_kind != spans[5, 1]:
        return BROKEN
    room.start_of_relation[n + 1] = n_members
    return TELLING
