-- The grid in force at a moment that is nearest to a point: id, community_id, name, distance_m.
with here as (
    select ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) as geom
),
near as (
    -- in degrees first: what is nearest on the ground is among the nearest few
    select g.grid_id, g.community_id, g.name, g.code, g.geom, g.geom <-> here.geom as degrees
    from grids_at(:at) g, here
    order by degrees
    limit 20
)
select n.grid_id as id, n.community_id, n.name, ST_Distance(n.geom::geography, here.geom::geography) as distance_m
from near n, here
order by distance_m, n.code
limit 1
