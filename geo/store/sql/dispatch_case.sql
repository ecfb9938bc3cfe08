-- A case as far as a ranking asks, and what tells whether anything has changed that rankings are made from.
select ST_X(i.geom) as lon, ST_Y(i.geom) as lat, i.item, i.catalogue_version, i.stage, i.station_id,
    v.stations, v.resources, v.cases, v.streets
from dispatch_versions() v, incident i
where i.id = :incident_id and i.retired_at is null
