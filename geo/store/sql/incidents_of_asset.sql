-- Incidents of one item about one thing of the city that are open, or happened about the same time: id, distance_m (null where either
-- has no place), occurred_at, stage; open ones first, then the newest; in one area or without a place, or anywhere where area_id is null.
select i.id, i.occurred_at, i.stage,
  ST_Distance(i.geom::geography, ST_SetSRID(ST_MakePoint(cast(:lon as float8), cast(:lat as float8)), 4326)::geography) as distance_m
from incident i
where i.asset = :asset and i.item = :item and i.retired_at is null and i.stage <> 'merged' and i.id <> :other_than
  and (i.state = 'open' or i.occurred_at between :since and :until)
  and (cast(:area_id as bigint) is null or i.geom is null
    or exists (select from area a where a.id = :area_id and ST_Covers(a.geom, i.geom)))
order by i.state = 'open' desc, i.occurred_at desc, i.id desc
limit :most
