"""What dispatch adds to the tables of incidents: stations and teams that were sent are counted at every question."""

from __future__ import annotations

from sqlalchemy import Index, text

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
