"""The tables of incidents: what was reported, each step that was taken, and requests that must not count twice."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.case_states import ENDED_STAGES, STAGES
from geo.store.columns import import_id, metadata, row_id, shape, source_key, when


def _listed(keys: tuple[str, ...]) -> str:
    return ",".join(f"'{key}'" for key in keys)


incident = Table(
    "incident",
    metadata,
    row_id(),
    when("occurred_at"),
    Column("category", Text, nullable=False),
    Column("text", Text),
    Column("state", Text, nullable=False, server_default=text("'open'"), comment="follows from the stage"),
    shape("POINT", nullable=True),
    *source_key(),
    import_id(),
    when("retired_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("stage", Text, nullable=False, server_default=text("'filed'")),
    when("reported_at", nullable=True),
    Column("item", Text, comment="of the catalogue; null: only the category is known"),
    Column("catalogue_version", Text),
    Column("need", Text),
    Column("channel", Text),
    Column("address", Text),
    Column("precision_m", Double, comment="how far off the place may be; null: not stated"),
    Column("caller_hash", LargeBinary, comment="keyed hash, to see repeats; never a name or number"),
    Column("grid_id", ForeignKey("grid.id", ondelete="SET NULL")),
    Column("plan_id", ForeignKey("plan.id", ondelete="SET NULL")),
    Column("plan_version", Integer),
    Column(
        "border_grid_ids",
        ARRAY(BigInteger),
        nullable=False,
        server_default=text("'{}'"),
        comment="grids whose border is near enough that they see it, too",
    ),
    Column(
        "border_area_ids",
        ARRAY(BigInteger),
        nullable=False,
        server_default=text("'{}'"),
        comment="areas with one of those grids that do not hold the incident: they see it, too",
    ),
    Column("level", Text, comment="the level that may decide"),
    Column("unit", Text, comment="the unit responsible"),
    Column("holder_token_id", ForeignKey("token.id"), comment="the desk that has it in hand"),
    Column("station_id", ForeignKey("station.id", ondelete="SET NULL"), comment="the station that was sent"),
    Column("resource_id", ForeignKey("resource.id", ondelete="SET NULL"), comment="the team that was sent"),
    when("stage_since", nullable=True),
    when("stage_due_at", nullable=True),
    when("due_at", nullable=True),
    Column("is_due_sure", Boolean, nullable=False, server_default=text("true")),
    when("deferred_until", nullable=True),
    Column(
        "warn_at", DateTime(timezone=True), comment="when the unit is to be told that time is short; null: not again"
    ),
    Column("breached_due_at", DateTime(timezone=True), comment="the deadline on whose passing the clock acted last"),
    Column("merged_into_id", ForeignKey("incident.id")),
    Column("asset", Text, comment="code of the thing of the city that it is about; null: not stated"),
    CheckConstraint("state in ('open','closed')", name="state"),
    CheckConstraint(f"stage in ({_listed(STAGES)})", name="stage"),
    CheckConstraint(f"(state = 'closed') = (stage in ({_listed(ENDED_STAGES)}))", name="state_of_stage"),
    CheckConstraint("(merged_into_id is not null) = (stage = 'merged')", name="merged"),
    CheckConstraint("station_id is null or resource_id is null", name="one_sent"),
    UniqueConstraint("source", "source_key"),
    Index("incident_geom_idx", "geom", postgresql_using="gist"),
    Index("incident_occurred_at_idx", "occurred_at"),
    Index("incident_grid_id_idx", "grid_id"),
    Index("incident_open_idx", "stage_due_at", postgresql_where=text("state = 'open' and retired_at is null")),
    Index(
        "incident_due_idx",
        text("coalesce(stage_due_at, 'infinity'::timestamptz)"),
        "id",
        postgresql_where=text("state = 'open' and retired_at is null"),
    ),
    Index(
        "incident_breach_idx",
        "stage_due_at",
        "id",
        postgresql_where=text(
            "state = 'open' and retired_at is null and breached_due_at is distinct from stage_due_at"
        ),
    ),
    Index(
        "incident_urgent_idx",
        "stage_due_at",
        "id",
        postgresql_where=text(
            "state = 'open' and retired_at is null and need = 'urgent'"
            " and breached_due_at is distinct from stage_due_at"
        ),
    ),
    Index(
        "incident_warn_idx",
        "warn_at",
        "id",
        postgresql_where=text("state = 'open' and retired_at is null and warn_at is not null"),
    ),
    Index("incident_number_idx", "source", text("lower(btrim(normalize(source_key, nfkc)))")),
    Index("incident_merged_into_id_idx", "merged_into_id", postgresql_where=text("merged_into_id is not null")),
    Index(
        "incident_border_area_ids_idx",
        "border_area_ids",
        postgresql_using="gin",
        postgresql_where=text("border_area_ids <> '{}'"),
    ),
    Index("incident_unplaced_idx", "id", postgresql_where=text("geom is null")),
    Index("incident_asset_idx", "asset", "item", postgresql_where=text("asset is not null")),
    Index("incident_caller_hash_idx", "caller_hash", postgresql_where=text("caller_hash is not null")),
)

incident_step = Table(
    "incident_step",
    metadata,
    row_id(),
    Column("incident_id", ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False, comment="the version of the incident that the step made"),
    Column("move", Text, nullable=False),
    Column("from_stage", Text, comment="null: it was reported"),
    Column("to_stage", Text, nullable=False),
    when("at"),
    Column("token_name", Text, comment="what the token is for, never who holds it"),
    Column("reason", Text),
    Column("said", JSONB, nullable=False, server_default=text("'{}'")),
    Column(
        "known_at",
        DateTime(timezone=True),
        nullable=False,
        comment="since when it is stored here: what a file brought is known since its import",
    ),
    UniqueConstraint("incident_id", "seq"),
    Index("incident_step_undo_idx", "incident_id", postgresql_where=text("move = 'undo'")),
    Index(
        "incident_step_sent_idx",
        "id",
        postgresql_where=text("from_stage = 'dispatched' or to_stage = 'dispatched'"),
    ),
    comment="All that was done to incidents, in the order in which it was stored; nothing is ever changed.",
)

request_key = Table(
    "request_key",
    metadata,
    Column("token_id", ForeignKey("token.id", ondelete="CASCADE"), primary_key=True),
    Column("key_hash", LargeBinary, primary_key=True, comment="keyed hash of the request's own key"),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("incident_id", ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    when("made_at"),
    Index("request_key_made_at_idx", "made_at"),
    Index("request_key_incident_id_idx", "incident_id"),
    comment="Requests that were carried out, so that the same one sent again is not carried out twice.",
)
