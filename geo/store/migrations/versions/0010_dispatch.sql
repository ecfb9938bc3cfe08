-- Dispatch: which cases stations were sent to, and whether anything has changed that rankings are made from.

CREATE INDEX incident_sent_idx ON incident (station_id)
    WHERE stage = 'dispatched' and station_id is not null and retired_at is null;

-- Texts that change whenever stations, teams, cases that stations were sent to, or streets change. In PL/pgSQL, because
-- its statements are planned once per session. Whatever is done to a station raises its version; steps become visible in
-- the order of their ids, so the newest one tells.
CREATE FUNCTION dispatch_versions(OUT stations TEXT, OUT resources TEXT, OUT cases TEXT, OUT streets TEXT)
    LANGUAGE plpgsql STABLE AS $$
declare
    imports text;
begin
    select concat_ws(' ', count(*), max(b.id), max(greatest(b.landed_at, b.undone_at))) into imports
    from import_batch b;
    select concat_ws(' ', imports, count(*), sum(s.version), max(s.updated_at)) into stations from station s;
    select concat_ws(' ', imports, count(*), count(r.retired_at), max(r.id), sum(extract(epoch from r.position_at)))
    into resources from resource r;
    select concat_ws(' ', imports, max(t.id)) into cases from incident_step t;
    select string_agg(concat_ws(':', n.id, n.network_date, n.arrays_hash), ' ' order by n.id) into streets
    from street_network n where n.retired_at is null;
end $$;

-- A case as far as a ranking asks, with these texts; no row where there is no such case.
CREATE FUNCTION dispatch_case(asked BIGINT)
    RETURNS TABLE (lon DOUBLE PRECISION, lat DOUBLE PRECISION, item TEXT, catalogue_version TEXT, stage TEXT,
        station_id BIGINT, stations TEXT, resources TEXT, cases TEXT, streets TEXT)
    LANGUAGE plpgsql STABLE AS $$
begin
    return query
    select ST_X(i.geom), ST_Y(i.geom), i.item, i.catalogue_version, i.stage, i.station_id,
        v.stations, v.resources, v.cases, v.streets
    from incident i, dispatch_versions() v
    where i.id = asked and i.retired_at is null;
end $$;
