-- Whether a point lies in a live area or no farther from one than within_m; true where there are no areas.
with here as (
    select ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) as geom
)
select not exists (select from area where retired_at is null)
    or exists (
        select from area, here
        where area.retired_at is null
          -- a degree of longitude is no shorter than a tenth of 111 km up to 84 degrees of latitude
          and area.geom && ST_Expand(here.geom, :within_m / 11000.0, :within_m / 110000.0)
          and (ST_Covers(area.geom, here.geom) or ST_DWithin(area.geom::geography, here.geom::geography, :within_m))
    )
