-- Layer "incident", for everybody: squares of one fixed lattice with the lower bound of their class (n_class). A square
-- is counted whole even where the tile cuts it, and is not there at all with fewer than k incidents.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           -- a square is never wider than cell_m / 20000 degrees up to 80 degrees of latitude
           ST_Expand(ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326), :cell_m / 20000.0) as around
),
newest as (
    select max(occurred_at) as at from incident where retired_at is null
),
square as (
    select lattice_cell(i.geom, :cell_m) as geom, count(*)::int as n
    from incident i
    join tile on i.geom && tile.around
    join newest on i.occurred_at > newest.at - :recent_days * interval '1 day'
    where i.retired_at is null
    group by 1
    having count(*) >= :k
),
shaped as (
    select (cast(:classes as int[]))[width_bucket(s.n, cast(:classes as int[]))] as n_class,
           ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 128) as shape
    from square s, tile
)
select ST_AsMVT(shaped, 'incident', 4096, 'shape') from shaped where shape is not null
