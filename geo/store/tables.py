"""Every table but those of streets, plans in the making and incidents, which stand beside. All geometry is EPSG:4326.

``retired_at`` marks rows that no longer count (a station that closed, a row missing from a re-import with --replace);
nothing that people loaded is deleted, except by undoing the import that brought it.
"""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    column,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.types import TypeEngine

from geo.store.assignment_tables import assignment
from geo.store.columns import import_id, row_id, shape, source_key, when
from geo.store.dispatch_tables import sent  # noqa: F401 -- so that the metadata know the index
from geo.store.figure_tables import due, updated  # noqa: F401 -- so that the metadata know the indexes
from geo.store.incident_tables import incident
from geo.store.layer_tables import layer  # noqa: F401 -- so that the metadata know its tables
from geo.store.outside_tables import outbox  # noqa: F401 -- so that the metadata know its tables
from geo.store.plan_tables import fabric
from geo.store.square_tables import incident_square  # noqa: F401 -- so that the metadata know its tables
from geo.store.street_tables import street_network
from geo.store.told import ContactTold, Told
from geo.store.visit_tables import visit_count
from geo.store.work_tables import work_count

metadata = street_network.metadata
"""All tables: those of streets and of plans in the making, which stand in files of their own, and those below."""

import_batch = Table(
    "import_batch",
    metadata,
    row_id(),
    Column(
        "kind",
        Text,
        nullable=False,
        comment="areas, grids, stations, streets, people, incidents, resources, circles, layers, work, visits",
    ),
    Column("source", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("actor", Text, nullable=False),
    Column("data_date", Date, comment="day the data speak of, where known"),
    when("landed_at"),
    when("undone_at", nullable=True),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
)

area = Table(
    "area",
    metadata,
    row_id(),
    Column("level", Text, nullable=False),
    Column("code", Text, nullable=False, comment="12 digits (GB/T 2260 + GB/T 10114 + statistics office)"),
    Column("name", Told, nullable=False),
    Column("name_en", Told),
    Column("parent_id", ForeignKey("area.id")),
    shape("MULTIPOLYGON"),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    CheckConstraint("level in ('province','city','district','subdistrict','community')", name="level"),
    CheckConstraint("code ~ '^[0-9]{12}$'", name="code"),
    UniqueConstraint("source", "source_key"),
    Index("area_code_live_key", "code", unique=True, postgresql_where=text("retired_at is null")),
    Index("area_geom_idx", "geom", postgresql_using="gist"),
    Index("area_parent_id_idx", "parent_id"),
)

plan = Table(
    "plan",
    metadata,
    row_id(),
    Column("community_id", ForeignKey("area.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("base_plan_id", ForeignKey("plan.id")),
    Column("fabric_id", ForeignKey(fabric.c.id), comment="null: a plan of an import that nobody has gone on from"),
    when("comments_until", nullable=True),
    when("effective_from", nullable=True),
    when("effective_to", nullable=True),
    import_id(),
    when("created_at"),
    Column("note", Told),
    Column(
        "code_scheme",
        Text,
        nullable=False,
        server_default=text("'unit_grid'"),
        comment="how its grids are numbered: a scheme of geo/rules/code_schemes.toml",
    ),
    Column(
        "is_coverage",
        Boolean,
        comment="whether its grids share their borders exactly, as GEOS found when it was published; null: not asked",
    ),
    CheckConstraint("state in ('draft','proposed','published','superseded','withdrawn')", name="state"),
    CheckConstraint(
        "state not in ('published','superseded') or effective_from is not null", name="published_has_a_beginning"
    ),
    ExcludeConstraint(
        (column("community_id"), "="),
        (func.tstzrange(column("effective_from"), column("effective_to")), "&&"),
        where=text("state in ('published','superseded')"),
        using="gist",
        name="one_live_plan_per_community",
    ),
    Index("plan_community_id_idx", "community_id"),
)

grid = Table(
    "grid",
    metadata,
    row_id(),
    Column("community_id", ForeignKey("area.id"), nullable=False),
    import_id(),
    Index("grid_community_id_idx", "community_id"),
    comment="The permanent identity of a grid. Shape, code and posts belong to plans.",
)

plan_grid = Table(
    "plan_grid",
    metadata,
    Column("plan_id", ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("grid_id", ForeignKey("grid.id"), primary_key=True),
    Column("code", Text, nullable=False, comment="of the plan's scheme; dated by its effective period"),
    Column("name", Told, nullable=False),
    Column("kind", Text, nullable=False),
    Column("is_locked", Boolean, nullable=False, server_default=text("false")),
    shape("MULTIPOLYGON"),
    CheckConstraint("kind in ('basic','special')", name="kind"),
    UniqueConstraint("plan_id", "code"),
    Index("plan_grid_geom_idx", "geom", postgresql_using="gist"),
    Index("plan_grid_grid_id_idx", "grid_id"),
    Index("plan_grid_code_idx", "code"),
)

plan_post = Table(
    "plan_post",
    metadata,
    Column("plan_id", BigInteger, primary_key=True),
    Column("grid_id", BigInteger, primary_key=True),
    Column("post", Text, primary_key=True),
    Column("is_filled", Boolean, nullable=False),
    Column("duty_phone", ContactTold, comment="the duty phone of the post, never a person's"),
    CheckConstraint("post in ('chief','member')", name="post"),
    ForeignKeyConstraint(
        ["plan_id", "grid_id"],
        ["plan_grid.plan_id", "plan_grid.grid_id"],
        ondelete="CASCADE",
        name="plan_post_grid_fkey",
    ),
)

STAFF = "persons on duty, a count; null: not known"

station = Table(
    "station",
    metadata,
    row_id(),
    Column("name", Told, nullable=False),
    Column("kind", Told, nullable=False),
    Column("services", ARRAY(Told), nullable=False, server_default=text("'{}'")),
    Column("opening_hours", Text, comment="OpenStreetMap opening_hours syntax; null: not known"),
    Column("address", Told),
    Column("phone", ContactTold),
    Column("capacity", Integer),
    shape("POINT"),
    shape("POINT", "entrance", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    when("updated_at"),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    Column("staff", Integer, comment=STAFF),
    CheckConstraint("capacity >= 0", name="capacity"),
    CheckConstraint("staff >= 0", name="staff"),
    UniqueConstraint("source", "source_key"),
    Index("station_geom_idx", "geom", postgresql_using="gist"),
)

resource = Table(
    "resource",
    metadata,
    row_id(),
    Column("name", Told, nullable=False),
    Column("kind", Told, nullable=False),
    Column("services", ARRAY(Told), nullable=False, server_default=text("'{}'")),
    shape("POINT"),
    Column(
        "position_at",
        DateTime(timezone=True),
        comment="null: a post that works from a fixed place, where nobody is tracked",
    ),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    Column("staff", Integer, comment=STAFF),
    Column("duty_hours", Text, comment="OpenStreetMap opening_hours syntax; null: not known"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column(
        "updated_at",
        DateTime(timezone=True),
        comment="when a file or somebody by hand changed it; null: never. Positions do not count",
    ),
    CheckConstraint("staff >= 0", name="staff"),
    UniqueConstraint("source", "source_key"),
    Index("resource_geom_idx", "geom", postgresql_using="gist"),
    comment="Teams and vehicles that move: only the last position is kept. Posts of professionals: their fixed place.",
)

home = Table(
    "home",
    metadata,
    row_id(),
    Column("kind", Text, nullable=False, comment="building or cell"),
    Column("name", Told, comment="building label; never public, never a person"),
    Column("compound", Told),
    shape("GEOMETRY"),
    shape("POINT", "start"),
    Column("households", Double, nullable=False, server_default=text("0")),
    Column("residents", Double, nullable=False),
    Column("elderly", Double, nullable=False, server_default=text("0")),
    Column("children", Double, nullable=False, server_default=text("0")),
    Column("floors", Integer),
    Column("shops", Integer, nullable=False, server_default=text("0")),
    Column("unit_entrances", Integer, nullable=False, server_default=text("0")),
    Column("head_post_filled", Boolean),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    CheckConstraint("kind in ('building','cell')", name="kind"),
    CheckConstraint(
        "households >= 0 and residents >= 0 and elderly >= 0 and children >= 0"
        " and elderly + children <= residents + 1e-6",
        name="counts",
    ),
    UniqueConstraint("source", "source_key"),
    Index("home_geom_idx", "geom", postgresql_using="gist"),
    Index("home_start_idx", "start", postgresql_using="gist"),
    comment="Where people live: counts by building or cell, fractions allowed in cells. Never a person.",
)

official_circle = Table(
    "official_circle",
    metadata,
    row_id(),
    Column("name", Told, nullable=False),
    Column("community_codes", ARRAY(Text), comment="the communities it was put together from; null: drawn"),
    Column("station_source", Text, comment="with station_key: the station whose circle it is; null: of no one station"),
    Column("station_key", Text),
    shape("MULTIPOLYGON"),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    CheckConstraint("(station_source is null) = (station_key is null)", name="station"),
    UniqueConstraint("source", "source_key"),
    Index("official_circle_geom_idx", "geom", postgresql_using="gist"),
    comment="What an authority calls a circle: an outline on the map, whoever can walk it.",
)

coverage_run = Table(
    "coverage_run",
    metadata,
    row_id(),
    Column("inputs_hash", Text, nullable=False, unique=True),
    Column("method", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("surface", Text, nullable=False, server_default=text("'dry'")),
    Column("speed_m_s", Double, nullable=False),
    Column("minutes", Double, nullable=False),
    Column("cutoff_ds", Integer, nullable=False),
    Column("max_connector_m", Double, nullable=False),
    Column("air_circle_m", Double, nullable=False),
    Column("pen_m", Double, nullable=False),
    Column("network_date", Date),
    Column("data_date", Date),
    when("computed_at"),
    Column("confirmed_at", DateTime(timezone=True), comment="when the data last gave just this"),
    Column("is_current", Boolean, nullable=False, server_default=text("false")),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    Index("coverage_run_current_key", "is_current", unique=True, postgresql_where=text("is_current")),
    comment="One computation. The current one is what maps and the API show unless asked otherwise.",
)

circle = Table(
    "circle",
    metadata,
    Column("run_id", ForeignKey("coverage_run.id", ondelete="CASCADE"), primary_key=True),
    Column("station_id", ForeignKey("station.id", ondelete="CASCADE"), primary_key=True),
    shape("MULTIPOLYGON", nullable=True),
    Column("street_m", Double, nullable=False, comment="length of ways within reach"),
    Column("area_m2", Double, nullable=False),
    Column("residents_reached", Double, nullable=False),
    Column("residents_in_air_circle", Double, nullable=False),
    Index("circle_geom_idx", "geom", postgresql_using="gist"),
)

home_minutes = Table(
    "home_minutes",
    metadata,
    Column("run_id", ForeignKey("coverage_run.id", ondelete="CASCADE"), primary_key=True),
    Column("home_id", ForeignKey("home.id", ondelete="CASCADE"), primary_key=True),
    Column("category", Text, nullable=False),
    Column("travel_ds", Integer, comment="to the nearest station; null: not reached within the horizon, or no street"),
    Column("station_id", ForeignKey("station.id", ondelete="CASCADE")),
    Column("is_in_air_circle", Boolean, nullable=False),
    CheckConstraint("category in ('covered','beyond','no_street','outside_streets')", name="category"),
)

coverage_figure = Table(
    "coverage_figure",
    metadata,
    row_id(),
    Column("run_id", ForeignKey("coverage_run.id", ondelete="CASCADE"), nullable=False),
    Column("level", Text, nullable=False),
    Column("area_id", ForeignKey("area.id", ondelete="CASCADE")),
    Column("grid_id", ForeignKey("grid.id", ondelete="CASCADE")),
    Column("homes", Integer, nullable=False),
    Column("households", Double, nullable=False),
    Column("residents", Double, nullable=False),
    Column("residents_covered", Double, nullable=False),
    Column("residents_in_air_circle", Double, nullable=False),
    Column("residents_no_street", Double, nullable=False),
    Column("residents_outside_streets", Double, nullable=False),
    Column("elderly", Double, nullable=False),
    Column("elderly_covered", Double, nullable=False),
    Column("children", Double, nullable=False),
    Column("children_covered", Double, nullable=False),
    # null in figures of earlier runs, which did not ask for these
    Column("residents_second", Double),
    Column("residents_all_kinds", Double),
    Column("residents_certain", Double),
    Column("residents_possible", Double),
    CheckConstraint("level in ('all','city','district','subdistrict','community','grid')", name="level"),
    Index("coverage_figure_run_id_level_idx", "run_id", "level"),
    comment="Level 'all' is every home that was loaded, in an area or not.",
)

coverage_by_station = Table(
    "coverage_by_station",
    metadata,
    Column("figure_id", ForeignKey("coverage_figure.id", ondelete="CASCADE"), primary_key=True),
    Column("aspect", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("residents_covered", Double, nullable=False),
    CheckConstraint("aspect in ('kind','service')", name="aspect"),
    comment="Figures by kind of station and by service: who reaches at least one such station.",
)

token = Table(
    "token",
    metadata,
    row_id(),
    Column("name", Told, nullable=False, comment="what it is for, not who holds it"),
    Column("role", Text, nullable=False),
    Column("area_id", ForeignKey("area.id"), comment="null: everywhere"),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    when("created_at"),
    when("expires_at", nullable=True),
    when("revoked_at", nullable=True),
    CheckConstraint("role in ('viewer','dispatcher','planner','publisher','administrator')", name="role"),
)

UNDOABLE = (area, station, resource, assignment, incident, home, official_circle, work_count, visit_count)
"""Tables whose rows an import may change in place; each has a twin that keeps the rows as they were."""


def _fresh(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type of its own for the twin: GeoAlchemy2 keeps a column's nullability in the type object."""
    return Geometry(kind.geometry_type, srid=kind.srid, spatial_index=False) if isinstance(kind, Geometry) else kind


def _twin(table: Table) -> Table:
    """``<table>_before``: rows as they were before an import changed or retired them."""
    columns = [Column(c.name, _fresh(c.type), nullable=True) for c in table.columns]
    return Table(
        f"{table.name}_before",
        metadata,
        Column("changed_by_import_id", ForeignKey("import_batch.id", ondelete="CASCADE"), nullable=False),
        *columns,
        Index(f"{table.name}_before_changed_by_import_id_idx", "changed_by_import_id"),
    )


BEFORE: dict[str, Table] = {table.name: _twin(table) for table in UNDOABLE}
