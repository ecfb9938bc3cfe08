"""The packing of an OpenStreetMap extract (PBF): a head that says what it holds, and blocks, one unpacked at a time.

Source
------
OpenStreetMap wiki, PBF Format: fileformat.proto and its limits, HeaderBlock of osmformat.proto.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

MOST_HEAD_BYTES = 64 * 1024
MOST_BLOCK_BYTES = 32 * 1024 * 1024

_KNOWN_FEATURES = {b"OsmSchema-V0.6", b"DenseNodes"}
_PLACES_IN_WAYS = b"LocationsOnWays"
_VARINT, _LENGTH = 0, 2
_BYTES_OF = {1: 8, 5: 4}


class UnknownExtract(Exception):
    """The file is damaged or holds what is not known here: another reader must say which."""


class Extract(NamedTuple):
    """An extract of a kind that is known here."""

    said_date: date | None
    """The extract's own."""
    blocks: Iterator[bytes]
    """Unpacked; raises :class:`UnknownExtract` where the packing is damaged or of another kind."""


@contextmanager
def extract(path: Path) -> Iterator[Extract]:
    """Open an extract.

    Raises
    ------
    UnknownExtract
        If it is no extract, is packed or written in a way that is not known here, or is damaged.
    """
    with path.open("rb") as file:
        kind, head = next(_blobs(file), (b"", b""))
        if kind != b"OSMHeader":
            raise UnknownExtract
        yield Extract(_date_of(head), _blocks(file))


def _date_of(head: bytes) -> date | None:
    """The date of a head whose features are all known."""
    said = list(_fields(head))
    features = {bytes(value) for number, value in said if number in (4, 5) and not isinstance(value, int)}
    needed = {bytes(value) for number, value in said if number == 4 and not isinstance(value, int)}
    if needed - _KNOWN_FEATURES or _PLACES_IN_WAYS in features:
        raise UnknownExtract
    second = next((value for number, value in said if number == 32), 0)
    if not isinstance(second, int) or not 0 <= second < 2**32:
        raise UnknownExtract
    return datetime.fromtimestamp(second, tz=UTC).date() if second else None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    for kind, data in _blobs(file):
        if kind != b"OSMData":
            raise UnknownExtract
        yield data


def _blobs(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Kind and unpacked content of every blob from here on."""
    while size := file.read(4):
        head = dict(_fields(_exactly(file, int.from_bytes(size), MOST_HEAD_BYTES)))
        kind, n_bytes = head.get(1), head.get(3)
        if len(size) < 4 or not isinstance(n_bytes, int) or kind is None or isinstance(kind, int):
            raise UnknownExtract
        yield bytes(kind), _unpacked(_exactly(file, n_bytes, MOST_BLOCK_BYTES))


def _exactly(file: BinaryIO, n_bytes: int, most: int) -> bytes:
    data = file.read(n_bytes) if n_bytes <= most else b""
    if len(data) < n_bytes:
        raise UnknownExtract
    return data


def _unpacked(blob: bytes) -> bytes:
    """The content of a blob that is plain or packed by zlib, never more than the format allows."""
    parts = dict(_fields(blob))
    raw, packed = parts.get(1), parts.get(3)
    if raw is not None and packed is None and not isinstance(raw, int):
        return bytes(raw)
    n_bytes = parts.get(2)
    if not isinstance(packed, memoryview) or not isinstance(n_bytes, int) or n_bytes > MOST_BLOCK_BYTES:
        raise UnknownExtract
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed, n_bytes + 1)
    except zlib.error as error:
        raise UnknownExtract from error
    if len(data) != n_bytes or not unpacking.eof:
        raise UnknownExtract
    return data


def _fields(message: bytes) -> Iterator[tuple[int, int | memoryview]]:
    """Numbers and bytes of a message of Protocol Buffers."""
    view, at = memoryview(message), 0
    while at < len(view):
        key, at = _varint(view, at)
        value, at = (0, at) if key & 7 in _BYTES_OF else _varint(view, at)
        if key & 7 == _VARINT:
            yield key >> 3, value
            continue
        n_bytes = value if key & 7 == _LENGTH else _BYTES_OF.get(key & 7)
        if n_bytes is None or n_bytes > len(view) - at:
            raise UnknownExtract
        yield key >> 3, view[at : at + n_bytes]
        at += n_bytes


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(view[at : at + 10]):
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise UnknownExtract
