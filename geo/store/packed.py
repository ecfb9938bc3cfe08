"""Columns that the database packed into one value each, as arrays: see live_pieces.sql."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.streets import N_TRAVELS
from geo.units import BoolArray, FloatArray, Int32Array, IntArray, UInt8Array

WKB_HEADER_BYTES = 9
"""Byte order, type and number of points in front of a line's points."""

POINT_BYTES = 16


def unpacked(packed: memoryview | bytes | None, kind: str) -> NDArray[Any]:
    """Numbers that the database packed (big-endian) as an array of the machine's own."""
    values = np.frombuffer(packed or b"", dtype=kind)
    return values.astype(values.dtype.newbyteorder("="))


def lines_of(row: Any) -> tuple[FloatArray, IntArray]:
    """Points of all lines, and (n + 1,) offsets, from the lines' little-endian WKB end to end."""
    starts = np.concatenate([[0], np.cumsum(unpacked(row.n_points, ">i4"), dtype=np.int64)])
    header = starts[:-1] * POINT_BYTES + np.arange(len(starts) - 1) * WKB_HEADER_BYTES
    octets = np.frombuffer(row.shapes or b"", dtype=np.uint8)
    is_point = np.ones(len(octets), dtype=np.bool_)
    is_point[(header[:, None] + np.arange(WKB_HEADER_BYTES)).ravel()] = False
    return octets[is_point].view("<f8").astype(np.float64).reshape(-1, 2), starts


def flags(packed: memoryview | None) -> BoolArray:
    """Packed truths."""
    return np.frombuffer(packed or b"", dtype=np.uint8).astype(np.bool_)


def access_of(packed: memoryview | None) -> UInt8Array:
    """(n, 5) codes from numbers to the base of three."""
    numbers = unpacked(packed, ">i4")
    return (numbers[:, None] // 3 ** np.arange(N_TRAVELS) % 3).astype(np.uint8)


def codes_of(network: IntArray, number: NDArray[Any]) -> IntArray:
    """One whole number for a number within a network, in the order of both."""
    codes: IntArray = (network << 32) + number
    return codes


def nodes_of(
    network_of_piece: IntArray, node_of_end: IntArray, lonlat_of_end: FloatArray
) -> tuple[IntArray, FloatArray, Int32Array, Int32Array]:
    """Only the nodes that these pieces end at, numbered from 0 in the order of networks and of nodes within one."""
    code_of_end = codes_of(network_of_piece, node_of_end)
    codes, first_end, number_of_end = np.unique(code_of_end.ravel(), return_index=True, return_inverse=True)
    from_node, to_node = number_of_end.astype(np.int32).reshape(2, -1)
    return codes, lonlat_of_end.reshape(-1, 2)[first_end], from_node, to_node
