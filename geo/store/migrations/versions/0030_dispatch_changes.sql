-- Whether anything has changed that rankings are made from, in one small row and the end of one small index: asked with
-- every ranking, and so not to be counted up from all stations and teams each time.

CREATE TABLE dispatch_change (
    is_only BOOLEAN DEFAULT true NOT NULL,
    stations BIGINT DEFAULT 0 NOT NULL,
    resources BIGINT DEFAULT 0 NOT NULL,
    cases BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT dispatch_change_pkey PRIMARY KEY (is_only),
    CONSTRAINT dispatch_change_is_only_check CHECK (is_only)
);

COMMENT ON TABLE dispatch_change IS 'How many transactions have changed what rankings are made from: one row.';

COMMENT ON COLUMN dispatch_change.cases IS 'files of any kind that came in or were undone; steps are counted by themselves';

INSERT INTO dispatch_change DEFAULT VALUES;

-- Steps become visible in the order of their ids, so the newest of those that may make somebody busy or free tells.
CREATE INDEX incident_step_sent_idx ON incident_step (id) WHERE from_stage = 'dispatched' or to_stage = 'dispatched';

-- Once a transaction, and at its end: nobody waits for the row for longer than a commit takes, however long a file takes.
CREATE FUNCTION note_dispatch_change() RETURNS trigger LANGUAGE plpgsql AS $$
declare
    noted text := 'gridcircle.changed_' || tg_argv[0];
    this_one text := pg_current_xact_id()::text;
begin
    if current_setting(noted, true) is distinct from this_one then
        perform set_config(noted, this_one, true);
        execute concat('update dispatch_change set ', tg_argv[0], ' = ', tg_argv[0], ' + 1');
    end if;
    return null;
end $$;

CREATE CONSTRAINT TRIGGER station_dispatch_change AFTER INSERT OR UPDATE OR DELETE ON station
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_dispatch_change('stations');

CREATE CONSTRAINT TRIGGER resource_dispatch_change AFTER INSERT OR UPDATE OR DELETE ON resource
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_dispatch_change('resources');

CREATE CONSTRAINT TRIGGER import_batch_dispatch_change AFTER INSERT OR UPDATE OR DELETE ON import_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_dispatch_change('cases');

-- As in 0010, from these.
CREATE OR REPLACE FUNCTION dispatch_versions(OUT stations TEXT, OUT resources TEXT, OUT cases TEXT, OUT streets TEXT)
    LANGUAGE plpgsql STABLE AS $$
begin
    select c.stations, c.resources, concat_ws(' ', c.cases, (
        select max(t.id) from incident_step t where t.from_stage = 'dispatched' or t.to_stage = 'dispatched'
    )) into stations, resources, cases
    from dispatch_change c;
    select string_agg(concat_ws(':', n.id, n.network_date, n.arrays_hash), ' ' order by n.id) into streets
    from street_network n where n.retired_at is null;
end $$;
