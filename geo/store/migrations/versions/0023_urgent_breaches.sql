-- Urgent cases whose deadline passed are dealt with before all others, however many those are.
CREATE INDEX incident_urgent_idx ON incident (stage_due_at, id)
    WHERE state = 'open' and retired_at is null and need = 'urgent' and breached_due_at is distinct from stage_due_at;
