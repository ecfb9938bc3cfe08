"""Where things lie in a block of an OpenStreetMap extract (PBF, unpacked).

Every number is read within the bytes it may lie in. A block that is damaged, or says something in a way that is not
known here, is answered with None; nothing is guessed.

Source
------
OpenStreetMap wiki, PBF Format (osmformat.proto).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.streets.varints import BROKEN, LENGTH, VARINT, field
from geo.units import IntArray, UInt8Array

NODES, WAYS, RELATIONS = 1, 2, 3
"""What a group holds, in the order in which a sorted file has them."""

LONGEST_TEXT = 1024
"""Bytes: OpenStreetMap allows 255 characters of at most 4."""

NANODEGREES, DATE_MS = 100, 1000
"""Grains of coordinates and of dates that are taken where a block does not say its own; no other of dates is known."""

MOST_NANODEGREES = 2**40
"""No grain and no beginning of coordinates is larger."""

_TEXTS, _GROUP = 1, 2
_GRAIN, _DATE_GRAIN, _LAT_BEGINS, _LON_BEGINS = 17, 18, 19, 20
_KIND_OF_FIELD = np.array([0, NODES, NODES, WAYS, RELATIONS], dtype=np.int64)


class Grain(NamedTuple):
    """Coordinates are whole numbers of so many nanodegrees from a beginning."""

    nanodegrees: int
    lon_begins: int
    lat_begins: int


class Block(NamedTuple):
    """Where its texts and groups lie: (n, 2) the first byte and the one behind the last."""

    span_of_text: IntArray
    span_of_group: IntArray
    kind_of_group: IntArray
    """NODES, WAYS or RELATIONS; 0 for a group without anything."""
    grain: Grain


def block_of(data: UInt8Array) -> Block | None:
    """Texts and groups of a block; None where it cannot be read."""
    said = np.array([NANODEGREES, 0, 0], dtype=np.int64)
    n_groups, first, last = _outline(data, said)
    if n_groups < 0 or not 0 < said[0] <= MOST_NANODEGREES or np.abs(said[1:]).max() > MOST_NANODEGREES:
        return None
    n_texts = _count_texts(data, first, last)
    if n_texts < 0:
        return None
    groups = _spans(data, 0, len(data), _GROUP, n_groups)
    kinds = _kinds(data, groups)
    if (kinds < 0).any():
        return None
    return Block(_spans(data, first, last, _TEXTS, n_texts), groups, kinds, Grain(*said.tolist()))


@kernel
def _outline(data: UInt8Array, grain: IntArray) -> tuple[int, int, int]:
    """Number of groups (or BROKEN) and the bytes of the texts; the grain is written where it is said."""
    n_groups, first_text, last_text = 0, 0, 0
    at = 0
    while at < len(data):
        number, written, first, last, at = field(data, at, len(data))
        is_list = number in (_TEXTS, _GROUP)
        is_number = _GRAIN <= number <= _LON_BEGINS
        if at < 0 or (is_list and written != LENGTH) or (is_number and written != VARINT):
            return BROKEN, 0, 0
        if (number == _TEXTS and last_text > 0) or (number == _DATE_GRAIN and first != DATE_MS):
            return BROKEN, 0, 0
        if number == _TEXTS:
            first_text, last_text = first, last
        elif number == _GROUP:
            n_groups += 1
        elif number == _GRAIN:
            grain[0] = first
        elif number == _LON_BEGINS:
            grain[1] = first
        elif number == _LAT_BEGINS:
            grain[2] = first
    return n_groups, first_text, last_text


@kernel
def _count_texts(data: UInt8Array, at: int, stop: int) -> int:
    """How many texts there are; BROKEN where one is too long or the table is damaged."""
    n_texts = 0
    while at < stop:
        number, written, first, last, at = field(data, at, stop)
        if at < 0 or (number == 1 and (written != LENGTH or last - first > LONGEST_TEXT)):
            return BROKEN
        n_texts += number == 1
    return n_texts


@kernel
def _spans(data: UInt8Array, at: int, stop: int, wanted: int, n: int) -> IntArray:
    """(n, 2) contents of the fields with one number; all has been read once without a fault."""
    spans = np.empty((n, 2), dtype=np.int64)
    i = 0
    while at < stop:
        number, _, first, last, at = field(data, at, stop)
        if number == wanted:
            spans[i, 0], spans[i, 1] = first, last
            i += 1
    return spans


@kernel
def _kinds(data: UInt8Array, span_of_group: IntArray) -> IntArray:
    """(n_groups,) what they hold; 0 if nothing, BROKEN if several kinds or one that is not known."""
    kinds = np.zeros(len(span_of_group), dtype=np.int64)
    for group in range(len(span_of_group)):
        at, stop = span_of_group[group, 0], span_of_group[group, 1]
        while at < stop and kinds[group] >= 0:
            number, written, _, _, at = field(data, at, stop)
            is_known = at >= 0 and written == LENGTH and number < len(_KIND_OF_FIELD)
            kind = _KIND_OF_FIELD[number] if is_known else BROKEN
            kinds[group] = kind if kinds[group] in (0, kind) else BROKEN
    return kinds
