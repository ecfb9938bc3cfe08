-- Squares with at least k recent incidents that touch a box: n_class (lower bound of the class of their count), shape.
with around as (
    -- a square is never wider than cell_m / 20000 degrees up to 80 degrees of latitude
    select ST_MakeEnvelope(:west, :south, :east, :north, 4326) as box
),
newest as (
    select max(occurred_at) as at from incident where retired_at is null
),
square as (
    select lattice_cell(i.geom, :cell_m) as geom, count(*)::int as n
    from incident i
    join around on i.geom && ST_Expand(around.box, :cell_m / 20000.0)
    join newest on i.occurred_at > newest.at - :recent_days * interval '1 day'
    where i.retired_at is null
    group by 1
    having count(*) >= :k
)
select (cast(:classes as int[]))[width_bucket(n, cast(:classes as int[]))] as n_class,
       ST_AsGeoJSON(geom, 7, 0) as shape
from square join around on geom && around.box
order by ST_YMin(geom) desc, ST_XMin(geom)
