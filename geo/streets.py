"""Streets as arrays. Frozen, read-only: building them is compute, keeping them is the store.

Ragged values use offsets: line ``i`` owns the points ``start_of_line[i]`` up to ``start_of_line[i + 1]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.units import BoolArray, FloatArray, Int32Array, IntArray

PLACES_PER_DEGREE = 10_000_000
"""Two points are one place where their coordinates agree to 1e-7 degree (about 1 cm), OpenStreetMap's own grain."""

AnyArray = TypeVar("AnyArray", bound=NDArray[np.generic])


def place_keys(lonlat: FloatArray) -> IntArray:
    """One number per place: (n,) from (n, 2) degrees; equal where coordinates agree to 1e-7 degree.

    >>> keys = place_keys(np.array([[111.65, 40.81], [111.65000001, 40.81], [111.6500001, 40.81]]))
    >>> (keys == keys[0]).tolist()
    [True, True, False]
    """
    whole = np.rint(np.asarray(lonlat, dtype=np.float64).reshape(-1, 2) * PLACES_PER_DEGREE).astype(np.int64)
    return (whole[:, 0] + 180 * PLACES_PER_DEGREE) * 2**31 + whole[:, 1] + 90 * PLACES_PER_DEGREE


def read_only(array: AnyArray) -> AnyArray:
    """The array, which from now on refuses to be written to."""
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class StreetLines:
    """Ways as a file has them, not yet cut at junctions."""

    lonlat_of_point: FloatArray
    """(n_points, 2) degrees, EPSG:4326."""
    key_of_point: IntArray
    """(n_points,) points with one key are one place where ways meet: the OSM node, or the rounded coordinates."""
    start_of_line: IntArray
    """(n_lines + 1,) offsets into the points."""
    highway_of_line: Sequence[str]
    """(n_lines,) OpenStreetMap class."""
    name_of_line: Sequence[str | None]
    is_walkable_of_line: BoolArray
    is_bridge_of_line: BoolArray
    is_tunnel_of_line: BoolArray


@dataclass(frozen=True)
class Barriers:
    """What a straight connector may not cross, and what the map draws of it."""

    lonlat_of_point: FloatArray
    start_of_line: IntArray
    kind_of_line: Sequence[str]
    """(n_lines,) rail, river, wall or expressway."""
    name_of_line: Sequence[str | None]
    is_bridge_of_line: BoolArray
    stops_walkers_of_line: BoolArray
    """(n_lines,) false where it runs in a tunnel or on a bridge: drawn only."""


@dataclass(frozen=True)
class Lands:
    """Surfaces that the map draws and the search finds. Reach does not use them."""

    wkb: Sequence[bytes]
    """(n_lands,) polygon or multipolygon, EPSG:4326."""
    kind: Sequence[str]
    """water, green, compound, school, industry, plaza."""
    name: Sequence[str | None]


@dataclass(frozen=True)
class StreetNetwork:
    """Streets cut into pieces at junctions: what one import brings."""

    lonlat_of_node: FloatArray
    """(n_nodes, 2) junctions and ends."""
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    length_m_of_piece: FloatArray
    """(n_pieces,) summed along the shape, in the local metric frame."""
    component_m_of_piece: FloatArray
    """(n_pieces,) length of the walkable component it lies in; 0 where not walkable."""
    lonlat_of_point: FloatArray
    start_of_piece: IntArray
    """(n_pieces + 1,) offsets into the points; the first point is the from-node, the last the to-node."""
    highway_of_piece: Sequence[str]
    name_of_piece: Sequence[str | None]
    is_walkable_of_piece: BoolArray
    is_bridge_of_piece: BoolArray
    is_tunnel_of_piece: BoolArray


@dataclass(frozen=True)
class StreetGraph:
    """The walkable streets of all live networks together, as reach needs them."""

    network_ids: tuple[int, ...]
    arrays_hash: str
    """sha256 over the live networks' own hashes."""
    network_date: date | None
    """The oldest date among them."""
    lonlat_of_node: FloatArray
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    length_m_of_piece: FloatArray
    component_m_of_piece: FloatArray
    lonlat_of_point: FloatArray
    start_of_piece: IntArray
    name_of_piece: Sequence[str | None]
    lonlat_of_barrier_point: FloatArray
    start_of_barrier: IntArray
    """Only barriers that stop walkers."""
