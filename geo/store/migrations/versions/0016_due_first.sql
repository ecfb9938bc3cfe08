create index incident_due_idx on incident (coalesce(stage_due_at, 'infinity'::timestamptz), id)
    where state = 'open' and retired_at is null;
