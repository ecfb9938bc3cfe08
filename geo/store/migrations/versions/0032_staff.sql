-- How many are on duty at a station or in a team: a count, never who they are.
ALTER TABLE station ADD COLUMN staff INTEGER, ADD CONSTRAINT station_staff_check CHECK (staff >= 0);

ALTER TABLE station_before ADD COLUMN staff INTEGER;

ALTER TABLE resource ADD COLUMN staff INTEGER, ADD CONSTRAINT resource_staff_check CHECK (staff >= 0);

ALTER TABLE resource_before ADD COLUMN staff INTEGER;

COMMENT ON COLUMN station.staff IS 'persons on duty, a count; null: not known';

COMMENT ON COLUMN resource.staff IS 'persons on duty, a count; null: not known';
