-- Incidents of one item that happened nearby about the same time: id, distance_m, occurred_at, stage; the nearest first; in one area, or
-- anywhere where area_id is null.
with here as (
    select ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) as geom
)
select i.id, ST_Distance(i.geom::geography, here.geom::geography) as distance_m, i.occurred_at, i.stage
from incident i, here
where i.item = :item and i.retired_at is null and i.stage <> 'merged' and i.id <> :other_than
  and i.occurred_at between :since and :until
  and i.geom && ST_Expand(here.geom, :within_m / 11000.0, :within_m / 110000.0)
  and (cast(:area_id as bigint) is null or exists (select from area a where a.id = :area_id and ST_Covers(a.geom, i.geom)))
  and ST_DWithin(i.geom::geography, here.geom::geography, :within_m)
order by 2, i.id
