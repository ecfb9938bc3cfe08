-- The steps of each case as figures ask for them, end to end in one row: a month of a large city is read in a tenth of the
-- time, and no figure is computed before its time. Steps are only ever added, so nothing here is ever changed but longer.

-- A step in 24 bytes: its number in the case, what it does (the bits below) and the stage it leads to; when it happened; since
-- when it is known.
CREATE FUNCTION packed_step(seq INTEGER, move TEXT, from_stage TEXT, to_stage TEXT, at TIMESTAMPTZ, known_at TIMESTAMPTZ, said JSONB)
    RETURNS BYTEA LANGUAGE sql STABLE PARALLEL SAFE AS $$
    select int8send(
        (seq::bigint << 32)
        | ((from_stage is null)::int << 8)
        | ((from_stage is distinct from to_stage)::int << 9)
        | ((said ? 'grid_id')::int << 10)
        | ((move = 'rehome')::int << 11)
        | ((said ? 'from_grid_id')::int << 12)
        | ((said ->> 'unit' is not null)::int << 13)
        | ((said ? 'arrived_at')::int << 14)
        | (coalesce(jsonb_typeof(said -> 'satisfied') = 'boolean', false)::int << 15)
        | (coalesce(said -> 'satisfied' = 'true'::jsonb, false)::int << 16)
        | ((move = 'undo' and said ? 'undone')::int << 17)
        | (array_position('{collected,filed,dispatched,handled,fed_back,verified,closed,evaluated,returned,deferred,escalated,merged,withdrawn}'::text[], to_stage) - 1)
    ) || timestamptz_send(at) || timestamptz_send(known_at)
$$;

-- Whether a step has words of its own, as packed_words and packed_sizes have them: grid, unit, arrival, or what it takes back.
CREATE FUNCTION has_words(move TEXT, said JSONB) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS $$
    select said ? 'grid_id' or said ->> 'unit' is not null or said ? 'arrived_at' or (move = 'undo' and said ? 'undone')
$$;

-- The grid it names, that before it (-1: none), and how many bytes the words take.
CREATE FUNCTION packed_sizes(move TEXT, said JSONB) RETURNS BYTEA LANGUAGE sql STABLE PARALLEL SAFE AS $$
    select int8send(coalesce((said ->> 'grid_id')::bigint, -1)) || int8send(coalesce((said ->> 'from_grid_id')::bigint, -1))
        || int4send(coalesce(octet_length(said ->> 'unit'), 0))
        || int4send(coalesce(octet_length(said ->> 'arrived_at'), 0))
        || int4send(case move when 'undo' then coalesce(octet_length((said -> 'undone')::text), 0) else 0 end)
$$;

-- Unit, arrival, and the numbers of the steps that it takes back.
CREATE FUNCTION packed_words(move TEXT, said JSONB) RETURNS BYTEA LANGUAGE sql STABLE PARALLEL SAFE AS $$
    select convert_to(concat(
        said ->> 'unit', said ->> 'arrived_at', case move when 'undo' then (said -> 'undone')::text end
    ), 'UTF8')
$$;

CREATE TABLE case_log (
    incident_id BIGINT NOT NULL,
    steps BYTEA NOT NULL,
    sizes BYTEA NOT NULL,
    words BYTEA NOT NULL,
    CONSTRAINT case_log_pkey PRIMARY KEY (incident_id),
    CONSTRAINT case_log_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incident (id) ON DELETE CASCADE
) WITH (fillfactor = 80);

COMMENT ON TABLE case_log IS 'The steps of each case as figures ask for them, packed; written with the steps by a trigger on incident_step.';

CREATE FUNCTION log_steps() RETURNS trigger LANGUAGE plpgsql AS $$
begin
    insert into case_log as l (incident_id, steps, sizes, words)
    select s.incident_id,
           string_agg(packed_step(s.seq, s.move, s.from_stage, s.to_stage, s.at, s.known_at, s.said), ''::bytea),
           coalesce(string_agg(packed_sizes(s.move, s.said), ''::bytea) filter (where has_words(s.move, s.said)), ''::bytea),
           coalesce(string_agg(packed_words(s.move, s.said), ''::bytea) filter (where has_words(s.move, s.said)), ''::bytea)
    from (select * from new_steps order by incident_id, seq offset 0) s
    group by s.incident_id
    order by s.incident_id
    on conflict (incident_id) do update set
        steps = l.steps || excluded.steps, sizes = l.sizes || excluded.sizes, words = l.words || excluded.words;
    return null;
end $$;

INSERT INTO case_log (incident_id, steps, sizes, words)
SELECT s.incident_id,
       string_agg(packed_step(s.seq, s.move, s.from_stage, s.to_stage, s.at, s.known_at, s.said), ''::bytea),
       coalesce(string_agg(packed_sizes(s.move, s.said), ''::bytea) FILTER (WHERE has_words(s.move, s.said)), ''::bytea),
       coalesce(string_agg(packed_words(s.move, s.said), ''::bytea) FILTER (WHERE has_words(s.move, s.said)), ''::bytea)
FROM (SELECT * FROM incident_step ORDER BY incident_id, seq OFFSET 0) s
GROUP BY s.incident_id
ORDER BY min(s.at), s.incident_id;

CREATE TRIGGER incident_step_log AFTER INSERT ON incident_step
    REFERENCING NEW TABLE AS new_steps FOR EACH STATEMENT EXECUTE FUNCTION log_steps();

-- The cases of a month by when they were reported, without reading their rows; and those that took longer than most.
CREATE INDEX incident_figures_idx ON incident (reported_at)
    INCLUDE (id, updated_at, due_at, state, retired_at, grid_id, unit, item, catalogue_version) WHERE reported_at IS NOT NULL;

CREATE INDEX incident_long_updated_idx ON incident (updated_at) WHERE updated_at - reported_at > '60 days'::interval;

CREATE INDEX incident_long_due_idx ON incident (due_at) WHERE due_at - reported_at > '40 days'::interval;

CREATE INDEX incident_unreported_idx ON incident (occurred_at) WHERE reported_at IS NULL AND retired_at IS NULL;
