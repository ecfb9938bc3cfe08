-- The grid in force at a moment that holds a point: id, plan_id, community_id, code, name, kind; a basic one before a special one.
select grid_id as id, plan_id, community_id, code, name, kind
from grids_at(:at)
where ST_Covers(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
order by kind, code
limit 1
