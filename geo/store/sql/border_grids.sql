-- Grids in force at a moment, other than one's own, whose ground is nearer than within_m to a point: id.
with here as (
    select ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) as geom
)
select g.grid_id as id
from grids_at(:at) g, here
where g.grid_id is distinct from cast(:own_id as bigint)
  -- a degree of longitude is no shorter than a tenth of 111 km up to 84 degrees of latitude
  and g.geom && ST_Expand(here.geom, :within_m / 11000.0, :within_m / 110000.0)
  and ST_DWithin(g.geom::geography, here.geom::geography, :within_m)
order by g.grid_id
