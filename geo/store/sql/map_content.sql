-- west, south, east, north of the city (its grids, or else its areas, its streets, its stations); is_fictional: an area has a code
-- that GB/T 2260 never gives out (99....); shows_osm: something shown came from OpenStreetMap, by source or file name;
-- minutes, circle_m: what the current figures were computed for.
with part as (
    select 0 as rank, ST_Extent(geom)::geometry as box from live_grid
    union all
    select 1, ST_Extent(geom)::geometry from area where retired_at is null
    union all
    select 2, ST_Extent(extent)::geometry from street_network where retired_at is null
    union all
    select 3, ST_Expand(ST_Extent(geom)::geometry, 0.01) from station where retired_at is null
),
chosen as (
    select box from part where box is not null order by rank limit 1
),
shown as (
    select source, import_id from street_network where retired_at is null
    union select source, import_id from area where retired_at is null
    union select source, import_id from station where retired_at is null
)
select ST_XMin(box) as west, ST_YMin(box) as south, ST_XMax(box) as east, ST_YMax(box) as north,
       exists (select from area where retired_at is null and code like '99%') as is_fictional,
       exists (
           select from shown left join import_batch b on b.id = shown.import_id
           where lower(shown.source) ~ 'osm|openstreetmap' or lower(b.filename) ~ 'osm|openstreetmap|\.pbf$'
       ) as shows_osm,
       (select minutes from coverage_run where is_current) as minutes,
       (select air_circle_m from coverage_run where is_current) as circle_m
from (select 1) as always left join chosen on true
