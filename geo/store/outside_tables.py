"""Tables of what comes in from outside and goes out: headers of sources, whom to tell, what is still to be told."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from geo.store.columns import metadata, row_id, when
from geo.store.told import Told

order_mapping = Table(
    "order_mapping",
    metadata,
    Column("source", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("header", Text, nullable=False),
    comment="Under which headers a source has the fields of its orders, where these are not the usual ones.",
)

webhook = Table(
    "webhook",
    metadata,
    row_id(),
    Column("name", Told, nullable=False, comment="what it is for, not who reads it"),
    Column("target", Text, nullable=False, comment="https://... or mailto:..."),
    Column("secret", Text, comment="what bodies are signed with; null: mail, which is not signed"),
    Column("moves", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="none: all"),
    Column("sees", Text, nullable=False, comment="the role whose view of a case it is told"),
    Column("area_id", ForeignKey("area.id"), comment="null: everywhere"),
    Column("language", Text, nullable=False),
    when("made_at"),
    when("retired_at", nullable=True),
    CheckConstraint("sees in ('viewer','dispatcher')", name="sees"),
    CheckConstraint("language in ('zh','en')", name="language"),
    CheckConstraint("(secret is null) = (left(target, 7) = 'mailto:')", name="signed"),
)

outbox = Table(
    "outbox",
    metadata,
    row_id(),
    Column("webhook_id", ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("step_id", ForeignKey("incident_step.id", ondelete="CASCADE"), nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    when("due_at"),
    when("sent_at", nullable=True),
    when("given_up_at", nullable=True),
    Column("last_fault", Text, comment="key of the sentence that says why the last try failed"),
    UniqueConstraint("webhook_id", "step_id"),
    Index("outbox_due_at_idx", "due_at", postgresql_where=text("sent_at is null and given_up_at is null")),
    Index("outbox_step_id_idx", "step_id"),
    comment="Steps that somebody outside is to be told, written with the step itself by a trigger on incident_step.",
)
