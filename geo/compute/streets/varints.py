"""Numbers and fields of Protocol Buffers, read out of bytes and never beyond the bytes they may lie in.

Source
------
Protocol Buffers, Encoding.
"""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.units import IntArray, UInt8Array

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""How a field is written."""

BROKEN = -1
"""Instead of a place in the bytes, where they make no sense."""

NUMBER = -2
"""Instead of a last byte: the content is a number."""

_LONGEST = 70
"""Bits that a varint of 64 takes up, seven in a byte."""


@kernel
def varint(data: UInt8Array, at: int, stop: int) -> tuple[int, int]:
    """The number that begins at a byte, as 64 bits with a sign, and the byte behind it (or BROKEN)."""
    value, shift = 0, 0
    while at < stop and shift < _LONGEST:
        byte = int(data[at])
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    return 0, BROKEN


@kernel
def undo_zigzag(value: int) -> int:
    """0, 1, 2, 3 .. stand for 0, -1, 1, -2 .."""
    return ((value >> 1) & 0x7FFFFFFFFFFFFFFF) ^ -(value & 1)


@kernel
def field(data: UInt8Array, at: int, stop: int) -> tuple[int, int, int, int, int]:
    """The field that begins at a byte.

    Returns
    -------
    number, written
        Which field it is and how it is written.
    first, last
        The bytes of its content; of a VARINT, ``first`` is the number itself.
    at
        The byte behind it, or BROKEN.
    """
    key, at = varint(data, at, stop)
    number, written = key >> 3, key & 7
    if at < 0 or number <= 0:
        return 0, 0, 0, 0, BROKEN
    if written == VARINT:
        value, at = varint(data, at, stop)
        return number, written, value, 0, at
    length = 0
    if written == LENGTH:
        length, at = varint(data, at, stop)
    elif written == FIXED64:
        length = 8
    elif written == FIXED32:
        length = 4
    else:
        at = BROKEN
    if at < 0 or length < 0 or length > stop - at:
        return 0, 0, 0, 0, BROKEN
    return number, written, at, at + length, at + length


@kernel
def contents(data: UInt8Array, at: int, stop: int, wanted: IntArray) -> IntArray:
    """Some fields of a message that each stand in it once or not at all.

    Parameters
    ----------
    data, at, stop
        The bytes of the message.
    wanted
        (n, 2) which field, and whether it is a VARINT or a LENGTH of bytes.

    Returns
    -------
    (n, 2) the first byte and the one behind the last, or the value and NUMBER; (0, 0) for what is not there. In the
    first row the last is BROKEN where the message is damaged or not written as expected.
    """
    found = np.zeros((len(wanted), 2), dtype=np.int64)
    while at < stop:
        number, written, first, last, at = field(data, at, stop)
        is_fine = at >= 0
        for i in range(len(wanted)):
            if number == wanted[i, 0]:
                is_fine = is_fine and written == wanted[i, 1] and found[i, 1] == 0
                found[i, 0], found[i, 1] = first, last if written == LENGTH else NUMBER
        if not is_fine:
            found[0, 1] = BROKEN
            break
    return found
