-- Steps say since when they are known here, and cases that an import took away again stay countable for the time before.

ALTER TABLE incident_step ADD COLUMN known_at TIMESTAMP WITH TIME ZONE;

COMMENT ON COLUMN incident_step.known_at IS 'since when it is stored here: what a file brought is known since its import';

ALTER TABLE incident_step DISABLE TRIGGER incident_step_append_only;

UPDATE incident_step s SET known_at = greatest(s.at, coalesce((
    select b.landed_at
    from incident i
    join import_batch b on b.id = i.import_id
    where s.said ? 'imported'
      and i.id = case when s.move = 'absorb' then (s.said ->> 'merged')::bigint else s.incident_id end
), s.at));

ALTER TABLE incident_step ENABLE TRIGGER incident_step_append_only;

ALTER TABLE incident_step ALTER COLUMN known_at SET NOT NULL;

CREATE TABLE gone_case (
    id BIGINT NOT NULL,
    import_id BIGINT NOT NULL,
    gone_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    item TEXT,
    catalogue_version TEXT,
    grid_id BIGINT,
    unit TEXT,
    CONSTRAINT gone_case_pkey PRIMARY KEY (id),
    CONSTRAINT gone_case_import_id_fkey FOREIGN KEY (import_id) REFERENCES import_batch (id)
);

COMMENT ON TABLE gone_case IS 'Cases of imports that were undone, for figures as of a moment before: no text, place, address or caller.';

COMMENT ON COLUMN gone_case.gone_at IS 'from then on they do not count';

CREATE INDEX gone_case_gone_at_idx ON gone_case (gone_at);

CREATE TABLE gone_step (
    incident_id BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    move TEXT NOT NULL,
    from_stage TEXT,
    to_stage TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    known_at TIMESTAMP WITH TIME ZONE NOT NULL,
    said JSONB NOT NULL,
    CONSTRAINT gone_step_pkey PRIMARY KEY (incident_id, seq),
    CONSTRAINT gone_step_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES gone_case (id)
);

COMMENT ON TABLE gone_step IS 'Their steps, as far as figures ask for them.';
