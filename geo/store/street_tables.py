"""The tables of streets: networks, their nodes and pieces, turns and gates, and what lies around them."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.columns import import_id, metadata, row_id, shape, when

street_network = Table(
    "street_network",
    metadata,
    row_id(),
    Column("source", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("network_date", Date),
    Column("arrays_hash", Text, nullable=False, comment="sha256 over what reach is computed from"),
    Column("summary", JSONB, nullable=False, server_default=text("'{}'")),
    Column("extent", Geometry("POLYGON", srid=4326, spatial_index=False), nullable=False),
    import_id(),
    when("retired_at", nullable=True),
    Column("retired_by_import_id", ForeignKey("import_batch.id")),
    UniqueConstraint("source", "version"),
    Index("street_network_live_key", "source", unique=True, postgresql_where=text("retired_at is null")),
    comment="One version of one source's streets; the live ones of all sources are the streets of the city.",
)

street_node = Table(
    "street_node",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("node", Integer, primary_key=True, comment="0 .. n-1 within the network: a junction or an end"),
    shape("POINT"),
)

ACCESS = "0 closed, 1 open, 2 may begin or end a trip only; forward is from from_node to to_node"
TRAVELS = ("foot", "bike_forward", "bike_backward", "car_forward", "car_backward")

street_piece = Table(
    "street_piece",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("piece", Integer, primary_key=True, comment="0 .. n-1 within the network"),
    Column("from_node", Integer, nullable=False),
    Column("to_node", Integer, nullable=False),
    Column("length_m", Double, nullable=False),
    Column("highway", Text, nullable=False, comment="OpenStreetMap class"),
    Column("is_walkable", Boolean, nullable=False),
    *(Column(name, SmallInteger, nullable=False, server_default=text("0"), comment=ACCESS) for name in TRAVELS),
    Column("is_steps", Boolean, nullable=False, server_default=text("false")),
    Column("max_kmh", REAL, nullable=False, server_default=text("0"), comment="as signed; 0 where nothing is signed"),
    Column(
        "component_m", Double, nullable=False, comment="length of ways in its walkable component; 0 if not walkable"
    ),
    Column("name", Text),
    Column("is_bridge", Boolean, nullable=False),
    Column("is_tunnel", Boolean, nullable=False),
    shape("LINESTRING"),
    CheckConstraint(" and ".join(f"{name} in (0,1,2)" for name in TRAVELS), name="access"),
    Index("street_piece_geom_idx", "geom", postgresql_using="gist"),
    Index("street_piece_name_idx", "name", postgresql_where=text("name is not null")),
)

street_turn = Table(
    "street_turn",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("from_piece", Integer, nullable=False),
    Column("via_node", Integer, nullable=False),
    Column("to_piece", Integer, nullable=False),
    Column("is_only", Boolean, nullable=False, comment="the only turn allowed; false: a forbidden one"),
    Column("is_for_bike", Boolean, nullable=False),
    Column("is_for_car", Boolean, nullable=False),
    comment="Turn restrictions: who comes along from_piece to via_node.",
)

street_gate = Table(
    "street_gate",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("gate", Integer, primary_key=True),
    Column("outline", Integer, comment="which compound_outline it lies on; null: in a wall only"),
    shape("POINT"),
    comment="Where one passes a wall or the outline of a compound on foot.",
)

compound_outline = Table(
    "compound_outline",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("outline", Integer, primary_key=True),
    shape("LINESTRING"),
    comment="Closed rings around compounds that have a known gate: walks from home leave through one.",
)

barrier = Table(
    "barrier",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("barrier", Integer, primary_key=True),
    Column("kind", Text, nullable=False, comment="rail, river, wall or expressway"),
    Column("name", Text),
    Column("is_bridge", Boolean, nullable=False, server_default=text("false")),
    Column(
        "stops_walkers", Boolean, nullable=False, comment="false where it runs on a bridge or in a tunnel: drawn only"
    ),
    shape("LINESTRING"),
    Index("barrier_geom_idx", "geom", postgresql_using="gist"),
)

land = Table(
    "land",
    metadata,
    Column("network_id", ForeignKey("street_network.id", ondelete="CASCADE"), primary_key=True),
    Column("land", Integer, primary_key=True),
    Column("kind", Text, nullable=False, comment="water, green, compound, school, industry, plaza"),
    Column("name", Text),
    shape("MULTIPOLYGON"),
    Index("land_geom_idx", "geom", postgresql_using="gist"),
    comment="Surfaces that the map draws and the search finds (compounds by name). Reach does not use them.",
)
