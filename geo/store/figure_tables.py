"""What figures add to the tables of incidents: the cases of a period are found without reading all of them."""

from __future__ import annotations

from sqlalchemy import Index

from geo.store.incident_tables import incident

updated = Index("incident_updated_at_idx", incident.c.updated_at)
due = Index("incident_due_at_idx", incident.c.due_at)
