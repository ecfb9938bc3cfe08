"""Streets in the store: one version per import of a source; the live versions of all sources are the city's streets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select, update

from geo.errors import StreetsMissing
from geo.store.bulk import copy_rows
from geo.store.database import sql
from geo.store.tables import barrier, import_batch, land, street_network, street_node, street_piece
from geo.streets import Barriers, Lands, StreetGraph, StreetNetwork, read_only
from geo.units import WGS84, FloatArray, Int32Array, IntArray

WKB_HEADER_BYTES = 9
"""Byte order, type and number of points in front of a line's points."""

POINT_BYTES = 16

MIN_EXTENT_DEG = 1e-6
"""A single street due north has a box without width: the extent is widened by this much (0.1 m)."""


def save_network(  # noqa: PLR0913 -- one row of street_network, and what hangs from it
    conn: Connection,
    network: StreetNetwork,
    barriers: Barriers,
    lands: Lands,
    *,
    source: str,
    network_date: date | None,
    import_id: int | None,
    at: datetime,
    summary: dict[str, Any] | None = None,
) -> int:
    """Keep a network as the live version of its source; the version that was live is retired, not deleted.

    Returns
    -------
    network_id
    """
    conn.execute(
        update(street_network)
        .where(street_network.c.source == source, street_network.c.retired_at.is_(None))
        .values(retired_at=at, retired_by_import_id=import_id)
    )
    last = conn.execute(select(func.max(street_network.c.version)).where(street_network.c.source == source)).scalar()
    network_id: int = conn.execute(
        insert(street_network)
        .values(
            source=source,
            version=(last or 0) + 1,
            network_date=network_date,
            arrays_hash=arrays_hash(network, barriers),
            summary=summary or {},
            extent=_extent_wkt(network),
            import_id=import_id,
        )
        .returning(street_network.c.id)
    ).scalar_one()
    copy_rows(conn, street_node, ("network_id", "node", "geom"), _node_rows(network_id, network))
    copy_rows(conn, street_piece, PIECE_COLUMNS, _piece_rows(network_id, network))
    copy_rows(conn, barrier, BARRIER_COLUMNS, _barrier_rows(network_id, barriers))
    copy_rows(conn, land, ("network_id", "land", "kind", "name", "geom"), _land_rows(network_id, lands))
    return network_id


def load_graph(conn: Connection) -> StreetGraph:
    """The walkable pieces of all live networks, and the barriers that stop walkers.

    Networks of different sources lie side by side here, not yet connected: ``geo.compute.network.joined`` does that.

    Raises
    ------
    StreetsMissing
        If no network is live.
    """
    live = _live_networks(conn)
    pieces = conn.execute(sql("live_pieces")).one()
    barriers = conn.execute(sql("live_barriers")).one()
    lonlat_of_point, start_of_piece = _lines(pieces.n_points, pieces.shapes)
    lonlat_of_barrier_point, start_of_barrier = _lines(barriers.n_points, barriers.shapes)
    lonlat_of_node, from_node_of_piece, to_node_of_piece = _nodes(
        _unpacked(pieces.network_id, ">i8"),
        np.stack([_unpacked(pieces.from_node, ">i4"), _unpacked(pieces.to_node, ">i4")]),
        np.stack([lonlat_of_point[start_of_piece[:-1]], lonlat_of_point[start_of_piece[1:] - 1]]),
    )
    return StreetGraph(
        network_ids=tuple(row.id for row in live),
        arrays_hash=_hash_of(live),
        network_date=min((row.network_date for row in live if row.network_date), default=None),
        lonlat_of_node=read_only(lonlat_of_node),
        from_node_of_piece=read_only(from_node_of_piece),
        to_node_of_piece=read_only(to_node_of_piece),
        length_m_of_piece=read_only(_unpacked(pieces.length_m, ">f8")),
        component_m_of_piece=read_only(_unpacked(pieces.component_m, ">f8")),
        lonlat_of_point=read_only(lonlat_of_point),
        start_of_piece=read_only(start_of_piece),
        name_of_piece=tuple(pieces.names or ()),
        lonlat_of_barrier_point=read_only(lonlat_of_barrier_point),
        start_of_barrier=read_only(start_of_barrier),
    )


def live_hash(conn: Connection) -> str:
    """The ``arrays_hash`` that :func:`load_graph` would bring, without loading it.

    Raises
    ------
    StreetsMissing
        If no network is live.
    """
    return _hash_of(_live_networks(conn))


def _live_networks(conn: Connection) -> Sequence[Any]:
    live = conn.execute(sql("live_networks")).all()
    if not live:
        raise StreetsMissing("streets_missing")
    return live


def _hash_of(live: Sequence[Any]) -> str:
    return hashlib.sha256("".join(sorted(row.arrays_hash for row in live)).encode()).hexdigest()


def extents(conn: Connection) -> list[shapely.Polygon]:
    """The box of every live network, EPSG:4326; empty without streets."""
    boxes = select(func.ST_AsBinary(street_network.c.extent)).where(street_network.c.retired_at.is_(None))
    return [shapely.from_wkb(bytes(box)) for box in conn.execute(boxes.order_by(street_network.c.id)).scalars()]


