"""Streets as rows of the tables, for COPY."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.store.street_tables import TRAVELS
from geo.streets import Barriers, Gates, Lands, StreetNetwork
from geo.units import NONE, WGS84, FloatArray, IntArray

MIN_EXTENT_DEG = 1e-6
"""A single street due north has a box without width: the extent is widened by this much (0.1 m)."""

PIECE_COLUMNS = (
    "network_id", "piece", "from_node", "to_node", "length_m", "highway", "is_walkable", "component_m",
    "name", "is_bridge", "is_tunnel", "geom", *TRAVELS, "is_steps", "max_kmh",
)  # fmt: skip
BARRIER_COLUMNS = ("network_id", "barrier", "kind", "name", "is_bridge", "stops_walkers", "geom")

TURN_COLUMNS = ("network_id", "turn", "from_piece", "via_node", "to_piece", "is_only", "is_for_bike", "is_for_car")

Row = tuple[Any, ...]


def node_rows(network_id: int, network: StreetNetwork) -> Iterator[Row]:
    """Of street_node."""
    shapes = _ewkb(shapely.points(network.lonlat_of_node))
    return ((network_id, node, shape) for node, shape in enumerate(shapes))


def piece_rows(network_id: int, network: StreetNetwork) -> Iterator[Row]:
    """Of street_piece, in the order of PIECE_COLUMNS."""
    rows = zip(
        network.from_node_of_piece.tolist(),
        network.to_node_of_piece.tolist(),
        network.length_m_of_piece.tolist(),
        network.highway_of_piece,
        network.is_walkable_of_piece.tolist(),
        network.component_m_of_piece.tolist(),
        network.name_of_piece,
        network.is_bridge_of_piece.tolist(),
        network.is_tunnel_of_piece.tolist(),
        _ewkb(_linestrings(network.lonlat_of_point, network.start_of_piece)),
        *network.access_of_piece.T.tolist(),
        network.is_steps_of_piece.tolist(),
        network.max_kmh_of_piece.tolist(),
        strict=True,
    )
    return ((network_id, piece, *row) for piece, row in enumerate(rows))


def barrier_rows(network_id: int, barriers: Barriers) -> Iterator[Row]:
    """Of barrier, in the order of BARRIER_COLUMNS."""
    rows = zip(
        barriers.kind_of_line,
        barriers.name_of_line,
        barriers.is_bridge_of_line.tolist(),
        barriers.stops_walkers_of_line.tolist(),
        _ewkb(_linestrings(barriers.lonlat_of_point, barriers.start_of_line)),
        strict=True,
    )
    return ((network_id, number, *row) for number, row in enumerate(rows))


def turn_rows(network_id: int, network: StreetNetwork) -> Iterator[Row]:
    """Of street_turn, in the order of TURN_COLUMNS."""
    rows = zip(
        network.from_piece_of_turn.tolist(),
        network.via_node_of_turn.tolist(),
        network.to_piece_of_turn.tolist(),
        network.is_only_of_turn.tolist(),
        network.is_for_bike_of_turn.tolist(),
        network.is_for_car_of_turn.tolist(),
        strict=True,
    )
    return ((network_id, number, *row) for number, row in enumerate(rows))


def gate_rows(network_id: int, gates: Gates) -> Iterator[Row]:
    """Of street_gate."""
    outlines = [None if outline == NONE else outline for outline in gates.outline_of_gate.tolist()]
    rows = zip(outlines, _ewkb(shapely.points(gates.lonlat_of_gate)), strict=True)
    return ((network_id, number, *row) for number, row in enumerate(rows))


def outline_rows(network_id: int, gates: Gates) -> Iterator[Row]:
    """Of compound_outline."""
    shapes = _ewkb(_linestrings(gates.lonlat_of_outline_point, gates.start_of_outline))
    return ((network_id, number, shape) for number, shape in enumerate(shapes))


def land_rows(network_id: int, lands: Lands) -> Iterator[Row]:
    """Of land."""
    shapes = shapely.from_wkb(np.array(lands.wkb, dtype=object))
    shapes = [shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]) for shape in shapes]
    rows = zip(lands.kind, lands.name, _ewkb(np.array(shapes, dtype=object)), strict=True)
    return ((network_id, number, *row) for number, row in enumerate(rows))


def _linestrings(lonlat_of_point: FloatArray, start_of_line: IntArray) -> NDArray[np.object_]:
    line_of_point = np.repeat(np.arange(len(start_of_line) - 1), np.diff(start_of_line))
    shapes: NDArray[np.object_] = shapely.linestrings(lonlat_of_point.reshape(-1, 2), indices=line_of_point)
    return shapes


def _ewkb(shapes: NDArray[np.object_]) -> list[str]:
    written: list[str] = shapely.to_wkb(shapely.set_srid(shapes, WGS84), hex=True, include_srid=True).tolist()
    return written


def extent_wkt(network: StreetNetwork) -> str:
    """The box around all streets."""
    points = network.lonlat_of_point
    west, south = points.min(axis=0) - MIN_EXTENT_DEG
    east, north = points.max(axis=0) + MIN_EXTENT_DEG
    return f"SRID={WGS84};{shapely.box(west, south, east, north).wkt}"
