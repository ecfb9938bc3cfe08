"""Streets as arrays. Frozen, read-only: building them is compute, keeping them is the store.

Ragged values use offsets: line ``i`` owns the points ``start_of_line[i]`` up to ``start_of_line[i + 1]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.units import BoolArray, Float32Array, FloatArray, Int32Array, IntArray, UInt8Array

CLOSED: Final = 0
OPEN: Final = 1
ENDS_ONLY: Final = 2
"""Access of one travel along a way: a way that is ENDS_ONLY may begin or end a trip and is never a shortcut."""

FOOT: Final = 0
BIKE_FORWARD: Final = 1
BIKE_BACKWARD: Final = 2
CAR_FORWARD: Final = 3
CAR_BACKWARD: Final = 4
N_TRAVELS: Final = 5
"""Columns of a row of access; forward is from the first point of a line to its last."""

TURNED: Final = (FOOT, BIKE_BACKWARD, BIKE_FORWARD, CAR_BACKWARD, CAR_FORWARD)
"""``row[list(TURNED)]`` is the access of a line that runs the other way."""

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


def on_foot_only(is_walkable: BoolArray) -> UInt8Array:
    """(n, 5) access of ways that are open to walkers or to nobody."""
    access = np.full((len(is_walkable), N_TRAVELS), CLOSED, dtype=np.uint8)
    access[is_walkable, FOOT] = OPEN
    return access


def is_walkable(access: UInt8Array) -> BoolArray:
    """(n,) of (n, 5): whether walkers may use it, be it at the ends of a walk only."""
    return np.asarray(access[:, FOOT] != CLOSED)


def is_routable(access: UInt8Array) -> BoolArray:
    """(n,) of (n, 5): whether any travel may use it."""
    return np.asarray((access != CLOSED).any(axis=1))


def is_for_cars(access: UInt8Array) -> BoolArray:
    """(n,) of (n, 5): whether cars may go one way or the other."""
    return np.asarray((access[:, CAR_FORWARD] != CLOSED) | (access[:, CAR_BACKWARD] != CLOSED))


def read_only(array: AnyArray) -> AnyArray:
    """The array, which from now on refuses to be written to."""
    array.flags.writeable = False
    return array


def _no_ints() -> IntArray:
    return read_only(np.empty(0, dtype=np.int64))


def _no_int32s() -> Int32Array:
    return read_only(np.empty(0, dtype=np.int32))


def _no_flags() -> BoolArray:
    return read_only(np.empty(0, dtype=np.bool_))


def _no_points() -> FloatArray:
    return read_only(np.empty((0, 2)))


def _no_access() -> UInt8Array:
    return read_only(np.empty((0, N_TRAVELS), dtype=np.uint8))


def _no_lines() -> IntArray:
    return read_only(np.zeros(1, dtype=np.int64))


@dataclass(frozen=True)
class StreetLines:
    """Ways as a file has them, not yet cut at junctions.

    Places are named by their key. A stop stands at a place of a way (a gate, a bollard) and says what may pass it; a
    turn goes along the step from one place to the next, and from there to a third.
    """

    lonlat_of_point: FloatArray
    """(n_points, 2) degrees, EPSG:4326."""
    key_of_point: IntArray
    """(n_points,) points with one key are one place where ways meet: the OSM node, or the rounded coordinates."""
    start_of_line: IntArray
    """(n_lines + 1,) offsets into the points."""
    highway_of_line: Sequence[str]
    """(n_lines,) OpenStreetMap class."""
    name_of_line: Sequence[str | None]
    access_of_line: UInt8Array
    """(n_lines, 5) CLOSED, OPEN or ENDS_ONLY for FOOT, BIKE_FORWARD, BIKE_BACKWARD, CAR_FORWARD, CAR_BACKWARD."""
    is_bridge_of_line: BoolArray
    is_tunnel_of_line: BoolArray
    is_steps_of_line: BoolArray
    max_kmh_of_line: Float32Array
    """(n_lines,) as signed; 0 where nothing is signed, or where no car goes."""
    key_of_stop: IntArray = field(default_factory=_no_ints)
    access_of_stop: UInt8Array = field(default_factory=_no_access)
    """(n_stops, 5) of those who pass it, whatever the way says."""
    from_key_of_turn: IntArray = field(default_factory=_no_ints)
    """(n_turns,) the place before the turn: of restrictions, as the file has them."""
    via_key_of_turn: IntArray = field(default_factory=_no_ints)
    to_key_of_turn: IntArray = field(default_factory=_no_ints)
    is_only_of_turn: BoolArray = field(default_factory=_no_flags)
    """(n_turns,) true: this turn and no other is allowed; false: it is forbidden."""
    is_for_bike_of_turn: BoolArray = field(default_factory=_no_flags)
    is_for_car_of_turn: BoolArray = field(default_factory=_no_flags)

    @property
    def is_walkable_of_line(self) -> BoolArray:
        """(n_lines,) whether anybody may walk there, be it at the ends of a walk only."""
        return is_walkable(self.access_of_line)


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
class Gates:
    """Where one may pass a wall or the outline of a compound on foot, and the outlines that have such a gate."""

    lonlat_of_gate: FloatArray = field(default_factory=_no_points)
    """(n_gates, 2) on the wall or the outline."""
    outline_of_gate: Int32Array = field(default_factory=_no_int32s)
    """(n_gates,) NONE where it is in a wall only; a gate in two outlines stands here twice."""
    lonlat_of_outline_point: FloatArray = field(default_factory=_no_points)
    start_of_outline: IntArray = field(default_factory=_no_lines)
    """(n_outlines + 1,) offsets into the points; every outline is a closed ring."""


NO_GATES = Gates()


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
    """Streets cut into pieces at junctions: what one import brings.

    Routable pieces (open to any travel) come first, then lines that are drawn only. A piece without length joins the
    two sides of a gate or bollard: its access is that of passing it.
    """

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
    access_of_piece: UInt8Array
    """(n_pieces, 5) as of lines; forward is from the from-node to the to-node."""
    is_bridge_of_piece: BoolArray
    is_tunnel_of_piece: BoolArray
    is_steps_of_piece: BoolArray
    max_kmh_of_piece: Float32Array
    """(n_pieces,) as signed; 0 where nothing is signed, or where no car goes."""
    from_piece_of_turn: Int32Array = field(default_factory=_no_int32s)
    via_node_of_turn: Int32Array = field(default_factory=_no_int32s)
    to_piece_of_turn: Int32Array = field(default_factory=_no_int32s)
    is_only_of_turn: BoolArray = field(default_factory=_no_flags)
    is_for_bike_of_turn: BoolArray = field(default_factory=_no_flags)
    is_for_car_of_turn: BoolArray = field(default_factory=_no_flags)

    @property
    def is_walkable_of_piece(self) -> BoolArray:
        """(n_pieces,) whether anybody may walk there, be it at the ends of a walk only."""
        return is_walkable(self.access_of_piece)

    @property
    def is_routable_of_piece(self) -> BoolArray:
        """(n_pieces,) whether any travel may use it."""
        return is_routable(self.access_of_piece)


@dataclass(frozen=True)
class StreetGraph:
    """The routable streets of all live networks together, as reach needs them."""

    network_ids: tuple[int, ...]
    arrays_hash: str
    """sha256 over the live networks' own hashes."""
    network_date: date | None
    """The oldest date among them."""
    lonlat_of_node: FloatArray
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    length_m_of_piece: FloatArray
    """(n_pieces,) 0 where the piece joins the two sides of a gate or bollard."""
    component_m_of_piece: FloatArray
    """(n_pieces,) length of the walkable component it lies in; 0 where not walkable."""
    lonlat_of_point: FloatArray
    start_of_piece: IntArray
    highway_of_piece: Sequence[str]
    name_of_piece: Sequence[str | None]
    access_of_piece: UInt8Array
    """(n_pieces, 5) CLOSED, OPEN or ENDS_ONLY for FOOT, BIKE_FORWARD, BIKE_BACKWARD, CAR_FORWARD, CAR_BACKWARD."""
    is_steps_of_piece: BoolArray
    max_kmh_of_piece: Float32Array
    lonlat_of_barrier_point: FloatArray
    start_of_barrier: IntArray
    """Only barriers that stop walkers."""
    from_piece_of_turn: Int32Array = field(default_factory=_no_int32s)
    """(n_turns,) who comes along this piece to the node ``via`` ..."""
    via_node_of_turn: Int32Array = field(default_factory=_no_int32s)
    to_piece_of_turn: Int32Array = field(default_factory=_no_int32s)
    """(n_turns,) ... may not go on along this piece, or may go on along no other."""
    is_only_of_turn: BoolArray = field(default_factory=_no_flags)
    is_for_bike_of_turn: BoolArray = field(default_factory=_no_flags)
    is_for_car_of_turn: BoolArray = field(default_factory=_no_flags)
    lonlat_of_gate: FloatArray = field(default_factory=_no_points)
    """As of :class:`Gates`."""
    outline_of_gate: Int32Array = field(default_factory=_no_int32s)
    lonlat_of_outline_point: FloatArray = field(default_factory=_no_points)
    start_of_outline: IntArray = field(default_factory=_no_lines)
