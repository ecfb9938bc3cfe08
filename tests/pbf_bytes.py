"""Extracts byte by byte: what other writers may say, and what nobody should."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def zigzag(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def text(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def packed(field: int, values: Sequence[int]) -> bytes:
    return text(field, b"".join(map(varint, values)))


def deltas(field: int, values: Sequence[int]) -> bytes:
    return packed(field, [zigzag(b - a) for a, b in pairwise([0, *values])])


def block(texts: Sequence[bytes], *groups: bytes, rest: bytes = b"") -> bytes:
    table = b"".join(text(1, each) for each in (b"", *texts))
    return text(1, table) + b"".join(text(2, group) for group in groups) + rest


def blob(kind: bytes, content: bytes, *, is_packed: bool = True) -> bytes:
    body = number(2, len(content)) + text(3, zlib.compress(content)) if is_packed else text(1, content)
    head = text(1, kind) + number(3, len(body))
    return len(head).to_bytes(4) + head + body


def head(*needed: bytes, optional: Sequence[bytes] = (), second: int = 0) -> bytes:
    features = [*(text(4, each) for each in needed), *(text(5, each) for each in optional)]
    return b"".join(features) + (number(32, second) if second else b"")


KNOWN = head(b"OsmSchema-V0.6", b"DenseNodes")


def write(path: Path, *blocks: bytes, said: bytes = KNOWN, is_packed: bool = True) -> Path:
    blobs = [blob(b"OSMData", each, is_packed=is_packed) for each in blocks]
    path.write_bytes(blob(b"OSMHeader", said) + b"".join(blobs))
    return path


def unpack(path: Path) -> list[bytes]:
    """Contents of the blobs of a file that this module or libosmium wrote; the head is the first."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        stop = at + 4 + int.from_bytes(data[at : at + 4])
        start = data.index(b"\x78", stop)
        unpacking = zlib.decompressobj()
        found.append(unpacking.decompress(data[start:]))
        at = len(data) - len(unpacking.unused_data)
    return found
