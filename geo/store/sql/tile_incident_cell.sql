-- Layer "incident", for everybody: squares of one fixed lattice with the lower bound of their class (n_class). A square
-- is counted whole even where the tile cuts it, and is not there at all with fewer than k incidents.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326) as around
),
recent as (
    select (utc_month(max(occurred_at)) - :recent_months * interval '1 month')::date as since
    from incident where retired_at is null
),
shaped as (
    select (cast(:classes as int[]))[width_bucket(s.n, cast(:classes as int[]))] as n_class,
           ST_AsMVTGeom(ST_Transform(s.square, 3857), tile.box, 4096, 128) as shape
    from tile, recent, squares_about(tile.around, recent.since, :k) s
)
select ST_AsMVT(shaped, 'incident', 4096, 'shape') from shaped where shape is not null
