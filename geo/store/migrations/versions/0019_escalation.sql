-- What the clock does by itself: when it is to warn, and on which deadline's passing it acted last. Deadlines that passed
-- before are left as they are.
ALTER TABLE incident
    ADD COLUMN warn_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN breached_due_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE incident_before
    ADD COLUMN warn_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN breached_due_at TIMESTAMP WITH TIME ZONE;

COMMENT ON COLUMN incident.warn_at IS 'when the unit is to be told that time is short; null: not again';

COMMENT ON COLUMN incident.breached_due_at IS 'the deadline on whose passing the clock acted last';

UPDATE incident SET breached_due_at = stage_due_at WHERE state = 'open' AND retired_at IS NULL AND stage_due_at < now();

CREATE INDEX incident_breach_idx ON incident (stage_due_at, id)
    WHERE state = 'open' and retired_at is null and breached_due_at is distinct from stage_due_at;

CREATE INDEX incident_warn_idx ON incident (warn_at, id)
    WHERE state = 'open' and retired_at is null and warn_at is not null;
