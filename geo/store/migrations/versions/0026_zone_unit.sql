ALTER TABLE layer_zone ADD COLUMN unit TEXT;

COMMENT ON COLUMN layer_zone.unit IS 'the office that looks after it, where the file names one; never a person';
