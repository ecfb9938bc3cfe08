"""Tags of things in a block of an OpenStreetMap extract, as numbers: only keys that are looked for are kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.streets.varints import BROKEN, varint
from geo.units import BoolArray, IntArray, UInt8Array

PASSED_OVER, KEPT, TELLING = 0, 1, 2
"""What became of a tag, or of all tags of a thing: those of a thing are kept only if one of them is telling."""


class Wanted(NamedTuple):
    """Which keys are looked for."""

    key_of_text: IntArray
    """(n_texts,) which of them a text of the block is; -1 for none."""
    is_telling_of_key: BoolArray
    """(n_keys,) whether a thing is kept for this key alone."""


class Tags(NamedTuple):
    """Thing ``i`` owns the tags ``start_of_thing[i]`` up to ``start_of_thing[i + 1]``."""

    start_of_thing: IntArray
    key_of_tag: IntArray
    """Which of the keys looked for."""
    text_of_tag: IntArray
    """The value, among the texts of the block."""


def room_for_tags(n_bytes: int) -> Tags:
    """Room for all tags that so many bytes can hold."""
    start_of_thing = np.empty(n_bytes + 1, dtype=np.int64)
    start_of_thing[0] = 0
    return Tags(start_of_thing, np.empty(n_bytes + 1, dtype=np.int64), np.empty(n_bytes + 1, dtype=np.int64))


def tags_found(room: Tags, n_things: int) -> Tags:
    """What of the room is filled."""
    n_tags = room.start_of_thing[n_things]
    start_of_thing = room.start_of_thing[: n_things + 1]
    return Tags(start_of_thing.copy(), room.key_of_tag[:n_tags].copy(), room.text_of_tag[:n_tags].copy())


@kernel
def keep_tag(wanted: Wanted, room: Tags, n_tags: int, key: int, text: int) -> int:
    """Write a tag behind ``n_tags`` others, if its key is looked for: PASSED_OVER, KEPT, TELLING or BROKEN."""
    n_texts = len(wanted.key_of_text)
    if key < 0 or key >= n_texts or text < 0 or text >= n_texts:
        return BROKEN
    which = wanted.key_of_text[key]
    if which < 0:
        return PASSED_OVER
    room.key_of_tag[n_tags] = which
    room.text_of_tag[n_tags] = text
    return TELLING if wanted.is_telling_of_key[which] else KEPT


@kernel
def read_tags(
    data: UInt8Array, keys: tuple[int, int], texts: tuple[int, int], wanted: Wanted, room: Tags, n_things: int
) -> int:
    """Tags of the thing behind ``n_things`` others, its keys and its values each in a row of bytes (from, to).

    Returns
    -------
    TELLING, and the room holds them; PASSED_OVER; or BROKEN.
    """
    (at, stop), (at_text, stop_text) = keys, texts
    n_tags, found = room.start_of_thing[n_things], PASSED_OVER
    while at < stop:
        key, at = varint(data, at, stop)
        text, at_text = varint(data, at_text, stop_text)
        became = keep_tag(wanted, room, n_tags, key, text) if at >= 0 and at_text >= 0 else BROKEN
        if became < 0:
            return BROKEN
        n_tags += became != PASSED_OVER
        found = max(found, became)
    if at_text != stop_text:
        return BROKEN
    if found == TELLING:
        room.start_of_thing[n_things + 1] = n_tags
        return TELLING
    return PASSED_OVER


@kernel
def read_tags_in_turn(
    data: UInt8Array, at: int, stop: int, wanted: Wanted, room: Tags, n_things: int
) -> tuple[int, int]:
    """As :func:`read_tags`, key and value in turn up to a key 0; also the byte behind, or BROKEN."""
    n_tags, found = room.start_of_thing[n_things], PASSED_OVER
    while at < stop:
        key, at = varint(data, at, stop)
        if at >= 0 and key == 0:
            break
        text, at = varint(data, at, stop) if at >= 0 else (0, BROKEN)
        became = keep_tag(wanted, room, n_tags, key, text) if at >= 0 else BROKEN
        if became < 0:
            return PASSED_OVER, BROKEN
        n_tags += became != PASSED_OVER
        found = max(found, became)
    if found == TELLING:
        room.start_of_thing[n_things + 1] = n_tags
        return TELLING, at
    return PASSED_OVER, at
