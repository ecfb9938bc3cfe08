-- The team that was sent to a case, beside the station: one of the two.

ALTER TABLE incident
    ADD COLUMN resource_id BIGINT CONSTRAINT incident_resource_id_fkey REFERENCES resource (id) ON DELETE SET NULL,
    ADD CONSTRAINT incident_one_sent_check CHECK (station_id is null or resource_id is null);

ALTER TABLE incident_before ADD COLUMN resource_id BIGINT;

COMMENT ON COLUMN incident.resource_id IS 'the team that was sent';

CREATE INDEX incident_team_sent_idx ON incident (resource_id)
    WHERE stage = 'dispatched' and resource_id is not null and retired_at is null;

-- As in 0010, with the team.
DROP FUNCTION dispatch_case;

CREATE FUNCTION dispatch_case(asked BIGINT)
    RETURNS TABLE (lon DOUBLE PRECISION, lat DOUBLE PRECISION, item TEXT, catalogue_version TEXT, stage TEXT,
        station_id BIGINT, resource_id BIGINT, stations TEXT, resources TEXT, cases TEXT, streets TEXT)
    LANGUAGE plpgsql STABLE AS $$
begin
    return query
    select ST_X(i.geom), ST_Y(i.geom), i.item, i.catalogue_version, i.stage, i.station_id, i.resource_id,
        v.stations, v.resources, v.cases, v.streets
    from incident i, dispatch_versions() v
    where i.id = asked and i.retired_at is null;
end $$;