def live_batch(conn: Connection, source: str) -> Any | None:
    """The import that brought the live network of a source: sha256, options, report; None without one."""
    b, n = import_batch.c, street_network.c
    batches = select(b.sha256, b.options, b.data_date, b.report).join(street_network, n.import_id == b.id)
    return conn.execute(batches.where(n.source == source, n.retired_at.is_(None))).one_or_none()


def arrays_hash(network: StreetNetwork, barriers: Barriers) -> str:
    """sha256 over what reach is computed from: walkable pieces, and barriers that stop walkers."""
    walkable = network.is_walkable_of_piece
    points, starts = _taken(network.lonlat_of_point, network.start_of_piece, walkable)
    barrier_points, barrier_starts = _taken(
        barriers.lonlat_of_point, barriers.start_of_line, barriers.stops_walkers_of_line
    )
    digest = hashlib.sha256()
    for values, kind in (
        (network.from_node_of_piece[walkable], "<i4"),
        (network.to_node_of_piece[walkable], "<i4"),
        (network.length_m_of_piece[walkable], "<f8"),
        (network.component_m_of_piece[walkable], "<f8"),
        (points, "<f8"),
        (starts, "<i8"),
        (barrier_points, "<f8"),
        (barrier_starts, "<i8"),
    ):
        digest.update(len(values).to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(values, dtype=kind).tobytes())
    return digest.hexdigest()


PIECE_COLUMNS = (
    "network_id", "piece", "from_node", "to_node", "length_m", "highway", "is_walkable", "component_m",
    "name", "is_bridge", "is_tunnel", "geom",
)  # fmt: skip
BARRIER_COLUMNS = ("network_id", "barrier", "kind", "name", "is_bridge", "stops_walkers", "geom")

Row = tuple[Any, ...]


def _node_rows(network_id: int, network: StreetNetwork) -> Iterator[Row]:
    shapes = _ewkb(shapely.points(network.lonlat_of_node))
    return ((network_id, node, shape) for node, shape in enumerate(shapes))


def _piece_rows(network_id: int, network: StreetNetwork) -> Iterator[Row]:
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
        strict=True,
    )
    return ((network_id, piece, *row) for piece, row in enumerate(rows))


def _barrier_rows(network_id: int, barriers: Barriers) -> Iterator[Row]:
    rows = zip(
        barriers.kind_of_line,
        barriers.name_of_line,
        barriers.is_bridge_of_line.tolist(),
        barriers.stops_walkers_of_line.tolist(),
        _ewkb(_linestrings(barriers.lonlat_of_point, barriers.start_of_line)),
        strict=True,
    )
    return ((network_id, number, *row) for number, row in enumerate(rows))


def _land_rows(network_id: int, lands: Lands) -> Iterator[Row]:
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


def _unpacked(packed: memoryview | None, kind: str) -> NDArray[Any]:
    """Numbers that the database packed (big-endian) as an array of the machine's own."""
    values = np.frombuffer(packed or b"", dtype=kind)
    return values.astype(values.dtype.newbyteorder("="))


def _lines(n_points: memoryview | None, wkb: memoryview | None) -> tuple[FloatArray, IntArray]:
    """Points of all lines, and (n + 1,) offsets, from the lines' little-endian WKB end to end."""
    starts = np.concatenate([[0], np.cumsum(_unpacked(n_points, ">i4"), dtype=np.int64)])
    header = starts[:-1] * POINT_BYTES + np.arange(len(starts) - 1) * WKB_HEADER_BYTES
    octets = np.frombuffer(wkb or b"", dtype=np.uint8)
    is_point = np.ones(len(octets), dtype=np.bool_)
    is_point[(header[:, None] + np.arange(WKB_HEADER_BYTES)).ravel()] = False
    return octets[is_point].view("<f8").astype(np.float64).reshape(-1, 2), starts


def _taken(
    lonlat_of_point: FloatArray, start_of_line: IntArray, wanted: NDArray[np.bool_]
) -> tuple[FloatArray, IntArray]:
    """Only the wanted lines, points and offsets."""
    n_points = np.diff(start_of_line)
    return lonlat_of_point[np.repeat(wanted, n_points)], np.concatenate([[0], np.cumsum(n_points[wanted])])


def _nodes(
    network_of_piece: IntArray, node_of_end: IntArray, lonlat_of_end: FloatArray
) -> tuple[FloatArray, Int32Array, Int32Array]:
    """Only the nodes that these pieces end at, numbered from 0 in the order of networks and of nodes within one."""
    code_of_end = (network_of_piece << 32) + node_of_end
    _, first_end, number_of_end = np.unique(code_of_end.ravel(), return_index=True, return_inverse=True)
    from_node, to_node = number_of_end.astype(np.int32).reshape(2, -1)
    return lonlat_of_end.reshape(-1, 2)[first_end], from_node, to_node


def _extent_wkt(network: StreetNetwork) -> str:
    points = network.lonlat_of_point
    west, south = points.min(axis=0) - MIN_EXTENT_DEG
    east, north = points.max(axis=0) + MIN_EXTENT_DEG
    return f"SRID={WGS84};{shapely.box(west, south, east, north).wkt}"
