ALTER TABLE incident ADD COLUMN asset TEXT;

ALTER TABLE incident_before ADD COLUMN asset TEXT;

COMMENT ON COLUMN incident.asset IS 'code of the thing of the city that it is about; null: not stated';

CREATE INDEX incident_asset_idx ON incident (asset, item) WHERE asset is not null;
