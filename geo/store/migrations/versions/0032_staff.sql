-- How many are on duty at a station or in a team: a count, never who they are.
ALTER TABLE station ADD COLUMN staff INTEGER, ADD CONSTRAINT station_staff_check CHECK (staff >= 0);

ALTER TABLE station_before ADD COLUMN staff INTEGER;

ALTER TABLE resource ADD COLUMN staff INTEGER, ADD CONSTRAINT resource_staff_check CHECK (staff >= 0);

ALTER TABLE resource_before ADD COLUMN staff INTEGER;

COMMENT ON COLUMN station.staff IS 'persons on duty, a count; null: not known';

COMMENT ON COLUMN resource.staff IS 'persons on duty, a count; null: not known';

-- Of a request's own key only a keyed hash is kept. The secret is not here: keys of the last day stay as they are until
-- the day is over, so that none of their requests is carried out twice.
ALTER TABLE request_key ALTER COLUMN key TYPE BYTEA USING convert_to(key, 'UTF8');

ALTER TABLE request_key RENAME COLUMN key TO key_hash;

COMMENT ON COLUMN request_key.key_hash IS 'keyed hash of the request''s own key';
