"""What dispatch adds to the tables of incidents: stations and teams that were sent are counted at every question, and
whether anything has changed that rankings are made from is asked before.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Table, text

from geo.store.columns import metadata
from geo.store.incident_tables import incident

sent = Index(
    "incident_sent_idx",
    incident.c.station_id,
    postgresql_where=text("stage = 'dispatched' and station_id is not null and retired_at is null"),
)

team_sent = Index(
    "incident_team_sent_idx",
    incident.c.resource_id,
    postgresql_where=text("stage = 'dispatched' and resource_id is not null and retired_at is null"),
)

dispatch_change = Table(
    "dispatch_change",
    metadata,
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    *(Column(name, BigInteger, nullable=False, server_default=text("0")) for name in ("stations", "resources")),
    Column(
        "cases",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="files of any kind that came in or were undone; steps are counted by themselves",
    ),
    Column("assignments", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("is_only", name="is_only"),
    comment="How many transactions have changed what rankings are made from: one row.",
)
