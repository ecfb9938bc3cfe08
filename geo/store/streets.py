"""Streets in the store: one version per import of a source; the live versions of all sources are the city's streets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, insert, select, update

from geo.errors import StreetsMissing
from geo.store.bulk import copy_rows
from geo.store.database import sql
from geo.store.packed import access_of, codes_of, flags, lines_of, nodes_of, unpacked
from geo.store.street_rows import (
    BARRIER_COLUMNS,
    PIECE_COLUMNS,
    TURN_COLUMNS,
    barrier_rows,
    extent_wkt,
    gate_rows,
    land_rows,
    node_rows,
    outline_rows,
    piece_rows,
    turn_rows,
)
from geo.store.street_tables import (
    barrier,
    compound_outline,
    land,
    street_gate,
    street_network,
    street_node,
    street_piece,
    street_turn,
)
from geo.store.tables import import_batch
from geo.streets import NO_GATES, Barriers, Gates, Lands, StreetGraph, StreetNetwork, is_for_cars, read_only
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


def save_network(  # noqa: PLR0913 -- one row of street_network, and what hangs from it
    conn: Connection,
    network: StreetNetwork,
    barriers: Barriers,
    lands: Lands,
    gates: Gates = NO_GATES,
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
            arrays_hash=arrays_hash(network, barriers, gates),
            summary=summary or {},
            extent=extent_wkt(network),
            import_id=import_id,
        )
        .returning(street_network.c.id)
    ).scalar_one()
    copy_rows(conn, street_node, ("network_id", "node", "geom"), node_rows(network_id, network))
    copy_rows(conn, street_piece, PIECE_COLUMNS, piece_rows(network_id, network))
    copy_rows(conn, street_turn, TURN_COLUMNS, turn_rows(network_id, network))
    copy_rows(conn, street_gate, ("network_id", "gate", "outline", "geom"), gate_rows(network_id, gates))
    copy_rows(conn, compound_outline, ("network_id", "outline", "geom"), outline_rows(network_id, gates))
    copy_rows(conn, barrier, BARRIER_COLUMNS, barrier_rows(network_id, barriers))
    copy_rows(conn, land, ("network_id", "land", "kind", "name", "geom"), land_rows(network_id, lands))
    return network_id


def load_graph(conn: Connection) -> StreetGraph:
    """The routable pieces of all live networks, turns, gates, and the barriers that stop walkers.

    Networks of different sources lie side by side here, not yet connected: ``geo.compute.streets.joined.joined`` does
    that.

    Raises
    ------
    StreetsMissing
        If no network is live.
    """
    live = _live_networks(conn)
    pieces = conn.execute(sql("live_pieces")).one()
    barriers = conn.execute(sql("live_barriers")).one()
    gates = _gates(conn)
    network, lonlat_of_point, start_of_piece = unpacked(pieces.network_id, ">i8"), *lines_of(pieces)
    lonlat_of_barrier_point, start_of_barrier = lines_of(barriers)
    code_of_node, lonlat_of_node, from_node_of_piece, to_node_of_piece = nodes_of(
        network,
        np.stack([unpacked(pieces.from_node, ">i4"), unpacked(pieces.to_node, ">i4")]),
        np.stack([lonlat_of_point[start_of_piece[:-1]], lonlat_of_point[start_of_piece[1:] - 1]]),
    )
    return StreetGraph(
        network_ids=tuple(row.id for row in live),
        arrays_hash=_hash_of(live),
        network_date=min((row.network_date for row in live if row.network_date), default=None),
        lonlat_of_node=read_only(lonlat_of_node),
        from_node_of_piece=read_only(from_node_of_piece),
        to_node_of_piece=read_only(to_node_of_piece),
        length_m_of_piece=read_only(unpacked(pieces.length_m, ">f8")),
        component_m_of_piece=read_only(unpacked(pieces.component_m, ">f8")),
        lonlat_of_point=read_only(lonlat_of_point),
        start_of_piece=read_only(start_of_piece),
        highway_of_piece=tuple(pieces.highways or ()),
        name_of_piece=tuple(pieces.names or ()),
        access_of_piece=read_only(access_of(pieces.access)),
        is_steps_of_piece=read_only(flags(pieces.is_steps)),
        max_kmh_of_piece=read_only(unpacked(pieces.max_kmh, ">f4")),
        lonlat_of_barrier_point=read_only(lonlat_of_barrier_point),
        start_of_barrier=read_only(start_of_barrier),
        **_turns(conn, codes_of(network, unpacked(pieces.piece, ">i4")), code_of_node),
        lonlat_of_gate=gates.lonlat_of_gate,
        outline_of_gate=gates.outline_of_gate,
        lonlat_of_outline_point=gates.lonlat_of_outline_point,
        start_of_outline=gates.start_of_outline,
    )


def _turns(conn: Connection, code_of_piece: IntArray, code_of_node: IntArray) -> dict[str, Any]:
    """Turns in the numbers of the loaded pieces and nodes."""
    turns = conn.execute(sql("live_turns")).one()
    network = unpacked(turns.network_id, ">i8")

    def numbered(known: IntArray, packed: memoryview | None) -> Int32Array:
        return read_only(np.searchsorted(known, codes_of(network, unpacked(packed, ">i4"))).astype(np.int32))

    return {
        "from_piece_of_turn": numbered(code_of_piece, turns.from_piece),
        "via_node_of_turn": numbered(code_of_node, turns.via_node),
        "to_piece_of_turn": numbered(code_of_piece, turns.to_piece),
        "is_only_of_turn": read_only(flags(turns.is_only)),
        "is_for_bike_of_turn": read_only(flags(turns.is_for_bike)),
        "is_for_car_of_turn": read_only(flags(turns.is_for_car)),
    }


def _gates(conn: Connection) -> Gates:
    """Gates, with their outlines in the numbers of all that are loaded."""
    found = conn.execute(sql("live_gates")).one()
    points, starts = lines_of(found)
    known = codes_of(unpacked(found.network_of_outline, ">i8"), unpacked(found.outline, ">i4"))
    own = unpacked(found.outline_of_gate, ">i4")
    outline = np.searchsorted(known, codes_of(unpacked(found.network_of_gate, ">i8"), own))
    return Gates(
        lonlat_of_gate=read_only(unpacked(found.lonlat_of_gate, ">f8").reshape(-1, 2)),
        outline_of_gate=read_only(np.where(own == NONE, NONE, outline).astype(np.int32)),
        lonlat_of_outline_point=read_only(points),
        start_of_outline=read_only(starts),
    )


def live_hash(conn: Connection) -> str:
    """The ``arrays_hash`` that :func:`load_graph` would bring, without loading it.

    Raises
    ------
    StreetsMissing
        If no network is live.
    """
    return _hash_of(_live_networks(conn))


def live_version(conn: Connection) -> str:
    """One text that changes whenever another network goes live, be its arrays the same or not.

    Raises
    ------
    StreetsMissing
        If no network is live.
    """
    return " ".join(f"{row.id}:{row.network_date}:{row.arrays_hash}" for row in _live_networks(conn))


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


def arrays_hash(network: StreetNetwork, barriers: Barriers, gates: Gates) -> str:
    """sha256 over what reach is computed from: routable pieces, turns, barriers that stop walkers, gates."""
    kept = network.is_routable_of_piece | (network.length_m_of_piece == 0)
    points, starts = _taken(network.lonlat_of_point, network.start_of_piece, kept)
    barrier_points, barrier_starts = _taken(
        barriers.lonlat_of_point, barriers.start_of_line, barriers.stops_walkers_of_line
    )
    classes = "\n".join(np.array(network.highway_of_piece, dtype=object)[kept & is_for_cars(network.access_of_piece)])
    digest = hashlib.sha256(classes.encode())
    for values, kind in (
        (network.from_node_of_piece[kept], "<i4"),
        (network.to_node_of_piece[kept], "<i4"),
        (network.length_m_of_piece[kept], "<f8"),
        (network.component_m_of_piece[kept], "<f8"),
        (points, "<f8"),
        (starts, "<i8"),
        (network.access_of_piece[kept], "u1"),
        (network.is_steps_of_piece[kept], "u1"),
        (network.max_kmh_of_piece[kept], "<f4"),
        (network.from_piece_of_turn, "<i4"),
        (network.via_node_of_turn, "<i4"),
        (network.to_piece_of_turn, "<i4"),
        (network.is_only_of_turn, "u1"),
        (network.is_for_bike_of_turn, "u1"),
        (network.is_for_car_of_turn, "u1"),
        (barrier_points, "<f8"),
        (barrier_starts, "<i8"),
        (gates.lonlat_of_gate, "<f8"),
        (gates.outline_of_gate, "<i4"),
        (gates.lonlat_of_outline_point, "<f8"),
        (gates.start_of_outline, "<i8"),
    ):
        digest.update(len(values).to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(values, dtype=kind).tobytes())
    return digest.hexdigest()


def _taken(lonlat_of_point: FloatArray, start_of_line: IntArray, wanted: BoolArray) -> tuple[FloatArray, IntArray]:
    """Only the wanted lines, points and offsets."""
    n_points = np.diff(start_of_line)
    return lonlat_of_point[np.repeat(wanted, n_points)], np.concatenate([[0], np.cumsum(n_points[wanted])])
