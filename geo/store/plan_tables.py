"""The tables of plans in the making: how a community is cut, which grid has which unit, and what was done to it."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.columns import metadata, row_id, shape, when
from geo.store.told import Told

fabric = Table(
    "fabric",
    metadata,
    row_id(),
    Column("community_id", ForeignKey("area.id"), nullable=False),
    Column(
        "is_cut", Boolean, nullable=False, comment="true: the community's own cut; false: a plan's, which may go on"
    ),
    Column("method", Text, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    Column("next_arc_no", Integer, nullable=False, comment="numbers are never given twice"),
    Column("next_unit_no", Integer, nullable=False),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    when("made_at"),
    Index("fabric_community_id_idx", "community_id"),
    Index("fabric_cut_key", "community_id", unique=True, postgresql_where=text("is_cut")),
    comment="A community cut into units. Units are the faces that its arcs enclose: no polygon is stored.",
)

fabric_arc = Table(
    "fabric_arc",
    metadata,
    Column("fabric_id", ForeignKey("fabric.id", ondelete="CASCADE"), primary_key=True),
    Column("arc_no", Integer, primary_key=True),
    Column("left_unit", Integer, comment="the unit to the left; null: outside of the community"),
    Column("right_unit", Integer),
    Column("kind", Text, nullable=False, comment="what the border runs along"),
    shape("LINESTRING"),
    CheckConstraint("kind in ('community','street','wall','water','rail','plot','drawn')", name="kind"),
    CheckConstraint("left_unit is distinct from right_unit", name="sides"),
    comment="Borders; each is stored once, in whole ten-millionths of a degree, and ends where others end: at a node.",
)

plan_unit = Table(
    "plan_unit",
    metadata,
    Column("plan_id", BigInteger, primary_key=True),
    Column("unit_no", Integer, primary_key=True),
    Column("grid_id", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["plan_id", "grid_id"],
        ["plan_grid.plan_id", "plan_grid.grid_id"],
        ondelete="CASCADE",
        deferrable=True,
        initially="DEFERRED",
        name="plan_unit_grid_fkey",
    ),
    comment="Every unit of a plan's fabric and the one grid that has it.",
)

plan_bridge = Table(
    "plan_bridge",
    metadata,
    Column("plan_id", ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_no", Integer, primary_key=True),
    Column("other_unit_no", Integer, primary_key=True),
    Column("reason", Told, nullable=False, comment="what joins them: a footbridge, an underpass, one gate"),
    CheckConstraint("unit_no < other_unit_no", name="order"),
    *(
        ForeignKeyConstraint(
            ["plan_id", unit],
            ["plan_unit.plan_id", "plan_unit.unit_no"],
            deferrable=True,
            initially="DEFERRED",
            name=f"plan_bridge_{unit}_fkey",
        )
        for unit in ("unit_no", "other_unit_no")
    ),
    comment="Units of a plan that hang together though they share no border; it counts while one grid has both.",
)

plan_edit = Table(
    "plan_edit",
    metadata,
    Column("plan_id", ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, comment="the version of the plan that the edit made"),
    Column("op", Text, nullable=False),
    Column("target", Integer, comment="of undo and redo: the edit that was taken back or done again"),
    Column("request", JSONB, nullable=False),
    Column("delta", JSONB, nullable=False, comment="rows that went and rows that came: both ways can be replayed"),
    Column("grid_ids", ARRAY(BigInteger), nullable=False, comment="grids that it touched"),
    Column("token_name", Text, comment="what the token is for, never who holds it"),
    when("made_at"),
    CheckConstraint("(target is not null) = (op in ('undo','redo'))", name="target"),
    comment="All that was done to a draft, in order; nothing is ever taken out.",
)

plan_comment = Table(
    "plan_comment",
    metadata,
    row_id(),
    Column("plan_id", ForeignKey("plan.id", ondelete="CASCADE"), nullable=False),
    Column("grid_id", ForeignKey("grid.id"), nullable=False),
    Column("text", Told, nullable=False, comment="what somebody wrote; no name is asked for"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("answer", Told),
    when("made_at"),
    when("judged_at", nullable=True),
    CheckConstraint("state in ('waiting','shown','hidden')", name="state"),
    Index("plan_comment_plan_id_idx", "plan_id"),
)

plan_acceptance = Table(
    "plan_acceptance",
    metadata,
    Column("plan_id", ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("reason", Told, nullable=False),
    Column("number", Integer, nullable=False, comment="how many breaches of the rule there were"),
    Column("token_id", ForeignKey("token.id")),
    when("accepted_at"),
    comment="Warnings with which a plan was published, and why.",
)

plan_lineage = Table(
    "plan_lineage",
    metadata,
    Column("plan_id", ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("from_grid_id", ForeignKey("grid.id"), primary_key=True),
    Column("to_grid_id", ForeignKey("grid.id"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("residents_share", Double, nullable=False, comment="of the grid before, what went to the grid after"),
    CheckConstraint("kind in ('kept','split','merged')", name="kind"),
    comment="What became of the grids of the plan before when a plan was published.",
)
