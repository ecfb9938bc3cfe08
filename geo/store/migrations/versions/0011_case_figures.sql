-- Figures of a period: find the cases that changed in it or were due in it without reading all of them.

CREATE INDEX incident_updated_at_idx ON incident (updated_at);

CREATE INDEX incident_due_at_idx ON incident (due_at);
